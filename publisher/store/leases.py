"""Leases: who may do what only one may do at a time, with a number that tells an old holder from a new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from publisher.store.database import insert
from publisher.store.prepared import Prepared
from publisher.store.schema import leases

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


_NUMBER = Prepared(select(leases.c.number).where(leases.c.name == bindparam("lease")).with_for_update(read=True))


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """What somebody holds, and until when."""

    name: str
    #: Grows with each holder.
    number: int
    holder: str
    until: datetime


def acquire(connection: Connection, name: str, holder: str, *, now: datetime, until: datetime) -> Lease | None:
    """Take a lease that nobody has or whose time is over; None if another has it."""
    statement = insert(connection, leases).values(name=name, number=1, holder=holder, until=until)
    statement = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"number": leases.c.number + 1, "holder": holder, "until": until},
        where=leases.c.until <= now,
    )
    number: int | None = connection.scalar(statement.returning(leases.c.number))
    return None if number is None else Lease(name=name, number=number, holder=holder, until=until)


def current(connection: Connection, name: str) -> Lease | None:
    """Say who took a lease last; its time may be over."""
    row = connection.execute(select(leases).where(leases.c.name == name)).first()
    return Lease(name=row.name, number=row.number, holder=row.holder, until=row.until) if row else None


def check(connection: Connection, lease: Lease) -> bool:
    """Say whether nobody has taken it since; until this transaction ends, nobody will."""
    return _NUMBER(connection, {"lease": lease.name}) == [(lease.number,)]


def renew(connection: Connection, lease: Lease, until: datetime) -> bool:
    """Keep it for longer; False if another has taken it."""
    mine = (leases.c.name == lease.name, leases.c.number == lease.number)
    return connection.execute(update(leases).where(*mine).values(until=until)).rowcount == 1


def release(connection: Connection, name: str, now: datetime) -> None:
    """Let the next one have it at once, whoever holds it."""
    connection.execute(update(leases).where(leases.c.name == name, leases.c.until > now).values(until=now))
