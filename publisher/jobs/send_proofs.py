"""Send: drafts that wait for approval go to the editors, each once, with what lint found."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.digest.lint import Finding, Severity
from publisher.digest.proof import proof
from publisher.mail.letter import letter
from publisher.model.errors import TemplateError, TransportError
from publisher.store import editions, proofs

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from publisher.jobs.ports import Transport
    from publisher.kit.templating import Templating
    from publisher.mail.message import Sender
    from publisher.store.database import Database


@dataclass(frozen=True, kw_only=True)
class ProofSender:
    """Sends the proofs of one publication."""

    database: Database
    transport: Transport
    sender: Sender
    templating: Templating
    #: The real time.
    clock: Callable[[], datetime]

    def send(self) -> list[str]:
        """Send what waits; gives a sentence for each that has to wait longer.

        An editor may get one twice if the machine dies in between; none is left out.
        """
        with self.database.read() as connection:
            waiting = proofs.unsent(connection)
        return asyncio.run(self._send_all(waiting))

    async def _send_all(self, waiting: list[tuple[str, str]]) -> list[str]:
        troubles: list[str] = []
        async with self.transport:
            for edition_id, address in waiting:
                try:
                    await self._send(edition_id, address)
                except (TransportError, TemplateError, _RefusedError) as error:
                    troubles.append(f"the draft {edition_id} could not be mailed to {address}: {error}")
        return troubles

    async def _send(self, edition_id: str, address: str) -> None:
        with self.database.read() as connection:
            edition, summary = editions.load(connection, edition_id), editions.summary(connection, edition_id)
            findings = read_findings(editions.findings(connection, edition_id))
        recipients = summary.recipients if summary else 0
        content = proof(self.templating, edition, findings, recipients)
        receipt = await self.transport.send(letter(content, edition.id, address, self.sender, date=edition.composed))
        if receipt is None or receipt.code >= 300:
            raise _RefusedError(receipt.reply if receipt else "the connection was lost before the reply")
        with self.database.begin() as connection:
            proofs.mark_sent(connection, edition_id, address, self.clock())


class _RefusedError(Exception):
    """The relay does not take it, or not now."""


def read_findings(written: str | None) -> list[Finding]:
    """Read what lint found when an edition was frozen."""
    return [
        Finding(rule=each["rule"], severity=Severity(each["severity"]), line=each["line"], message=each["message"])
        for each in json.loads(written or "[]")
    ]
