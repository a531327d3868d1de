"""The commands that take lists of readers in and give them out."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

import click

from publisher.cli.options import json_option, options_of, with_global_options
from publisher.cli.show import dump, echo, progress
from publisher.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.app import Publication
    from publisher.jobs.import_subscribers import Imported

#: So many bad lines are named on a screen; `--json` names more.
_NAMED = 50

confirmed_option = click.option(
    "--confirmed", is_flag=True, help="They have agreed already; otherwise each waits until it is asked."
)
digest_option = click.option("--digest", "digest_name", metavar="NAME", help="The digest.  [default: the only one]")


def fingerprint_of(publication: Publication) -> Callable[[str], str]:
    """Make the keyed hash under which erased addresses are remembered.

    Its key is the oldest secret that is left, so that new ones bring nobody back.
    """
    from publisher.mail.tokens import Signer, load_signer

    signer = load_signer(publication.folder / publication.settings.web.secret_file)
    oldest = Signer((signer.secret, *signer.former)[-1])
    return lambda key: oldest.digest("address", key)


@click.command(
    "import",
    epilog="""\b
Examples:
  publish subscribers import readers.csv --dry-run
  publish subscribers import readers.csv --confirmed
  publish subscribers import crm.csv --digest world --column email=Mail --column language=Lang
""",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@digest_option
@confirmed_option
@click.option(
    "--column",
    "columns",
    metavar="OURS=THEIRS",
    multiple=True,
    help="What the file calls one of our columns: email, digest, language, confirmed_at or state.",
)
@click.option("--encoding", metavar="NAME", help="Such as utf-8 or windows-874.  [default: found out]")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@json_option
@with_global_options
@click.pass_context
def import_file(
    context: click.Context,
    file: str,
    *,
    digest_name: str | None,
    confirmed: bool,
    columns: tuple[str, ...],
    encoding: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Subscribe the addresses of a CSV FILE.

    Its first line names the columns: email, and if wanted digest, language, confirmed_at, state. Delimiter and
    encoding are found out. Lines with a mistake are named and left out; nobody who has left, bounced, complained or
    was erased comes back.
    """
    from pathlib import Path

    from publisher.jobs.import_subscribers import Importer

    with options_of(context).publication() as publication:
        names = list(publication.digests)
        if digest_name is not None:
            names.insert(0, publication.digest(digest_name).name)
        if not names:
            raise UsageError("no digest is configured: add [[digests]] to the configuration")
        importer = Importer(
            database=publication.database,
            digests=names,
            confirmed=confirmed,
            now=datetime.now(UTC),
            fingerprint=fingerprint_of(publication),
            columns=_mapping(columns),
            dry_run=dry_run,
            progress=progress(quiet=options_of(context).quiet),
        )
        try:
            report = importer.run(Path(file), encoding=_known(encoding))
        except ValueError as error:
            raise UsageError(f"{file} is not a list of subscribers: {error}") from error
    _tell(file, report, dry_run=dry_run, as_json=as_json)
    context.exit(1 if report.rejected else 0)


def _mapping(columns: tuple[str, ...]) -> dict[str, str]:
    from publisher.jobs.import_subscribers import COLUMNS

    mapping = {}
    for each in columns:
        ours, _, theirs = each.partition("=")
        if ours not in COLUMNS or not theirs.strip():
            raise UsageError(f"--column {each!r} means nothing: write email=Mail; ours are {', '.join(COLUMNS)}")
        mapping[ours] = theirs
    return mapping


def _known(encoding: str | None) -> str | None:
    try:
        "".encode(encoding or "utf-8")
    except LookupError as error:
        raise UsageError(f"--encoding {encoding!r} is none: write utf-8, utf-16 or windows-874") from error
    return encoding


def _tell(file: str, report: Imported, *, dry_run: bool, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        problems = [{"line": line, "reason": reason} for line, reason in report.problems]
        dump({**asdict(report), "problems": problems, "dry_run": dry_run})
        return
    for line, reason in report.problems[:_NAMED]:
        click.echo(f"{file}, line {line}: {reason}", err=True)
    if report.rejected > _NAMED:
        click.echo(f"{file}: {report.rejected - _NAMED:,} more lines are wrong; --json names more of them", err=True)
    counts = {
        "confirmed": report.confirmed,
        "pending": report.added,
        "unchanged": report.unchanged,
        "named twice": report.duplicates or None,
        "not brought back": report.refused or None,
        "withdrawn": report.withdrawn or None,
        "left out": report.rejected,
    }
    said = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count is not None)
    echo(f"A dry run, nothing is written; read as {report.encoding}: {said}" if dry_run else said)


def _write_out(write: Callable[[IO[str]], object]) -> None:
    """Write to standard output, as far as somebody reads it."""
    if sys.stdout is None:
        raise UsageError("standard output is closed: name a file with --output")
    try:
        write(sys.stdout)
        sys.stdout.flush()
    except OSError as error:
        # What is left in the buffer would fail once more on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise UsageError(
                f"standard output cannot be written ({error.strerror}): name a file with --output"
            ) from error


@click.command(
    "export",
    epilog="""\b
Examples:
  publish subscribers export > readers.csv
  publish subscribers export --digest world --output readers.csv
""",
)
@digest_option
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False), help="Where to.  [default: standard output]")
@with_global_options
@click.pass_context
def export_file(context: click.Context, *, digest_name: str | None, output: str | None) -> None:
    """Write the subscribers with their consent as CSV, which `import` takes back.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    from pathlib import Path

    from publisher.jobs.export_subscribers import export

    with options_of(context).publication() as publication:
        name = publication.digest(digest_name).name if digest_name else None
        if output is None:
            _write_out(lambda file: export(publication.database, file, name))
            return
        path = Path(output)
        try:
            # Other people's addresses are for nobody else to read.
            path.touch(mode=0o600)
            with path.open("w", encoding="utf-8", newline="") as file:
                count = export(publication.database, file, name)
        except OSError as error:
            raise UsageError(f"{output} cannot be written ({error.strerror}): name another file") from error
    echo(f"{count:,} subscriptions are in {output}.")
