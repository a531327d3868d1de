"""The ledger of deliveries: claimed, in flight, settled, and every recipient accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, exists, func, literal, not_, or_, select, update

from publisher.model.delivery import SETTLED, UNCERTAIN_WAIT, Delivery, DeliveryState, Settlement
from publisher.model.edition import EditionState
from publisher.model.subscriber import Consent
from publisher.store.schema import deliveries, editions, subscribers, subscriptions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

_SENDABLE = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.UNCERTAIN)


def _taken() -> ColumnElement[bool]:
    """Match what is in the hands of a sender: nothing else may be settled or given back."""
    state = deliveries.c.state
    return or_(state == DeliveryState.CLAIMED, state == DeliveryState.INFLIGHT)


def recover(connection: Connection, *, now: datetime, hold: bool) -> int:
    """Free what a dead sender had claimed, and find out what it had in flight; returns how many those are.

    Those are uncertain, or held with `hold` or if they were uncertain before. Only for the one that has the
    sender's lock.
    """
    connection.execute(
        update(deliveries)
        .where(deliveries.c.state == DeliveryState.CLAIMED)
        .values(state=DeliveryState.QUEUED.value, due=None)
    )
    held = and_(deliveries.c.state == DeliveryState.INFLIGHT, or_(literal(hold), deliveries.c.doubts > 0))
    reply = "the sender stopped before it had the reply"
    given_up = update(deliveries).where(held).values(state=DeliveryState.HELD.value, due=None, reply=reply)
    lost = (
        update(deliveries)
        .where(deliveries.c.state == DeliveryState.INFLIGHT)
        .values(
            state=DeliveryState.UNCERTAIN.value, due=now + UNCERTAIN_WAIT, reply=reply, doubts=deliveries.c.doubts + 1
        )
    )
    return connection.execute(given_up).rowcount + connection.execute(lost).rowcount


def suppress_withdrawn(connection: Connection, edition_id: str) -> None:
    """Take out, before each claim, the recipients who have left since the edition was frozen."""
    consenting = exists().where(
        subscriptions.c.subscriber_id == deliveries.c.subscriber_id,
        subscriptions.c.consent == Consent.CONFIRMED,
        subscriptions.c.digest == editions.c.digest,
        editions.c.id == edition_id,
    )
    blocked = exists().where(subscribers.c.id == deliveries.c.subscriber_id, subscribers.c.suppressed.is_not(None))
    left = and_(not_(deliveries.c.copy), not_(consenting))
    connection.execute(
        update(deliveries)
        .where(deliveries.c.edition_id == edition_id, deliveries.c.state.in_(_SENDABLE), or_(left, blocked))
        .values(state=DeliveryState.SUPPRESSED.value, due=None, reply="consent was withdrawn")
    )


def claim(connection: Connection, edition_id: str, limit: int, *, now: datetime) -> list[Delivery]:
    """Claim up to `limit` deliveries of an edition that are due; only these may be sent by the caller."""
    wanted = (
        select(deliveries.c.id)
        .where(
            deliveries.c.edition_id == edition_id,
            deliveries.c.state.in_(_SENDABLE),
            or_(deliveries.c.due.is_(None), deliveries.c.due <= now),
        )
        .order_by(deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("wanted")
    )
    claimed = (
        update(deliveries)
        .where(deliveries.c.id.in_(select(wanted.c.id)))
        .values(state=DeliveryState.CLAIMED.value)
        .returning(deliveries.c.id)
    )
    ids = list(connection.scalars(claimed))
    statement = (
        select(
            deliveries.c.id,
            deliveries.c.edition_id,
            deliveries.c.subscriber_id,
            deliveries.c.attempts,
            deliveries.c.doubts,
            deliveries.c.queued,
            subscribers.c.address,
        )
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(deliveries.c.id.in_(ids))
        .order_by(deliveries.c.id)
    )
    return [
        Delivery(
            id=row.id,
            edition_id=row.edition_id,
            subscriber_id=row.subscriber_id,
            address=row.address,
            state=DeliveryState.CLAIMED,
            attempts=row.attempts,
            doubts=row.doubts,
            queued=row.queued,
        )
        for row in connection.execute(statement)
    ]


def mark_inflight(connection: Connection, ids: Sequence[int]) -> None:
    """Note, before anything is sent, that these may from now on have been received."""
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(ids), deliveries.c.state == DeliveryState.CLAIMED)
        .values(state=DeliveryState.INFLIGHT.value, attempts=deliveries.c.attempts + 1)
    )


def unclaim(connection: Connection, ids: Sequence[int]) -> None:
    """Give back what was claimed and, by the caller's word, never sent: it counts as no attempt."""
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(ids), _taken())
        .values(
            state=DeliveryState.QUEUED.value,
            due=None,
            attempts=deliveries.c.attempts - case((deliveries.c.state == DeliveryState.INFLIGHT, 1), else_=0),
        )
    )


def settle(connection: Connection, settlements: Sequence[Settlement]) -> None:
    """Write what became of deliveries in flight."""
    if not settlements:
        return
    statement = (
        update(deliveries)
        .where(deliveries.c.id == bindparam("delivery_id"), _taken())
        .values(
            state=bindparam("to"),
            due=bindparam("next"),
            reply=bindparam("said"),
            doubts=deliveries.c.doubts + bindparam("doubt"),
        )
    )
    rows: list[dict[str, Any]] = [
        {
            "delivery_id": done.delivery_id,
            "to": done.state.value,
            "next": done.due,
            "said": done.reply[:500],
            "doubt": int(done.state is DeliveryState.UNCERTAIN),
        }
        for done in settlements
    ]
    connection.execute(statement, rows)


def count_by_state(connection: Connection, edition_id: str | None = None) -> dict[str, int]:
    """Count the deliveries in each state, of one edition or of all."""
    statement = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    if edition_id is not None:
        statement = statement.where(deliveries.c.edition_id == edition_id)
    counted: dict[str, int] = dict(connection.execute(statement).all())
    return {state.value: counted.get(state, 0) for state in DeliveryState}


def finish(connection: Connection, edition_id: str) -> bool:
    """Call an edition finished if every one of its recipients is settled."""
    counted = count_by_state(connection, edition_id)
    recipients = connection.scalar(select(editions.c.recipients).where(editions.c.id == edition_id))
    if sum(counted[state] for state in SETTLED) != recipients:
        return False
    connection.execute(update(editions).where(editions.c.id == edition_id).values(state=EditionState.FINISHED.value))
    return True
