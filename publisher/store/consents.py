"""The record of consent: what was agreed, when and where from; rows come and never change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, select

from publisher.model.subscriber import Consent, ConsentEvent, ConsentRecord, Subscription, Wording
from publisher.store.database import write
from publisher.store.schema import consents, subscribers, subscriptions

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection


def record(connection: Connection, records: Sequence[ConsentRecord]) -> None:
    """Add to the record."""
    if records:
        write(connection, consents.insert(), consents, [_row(each) for each in records])


def _row(each: ConsentRecord) -> dict[str, Any]:
    return {
        "subscriber_id": each.subscriber_id,
        "digest": each.digest,
        "event": each.event.value,
        "wording": each.wording.text if each.wording else None,
        "version": each.wording.version if each.wording else None,
        "language": each.language,
        "source": each.source,
        "at": each.at,
    }


def of(connection: Connection, subscriber_id: int) -> list[ConsentRecord]:
    """Give the whole record of one reader, oldest first."""
    found = connection.execute(
        select(consents).where(consents.c.subscriber_id == subscriber_id).order_by(consents.c.id)
    )
    return [
        ConsentRecord(
            subscriber_id=row.subscriber_id,
            digest=row.digest,
            event=ConsentEvent(row.event),
            at=row.at,
            source=row.source,
            wording=None if row.wording is None else Wording(text=row.wording, version=row.version),
            language=row.language,
        )
        for row in found
    ]


def unasked(connection: Connection, limit: int = 1000, *, digests: Collection[str] | None = None) -> list[Subscription]:
    """List, oldest first, some of the pending subscriptions whose readers were not sent the mail that asks them.

    Only those of `digests` where they are given.
    """
    asked = exists().where(
        consents.c.subscriber_id == subscriptions.c.subscriber_id,
        consents.c.digest == subscriptions.c.digest,
        consents.c.event == ConsentEvent.ASKED,
    )
    statement = (
        select(
            subscribers.c.id,
            subscribers.c.address,
            subscribers.c.language,
            subscriptions.c.digest,
            subscriptions.c.since,
        )
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .where(subscriptions.c.consent == Consent.PENDING, subscribers.c.suppressed.is_(None), ~asked)
        .order_by(subscribers.c.id, subscriptions.c.digest)
        .limit(limit)
    )
    if digests is not None:
        statement = statement.where(subscriptions.c.digest.in_(digests))
    return [
        Subscription(
            subscriber_id=row.id,
            address=row.address,
            language=row.language,
            digest=row.digest,
            consent=Consent.PENDING,
            since=row.since,
        )
        for row in connection.execute(statement)
    ]


def forget(connection: Connection, subscriber_id: int) -> None:
    """Delete the record of a reader whose address was erased; of any other the database refuses it."""
    connection.execute(delete(consents).where(consents.c.subscriber_id == subscriber_id))
