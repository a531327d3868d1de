"""The commands that publish: the whole run, feeds, one digest."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from publisher.cli.options import Options, json_option, options_of, with_global_options
from publisher.cli.show import dump, echo, one_line, progress, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publisher.app import Publication
    from publisher.jobs.compose_editions import Frozen
    from publisher.jobs.report import Report
    from publisher.model.notice import Shown

_dry_run = click.option("--dry-run", is_flag=True, help="Say what would change; write and send nothing.")
force_option = click.option("--force", is_flag=True, help="Withdraw posts however many are gone at once.")


def whole_run(options: Options, *, dry_run: bool, force: bool, adopt: bool) -> int:
    """Do one whole run and show it; returns the exit code."""
    return _run(options, lambda publication: publication.run(), dry_run=dry_run, force=force, adopt=adopt)


@click.command(
    epilog="""\b
Examples:
  publish feeds
  publish feeds --dry-run
  publish feeds --diff          what subscribers of each feed would notice, before anything is written
"""
)
@click.option("--diff", is_flag=True, help="Say what subscribers of each feed would notice; write nothing.")
@_dry_run
@force_option
@json_option
@with_global_options
@click.pass_context
def feeds(context: click.Context, *, diff: bool, dry_run: bool, force: bool, as_json: bool) -> None:
    """Collect posts and write the feeds; send nothing.

    With --diff nothing is written: it lists, feed by feed, what is new, edited or withdrawn, and nothing else.
    """
    if as_json and not diff:
        raise click.UsageError("--json stands with --diff.")
    shown = (_show_notices_as_json if as_json else _show_notices) if diff else None
    context.exit(
        _run(
            options_of(context),
            lambda publication: publication.run_feeds(),
            dry_run=dry_run or diff,
            force=force,
            show=shown,
        )
    )


def _show_notices(report: Report, _publication: Publication, _seconds: float) -> None:
    noticed = {path: notice for path, notice in sorted(report.notices.items()) if notice}
    for path, notice in noticed.items():
        echo(path)
        for sign, entries in (("+", notice.new), ("~", notice.edited), ("-", notice.withdrawn)):
            for entry in entries:
                echo(one_line(f"  {sign} {entry.title}"))
    echo("+ new, ~ edited, - withdrawn" if noticed else "No subscriber would notice anything.")


def _show_notices_as_json(report: Report, _publication: Publication, _seconds: float) -> None:
    def told(entries: tuple[Shown, ...]) -> list[dict[str, str]]:
        return [{"id": entry.id, "title": entry.title} for entry in entries]

    dump(
        {
            path: {"new": told(notice.new), "edited": told(notice.edited), "withdrawn": told(notice.withdrawn)}
            for path, notice in sorted(report.notices.items())
            if notice
        }
    )


@click.command(
    epilog="""\b
Examples:
  publish digest world                  every language of it
  publish digest world --language th
"""
)
@click.argument("name")
@click.option("--language", metavar="LANGUAGE", help="Only the edition in this language.")
@_dry_run
@force_option
@with_global_options
@click.pass_context
def digest(context: click.Context, name: str, *, language: str | None, dry_run: bool, force: bool) -> None:
    """Compose and deliver an edition of digest NAME now.

    Its schedule does not matter; posts that an edition has had already are not sent again.
    """
    options = options_of(context)

    def work(publication: Publication) -> Report:
        report = publication.run_digest(name, language.lower() if language else None)
        if not report.editions and not options.quiet:
            echo(f"{name}: no new posts for an edition")
        return report

    context.exit(_run(options, work, dry_run=dry_run, force=force))


def _run(
    options: Options,
    work: Callable[[Publication], Report],
    *,
    dry_run: bool,
    force: bool,
    adopt: bool = False,
    show: Callable[[Report, Publication, float], None] | None = None,
) -> int:
    started = time.monotonic()
    with options.publication(rehearsal=dry_run, progress=progress(quiet=options.quiet)) as publication:
        publication.force, publication.adopt = force, adopt
        with publication.running(waiting=_say_waiting):
            report = work(publication)
        if not options.quiet:
            (show or _show)(report, publication, time.monotonic() - started)
    for file in report.collected.newly_quarantined:
        click.echo(one_line(f"{file.path}, line {file.line}: {file.reason}"), err=True)
    for path, reason in report.broken.items():
        click.echo(one_line(f"{path}: {reason}"), err=True)
    for remark in report.remarks:
        click.echo(one_line(f"publish: {remark}"), err=True)
    for trouble in report.troubles:
        click.echo(f"publish: {trouble}", err=True)
    if report.nothing_published:
        return 3
    return 1 if report.failed else 0


def _say_waiting(pid: str) -> None:
    click.echo(f"publish: waiting for another run to end, that of process {pid}", err=True)


def _show(report: Report, publication: Publication, seconds: float) -> None:
    posts, would = report.collected, publication.rehearsal
    written, unchanged = len(report.feeds.written), len(report.feeds.unchanged)
    states = report.delivered.states
    rows: list[tuple[str, str]] = [
        ("posts", f"{posts.seen:,} seen, {posts.new:,} new, {posts.edited:,} edited"),
        (
            "",
            f"{posts.quarantined:,} quarantined{', ' if posts.withdrawn else ''}{_some(posts.withdrawn, 'withdrawn')}",
        ),
        ("feeds", f"{written:,} {'to write' if would else 'written'}, {unchanged:,} unchanged"),
        ("editions", f"{len(report.editions):,} {'to compose' if would else 'composed'}"),
    ]
    rows += [("", _edition(each)) for each in report.editions]
    if would:
        rows.append(("messages", f"{sum(each.recipients for each in report.editions):,} to send"))
    else:
        others = [f"{count:,} {state}" for state, count in sorted(states.items()) if count and state != "accepted"]
        rows.append(("messages", ", ".join([f"{states['accepted']:,} sent", *others])))
    rows.append(("time", f"{seconds:.2f} s"))
    if not report.changed_something:
        echo("Nothing has changed.")
    table([], rows)
    if not would and (written or report.editions):
        _show_where(report, publication)


def _some(count: int, word: str) -> str:
    return f"{count:,} {word}" if count else ""


def _edition(frozen: Frozen) -> str:
    told = f"{frozen.edition.id}: {frozen.stories} stor{'y' if frozen.stories == 1 else 'ies'}"
    told += f" and {frozen.more} more by title" if frozen.more else ""
    return told + (", a draft that waits for approval" if frozen.edition.state == "draft" else "")


def _show_where(report: Report, publication: Publication) -> None:
    echo(f"Look at {_short(publication.folder / 'output' / 'index.html')}")
    if report.editions and publication.settings.mail.transport == "outbox":
        for each in report.editions:
            folder = publication.folder / "var" / "outbox" / each.edition.id
            echo(f"and at the messages in {_short(folder)}")
    if report.collected.quarantined:
        echo("What was left out, and why: publish quarantine")


def _short(path: Path) -> str:
    from pathlib import Path

    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
