"""The pace of sending: slots are given away in order, none before its time, and slow domains keep nobody waiting."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from publisher.jobs.deliver import Deliverer
from publisher.jobs.pace import ANY_TIME, HORIZON, Pace, Slot
from publisher.model.delivery import Delivery, DeliveryState, Receipt
from publisher.model.rate import LATE, Rate
from publisher.store import rates, subscribers
from tests.build import NOW
from tests.jobs.test_deliver import ID, OK, SENDER, Relay, address, freeze

if TYPE_CHECKING:
    from publisher.model.mail import Message
    from publisher.store.database import Database

TEN = Rate(10)
STEP = TEN.interval
SLOW = "slow.example"


def delivery(number: int, domain: str = "example.org") -> Delivery:
    return Delivery(
        id=number,
        edition_id=ID,
        subscriber_id=number,
        address=f"reader{number}@{domain}",
        state=DeliveryState.CLAIMED,
        attempts=0,
        queued=NOW,
    )


def choose(
    database: Database, pace: Pace, ready: list[Delivery], free: int = 9, now: datetime = NOW
) -> dict[int, Slot]:
    with database.begin() as connection:
        return pace.choose(connection, ready, free, now)


def test_without_rates_as_many_go_as_there_is_room_for(sqlite: Database) -> None:
    chosen = choose(sqlite, Pace(), [delivery(number) for number in range(5)], free=3)
    assert chosen == dict.fromkeys(range(3), ANY_TIME)


def test_each_message_has_a_slot_and_those_too_far_away_wait(database: Database) -> None:
    pace = Pace(rate=TEN)
    ready = [delivery(number) for number in range(5)]
    chosen = choose(database, pace, ready)
    assert chosen == {number: Slot(NOW + number * STEP, NOW + number * STEP + LATE) for number in range(3)}
    assert choose(database, pace, ready[3:]) == {}
    assert list(choose(database, pace, ready[3:], now=NOW + 2 * STEP)) == [3, 4]


def test_a_slot_that_nobody_took_in_time_is_lost(database: Database) -> None:
    pace = Pace(rate=TEN)
    choose(database, pace, [delivery(0)], free=1)
    later = NOW + timedelta(seconds=2)
    assert choose(database, pace, [delivery(1)], free=1, now=later) == {1: Slot(later, later + LATE)}


def test_slots_in_hand_are_given_up_after_the_clock_was_set_back(database: Database) -> None:
    pace = Pace(rate=TEN)
    assert list(choose(database, pace, [delivery(0)], now=NOW + timedelta(days=9))) == [0]
    assert choose(database, pace, [delivery(1)]) == {}
    soon = NOW + timedelta(seconds=1) + LATE
    assert choose(database, pace, [delivery(1)], now=soon) == {1: Slot(soon, soon + LATE)}


def test_another_sender_goes_on_where_the_one_before_stopped(database: Database) -> None:
    choose(database, Pace(rate=TEN), [delivery(0)], free=1)
    assert choose(database, Pace(rate=TEN), [delivery(1)], free=1) == {1: Slot(NOW + 2 * STEP, NOW + 2 * STEP + LATE)}


def test_a_domain_that_has_had_its_share_waits_and_the_others_go(database: Database) -> None:
    pace = Pace(domain_rates={SLOW: Rate(1)})
    ready = [delivery(0, SLOW), delivery(1, "Slow.Example"), delivery(2), delivery(3, "very.slow.example")]
    chosen = choose(database, pace, ready)
    assert chosen == {0: Slot(NOW, NOW + LATE), 2: ANY_TIME, 3: ANY_TIME}
    # Soon enough to be in flight, and not before its time.
    soon = NOW + Rate(1).interval - HORIZON
    assert choose(database, pace, ready[1:2], now=soon)[1].begin == NOW + Rate(1).interval


def test_a_message_keeps_to_both_rates(database: Database) -> None:
    pace = Pace(rate=TEN, domain_rates={SLOW: Rate(8)})
    with database.begin() as connection:
        rates.reserve(connection, f"domain:{SLOW}", Rate(8), 1, now=NOW - timedelta(milliseconds=100))
    chosen = choose(database, pace, [delivery(0, SLOW), delivery(1)])
    # Its domain's slot comes 37.5 ms after that of all, which is still good.
    assert chosen[0] == Slot(NOW + timedelta(microseconds=37_500), NOW + LATE)
    assert chosen[1].begin == NOW + STEP
    # Its next one is over when all have theirs: it goes with the later of both.
    assert choose(database, pace, [delivery(2, SLOW)], now=NOW + STEP)[2].begin == NOW + 2 * STEP


def test_of_a_slow_domain_only_so_much_is_in_hand() -> None:
    pace = Pace(domain_rates={SLOW: Rate(1)})
    assert Pace().full([delivery(number) for number in range(20)]) == set()
    assert pace.full([delivery(number, SLOW) for number in range(7)]) == set()
    assert pace.full([delivery(number, SLOW) for number in range(8)]) == {SLOW}
    kept, excess = pace.keep([delivery(number, SLOW) for number in range(10)] + [delivery(10)])
    assert [each.id for each in kept] == [*range(8), 10]
    assert [each.id for each in excess] == [8, 9]


def running() -> datetime:
    """A clock that goes."""
    return NOW + timedelta(seconds=time.monotonic())


def send(database: Database, pace: dict[str, Rate], rate: Rate | None = None) -> list[tuple[datetime, str]]:
    """Deliver, and tell when each message was handed over."""
    handed: list[tuple[datetime, str]] = []

    def take(message: Message) -> Receipt:
        handed.append((running(), message.recipient))
        return OK

    report = Deliverer(
        database=database,
        transport=Relay(take, connections=4),
        sender=SENDER,
        digests={},
        clock=running,
        rate=rate,
        domain_rates=pace,
    ).deliver()
    assert report.finished == [ID]
    return handed


def test_in_no_second_are_more_messages_handed_over_than_the_rate(sqlite: Database) -> None:
    freeze(sqlite, 26)
    handed = send(sqlite, {}, Rate(20))
    assert sorted(recipient for _, recipient in handed) == [address(number) for number in range(26)]
    # Handing over takes the relay two rounds of the loop: what it measures may differ by so much.
    tolerance = timedelta(milliseconds=20)
    for (first, _), (last, _) in zip(handed, handed[20:], strict=False):
        assert last - first >= timedelta(seconds=1) - tolerance


def test_the_other_domains_do_not_wait_for_a_slow_one(sqlite: Database) -> None:
    with sqlite.begin() as connection:
        for number in range(12):
            subscribers.ensure(connection, f"slow{number}@{SLOW}", address(number), "en", NOW)
    freeze(sqlite, 60)
    handed = send(sqlite, {SLOW: Rate(20)})
    assert len(handed) == 60
    slow = [at for at, recipient in handed if recipient.endswith(SLOW)]
    others = [at for at, recipient in handed if not recipient.endswith(SLOW)]
    assert len(slow) == 12
    assert max(others) < max(slow)
    assert max(slow) - min(slow) >= timedelta(milliseconds=500)
