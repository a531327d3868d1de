"""Rates of sending, exact in every window: virtual scheduling (GCRA), where each message has a moment of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

#: A slot is good for so long; one that is used later would let too many into one window.
LATE = timedelta(milliseconds=100)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many messages in any window of so many seconds."""

    messages: int
    seconds: float = 1

    @property
    def interval(self) -> timedelta:
        """The time from slot to slot: the window and what a slot may be late, in equal parts.

        A window of messages is one of slots that is longer by `LATE`: as many slots fit into it as messages may.
        """
        # Whole microseconds, as the ledger has them, and never less.
        window = round(self.seconds * 1_000_000) + LATE // _MICROSECOND
        return _MICROSECOND * -(-window // self.messages)

    def slots(self, end: datetime, count: int) -> list[datetime]:
        """Name the slots that were reserved together, where the next one after them is at `end`."""
        return [end - self.interval * left for left in range(count, 0, -1)]

    def ahead(self, horizon: timedelta) -> int:
        """Say how many slots there are within a time, one at least."""
        return 1 + horizon // self.interval
