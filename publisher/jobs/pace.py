"""The pace of sending: each message gets its moment, where there are rates, in all and for its domain."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from publisher.model.rate import LATE
from publisher.store import rates
from publisher.store.deliveries import domain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from publisher.model.delivery import Delivery
    from publisher.model.rate import Rate
    from publisher.store.database import Transaction

#: A message that has to wait for its slot longer than this is not in flight yet.
HORIZON = timedelta(milliseconds=300)
#: At high rates slots are reserved for so many turns at once.
_TURNS = 16
#: So many messages to a domain with a rate of its own are in hand at once: the rest of the room is for others.
_OF_A_DOMAIN = 8


class Slot(NamedTuple):
    """When a message may go: from `begin` on, before `end`."""

    begin: datetime
    end: datetime


ANY_TIME = Slot(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@dataclass(kw_only=True, eq=False)
class Pace:
    """Gives away the slots of one publication's rates."""

    rate: Rate | None = None
    #: By the domain of the recipient, in lower case.
    domain_rates: Mapping[str, Rate] = field(default_factory=dict)
    #: Reserved and not given away.
    _slots: deque[datetime] = field(default_factory=deque)

    def choose(self, connection: Transaction, ready: Sequence[Delivery], free: int, now: datetime) -> dict[int, Slot]:
        """Choose up to `free` that may go soon after `now`, when this is committed; those of slow domains wait."""
        chosen: dict[int, Slot] = {}
        for delivery in ready:
            if len(chosen) >= free:
                break
            overall = self._next(connection, self.rate, free, now) if self.rate else None
            if overall and overall > now + HORIZON:
                break
            slot = self._slot(connection, delivery, overall, now)
            if slot is not None:
                chosen[delivery.id] = slot
                if overall:
                    self._slots.popleft()
        return chosen

    def _next(self, connection: Transaction, rate: Rate, free: int, now: datetime) -> datetime:
        # Half of the time that it is good for is for what happens between the commit and the sending.
        while self._slots and self._slots[0] < now - LATE / 2:
            self._slots.popleft()
        if self._slots and self._slots[0] > rates.farthest(rate, now):
            # The clock was set back.
            self._slots.clear()
        if not self._slots:
            count = max(min(2 * free, rate.ahead(HORIZON)), min(_TURNS * free, rate.ahead(LATE / 2)))
            self._slots += rates.reserve(connection, "all", rate, count, now=now)
        return self._slots[0]

    def _slot(
        self, connection: Transaction, delivery: Delivery, overall: datetime | None, now: datetime
    ) -> Slot | None:
        rate = self.domain_rates.get(domain(delivery.address))
        if rate is None:
            return Slot(overall, overall + LATE) if overall else ANY_TIME
        begin, until = (max(overall, now), overall + LATE / 2) if overall else (now, now + HORIZON)
        scope = f"domain:{domain(delivery.address)}"
        slots = rates.reserve(connection, scope, rate, 1, now=begin, until=max(begin, until))
        return Slot(slots[0], (overall or slots[0]) + LATE) if slots else None

    def full(self, ahead: Sequence[Delivery]) -> set[str]:
        """List the domains of which enough is in hand."""
        in_hand = Counter(domain(delivery.address) for delivery in ahead) if self.domain_rates else Counter[str]()
        return {name for name in self.domain_rates if in_hand[name] >= _OF_A_DOMAIN}

    def keep(self, claimed: Sequence[Delivery]) -> tuple[list[Delivery], list[Delivery]]:
        """Divide what was claimed into what to keep in hand, and what is too much for its domain."""
        kept: list[Delivery] = []
        excess: list[Delivery] = []
        in_hand: Counter[str] = Counter()
        for delivery in claimed:
            name = domain(delivery.address)
            in_hand[name] += 1
            fits = name not in self.domain_rates or in_hand[name] <= _OF_A_DOMAIN
            (kept if fits else excess).append(delivery)
        return kept, excess
