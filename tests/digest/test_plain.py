"""The plain text of an edition: all that the HTML says, in lines to read, with links as numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.digest.plain import plain
from publisher.digest.story import story_of
from publisher.kit.templating import Templating
from publisher.kit.text import one_line
from publisher.kit.wrap import width
from publisher.model.edition import Correction, CorrectionKind
from publisher.model.errors import TemplateError
from publisher.model.ranking import Event
from tests.build import NOW, article

if TYPE_CHECKING:
    from publisher.digest.story import Story
    from publisher.model.post import Article

ZONE = ZoneInfo("Asia/Bangkok")
UNSUBSCRIBE, PREFERENCES = "https://reader.invalid/unsubscribe", "https://reader.invalid/preferences"
LONG = "https://wire.example.com/" + "a-long-path/" * 12
TEMPLATES = Templating(Path("no-templates-of-our-own"), ZONE)


def story(*also: Article, **values: Any) -> Story:
    return story_of(Event(article=article(**values), also=also), NOW.astimezone(ZONE), "World Desk")


def correction(kind: CorrectionKind = CorrectionKind.CORRECTED, **values: Any) -> Correction:
    made: dict[str, Any] = {
        "code": "C1",
        "title": "The river rose two metres",
        "note": "The height was given in feet.",
        "link": "https://wire.example.com/C1",
        "mailed": datetime(2024, 11, 8, 0, 0, tzinfo=UTC),
        "moment": NOW,
    }
    return Correction(kind=kind, **(made | values))


def text(*stories: Story, language: str = "en", templating: Templating = TEMPLATES, **values: Any) -> str:
    made: dict[str, Any] = {
        "site_title": "World Desk",
        "masthead": "The World Desk",
        "digest_title": "World briefing",
        "date": NOW,
        "web_url": "https://news.example.org/digests/world/2024-11-10/en.html",
        "feed_url": "https://news.example.org/feeds/en/world.atom",
        "stories": stories,
        "more": [],
        "beyond": 0,
        "uncorrected": 0,
        "corrections": [],
        "postal_address": "1 Example Road, Bangkok",
        "reader": {"unsubscribe": UNSUBSCRIBE, "preferences": PREFERENCES},
    }
    return plain(templating, language, made | values)


WHOLE = """\
The World Desk
World briefing · Sunday, 10 November 2024

Read on the web:
https://news.example.org/digests/world/2024-11-10/en.html

———

The count goes on after a close vote, and both candidates say that they
have won [1]

More voters came than in ten years. A result is expected by Tuesday.

wire.example.com · 17:00 · Also reported by press.example.net [2]

———

A bridge reopens

Jane Roe · 8 Nov 2024

———

Corrections

The river rose two metres [3]
The height was given in feet.
In the edition of 8 Nov 2024

———

And 4 more

- Title of A3, which is long enough that it does not fit into one line
  of text [4]
- 3 of them in the feed [5]

———

Links

[1] https://wire.example.com/A1
[2] https://press.example.net/B1
[3] https://wire.example.com/C1
[4] https://wire.example.com/A3
[5] https://news.example.org/feeds/en/world.atom

-- \n\
You get this e-mail because you subscribed to “World briefing”.

Preferences:
https://reader.invalid/preferences
Unsubscribe:
https://reader.invalid/unsubscribe

World Desk, 1 Example Road, Bangkok
"""


def test_an_edition_as_a_whole() -> None:
    lead = story(
        article("B1", via="https://press.example.net/B1", link="https://press.example.net/B1"),
        title="The count goes on after a close vote, and both candidates say that they have won",
        summary="More voters came than in ten years. A result is expected by Tuesday.",
        link="https://wire.example.com/A1",
        via="https://wire.example.com/A1",
        published=datetime(2024, 11, 10, 10, 0, tzinfo=UTC),
    )
    second = story(
        title="A bridge reopens",
        summary="",
        link=None,
        via=None,
        authors=("Jane Roe",),
        published=datetime(2024, 11, 8, 3, 0, tzinfo=UTC),
    )
    third = story(
        title="Title of A3, which is long enough that it does not fit into one line of text",
        link="https://wire.example.com/A3",
    )
    assert text(lead, second, more=[third], beyond=3, corrections=[correction()]) == WHOLE


def test_what_an_edition_has_not_is_not_spoken_of() -> None:
    alone = text(story(link=None, via=None))
    assert not any(word in alone for word in ("Links", "Corrections", "And ", "reported", "[1]"))
    assert alone.count("———") == 1


def test_a_link_that_comes_again_has_the_same_number() -> None:
    made = text(
        story(title="One", link=LONG),
        story(title="Two", link="https://b.example/"),
        more=[story(title="Three", link=LONG)],
    )
    assert "One [1]" in made
    assert "Two [2]" in made
    assert "- Three [1]" in made
    assert f"\n\n[1] {LONG}\n[2] https://b.example/\n\n-- \n" in made


def test_a_story_that_was_withdrawn_or_changed_without_a_word_says_so() -> None:
    made = text(story(), corrections=[correction(CorrectionKind.WITHDRAWN, note="", link=None), correction(note="")])
    assert "The river rose two metres\nThis story has been withdrawn.\nIn the edition of 8 Nov 2024\n" in made
    assert "The river rose two metres [2]\nThis story has been updated.\n" in made
    noted = text(story(), corrections=[correction(CorrectionKind.WITHDRAWN, note="It was untrue.")], uncorrected=3)
    assert "\nThis story has been withdrawn. It was untrue.\n" in noted
    assert "\n\nAnd 3 more\n" in noted


def test_fixed_words_and_dates_are_in_the_readers_language() -> None:
    made = text(story(title="ข่าว", language="th"), language="th", more=[story()])
    for words in ("วันอาทิตย์ที่ 10 พฤศจิกายน 2567", "อ่านบนเว็บ: https://", "17:00 น.", "และอีก 1 เรื่อง", "ยกเลิกการรับ:\n"):
        assert words in made


def test_thai_is_wrapped_by_what_is_seen_and_between_words() -> None:
    made = text(story(title="ข่าว", summary="ประชาชนเลือกตั้ง" * 15, language="th"), language="th")
    lines = made.split("\n\n")[4].split("\n")
    assert "".join(lines) == "ประชาชนเลือกตั้ง" * 15
    assert all(line.endswith(("ประชาชน", "เลือก", "ตั้ง")) and width(line) <= 72 for line in lines)
    assert all(66 <= width(line) < len(line) for line in lines[:-1])


@pytest.mark.parametrize("title", ["-- ", "--", "\n-- \n", "- -- "])
def test_no_story_looks_like_the_line_above_the_footer(title: str) -> None:
    made = text(
        story(title=title, summary=title, link=f"https://b.example/{title}", via=None, authors=(title,)),
        more=[story(title=title)],
        site_title=title,
        masthead=title,
        digest_title=title,
        postal_address=f"1 Example Road\n-- \n{title}",
    )
    assert made.count("\n-- \n") == 1
    footer = made.partition("\n-- \n")[2]
    assert f"\n{UNSUBSCRIBE}\n" in footer
    assert f"\n{PREFERENCES}\n" in footer


def test_what_turns_the_direction_ends_with_its_title() -> None:
    made = text(story(title="\u2067\u2069\u2069\u2068\u2066left \u202eopen", link="https://b.example/"))
    assert "\u2067\u2069\u2069\u2068\u2066left open\u2069\u2069 [1]" in made
    assert "\u202e" not in made


def test_who_else_tells_a_story_turns_nothing_round_either() -> None:
    other = article("B1", via=None, link="https://b.example/", authors=("\u2067open\n\u202ename",))
    assert "Also reported by \u2067open name\u2069 [2]\n" in text(story(other))


def test_every_line_of_a_script_from_right_to_left_begins_there() -> None:
    made = text(
        story(title="الجسر مغلق", summary="قال BBC إن الجسر سيبقى مغلقا " * 6),
        more=[story(title="خبر", link=None, via=None)],
    )
    lines = [line for line in made.splitlines() if "الجسر" in line]
    assert len(lines) == 4
    assert all(line.startswith("\u200f") for line in lines)
    assert "\n\u200f- خبر\n" in made


def test_a_block_of_ones_own_replaces_the_bundled_one(tmp_path: Path) -> None:
    own = tmp_path / "digest" / "digest.txt"
    own.parent.mkdir()
    own.write_text('{% extends "publisher/digest/digest.txt" %}{% block links %}{{ refs.links[0] }}{% endblock %}')
    made = text(story(link="https://b.example/"), templating=Templating(tmp_path, ZONE))
    assert "\nhttps://b.example/\n-- \n" in made
    assert "Links" not in made


@pytest.mark.parametrize("broken", ["{{ wrap(1) }}", "{{ refs(stories) }}", "{{ refs.lniks }}", "{% for %}"])
def test_a_mistake_in_a_template_of_ones_own_is_named_with_its_line(tmp_path: Path, broken: str) -> None:
    own = tmp_path / "digest" / "digest.txt"
    own.parent.mkdir()
    own.write_text(f"one\ntwo\n{broken}\n")
    with pytest.raises(TemplateError, match=r"digest\.txt.*line 3"):
        text(story(), templating=Templating(tmp_path, ZONE))


_WORDS = st.lists(
    st.sampled_from(
        [
            "word ",
            "-- ",
            "\n",
            "\u202e",
            "\u2067",
            "\x85",
            "\0",
            "ประชาชน",
            "東京、",
            "👩\u200d👧",
            "مرحبا ",
            "x" * 90,
            "[1]",
            "<b>",
            "{{ 1 }}",
        ]
    ),
    max_size=30,
).map("".join)


@given(_WORDS, _WORDS, st.none() | st.just(LONG))
@settings(max_examples=200, deadline=None)
def test_every_word_of_a_story_is_there_in_lines_of_72_columns(title: str, summary: str, link: str | None) -> None:
    made = story(title=title, summary=summary, link=link, via=None)
    body, mark, footer = text(made, made, more=[made]).rpartition("\n-- \n")
    seen = _letters(body)
    assert mark
    assert seen.count(_letters(made.title)) >= 3
    assert seen.count(_letters(made.summary)) >= 2
    assert UNSUBSCRIBE not in body
    assert UNSUBSCRIBE in footer
    for line in body.splitlines():
        assert width(line) <= 72 or line == f"[1] {LONG}"
        assert line == line.rstrip()


def _letters(said: str) -> str:
    return "".join(one_line(said).replace("\u200f", "").split())
