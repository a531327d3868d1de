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

from publisher.kit.segment import graphemes
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


def read_display(field: str) -> tuple[str, str]:
    """Read a field of one address: its display name as RFC 2047 section 6.2 has it, and the address.

    The structured parser of some Pythons puts spaces between encoded words, so this is the other one.
    """
    display, address = parseaddr(message_from_string(f"{field}\r\n")["From"])
    return str(make_header(decode_header(display))), address


def decoded(field: str) -> list[str]:
    """Give the text of each encoded word."""
    return [base64.b64decode(word, validate=True).decode("utf-8") for word in WORD.findall(field.encode())]


#: As many characters of each script as a title never has.
SCRIPTS = {
    "thai": "ผลเลือกตั้งวันแรก คะแนนสูสี น้ำท่วม ",
    "emoji": "👩‍👩‍👧‍👦👩🏽‍❤️‍💋‍👨🏾🏴󠁧󠁢󠁥󠁮󠁧󠁿🇹🇭 ",
    "arabic": "نتائج اليوم الأوّل مُتقاربة ",
    "hebrew": "תּוצאות היום הראשון ",
    "hindi": "पहले दिन के परिणाम क्षेत्र ",
    "japanese": "初日の開票は接戦が続く。が",
    "korean": "첫날 개표 결과 접전 ",
    "chinese": "首日計票結果非常接近",
    "burmese": "ပထမနေ့ ရလဒ်များ ",
    "latin": "Résultats très serrés: œuvre, e\u0301te\u0301 ",
    "mixed": "Poll ผล \u200fנתון\u200e 結果 👩‍👩‍👧‍👦 ",
}
TITLES = [
    "World briefing",
    *(words * (5_000 // len(words)) for words in SCRIPTS.values()),
    "A long title in plain words that has to be folded at its spaces, and more than once, because it goes on so",
    "Why =?utf-8?q?this?= is not what it seems",
    "=?",
    "x" * 5_000,
    "word " * 1_000,
    "ก" + "\u0e49" * 200,
    "word " * 50 + "y" * 90,
    "x",
    "",
]


@pytest.mark.parametrize("title", TITLES, ids=lambda title: title[:12])
def test_a_title_is_read_back_as_it_was(title: str) -> None:
    field = headers.unstructured("Subject", title)
    assert read(field) == one_line(title)
    assert not read(field).defects
    assert str(make_header(decode_header(read(field)))) == one_line(title) or "=?" in title


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(), max_size=200))
@example("a\r\nBcc: everybody@example.org")
@example("\x00\u2028\u2029\x85\ud800")
def test_any_line_of_text_is_read_back_as_it_was(text: str) -> None:
    assert read(headers.unstructured("Subject", text)) == one_line(text)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=300), st.text("abc ก้😀 ", max_size=300), st.sampled_from(TITLES)))
@pytest.mark.parametrize("name", ["Subject", "X-Something-Longer"])
def test_no_line_of_a_field_is_longer_than_the_standards_allow(name: str, text: str) -> None:
    for line in lines(headers.unstructured(name, text)):
        # RFC 2047 section 2: 75 for a word, 76 for a line with one; RFC 5322 section 2.1.1: 78 for the others.
        assert all(len(word) <= 75 for word in re.findall(rb"=\?\S*\?=", line))
        assert len(line) <= (76 if WORD.search(line) else 78)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=300), st.sampled_from(TITLES)))
def test_no_encoded_word_ends_inside_what_a_reader_sees_as_one_character(text: str) -> None:
    characters = graphemes(one_line(text))
    position = 0
    ends = {0} | {position := position + len(character) for character in characters}
    position = 0
    for word in decoded(headers.unstructured("Subject", text)):
        position += len(word)
        # One that is longer than a word can be has to be cut.
        assert position in ends or max(len(character.encode()) for character in characters) > 45


def test_a_character_of_many_parts_that_no_first_word_holds_stands_whole_on_the_second_line() -> None:
    family = "👩🏽‍👩🏽‍👧🏽‍👦🏽"
    assert 39 < len(family.encode()) <= 45
    assert lines(headers.unstructured("Subject", family)) == [
        b"Subject:",
        b" =?utf-8?b?" + base64.b64encode(family.encode()) + b"?=",
    ]
    # Where the name of a field stands alone, some readers take the fold for a space.
    assert read(headers.unstructured("Subject", family)).lstrip() == family


def test_a_character_that_no_word_holds_is_cut_between_two_of_its_marks() -> None:
    title = "ก" + "\u0e49" * 200
    assert "".join(decoded(headers.unstructured("Subject", title))) == title


def test_words_are_as_long_as_they_may_be() -> None:
    first, second, *_ = lines(headers.unstructured("Subject", "ก" * 100))
    assert (len(first), len(second)) == (73, 73)


@pytest.mark.parametrize("title", ["World briefing", "x" * 69, '"Quotes", commas; and (more) <b>', "a?= b"])
def test_a_title_in_ascii_stays_as_it_is(title: str) -> None:
    assert headers.unstructured("Subject", title) == f"Subject: {title}\r\n"


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
        headers.list_id(INJECTION, "world.news.example.org").replace("List-Id", "X"),
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
        ('"Back\\\\slash" <digest@news.example.org>', "Back\\slash", "digest@news.example.org"),
        ("โต๊ะข่าวโลก <digest@news.example.org>", "โต๊ะข่าวโลก", "digest@news.example.org"),
        ('"ข่าว, โลก" <digest@news.example.org>', "ข่าว, โลก", "digest@news.example.org"),
        (f"{'โต๊ะข่าวโลก ' * 12} <digest@news.example.org>", "โต๊ะข่าวโลก " * 11 + "โต๊ะข่าวโลก", "digest@news.example.org"),
        ("The World Desk of the News <digest@a-long-subdomain.news.example.org>", "The World Desk of the News",
         "digest@a-long-subdomain.news.example.org"),
        (f"{'Desk ' * 30}<digest@news.example.org>", ("Desk " * 30).strip(), "digest@news.example.org"),
        ("o'neil+news@example.org", "", "o'neil+news@example.org"),
        ('"odd one"@example.org', "", '"odd one"@example.org'),
        ("digest@ข่าว.example.org", "", "digest@xn--22c8e6a1f.example.org"),
        ("Straße <digest@straße.example>", "Straße", "digest@xn--strae-oqa.example"),
    ],
)  # fmt: skip
def test_a_mailbox_is_read_back_as_it_was(written: str, name: str, address: str) -> None:
    field = headers.mailbox("From", written)
    assert read_display(field) == (name, address)
    assert all(len(line) <= (76 if WORD.search(line) else 78) for line in lines(field))


@pytest.mark.parametrize("name", ["ข่าว", "World Desk", "x" * 70, "x" * 71])
def test_a_mailbox_is_folded_before_the_address_where_the_line_would_be_too_long(name: str) -> None:
    for length in range(1, 60):
        field = headers.mailbox("From", f"{name} <{'a' * length}@example.org>")
        assert all(len(line) <= (76 if WORD.search(line) else 78) for line in lines(field))
        assert read(field).addresses[0].addr_spec == f"{'a' * length}@example.org"


@pytest.mark.parametrize(("length", "encoded"), [(70, False), (71, True)])
def test_a_name_in_ascii_stays_as_it_is_while_it_fits_on_a_line(length: int, encoded: bool) -> None:
    first = lines(headers.mailbox("From", f"{'x' * length} <digest@news.example.org>"))[0]
    assert (first.count(b"x") == length) is not encoded
    assert (WORD.search(first) is not None) is encoded


def test_a_name_that_looks_like_an_encoded_word_is_read_back_as_it_was() -> None:
    field = headers.mailbox("From", '"=?utf-8?q?Desk?=" <digest@news.example.org>')
    assert decoded(field) == ["=?utf-8?q?Desk?="]
    assert read(field).addresses[0].display_name == "=?utf-8?q?Desk?="


def test_an_international_address_is_written_in_utf_8_as_it_is() -> None:
    # RFC 6532 section 3.2: only a relay that knows SMTPUTF8 gets such a message.
    assert headers.mailbox("To", "ผู้อ่าน@ข่าว.example") == "To: ผู้อ่าน@ข่าว.example\r\n"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("desk@example.org", "desk@example.org"),
        ("desk@localhost", "desk@localhost"),
        ("desk", "desk"),
        ("desk@ข่าว.example.org", "desk@xn--22c8e6a1f.example.org"),
        ("desk@BÜCHER.example", "desk@xn--bcher-kva.example"),
        ("ผู้อ่าน@ข่าว.example", "ผู้อ่าน@ข่าว.example"),
    ],
)
def test_a_domain_is_written_in_a_labels_where_that_makes_the_address_ascii(written: str, plain: str) -> None:
    assert headers.plain_address(written) == plain


@pytest.mark.parametrize("title", ["World briefing", 'Daily, the "World": <b> (en)', "ข่าวโลก", "a@b", "x" * 80, ""])
def test_the_list_id_is_a_phrase_and_the_lists_own_name(title: str) -> None:
    field = headers.list_id(title, "world.news.example.org")
    # RFC 2919: a phrase of RFC 5322, that is atoms, quoted strings or encoded words, then the name in brackets.
    atoms = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
    quoted = r'"(?:[^"\\]|\\.)*"'
    unfolded = field.replace("\r\n ", " ")
    assert re.fullmatch(rf"List-Id: (?:(?:{atoms}|{quoted}) )+<world\.news\.example\.org>\r\n", unfolded)
    assert all(len(line) <= (76 if WORD.search(line) else 78) for line in lines(field))


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
