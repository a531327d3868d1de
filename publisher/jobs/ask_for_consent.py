"""Ask: whoever is on a list by somebody else's word gets one mail with a link, and no edition before following it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.jobs.subscriptions import asked, suppress
from publisher.mail.letter import letter
from publisher.mail.tokens import CONFIRM_WITHIN
from publisher.model.errors import TemplateError, TransportError
from publisher.model.subscriber import Consent, Wording
from publisher.store import consents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from publisher.digest.render import DigestRenderer
    from publisher.jobs.ports import Transport
    from publisher.mail.message import Sender
    from publisher.model.delivery import Receipt
    from publisher.model.edition import Digest
    from publisher.model.subscriber import Subscription
    from publisher.store.database import Database

_SOURCE = "confirmation mail"


@dataclass(frozen=True, kw_only=True)
class ConsentAsker:
    """Asks the pending readers of one publication."""

    database: Database
    transport: Transport
    sender: Sender
    renderer: DigestRenderer
    digests: Mapping[str, Digest]
    #: The words that a reader agrees to, of a digest's title in a language.
    wording: Callable[[str, str], Wording]
    #: The real time.
    clock: Callable[[], datetime]

    def ask(self) -> list[str]:
        """Ask whoever was not asked yet; gives a sentence where that stopped.

        A reader may be asked twice if the machine dies in between; none is left out.
        """
        return asyncio.run(self._ask())

    async def _ask(self) -> list[str]:
        tried: set[tuple[int, str]] = set()
        async with self.transport:
            while waiting := self._waiting(tried):
                for reader in waiting:
                    tried.add((reader.subscriber_id, reader.digest))
                    try:
                        await self._send(reader, self.digests[reader.digest])
                    except (TransportError, TemplateError) as error:
                        return [f"readers who are to confirm were not asked: {error}"]
        return []

    def _waiting(self, tried: set[tuple[int, str]]) -> list[Subscription]:
        with self.database.read() as connection:
            # Those that were put off stand before the others.
            found = consents.unasked(connection, 200 + len(tried), digests=self.digests)
        return [each for each in found if (each.subscriber_id, each.digest) not in tried]

    async def _send(self, reader: Subscription, digest: Digest) -> None:
        now = self.clock()
        language = reader.language if reader.language in digest.languages else digest.languages[0]
        title = digest.title(language)
        # The same link whenever it is asked on one day.
        until = now.replace(hour=0, minute=0, second=0, microsecond=0) + CONFIRM_WITHIN
        token = self.sender.signer.token("confirm", reader.subscriber_id, digest.name, until=until)
        content = self.renderer.confirmation(
            digest_title=title, language=language, link=f"{self.sender.site_url}c/{token}"
        )
        receipt = await self.transport.send(
            letter(content, f"confirm-{digest.name}", reader.address, self.sender, date=now)
        )
        self._record(reader, receipt, self.wording(title, language), language, now)

    def _record(
        self, reader: Subscription, receipt: Receipt | None, wording: Wording, language: str, now: datetime
    ) -> None:
        """Note that it was sent; an address that does not exist is not asked again, and others are, later."""
        if receipt is not None and 200 <= receipt.code < 300:
            asked(
                self.database,
                reader.subscriber_id,
                reader.digest,
                source=_SOURCE,
                now=now,
                wording=wording,
                language=language,
            )
        elif receipt is not None and receipt.code >= 500:
            with self.database.begin() as connection:
                suppress(
                    connection, reader.subscriber_id, Consent.BOUNCED, source=f"{_SOURCE}: {receipt.reply}", now=now
                )
