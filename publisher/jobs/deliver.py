"""Deliver: what the ledger says is due goes out, and what became of it goes into the ledger."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.jobs.flight import Flight, Stop
from publisher.jobs.pace import Pace
from publisher.jobs.ports import silent
from publisher.jobs.turns import LEASE, Turns
from publisher.mail.message import MessageTemplate
from publisher.model.delivery import Delivered
from publisher.model.edition import EditionState
from publisher.model.errors import StoreError
from publisher.store import deliveries, editions, leases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from types import FrameType

    from publisher.jobs.ports import Progress, Transport
    from publisher.mail.message import Sender
    from publisher.model.edition import Digest
    from publisher.model.errors import TransportError
    from publisher.model.rate import Rate
    from publisher.store.database import Database
    from publisher.store.editions import EditionSummary
    from publisher.store.leases import Lease

_LEASE = "sender"
#: RSA gives the interpreter away: two threads build twice as many messages.
_BUILDERS = 2
_OPEN = (EditionState.APPROVED, EditionState.SENDING)


def _unheard(_remark: str) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Deliverer:
    """Delivers the editions of one publication, one sender at a time."""

    database: Database
    transport: Transport
    sender: Sender
    digests: Mapping[str, Digest]
    #: The real time: leases, waits and rates go by it.
    clock: Callable[[], datetime]
    #: What is uncertain is held, not sent once more.
    hold: bool = False
    rate: Rate | None = None
    #: By the domain of the recipient, in lower case.
    domain_rates: Mapping[str, Rate] = field(default_factory=dict)
    #: The caller sees to it that no other sender runs: a lease that is there is a dead one's.
    alone: bool = False
    #: Told in a sentence that another sender is at work.
    remark: Callable[[str], object] = _unheard
    progress: Progress = silent

    def deliver(self) -> Delivered:
        """Send everything that is due now, unless another sender is at it.

        SIGINT and SIGTERM let what is in flight finish, and are passed on then; a second one ends that, too.
        """
        report = Delivered()
        received: list[int] = []
        try:
            lease = self._acquire()
            if lease is not None:
                with self._holding(lease):
                    self._deliver(lease, report, received)
        except StoreError as error:
            report.trouble = "; ".join(each for each in (report.trouble, str(error)) if each)
        if received:
            signal.raise_signal(received[0])
        return report

    @contextlib.contextmanager
    def _holding(self, lease: Lease) -> Iterator[None]:
        """Give a lease back in the end, unless it is another's by then; a ledger that cannot be written keeps it."""
        try:
            yield
        finally:
            with contextlib.suppress(StoreError), self.database.begin() as connection:
                if leases.check(connection, lease):
                    leases.release(connection, _LEASE, self.clock())

    def _deliver(self, lease: Lease, report: Delivered, received: list[int]) -> None:
        with self.database.begin() as connection:
            lost = deliveries.recover(connection, now=self.clock(), hold=self.hold)
            waiting = editions.open_ones(connection)
        report.states.update(lost)
        with asyncio.Runner() as runner:
            loop, stop = runner.get_loop(), Stop()

            def ask(number: int) -> None:
                received.append(number)
                loop.call_soon_threadsafe(stop.ask)

            with _signals(ask):
                runner.run(self._send(waiting, lease, stop, report))

    def _acquire(self) -> Lease | None:
        now = self.clock()
        holder = f"process {os.getpid()} on {socket.gethostname()}"
        with self.database.begin() as connection:
            if self.alone:
                leases.release(connection, _LEASE, now)
            lease = leases.acquire(connection, _LEASE, holder, now=now, until=now + LEASE)
            other = leases.current(connection, _LEASE)
        if lease is None and other is not None:
            self.remark(
                f"another sender is at work ({other.holder}, until {other.until:%H:%M:%S} UTC at least): "
                "what is due and it does not send goes with the next run"
            )
        return lease

    async def _send(self, waiting: list[EditionSummary], lease: Lease, stop: Stop, report: Delivered) -> None:
        pace = Pace(rate=self.rate, domain_rates=self.domain_rates)
        with ThreadPoolExecutor(_BUILDERS) as builders, ThreadPoolExecutor(1) as writer:
            async with self.transport:
                for summary in waiting:
                    template = self._begin(summary)
                    if template is None:
                        continue
                    flight = Flight(
                        turns=Turns(
                            database=self.database, lease=lease, edition_id=summary.id, clock=self.clock, pace=pace
                        ),
                        transport=self.transport,
                        template=template,
                        builders=builders,
                        writer=writer,
                        clock=self.clock,
                        hold=self.hold,
                        stop=stop,
                        progress=functools.partial(self.progress, f"sending {summary.id}", total=summary.recipients),
                    )
                    try:
                        await flight.fly()
                    finally:
                        report.states.update(flight.states)
                    self._close(summary, flight.trouble, report)
                    if flight.trouble or stop.soon:
                        break

    def _begin(self, summary: EditionSummary) -> MessageTemplate | None:
        """Note that an edition goes out; None if somebody has paused or cancelled it meanwhile."""
        with self.database.begin() as connection:
            if not editions.move(connection, summary.id, _OPEN, EditionState.SENDING):
                return None
            edition = editions.load(connection, summary.id)
        digest = self.digests.get(summary.digest)
        title = digest.title(summary.language) if digest else summary.digest
        return MessageTemplate(edition, title, self.sender)

    def _close(self, summary: EditionSummary, trouble: TransportError | None, report: Delivered) -> None:
        """Account for every recipient, and call the edition finished if all of them are settled."""
        troubles = [report.trouble, str(trouble)] if trouble else [report.trouble]
        with self.database.begin() as connection:
            accounting = deliveries.account(connection, summary.id)
            if accounting.finished and editions.move(connection, summary.id, _OPEN, EditionState.FINISHED):
                report.finished.append(summary.id)
        if not accounting.holds:
            troubles.append(f"the ledger of {summary.id} is damaged, put var/ back from a backup: {accounting}")
        report.trouble = "; ".join(each for each in troubles if each) or None


@contextlib.contextmanager
def _signals(ask: Callable[[int], None]) -> Iterator[None]:
    """Call `ask` for SIGINT and SIGTERM while the block runs; only the main thread hears them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard(number: int, _frame: FrameType | None) -> None:
        ask(number)

    before = {number: signal.signal(number, heard) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
