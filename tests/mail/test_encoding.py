"""Two parts in one body: short lines of ASCII, and decoded they are the text again."""

from __future__ import annotations

import hashlib
import re
from email import message_from_bytes, policy

import pytest
from dkim.canonicalization import CanonicalizationPolicy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.mail.encoding import Alternative

TEXT = st.one_of(st.text(max_size=400), st.text("abc =.\tF\r\n-é้ก😀", max_size=400))
#: Long, and hard to cut.
HARD = [
    "=" * 300,
    "." * 300,
    "ก" * 300,
    "😀" * 100,
    "From x\n.\n..y\n--=_z\n \n\t\n",
    "a" * 73 + ".b",
    "a" * 73 + "From b",
    "x ",
]


def closed(made: Alternative, text_end: str, html_end: str) -> bytes:
    return b"".join(made.closed(text_end, html_end))


def alternative(text: str, html: str, seed: str) -> tuple[str, bytes]:
    """A body that is the same for everybody."""
    made = Alternative(("", text), ("", html), seed)
    return made.content_type, closed(made, text, html)


def encodings(body: bytes) -> list[bytes]:
    return re.findall(rb"^Content-Transfer-Encoding: (\S+)\r$", body, re.MULTILINE)


def decoded(content_type: str, body: bytes) -> list[str]:
    """Read the parts back, as the standard library does."""
    message = message_from_bytes(content_type.encode() + b"\r\n" + body, policy=policy.default)
    assert message.get_content_type() == "multipart/alternative"
    parts = list(message.iter_parts())
    assert [each.get_content_type() for each in parts] == ["text/plain", "text/html"]
    assert {each.get_content_charset() for each in parts} == {"utf-8"}
    assert not any(each.defects for each in (message, *parts))
    payloads = [each.get_payload(decode=True) for each in parts]
    return [payload.decode() for payload in payloads if isinstance(payload, bytes)]


def crlf(text: str) -> str:
    return re.sub("\r\n?|\n", "\r\n", text)


@settings(max_examples=300, deadline=None)
@given(TEXT, TEXT, TEXT, TEXT)
@example("", "", "", "")
@example("no line end", "here", "<p> ", " x")
@pytest.mark.parametrize("ascii_only", [False, True], ids=["any script", "ASCII"])
def test_parts_are_read_back_as_they_were(ascii_only: bool, text: str, text_end: str, html: str, html_end: str) -> None:
    pieces = [text, text_end, html, html_end]
    if ascii_only:
        pieces = [piece.encode("ascii", "ignore").decode() for piece in pieces]
    # Where a line ends is never between what is shared and what is not.
    text, text_end, html, html_end = (crlf(piece) for piece in pieces)
    made = Alternative((text, text_end), (html, html_end), "seed")
    body = closed(made, text_end, html_end)
    assert decoded(made.content_type, body) == [text + text_end, html + html_end]


@settings(max_examples=300, deadline=None)
@given(st.one_of(TEXT, st.sampled_from(HARD)), TEXT)
def test_every_line_is_short_ascii_and_nothing_that_a_relay_or_a_mailbox_takes_for_its_own(text: str, end: str) -> None:
    made = Alternative((text, end), (text, end), "seed")
    body = closed(made, end, end)
    assert body.endswith(b"--\r\n")
    assert re.findall(rb"(?<!\r)\n|\r(?!\n)|[^\t\r\n -~]", body) == []
    for line in body.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        # RFC 2045 section 6.7, rule 3.
        assert not line.endswith((b" ", b"\t"))


@pytest.mark.parametrize("text", HARD)
@pytest.mark.parametrize("around", ["", "plain words, so that quoted-printable is the shorter way. " * 60])
def test_what_is_hard_to_cut_is_read_back_as_it_was(text: str, around: str) -> None:
    whole = around + text
    assert decoded(*alternative(whole, whole, "seed")) == [crlf(whole)] * 2
    made = Alternative((whole, text), (whole, text), "seed")
    assert decoded(made.content_type, closed(made, text, text)) == [crlf(whole + text)] * 2


def test_no_character_is_cut_by_a_line_end_in_quoted_printable() -> None:
    words = "plain words " * 60
    for before in range(9):
        _, body = alternative(words + "x" * before + "ก" * 30 + words, words, "seed")
        assert encodings(body)[0] == b"quoted-printable"
        assert re.findall(rb"=\r\n=[89AB]", body) == []


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Plain words. " * 50, b"quoted-printable"),
        ("Résumé, and words that are plain. " * 50, b"quoted-printable"),
        ("ผลเลือกตั้งวันแรก " * 50, b"base64"),
        ("投票結果" * 50, b"base64"),
        ('<td style="x">a=b</td>\n' * 50, b"quoted-printable"),
    ],
)
def test_the_shorter_encoding_is_taken_for_each_part_alone(text: str, encoding: bytes) -> None:
    _, body = alternative(text, "<p>Plain</p>", "seed")
    assert encodings(body) == [encoding, b"quoted-printable"]


def test_the_choice_is_made_once_whatever_a_reader_puts_in() -> None:
    made = Alternative(("Plain words. ", "PLACE"), ("<p>", "PLACE"), "seed")
    ends = ("ผลเลือกตั้งวันแรก " * 50, "https://news.example.org/")
    for end in ends:
        body = closed(made, end, end)
        assert encodings(body) == [b"quoted-printable"] * 2
        assert decoded(made.content_type, body) == [f"Plain words. {end}", f"<p>{end}"]


@settings(max_examples=300, deadline=None)
@given(TEXT, TEXT, TEXT, TEXT)
@example("a  \t", " \tb", "<p>\t ", "\t\t")
@example("  indented\r\n\r\n", "\tx", "<p>  <b>\r\n", "")
@example("a", "", "\t", " ")
@example("ก" * 300, "  x", "ก" * 300, "  x\r\n\r\n\r\n")
def test_the_hash_is_that_of_the_relaxed_body(text: str, text_end: str, html: str, html_end: str) -> None:
    made = Alternative((text, text_end), (html, html_end), "seed")
    for ends in ((text_end, html_end), (f" {html_end}", f"\t{text_end} ")):
        body = made.closed(*ends)
        relaxed = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed").canonicalize_body(b"".join(body))
        assert made.relaxed_hash(body) == hashlib.sha256(relaxed).digest()


def test_what_is_shared_is_the_same_bytes_for_all_readers() -> None:
    shared = "ผลเลือกตั้งวันแรก " * 50
    made = Alternative((shared, "PLACE"), (shared, "PLACE"), "seed")
    one, other = closed(made, "one", "one"), closed(made, "another", "another")
    assert one != other
    same = len(shared.encode()) * 4 // 3 // 76 * 76
    assert one[:same] == other[:same]


def test_the_boundary_depends_on_the_seed_and_stands_in_no_part() -> None:
    (one, body), (other, _) = (alternative("=_ text", "<p>--=_</p>", seed) for seed in ("one", "two"))
    assert one != other
    assert alternative("=_ text", "<p>--=_</p>", "one") == (one, body)
    boundary = one.partition('"')[2].partition('"')[0].encode()
    assert re.fullmatch(rb"=_[0-9a-f]{32}", boundary)
    assert body.count(b"=_") == body.count(boundary) == 3


def test_where_nothing_is_a_readers_own_it_is_as_if_nothing_could_be() -> None:
    made = Alternative(("No line end", ""), ("<p>None", ""), "seed")
    assert (made.content_type, closed(made, "", "")) == alternative("No line end", "<p>None", "seed")
