"""What leaves the house at the end of a run: messages to readers, drafts to editors, pings to hubs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher import wiring
from publisher.model.delivery import Delivered
from publisher.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from publisher.jobs.compose_editions import Composition
    from publisher.jobs.ports import Progress
    from publisher.kit.templating import Templating
    from publisher.mail.checked import Finding, Resolver
    from publisher.mail.message import Sender
    from publisher.mail.tokens import Signer
    from publisher.model.edition import Digest, Edition
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

    def deliver(self, remark: Callable[[str], object]) -> Delivered:
        """Send the messages that are due; tells `remark` if another sender is at it."""
        from publisher.store import editions

        with self.database.read() as connection:
            if not editions.open_ones(connection):
                return Delivered()
        from publisher.jobs.deliver import Deliverer
        from publisher.model.rate import Rate

        mail = self.settings.mail
        rated = mail.transport == "smtp"
        return Deliverer(
            database=self.database,
            transport=wiring.transport(mail, self.folder),
            sender=self._sender(),
            digests=self.digests,
            clock=self.clock,
            hold=mail.on_uncertain == "hold",
            rate=Rate(*mail.rate) if rated else None,
            domain_rates={name.lower(): Rate(*rate) for name, rate in (mail.domain_rates or {}).items()}
            if rated
            else {},
            # On SQLite, the run's lock is held by whoever may send at all.
            alone=self.settings.store.url.startswith("sqlite"),
            remark=remark,
            progress=self.progress,
        ).deliver()

    def ask_readers(self) -> tuple[str, ...]:
        """Ask the readers who are to confirm; gives a sentence where that stopped."""
        from publisher.store import consents

        with self.database.read() as connection:
            if not consents.unasked(connection, 1, digests=self.digests):
                return ()
        from publisher.jobs.ask_for_consent import ConsentAsker
        from publisher.site.wording import wording

        troubles = ConsentAsker(
            database=self.database,
            transport=wiring.transport(self.settings.mail, self.folder),
            sender=self._sender(),
            renderer=wiring.digest_renderer(self.settings, self.templating),
            digests=self.digests,
            wording=lambda title, language: wording(self.templating, language, title),
            clock=self.clock,
        ).ask()
        return tuple(troubles)

    def take_in_bounces(self) -> tuple[str, ...]:
        """Empty the Maildir of delivery reports, where there is one; gives a sentence if it is none."""
        maildir = self.settings.mail.bounces_maildir
        if maildir is None:
            return ()
        from publisher.jobs.record_bounces import BounceRecorder

        recorder = BounceRecorder(database=self.database, signer=self._signer(), now=self.clock())
        try:
            for _ in recorder.poll_maildir(self.folder / maildir):
                pass
        except UsageError as error:
            return (f"mail.bounces_maildir: {error}",)
        return ()

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

    def check_mail(self, edition: Edition, resolver: Resolver) -> list[Finding]:
        """Find what stands between an edition and its readers, worst first."""
        from publisher.jobs.check_mail import check_message, check_relay
        from publisher.mail.smtp import Smtp

        mail = self.settings.mail
        relay = mail.smtp.host if mail.transport == "smtp" and mail.smtp else None
        digest = self.digests.get(edition.digest)
        title = digest.title(edition.language) if digest else edition.digest
        found = check_message(edition, title, self._sender(), resolver, relay=relay, now=self.clock())
        transport = wiring.transport(mail, self.folder)
        return [*(check_relay(transport) if isinstance(transport, Smtp) else []), *found]

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
        return wiring.sender(self.settings, self._signer(), self.folder)

    def _signer(self) -> Signer:
        from publisher.mail.tokens import load_signer

        return load_signer(self.folder / self.settings.web.secret_file)
