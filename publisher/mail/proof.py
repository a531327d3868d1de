"""A proof becomes a message to one editor: no list, and nothing of a reader's own in it."""

from __future__ import annotations

from email.utils import parseaddr
from typing import TYPE_CHECKING

from publisher.mail import headers
from publisher.mail.encoding import alternative
from publisher.model.mail import Message

if TYPE_CHECKING:
    from publisher.mail.message import Sender
    from publisher.model.edition import Edition, RenderedEdition


def proof_message(edition: Edition, content: RenderedEdition, address: str, sender: Sender) -> Message:
    """Make the message with the proof of a draft; the same bytes every time."""
    envelope_from = headers.plain_address(parseaddr(sender.address)[1])
    identity = sender.signer.digest("proof", edition.id, address)
    content_type, body = alternative(content.text, content.html, f"{edition.id}\0proof")
    head = "".join(
        [
            headers.mailbox("To", address),
            headers.verbatim("Message-ID", f"<{identity}@{envelope_from.rpartition('@')[2]}>"),
            headers.mailbox("From", sender.address),
            headers.unstructured("Subject", content.subject),
            headers.date(edition.composed),
            headers.mailbox("Reply-To", sender.reply_to) if sender.reply_to else "",
            "Auto-Submitted: auto-generated\r\n",
            "MIME-Version: 1.0\r\n",
            content_type,
        ]
    )
    return Message(
        # The ledger's own begin with 1.
        delivery_id=0,
        edition_id=edition.id,
        sender=envelope_from,
        recipient=address,
        data=b"".join((head.encode(), b"\r\n", body)),
    )
