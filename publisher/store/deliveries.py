"""The ledger of deliveries: claimed, in flight, settled, and every recipient accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, and_, bindparam, case, exists, func, not_, null, or_, select, update

from publisher.model.delivery import UNCERTAIN_WAIT, Accounting, Delivery, DeliveryState, Settlement
from publisher.model.subscriber import Consent
from publisher.store.schema import deliveries, editions, subscribers, subscriptions

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

#: How far a claim looks for recipients in domains to which something may be sent.
_LOOK_AHEAD = 2000
_REPLY = 500
_SENDABLE = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.UNCERTAIN)


#: Matches what is in the hands of the sender with this lease: nothing else may be settled or given back.
_TAKEN = and_(
    or_(deliveries.c.state == DeliveryState.CLAIMED, deliveries.c.state == DeliveryState.INFLIGHT),
    deliveries.c.lease == bindparam("held_by", type_=BigInteger),
)
_THESE = deliveries.c.id.in_(bindparam("ids", expanding=True))
#: The number of attempts without the one that is under way.
_UNTRIED = deliveries.c.attempts - case((deliveries.c.state == DeliveryState.INFLIGHT, 1), else_=0)
_CONSENTING = exists().where(
    subscriptions.c.subscriber_id == deliveries.c.subscriber_id,
    subscriptions.c.consent == Consent.CONFIRMED,
    subscriptions.c.digest == editions.c.digest,
    editions.c.id == deliveries.c.edition_id,
)
_BLOCKED = exists().where(subscribers.c.id == deliveries.c.subscriber_id, subscribers.c.suppressed.is_not(None))
# Made once: these are carried out in every turn, and SQLAlchemy takes longer to make them than SQLite to obey.
_LEFT = select(deliveries.c.id).where(_THESE, or_(and_(not_(deliveries.c.copy), not_(_CONSENTING)), _BLOCKED))
_TAKE_OUT = (
    update(deliveries)
    .where(_THESE, _TAKEN)
    .values(state=DeliveryState.SUPPRESSED.value, due=None, reply="consent was withdrawn")
)
_BEGIN = (
    update(deliveries)
    .where(_THESE, _TAKEN)
    .values(state=DeliveryState.INFLIGHT.value, attempts=deliveries.c.attempts + 1)
    .returning(deliveries.c.id)
)
_SETTLE = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery_id"), _TAKEN)
    .values(
        state=bindparam("to"),
        due=bindparam("next"),
        reply=bindparam("said"),
        code=bindparam("answer"),
        tried=bindparam("moment"),
        lease=null(),
        attempts=case((bindparam("counted"), deliveries.c.attempts), else_=_UNTRIED),
        doubts=deliveries.c.doubts + bindparam("doubt"),
    )
)


def recover(connection: Connection, *, now: datetime, hold: bool) -> dict[str, int]:
    """Free what a dead sender had claimed, and find out what it had in flight; counts those by their states now.

    Those are uncertain, or held with `hold` or if they were uncertain before. Only for the one that has just got the
    sender's lease.
    """
    connection.execute(
        update(deliveries)
        .where(deliveries.c.state == DeliveryState.CLAIMED)
        .values(state=DeliveryState.QUEUED.value, due=None, lease=None)
    )
    lost = update(deliveries).where(deliveries.c.state == DeliveryState.INFLIGHT)
    lost = lost.values(reply="the sender stopped before it had the reply", code=None, tried=now, lease=None)
    held = lost if hold else lost.where(deliveries.c.doubts > 0)
    doubts, due = deliveries.c.doubts + 1, now + UNCERTAIN_WAIT
    return {
        DeliveryState.HELD.value: connection.execute(held.values(state=DeliveryState.HELD.value, due=None)).rowcount,
        DeliveryState.UNCERTAIN.value: connection.execute(
            lost.values(state=DeliveryState.UNCERTAIN.value, due=due, doubts=doubts)
        ).rowcount,
    }


def claim(
    connection: Connection,
    edition_id: str,
    limit: int,
    *,
    now: datetime,
    lease: int,
    after: int = 0,
    without: Collection[str] = (),
) -> list[Delivery]:
    """Claim up to `limit` deliveries of an edition that are due; only these may be sent by the caller.

    First those that had to wait, then those with ids `after` one. None goes to a domain in `without`; then only the
    next few thousand are looked at.
    """
    due = (deliveries.c.state.in_(_SENDABLE), deliveries.c.due <= now)
    fresh = (deliveries.c.state == DeliveryState.QUEUED, deliveries.c.due.is_(None), deliveries.c.id > after)
    found: list[Row[Any]] = []
    for wanted, order in ((due, (deliveries.c.due, deliveries.c.id)), (fresh, (deliveries.c.id,))):
        # Two ways through one index; asked for together, SQLite would go through all that is settled.
        if len(found) < limit:
            statement = _candidates(wanted, order, _LOOK_AHEAD if without else limit - len(found))
            rows = connection.execute(statement, {"edition": edition_id})
            found += [row for row in rows if not without or domain(row.address) not in without][: limit - len(found)]
    if found:
        taken = update(deliveries).where(deliveries.c.id.in_([row.id for row in found]))
        connection.execute(taken.values(state=DeliveryState.CLAIMED.value, lease=lease))
    return [
        Delivery(
            id=row.id,
            edition_id=edition_id,
            subscriber_id=row.subscriber_id,
            address=row.address,
            state=DeliveryState.CLAIMED,
            attempts=row.attempts,
            doubts=row.doubts,
            queued=row.queued,
        )
        for row in found
    ]


def _candidates(wanted: Sequence[ColumnElement[bool]], order: Sequence[Any], limit: int) -> Any:
    return (
        select(
            deliveries.c.id,
            deliveries.c.subscriber_id,
            deliveries.c.attempts,
            deliveries.c.doubts,
            deliveries.c.queued,
            subscribers.c.address,
        )
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        # As an expression: by the edition's own index all that is settled would be gone through for every claim.
        .where(deliveries.c.edition_id.concat("") == bindparam("edition"), *wanted)
        .order_by(*order)
        .limit(limit)
        .with_for_update(skip_locked=True, of=deliveries)
    )


def domain(address: str) -> str:
    """Give the domain of an address, as rates name it."""
    return address.rpartition("@")[2].lower()


def mark_inflight(connection: Connection, ids: Sequence[int], *, lease: int) -> list[int]:
    """Note, before anything is sent, that these may from now on have been received; gives those that may go.

    Whoever has left since the edition was frozen is taken out.
    """
    if not ids:
        return []
    left = set(connection.scalars(_LEFT, {"ids": ids}))
    if left:
        connection.execute(_TAKE_OUT, {"ids": sorted(left), "held_by": lease})
    staying = [each for each in ids if each not in left]
    return sorted(connection.scalars(_BEGIN, {"ids": staying, "held_by": lease}))


def unclaim(connection: Connection, ids: Sequence[int], *, lease: int, keep: bool = False) -> None:
    """Give back what was claimed and, by the caller's word, never sent: it counts as no attempt.

    With `keep` it is in flight no more, and still the caller's.
    """
    if ids:
        state = DeliveryState.CLAIMED if keep else DeliveryState.QUEUED
        values: dict[str, Any] = {"state": state.value, "due": None, "attempts": _UNTRIED}
        back = update(deliveries).where(_THESE, _TAKEN)
        values |= {} if keep else {"lease": null()}
        connection.execute(back.values(values), {"ids": ids, "held_by": lease})


def settle(connection: Connection, settlements: Sequence[Settlement], *, lease: int, now: datetime) -> None:
    """Write what became of deliveries in flight."""
    if not settlements:
        return
    rows: list[dict[str, Any]] = [
        {
            "delivery_id": done.delivery_id,
            "held_by": lease,
            "to": done.state.value,
            "next": done.due,
            # PostgreSQL takes no NUL.
            "said": done.reply.replace("\0", "")[:_REPLY],
            "answer": done.code,
            "moment": now,
            "counted": done.counted,
            "doubt": int(done.state is DeliveryState.UNCERTAIN),
        }
        for done in settlements
    ]
    connection.execute(_SETTLE, rows)


def retry(connection: Connection, edition_id: str, *, now: datetime) -> int:
    """Queue those of an edition that have failed, as if they were new; returns how many."""
    return _answer(connection, edition_id, DeliveryState.FAILED, _afresh(now))


def resolve(connection: Connection, edition_id: str, state: DeliveryState, *, now: datetime) -> int:
    """Say of those of an edition that are held what became of them; `QUEUED` sends them. Returns how many."""
    if state is DeliveryState.QUEUED:
        return _answer(connection, edition_id, DeliveryState.HELD, _afresh(now))
    return _answer(connection, edition_id, DeliveryState.HELD, {"state": state.value})


def _afresh(now: datetime) -> dict[str, Any]:
    return {"state": DeliveryState.QUEUED.value, "due": None, "attempts": 0, "doubts": 0, "queued": now}


def _answer(connection: Connection, edition_id: str, before: DeliveryState, values: dict[str, Any]) -> int:
    chosen = (deliveries.c.edition_id == edition_id, deliveries.c.state == before)
    return connection.execute(update(deliveries).where(*chosen).values(values)).rowcount


def count_by_state(connection: Connection, edition_id: str | None = None) -> dict[str, int]:
    """Count the deliveries in each state, of one edition or of all."""
    statement = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    if edition_id is not None:
        statement = statement.where(deliveries.c.edition_id == edition_id)
    counted: dict[str, int] = dict(connection.execute(statement).all())
    return {state.value: counted.get(state, 0) for state in DeliveryState}


def account(connection: Connection, edition_id: str) -> Accounting:
    """Account for every recipient of an edition."""
    recipients = connection.scalar(select(editions.c.recipients).where(editions.c.id == edition_id))
    return Accounting(recipients or 0, count_by_state(connection, edition_id))
