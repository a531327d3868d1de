"""What a signed message takes to make for each reader of a Thai edition, beside EmailMessage with dkimpy.

`python -m benchmarks.messages`
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING

import dkim
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks.__main__ import met, print_table
from publisher.mail.dkim import COVERED, DkimSigner
from publisher.mail.message import MessageTemplate, Sender
from publisher.mail.tokens import Signer
from publisher.model.delivery import Delivery, DeliveryState
from publisher.model.edition import Edition, EditionState, RenderedEdition, Slot

if TYPE_CHECKING:
    from collections.abc import Callable

#: Signed messages a second on one core.
TARGET = 2_500
HTML_BYTES, ROUNDS, MESSAGES, PLAIN_MESSAGES = 70_000, 5, 2_000, 25
_NOW = datetime(2024, 11, 10, 12, 0, tzinfo=UTC)
_TITLE = "ผลเลือกตั้งวันแรก คะแนนสูสี ผู้มีสิทธิออกมาใช้สิทธิมากที่สุดในรอบสิบปี"
_STORY = (
    '<tr><td class="story" style="padding:0 0 24px; color:#1b1b1f; font-size:16px; line-height:1.65">'
    f'<h2 style="margin:0 0 8px"><a href="https://news.example.org/world/first-count">{_TITLE}</a></h2>'
    f'<p style="margin:0">{_TITLE} {_TITLE} {_TITLE}</p></td></tr>\n'
)
_UNSUBSCRIBE, _PREFERENCES = "https://reader.invalid/unsubscribe", "https://reader.invalid/preferences"


def main() -> None:
    """Measure and print."""
    key = generate_private_key(65537, 2048)
    signer = DkimSigner(domain="news.example.org", selector="bench", key=key)
    edition = _edition()
    unsigned, signed = (MessageTemplate(edition, "สรุปข่าวโลก", _sender(dkim)) for dkim in (None, signer))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())

    def plain(number: int) -> None:
        plain_message(edition.content.subject, edition.content.html, edition.content.text, number, pem)

    one = _rate(lambda number: signed.message_for(_delivery(number)), MESSAGES)
    rows = [
        ("", "messages/s", "ms each"),
        ("ours, unsigned", *_cells(_rate(lambda number: unsigned.message_for(_delivery(number)), MESSAGES))),
        ("ours, signed", *_cells(one)),
        ("ours, signed, two threads", *_cells(_rate_of_threads(signed, 2))),
        ("EmailMessage and dkimpy", *_cells(_rate(plain, PLAIN_MESSAGES, rounds=2))),
    ]
    size = len(signed.message_for(_delivery(1)).data)
    print(
        f"{HTML_BYTES / 1000:.0f} KB of HTML in Thai, {size / 1000:.0f} KB as a message; RSA-2048, best of {ROUNDS}\n"
    )
    print_table(rows)
    print(f"\n{one:,.0f} signed messages a second of at least {TARGET:,} ({met(one >= TARGET)})")


def _edition() -> Edition:
    stories = _STORY * (HTML_BYTES // len(_STORY.encode()))
    links = f'<a href="{_UNSUBSCRIBE}">เลิกรับ</a> <a href="{_PREFERENCES}">ตั้งค่า</a>'
    content = RenderedEdition(
        subject=f"สรุปข่าวโลก: {_TITLE}",
        preheader="",
        html=f"<table>{stories}</table><p><!--reader-->{links}<!--/reader--></p>\n",
        text=f"{_TITLE}\n\n" * 60 + f"\n-- \nเลิกรับ: {_UNSUBSCRIBE}\nตั้งค่า: {_PREFERENCES}\n",
    )
    return Edition(
        id="world-2024-11-10-th",
        digest="world",
        language="th",
        slot=Slot(_NOW, "2024-11-10"),
        state=EditionState.APPROVED,
        composed=_NOW,
        content=content,
    )


def _sender(signer: DkimSigner | None) -> Sender:
    return Sender(
        address="World Desk <digest@news.example.org>",
        reply_to="desk@news.example.org",
        site_url="https://news.example.org/",
        authority="news.example.org",
        signer=Signer("a secret of the benchmark"),
        unsubscribe_place=_UNSUBSCRIBE,
        preferences_place=_PREFERENCES,
        dkim=signer,
        return_path="bounces@news.example.org",
    )


def _delivery(number: int) -> Delivery:
    return Delivery(
        id=number + 1,
        edition_id="world-2024-11-10-th",
        subscriber_id=number + 1,
        address=f"reader{number}@example.org",
        state=DeliveryState.CLAIMED,
        attempts=0,
        queued=_NOW,
    )


def plain_message(subject: str, html: str, text: str, number: int, pem: bytes) -> bytes:
    """Do what a short script does: the whole message again for each reader, signed."""
    unsubscribe = f"https://news.example.org/u/{number:032x}"
    message = EmailMessage(policy=SMTP)
    message["From"] = "World Desk <digest@news.example.org>"
    message["To"] = f"reader{number}@example.org"
    message["Subject"] = subject
    message["Date"] = _NOW
    message["Message-ID"] = f"<{number}@news.example.org>"
    message["List-Unsubscribe"] = f"<{unsubscribe}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text.replace(_UNSUBSCRIBE, unsubscribe))
    message.add_alternative(html.replace(_UNSUBSCRIBE, unsubscribe), subtype="html")
    data = message.as_bytes()
    covered = [name for name in COVERED if name.decode() in message]
    return bytes(dkim.sign(data, b"bench", b"news.example.org", pem, include_headers=covered)) + data


def _rate(make: Callable[[int], object], count: int, *, rounds: int = ROUNDS) -> float:
    def all_of_them() -> None:
        for number in range(count):
            make(number)

    return max(_once(all_of_them, count) for _ in range(rounds))


def _rate_of_threads(template: MessageTemplate, threads: int) -> float:
    # As a sender does it: a few dozen a turn, so that the threads are not kept by the queue between them.
    def batch(first: int) -> None:
        for number in range(first, first + 50):
            template.message_for(_delivery(number))

    with ThreadPoolExecutor(threads) as pool:
        return max(_once(lambda: list(pool.map(batch, range(0, MESSAGES, 50))), MESSAGES) for _ in range(ROUNDS))


def _once(work: Callable[[], object], count: int) -> float:
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def _cells(rate: float) -> tuple[str, str]:
    return f"{rate:,.0f}", f"{1000 / rate:.2f}"


if __name__ == "__main__":
    main()
