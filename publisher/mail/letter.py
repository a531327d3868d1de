"""A letter to one person, of no list: a proof to an editor, a question to a reader."""

from __future__ import annotations

from email.utils import parseaddr
from typing import TYPE_CHECKING

from publisher.mail import headers
from publisher.mail.encoding import Alternative
from publisher.mail.message import signed
from publisher.model.mail import Message

if TYPE_CHECKING:
    from datetime import datetime

    from publisher.mail.message import Sender
    from publisher.model.edition import RenderedEdition


def letter(content: RenderedEdition, about: str, address: str, sender: Sender, *, date: datetime) -> Message:
    """Make the message; the same bytes every time for what it is `about`, and a date."""
    envelope_from = headers.plain_address(parseaddr(sender.address)[1])
    identity = sender.signer.digest("letter", about, address)
    body = Alternative(("", content.text), ("", content.html), f"{about}\0letter")
    head = "".join(
        [
            headers.mailbox("To", address),
            headers.verbatim("Message-ID", f"<{identity}@{envelope_from.rpartition('@')[2]}>"),
            headers.mailbox("From", sender.address),
            headers.unstructured("Subject", content.subject),
            headers.date(date),
            headers.mailbox("Reply-To", sender.reply_to) if sender.reply_to else "",
            "Auto-Submitted: auto-generated\r\n",
            "MIME-Version: 1.0\r\n",
            body.content_type,
        ]
    )
    return Message(
        # The ledger's own begin with 1.
        delivery_id=0,
        edition_id=about,
        sender=envelope_from,
        recipient=address,
        data=b"".join(signed(head.encode(), body, body.closed(content.text, content.html), sender.dkim)),
    )
