"""Send: one edition to one address, to look at; outside the ledger."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from publisher.jobs.compose_editions import refuse
from publisher.kit.addresses import parse_address
from publisher.mail.message import MessageTemplate
from publisher.model.delivery import Delivery, DeliveryState
from publisher.model.errors import TransportError, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from publisher.jobs.compose_editions import Composition
    from publisher.jobs.ports import Transport
    from publisher.mail.message import Sender
    from publisher.model.delivery import Receipt

#: Nobody's: the links in a test lead nowhere.
_NOBODY = 0


def send_test(
    composed: Composition, digest_title: str, address: str, transport: Transport, sender: Sender, *, now: datetime
) -> str:
    """Send the bytes that a reader would get, but for the links of a reader's own; gives the reply.

    Raises RefusedError for an edition that would not be sent, TransportError, and UsageError for no address.
    """
    refuse(composed)
    try:
        recipient = parse_address(address).address
    except ValueError as error:
        raise UsageError(f"--to {address!r} is no address to which mail can go: {error}") from error
    delivery = Delivery(
        id=_NOBODY,
        edition_id=composed.edition.id,
        subscriber_id=_NOBODY,
        address=recipient,
        state=DeliveryState.INFLIGHT,
        attempts=0,
        queued=now,
    )
    message = MessageTemplate(composed.edition, digest_title, sender).message_for(delivery)

    async def send() -> Receipt | None:
        async with transport:
            return await transport.send(message)

    receipt = asyncio.run(send())
    if receipt is None or receipt.code >= 300:
        reply = receipt.reply if receipt else "the connection was lost before the reply"
        raise TransportError(f"the test of {composed.edition.id} was not taken for {recipient}: {reply}")
    return receipt.reply
