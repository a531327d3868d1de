"""Deliver: what the ledger says is due goes out, and what became of it goes into the ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.jobs.ports import silent
from publisher.mail.message import MessageTemplate
from publisher.model.delivery import Delivery, DeliveryState, Settlement, settle
from publisher.model.edition import EditionState
from publisher.model.errors import TransportError
from publisher.store import deliveries, editions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from publisher.jobs.ports import Progress, Transport
    from publisher.mail.message import Sender
    from publisher.model.edition import Digest
    from publisher.store.database import Database
    from publisher.store.editions import EditionSummary


@dataclass(kw_only=True, slots=True)
class Delivered:
    """What one run of delivery did."""

    #: Deliveries by the state that they reached.
    states: Counter[str] = field(default_factory=Counter)
    finished: list[str] = field(default_factory=list)
    #: Why it stopped, if it had to.
    trouble: str | None = None


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
    progress: Progress = silent

    def deliver(self) -> Delivered:
        """Send everything that is due now. The caller holds the sender's lock."""
        report = Delivered()
        with self.database.begin() as connection:
            report.states[DeliveryState.UNCERTAIN] += deliveries.recover(connection, now=self.clock(), hold=self.hold)
            waiting = editions.open_ones(connection)
        with self.transport:
            for edition in waiting:
                try:
                    self._send_edition(edition, report)
                except TransportError as error:
                    report.trouble = str(error)
                    break
        return report

    def _send_edition(self, summary: EditionSummary, report: Delivered) -> None:
        with self.database.begin() as connection:
            editions.set_state(connection, summary.id, EditionState.SENDING)
            edition = editions.load(connection, summary.id)
        digest = self.digests.get(summary.digest)
        title = digest.title(summary.language) if digest else summary.digest
        template = MessageTemplate(edition, title, self.sender)
        sent = 0
        while batch := self._claim(summary):
            self.progress(f"sending {summary.id}", sent, summary.recipients)
            for settlement in self._send(batch, template):
                report.states[settlement.state] += 1
            sent += len(batch)
        with self.database.begin() as connection:
            if deliveries.finish(connection, summary.id):
                report.finished.append(summary.id)

    def _claim(self, summary: EditionSummary) -> list[Delivery]:
        """Claim a batch and note, before a byte of it is sent, that it is on its way."""
        with self.database.begin() as connection:
            deliveries.suppress_withdrawn(connection, summary.id)
            batch = deliveries.claim(connection, summary.id, self.transport.batch, now=self.clock())
            deliveries.mark_inflight(connection, [delivery.id for delivery in batch])
        return batch

    def _send(self, batch: list[Delivery], template: MessageTemplate) -> list[Settlement]:
        settled: list[Settlement] = []
        unsent = list(batch)
        try:
            while unsent:
                receipt = self.transport.send(template.message_for(unsent[0]))
                settled.append(settle(unsent.pop(0), receipt, now=self.clock(), hold=self.hold))
        finally:
            # Also when the transport gives up: what it did is recorded, what it did not do goes back.
            with self.database.begin() as connection:
                deliveries.settle(connection, settled)
                deliveries.unclaim(connection, [delivery.id for delivery in unsent])
        return settled
