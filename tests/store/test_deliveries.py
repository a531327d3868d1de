"""Nothing left out, nothing sent twice: every recipient is in one state, and only a claim may send."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from publisher.model.delivery import SETTLED, UNCERTAIN_WAIT, Delivery, DeliveryState, Settlement
from publisher.model.edition import EditionState
from publisher.model.subscriber import Consent
from publisher.store import deliveries, editions, schema, subscribers
from tests.build import NOW
from tests.store.test_editions import THAI, an_edition, editor, freeze, publish, subscribe, suppress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from publisher.store.database import Database

ENGLISH = "world-2024-11-10-en"
ACCEPTED, QUEUED, INFLIGHT = DeliveryState.ACCEPTED, DeliveryState.QUEUED, DeliveryState.INFLIGHT

SENDABLE = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.UNCERTAIN)


def _readers(connection: Connection, count: int) -> list[int]:
    """Freeze the Thai edition for so many readers."""
    publish(connection, "A1")
    readers = [subscribe(connection, f"r{number:04}@example.org", "th") for number in range(count)]
    assert freeze(connection, an_edition()) == count
    return readers


def _claim(connection: Connection, limit: int = 100, *, now: datetime = NOW, edition: str = THAI) -> list[Delivery]:
    return deliveries.claim(connection, edition, limit, now=now)


def _settle(connection: Connection, ids: Sequence[int], state: DeliveryState, due: datetime | None = None) -> None:
    deliveries.settle(
        connection, [Settlement(delivery_id=number, state=state, reply="said so", due=due) for number in ids]
    )


def _states(connection: Connection, edition: str = THAI) -> dict[str, int]:
    return {state: count for state, count in deliveries.count_by_state(connection, edition).items() if count}


def _ids(claimed: Sequence[Delivery]) -> list[int]:
    return [delivery.id for delivery in claimed]


def test_a_claim_has_everything_that_a_message_needs(database: Database) -> None:
    with database.begin() as connection:
        (reader,) = _readers(connection, 1)
        (claimed,) = _claim(connection)
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
        _readers(connection, 5)
        batches = [[delivery.address[:5] for delivery in _claim(connection, 2)] for _ in range(4)]
        assert batches == [["r0000", "r0001"], ["r0002", "r0003"], ["r0004"], []]
        assert _states(connection) == {"claimed": 5}


def test_a_claim_takes_from_its_edition_only(database: Database) -> None:
    with database.begin() as connection:
        _readers(connection, 2)
        subscribe(connection, "english@example.org", "en")
        freeze(connection, an_edition(language="en"))
        assert [each.address for each in _claim(connection, edition=ENGLISH)] == ["english@example.org"]
        assert _states(connection) == {"queued": 2}
        counted = deliveries.count_by_state(connection)
        assert counted == dict.fromkeys(DeliveryState, 0) | {QUEUED: 2, DeliveryState.CLAIMED: 1}


def _one_in_each_state(connection: Connection, due: datetime | None = None) -> dict[DeliveryState, int]:
    """Freeze an edition and bring one delivery into each state; gives the ids of their subscribers."""
    _readers(connection, len(DeliveryState))
    claimed = _claim(connection)
    for delivery, state in zip(claimed, DeliveryState, strict=True):
        _settle(connection, [delivery.id], state, due)
    return {state: delivery.subscriber_id for delivery, state in zip(claimed, DeliveryState, strict=True)}


def test_only_what_wants_to_be_sent_is_claimed(database: Database) -> None:
    with database.begin() as connection:
        readers = _one_in_each_state(connection)
        assert {each.subscriber_id for each in _claim(connection)} == {readers[state] for state in SENDABLE}


@pytest.mark.parametrize("state", [DeliveryState.DEFERRED, DeliveryState.UNCERTAIN])
def test_what_is_to_wait_is_claimed_when_it_is_due(database: Database, state: DeliveryState) -> None:
    due = NOW + timedelta(minutes=5)
    with database.begin() as connection:
        _readers(connection, 1)
        ids = _ids(_claim(connection))
        _settle(connection, ids, state, due)
        assert _claim(connection, now=due - timedelta(microseconds=1)) == []
        assert _ids(_claim(connection, now=due)) == ids


def test_claimers_side_by_side_never_get_the_same(database: Database) -> None:
    readers, claimers = 120, 4
    with database.begin() as connection:
        _readers(connection, readers)
    barrier = Barrier(claimers)

    def work() -> list[int]:
        mine: list[int] = []
        barrier.wait()
        while True:
            with database.begin() as connection:
                batch = _ids(_claim(connection, 7))
            if not batch:
                return mine
            mine += batch

    with ThreadPoolExecutor(claimers) as pool:
        claimed = [number for each in [pool.submit(work) for _ in range(claimers)] for number in each.result()]
    assert len(claimed) == len(set(claimed)) == readers


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_claimer_passes_by_what_another_is_about_to_claim(database: Database) -> None:
    with database.begin() as connection:
        _readers(connection, 5)
    with database.begin() as one, database.begin() as two:
        first, second = _claim(one, 3), _claim(two, 3)
    assert [each.address[:5] for each in first + second] == ["r0000", "r0001", "r0002", "r0003", "r0004"]


def test_only_what_is_claimed_goes_in_flight_and_counts_as_an_attempt(database: Database) -> None:
    with database.begin() as connection:
        _readers(connection, 3)
        one, two = _ids(_claim(connection, 2))
        _settle(connection, [two], ACCEPTED)
        deliveries.mark_inflight(connection, [one, two, two + 1])
        assert _states(connection) == {"inflight": 1, "accepted": 1, "queued": 1}
        _settle(connection, [one], DeliveryState.DEFERRED, NOW)
        (again, other) = _claim(connection)
        assert (again.id, again.attempts, other.attempts) == (one, 1, 0)


def test_what_was_not_sent_after_all_is_given_back(database: Database) -> None:
    with database.begin() as connection:
        _readers(connection, 3)
        ids = _ids(_claim(connection))
        deliveries.mark_inflight(connection, ids)
        _settle(connection, ids[:1], ACCEPTED)
        deliveries.unclaim(connection, ids[1:])
        deliveries.unclaim(connection, [])
        assert _states(connection) == {"accepted": 1, "queued": 2}
        assert _ids(_claim(connection)) == ids[1:]


def test_a_settlement_is_written_with_its_reply_and_when_to_try_again(database: Database) -> None:
    due = NOW + timedelta(hours=1)
    with database.begin() as connection:
        _readers(connection, 2)
        one, two = _ids(_claim(connection))
        deliveries.settle(connection, [])
        deliveries.settle(
            connection,
            [
                Settlement(delivery_id=one, state=DeliveryState.DEFERRED, reply="451 ลองใหม่ " + "x" * 1000, due=due),
                Settlement(delivery_id=two, state=ACCEPTED, reply="250 ok"),
            ],
        )
        table = schema.deliveries.c
        rows = connection.execute(select(table.state, table.due, table.reply).order_by(table.id)).all()
    assert rows[0].reply.startswith("451 ลองใหม่ x")
    assert len(rows[0].reply) == 500
    assert [(row.state, row.due) for row in rows] == [("deferred", due), ("accepted", None)]
    assert rows[1].reply == "250 ok"


@pytest.mark.parametrize("hold", [False, True])
def test_what_a_dead_sender_had_in_hand_is_accounted_for(database: Database, *, hold: bool) -> None:
    with database.begin() as connection:
        _readers(connection, 5)
        claimed = _ids(_claim(connection, 4))
        deliveries.mark_inflight(connection, claimed[:3])
        _settle(connection, claimed[:1], ACCEPTED)
    with database.begin() as connection:
        assert deliveries.recover(connection, now=NOW, hold=hold) == 2
        lost = DeliveryState.HELD if hold else DeliveryState.UNCERTAIN
        assert _states(connection) == {"accepted": 1, lost: 2, "queued": 2}
        assert len(_claim(connection)) == 2
        assert _ids(_claim(connection, now=NOW + UNCERTAIN_WAIT)) == ([] if hold else claimed[1:3])
        assert deliveries.recover(connection, now=NOW, hold=hold) == 0


def test_who_has_left_since_the_freeze_gets_nothing(database: Database) -> None:
    with database.begin() as connection:
        readers = dict(zip(Consent, _readers(connection, len(Consent)), strict=True))
        for consent, reader in readers.items():
            subscribers.set_consent(connection, reader, "world", consent, NOW)
        deliveries.suppress_withdrawn(connection, THAI)
        assert [each.subscriber_id for each in _claim(connection)] == [readers[Consent.CONFIRMED]]
        assert _states(connection) == {"claimed": 1, "suppressed": len(Consent) - 1}


def test_a_subscription_to_another_digest_is_no_consent(database: Database) -> None:
    with database.begin() as connection:
        left, stays = _readers(connection, 2)
        subscribers.set_consent(connection, left, "weekly", Consent.CONFIRMED, NOW)
        subscribers.set_consent(connection, left, "world", Consent.UNSUBSCRIBED, NOW)
        subscribers.set_consent(connection, stays, "weekly", Consent.UNSUBSCRIBED, NOW)
        deliveries.suppress_withdrawn(connection, THAI)
        assert [each.subscriber_id for each in _claim(connection)] == [stays]


def test_copies_need_no_subscription_but_suppression_wins_over_them(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        desk, gone = editor(connection), editor(connection, "gone@example.org")
        freeze(connection, an_edition(), copies=[desk, gone])
        suppress(connection, gone)
        deliveries.suppress_withdrawn(connection, THAI)
        assert [each.address for each in _claim(connection)] == ["desk@example.org"]
        assert _states(connection) == {"claimed": 1, "suppressed": 1}


def test_leaving_stops_only_what_is_not_yet_on_its_way(database: Database) -> None:
    with database.begin() as connection:
        readers = _one_in_each_state(connection, NOW + timedelta(days=1))
        for reader in readers.values():
            subscribers.set_consent(connection, reader, "world", Consent.UNSUBSCRIBED, NOW)
        deliveries.suppress_withdrawn(connection, THAI)
        stays = {state: 1 for state in DeliveryState if state not in SENDABLE}
        assert _states(connection) == stays | {"suppressed": 1 + len(SENDABLE)}


def test_leaving_is_looked_at_for_one_edition_at_a_time(database: Database) -> None:
    with database.begin() as connection:
        (reader,) = _readers(connection, 1)
        freeze(connection, an_edition(language="en"), copies=[reader])
        suppress(connection, reader)
        deliveries.suppress_withdrawn(connection, ENGLISH)
        assert (_states(connection), _states(connection, ENGLISH)) == ({"queued": 1}, {"suppressed": 1})


@pytest.mark.parametrize("state", DeliveryState)
def test_an_edition_is_finished_when_every_recipient_is_settled(database: Database, state: DeliveryState) -> None:
    with database.begin() as connection:
        _readers(connection, 3)
        ids = _ids(_claim(connection))
        _settle(connection, ids[:2], ACCEPTED)
        _settle(connection, ids[2:], state)
        assert sum(_states(connection).values()) == 3
        assert deliveries.finish(connection, THAI) is (state in SETTLED)
        expected = EditionState.FINISHED if state in SETTLED else EditionState.APPROVED
        assert editions.load(connection, THAI).state is expected


def test_an_edition_without_recipients_is_finished_at_once(database: Database) -> None:
    with database.begin() as connection:
        _readers(connection, 0)
        assert deliveries.finish(connection, THAI)


def test_every_recipient_is_in_one_state_whatever_happens(database: Database) -> None:
    with database.begin() as connection:
        readers = _readers(connection, 12)
        ids = _ids(_claim(connection, 9))
        for step in (
            lambda: deliveries.mark_inflight(connection, ids[:7]),
            lambda: _settle(connection, ids[:2], ACCEPTED),
            lambda: _settle(connection, ids[2:3], DeliveryState.FAILED),
            lambda: _settle(connection, ids[3:4], DeliveryState.DEFERRED, NOW),
            lambda: deliveries.unclaim(connection, ids[4:5]),
            lambda: deliveries.recover(connection, now=NOW, hold=False),
            lambda: subscribers.set_consent(connection, readers[11], "world", Consent.UNSUBSCRIBED, NOW),
            lambda: deliveries.suppress_withdrawn(connection, THAI),
        ):
            step()
            assert sum(_states(connection).values()) == 12
            assert not deliveries.finish(connection, THAI)
        _settle(connection, _ids(_claim(connection, now=NOW + UNCERTAIN_WAIT)), ACCEPTED)
        assert _states(connection) == {"accepted": 10, "failed": 1, "suppressed": 1}
        assert deliveries.finish(connection, THAI)
