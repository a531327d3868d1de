"""The commands about readers: who subscribes to which digest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from publisher.cli.options import json_option, options_of, with_global_options
from publisher.cli.show import dump, echo, table
from publisher.model.errors import UsageError

if TYPE_CHECKING:
    from publisher.app import Publication

_confirmed = click.option(
    "--confirmed", is_flag=True, help="They have agreed already; otherwise each waits until it is asked."
)
_digest = click.option("--digest", "digest_name", metavar="NAME", help="The digest.  [default: the only one]")


@click.group(
    epilog="""\b
Examples:
  publish subscribers add reader@example.org --confirmed --language th
  publish subscribers import readers.csv --confirmed
  publish subscribers list --json
"""
)
@with_global_options
def subscribers() -> None:
    """Manage the readers and their consent."""


@subscribers.command(
    "add",
    epilog="""\b
Examples:
  publish subscribers add reader@example.org                         waits until it is confirmed
  publish subscribers add reader@example.org --confirmed --language th
""",
)
@click.argument("address")
@_digest
@click.option("--language", metavar="LANGUAGE", help="The language they read, such as th.")
@_confirmed
@with_global_options
@click.pass_context
def add(
    context: click.Context, address: str, *, digest_name: str | None, language: str | None, confirmed: bool
) -> None:
    """Subscribe one ADDRESS.

    One that has left, bounced or complained does not come back this way.
    """
    from publisher.jobs.subscriptions import Enrolment, subscribe
    from publisher.model.naming import language_tag

    tag = language_tag(language) if language else None
    if language and tag is None:
        raise UsageError(f"--language {language!r} is no language: write th or en-GB")
    with options_of(context).publication() as publication:
        name = _digest_of(publication, digest_name)
        wanted = Enrolment(address=address, digest=name, language=tag, confirmed=confirmed)
        try:
            consent = subscribe(publication.database, wanted, now=datetime.now(UTC))
        except ValueError as error:
            raise UsageError(f"{address!r} is not subscribed: {error}") from error
    echo(f"{address}: {name}, {consent}")


def _digest_of(publication: Publication, name: str | None) -> str:
    if name is not None:
        return publication.digest(name).name
    if len(publication.digests) != 1:
        raise UsageError(f"say which digest, with --digest; there is {', '.join(publication.digests) or 'none'}")
    return next(iter(publication.digests))


@subscribers.command(
    "import",
    epilog="""\b
Examples:
  publish subscribers import readers.csv --confirmed
  publish subscribers import readers.csv --digest world
""",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@_digest
@_confirmed
@with_global_options
@click.pass_context
def import_file(context: click.Context, file: str, *, digest_name: str | None, confirmed: bool) -> None:
    """Subscribe the addresses of a CSV FILE.

    Its first line names the columns: email, and if wanted digest, language, confirmed_at. Lines with a mistake are
    named and left out.
    """
    from pathlib import Path

    from publisher.jobs.subscriptions import import_csv

    with options_of(context).publication() as publication:
        names = list(publication.digests)
        if digest_name is not None:
            names.insert(0, publication.digest(digest_name).name)
        if not names:
            raise UsageError("no digest is configured: add [[digests]] to the configuration")
        try:
            with Path(file).open(encoding="utf-8-sig", newline="") as lines:
                report = import_csv(
                    publication.database, lines, digests=names, confirmed=confirmed, now=datetime.now(UTC)
                )
        except UnicodeDecodeError as error:
            raise UsageError(f"{file} is not UTF-8: save it as UTF-8 and import it again") from error
        except ValueError as error:
            raise UsageError(f"{file} is not a list of subscribers: {error}") from error
    for line, reason in report.rejected:
        click.echo(f"{file}, line {line}: {reason}", err=True)
    echo(
        f"{report.confirmed:,} confirmed, {report.added:,} pending, {report.unchanged:,} unchanged, "
        f"{len(report.rejected):,} left out"
    )
    context.exit(1 if report.rejected else 0)


@subscribers.command(
    "list",
    epilog="""\b
Examples:
  publish subscribers list
  publish subscribers list --digest world --json
""",
)
@_digest
@json_option
@with_global_options
@click.pass_context
def list_subscribers(context: click.Context, *, digest_name: str | None, as_json: bool) -> None:
    """List the subscribers with their consent."""
    from publisher.store import subscribers as store

    with options_of(context).publication() as publication:
        name = publication.digest(digest_name).name if digest_name else None
        with publication.database.read() as connection:
            found = list(store.listing(connection, name))
    if as_json:
        dump(
            [
                {
                    "email": each.address,
                    "digest": each.digest,
                    "language": each.language,
                    "state": each.consent,
                    "since": each.since.isoformat(),
                }
                for each in found
            ]
        )
    elif not found:
        echo("Nobody has subscribed yet.")
    else:
        rows = [
            (each.address, each.digest, each.language or "", each.consent, f"{each.since:%Y-%m-%d}") for each in found
        ]
        table(["address", "digest", "language", "state", "since"], rows)
