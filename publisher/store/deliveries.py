"""The ledger of deliveries: claimed, in flight, settled, and every recipient accounted for."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    exists,
    func,
    not_,
    null,
    or_,
    select,
    update,
)

from publisher.model.delivery import UNCERTAIN_WAIT, Accounting, Delivery, DeliveryState, Settlement
from publisher.model.subscriber import Consent
from publisher.store.prepared import AmongNumbers, Prepared
from publisher.store.schema import deliveries, editions, subscribers, subscriptions

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

_REPLY = 500
#: How many that no one was sent a claim looks at in one transaction: a whole queue of a slow domain may come first.
LOOK_AHEAD = 10_000
_SENDABLE = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.UNCERTAIN)

#: Matches what is in the hands of the sender with this lease: nothing else may be settled or given back.
_TAKEN = and_(
    # As expressions: by the index of states PostgreSQL would go through all that were claimed since the last vacuum.
    or_(*(deliveries.c.state.concat("") == state for state in (DeliveryState.CLAIMED, DeliveryState.INFLIGHT))),
    deliveries.c.lease == bindparam("held_by", type_=BigInteger),
)
_THESE = AmongNumbers(deliveries.c.id, "ids")
#: The number of attempts without the one that is under way.
_UNTRIED = deliveries.c.attempts - case((deliveries.c.state == DeliveryState.INFLIGHT, 1), else_=0)
_CONSENTING = exists().where(
    subscriptions.c.subscriber_id == deliveries.c.subscriber_id,
    subscriptions.c.consent == Consent.CONFIRMED,
    subscriptions.c.digest == editions.c.digest,
    editions.c.id == deliveries.c.edition_id,
)
_BLOCKED = exists().where(subscribers.c.id == deliveries.c.subscriber_id, subscribers.c.suppressed.is_not(None))
# These are carried out in every turn, and SQLAlchemy takes longer to make them than SQLite to obey.
_BEGIN = Prepared(
    update(deliveries)
    .where(_THESE, _TAKEN, or_(deliveries.c.copy, _CONSENTING), not_(_BLOCKED))
    .values(state=DeliveryState.INFLIGHT.value, attempts=deliveries.c.attempts + 1)
    .returning(deliveries.c.id)
)
_TAKE_OUT = Prepared(
    update(deliveries)
    .where(_THESE, _TAKEN)
    .values(state=DeliveryState.SUPPRESSED.value, due=null(), reply="consent was withdrawn")
)
_TAKE = Prepared(
    update(deliveries)
    .where(_THESE)
    .values(state=DeliveryState.CLAIMED.value, lease=bindparam("held_by", type_=BigInteger))
)
_BACK = update(deliveries).where(_THESE, _TAKEN)
_KEEP = Prepared(_BACK.values(state=DeliveryState.CLAIMED.value, due=null(), attempts=_UNTRIED))
_GIVE_BACK = Prepared(_BACK.values(state=DeliveryState.QUEUED.value, due=null(), attempts=_UNTRIED, lease=null()))
#: Locked, for somebody may be erased just now: what is asked is answered after that.
_KEY = (
    select(subscribers.c.address_key)
    .where(subscribers.c.id == deliveries.c.subscriber_id)
    .with_for_update(read=True)
    .scalar_subquery()
)
_SETTLE = Prepared(
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery_id"), _TAKEN)
    .values(
        state=bindparam("to"),
        due=bindparam("next"),
        reply=case((_KEY.startswith("erased:"), null()), else_=bindparam("said", type_=Text)),
        code=bindparam("answer"),
        tried=bindparam("moment"),
        lease=null(),
        attempts=case((bindparam("counted", type_=Boolean), deliveries.c.attempts), else_=_UNTRIED),
        doubts=deliveries.c.doubts + bindparam("doubt", type_=Integer),
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
    next `LOOK_AHEAD` are looked at, see `looked_at`.
    """
    values = {"edition": edition_id, "now": now, "after": after}
    domains = tuple(sorted(without))
    found = _waiting(domains)(connection, values | {"most": limit})
    if len(found) < limit:
        found += _fresh(domains)(connection, values | {"most": limit - len(found), "look": LOOK_AHEAD})
    if found:
        _TAKE(connection, {"ids": [row[0] for row in found], "held_by": lease})
    return [
        Delivery(
            id=number,
            edition_id=edition_id,
            subscriber_id=reader,
            address=address,
            state=DeliveryState.CLAIMED,
            attempts=attempts,
            doubts=doubts,
            queued=queued,
        )
        for number, reader, attempts, doubts, queued, address in found
    ]


def looked_at(connection: Connection, edition_id: str, *, after: int, claimed: int) -> int:
    """Say after which id to go on when a claim `without` some domains came back with too few; 0 after the last."""
    rows = _LAST_LOOK(connection, {"edition": edition_id, "after": after, "look": LOOK_AHEAD - 1 - claimed})
    return rows[0][0] if rows else 0


#: As an expression: by the edition's own index all that is settled would be gone through for every claim.
_OF_EDITION = deliveries.c.edition_id.concat("") == bindparam("edition")
_FRESH = (
    _OF_EDITION,
    deliveries.c.state == DeliveryState.QUEUED,
    deliveries.c.due.is_(None),
    deliveries.c.id > bindparam("after"),
)
_LAST_LOOK = Prepared(
    select(deliveries.c.id).where(*_FRESH).order_by(deliveries.c.id).limit(1).offset(bindparam("look", type_=Integer))
)


# Two ways through one index; asked for together, SQLite would go through all that is settled.
@functools.lru_cache(64)
def _waiting(without: tuple[str, ...]) -> Prepared:
    wanted = (
        _OF_EDITION,
        or_(*(deliveries.c.state == state for state in _SENDABLE)),
        deliveries.c.due <= bindparam("now"),
    )
    return _candidates(wanted, without, (deliveries.c.due, deliveries.c.id))


@functools.lru_cache(64)
def _fresh(without: tuple[str, ...]) -> Prepared:
    if not without:
        return _candidates(_FRESH, without, (deliveries.c.id,))
    looked = select(deliveries.c.id).where(*_FRESH).order_by(deliveries.c.id).limit(bindparam("look", type_=Integer))
    return _candidates((deliveries.c.id.in_(looked.subquery().select()),), without, (deliveries.c.id,))


def _candidates(wanted: Sequence[ColumnElement[bool]], without: Sequence[str], order: Sequence[Any]) -> Prepared:
    others = [not_(func.lower(subscribers.c.address).endswith(f"@{each}", autoescape=True)) for each in without]
    return Prepared(
        select(
            deliveries.c.id,
            deliveries.c.subscriber_id,
            deliveries.c.attempts,
            deliveries.c.doubts,
            deliveries.c.queued,
            subscribers.c.address,
        )
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(*wanted, *others)
        .order_by(*order)
        .limit(bindparam("most", type_=Integer))
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
    going = sorted(row[0] for row in _BEGIN(connection, {"ids": list(ids), "held_by": lease}))
    left = set(ids).difference(going)
    if left:
        _TAKE_OUT(connection, {"ids": sorted(left), "held_by": lease})
    return going


def unclaim(connection: Connection, ids: Sequence[int], *, lease: int, keep: bool = False) -> None:
    """Give back what was claimed and, by the caller's word, never sent: it counts as no attempt.

    With `keep` it is in flight no more, and still the caller's.
    """
    if ids:
        (_KEEP if keep else _GIVE_BACK)(connection, {"ids": list(ids), "held_by": lease})


def settle(connection: Connection, settlements: Sequence[Settlement], *, lease: int, now: datetime) -> None:
    """Write what became of deliveries in flight; a reply may name the recipient, and is dropped if that was erased."""
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
    _SETTLE.many(connection, rows)


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
