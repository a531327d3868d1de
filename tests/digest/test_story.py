"""A story as readers see it: its picture, its source, its time, its script, and who else tells it."""

from __future__ import annotations

from datetime import datetime

import pytest

from publisher.model.post import Extras
from publisher.model.ranking import Event
from tests.build import article
from tests.digest.test_render import ARABIC, by_id, edition, parsed, text_of


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        ("https://pictures.example.com/a.jpg", True),
        ("https://pictures.example.com/a?size=large", True),
        ("https://pictures.example.com/a.svg.png", True),
        ("https://pictures.example.com/a.svg", False),
        ("https://pictures.example.com/a.WEBP?w=600", False),
        ("https://pictures.example.com/a.avif#top", False),
        ("https://pictures.example.com/a.heic", False),
        ("https://pictures.example.com/a.jpg?format=webp&w=600", False),
        ("https://pictures.example.com/a?fm=AVIF", False),
        ("https://pictures.example.com/a?auto=format", True),
        ("https://pictures.example.com/f_avif,w_600/a", False),
        ("https://pictures.example.com/w_600,f_webp/a", False),
        ("https://pictures.example.com/leaf_webp/a.jpg", True),
        ("http://pictures.example.com/a.jpg", True),
        ("data:image/png;base64,AAAA", False),
        ("cid:picture@example.com", False),
        ("ftp://pictures.example.com/a.jpg", False),
        ("//pictures.example.com/a.jpg", False),
        ("https://", False),
        ("http://[", False),
        (None, False),
    ],
)
def test_a_picture_is_shown_where_mail_programs_can_show_it(image: str | None, shown: bool) -> None:
    rendered = edition(article("A1", image=image), article("A2", image=image))
    for place in ("story-1", "story-2"):
        assert [img.get("src") for img in by_id(rendered, place).iter("img")] == [image] * shown


@pytest.mark.parametrize(
    ("size", "heights"),
    [
        ((1056, 704), ["352", "93"]),
        (None, [None, None]),
        ((1, 1), []),
        ((600, 40), []),
        ((300, 601), []),
        ((300, 600), ["1056", "280"]),
    ],
)
def test_a_picture_has_its_proportions_where_they_are_known(size: tuple[int, int] | None, heights: list[str]) -> None:
    shown = article(image="https://pictures.example.com/a.jpg", extras=Extras(image_size=size))
    pictures = list(parsed(edition(shown, shown)).iter("img"))
    assert [picture.get("height") for picture in pictures] == heights
    assert [picture.get("width") for picture in pictures] == ["528", "140"][: len(heights)]


def test_who_does_not_see_a_picture_is_told_what_it_shows_or_is_not_sent_there_twice() -> None:
    image = "https://pictures.example.com/a.jpg"
    rendered = edition(
        article("A1", image=image, extras=Extras(image_alt='A "ship" & a crane')),
        article("A2", image=image),
        article("A3", image=image, link=None, via=None),
    )
    told, unsaid, alone = parsed(rendered).iter("img")
    assert told.get("alt") == 'A "ship" & a crane'
    assert told.getparent().get("aria-hidden") is None
    assert unsaid.get("alt") == ""
    assert (unsaid.getparent().get("aria-hidden"), unsaid.getparent().get("tabindex")) == ("true", "-1")
    assert alone.getparent().tag == "td"


def test_who_else_reports_a_story_is_named_once_and_linked() -> None:
    others = (
        article("B1", via="https://one.example/a", link="https://news.example.org/b1"),
        article("B2", via="https://one.example/b"),
        article("B3", via="https://wire.example.com/c"),
        article("B4", via=None, link=None, authors=("Jane Roe",)),
    )
    rendered = edition(Event(article=article("A1"), also=others), Event(article=article("A2"), also=others[:1]))
    for place in ("story-1", "story-2"):
        (meta,) = by_id(rendered, place).find_class("meta")
        names = "one.example, Jane Roe" if place == "story-1" else "one.example"
        assert text_of(meta).startswith(f"wire.example.com · 17:00 · Also reported by {names}")
        assert meta.find(".//span/a").get("href") == "https://news.example.org/b1"


def test_of_many_who_report_a_story_five_are_named() -> None:
    also = tuple(article(f"B{n}", via=f"https://source{n}.example/a") for n in range(9))
    (meta,) = by_id(edition(Event(article=article("A1"), also=also)), "story-1").find_class("meta")
    assert "source4.example" in text_of(meta)
    assert "source5.example" not in text_of(meta)


def test_a_story_without_a_page_of_its_own_links_to_its_origin_or_to_nothing() -> None:
    rendered = edition(
        article("A1", link=None, via="https://www.wire.example.com/a1"), article("A2", link=None, via=None)
    )
    assert {a.get("href") for a in by_id(rendered, "story-1").iter("a")} == {"https://www.wire.example.com/a1"}
    assert list(by_id(rendered, "story-2").iter("a")) == []
    assert "https://www.wire.example.com/a1\n" in rendered.text


def test_the_source_is_the_origins_host_or_else_the_author() -> None:
    rendered = edition(
        article("A1", via="https://www.wire.example.com/a1"),
        article("A2", via=None, authors=("Jane Roe", "Another")),
        article("A3", via=None, authors=()),
    )
    for place, source in (("story-1", "wire.example.com · "), ("story-2", "Jane Roe · "), ("story-3", "World Desk · ")):
        assert source in text_of(by_id(rendered, place).find(".//p[@class='meta']"))


@pytest.mark.parametrize(
    ("published", "language", "shown"),
    [
        # NOW is 19:00 on 10 November in Bangkok.
        ("2024-11-10T10:26:00+00:00", "en", "17:26"),
        ("2024-11-10T10:26:00+00:00", "th", "17:26 น."),
        ("2024-11-09T17:00:00+00:00", "en", "00:00"),
        ("2024-11-09T16:59:59+00:00", "en", "9 Nov 2024"),
        ("2024-11-09T16:59:59+00:00", "th", "9 พ.ย. 2567"),
    ],
)
def test_a_story_of_today_shows_its_time_and_an_earlier_one_its_date(published: str, language: str, shown: str) -> None:
    rendered = edition(article("A1", published=datetime.fromisoformat(published)), language=language)
    meta = text_of(by_id(rendered, "story-1").find(".//p[@class='meta']"))
    assert f"wire.example.com · {shown}" in meta
    assert f"wire.example.com · {shown}" in rendered.text


def test_a_long_summary_is_clipped() -> None:
    paragraph = by_id(edition(article("A1", summary="word " * 1_000)), "story-1").find(".//p[@class='lead-summary']")
    assert len(text_of(paragraph)) <= 280
    assert text_of(paragraph).endswith("word…")


def test_every_story_says_its_language_and_its_direction_is_that_of_its_text() -> None:
    rendered = edition(*ARABIC, article("A9", title="iPhone 17 خبر عاجل", summary="", language="fa"), language="ar")
    root = parsed(rendered)
    (wrapper, *_) = root.iter("table")
    assert (root.get("lang"), root.get("dir")) == (wrapper.get("lang"), wrapper.get("dir")) == ("ar", "rtl")
    stories = [by_id(rendered, f"story-{n}") for n in (1, 3, 4)]
    assert [(story.get("lang"), story.get("dir")) for story in stories] == [("ar", "rtl"), ("en", "ltr"), ("fa", "rtl")]


@pytest.mark.parametrize(
    ("language", "title", "font", "line"),
    [
        ("en", "A title", "-apple-system", "1.5"),
        ("th", "ข่าว", "Leelawadee UI", "1.65"),
        ("ja", "ニュース", "Hiragino Sans", "1.7"),
        ("ko", "뉴스", "Malgun Gothic", "1.7"),
        ("zh-Hans", "新闻", "Microsoft YaHei", "1.7"),
        ("zh-Hant", "新聞", "Microsoft JhengHei", "1.7"),
        ("ar", "خبر", "Geeza Pro", "1.7"),
        ("he", "חדשות", "Arial Hebrew", "1.5"),
        ("hi", "समाचार", "Nirmala UI", "1.7"),
    ],
)
def test_type_goes_by_the_script(language: str, title: str, font: str, line: str) -> None:
    told = article("A1", title=title, summary=title, language=language)
    rendered = edition(told, article("A2"), language=language)
    for element in (by_id(rendered, "story-1").find_class("lead")[0], parsed(rendered).find_class("footer")[0]):
        assert font in element.get("style")
        assert f"line-height:{line};" in element.get("style") + ";"
    assert "-apple-system" in by_id(rendered, "story-2").find_class("beside")[0].get("style")
