"""Header fields: whatever a title holds, the bytes keep to the standards and a mail program reads the title back."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from email import message_from_bytes, message_from_string, policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.kit.text import one_line
from publisher.mail import headers

WORD = re.compile(rb"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=")


def read(field: str) -> Any:
    """Read a field as the standard library does."""
    (value,) = message_from_bytes(f"{field}\r\n".encode("ascii"), policy=policy.default).values()
    return value


def lines(field: str) -> list[bytes]:
    assert field.endswith("\r\n")
    return field.encode("ascii").removesuffix(b"\r\n").split(b"\r\n")


TITLES = [
    "World briefing",
    "ข่าวโลก: ผลเลือกตั้งวันแรก คะแนนสูสี ผู้มีสิทธิออกมาใช้สิทธิมากที่สุดในรอบสิบปี",
    "👩‍👩‍👧‍👦 family, 🇹🇭 flag, é combined " * 4,
    "A long title in plain words that has to be folded at its spaces, and more than once, because it goes on so",
    "Why =?utf-8?q?this?= is not what it seems",
    "=?",
    "x" * 300,
    "ก" + "\u0e49" * 200,
    "word " * 50 + "y" * 90,
    "x",
    "",
]


@pytest.mark.parametrize("title", TITLES)
def test_a_title_is_read_back_as_it_was(title: str) -> None:
    field = headers.unstructured("Subject", title)
    assert read(field) == title.strip()
    assert not read(field).defects
    assert str(make_header(decode_header(read(field)))) == title.strip() or "=?" in title


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(), max_size=200))
@example("a\r\nBcc: everybody@example.org")
@example("\x00\u2028\u2029\x85\ud800")
def test_any_line_of_text_is_read_back_as_it_was(text: str) -> None:
    assert read(headers.unstructured("Subject", text)) == one_line(text)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=300), st.text("abc ก้😀 ", max_size=300)))
def test_no_line_of_a_field_is_longer_than_the_standards_allow(text: str) -> None:
    for line in lines(headers.unstructured("Subject", text)):
        # RFC 2047 section 2: 75 for a word, 76 for a line with one; RFC 5322 section 2.1.1: 78 for the others.
        assert all(len(word) <= 75 for word in re.findall(rb"=\?\S*\?=", line))
        assert len(line) <= (76 if WORD.search(line) else 78)


@pytest.mark.parametrize("title", TITLES)
def test_no_encoded_word_ends_inside_a_character(title: str) -> None:
    for word in WORD.findall(headers.unstructured("Subject", title).encode()):
        base64.b64decode(word, validate=True).decode("utf-8")


def test_no_encoded_word_begins_with_a_mark_that_belongs_to_the_letter_before() -> None:
    words = WORD.findall(headers.unstructured("Subject", "น้ำ" * 40 + "👩‍👩‍👧‍👦" * 9).encode())
    assert len(words) > 5
    for word in words:
        assert base64.b64decode(word).decode()[0] in "นำ👩"


def test_plain_text_is_written_plainly_and_folded_at_spaces() -> None:
    title = "A long title in plain words that has to be folded at its spaces, and more than once, because it goes on so"
    assert lines(headers.unstructured("Subject", title)) == [
        b"Subject: A long title in plain words that has to be folded at its spaces, and",
        b" more than once, because it goes on so",
    ]


INJECTION = "a\r\nBcc: everybody@example.org\n\nbody\x00"


@pytest.mark.parametrize(
    "field",
    [
        headers.unstructured("X", INJECTION),
        headers.verbatim("X", INJECTION),
        headers.mailbox("X", f"{INJECTION} <desk@example.org>"),
        headers.mailbox("X", f'"{INJECTION}" <desk@example.org>'),
        headers.mailbox("X", "desk@example.org\r\nBcc: everybody@example.org"),
    ],
)
def test_a_line_break_in_a_value_begins_no_other_field(field: str) -> None:
    message = message_from_bytes(field.encode() + b"\r\nthe body", policy=policy.default)
    assert message.keys() == ["X"]
    assert message.get_payload() == "the body"
    assert "\0" not in field


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("digest@news.example.org", "", "digest@news.example.org"),
        ("World Desk <digest@news.example.org>", "World Desk", "digest@news.example.org"),
        ('"Desk, the \\"World\\"" <digest@news.example.org>', 'Desk, the "World"', "digest@news.example.org"),
        ("โต๊ะข่าวโลก <digest@news.example.org>", "โต๊ะข่าวโลก", "digest@news.example.org"),
        (f"{'โต๊ะข่าวโลก ' * 12} <digest@news.example.org>", "โต๊ะข่าวโลก " * 11 + "โต๊ะข่าวโลก", "digest@news.example.org"),
        ("o'neil+news@example.org", "", "o'neil+news@example.org"),
        ('"odd one"@example.org', "", '"odd one"@example.org'),
    ],
)
def test_a_mailbox_is_read_back_as_it_was(written: str, name: str, address: str) -> None:
    field = headers.mailbox("From", written)
    # The structured parser of some Pythons puts spaces between encoded words; this is what RFC 2047 section 6.2 says.
    display, found = parseaddr(message_from_string(f"{field}\r\n")["From"])
    assert (str(make_header(decode_header(display))), found) == (name, address)
    assert max(map(len, lines(field))) <= 78


def test_a_verbatim_field_stands_on_one_line_however_long() -> None:
    value = f"<https://news.example.org/u/{'a' * 300}>"
    assert headers.verbatim("List-Unsubscribe", value) == f"List-Unsubscribe: {value}\r\n"


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2024, 11, 10, 12, 0, tzinfo=UTC), "Sun, 10 Nov 2024 12:00:00 +0000"),
        (datetime.fromisoformat("2024-11-10T07:00:00+07:00"), "Sun, 10 Nov 2024 07:00:00 +0700"),
    ],
)
def test_a_date_is_written_as_mail_has_it(moment: datetime, written: str) -> None:
    assert headers.date(moment) == f"Date: {written}\r\n"
    assert read(headers.date(moment)).datetime == moment
