"""Claims: what is due goes to one sender, in order, and to no slow domain that has enough."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from publisher.model.delivery import Delivery, DeliveryState
from publisher.model.subscriber import Consent
from publisher.store import deliveries, schema, subscribers
from tests.build import NOW
from tests.store.test_deliveries import ENGLISH, LEASE, QUEUED, SENDABLE, claim, ids_of, settle, some_readers, states
from tests.store.test_editions import THAI, an_edition, freeze, publish, subscribe

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from publisher.store.database import Database


def test_a_claim_has_everything_that_a_message_needs(database: Database) -> None:
    with database.begin() as connection:
        (reader,) = some_readers(connection, 1)
        (claimed,) = claim(connection)
    assert claimed == Delivery(
        id=claimed.id,
        edition_id=THAI,
        subscriber_id=reader,
        address="r0000@example.org",
        state=DeliveryState.CLAIMED,
        attempts=0,
        queued=NOW,
    )


def test_claims_go_in_order_up_to_the_limit_and_never_give_one_twice(database: Database) -> None:
    with database.begin() as connection:
        some_readers(connection, 5)
        batches = [[delivery.address[:5] for delivery in claim(connection, 2)] for _ in range(4)]
        assert batches == [["r0000", "r0001"], ["r0002", "r0003"], ["r0004"], []]
        assert states(connection) == {"claimed": 5}


def test_a_claim_takes_from_its_edition_only(database: Database) -> None:
    with database.begin() as connection:
        some_readers(connection, 2)
        subscribe(connection, "english@example.org", "en")
        freeze(connection, an_edition(language="en"))
        assert [each.address for each in claim(connection, edition=ENGLISH)] == ["english@example.org"]
        assert states(connection) == {"queued": 2}
        counted = deliveries.count_by_state(connection)
        assert counted == dict.fromkeys(DeliveryState, 0) | {QUEUED: 2, DeliveryState.CLAIMED: 1}


def _one_in_each_state(connection: Connection, due: datetime | None = None) -> dict[DeliveryState, int]:
    """Freeze an edition and bring one delivery into each state; gives the ids of their subscribers."""
    some_readers(connection, len(DeliveryState))
    claimed = claim(connection)
    for delivery, state in zip(claimed, DeliveryState, strict=True):
        settle(connection, [delivery.id], state, due)
    return {state: delivery.subscriber_id for delivery, state in zip(claimed, DeliveryState, strict=True)}


def test_only_what_wants_to_be_sent_is_claimed(database: Database) -> None:
    with database.begin() as connection:
        readers = _one_in_each_state(connection, NOW)
        assert {each.subscriber_id for each in claim(connection)} == {readers[state] for state in SENDABLE}


@pytest.mark.parametrize("state", [DeliveryState.DEFERRED, DeliveryState.UNCERTAIN])
def test_what_is_to_wait_is_claimed_when_it_is_due(database: Database, state: DeliveryState) -> None:
    due = NOW + timedelta(minutes=5)
    with database.begin() as connection:
        some_readers(connection, 1)
        ids = ids_of(claim(connection))
        settle(connection, ids, state, due)
        assert claim(connection, now=due - timedelta(microseconds=1)) == []
        assert ids_of(claim(connection, now=due)) == ids


def test_claimers_side_by_side_never_get_the_same(database: Database) -> None:
    readers, claimers = 120, 4
    with database.begin() as connection:
        some_readers(connection, readers)
    barrier = Barrier(claimers)

    def work() -> list[int]:
        mine: list[int] = []
        barrier.wait()
        while True:
            with database.begin() as connection:
                batch = ids_of(claim(connection, 7))
            if not batch:
                return mine
            mine += batch

    with ThreadPoolExecutor(claimers) as pool:
        claimed = [number for each in [pool.submit(work) for _ in range(claimers)] for number in each.result()]
    assert len(claimed) == len(set(claimed)) == readers


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_claimer_passes_by_what_another_is_about_to_claim(database: Database) -> None:
    with database.begin() as connection:
        some_readers(connection, 5)
    with database.begin() as one, database.begin() as two:
        first, second = claim(one, 3), claim(two, 3)
    assert [each.address[:5] for each in first + second] == ["r0000", "r0001", "r0002", "r0003", "r0004"]


def test_a_claim_goes_on_after_an_id_and_takes_what_had_to_wait_first(database: Database) -> None:
    with database.begin() as connection:
        some_readers(connection, 6)
        first = ids_of(claim(connection, 3))
        settle(connection, first[2:], DeliveryState.DEFERRED, NOW)
        deliveries.unclaim(connection, first[:2], lease=LEASE)
        assert ids_of(claim(connection, 3, after=first[2])) == [first[2], first[2] + 1, first[2] + 2]
        assert ids_of(claim(connection, 9)) == [first[0], first[1], first[2] + 3]


def test_a_claim_passes_by_the_domains_that_have_enough(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        for name in ("a@slow.example", "b@quick.example", "c@Slow.Example", "d@very.slow.example"):
            subscribe(connection, name, "th")
        freeze(connection, an_edition())
        claimed = claim(connection, without={"slow.example"})
        assert [each.address for each in claimed] == ["b@quick.example", "d@very.slow.example"]
        assert len(claim(connection)) == 2


def test_ten_thousand_of_a_slow_domain_hide_no_other(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        hosts = ["slow.example"] * deliveries.LOOK_AHEAD + ["quick.example"] * 100
        rows = [
            {"address": name, "address_key": name, "language": "th", "created": NOW}
            for name in (f"r{number}@{host}" for number, host in enumerate(hosts))
        ]
        subscribers.add_all(connection, rows)
        known = connection.scalars(select(schema.subscribers.c.id)).all()
        consent = {"digest": "world", "consent": Consent.CONFIRMED.value, "since": NOW}
        subscribers.set_consents(connection, [{"subscriber_id": reader} | consent for reader in known])
        assert freeze(connection, an_edition()) == 10_100
        quick: list[Delivery] = []
        after, looks = 0, 0
        while len(quick) < 100:
            found = claim(connection, 64, without={"slow.example"}, after=after)
            after = (
                found[-1].id
                if len(found) == 64
                else deliveries.looked_at(connection, THAI, after=after, claimed=len(found))
            )
            quick += found
            looks += 1
        # Never more than so many are looked at by one claim.
        assert looks == 3
        assert [each.address for each in quick] == [f"r{number}@quick.example" for number in range(10_000, 10_100)]
