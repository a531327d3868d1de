"""An edition becomes one message per reader: the same bytes every time, made of pieces that are encoded once."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING
from urllib.parse import quote

from publisher.mail import headers
from publisher.mail.encoding import Alternative
from publisher.mail.verp import envelope_from
from publisher.model.mail import Message

if TYPE_CHECKING:
    from publisher.mail.dkim import DkimSigner
    from publisher.mail.tokens import Signer
    from publisher.model.delivery import Delivery
    from publisher.model.edition import Edition

#: Gmail takes a sender's name of so many characters in Feedback-ID.
_FEEDBACK_SENDER = 15


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
    #: Where a mail program may write instead of following the link: a plain address.
    unsubscribe_mailto: str | None = None
    #: Where providers send complaints (RFC 9477): a plain address in a domain that signs the mail.
    complaints_to: str | None = None
    dkim: DkimSigner | None = None
    #: Where what cannot be delivered returns to, in a form of its own for each delivery; else to the sender.
    return_path: str | None = None


class MessageTemplate:
    """One edition, made ready once: only the reader's own fields are open."""

    def __init__(self, edition: Edition, digest_title: str, sender: Sender) -> None:
        self._edition = edition
        self._sender = sender
        self._envelope_from = headers.plain_address(parseaddr(sender.address)[1])
        content = edition.content
        # Only in the footer: what a post says is never taken for a place.
        text, mark, self._text_end = content.text.rpartition("\n-- \n")
        html, _, end = content.html.rpartition("<!--reader-->")
        self._html_end = end.replace("<!--/reader-->", "")
        self._body = Alternative((text + mark, self._text_end), (html, self._html_end), f"{edition.id}\0{content.html}")
        self._shared = self._shared_fields(digest_title).encode()

    def _shared_fields(self, digest_title: str) -> str:
        edition, sender = self._edition, self._sender
        authority = headers.plain_domain(sender.authority)
        stream = f"{edition.digest}-{edition.language}"
        # Each of the four a name of its own: complaints are counted by name, wherever it stands.
        feedback = f"{edition.id}:{stream}:{edition.digest}:{_short(authority)}"
        return "".join(
            [
                headers.mailbox("From", sender.address),
                headers.unstructured("Subject", edition.content.subject),
                headers.date(edition.composed),
                headers.mailbox("Reply-To", sender.reply_to) if sender.reply_to else "",
                headers.list_id(digest_title, f"{edition.digest}.{authority}"),
                headers.verbatim("Feedback-ID", feedback),
                headers.verbatim("CFBL-Address", f"{headers.plain_address(sender.complaints_to)}; report=arf")
                if sender.complaints_to
                else "",
                "Auto-Submitted: auto-generated\r\n",
                "Precedence: bulk\r\n",
                "MIME-Version: 1.0\r\n",
                self._body.content_type,
            ]
        )

    def message_for(self, delivery: Delivery) -> Message:
        """Make one reader's message."""
        sender, digest = self._sender, self._edition.digest
        token = sender.signer.token("unsubscribe", delivery.subscriber_id, digest)
        unsubscribe = f"{sender.site_url}u/{token}"
        preferences = f"{sender.site_url}p/{sender.signer.token('preferences', delivery.subscriber_id, digest)}"

        def filled(end: str) -> str:
            end = end.replace(sender.unsubscribe_place, unsubscribe)
            return end.replace(sender.preferences_place, preferences)

        fields = self._own_fields(delivery, unsubscribe, token).encode() + self._shared
        body = self._body.closed(filled(self._text_end), filled(self._html_end))
        pieces = signed(fields, self._body, body, sender.dkim)
        return Message(
            delivery_id=delivery.id,
            edition_id=self._edition.id,
            sender=self._return_path(delivery),
            recipient=delivery.address,
            data=b"".join(pieces),
            pieces=pieces,
        )

    def _return_path(self, delivery: Delivery) -> str:
        # A test has no delivery in the ledger to which a bounce could lead.
        if not (self._sender.return_path and delivery.id):
            return self._envelope_from
        return envelope_from(self._sender.return_path, delivery.id, self._sender.signer)

    def _own_fields(self, delivery: Delivery, unsubscribe: str, token: str) -> str:
        sender = self._sender
        identity = sender.signer.digest(self._edition.id, delivery.subscriber_id)
        ways = f"<{unsubscribe}>"
        if sender.unsubscribe_mailto:
            address = quote(headers.plain_address(sender.unsubscribe_mailto), safe="@")
            ways += f", <mailto:{address}?subject=unsubscribe%20{token}>"
        # One click is for https only (RFC 8058 section 3.1).
        one_click = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" if unsubscribe.startswith("https:") else ""
        return "".join(
            [
                headers.mailbox("To", delivery.address),
                headers.verbatim("Message-ID", f"<{identity}@{self._envelope_from.rpartition('@')[2]}>"),
                headers.verbatim("List-Unsubscribe", ways),
                one_click,
            ]
        )


def signed(fields: bytes, body: Alternative, closed: tuple[bytes, ...], dkim: DkimSigner | None) -> tuple[bytes, ...]:
    """Give the pieces of a message in order, with its signature before everything else if it gets one."""
    signature = dkim.sign(fields, body.relaxed_hash(closed)) if dkim else b""
    return signature, fields, b"\r\n", *closed


def _short(authority: str) -> str:
    """Give as many labels of a domain, from its end, as Feedback-ID takes; of one that is longer, its end."""
    labels = authority.split(".")
    names = (".".join(labels[at:]) for at in range(len(labels)))
    return next((name for name in names if len(name) <= _FEEDBACK_SENDER), authority[-_FEEDBACK_SENDER:].lstrip(".-"))
