"""The scheduler: it rings when slots.py says, and leaves when it is told to."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from publisher import scheduler
from publisher.scheduler import SlotTrigger
from publisher.slots import Schedule

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_work_is_done_at_once_and_a_signal_ends_it_after_the_work_under_way(number: signal.Signals) -> None:
    done = []
    before = signal.getsignal(number)

    def work() -> None:
        signal.raise_signal(number)
        done.append("finished")

    scheduler.run(work, [Schedule("0 7 * * *", BERLIN)], timedelta(hours=1))
    assert done == ["finished"]
    assert signal.getsignal(number) is before
    assert threading.active_count() == 1


def test_a_signal_between_two_runs_ends_it() -> None:
    done = []

    def work() -> None:
        done.append("finished")
        threading.Timer(0.05, signal.raise_signal, [signal.SIGTERM]).start()

    scheduler.run(work, [], timedelta(hours=1))
    assert done == ["finished"]


def test_work_is_done_again_at_the_interval() -> None:
    done = []

    def work() -> None:
        done.append("finished")
        if len(done) == 2:
            signal.raise_signal(signal.SIGTERM)

    scheduler.run(work, [], timedelta(seconds=1))
    assert len(done) == 2


def test_it_ends_when_it_is_no_longer_wanted() -> None:
    done: list[str] = []
    scheduler.run(lambda: done.append("finished"), [], timedelta(hours=1), wanted=lambda: not done)
    assert done == ["finished"]


def test_work_that_fails_gives_the_signals_back() -> None:
    before = signal.getsignal(signal.SIGTERM)

    def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        scheduler.run(work, [], timedelta(hours=1))
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_trigger_rings_at_each_slot_once_and_never_in_the_past() -> None:
    trigger = SlotTrigger(Schedule("30 2 * * *", BERLIN))
    # The night in which clocks go back: 02:30 comes twice by the clock, and once by the schedule.
    now = datetime(2024, 10, 26, 12, tzinfo=UTC)
    first = trigger.get_next_fire_time(None, now)
    assert first == datetime(2024, 10, 27, 0, 30, tzinfo=UTC)
    second = trigger.get_next_fire_time(first, first)
    assert second == datetime(2024, 10, 28, 1, 30, tzinfo=UTC)
    # After a long sleep of the machine, what was missed is not made up for one by one.
    woken = datetime(2024, 11, 30, 12, tzinfo=UTC)
    assert trigger.get_next_fire_time(second, woken) == datetime(2024, 12, 1, 1, 30, tzinfo=UTC)
