"""The page of a feed: how to subscribe, its posts, its history; links that lead somewhere, and nowhere else."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from publisher.site.feed_page import month_name
from tests.build import article
from tests.site.samples import HOSTILE, SITE_URL, TYPES, Balance, feed_page, pages, parsed

if TYPE_CHECKING:
    from tests.conftest import Golden


@pytest.mark.parametrize("language", ["th", "en"])
def test_golden_feed_page(golden: Golden, language: str) -> None:
    archives = (f"feeds/archive/{language}/world/2024-11", f"feeds/archive/{language}/world/2024-10")
    golden.check(f"site/feed.{language}.html", pages("en").feed(feed_page(language, archives=archives)))


def test_a_feed_of_every_language_has_its_page_in_the_publications_own() -> None:
    page = parsed(pages("th").feed(feed_page(None, name="")))
    assert page.get("lang") == "th"
    assert page.find(".//h1").text == "ทั้งหมด"
    assert "ทุกภาษา" in page.find(".//header").text_content()


@pytest.mark.parametrize("path", ["feeds/all", "feeds/th/วัฒนธรรม"])
def test_relative_links_lead_to_what_the_program_writes(path: str) -> None:
    page = parsed(pages().feed(feed_page(path=path, archives=("feeds/archive/th/world/2024-11",))))
    references = [*page.xpath("//a/@href"), *page.xpath("//link/@href"), *page.xpath("//script/@src")]
    found = {
        unquote(posixpath.normpath(posixpath.join(posixpath.dirname(path), reference)))
        for reference in references
        if "://" not in reference
    }
    assert found == {
        "index.html",
        "feeds.opml",
        "assets/site.css",
        "assets/copy.js",
        "feeds/archive/th/world/2024-11.atom",
        *(f"{path}.{extension}" for extension in TYPES),
    }


def test_addresses_are_shown_and_copied_in_full() -> None:
    page = parsed(pages().feed(feed_page()))
    addresses = [f"{SITE_URL}feeds/en/world.{extension}" for extension in TYPES]
    assert [a.text for a in page.xpath("//ul[@class='addresses']//a")] == addresses
    assert page.xpath("//button/@data-copy") == addresses
    assert page.xpath("//link[@rel='canonical']/@href") == [f"{SITE_URL}feeds/en/world.html"]


def test_a_feed_reader_finds_the_formats_in_the_head() -> None:
    head = parsed(pages().feed(feed_page())).find("head")
    found = [(link.get("type"), link.get("title")) for link in head.iter("link") if link.get("rel") == "alternate"]
    assert found == [(media_type, "World Desk: WORLD (en)") for media_type in TYPES.values()]


def test_nothing_is_hidden_without_a_script_but_the_copy_buttons() -> None:
    hidden = parsed(pages().feed(feed_page())).xpath("//*[@hidden]")
    assert [element.tag for element in hidden] == ["button"] * 3


def test_nothing_runs_but_the_script_of_all_pages() -> None:
    page = parsed(pages().feed(feed_page()))
    assert [(script.get("src"), script.text) for script in page.iter("script")] == [("../../assets/copy.js", None)]
    assert page.xpath("//@*[starts-with(name(), 'on')]") == []
    assert page.xpath("//@style") == page.xpath("//style") == []


def test_words_of_posts_are_text_whatever_they_hold() -> None:
    content = pages(title=HOSTILE, postal_address=HOSTILE).feed(
        feed_page(
            title=HOSTILE, name=HOSTILE, description=f"{HOSTILE}!", posts=[article(title=HOSTILE, summary=HOSTILE)]
        )
    )
    balance = Balance(content)
    assert balance.open == balance.wrong == []
    page = parsed(content)
    assert len(list(page.iter("script"))) == 1
    assert page.find(".//title").text == page.find(".//h1").text == page.find(".//ol//h3/a").text == HOSTILE


@pytest.mark.parametrize("url", ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "vbscript:x", None])
def test_only_web_addresses_are_followed_and_loaded(url: str | None) -> None:
    page = parsed(pages().feed(feed_page(posts=[article(link=url, image=url, via=None)])))
    assert page.xpath("//ol//a") == page.xpath("//img") == []
    assert page.find(".//ol//h3").text == "Title of A1"


def test_a_picture_says_nothing_and_does_not_tell_where_the_reader_is() -> None:
    (picture,) = parsed(pages().feed(feed_page())).iter("img")
    assert (picture.get("alt"), picture.get("referrerpolicy"), picture.get("loading")) == ("", "no-referrer", "lazy")


def test_a_feed_without_posts_or_history_says_so() -> None:
    page = parsed(pages().feed(feed_page(posts=[], updated=None)))
    assert "No post has been published yet." in page.text_content()
    assert len(list(page.iter("section"))) == 2
    assert list(page.iter("time")) == []


def test_a_long_history_is_folded_after_a_year() -> None:
    archives = [f"feeds/archive/en/world/{year}-{month:02}" for year in (2024, 2023) for month in range(12, 0, -1)]
    content = pages().feed(feed_page(archives=archives))
    balance = Balance(content)
    assert balance.open == balance.wrong == []
    page = parsed(content)
    assert page.find(".//summary").text == "12 earlier months"
    assert [len(page.xpath(f"//ul[@class='months']{where}/li")) for where in ("", "[ancestor::details]")] == [24, 12]


def test_a_description_that_is_the_title_is_not_repeated() -> None:
    page = parsed(pages().feed(feed_page(description="World Desk: WORLD (en)")))
    assert len(list(page.find(".//header").iter("p"))) == 2


@pytest.mark.parametrize(
    ("month", "language", "name"),
    [
        ("2024-11", "en", "November 2024"),
        ("2024-11", "th", "พฤศจิกายน 2567"),
        ("2024-11", "de", "November 2024"),
        ("2024-11", "ja", "2024年11月"),
        ("2024-11", "qx", "2024-11"),
        ("older", "en", "older"),
    ],
)
def test_months_have_names_in_every_language_that_is_known(month: str, language: str, name: str) -> None:
    assert month_name(month, language) == name
