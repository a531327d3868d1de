"""Rates of sending: the moments that are given away, kept across restarts and shared by all who send."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Interval, TypeDecorator, bindparam, case, update

from publisher.model.rate import LATE
from publisher.store.columns import Instant
from publisher.store.database import insert
from publisher.store.prepared import Prepared
from publisher.store.schema import rates

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection
    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.dml import ReturningInsert
    from sqlalchemy.types import TypeEngine

    from publisher.model.rate import Rate


class _Step(TypeDecorator[timedelta]):
    """A length of time that can be added to an `Instant`, which is a number of microseconds on SQLite."""

    impl = Interval
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        chosen: TypeEngine[Any] = BigInteger() if dialect.name == "sqlite" else Interval()
        return dialect.type_descriptor(chosen)

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> object:
        return value // timedelta(microseconds=1) if value is not None and dialect.name == "sqlite" else value


#: Nobody reserves farther ahead than this, or than two windows: who seems to have done so had another clock.
_FARTHEST = timedelta(minutes=10)


def farthest(rate: Rate, now: datetime) -> datetime:
    """Say after which moment no slot can be one that was reserved by this clock."""
    return now + max(_FARTHEST, timedelta(seconds=2 * rate.seconds))


def reserve(
    connection: Connection, scope: str, rate: Rate, count: int, *, now: datetime, until: datetime | None = None
) -> list[datetime]:
    """Reserve the next slots of a scope, none of them before `now`; none at all if the first were after `until`.

    After the clock was set back, sending goes on when what was sent before is out of the window.
    """
    absurd = farthest(rate, now)
    _SET_BACK(connection, {"scope": scope, "farthest": absurd, "afresh": now + timedelta(seconds=rate.seconds) + LATE})
    taken = rate.interval * count
    wanted = {"scope": scope, "now": now, "step": taken, "first": now + taken, "until": until or absurd}
    reserved = _RESERVE(connection, wanted)
    return rate.slots(reserved[0][0], count) if reserved else []


_SET_BACK = Prepared(
    update(rates)
    .where(rates.c.scope == bindparam("scope"), rates.c.next > bindparam("farthest", type_=Instant))
    .values(next=bindparam("afresh"))
)


def _reserve(connection: Connection) -> ReturningInsert[Any]:
    now = bindparam("now", type_=Instant)
    begin = case((rates.c.next > now, rates.c.next), else_=now)
    statement = insert(connection, rates).values(scope=bindparam("scope"), next=bindparam("first"))
    statement = statement.on_conflict_do_update(
        index_elements=["scope"],
        set_={"next": begin + bindparam("step", type_=_Step)},
        where=rates.c.next <= bindparam("until", type_=Instant),
    )
    return statement.returning(rates.c.next)


_RESERVE = Prepared(_reserve)
