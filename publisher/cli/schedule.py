"""`publish schedule`: runs when something is due."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from publisher.cli.options import Options, options_of, with_global_options
from publisher.cli.show import dump, echo, table
from publisher.model.errors import PublisherError

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("publisher")


@click.command(
    epilog="""\b
Examples:
  publish schedule               run until stopped (Ctrl-C, or SIGTERM)
  publish schedule --next 5      when the next editions fall due
"""
)
@click.option("--next", "count", type=click.IntRange(1, 1000), help="List the next N slots and exit.", metavar="N")
@click.option("--json", "as_json", is_flag=True, help="With --next: write JSON, for programs.")
@with_global_options
@click.pass_context
def schedule(context: click.Context, *, count: int | None, as_json: bool) -> None:
    """Publish whenever it is time, until stopped.

    That is at every slot of a digest, and every few minutes for new posts (schedule.collect_every).
    """
    options = options_of(context)
    if count is not None:
        _list_next(options, count, as_json=as_json)
    else:
        keep_publishing(options)


def _list_next(options: Options, count: int, *, as_json: bool) -> None:
    with options.publication(rehearsal=True) as publication:
        zone = publication.settings.site.zone
        upcoming = publication.next_slots(count)
    rows = [(slot.name, slot.at.astimezone(zone).isoformat(timespec="minutes"), name) for slot, name in upcoming]
    if as_json:
        dump([{"slot": slot, "at": at, "digest": name} for slot, at, name in rows])
    elif rows:
        table(["slot", "at", "digest"], rows)
    else:
        echo("No digest is configured.")


def keep_publishing(options: Options, *, wanted: Callable[[], bool] = lambda: True) -> None:
    """Publish whenever it is time, until a signal, or until it is no longer `wanted`.

    Raises PublisherError if another scheduler runs.
    """
    from publisher import scheduler
    from publisher.kit.lock import holding
    from publisher.slots import Schedule

    logging.basicConfig(
        level=logging.WARNING if options.quiet else logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    with options.publication() as publication:
        settings = publication.settings
        schedules = [Schedule(digest.schedule, settings.site.zone) for digest in publication.digests.values()]
        lock = publication.folder / "var" / "scheduler.lock"

    def refuse(pid: str) -> None:
        raise PublisherError(f"another scheduler runs already, as process {pid}: stop that one first")

    with holding(lock, busy=refuse):
        every = settings.schedule.collect_every
        log.info("collecting every %s, publishing %d digest(s)", every, len(schedules))
        scheduler.run(lambda: _work(options), schedules, every, wanted=wanted)
    log.info("stopped")


def _work(options: Options) -> None:
    """Do one whole run; what goes wrong is logged, and the next one tries again."""
    try:
        with options.publication() as publication:
            if options.now is None:
                publication.now = datetime.now(UTC)
            with publication.running(waiting=lambda pid: log.info("waiting for the run of process %s", pid)):
                report = publication.run()
    except PublisherError as error:
        log.error("%s", error)  # noqa: TRY400 (its sentence says it all)
        return
    except Exception:
        log.exception("a mistake in publisher; the next run tries again")
        return
    for file in report.collected.newly_quarantined:
        log.warning("%s, line %s: %s", file.path, file.line, file.reason)
    for trouble in report.troubles:
        log.error("%s", trouble)
    sent = report.delivered.states["accepted"]
    log.info(
        "%d posts seen, %d new, %d edited; %d files written; %d editions; %d messages",
        report.collected.seen,
        report.collected.new,
        report.collected.edited,
        len(report.feeds.written),
        len(report.editions),
        sent,
    )
