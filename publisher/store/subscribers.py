"""Addresses, and their consent for each digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from publisher.model.subscriber import Consent, Subscription
from publisher.store.database import insert, upsert
from publisher.store.schema import subscribers, subscriptions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection


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


def consent(connection: Connection, subscriber_id: int, digest: str) -> Consent | None:
    """Read where a subscription stands; None if there never was one. A suppressed address is suppressed everywhere."""
    suppressed = connection.scalar(select(subscribers.c.suppressed).where(subscribers.c.id == subscriber_id))
    if suppressed is not None:
        return Consent.SUPPRESSED
    found = connection.scalar(
        select(subscriptions.c.consent).where(
            subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.digest == digest
        )
    )
    return Consent(found) if found else None


def set_consent(connection: Connection, subscriber_id: int, digest: str, to: Consent, now: datetime) -> None:
    """Write where a subscription stands from now on."""
    row = {"subscriber_id": subscriber_id, "digest": digest, "consent": to.value, "since": now}
    upsert(connection, subscriptions, [row])


def listing(connection: Connection, digest: str | None = None) -> Iterable[Subscription]:
    """Go through the subscriptions, in order of address."""
    statement = (
        select(
            subscribers.c.id,
            subscribers.c.address,
            subscribers.c.language,
            subscribers.c.suppressed,
            subscriptions.c.digest,
            subscriptions.c.consent,
            subscriptions.c.since,
        )
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .order_by(subscribers.c.address_key, subscriptions.c.digest)
    )
    if digest is not None:
        statement = statement.where(subscriptions.c.digest == digest)
    for row in connection.execute(statement):
        yield Subscription(
            subscriber_id=row.id,
            address=row.address,
            language=row.language,
            digest=row.digest,
            consent=Consent.SUPPRESSED if row.suppressed else Consent(row.consent),
            since=row.since,
        )
