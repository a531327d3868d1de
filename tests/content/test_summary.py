"""Summaries: the first sentences that are prose, or what the post says about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from publisher.content.summary import LEAD_CHARS, LONGEST, lead, summarise

if TYPE_CHECKING:
    from lxml.html import HtmlElement

TITLE = "Ferry returns to the island"
PROSE = "The ferry sailed again on Monday, after nine weeks in the yard of the harbour office."
MORE = "Some two thousand people waited on the pier, and a band played until the evening came."
THAI = "เรือกลับมาแล่นอีกครั้งเมื่อวันจันทร์ หลังจอดซ่อมอยู่ในอู่นานเก้าสัปดาห์"


def tree(html: str) -> HtmlElement:
    return lxml_html.fragment_fromstring(html, create_parent="div")


@pytest.mark.parametrize(
    "beside",
    [
        f"<h1>{TITLE}</h1>",
        f"<p><strong>{TITLE}!</strong></p>",
        f"<p>{TITLE} | Harbour News</p>",
        f"<h2>{MORE}</h2><p>{MORE}</p>",
        "<p>HARBOUR TOWN, Nov. 24 (HN) —</p>",
        "<p>By Somchai Jaidee and Anna de Vries</p>",
        "<p>By Somchai Jaidee, in Chiang Mai.</p>",
        "<p>Photo: the new boat at its pier on Sunday evening, seen from the tower / S. Jaidee</p>",
        "<p>(แฟ้มภาพ) เรือลำใหม่</p>",
        "<p>ภาพจาก กรมเจ้าท่า</p>",
        "<p>ที่มา: กรมเจ้าท่า กระทรวงคมนาคม แถลงเมื่อวันจันทร์ที่ผ่านมา</p>",
        "<p>Related stories</p>",
        "<p>Reporting by Anna Prasert; editing by Somchai Jaidee of the desk in the harbour town</p>",
        "<p>写真：港湾局</p>",
        "<figure><p>The new boat, as long as the old one was, is here at its pier.</p></figure>",
        "<table><tr><td><p>The times of all the crossings on Mondays and Tuesdays are in here.</p></td></tr></table>",
        "<pre>while the boat is there: wait for it and count the people who go on board of it</pre>",
        "<ul><li><p>A first point that is as long as a sentence of the report might well be.</p></li></ul>",
        "<blockquote><p>“I have never waited so long for a boat, and never so gladly,” she said.</p></blockquote>",
        "<p><a href='/b'>Read more: The yard where the old boat was taken to pieces is to be closed</a></p>",
        "<p>Read also: <a href='/b'>the yard where the old boat was taken to pieces is to be closed</a>, in short</p>",
        "<p><a href='/1'>The first report of the day</a> | <a href='/2'>The second report of the day</a></p>",
        "<p>* * *</p>",
        "<p>Transport</p>",
        "<p></p>",
    ],
)
def test_a_lead_begins_with_prose_and_not_with_what_stands_beside_it(beside: str) -> None:
    assert lead(tree(f"{beside}<p>{PROSE}</p>"), TITLE, "en") == PROSE


@pytest.mark.parametrize(
    "sentence",
    [
        "The bridge is closed.",
        "Was it worth the wait?",
        "By Monday the river had fallen.",
        "Pictures show that two boats are missing.",
        "“It is over,” he said.",
        "Related deaths rose to forty.",
        "ที่มาของน้ำยังไม่มีใครทราบแน่ชัด",
        "น้ำลดลงแล้วในหลายพื้นที่ของจังหวัด",
        "橋は閉鎖された。",
    ],
)
def test_a_short_sentence_is_prose(sentence: str) -> None:
    for title in (TITLE, ""):
        assert lead(tree(f"<p>{sentence}</p><p>{PROSE}</p>"), title, "en") == f"{sentence} {PROSE}"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<p> </p><hr>", ""),
        ("<p>Quiet, short</p>", "Quiet, short"),
        ("<blockquote><p>Rain, they say</p></blockquote>", "Rain, they say"),
        (f"<blockquote><p>{PROSE}</p></blockquote><p>Short</p>", PROSE),
        ("<ul><li>One boat</li><li>Two boats</li><li>—</li></ul>", "One boat Two boats"),
        ("<h2>Times</h2><table><tr><td>Monday</td><td>9:00</td></tr></table>", "Times Monday 9:00"),
        ("Text <b>alone</b>", "Text alone"),
        (f"<p>{TITLE}</p>", TITLE),
    ],
)
def test_without_prose_a_lead_is_the_best_of_the_rest(html: str, text: str) -> None:
    assert lead(tree(html), TITLE, "en") == text


def test_lines_and_blocks_are_kept_apart_and_words_together() -> None:
    assert lead(tree("<p>One<br>two<b>fold</b> things are said in a sentence.</p>"), TITLE, "en") == (
        "One twofold things are said in a sentence."
    )
    assert lead(tree("<p>One</p><p>two</p>three"), TITLE, "en", whole=True) == "One two three"


def test_a_lead_is_whole_sentences_of_as_many_paragraphs_as_fit() -> None:
    assert lead(tree(f"<p>{PROSE}</p>" * 2 + f"<p>{MORE}</p>" * 9), TITLE, "en") == f"{PROSE} {PROSE} {MORE}"
    made = lead(tree(f"<p>{THAI}</p>" * 9), "", "th")
    assert len(made) <= LEAD_CHARS
    assert made.removesuffix("…") in f"{THAI} " * 9


def test_an_excerpt_is_taken_whole_up_to_its_limit() -> None:
    assert lead(tree(f"<p>Short</p><p>{MORE * 3}</p>"), TITLE, "en", whole=True) == f"Short {MORE * 3}"
    made = lead(tree(f"<p>{MORE} {MORE}</p>" * 9), TITLE, "en", whole=True)
    assert LONGEST - 10 < len(made) <= LONGEST
    assert made.endswith("…")


@pytest.mark.parametrize(
    "html", ["<p>" + "a" * 4_000_000, "<li>" + "ก" * 4_000_000, "<p>ab</p>" * 50_000, " " * 4_000_000]
)
def test_a_lead_of_an_endless_body_is_short(html: str) -> None:
    assert len(lead(tree(html), TITLE, "en")) <= LEAD_CHARS


@given(
    st.lists(st.sampled_from(["<p>", "</p>", "<ul><li>", "<b>", "<br>", "By ", "คำ", "Photo: ", ". ", "x" * 70])),
    st.text(max_size=20),
)
@settings(max_examples=200, deadline=None)
def test_a_lead_is_one_line_within_its_limit_whatever_the_body(pieces: list[str], title: str) -> None:
    made = lead(tree("".join(pieces)), title, "th")
    assert len(made) <= LEAD_CHARS
    assert made == " ".join(made.split())


@pytest.mark.parametrize(
    ("description", "summary"),
    [
        (MORE, MORE),
        (MORE * 5, MORE * 5),
        (f"{TITLE} - World Desk", PROSE),
        ("", PROSE),
        (" ".join([MORE] * 6), " ".join([MORE] * 3)),
    ],
    ids=["new", "long enough", "the title", "none", "too long"],
)
def test_a_summary_is_a_description_that_says_more_or_else_the_lead(description: str, summary: str) -> None:
    assert summarise(description, TITLE, PROSE) == summary
