"""The first page for people: feeds, posts and editions, or the words for having none yet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from publisher.model.errors import TemplateError
from publisher.site.directory import groups
from tests.site.samples import HOSTILE, LINES, SITE_URL, TYPES, Balance, category, edition, feed, pages, parsed, post

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Golden

CULTURE = "%E0%B8%A7%E0%B8%B1%E0%B8%92%E0%B8%99%E0%B8%98%E0%B8%A3%E0%B8%A3%E0%B8%A1"
THOUSANDS = [feed(), feed("feeds/th/all", language="th"), feed("feeds/en/all", language="en")] + [
    category(f"C{number:04}", tongue) for number in range(5000) for tongue in (None, "th", "en")
]


def rows(page: Any) -> list[Any]:
    return list(page.xpath("//ul[@class='feeds']/li"))


@pytest.mark.parametrize("language", ["th", "en"])
def test_golden_index(golden: Golden, language: str) -> None:
    golden.check(f"site/index.{language}.html", pages(language).index(*LINES))


@pytest.mark.parametrize("lines", [LINES, ([], [], []), ([feed(updated=None, url="")], [], [])])
def test_the_page_is_well_formed_whatever_is_on_it(lines: Any) -> None:
    balance = Balance(pages().index(*lines))
    assert balance.open == balance.wrong == []


def test_a_feed_has_its_page_its_formats_and_one_button_for_its_first_address() -> None:
    (row,) = rows(parsed(pages().index([category("วัฒนธรรม", "th")], [], [])))
    assert [(a.text, a.get("href")) for a in row.iter("a")] == [
        ("วัฒนธรรม", f"feeds/th/{CULTURE}.html"),
        ("RSS", f"feeds/th/{CULTURE}.rss"),
        ("Atom", f"feeds/th/{CULTURE}.atom"),
        ("JSON", f"feeds/th/{CULTURE}.json"),
    ]
    (button,) = row.iter("button")
    assert button.get("data-copy") == "https://news.example.org/feeds/th/วัฒนธรรม.rss"


def test_a_feed_without_an_address_is_listed_by_its_formats_alone() -> None:
    (row,) = rows(parsed(pages().index([feed(url="")], [], [])))
    assert [a.text for a in row.iter("a")] == ["RSS", "Atom", "JSON"]
    assert list(row.iter("button")) == []


def test_nothing_is_hidden_without_a_script_but_the_copy_buttons() -> None:
    for language in ("th", "en"):
        hidden = parsed(pages(language).index(*LINES)).xpath("//*[@hidden]")
        assert len(hidden) == len(LINES[0])
        assert {element.tag for element in hidden} == {"button"}


def test_feeds_of_every_language_come_first_then_those_of_the_publications_own() -> None:
    titles = [group.name for group in groups(LINES[0], "en")]
    assert titles == ["", "English", "ไทย"]
    assert [line.name for line in groups(LINES[0], "th")[1].shown] == ["", "SCIENCE", "WORLD", "วัฒนธรรม"]
    page = parsed(pages("th").index(*LINES))
    assert [(h.get("lang"), h.text) for h in page.iter("h3")] == [(None, "ทุกภาษา"), ("th", "ไทย"), ("en", "English")]


def test_the_feeds_of_a_single_language_are_not_shown_twice() -> None:
    lines = [feed(), category(), feed("feeds/th/all", language="th"), category(language="th")]
    page = parsed(pages().index(lines, [], []))
    assert list(page.iter("h3")) == []
    assert [summary.text_content() for summary in page.iter("summary")] == ["ไทย"]
    assert len(page.xpath("//details//li")) == 2


def test_a_language_without_a_name_goes_by_its_tag() -> None:
    (group,) = groups([feed("feeds/qx/all", language="qx")], "en")
    assert group.name == "qx"


def test_many_categories_are_folded_below_the_feed_of_everything() -> None:
    content = pages().index(THOUSANDS, [], [])
    page = parsed(content)
    assert [details.get("open") for details in page.iter("details")] == [None] * 3
    assert [summary.text for summary in page.iter("summary")] == ["5000 categories"] * 3
    assert len(rows(page)) == len(THOUSANDS)
    assert len(page.xpath("//ul[@class='feeds'][not(ancestor::details)]/li")) == 3
    assert len(content) / len(THOUSANDS) < 520


def test_a_feed_reader_finds_the_feeds_of_everything_in_the_head() -> None:
    head = parsed(pages().index(*LINES)).find("head")
    found = {(link.get("type"), link.get("href")) for link in head.iter("link") if link.get("rel") == "alternate"}
    assert found == {
        (media_type, f"feeds/{folder}all.{extension}")
        for folder in ("", "th/", "en/")
        for extension, media_type in TYPES.items()
    }


@pytest.mark.parametrize(("site_url", "found"), [(SITE_URL, [SITE_URL]), ("", [])])
def test_the_page_says_its_own_address_where_it_is_known(site_url: str, found: list[str]) -> None:
    page = parsed(pages(site_url=site_url).index(*LINES))
    assert page.xpath("//link[@rel='canonical']/@href") == found


def test_all_feeds_can_be_taken_at_once() -> None:
    assert parsed(pages().index(*LINES)).xpath("//p[@class='opml']/a/@href") == ["feeds.opml"]


def test_posts_and_editions_are_links_with_their_dates_in_the_publications_zone() -> None:
    _, posts, editions = parsed(pages().index(*LINES)).iter("section")
    first = posts.find(".//li")
    assert first.find("a").get("href") == "https://wire.example.com/a1"
    assert first.find(".//time").text == "10 Nov 2024 17:26"
    assert first.find(".//time").get("datetime") == "2024-11-10T10:26:00+00:00"
    assert [a.get("href") for a in editions.iter("a")] == [
        "digests/world/2024-11-10/en.html",
        "digests/world/2024-11-10/th.html",
    ]


@pytest.mark.parametrize("link", [None, "javascript:alert(1)", "data:text/html,x"])
def test_a_post_without_a_web_address_is_listed_as_text(link: str | None) -> None:
    _, posts, _ = parsed(pages().index([], [post("No link", link=link)], [])).iter("section")
    assert list(posts.iter("a")) == []
    assert "No link" in posts.text_content()


def test_a_publication_without_anything_says_so() -> None:
    page = parsed(pages().index([], [], []))
    assert "No post has been published yet." in page.text_content()
    assert "No edition has been published yet." in page.text_content()
    assert list(page.find(".//header").iter("p")) == []


def test_the_page_speaks_the_publications_language() -> None:
    page = parsed(pages("th").index([feed()], [], []))
    assert page.get("lang") == "th"
    assert "ยังไม่มีข่าวที่เผยแพร่" in page.text_content()
    assert "วันอาทิตย์ที่ 10 พฤศจิกายน 2567" in page.find(".//header").text_content()


def test_names_are_text_whatever_they_hold() -> None:
    content = pages(title=HOSTILE, postal_address=HOSTILE).index(
        [feed(title=HOSTILE, name=HOSTILE), feed(f"feeds/{HOSTILE}", name="x")],
        [post(HOSTILE, sections=(HOSTILE,)), post(HOSTILE, link=None)],
        [edition(HOSTILE)],
    )
    balance = Balance(content)
    assert balance.open == balance.wrong == []
    page = parsed(content)
    assert [script.get("src") for script in page.iter("script")] == ["assets/copy.js"]
    assert page.find(".//h1").text == page.find(".//title").text == HOSTILE
    assert page.find(".//ol/li/a").text == HOSTILE
    assert page.xpath("//link[@rel='alternate']/@title")[0] == HOSTILE


def test_the_same_lines_give_the_same_bytes() -> None:
    assert pages().index(*LINES) == pages().index(*LINES)


def test_the_newest_change_of_a_feed_dates_the_page() -> None:
    later = datetime(2024, 11, 10, 17, 0, tzinfo=UTC)
    page = parsed(
        pages().index([feed(), feed("feeds/world", updated=later), feed("feeds/th/all", updated=None)], [], [])
    )
    assert page.find(".//header/p").text == "Monday, 11 November 2024"


def test_style_sheets_and_script_are_the_bundled_ones_or_ones_own(tmp_path: Path) -> None:
    assert b"prefers-color-scheme: dark" in pages().style_sheet()
    assert b"clipboard" in pages().script()
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "site.css").write_text("p { content: '&<'; }\n", "utf-8")
    assert pages(folder=tmp_path).style_sheet() == b"p { content: '&<'; }\n"


def test_the_style_sheet_of_feeds_speaks_the_publications_language_and_english() -> None:
    english = "This is a feed. To be told of what is new, copy its address from the address bar into a feed reader."
    assert pages("en").feed_style_sheet().decode().count(english) == 1
    thai = pages("th").feed_style_sheet().decode()
    assert thai.count(english) == 1
    assert "หน้านี้คือฟีด" in thai


def test_whatever_is_fixed_for_all_pages_changes_their_fingerprint() -> None:
    known = pages()
    others = [
        pages("th"),
        pages(title="Other"),
        pages(postal_address="2 Other Road"),
        pages(site_url="https://x.example/"),
    ]
    assert len({made.fingerprint for made in (known, *others)}) == 5


def test_a_broken_page_template_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<p>\n{% endfor %}\n", "utf-8")
    with pytest.raises(TemplateError, match=r"index\.html, line 2"):
        pages(folder=tmp_path).index([], [], [])
