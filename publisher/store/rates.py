"""Rates of sending: the moments that are given away, kept across restarts and shared by all who send."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, Interval, bindparam, case, literal

from publisher.store.columns import Instant
from publisher.store.database import insert
from publisher.store.schema import rates

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from publisher.model.rate import Rate

_MICROSECOND = timedelta(microseconds=1)


def reserve(
    connection: Connection, scope: str, rate: Rate, count: int, *, now: datetime, until: datetime | None = None
) -> list[datetime]:
    """Reserve the next slots of a scope, none of them before `now`; none at all if the first were after `until`."""
    taken = rate.interval * count
    # An Instant is a number of microseconds on SQLite.
    step: Any = literal(taken // _MICROSECOND, Integer)
    if connection.dialect.name == "postgresql":
        step = literal(taken, Interval)
    begin = case((rates.c.next > bindparam("now", type_=Instant), rates.c.next), else_=bindparam("now", type_=Instant))
    statement = insert(connection, rates).values(scope=scope, next=now + taken)
    statement = statement.on_conflict_do_update(
        index_elements=["scope"], set_={"next": begin + step}, where=None if until is None else rates.c.next <= until
    )
    end: datetime | None = connection.scalar(statement.returning(rates.c.next), {"now": now})
    return rate.slots(end, count) if end is not None else []
