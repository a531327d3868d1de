"""A message at the byte level, and as a mail program reads it."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest

from publisher.digest.render import PREFERENCES, UNSUBSCRIBE
from publisher.mail.message import MessageTemplate, Sender
from publisher.mail.tokens import Signer
from publisher.model.delivery import Delivery, DeliveryState
from publisher.model.edition import Edition, EditionState, Slot
from tests.build import NOW, article
from tests.digest.test_render import edition as rendered

if TYPE_CHECKING:
    from email.message import EmailMessage

    from tests.conftest import Golden

SIGNER = Signer("a secret of the tests")
SENDER = Sender(
    address="World Desk <digest@news.example.org>",
    reply_to="desk@news.example.org",
    site_url="https://news.example.org/",
    authority="news.example.org",
    signer=SIGNER,
    unsubscribe_place=UNSUBSCRIBE,
    preferences_place=PREFERENCES,
)
UNSUBSCRIBE_7 = f"https://news.example.org/u/{SIGNER.token('unsubscribe', 7, 'world')}"
PREFERENCES_7 = f"https://news.example.org/p/{SIGNER.token('preferences', 7, 'world')}"
THAI_TITLE = "ผลเลือกตั้งวันแรก “คะแนน” สูสี ผู้มีสิทธิออกมาใช้สิทธิมากที่สุดในรอบสิบปี"


def edition(title: str = "Title of A1", **values: Any) -> Edition:
    made: dict[str, Any] = {
        "id": "world-2024-11-10-en",
        "digest": "world",
        "language": "en",
        "slot": Slot(NOW, "2024-11-10"),
        "state": EditionState.APPROVED,
        "composed": NOW,
    }
    if "content" not in values:
        values["content"] = rendered(article("A1", title=title, summary=title))
    return Edition(**(made | values))


def delivery(subscriber: int = 7, address: str = "reader@example.org") -> Delivery:
    return Delivery(
        id=subscriber,
        edition_id="world-2024-11-10-en",
        subscriber_id=subscriber,
        address=address,
        state=DeliveryState.CLAIMED,
        attempts=0,
        queued=NOW,
    )


def data(made: Edition, to: Delivery | None = None, *, title: str = "World briefing", sender: Sender = SENDER) -> bytes:
    return MessageTemplate(made, title, sender).message_for(to or delivery()).data


def parse(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


def head(content: bytes) -> bytes:
    return content.partition(b"\r\n\r\n")[0] + b"\r\n"


def part(content: bytes, number: int) -> str:
    payload = list(parse(content).iter_parts())[number].get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode("utf-8")


TITLES = [
    "Title of A1",
    THAI_TITLE,
    "👩‍👩‍👧‍👦 " * 30,
    "A long title in plain words that has to be folded at its spaces, and more than once, because it goes on",
    "Why =?utf-8?q?this?= is not what it seems",
    "x" * 2_000,
    "a\r\nBcc: everybody@example.org\r\n\r\n.\r\nbody",
]


@pytest.mark.parametrize("title", TITLES)
def test_a_message_is_ascii_in_short_lines_that_end_with_crlf(title: str) -> None:
    content = data(edition(title))
    assert content.isascii()
    assert content.endswith(b"\r\n")
    assert re.findall(rb"(?<!\r)\n|\r(?!\n)", content) == []
    lines = content.split(b"\r\n")
    assert all(len(line) <= 998 for line in lines)
    assert all(len(word) <= 75 for word in re.findall(rb"=\?utf-8\?\S*", head(content)))


@pytest.mark.parametrize("title", TITLES)
def test_a_mail_program_reads_every_header_back(title: str) -> None:
    made = edition(title)
    message = parse(data(made, title="ข่าวโลก"))
    assert message["Subject"] == made.content.subject
    assert message["From"].addresses[0].display_name == "World Desk"
    assert message["From"].addresses[0].addr_spec == "digest@news.example.org"
    assert [address.addr_spec for address in message["To"].addresses] == ["reader@example.org"]
    assert message["Reply-To"] == "desk@news.example.org"
    assert message["List-Id"] == "ข่าวโลก <world.news.example.org>"
    assert message["Date"].datetime == NOW
    assert message.defects == []
    assert [value.defects for value in message.values() if value.defects] == []


def test_a_message_has_each_header_of_the_design_once() -> None:
    assert sorted(parse(data(edition())).keys()) == [
        "Auto-Submitted",
        "Content-Type",
        "Date",
        "Feedback-ID",
        "From",
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "MIME-Version",
        "Message-ID",
        "Precedence",
        "Reply-To",
        "Subject",
        "To",
    ]


@pytest.mark.parametrize(
    "line",
    [
        f"List-Unsubscribe: <{UNSUBSCRIBE_7}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Feedback-ID: world-2024-11-10-en:world:digest:news.example.org",
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "MIME-Version: 1.0",
        "Date: Sun, 10 Nov 2024 12:00:00 +0000",
        "To: reader@example.org",
        'From: "World Desk" <digest@news.example.org>',
        "Subject: World briefing: Title of A1",
    ],
)
def test_a_header_stands_on_one_line_exactly(line: str) -> None:
    assert b"\r\n" + line.encode() + b"\r\n" in b"\r\n" + head(data(edition()))


@pytest.mark.parametrize("title", ["World briefing", 'Daily, the "World": <b> (en)', "ข่าวโลก", "a@b"])
def test_the_list_id_is_a_phrase_and_the_lists_own_name(title: str) -> None:
    unfolded = head(data(edition(), title=title)).replace(b"\r\n ", b" ").decode()
    (value,) = re.findall(r"^List-Id: (.*)\r$", unfolded, re.MULTILINE)
    # RFC 2919: a phrase of RFC 5322, that is atoms, quoted strings or encoded words, then the name in brackets.
    atoms = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
    quoted = r'"(?:[^"\\]|\\.)*"'
    assert re.fullmatch(rf"(?:(?:{atoms}|{quoted}) )+<world\.news\.example\.org>", value)


def test_without_an_address_for_replies_there_is_no_such_header() -> None:
    assert "Reply-To" not in parse(data(edition(), sender=replace(SENDER, reply_to=None)))


def test_a_reader_gets_the_same_message_id_for_one_edition_and_another_for_the_next() -> None:
    def message_id(made: Edition, subscriber: int) -> str:
        return str(parse(data(made, delivery(subscriber)))["Message-ID"])

    other = edition(id="world-2024-11-11-en")
    assert message_id(edition(), 7) == message_id(edition(), 7)
    assert len({message_id(edition(), 7), message_id(edition(), 8), message_id(other, 7)}) == 3
    assert re.fullmatch(r"<[0-9a-f]{40}@news\.example\.org>", message_id(edition(), 7))


def test_text_comes_first_and_html_is_the_better_alternative() -> None:
    message = parse(data(edition()))
    assert message.get_content_type() == "multipart/alternative"
    parts = list(message.iter_parts())
    assert [each.get_content_type() for each in parts] == ["text/plain", "text/html"]
    assert {each.get_content_charset() for each in parts} == {"utf-8"}


@pytest.mark.parametrize("title", [*TITLES[:5], "hidden https://reader.invalid/unsubscribe"])
def test_html_and_text_are_the_editions_but_for_the_readers_links(title: str) -> None:
    made = edition(title)
    content = data(made)
    before, _, after = made.content.html.rpartition("<!--reader-->")
    footer = after.replace(UNSUBSCRIBE, UNSUBSCRIBE_7).replace(PREFERENCES, PREFERENCES_7)
    assert part(content, 1) == (before + footer.replace("<!--/reader-->", "")).replace("\n", "\r\n")
    before, mark, after = made.content.text.rpartition("\n-- \n")
    footer = after.replace(UNSUBSCRIBE, UNSUBSCRIBE_7).replace(PREFERENCES, PREFERENCES_7)
    assert part(content, 0) == (before + mark + footer).replace("\n", "\r\n")


@pytest.mark.parametrize(
    "hostile",
    [
        UNSUBSCRIBE,
        f"x\n-- \n{UNSUBSCRIBE}\n-- \n{PREFERENCES}",
        f'<!--reader--><a href="{UNSUBSCRIBE}">x</a><!--/reader-->',
    ],
)
def test_no_post_gets_hold_of_a_readers_link(hostile: str) -> None:
    stories = [article(code, title=hostile, summary=hostile, link=UNSUBSCRIBE) for code in ("A1", "A2")]
    content = data(edition(content=rendered(*stories, more=stories)))
    for number in (0, 1):
        text = part(content, number)
        assert text.count(UNSUBSCRIBE_7) == text.count(PREFERENCES_7) == 1
        assert text.index(UNSUBSCRIBE_7) > text.rindex(UNSUBSCRIBE)
        assert text.count(UNSUBSCRIBE) >= 6


def test_each_reader_gets_links_of_their_own() -> None:
    template = MessageTemplate(edition(), "World briefing", SENDER)
    seven, eight = (template.message_for(delivery(number)).data for number in (7, 8))
    assert UNSUBSCRIBE_7 in part(seven, 0)
    assert UNSUBSCRIBE_7 in part(seven, 1)
    for number in (0, 1):
        assert UNSUBSCRIBE_7 not in part(eight, number)
        assert "reader.invalid" not in part(eight, number)


def test_the_envelope_has_bare_addresses() -> None:
    message = MessageTemplate(edition(), "World briefing", SENDER).message_for(delivery(9, "o'neil+x@example.org"))
    assert (message.sender, message.recipient) == ("digest@news.example.org", "o'neil+x@example.org")
    assert (message.delivery_id, message.edition_id) == (9, "world-2024-11-10-en")


def test_a_message_made_again_is_the_same_to_the_byte() -> None:
    assert data(edition(THAI_TITLE)) == data(edition(THAI_TITLE))


def test_the_boundary_stands_in_no_part() -> None:
    content = data(edition())
    boundary = parse(content).get_boundary()
    assert boundary is not None
    assert content.count(boundary.encode()) == 4
    assert boundary not in part(content, 0) + part(content, 1)


def test_golden_message(golden: Golden) -> None:
    content = data(edition(THAI_TITLE), title="ข่าวโลก")
    golden.check("mail/headers.txt", head(content).replace(b"\r\n", b"\n"))
    golden.check("mail/text.txt", part(content, 0).replace("\r\n", "\n").encode())
