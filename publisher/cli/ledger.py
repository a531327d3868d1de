"""The commands that tell where things stand: status, one post, the quarantine, the editions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from publisher.cli.control import approve, cancel, existing, pause, resolve, resume, retry
from publisher.cli.options import json_option, options_of, with_global_options
from publisher.cli.show import dump, echo, listed, table

if TYPE_CHECKING:
    from publisher.store.editions import EditionPost, EditionSummary

_SHOWN = 20


@click.command(
    epilog="""\b
Examples:
  publish status
  publish status --json
"""
)
@json_option
@with_global_options
@click.pass_context
def status(context: click.Context, *, as_json: bool) -> None:
    """Tell where everything stands.

    How many posts are in which state, how many feeds there are, the newest editions, and the deliveries.
    """
    from publisher.store import deliveries, editions, feeds, posts, sources

    with options_of(context).publication() as publication, publication.database.read() as connection:
        states = posts.count_by_state(connection)
        states["published"] -= posts.count_unshown(connection)
        found = {
            "posts": {"seen": sources.count(connection), **states, "quarantined": len(sources.quarantine(connection))},
            "feeds": feeds.count(connection),
            "deliveries": deliveries.count_by_state(connection),
        }
        newest = editions.listing(connection, _SHOWN)
    if as_json:
        dump({**found, "editions": [{"id": edition.id, "state": edition.state} for edition in newest]})
        return
    rows: list[tuple[str, str]] = [
        ("posts", _counts(found["posts"])),
        ("feeds", str(found["feeds"])),
        ("deliveries", _counts(found["deliveries"])),
    ]
    rows += [("editions" if not n else "", f"{each.id}  {each.state}") for n, each in enumerate(newest)]
    table([], rows)


def _counts(counted: object) -> str:
    if not isinstance(counted, dict):
        return str(counted)
    return ", ".join(f"{number:,} {name}" for name, number in counted.items() if number) or "none"


@click.command(
    epilog="""\b
Examples:
  publish quarantine
  publish quarantine --json
"""
)
@json_option
@with_global_options
@click.pass_context
def quarantine(context: click.Context, *, as_json: bool) -> None:
    """List the posts that were left out, and why."""
    from publisher.store import sources

    with options_of(context).publication() as publication, publication.database.read() as connection:
        found = sources.quarantine(connection)
    if as_json:
        dump([{"path": file.path, "line": file.line, "reason": file.reason} for file in found])
    elif not found:
        echo("No post is left out.")
    else:
        table(["file", "line", "reason"], [(file.path, file.line, file.reason) for file in found], right=[1])


@click.group(
    invoke_without_command=True,
    epilog="""\b
Examples:
  publish editions                              the newest
  publish editions show world-2024-11-10-th     one, with its recipients
  publish editions approve world-2024-11-10-th  let a draft go out
  publish editions pause world-2024-11-10-th    keep one that is going out from going on
  publish editions resume world-2024-11-10-th   until now
  publish editions cancel world-2024-11-10-th   call it off
  publish editions retry world-2024-11-10-th    send again what has failed
  publish editions resolve world-2024-11-10-th --sent   say what became of what is held
""",
)
@with_global_options
@click.pass_context
def editions(context: click.Context) -> None:
    """Look into what the digests have published."""
    if context.invoked_subcommand is None:
        context.invoke(list_editions, as_json=False)


@editions.command(
    "list",
    epilog="""\b
Examples:
  publish editions list
  publish editions list --json
""",
)
@json_option
@with_global_options
@click.pass_context
def list_editions(context: click.Context, *, as_json: bool) -> None:
    """List the editions, newest first."""
    from publisher.store import editions as store

    with options_of(context).publication() as publication, publication.database.read() as connection:
        found = store.listing(connection, 1000 if as_json else _SHOWN)
    if as_json:
        dump([_edition(each) for each in found])
    elif not found:
        echo("No edition has been composed yet.")
    else:
        rows = [(each.id, each.state, f"{each.recipients:,}", each.subject) for each in found]
        table(["edition", "state", "recipients", "subject"], rows, right=[2])


@editions.command(
    "show",
    epilog="""\b
Examples:
  publish editions show world-2024-11-10-th
  publish editions show world-2024-11-10-th --json
""",
)
@click.argument("edition_id", metavar="ID")
@json_option
@with_global_options
@click.pass_context
def show_edition(context: click.Context, edition_id: str, *, as_json: bool) -> None:
    """Show one edition: its posts, and how many recipients are in which state."""
    from publisher.store import corrections, deliveries
    from publisher.store import editions as store

    with options_of(context).publication() as publication, publication.database.read() as connection:
        found = existing(store.summary(connection, edition_id), edition_id)
        accounting = deliveries.account(connection, edition_id)
        chosen = store.posts_of(connection, edition_id)
        findings = json.loads(store.findings(connection, edition_id) or "[]")
        corrected = corrections.told(connection, edition_id)
    if as_json:
        posts = [
            {"code": post.code, "title": post.title, "story": post.story, "told_with": post.told_with}
            for post in chosen
        ]
        told = [{"code": code, "kind": kind} for code, _, kind in corrected]
        account = {"waiting": accounting.waiting, "adds_up": accounting.holds, "paused_for": found.paused_for}
        dump(
            {
                **_edition(found),
                **accounting.states,
                **account,
                "posts": posts,
                "corrections": told,
                "findings": findings,
            }
        )
        return
    rows = [("edition", found.id), ("state", found.state.value), ("subject", found.subject)]
    if found.paused_for:
        rows.append(("because", found.paused_for))
    rows += [("recipients", f"{found.recipients:,}: {_counts(accounting.states)}"), ("accounting", str(accounting))]
    rows += listed("posts", [_line(post) for post in chosen], "none")
    if corrected:
        rows += listed("corrections", [f"{code}  {title} ({kind})" for code, title, kind in corrected], "none")
    if findings:
        rows += listed("findings", [f"{each['severity']}, {each['rule']}: {each['message']}" for each in findings], "")
    table([], rows)


for _command in (approve, pause, resume, cancel, retry, resolve):
    editions.add_command(_command)


def _line(post: EditionPost) -> str:
    role = "" if post.story else f" (told with {post.told_with})" if post.told_with else " (by its title)"
    return f"{post.code}  {post.title}{role}"


def _edition(found: EditionSummary) -> dict[str, object]:
    return {
        "id": found.id,
        "state": found.state,
        "subject": found.subject,
        "slot": found.slot.name,
        "language": found.language,
        "composed": found.composed.isoformat(),
        "recipients": found.recipients,
    }
