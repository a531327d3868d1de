"""What leaves the house at the end of a run: messages to readers, drafts to editors, pings to hubs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher import wiring
from publisher.model.delivery import Delivered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from publisher.jobs.compose_editions import Composition
    from publisher.jobs.ports import Progress
    from publisher.kit.templating import Templating
    from publisher.mail.message import Sender
    from publisher.model.edition import Digest
    from publisher.settings import Settings
    from publisher.store.database import Database


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """Sends what waits; nothing is imported for what does not."""

    database: Database
    settings: Settings
    folder: Path
    digests: Mapping[str, Digest]
    templating: Templating
    #: The real time.
    clock: Callable[[], datetime]
    progress: Progress

    def deliver(self) -> Delivered:
        """Send the messages that are due."""
        from publisher.store import editions

        with self.database.read() as connection:
            if not editions.open_ones(connection):
                return Delivered()
        from publisher.jobs.deliver import Deliverer

        mail = self.settings.mail
        return Deliverer(
            database=self.database,
            transport=wiring.transport(mail, self.folder),
            sender=self._sender(),
            digests=self.digests,
            clock=self.clock,
            hold=mail.on_uncertain == "hold",
            progress=self.progress,
        ).deliver()

    def send_proofs(self) -> tuple[str, ...]:
        """Mail the drafts that wait for approval; gives a sentence for each that has to wait."""
        from publisher.store import proofs

        with self.database.read() as connection:
            if not proofs.unsent(connection):
                return ()
        from publisher.jobs.send_proofs import ProofSender

        sent = ProofSender(
            database=self.database,
            transport=wiring.transport(self.settings.mail, self.folder),
            sender=self._sender(),
            templating=self.templating,
            clock=self.clock,
        ).send()
        return tuple(sent)

    def send_test(self, composed: Composition, address: str) -> str:
        """Send one edition to one address, outside the ledger; gives the reply."""
        from publisher.jobs.send_test import send_test

        title = self.digests[composed.edition.digest].title(composed.edition.language)
        transport = wiring.transport(self.settings.mail, self.folder)
        return send_test(composed, title, address, transport, self._sender(), now=self.clock())

    def ping_hubs(self) -> tuple[str, ...]:
        """Tell the hubs what changed; gives a sentence for each that could not be told."""
        from publisher.store import pings

        with self.database.read() as connection:
            if not pings.due(connection, self.clock(), 1):
                return ()
        from publisher.hubs import Hubs
        from publisher.jobs.ping_hubs import ping_hubs

        with Hubs() as hubs:
            pinged = ping_hubs(
                self.database, hubs.tell, hubs=self.settings.feeds.hubs, clock=self.clock, progress=self.progress
            )
        return pinged.troubles

    def _sender(self) -> Sender:
        from publisher.mail.tokens import load_signer

        return wiring.sender(self.settings, load_signer(self.folder / self.settings.web.secret_file))
