"""Deliver: what the ledger says is due goes out, and what became of it goes into the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.jobs.ports import silent
from publisher.mail.message import MessageTemplate
from publisher.model.delivery import Delivered, Delivery, DeliveryState, Settlement, settle
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
                settled.append(self._send_one(unsent[0], template))
                unsent.pop(0)
        except TransportError:
            raise
        except BaseException:
            # Somebody stops us in the middle of a message: nobody knows whether it was taken.
            settled.append(settle(unsent.pop(0), None, now=self.clock(), hold=self.hold))
            raise
        finally:
            # Whatever ends it: what was done is recorded, what was not begun goes back.
            with self.database.begin() as connection:
                deliveries.settle(connection, settled)
                deliveries.unclaim(connection, [delivery.id for delivery in unsent])
        return settled

    def _send_one(self, delivery: Delivery, template: MessageTemplate) -> Settlement:
        """Send one message; the wall behind which one recipient's trouble stays with that recipient."""
        try:
            message = template.message_for(delivery)
        except Exception as error:  # noqa: BLE001 (the wall)
            reply = f"no message can be made: {type(error).__name__}: {error}"
            return Settlement(delivery_id=delivery.id, state=DeliveryState.FAILED, reply=reply)
        try:
            receipt = self.transport.send(message)
        except TransportError:
            raise
        except Exception:  # noqa: BLE001 (the wall)
            receipt = None
        return settle(delivery, receipt, now=self.clock(), hold=self.hold)
