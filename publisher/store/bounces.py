"""What came back: whose it was, what was done about it, and what of it still counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from publisher.model.bounce import MEMORY, Action, History, Kind
from publisher.model.edition import EditionState
from publisher.store.schema import bounces, deliveries, editions, subscribers

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

#: An edition that stands there can be paused.
GOING_OUT = (EditionState.APPROVED, EditionState.SENDING)


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """Whose message came back."""

    subscriber_id: int
    address: str
    #: None where only the reader is known.
    edition_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounce:
    """One report as it was taken in."""

    #: Hash of the report and of whom it is about.
    report: str
    subscriber_id: int
    edition_id: str | None
    kind: Kind
    status: str
    reply: str
    action: Action
    #: Of the action, in a sentence.
    why: str
    at: datetime


def owner(connection: Connection, delivery_id: int) -> Owner | None:
    """Find whose a delivery is."""
    return next(iter(_owners(connection, deliveries.c.id == delivery_id)), None)


def sent_to(connection: Connection, key: str) -> list[Owner]:
    """List what was sent to an address, newest first."""
    return _owners(connection, subscribers.c.address_key == key)


def _owners(connection: Connection, condition: Any) -> list[Owner]:
    statement = (
        select(deliveries.c.subscriber_id, subscribers.c.address, deliveries.c.edition_id)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(condition)
        .order_by(deliveries.c.id.desc())
    )
    return [
        Owner(subscriber_id=row.subscriber_id, address=row.address, edition_id=row.edition_id)
        for row in connection.execute(statement)
    ]


def is_known(connection: Connection, report: str) -> bool:
    """Say whether a report was taken in before."""
    return connection.scalar(select(bounces.c.report).where(bounces.c.report == report)) is not None


def history(connection: Connection, of_whom: Owner, now: datetime, *, suppressed: bool) -> History:
    """Gather what a decision about a new report rests on."""
    counted = select(bounces.c.at).where(
        bounces.c.subscriber_id == of_whom.subscriber_id,
        bounces.c.action == Action.COUNTED,
        bounces.c.at > now - MEMORY,
    )
    edition = connection.execute(
        select(editions.c.id, editions.c.recipients).where(
            editions.c.id == of_whom.edition_id, editions.c.state.in_(GOING_OUT)
        )
    ).one_or_none()
    refusals = select(func.count(bounces.c.subscriber_id.distinct())).where(
        bounces.c.edition_id == of_whom.edition_id,
        bounces.c.kind == Kind.POLICY,
        bounces.c.subscriber_id != of_whom.subscriber_id,
    )
    return History(
        suppressed=suppressed,
        soft=tuple(connection.scalars(counted)),
        edition_id=edition.id if edition else None,
        recipients=edition.recipients if edition else 0,
        refusals=connection.scalar(refusals) or 0,
    )


def record(connection: Connection, bounce: Bounce) -> None:
    """Keep a report with what was done about it."""
    connection.execute(
        bounces.insert().values(
            report=bounce.report,
            subscriber_id=bounce.subscriber_id,
            edition_id=bounce.edition_id,
            kind=bounce.kind.value,
            status=bounce.status[:16] or None,
            reply=bounce.reply or None,
            action=bounce.action.value,
            why=bounce.why,
            at=bounce.at,
        )
    )


def of(connection: Connection, subscriber_id: int) -> list[Bounce]:
    """Give everything that came back from one reader, oldest first."""
    found = connection.execute(
        select(bounces).where(bounces.c.subscriber_id == subscriber_id).order_by(bounces.c.at, bounces.c.report)
    )
    return [
        Bounce(
            report=row.report,
            subscriber_id=row.subscriber_id,
            edition_id=row.edition_id,
            kind=Kind(row.kind),
            status=row.status or "",
            reply=row.reply or "",
            action=Action(row.action),
            why=row.why,
            at=row.at,
        )
        for row in found
    ]
