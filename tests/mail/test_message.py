"""A message at the byte level, and as a mail program reads it."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest

from publisher.kit.text import one_line
from publisher.mail import verp
from publisher.mail.message import MessageTemplate, Sender
from publisher.mail.tokens import Signer
from publisher.model.delivery import Delivery, DeliveryState
from publisher.model.edition import Edition, EditionState, RenderedEdition, Slot
from tests.build import NOW

if TYPE_CHECKING:
    from email.message import EmailMessage

    from tests.conftest import Golden

UNSUBSCRIBE = "https://reader.invalid/unsubscribe"
PREFERENCES = "https://reader.invalid/preferences"
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


def rendered(title: str, *, body: str = "") -> RenderedEdition:
    """An edition as the renderer gives it; what it says stands before the places, and often enough looks like them."""
    links = (f'<a href="{UNSUBSCRIBE}">Leave</a>', f'<a href="{PREFERENCES}">Settings</a>')
    return RenderedEdition(
        subject=one_line(f"World briefing: {title}"),
        preheader="",
        html=f"<h1>{title}</h1>\n{body}<p><!--reader-->{' '.join(links)}<!--/reader--></p>\n",
        text=f"{title}\n\n{body}World Desk\n\n-- \nLeave: {UNSUBSCRIBE}\nSettings: {PREFERENCES}\n",
    )


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
        values["content"] = rendered(title)
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


def own(content: RenderedEdition) -> tuple[str, str]:
    """Give text and HTML with the links of reader 7, which are filled in behind the last mark only."""
    text, mark, text_end = content.text.rpartition("\n-- \n")
    html, _, html_end = content.html.rpartition("<!--reader-->")
    ends = (text_end, html_end.replace("<!--/reader-->", "", 1))
    text_end, html_end = (end.replace(UNSUBSCRIBE, UNSUBSCRIBE_7).replace(PREFERENCES, PREFERENCES_7) for end in ends)
    return _crlf(text + mark + text_end), _crlf(html + html_end)


def _crlf(text: str) -> str:
    return re.sub("\r\n?|\n", "\r\n", text)


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
    "x" * 5_000,
    "\u202eشيء\u202c " * 400,
    "a\r\nBcc: everybody@example.org\r\n\r\n.\r\nbody\0",
]


@pytest.mark.parametrize("title", TITLES, ids=lambda title: title[:12])
def test_a_message_is_ascii_in_short_lines_that_end_with_crlf(title: str) -> None:
    content = data(edition(title))
    assert content.isascii()
    assert content.endswith(b"\r\n")
    assert re.findall(rb"(?<!\r)\n|\r(?!\n)|\0", content) == []
    fields, _, body = content.partition(b"\r\n\r\n")
    # Only what must not be folded is longer.
    assert {line[:16] for line in fields.split(b"\r\n") if len(line) > 78} <= {b"List-Unsubscribe", b"Message-ID: <6c0"}
    assert all(len(word) <= 75 for word in re.findall(rb"=\?utf-8\?\S*", fields))
    assert all(len(line) <= 76 and not line.startswith((b".", b"From ")) for line in body.split(b"\r\n"))


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


def test_a_message_has_each_header_of_the_design_once_and_in_this_order() -> None:
    assert parse(data(edition(), sender=replace(SENDER, complaints_to="complaints@news.example.org"))).keys() == [
        "To",
        "Message-ID",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "From",
        "Subject",
        "Date",
        "Reply-To",
        "List-Id",
        "Feedback-ID",
        "CFBL-Address",
        "Auto-Submitted",
        "Precedence",
        "MIME-Version",
        "Content-Type",
    ]


@pytest.mark.parametrize(
    "line",
    [
        f"List-Unsubscribe: <{UNSUBSCRIBE_7}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        'List-Id: "World briefing"\r\n <world.news.example.org>',
        "Feedback-ID: world-2024-11-10-en:world-en:world:example.org",
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "MIME-Version: 1.0",
        "Date: Sun, 10 Nov 2024 12:00:00 +0000",
        "To: reader@example.org",
        "Reply-To: desk@news.example.org",
        'From: "World Desk" <digest@news.example.org>',
        "Subject: World briefing: Title of A1",
    ],
)
def test_a_header_is_written_exactly_so(line: str) -> None:
    assert b"\r\n" + line.encode() + b"\r\n" in b"\r\n" + head(data(edition()))


def test_a_reader_may_leave_by_mail_too_where_somebody_reads_it() -> None:
    content = data(edition(), sender=replace(SENDER, unsubscribe_mailto="leave+world&all@ข่าว.example"))
    token = UNSUBSCRIBE_7.rpartition("/")[2]
    mailto = f"mailto:leave%2Bworld%26all@xn--22c8e6a1f.example?subject=unsubscribe%20{token}"
    assert f"\r\nList-Unsubscribe: <{UNSUBSCRIBE_7}>, <{mailto}>\r\n".encode() in head(content)


def test_one_click_is_offered_by_https_only() -> None:
    # RFC 8058 section 3.1.
    message = parse(data(edition(), sender=replace(SENDER, site_url="http://localhost:8000/")))
    assert "List-Unsubscribe-Post" not in message
    assert message["List-Unsubscribe"].startswith("<http://localhost:8000/u/")


def test_complaints_go_where_the_publication_says() -> None:
    # RFC 9477 section 3.1.
    content = data(edition(), sender=replace(SENDER, complaints_to="fbl@ข่าว.example.org"))
    assert b"\r\nCFBL-Address: fbl@xn--22c8e6a1f.example.org; report=arf\r\n" in head(content)
    assert "CFBL-Address" not in parse(data(edition()))


@pytest.mark.parametrize("authority", ["news.example.org", "example.org", "x.abcdef.example", "a-abcdef.example"])
def test_complaints_are_counted_by_four_names_none_of_them_a_readers(authority: str) -> None:
    for number in (7, 8):
        message = parse(data(edition(), delivery(number), sender=replace(SENDER, authority=authority)))
        *names, last = message["Feedback-ID"].split(":")
        assert names == ["world-2024-11-10-en", "world-en", "world"]
        assert authority.endswith(last)
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]{4,14}", last)


def test_a_domain_outside_ascii_is_written_in_a_labels_wherever_it_stands() -> None:
    sender = replace(SENDER, address="ข่าว <digest@ข่าว.example>", reply_to="desk@ข่าว.example", authority="ข่าว.example")
    message = MessageTemplate(edition(), "World briefing", sender).message_for(delivery())
    assert message.data.isascii()
    assert message.sender == "digest@xn--22c8e6a1f.example"
    parsed = parse(message.data)
    assert parsed["From"].addresses[0].addr_spec == "digest@xn--22c8e6a1f.example"
    assert parsed["Reply-To"] == "desk@xn--22c8e6a1f.example"
    assert parsed["Message-ID"].endswith("@xn--22c8e6a1f.example>")
    assert parsed["List-Id"].endswith("<world.xn--22c8e6a1f.example>")


def test_international_addresses_are_written_in_utf_8() -> None:
    sender = replace(SENDER, address="World Desk <โต๊ะข่าว@ข่าว.example>")
    message = MessageTemplate(edition(), "World briefing", sender).message_for(delivery(7, "ผู้อ่าน@ข่าว.example"))
    assert (message.sender, message.recipient) == ("โต๊ะข่าว@ข่าว.example", "ผู้อ่าน@ข่าว.example")
    lines = head(message.data).decode().split("\r\n")
    assert "To: ผู้อ่าน@ข่าว.example" in lines
    assert 'From: "World Desk" <โต๊ะข่าว@ข่าว.example>' in lines


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


@pytest.mark.parametrize("title", [*TITLES[:6], "hidden https://reader.invalid/unsubscribe"])
def test_html_and_text_are_the_editions_but_for_the_readers_links(title: str) -> None:
    made = edition(title)
    content = data(made)
    assert (part(content, 0), part(content, 1)) == own(made.content)


@pytest.mark.parametrize(
    "hostile",
    [
        UNSUBSCRIBE,
        f"x\n-- \n{UNSUBSCRIBE}\n-- \n{PREFERENCES}",
        f'<!--reader--><a href="{UNSUBSCRIBE}">x</a><!--/reader-->',
    ],
)
def test_no_post_gets_hold_of_a_readers_link(hostile: str) -> None:
    content = data(edition(content=rendered(hostile, body=f"{hostile}\n\n{UNSUBSCRIBE}\n")))
    for number in (0, 1):
        text = part(content, number)
        assert text.count(UNSUBSCRIBE_7) == text.count(PREFERENCES_7) == 1
        assert text.index(UNSUBSCRIBE_7) > text.rindex(UNSUBSCRIBE)
        assert text.count(UNSUBSCRIBE) >= 3


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


def test_each_delivery_has_a_return_path_of_its_own_where_the_publication_wants_it() -> None:
    template = MessageTemplate(edition(), "World briefing", replace(SENDER, return_path="bounces@news.example.org"))
    message, other = (template.message_for(delivery(number)) for number in (7, 8))
    assert verp.read(message.sender, SIGNER) == 7
    assert message.sender.endswith("@news.example.org")
    assert verp.read(other.sender, SIGNER) == 8
    # A test message is in no ledger: what bounces goes to the sender.
    assert template.message_for(replace(delivery(), id=0)).sender == "digest@news.example.org"
    # Readers never see it.
    assert message.data == data(edition())


def test_a_message_made_again_is_the_same_to_the_byte() -> None:
    assert data(edition(THAI_TITLE)) == data(edition(THAI_TITLE))


def test_the_boundary_stands_in_no_part() -> None:
    content = data(edition())
    boundary = parse(content).get_boundary()
    assert boundary is not None
    assert content.count(boundary.encode()) == 4
    assert boundary not in part(content, 0) + part(content, 1)


@pytest.mark.parametrize(("title", "encoding"), [("Title of A1", "quoted-printable"), (THAI_TITLE, "base64")])
def test_a_part_is_encoded_the_shorter_way_for_all_readers_alike(title: str, encoding: str) -> None:
    template = MessageTemplate(edition(title), "World briefing", SENDER)
    for number in (7, 1_000_000):
        parts = parse(template.message_for(delivery(number)).data).iter_parts()
        assert {each["Content-Transfer-Encoding"] for each in parts} == {encoding}


def test_an_edition_without_a_footer_of_text_is_sent_as_it_is() -> None:
    content = replace(rendered("Title"), text=f"A template of somebody's own: {UNSUBSCRIBE}\n")
    assert part(data(edition(content=content)), 0) == f"A template of somebody's own: {UNSUBSCRIBE_7}\r\n"


@pytest.mark.parametrize(("language", "title"), [("en", "Count goes on after a close vote"), ("th", THAI_TITLE)])
def test_golden_message(golden: Golden, language: str, title: str) -> None:
    list_title = {"en": "World briefing", "th": "ข่าวโลก"}[language]
    content = data(edition(title, id=f"world-2024-11-10-{language}", language=language), title=list_title)
    golden.check(f"mail/{language}.eml", content.replace(b"\r\n", b"\n"))
