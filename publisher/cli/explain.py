"""`publish explain`: what happened to one post, and what was cleaned out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from publisher.cli.options import json_option, options_of, with_global_options
from publisher.cli.show import dump, echo, listed, table
from publisher.model.errors import UsageError

if TYPE_CHECKING:
    from publisher.jobs.explain import Explanation


@click.command(
    epilog="""\b
Examples:
  publish explain ART2411101021PJMM6E
  publish explain 2024-11-10-river-talks.md                a path works, too
  publish explain ART2411101021PJMM6E --cleaning           what was removed, by which rule
"""
)
@click.argument("code")
@click.option("--cleaning", is_flag=True, help="Only what was taken out of the body, and by which rule.")
@json_option
@with_global_options
@click.pass_context
def explain(context: click.Context, code: str, *, cleaning: bool, as_json: bool) -> None:
    """Tell what happened to the post CODE.

    Where it stands, which feeds and editions have it, what was cleaned out of it, or why it was left out.
    """
    from publisher.jobs.explain import explain as find

    with options_of(context).publication() as publication:
        found = find(publication.database, publication.bodies, code, publication.feed_plan)
    if found is None:
        raise UsageError(f"no post {code!r} has been collected: see `publish quarantine`, or run `publish feeds` first")
    if as_json:
        dump(_as_json(found))
    elif cleaning:
        _show_cleaning(found)
    else:
        _show(found)


def _as_json(found: Explanation) -> dict[str, object]:
    return {
        "code": found.code,
        "path": found.path,
        "state": found.state,
        "id": found.id,
        "title": found.title,
        "feeds": found.feeds,
        "editions": found.editions,
        "cleaning": [{"rule": each.rule, "removed": each.text} for each in found.cleaning],
        "authors": found.authors,
        "credit": found.credit,
        "warning": found.warning,
        "line": found.line,
        "reason": found.reason,
    }


def _show(found: Explanation) -> None:
    rows = [("code", found.code), ("path", found.path), ("state", found.state)]
    said = {"id": found.id, "title": found.title, "byline": ", ".join(found.authors), "credit": found.credit}
    rows += [(name, text) for name, text in said.items() if text]
    if found.reason:
        rows.append(("left out", f"line {found.line}: {found.reason}"))
    rows += listed("feeds", found.feeds, "in none")
    rows += listed("editions", found.editions, "in none")
    rows += listed("cleaned", [f"{each.rule}: {each.text}" for each in found.cleaning], "nothing")
    if found.warning:
        rows.append(("warning", found.warning))
    table([], rows)


def _show_cleaning(found: Explanation) -> None:
    if found.cleaning:
        table(["rule", "removed"], [(each.rule, each.text) for each in found.cleaning])
    else:
        echo(f"{found.code}: nothing was cleaned out of its body.")
    if found.warning:
        echo(f"{found.code}: {found.warning}")
