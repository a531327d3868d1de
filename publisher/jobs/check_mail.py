"""Check: what providers would mind of the mail that goes out, and whether the relay would take it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from publisher.jobs.record_bounces import new_in
from publisher.mail.checked import Finding, Severity
from publisher.mail.message import MessageTemplate
from publisher.mail.preflight import preflight
from publisher.model.delivery import Delivery, DeliveryState
from publisher.model.errors import TransportError, UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from publisher.mail.checked import Resolver
    from publisher.mail.message import Sender
    from publisher.mail.smtp import Smtp
    from publisher.model.edition import Edition


def check_message(
    edition: Edition, title: str, sender: Sender, resolver: Resolver, *, relay: str | None, now: datetime
) -> list[Finding]:
    """Hold the bytes that a reader would get against what providers ask for, worst first."""
    reader = Delivery(
        id=1,
        edition_id=edition.id,
        subscriber_id=1,
        address="reader@example.org",
        state=DeliveryState.QUEUED,
        attempts=0,
        queued=now,
    )
    message = MessageTemplate(edition, title, sender).message_for(reader)
    return preflight(message, sender.dkim, resolver, relay=relay)


def check_relay(transport: Smtp) -> list[Finding]:
    """Connect to the relay as a run would, hand nothing over, and leave."""
    try:
        asyncio.run(transport.greet())
    except TransportError as error:
        what, _, way_out = str(error).partition(": ")
        return [Finding("relay", Severity.ERROR, what, way_out)]
    return []


def check_maildir(folder: Path) -> list[Finding]:
    """Look whether delivery reports can be taken from where they are to arrive."""
    try:
        new_in(folder)
    except UsageError as error:
        what, _, way_out = str(error).rpartition(": ")
        return [Finding("bounces", Severity.ERROR, what, way_out)]
    if folder.exists():
        return []
    way_out = "if the mail server does not make it with the first report, mend mail.bounces_maildir"
    return [Finding("bounces", Severity.WARNING, f"there is no {folder} yet, where bounces are to arrive", way_out)]
