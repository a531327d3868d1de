"""The turns of one edition's delivery: what happened since the last, and what may begin, in one transaction."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from publisher.jobs.pace import HORIZON
from publisher.model.edition import EditionState
from publisher.model.errors import StoreError, UnreachableError
from publisher.store import deliveries, editions, leases

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from publisher.jobs.pace import Pace, Slot
    from publisher.model.delivery import Delivery, Settlement
    from publisher.model.errors import TransportError
    from publisher.store.database import Database, Transaction
    from publisher.store.leases import Lease

#: Counts the time that the machine was suspended, too, where there is such a clock.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
#: How long a lease lasts, and how much of it is left when it is renewed.
LEASE = timedelta(seconds=60)
_RENEWAL = timedelta(seconds=40)


def elapsed() -> float:
    """Give a number of seconds that only grows, also while this process or the machine sleeps."""
    return time.clock_gettime(_CLOCK)


class StaleLeaseError(StoreError):
    """Another sender has taken over: nothing may be recorded any more."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What happened, and what is wanted."""

    settled: Sequence[Settlement] = ()
    #: Marked as in flight, or claimed, and not sent.
    unsent: Sequence[int] = ()
    #: Claimed, with their messages built.
    ready: Sequence[Delivery] = ()
    #: How many of these may go.
    free: int = 0
    #: Claimed, built or not; and how many more to claim.
    ahead: Sequence[Delivery] = ()
    claim: int = 0
    #: Why nothing more can be sent.
    trouble: TransportError | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What may begin."""

    #: Whether the edition still goes out: nobody has paused or cancelled it.
    sending: bool
    #: In flight from now on.
    going: Sequence[tuple[int, Slot]] = ()
    #: Of those that were ready: they have left.
    suppressed: Sequence[int] = ()
    claimed: Sequence[Delivery] = ()
    #: False if nothing is due any more.
    more: bool = True


@dataclass(kw_only=True, eq=False)
class Turns:
    """Writes the ledger for one edition; called by one thread at a time."""

    database: Database
    lease: Lease
    edition_id: str
    clock: Callable[[], datetime]
    pace: Pace
    elapsed: Callable[[], float] = elapsed
    _until: datetime | None = None
    #: Claims go through the ids once, then begin again for what was given back.
    _after: int = 0
    #: How long the last turn took: slots before the end of this one are of no use.
    _lead: timedelta = timedelta()
    #: Until when the lease is certainly this sender's.
    _sure: float = 0.0

    def mine(self) -> bool:
        """Say whether nobody can have taken over since the last turn: after a long sleep, ask before sending."""
        return self.elapsed() < self._sure

    def take(self, request: Request) -> Answer:
        """Take a turn. Raises StaleLeaseError."""
        began = self.clock()
        with self.database.begin() as connection:
            self._record(connection, request, keep=True)
            if not editions.is_sending(connection, self.edition_id):
                return Answer(sending=False)
            chosen = self.pace.choose(connection, request.ready, request.free, self.clock() + self._lead)
            ids = list(chosen)
            going = deliveries.mark_inflight(connection, ids, lease=self.lease.number)
            claimed, more = self._claim(connection, request) if request.claim else ([], True)
        self._lead = min(self.clock() - began, HORIZON / 2)
        return Answer(
            sending=True,
            going=[(each, chosen[each]) for each in going],
            suppressed=sorted(set(ids) - set(going)),
            claimed=claimed,
            more=more,
        )

    def end(self, request: Request) -> Answer:
        """Record what is left to record, and give the rest back. Raises StaleLeaseError."""
        with self.database.begin() as connection:
            self._record(connection, request, keep=False)
            if request.trouble:
                lasting = not isinstance(request.trouble, UnreachableError)
                to = EditionState.PAUSED if lasting else EditionState.SENDING
                editions.move(connection, self.edition_id, [EditionState.SENDING], to, paused_for=str(request.trouble))
        return Answer(sending=False)

    def _record(self, connection: Transaction, request: Request, *, keep: bool) -> None:
        before, now = self.elapsed(), self.clock()
        mine = leases.check(connection, self.lease)
        if mine and now > (self._until or self.lease.until) - _RENEWAL:
            self._until = now + LEASE
            mine = leases.renew(connection, self.lease, self._until)
        if not mine:
            raise StaleLeaseError(
                "another sender has taken over the ledger of deliveries: see that one machine's clock is not behind, "
                "and that no sender is stopped for long"
            )
        self._sure = before + ((self._until or self.lease.until) - now).total_seconds()
        deliveries.settle(connection, request.settled, lease=self.lease.number, now=now)
        deliveries.unclaim(connection, request.unsent, lease=self.lease.number, keep=keep)

    def _claim(self, connection: Transaction, request: Request) -> tuple[list[Delivery], bool]:
        """Claim what is due; also says whether there may be more."""
        full = self.pace.full(request.ahead)
        number, now = self.lease.number, self.clock()
        claimed = deliveries.claim(
            connection, self.edition_id, request.claim, now=now, lease=number, after=self._after, without=full
        )
        kept, excess = self.pace.keep(claimed)
        deliveries.unclaim(connection, [each.id for each in excess], lease=number)
        more = bool(claimed or full or self._after)
        if full and len(claimed) < request.claim:
            self._after = deliveries.looked_at(connection, self.edition_id, after=self._after, claimed=len(claimed))
        else:
            self._after = max((each.id for each in claimed), default=0)
        return kept, more
