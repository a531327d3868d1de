"""A lease has one holder at a time, and a number by which an old holder is known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from publisher.store import leases
from publisher.store.leases import Lease
from tests.build import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from publisher.store.database import Database

MINUTE = timedelta(minutes=1)


def acquire(connection: Connection, holder: str = "one", now: datetime = NOW) -> Lease | None:
    return leases.acquire(connection, "sender", holder, now=now, until=now + MINUTE)


def test_a_lease_is_had_by_one_until_its_time_is_over(database: Database) -> None:
    with database.begin() as connection:
        assert leases.current(connection, "sender") is None
        first = acquire(connection)
        assert first == Lease(name="sender", number=1, holder="one", until=NOW + MINUTE)
        assert acquire(connection, "two", NOW + MINUTE - timedelta(microseconds=1)) is None
        assert leases.current(connection, "sender") == first
        second = acquire(connection, "two", NOW + MINUTE)
        assert second == Lease(name="sender", number=2, holder="two", until=NOW + 2 * MINUTE)


def test_an_old_holder_is_known_by_its_number(database: Database) -> None:
    with database.begin() as connection:
        first = acquire(connection)
        assert first is not None
        assert leases.check(connection, first)
        assert leases.renew(connection, first, NOW + 2 * MINUTE)
        assert acquire(connection, "two", NOW + MINUTE) is None
        second = acquire(connection, "two", NOW + 2 * MINUTE)
        assert second is not None
        assert not leases.check(connection, first)
        assert not leases.renew(connection, first, NOW + 9 * MINUTE)
        assert leases.check(connection, second)


def test_a_lease_that_is_let_go_is_free_at_once_and_keeps_its_number(database: Database) -> None:
    with database.begin() as connection:
        acquire(connection)
        leases.release(connection, "sender", NOW)
        second = acquire(connection, "two")
        assert second is not None
        assert second.number == 2


def test_leases_of_other_names_are_other_leases(database: Database) -> None:
    with database.begin() as connection:
        acquire(connection)
        other = leases.acquire(connection, "scheduler", "one", now=NOW, until=NOW + MINUTE)
        assert other is not None
        leases.release(connection, "scheduler", NOW)
        assert acquire(connection, "two") is None


def test_of_many_who_ask_at_once_one_gets_it(database: Database) -> None:
    at_once = Barrier(4)

    def ask(name: str) -> Lease | None:
        at_once.wait()
        with database.begin() as connection:
            return acquire(connection, name)

    with ThreadPoolExecutor(4) as pool:
        got = [lease for lease in pool.map(ask, "abcd") if lease]
    assert len(got) == 1
    with database.read() as connection:
        assert leases.current(connection, "sender") == got[0]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_nobody_takes_a_lease_while_work_under_it_is_written(database: Database) -> None:
    with database.begin() as connection:
        mine = acquire(connection)
    assert mine is not None
    with ThreadPoolExecutor(1) as pool:

        def take() -> Lease | None:
            with database.begin() as other:
                return acquire(other, "two", NOW + MINUTE)

        with database.begin() as connection:
            assert leases.check(connection, mine)
            taking = pool.submit(take)
            with pytest.raises(TimeoutError):
                taking.result(timeout=0.2)
        taken = taking.result()
    assert taken is not None
    assert taken.number == 2
