"""Addresses, and their consent for each digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, select, update

from publisher.model.subscriber import Consent, Subscriber, Subscription
from publisher.store.database import CHUNK, insert, upsert, write
from publisher.store.schema import bounces, deliveries, subscribers, subscriptions, suppressions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

#: Begins the key of what was an address; no key of an address has a colon there. The trigger of `consents` knows it.
_ERASED = "erased:"
#: Read from the database in portions, however many there are.
_STREAMED = {"yield_per": 1000}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one of many addresses."""

    id: int
    language: str | None
    suppressed_for: Consent | None
    consents: dict[str, Consent]

    def consent(self, digest: str) -> Consent | None:
        """Tell where it stands for one digest."""
        return self.suppressed_for or self.consents.get(digest)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailed:
    """One delivery, as its reader's page shows it."""

    edition_id: str
    state: str
    at: datetime
    code: int | None
    reply: str | None


def ensure(connection: Connection, address: str, key: str, language: str | None, now: datetime) -> int:
    """Find an address by its key, or note it as new; returns its id. A language that is given replaces what was."""
    statement = insert(connection, subscribers).values(address=address, address_key=key, language=language, created=now)
    if language is None:
        statement = statement.on_conflict_do_nothing(index_elements=["address_key"])
    else:
        statement = statement.on_conflict_do_update(index_elements=["address_key"], set_={"language": language})
    connection.execute(statement)
    found: int = connection.execute(select(subscribers.c.id).where(subscribers.c.address_key == key)).scalar_one()
    return found


def find(connection: Connection, key: str) -> Subscriber | None:
    """Find a reader by the key of the address."""
    return _one(connection, subscribers.c.address_key == key, lock=False)


def take(connection: Connection, subscriber_id: int) -> Subscriber | None:
    """Find a reader whose consent is about to change: until the transaction ends nobody else changes it.

    There is no reader any more behind an id whose address was erased.
    """
    there = subscribers.c.address_key.not_like(f"{_ERASED}%")
    return _one(connection, and_(subscribers.c.id == subscriber_id, there), lock=True)


def get(connection: Connection, subscriber_id: int) -> Subscriber | None:
    """Find a reader by id; None where the address was erased."""
    there = subscribers.c.address_key.not_like(f"{_ERASED}%")
    return _one(connection, and_(subscribers.c.id == subscriber_id, there), lock=False)


def _one(connection: Connection, condition: ColumnElement[bool], *, lock: bool) -> Subscriber | None:
    statement = select(subscribers).where(condition)
    row = connection.execute(statement.with_for_update() if lock else statement).one_or_none()
    if row is None:
        return None
    return Subscriber(
        id=row.id,
        address=row.address,
        language=row.language,
        created=row.created,
        suppressed=row.suppressed,
        suppressed_for=_suppression(row),
    )


def _suppression(row: Any) -> Consent | None:
    if row.suppressed is None:
        return None
    return Consent(row.suppressed_for or Consent.SUPPRESSED)


def consent(connection: Connection, subscriber_id: int, digest: str) -> Consent | None:
    """Read where a subscription stands; None if there never was one. A suppressed address is suppressed everywhere."""
    reader = _one(connection, subscribers.c.id == subscriber_id, lock=False)
    return (reader and reader.suppressed_for) or of(connection, subscriber_id).get(digest)


def of(connection: Connection, subscriber_id: int) -> dict[str, Consent]:
    """Read the consents of a reader as they are for each digest, whether the address is suppressed or not."""
    statement = select(subscriptions.c.digest, subscriptions.c.consent).where(
        subscriptions.c.subscriber_id == subscriber_id
    )
    return {digest: Consent(found) for digest, found in connection.execute(statement.order_by("digest"))}


def set_consent(connection: Connection, subscriber_id: int, digest: str, to: Consent, now: datetime) -> None:
    """Write where a subscription stands from now on."""
    row = {"subscriber_id": subscriber_id, "digest": digest, "consent": to.value, "since": now}
    upsert(connection, subscriptions, [row])


def set_language(connection: Connection, subscriber_id: int, language: str | None) -> None:
    """Write which language a reader prefers."""
    connection.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(language=language))


def suppress(connection: Connection, subscriber_id: int, reason: Consent | None, now: datetime) -> None:
    """Let nothing be mailed to an address from now on, or with no reason let it be mailed again."""
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(suppressed=now if reason else None, suppressed_for=reason.value if reason else None)
    )


def erase(connection: Connection, reader: Subscriber, fingerprint: str, now: datetime) -> None:
    """Delete what is known of a reader: what stays is a keyed hash, and rows of the ledger that name nobody.

    The id stays as well: it is in links that were sent, and may never be another reader's.
    """
    reason = reader.suppressed_for or Consent.SUPPRESSED
    connection.execute(
        insert(connection, suppressions)
        .values(hash=fingerprint, reason=reason.value, since=now)
        .on_conflict_do_nothing(index_elements=["hash"])
    )
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == reader.id)
        .values(
            address="erased",
            address_key=f"{_ERASED}{reader.id}",
            language=None,
            created=now,
            suppressed=now,
            suppressed_for=Consent.SUPPRESSED.value,
        )
    )
    for table in (subscriptions, bounces):
        connection.execute(delete(table).where(table.c.subscriber_id == reader.id))
    # Replies name the recipient.
    connection.execute(update(deliveries).where(deliveries.c.subscriber_id == reader.id).values(reply=None))


def standing(connection: Connection, keys: Sequence[str], *, lock: bool) -> dict[str, Standing]:
    """Tell of many addresses, by their keys, where each known one stands.

    With `lock` nobody else changes that until the transaction ends.
    """
    found: dict[str, Standing] = {}
    joined = subscribers.outerjoin(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
    for start in range(0, len(keys), CHUNK):
        statement = (
            select(
                subscribers.c.id,
                subscribers.c.address_key,
                subscribers.c.language,
                subscribers.c.suppressed,
                subscribers.c.suppressed_for,
                subscriptions.c.digest,
                subscriptions.c.consent,
            )
            .select_from(joined)
            .where(subscribers.c.address_key.in_(keys[start : start + CHUNK]))
            .order_by(subscribers.c.id)
        )
        for row in connection.execute(statement.with_for_update(of=subscribers) if lock else statement):
            known = found.setdefault(row.address_key, Standing(row.id, row.language, _suppression(row), {}))
            if row.digest is not None:
                known.consents[row.digest] = Consent(row.consent)
    return found


def add_all(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Note many addresses as new; what is known of an address already stays."""
    if rows:
        statement = insert(connection, subscribers).on_conflict_do_nothing(index_elements=["address_key"])
        write(connection, statement, subscribers, list(rows))


def set_consents(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write where many subscriptions stand from now on: rows of the table."""
    upsert(connection, subscriptions, list(rows))


def set_languages(connection: Connection, languages: Mapping[int, str]) -> None:
    """Write the languages of many readers."""
    if languages:
        statement = update(subscribers).where(subscribers.c.id == bindparam("reader")).values(language=bindparam("tag"))
        connection.execute(statement, [{"reader": reader, "tag": tag} for reader, tag in languages.items()])


def erased_among(connection: Connection, fingerprints: Sequence[str]) -> set[str]:
    """Find out which keyed hashes are those of addresses that were erased."""
    found: set[str] = set()
    for start in range(0, len(fingerprints), CHUNK):
        some = fingerprints[start : start + CHUNK]
        found.update(connection.scalars(select(suppressions.c.hash).where(suppressions.c.hash.in_(some))))
    return found


def mailed(connection: Connection, subscriber_id: int, limit: int = 100) -> list[Mailed]:
    """List the newest deliveries to a reader, newest first."""
    statement = (
        select(deliveries).where(deliveries.c.subscriber_id == subscriber_id).order_by(deliveries.c.id.desc())
    ).limit(limit)
    return [
        Mailed(edition_id=row.edition_id, state=row.state, at=row.tried or row.queued, code=row.code, reply=row.reply)
        for row in connection.execute(statement)
    ]


def listing(
    connection: Connection, digest: str | None = None, *, subscriber_id: int | None = None
) -> Iterator[Subscription]:
    """Go through the subscriptions, of one digest or one reader or all, in order of address."""
    statement = (
        select(
            subscribers.c.id,
            subscribers.c.address,
            subscribers.c.language,
            subscribers.c.suppressed,
            subscribers.c.suppressed_for,
            subscriptions.c.digest,
            subscriptions.c.consent,
            subscriptions.c.since,
        )
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .order_by(subscribers.c.address_key, subscriptions.c.digest)
    )
    if digest is not None:
        statement = statement.where(subscriptions.c.digest == digest)
    if subscriber_id is not None:
        statement = statement.where(subscribers.c.id == subscriber_id)
    for row in connection.execute(statement, execution_options=_STREAMED):
        yield Subscription(
            subscriber_id=row.id,
            address=row.address,
            language=row.language,
            digest=row.digest,
            consent=_suppression(row) or Consent(row.consent),
            since=row.since,
        )
