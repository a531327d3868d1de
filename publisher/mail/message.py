"""An edition becomes one message per reader: multipart/alternative, text first, the same bytes every time."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING

from publisher.mail import headers
from publisher.model.mail import Message

if TYPE_CHECKING:
    from publisher.mail.tokens import Signer
    from publisher.model.delivery import Delivery
    from publisher.model.edition import Edition


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who sends, and where readers' links lead."""

    #: As in From: `World Desk <digest@news.example.org>`.
    address: str
    reply_to: str | None
    site_url: str
    authority: str
    signer: Signer
    #: What stands for the reader's own links in an edition.
    unsubscribe_place: str
    preferences_place: str


class MessageTemplate:
    """One edition, made ready once: only the reader's own fields are open."""

    def __init__(self, edition: Edition, digest_title: str, sender: Sender) -> None:
        self._edition = edition
        self._sender = sender
        self._envelope_from = parseaddr(sender.address)[1]
        content = edition.content
        # Only in the footer: what a post says is never taken for a place.
        self._html_head, _, self._html_foot = content.html.rpartition("<!--reader-->")
        self._text_head, _, self._text_foot = content.text.rpartition("\n-- \n")
        seed = f"{edition.id}\0{content.html}".encode()
        self._boundary = f"=_{hashlib.blake2b(seed, digest_size=16).hexdigest()}"
        list_id = f"<{edition.digest}.{sender.authority}>"
        self._common = "".join(
            [
                headers.mailbox("From", sender.address),
                headers.unstructured("Subject", content.subject),
                headers.date(edition.composed),
                headers.mailbox("Reply-To", sender.reply_to) if sender.reply_to else "",
                f"List-Id: {headers.phrase(digest_title)}\r\n {list_id}\r\n",
                headers.verbatim("Feedback-ID", f"{edition.id}:{edition.digest}:digest:{sender.authority}"),
                "Auto-Submitted: auto-generated\r\n",
                "Precedence: bulk\r\n",
                "MIME-Version: 1.0\r\n",
                f'Content-Type: multipart/alternative; boundary="{self._boundary}"\r\n',
            ]
        )

    def message_for(self, delivery: Delivery) -> Message:
        """Make one reader's message."""
        sender, digest = self._sender, self._edition.digest
        unsubscribe = f"{sender.site_url}u/{sender.signer.token('unsubscribe', delivery.subscriber_id, digest)}"
        preferences = f"{sender.site_url}p/{sender.signer.token('preferences', delivery.subscriber_id, digest)}"
        domain = self._envelope_from.rpartition("@")[2]
        message_id = f"<{sender.signer.digest(self._edition.id, delivery.subscriber_id)}@{domain}>"
        own = "".join(
            [
                headers.mailbox("To", delivery.address),
                headers.verbatim("Message-ID", message_id),
                headers.verbatim("List-Unsubscribe", f"<{unsubscribe}>"),
                headers.verbatim("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ]
        )

        def filled(foot: str) -> str:
            foot = foot.replace(sender.unsubscribe_place, unsubscribe)
            return foot.replace(sender.preferences_place, preferences)

        text = f"{self._text_head}\n-- \n{filled(self._text_foot)}"
        html = f"{self._html_head}{filled(self._html_foot.replace('<!--/reader-->', '', 1))}"
        parts = (_part("text/plain", text), _part("text/html", html))
        body = "".join(f"--{self._boundary}\r\n{part}" for part in parts) + f"--{self._boundary}--\r\n"
        return Message(
            delivery_id=delivery.id,
            edition_id=self._edition.id,
            sender=self._envelope_from,
            recipient=delivery.address,
            data=(own + self._common + "\r\n" + body).encode(),
        )


def _part(content_type: str, text: str) -> str:
    """Write one alternative in base64: of Thai it is half the size of quoted-printable."""
    canonical = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    encoded = base64.encodebytes(canonical.encode()).decode("ascii").replace("\n", "\r\n")
    return (
        f"Content-Type: {content_type}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        "Content-Disposition: inline\r\n\r\n" + encoded
    )
