"""The turns of a sender: whose the ledger is, and how far one of them looks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from publisher.jobs.pace import Pace
from publisher.jobs.turns import LEASE, Request, StaleLeaseError, Turns, elapsed
from publisher.model.edition import EditionState
from publisher.model.rate import Rate
from publisher.store import deliveries, editions, leases, schema
from tests.build import NOW
from tests.jobs.test_deliver import ID, address, freeze

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from publisher.store.database import Database


class Clocks:
    """The time of day, and one that goes on while the sender sleeps."""

    def __init__(self) -> None:
        self.now = NOW
        self.elapsed = 1000.0

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.elapsed += seconds


def turns(database: Database, clocks: Clocks, *, pace: Pace | None = None) -> Turns:
    """The turns of a sender that has just got the lease."""
    with database.begin() as connection:
        lease = leases.acquire(connection, "sender", "me", now=clocks.now, until=clocks.now + LEASE)
        editions.move(connection, ID, [EditionState.APPROVED], EditionState.SENDING)
    assert lease is not None
    clock: Callable[[], datetime] = lambda: clocks.now  # noqa: E731 (a clock)
    return Turns(
        database=database, lease=lease, edition_id=ID, clock=clock, pace=pace or Pace(), elapsed=lambda: clocks.elapsed
    )


def test_the_ledger_is_nobody_elses_for_as_long_as_the_lease_lasts(sqlite: Database) -> None:
    freeze(sqlite, 1)
    clocks = Clocks()
    mine = turns(sqlite, clocks)
    assert not mine.mine()
    mine.take(Request())
    clocks.pass_by(LEASE.total_seconds() - 1)
    assert mine.mine()
    clocks.pass_by(1)
    assert not mine.mine()


def test_a_turn_of_a_sender_that_slept_makes_sure_again(sqlite: Database) -> None:
    freeze(sqlite, 1)
    clocks = Clocks()
    mine = turns(sqlite, clocks)
    mine.take(Request())
    clocks.pass_by(500)
    assert not mine.mine()
    mine.take(Request())
    assert mine.mine()


def test_a_clock_that_is_set_back_makes_no_lease_longer_than_it_is(sqlite: Database) -> None:
    freeze(sqlite, 1)
    clocks = Clocks()
    mine = turns(sqlite, clocks)
    mine.take(Request())
    clocks.pass_by(LEASE.total_seconds())
    clocks.now = NOW
    assert not mine.mine()


def test_a_sender_that_slept_until_another_took_over_writes_nothing(sqlite: Database) -> None:
    freeze(sqlite, 2)
    clocks = Clocks()
    first = turns(sqlite, clocks)
    claimed = first.take(Request(claim=2)).claimed
    clocks.pass_by(LEASE.total_seconds())
    turns(sqlite, clocks)
    assert not first.mine()
    with pytest.raises(StaleLeaseError):
        first.take(Request(ready=claimed, free=2))
    with sqlite.read() as connection:
        assert deliveries.count_by_state(connection, ID)["claimed"] == 2


def test_the_clock_of_leases_only_grows() -> None:
    assert elapsed() <= elapsed()


def test_a_queue_of_a_slow_domain_is_passed_by_in_several_turns(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "LOOK_AHEAD", 10)
    freeze(sqlite, 40)
    with sqlite.begin() as connection:
        table = schema.subscribers
        connection.execute(update(table).where(table.c.id <= 36).values(address=table.c.id.concat("@slow.example")))
    mine = turns(sqlite, Clocks(), pace=Pace(domain_rates={"slow.example": Rate(1)}))
    held = list(mine.take(Request(claim=20)).claimed)
    assert len(held) == 8
    quick: list[str] = []
    looks = 0
    while not quick:
        answer = mine.take(Request(ahead=held, claim=20))
        # There is more, though nothing was found yet.
        assert answer.more
        quick = [each.address for each in answer.claimed]
        looks += 1
    assert quick == [address(number) for number in range(36, 40)]
    assert looks == 2
