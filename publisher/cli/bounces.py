"""`publish bounces`: what mail servers and readers send back is taken in."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.options import json_option, options_of, with_global_options
from publisher.cli.show import dump, echo, table
from publisher.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publisher.jobs.record_bounces import BounceRecorder, Outcome

_PIECE = 1 << 20


@click.command(
    epilog="""\b
Examples:
  publish bounces < report.eml              one message, as a mail server hands it to a program
  publish bounces --json reports/*.eml
  publish bounces --maildir /var/mail/bounces
"""
)
@click.argument("files", nargs=-1, metavar="[FILE|-]...", type=click.Path(path_type=Path))
@click.option(
    "--maildir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Take in what is new in a Maildir, and mark it as seen.",
)
@click.option("--to", "envelope_to", multiple=True, metavar="ADDRESS", help="Where the mail server says it was sent.")
@json_option
@with_global_options
@click.pass_context
def bounces(
    context: click.Context,
    files: tuple[Path, ...],
    *,
    maildir: Path | None,
    envelope_to: tuple[str, ...],
    as_json: bool,
) -> None:
    """Take in delivery reports, complaints and mail that asks to be unsubscribed.

    Each FILE is one message; without one it is read from standard input. What is not about a message of this
    publication changes nothing. See docs/bounces.md.
    """
    from publisher.jobs.record_bounces import BounceRecorder
    from publisher.mail.tokens import load_signer

    with options_of(context).publication() as publication:
        signer = load_signer(publication.folder / publication.settings.web.secret_file)
        recorder = BounceRecorder(database=publication.database, signer=signer, now=datetime.now(UTC))
        outcomes = list(_taken(recorder, files, maildir, envelope_to))
    if as_json:
        dump([_row(each) for each in outcomes])
    elif outcomes:
        rows = [(each.source, each.report.kind, each.report.recipient, each.action, each.why) for each in outcomes]
        table(["message", "kind", "recipient", "action", "why"], rows)
    else:
        echo("Nothing has come back.")
    context.exit(1 if any(each.failed for each in outcomes) else 0)


def _taken(
    recorder: BounceRecorder, files: Sequence[Path], maildir: Path | None, envelope_to: Sequence[str]
) -> Iterator[Outcome]:
    if maildir is not None:
        yield from recorder.poll_maildir(maildir)
    for path in files or ([Path("-")] if maildir is None else []):
        if str(path) == "-":
            yield from recorder.take_in(_standard_input(), source="-", envelope_to=envelope_to)
        else:
            yield from recorder.take_in_file(path, envelope_to=envelope_to)


def _standard_input() -> bytes:
    """Read as much as is looked at, and let the rest pass: a mail server wants to be rid of all of it."""
    from publisher.mail.bounces.parts import LIMIT

    way_out = "give a message there, or name the files"
    if sys.stdin is None:
        raise UsageError(f"standard input is closed: {way_out}")
    stream = sys.stdin.buffer
    try:
        data = stream.read(LIMIT)
        while stream.read(_PIECE):
            pass
    except OSError as error:
        raise UsageError(f"standard input cannot be read ({error.strerror}): {way_out}") from error
    return data


def _row(outcome: Outcome) -> dict[str, object]:
    report = outcome.report
    return {
        "source": outcome.source,
        "kind": report.kind,
        "status": report.status,
        "recipient": report.recipient,
        "action": outcome.action,
        "why": outcome.why,
        "reply": report.reply,
    }
