"""The commands about readers: who subscribes to which digest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from publisher.cli.audience_lists import confirmed_option, digest_option, export_file, fingerprint_of, import_file
from publisher.cli.options import json_option, options_of, with_global_options
from publisher.cli.show import dump, echo, table
from publisher.model.errors import UsageError

if TYPE_CHECKING:
    from publisher.app import Publication
    from publisher.model.subscriber import ConsentRecord, Subscriber


@click.group(
    epilog="""\b
Examples:
  publish subscribers add reader@example.org --confirmed --language th
  publish subscribers import readers.csv --dry-run
  publish subscribers show reader@example.org
"""
)
@with_global_options
def subscribers() -> None:
    """Manage the readers and their consent."""


subscribers.add_command(import_file)
subscribers.add_command(export_file)


@subscribers.command(
    "add",
    epilog="""\b
Examples:
  publish subscribers add reader@example.org                         waits until it is confirmed
  publish subscribers add reader@example.org --confirmed --language th
""",
)
@click.argument("address")
@digest_option
@click.option("--language", metavar="LANGUAGE", help="The language they read, such as th.")
@confirmed_option
@with_global_options
@click.pass_context
def add(
    context: click.Context, address: str, *, digest_name: str | None, language: str | None, confirmed: bool
) -> None:
    """Subscribe one ADDRESS.

    One that has left, bounced, complained or was erased does not come back this way.
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
            consent = subscribe(
                publication.database, wanted, now=datetime.now(UTC), fingerprint=fingerprint_of(publication)
            )
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
    "list",
    epilog="""\b
Examples:
  publish subscribers list
  publish subscribers list --digest world --json
""",
)
@digest_option
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


@subscribers.command(
    "unsubscribe",
    epilog="""\b
Examples:
  publish subscribers unsubscribe reader@example.org                 from every digest
  publish subscribers unsubscribe reader@example.org --digest world
""",
)
@click.argument("address")
@click.option("--digest", "digest_name", metavar="NAME", help="The digest.  [default: every one]")
@with_global_options
@click.pass_context
def unsubscribe_one(context: click.Context, address: str, *, digest_name: str | None) -> None:
    """Let ADDRESS leave, as its reader asked.

    It takes effect at once, for editions on their way as well. Only the reader's own confirmation brings it back.
    """
    from publisher.jobs.subscriptions import unsubscribe
    from publisher.store import subscribers as store

    with options_of(context).publication() as publication:
        name = publication.digest(digest_name).name if digest_name else None
        reader = _find(publication, address)
        unsubscribe(
            publication.database, reader.id, name, source="publish subscribers unsubscribe", now=datetime.now(UTC)
        )
        with publication.database.read() as connection:
            for each in store.listing(connection, name, subscriber_id=reader.id):
                echo(f"{each.address}: {each.digest}, {each.consent}")


def _find(publication: Publication, address: str) -> Subscriber:
    from publisher.store import subscribers as store

    with publication.database.read() as connection:
        reader = store.find(connection, _key(address))
    if reader is None:
        raise UsageError(f"nobody is known as {address!r}; `publish subscribers list` lists everybody")
    return reader


def _key(address: str) -> str:
    from publisher.kit.addresses import parse_address

    try:
        return parse_address(address).key
    except ValueError as error:
        raise UsageError(f"{address!r} is no address: {error}") from error


@subscribers.command(
    "erase",
    epilog="""\b
Examples:
  publish subscribers erase reader@example.org
""",
)
@click.argument("address")
@with_global_options
@click.pass_context
def erase_one(context: click.Context, address: str) -> None:
    """Delete everything about ADDRESS, as its reader asked.

    A keyed hash stays, by which no list brings it back, and what the ledger counts stays without a name.
    """
    from publisher.jobs.subscriptions import erase

    with options_of(context).publication() as publication:
        _find(publication, address)
        erase(
            publication.database,
            address,
            fingerprint=fingerprint_of(publication),
            source="publish subscribers erase",
            now=datetime.now(UTC),
        )
    echo(f"{address} is erased; no list brings it back.")


@subscribers.command(
    "show",
    epilog="""\b
Examples:
  publish subscribers show reader@example.org
  publish subscribers show reader@example.org --json
""",
)
@click.argument("address")
@json_option
@with_global_options
@click.pass_context
def show_one(context: click.Context, address: str, *, as_json: bool) -> None:
    """Tell what is known of ADDRESS: consent and how it came to that, what bounced, and what was mailed."""
    from dataclasses import asdict

    from publisher.store import bounces, consents
    from publisher.store import subscribers as store

    with options_of(context).publication() as publication:
        reader = _find(publication, address)
        with publication.database.read() as connection:
            subscriptions = list(store.listing(connection, subscriber_id=reader.id))
            records = consents.of(connection, reader.id)
            reports = bounces.of(connection, reader.id)
            deliveries = store.mailed(connection, reader.id)
    if as_json:
        known = asdict(reader)
        dump(
            {
                "email": known.pop("address"),
                **known,
                "subscriptions": [
                    {"digest": each.digest, "state": each.consent, "since": each.since} for each in subscriptions
                ],
                "consents": [asdict(each) for each in records],
                "bounces": [asdict(each) for each in reports],
                "deliveries": [asdict(each) for each in deliveries],
            }
        )
        return
    until = f"{reader.suppressed_for} since {_time(reader.suppressed)}" if reader.suppressed else ""
    table(
        [],
        [
            ("address", reader.address),
            ("language", reader.language or "not known"),
            ("known since", _time(reader.created)),
            *([("mailed nothing", until)] if until else []),
        ],
    )
    sections: list[tuple[list[str], list[tuple[object, ...]]]] = [
        (["digest", "state", "since"], [(each.digest, each.consent, _time(each.since)) for each in subscriptions]),
        (
            ["consent", "digest", "when", "from", "words"],
            [(each.event, each.digest, _time(each.at), each.source or "", _words(each)) for each in records],
        ),
        (
            ["bounce", "status", "when", "done", "why"],
            [(each.kind, each.status, _time(each.at), each.action, each.why) for each in reports],
        ),
        (
            ["edition", "state", "when", "reply"],
            [(each.edition_id, each.state, _time(each.at), each.reply or "") for each in deliveries],
        ),
    ]
    for columns, rows in sections:
        if rows:
            echo()
            table(columns, rows)


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""


def _words(record: ConsentRecord) -> str:
    if record.wording is None:
        return record.language or ""
    return f"{record.wording.text} ({record.wording.version})"
