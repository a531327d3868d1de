"""The scheduler: APScheduler rings at the moments that slots.py names, and every few minutes for new posts."""

from __future__ import annotations

import logging
import signal
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import timedelta
    from types import FrameType

    from publisher.slots import Schedule

#: APScheduler drops what it could not start within this many seconds; its own default is one.
_GRACE = 6 * 3600

#: Of the loop, in seconds: after it a signal's handler has had its turn, and a machine that was suspended has noticed.
_LONGEST_SLEEP = 0.5

log = logging.getLogger("publisher.scheduler")


class SlotTrigger(BaseTrigger):  # type: ignore[misc] # apscheduler has no types
    """Fires at a digest's slots; when those are is for slots.py to say, not for APScheduler's cron."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """Give the first slot after the last one, or from now on."""
        after = max(previous_fire_time, now) if previous_fire_time else now
        slot = next(self._schedule.after(after.astimezone(UTC)), None)
        return slot.at if slot else None


class _Bell(BaseScheduler):  # type: ignore[misc] # apscheduler has no types
    """Rings when it is asked, in the thread that asks: a process without other threads may fork."""

    def wakeup(self) -> None:
        """Nobody sleeps in here."""

    def shutdown(self, wait: bool = True) -> None:
        """Let go of the jobs."""
        super().shutdown(wait)

    def ring(self) -> float:
        """Carry out what is due, and say in how many seconds to ask again."""
        seconds: float | None = self._process_jobs()
        return _LONGEST_SLEEP if seconds is None else min(seconds, _LONGEST_SLEEP)


def run(
    work: Callable[[], None],
    schedules: Iterable[Schedule],
    collect_every: timedelta,
    *,
    wanted: Callable[[], bool] = lambda: True,
) -> None:
    """Call `work` at once, at every slot, and at the interval, one call at a time, until SIGTERM or SIGINT.

    It ends as well when it is no longer `wanted`. Work under way is finished before this returns.
    """
    due = threading.Event()
    due.set()
    # Plain values, and no word: a handler that takes a lock, or logs, may interrupt the very line that holds that lock.
    stopped_by: list[int] = []
    bell = _Bell(
        timezone=UTC,
        executors={"default": DebugExecutor()},
        job_defaults={"misfire_grace_time": _GRACE, "coalesce": True},
    )
    for schedule in schedules:
        bell.add_job(due.set, SlotTrigger(schedule))
    bell.add_job(due.set, IntervalTrigger(seconds=int(collect_every.total_seconds()), timezone=UTC))

    def leave(number: int, _frame: FrameType | None) -> None:
        stopped_by.append(number)

    before: dict[int, Any] = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
    bell.start()
    try:
        while not stopped_by and wanted():
            seconds = bell.ring()
            if due.is_set():
                due.clear()
                work()
            else:
                time.sleep(seconds)
        reason = signal.Signals(stopped_by[0]).name if stopped_by else "not wanted any more"
        log.info("%s: what was under way is finished", reason)
    finally:
        bell.shutdown(wait=True)
        for number, handler in before.items():
            signal.signal(number, handler)
