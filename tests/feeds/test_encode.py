"""A feed as bytes: the formats that are asked for, the same entries in all, and no more bytes than there may be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.feeds.document import History
from publisher.feeds.encode import encode, within
from publisher.feeds.xml import HISTORY
from publisher.kit.text import fit_for_xml
from publisher.model.post import Enclosure, Extras
from tests.build import article
from tests.feeds.test_entry import item_of, json_item
from tests.feeds.test_xml import atom, document, find, texts

if TYPE_CHECKING:
    from publisher.feeds.document import FeedDocument
    from publisher.model.post import Article

FORMATS = ("rss", "atom", "json")


def made_of(count: int, html: str = "<p>The report.</p>") -> FeedDocument:
    return document(*(article(f"A{number}", html=html) for number in range(count)))


def counted(encoded: dict[str, bytes]) -> set[int]:
    """How many entries the formats have: one number, if all is well."""
    marks = {"rss": b"<item>", "atom": b"<entry "}
    found = {encoded[each].count(mark) for each, mark in marks.items() if each in encoded}
    return found | ({len(json.loads(encoded["json"])["items"])} if "json" in encoded else set())


@pytest.mark.parametrize(
    ("formats", "expected"),
    [
        (("json", "atom", "rss"), ["rss", "atom", "json"]),
        (("json",), ["json"]),
        (("atom",), ["atom"]),
        (("json", "rss"), ["rss", "json"]),
    ],
)
def test_a_feed_is_written_in_the_formats_that_are_asked_for(formats: tuple[str, ...], expected: list[str]) -> None:
    assert list(encode(made_of(2), formats)) == expected


def test_a_feed_that_fits_stays_whole() -> None:
    whole = made_of(5)
    encoded = encode(whole, FORMATS)
    assert within(whole, FORMATS, max(map(len, encoded.values()))) == (whole, encoded)


def test_a_byte_too_many_costs_an_entry_in_every_format() -> None:
    whole = made_of(5)
    cut, encoded = within(whole, FORMATS, max(map(len, encode(whole, FORMATS).values())) - 1)
    assert [entry.code for entry in cut.entries] == ["A0", "A1", "A2", "A3"]
    assert counted(encoded) == {4}
    assert encoded == encode(cut, FORMATS)


def test_a_feed_keeps_one_entry_however_large_it_is() -> None:
    for count in (1, 9):
        cut, encoded = within(made_of(count, "x" * 9_000), FORMATS, 10)
        assert (len(cut.entries), counted(encoded)) == (1, {1})


def test_a_feed_without_entries_has_none_however_few_bytes_there_are() -> None:
    cut, encoded = within(document(), FORMATS, 10)
    assert (cut, counted(encoded)) == (document(), {0})


@given(st.lists(st.integers(0, 4_000), min_size=1, max_size=9), st.integers(1, 30_000), st.sampled_from("x<&ก\r\n"))
@settings(max_examples=60, deadline=None)
def test_any_feed_fits_or_has_one_entry(sizes: list[int], budget: int, char: str) -> None:
    whole = document(*(article(str(number), html=char * size) for number, size in enumerate(sizes)))
    cut, encoded = within(whole, FORMATS, budget)
    assert list(cut.entries) == list(whole.entries[: len(cut.entries)])
    assert counted(encoded) == {len(cut.entries)}
    assert max(map(len, encoded.values())) <= budget or len(cut.entries) == 1


def test_a_feed_that_is_cut_is_not_complete() -> None:
    whole = document(*made_of(3, "x" * 2_000).entries, history=History(complete=True))
    assert HISTORY.encode() + b'"' in encode(whole, ("atom",))["atom"]
    cut, encoded = within(whole, FORMATS, 4_000)
    assert cut.history is not None
    assert not cut.history.complete
    assert b"fh:complete" not in encoded["rss"] + encoded["atom"]
    assert b"fh:complete" in encode(whole, ("rss",))["rss"]


def test_what_only_one_format_writes_out_counts_too() -> None:
    several = Extras(enclosures=tuple(Enclosure(f"https://a.example.org/{n}.mp3", "audio/mpeg") for n in range(20)))
    whole = document(*(article(f"A{number}", extras=several) for number in range(6)))
    _, encoded = within(whole, FORMATS, 6_000)
    assert max(map(len, encoded.values())) <= 6_000
    assert len(counted(encoded)) == 1


BODIES = [
    "<p>a</p>",
    "]]>",
    "a]]&gt;b]]>c",
    "a\rb\r\nc\nd",
    "&amp; &lt; <![CDATA[ x ]]>",
    "<pre>\n\n x </pre>\n",
    " \t",
    "ข่าว 👩‍👩‍👧",
]


@pytest.mark.parametrize("body", BODIES)
def test_a_body_comes_back_as_it_was_whichever_way_it_is_written(body: str) -> None:
    entry = article(html=body)
    assert texts(item_of(entry), "content:encoded") == [body]
    assert texts(find(atom(entry), "atom:entry")[0], "atom:content") == [body]
    assert json_item(entry)["content_html"] == body


_TEXT = st.text(st.sampled_from("]>[<&\r\n \tax\u2028é") | st.characters(), min_size=1, max_size=40).map(fit_for_xml)


@given(_TEXT.filter(bool))
@settings(max_examples=150, deadline=None)
def test_any_body_comes_back_as_it_was(body: str) -> None:
    entry: Article = article(html=body)
    assert texts(item_of(entry), "content:encoded") == [body]
    assert texts(find(atom(entry), "atom:entry")[0], "atom:content") == [body]
    assert json_item(entry)["content_html"] == body


def test_a_body_that_can_stand_as_it_is_is_not_escaped() -> None:
    encoded = encode(made_of(1, "<p>&amp;</p>"), FORMATS)
    assert b"<![CDATA[<p>&amp;</p>]]>" in encoded["rss"]
    assert b"<![CDATA[<p>&amp;</p>]]>" in encoded["atom"]
    assert b"CDATA" not in encode(made_of(1, "]]>"), ("rss",))["rss"]
