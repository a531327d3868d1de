"""An edition's size is bounded before its styles are inlined: never under what it becomes, and not far over."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree, html

from publisher.digest.budget import LIMIT, Fit, Sizes, fit, measure
from publisher.digest.inline import inline
from publisher.digest.render import DigestRenderer
from publisher.kit.templating import Templating
from publisher.model.edition import Draft, RenderedEdition
from publisher.model.ranking import Event
from tests.build import NOW, article
from tests.digest.test_render import NO_TEMPLATES, correction

WORDS = {
    "en": "Count goes on after a close vote",
    "th": "ผลเลือกตั้งวันแรกคะแนนสูสี & ตึงเครียด",
    "ja": "選挙の開票が続く、接戦の<北部>地区",
    "ar": "استمرار فرز الأصوات بعد انتخابات متقاربة",
}


@dataclass(frozen=True)
class Recording(Templating):
    """Keeps the pages whose styles are not inlined yet: the probe, then the page."""

    pages: list[str] = field(default_factory=list)

    def render(self, name: str, language: str, **values: object) -> str:
        made = super().render(name, language, **values)
        if name == "digest/digest.html":
            self.pages.append(made.strip())
        return made


def composed(
    language: str = "en", *, stories: int, more: int = 0, corrections: int = 0, times: int = 1, also: int = 0
) -> tuple[RenderedEdition, str, str]:
    """An edition, its probe and its page."""
    words = f"{WORDS[language]} " * times
    events = tuple(
        Event(
            article=article(
                f"A{number}",
                title=f"{words}{number}",
                summary=words * 3,
                language=language,
                image=f"https://pictures.example.com/{number}.jpg?w=600&h=400" if number % 3 else None,
            ),
            also=tuple(article(f"B{other}", via=f"https://wire{other}.example.org/b") for other in range(also)),
        )
        for number in range(stories + more)
    )
    templating = Recording(NO_TEMPLATES, ZoneInfo("Asia/Bangkok"))
    renderer = DigestRenderer(templating=templating, site_title="World Desk", postal_address="1 Example Road, Bangkok")
    rendered = renderer.render(
        digest_title="World briefing",
        language=language,
        draft=Draft(
            stories=events[:stories],
            more=events[stories:],
            corrections=tuple(correction(code=f"C{number}", title=words) for number in range(corrections)),
        ),
        date=NOW,
        web_url="https://news.example.org/digests/world/2024-11-10/en.html",
        feed_url="https://news.example.org/feeds/en/world.html",
    )
    return rendered, templating.pages[0], templating.pages[-1]


def total(sizes: Sizes) -> int:
    return sizes.frame + sum(sizes.stories) + sum(sizes.titles)


@given(
    language=st.sampled_from(sorted(WORDS)),
    stories=st.integers(1, 12),
    more=st.integers(0, 12),
    corrections=st.integers(0, 3),
    times=st.integers(1, 6),
    also=st.integers(0, 3),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_bound_of_an_edition_is_over_what_it_becomes_and_not_far(
    language: str, stories: int, more: int, corrections: int, times: int, also: int
) -> None:
    rendered, _, page = composed(language, stories=stories, more=more, corrections=corrections, times=times, also=also)
    sizes, actual = measure(page), len(rendered.html.encode())
    assert actual <= total(sizes) <= 1.35 * actual
    assert (len(sizes.stories), len(sizes.titles)) == (stories, more)
    root: Any = html.document_fromstring(rendered.html)
    for number, size in enumerate(sizes.stories, 1):
        story = root.get_element_by_id(f"story-{number}")
        assert len(etree.tostring(story, method="html", encoding="utf-8", with_tail=False)) <= size


@pytest.mark.parametrize("language", ["en", "th"])
@pytest.mark.parametrize(("stories", "more"), [(60, 0), (40, 200), (3, 400)])
def test_an_edition_too_large_tells_what_fits_and_lists_the_next_of_the_others(
    language: str, stories: int, more: int
) -> None:
    rendered, probe, _ = composed(language, stories=stories, more=more, corrections=1)
    room, sizes = fit(measure(probe)), measure(probe)
    assert rendered.stories == room.stories <= stories
    assert room.titles > 0
    assert len(rendered.html.encode()) <= LIMIT
    told = sizes.frame + sum(sizes.stories[: room.stories])
    listed = sizes.titles[room.stories - 1 :]
    assert told + sum(listed[: room.titles]) <= LIMIT
    # Neither the next title nor the next story would have had room.
    assert len(listed) == room.titles or told + sum(listed[: room.titles + 1]) > LIMIT
    least = min(sum(listed[1:]), LIMIT // 4)
    assert room.stories == stories or told + sizes.stories[room.stories] + least > LIMIT
    root: Any = html.document_fromstring(rendered.html)
    assert root.xpath("//*[starts-with(@id, 'story-')]")[-1].get("id") == f"story-{room.stories}"
    assert root.get_element_by_id("footer") is not None
    assert root.get_element_by_id("corrections") is not None


@pytest.mark.parametrize(
    ("frame", "stories", "titles", "room"),
    [
        # All fits.
        (100, (200, 100, 100), (10, 10), Fit(3, 0)),
        (100, (200, 100, 100), (10, 10, 10), Fit(3, 1)),
        # To the byte.
        (100, (200, 400, 300), (10, 10), Fit(3, 0)),
        (101, (200, 400, 300), (10, 10), Fit(2, 1)),
        # The titles of those that are not told take the room of one more, but no more than a quarter.
        (100, (200, 400, 280), (10, 10, 10, 10), Fit(3, 2)),
        (100, (200, 400, 281), (10, 10, 10, 10), Fit(2, 3)),
        (100, (200, 400, 50), (10, 10, *(10,) * 100), Fit(3, 25)),
        (100, (200, 400, 51), (10, 10, *(10,) * 100), Fit(2, 30)),
        # The lead stays, whatever its size.
        (100, (2_000, 10), (10,), Fit(1, 0)),
        (2_000, (10,), (10,), Fit(1, 0)),
        # A page that marks neither: the lead is missed by name later, and all titles are listed.
        (100, (), (), Fit(1, sys.maxsize)),
        (100, (200, 400, 301), (), Fit(2, sys.maxsize)),
    ],
)
def test_stories_come_before_titles_which_may_take_a_quarter(
    frame: int, stories: tuple[int, ...], titles: tuple[int, ...], room: Fit
) -> None:
    assert fit(Sizes(frame, stories, titles), limit=1_000) == room


@pytest.mark.parametrize(
    "css",
    [
        "p { color: red }",
        "p, b, .none { color: #FFF; background-color: #fff } b { background-color: transparent }",
        "p { margin: .5em 0 .25em } #story-1 { margin: 0 }",
        "p { font: 16px/1.5 'A B',\"C D\",e }",
        "p { font-family: \"It's\", 'A' }",
        "p { color: rgb(1,2,3);; ; background: url( 'https://example.org/a;b.png' ) }",
        "p { color: red !important } p { color: blue!important }",
        "p:first-child { color: red } p:nth-child(2) { color: blue } a:hover, a:visited { color: #123456 }",
        "a::before { content: '}{;' } p{color:red}",
        "@media (max-width:600px){p{color:red;margin:0}b{color:blue}} b { color: blue }",
        "@font-face { font-family: X; src: url(https://example.org/x.woff) } p { color: red }",
        '@charset "utf-8"; /* p { color: red } */ p { /* ; */ color: blue }',
        "* { color: red } p > b { color: blue } p+p{color:red} [class=x] { color: red } p[ { color: red }",
        "P { COLOR: Red } p { mso-line-height-rule: exactly; unknown: 1 }",
        "p { content: 'ข่าว'; quotes: '<' '&' }",
    ],
)
def test_a_style_sheet_of_ones_own_is_bounded_too(css: str) -> None:
    page = (
        f"<html><head><style>{css}</style><style media='print'>p{{color:red}}</style>"
        "<style data-premailer='ignore'>b { color: red }</style></head><body>"
        "<p id='story-1' style='color:red;padding:0'>One <b class='x'>b</b> <a href='https://example.org/ก'>a</a></p>"
        "<p style='margin : 0'>Two &lt; 2 &amp; é</p></body></html>"
    )
    assert len(inline(page, required=[]).encode()) <= total(measure(page))


@pytest.mark.parametrize("page", ["", "<!-- nothing -->", "words"])
def test_a_page_of_nothing_has_no_stories(page: str) -> None:
    assert measure(page).stories == measure(page).titles == ()
