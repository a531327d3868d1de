"""Nothing left out, nothing sent twice: every recipient is in one state, and only a claim may send."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from publisher.model.delivery import UNCERTAIN_WAIT, Accounting, Delivery, DeliveryState, Settlement
from publisher.model.subscriber import Consent
from publisher.store import deliveries, schema, subscribers
from tests.build import NOW
from tests.store.test_editions import THAI, an_edition, editor, freeze, publish, subscribe, suppress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from publisher.store.database import Database

ENGLISH = "world-2024-11-10-en"
#: The number of the lease under which these tests send.
LEASE = 5
ACCEPTED, QUEUED, INFLIGHT = DeliveryState.ACCEPTED, DeliveryState.QUEUED, DeliveryState.INFLIGHT

SENDABLE = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.UNCERTAIN)


def some_readers(connection: Connection, count: int) -> list[int]:
    """Freeze the Thai edition for so many readers."""
    publish(connection, "A1")
    readers = [subscribe(connection, f"r{number:04}@example.org", "th") for number in range(count)]
    assert freeze(connection, an_edition()) == count
    return readers


def claim(
    connection: Connection, limit: int = 100, *, now: datetime = NOW, edition: str = THAI, **values: Any
) -> list[Delivery]:
    return deliveries.claim(connection, edition, limit, now=now, lease=LEASE, **values)


def settle(connection: Connection, ids: Sequence[int], state: DeliveryState, due: datetime | None = None) -> None:
    settled = [Settlement(delivery_id=number, state=state, reply="said so", due=due) for number in ids]
    deliveries.settle(connection, settled, lease=LEASE, now=NOW)


def _inflight(connection: Connection, ids: Sequence[int], lease: int = LEASE) -> list[int]:
    return deliveries.mark_inflight(connection, ids, lease=lease)


def states(connection: Connection, edition: str = THAI) -> dict[str, int]:
    return {state: count for state, count in deliveries.count_by_state(connection, edition).items() if count}


def ids_of(claimed: Sequence[Delivery]) -> list[int]:
    return [delivery.id for delivery in claimed]


def test_only_what_is_claimed_goes_in_flight_and_counts_as_an_attempt(database: Database) -> None:
    with database.begin() as connection:
        some_readers(connection, 3)
        one, two = ids_of(claim(connection, 2))
        settle(connection, [two], ACCEPTED)
        assert _inflight(connection, [one, two, two + 1]) == [one]
        assert states(connection) == {"inflight": 1, "accepted": 1, "queued": 1}
        settle(connection, [one], DeliveryState.DEFERRED, NOW)
        (again, other) = claim(connection)
        assert (again.id, again.attempts, other.attempts) == (one, 1, 0)


def test_what_was_not_sent_after_all_is_given_back(database: Database) -> None:
    with database.begin() as connection:
        some_readers(connection, 3)
        ids = ids_of(claim(connection))
        _inflight(connection, ids)
        settle(connection, ids[:1], ACCEPTED)
        deliveries.unclaim(connection, ids[1:], lease=LEASE)
        deliveries.unclaim(connection, [], lease=LEASE)
        assert states(connection) == {"accepted": 1, "queued": 2}
        assert ids_of(claim(connection)) == ids[1:]


def test_a_settlement_is_written_with_its_reply_and_when_to_try_again(database: Database) -> None:
    due = NOW + timedelta(hours=1)
    with database.begin() as connection:
        some_readers(connection, 2)
        one, two = ids_of(claim(connection))
        deliveries.settle(connection, [], lease=LEASE, now=NOW)
        deliveries.settle(
            connection,
            [
                Settlement(delivery_id=one, state=DeliveryState.DEFERRED, reply="451 ลองใหม่ " + "x" * 1000, due=due),
                Settlement(delivery_id=two, state=ACCEPTED, reply="250 o\0k", code=250),
            ],
            lease=LEASE,
            now=NOW,
        )
        rows = connection.execute(select(schema.deliveries).order_by(schema.deliveries.c.id)).all()
    assert rows[0].reply.startswith("451 ลองใหม่ x")
    assert len(rows[0].reply) == 500
    assert [(row.state, row.due) for row in rows] == [("deferred", due), ("accepted", None)]
    assert rows[1].reply == "250 ok"
    assert [(row.code, row.tried, row.lease) for row in rows] == [(None, NOW, None), (250, NOW, None)]


@pytest.mark.parametrize("hold", [False, True])
def test_what_a_dead_sender_had_in_hand_is_accounted_for(database: Database, *, hold: bool) -> None:
    with database.begin() as connection:
        some_readers(connection, 5)
        claimed = ids_of(claim(connection, 4))
        _inflight(connection, claimed[:3])
        settle(connection, claimed[:1], ACCEPTED)
    with database.begin() as connection:
        lost = DeliveryState.HELD if hold else DeliveryState.UNCERTAIN
        nothing = {DeliveryState.HELD: 0, DeliveryState.UNCERTAIN: 0}
        assert deliveries.recover(connection, now=NOW, hold=hold) == nothing | {lost: 2}
        assert states(connection) == {"accepted": 1, lost: 2, "queued": 2}
        assert len(claim(connection)) == 2
        assert ids_of(claim(connection, now=NOW + UNCERTAIN_WAIT)) == ([] if hold else claimed[1:3])
        assert deliveries.recover(connection, now=NOW, hold=hold) == nothing


def _going(connection: Connection) -> list[int]:
    """Claim everything, and give the subscribers to whom it may go."""
    claimed = claim(connection)
    going = _inflight(connection, ids_of(claimed))
    return [each.subscriber_id for each in claimed if each.id in going]


def test_who_has_left_since_the_freeze_gets_nothing(database: Database) -> None:
    with database.begin() as connection:
        readers = dict(zip(Consent, some_readers(connection, len(Consent)), strict=True))
        for consent, reader in readers.items():
            subscribers.set_consent(connection, reader, "world", consent, NOW)
        assert _going(connection) == [readers[Consent.CONFIRMED]]
        assert states(connection) == {"inflight": 1, "suppressed": len(Consent) - 1}


def test_who_leaves_after_the_claim_gets_nothing(database: Database) -> None:
    with database.begin() as connection:
        stays, leaves = some_readers(connection, 2)
        claimed = claim(connection)
        subscribers.set_consent(connection, leaves, "world", Consent.UNSUBSCRIBED, NOW)
        (going,) = _inflight(connection, ids_of(claimed))
        assert [each.subscriber_id for each in claimed if each.id == going] == [stays]


def test_a_subscription_to_another_digest_is_no_consent(database: Database) -> None:
    with database.begin() as connection:
        left, stays = some_readers(connection, 2)
        subscribers.set_consent(connection, left, "weekly", Consent.CONFIRMED, NOW)
        subscribers.set_consent(connection, left, "world", Consent.UNSUBSCRIBED, NOW)
        subscribers.set_consent(connection, stays, "weekly", Consent.UNSUBSCRIBED, NOW)
        assert _going(connection) == [stays]


def test_copies_need_no_subscription_but_suppression_wins_over_them(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        desk, gone = editor(connection), editor(connection, "gone@example.org")
        freeze(connection, an_edition(), copies=[desk, gone])
        suppress(connection, gone)
        assert _going(connection) == [desk]
        assert states(connection) == {"inflight": 1, "suppressed": 1}


def test_a_sender_with_an_old_lease_changes_nothing(database: Database) -> None:
    with database.begin() as connection:
        some_readers(connection, 4)
        ids = ids_of(claim(connection))
        assert _inflight(connection, ids[:1], lease=LEASE - 1) == []
        _inflight(connection, ids[:2])
        settled = [Settlement(delivery_id=number, state=ACCEPTED, reply="ok") for number in ids]
        deliveries.settle(connection, settled, lease=LEASE - 1, now=NOW)
        deliveries.unclaim(connection, ids, lease=LEASE - 1)
        assert states(connection) == {"inflight": 2, "claimed": 2}


def test_what_was_no_attempt_is_counted_as_none(database: Database) -> None:
    with database.begin() as connection:
        some_readers(connection, 3)
        ids = ids_of(claim(connection))
        _inflight(connection, ids[:2])
        back = [
            Settlement(delivery_id=ids[0], state=QUEUED, reply="5.7.1 not you", counted=False),
            Settlement(delivery_id=ids[1], state=DeliveryState.DEFERRED, reply="later", due=NOW),
            Settlement(delivery_id=ids[2], state=QUEUED, reply="never begun", counted=False),
        ]
        deliveries.settle(connection, back, lease=LEASE, now=NOW)
        assert sorted((each.id, each.attempts) for each in claim(connection)) == [(ids[0], 0), (ids[1], 1), (ids[2], 0)]


def test_what_is_kept_is_in_flight_no_more_and_still_the_senders(database: Database) -> None:
    with database.begin() as connection:
        some_readers(connection, 1)
        ids = ids_of(claim(connection))
        _inflight(connection, ids)
        deliveries.unclaim(connection, ids, lease=LEASE, keep=True)
        assert states(connection) == {"claimed": 1}
        assert claim(connection) == []
        assert _inflight(connection, ids) == ids
        deliveries.settle(
            connection,
            [Settlement(delivery_id=ids[0], state=DeliveryState.DEFERRED, reply="", due=NOW)],
            lease=LEASE,
            now=NOW,
        )
        assert claim(connection)[0].attempts == 1


def test_a_reply_that_comes_after_its_reader_was_erased_is_not_kept(database: Database) -> None:
    with database.begin() as connection:
        gone, stays = some_readers(connection, 2)
        ids = _inflight(connection, ids_of(claim(connection)))
        reader = subscribers.take(connection, gone)
        assert reader is not None
        subscribers.erase(connection, reader, "hash", NOW)
        settle(connection, ids, ACCEPTED)
        rows = connection.execute(select(schema.deliveries)).all()
    assert {row.subscriber_id: (row.state, row.reply) for row in rows} == {
        gone: ("accepted", None),
        stays: ("accepted", "said so"),
    }


def _bring(connection: Connection, states: Sequence[DeliveryState]) -> None:
    """Freeze an edition for as many readers as there are states, and bring each into one."""
    some_readers(connection, len(states))
    for number, state in zip(ids_of(claim(connection)), states, strict=True):
        settle(connection, [number], state)


def test_what_has_failed_is_tried_again_as_if_it_were_new(database: Database) -> None:
    later = NOW + timedelta(days=9)
    with database.begin() as connection:
        _bring(connection, [DeliveryState.FAILED, DeliveryState.HELD, ACCEPTED])
        assert deliveries.retry(connection, THAI, now=later) == 1
        assert states(connection) == {"queued": 1, "held": 1, "accepted": 1}
        (again,) = claim(connection)
        assert (again.attempts, again.doubts, again.queued) == (0, 0, later)
        assert deliveries.retry(connection, ENGLISH, now=later) == 0


@pytest.mark.parametrize("answer", [ACCEPTED, DeliveryState.FAILED, QUEUED])
def test_what_is_held_becomes_what_somebody_says(database: Database, answer: DeliveryState) -> None:
    with database.begin() as connection:
        _bring(connection, [DeliveryState.HELD, DeliveryState.HELD, DeliveryState.SUPPRESSED])
        assert deliveries.resolve(connection, THAI, answer, now=NOW) == 2
        assert states(connection) == {answer: 2, "suppressed": 1}


@pytest.mark.parametrize("state", DeliveryState)
def test_every_recipient_is_accounted_for_in_whatever_state(database: Database, state: DeliveryState) -> None:
    with database.begin() as connection:
        _bring(connection, [ACCEPTED, ACCEPTED, state])
        counted: dict[str, int] = {each.value: 0 for each in DeliveryState} | {ACCEPTED: 2}
        counted[state] += 1
        assert deliveries.account(connection, THAI) == Accounting(3, counted)


def test_an_edition_that_is_not_there_has_no_recipients(database: Database) -> None:
    with database.begin() as connection:
        assert deliveries.account(connection, THAI) == Accounting(0, dict.fromkeys(DeliveryState, 0))


def test_every_recipient_is_in_one_state_whatever_happens(database: Database) -> None:
    with database.begin() as connection:
        readers = some_readers(connection, 12)
        ids = ids_of(claim(connection, 9))
        for step in (
            lambda: _inflight(connection, ids[:7]),
            lambda: settle(connection, ids[:2], ACCEPTED),
            lambda: settle(connection, ids[2:3], DeliveryState.FAILED),
            lambda: settle(connection, ids[3:4], DeliveryState.DEFERRED, NOW),
            lambda: deliveries.unclaim(connection, ids[4:5], lease=LEASE),
            lambda: deliveries.recover(connection, now=NOW, hold=False),
            lambda: subscribers.set_consent(connection, readers[11], "world", Consent.UNSUBSCRIBED, NOW),
        ):
            step()
            assert sum(states(connection).values()) == 12
            account = deliveries.account(connection, THAI)
            assert (account.holds, account.finished) == (True, False)
        ids = ids_of(claim(connection, now=NOW + UNCERTAIN_WAIT))
        settle(connection, _inflight(connection, ids), ACCEPTED)
        assert states(connection) == {"accepted": 10, "failed": 1, "suppressed": 1}
        assert deliveries.account(connection, THAI).finished
