"""The first page for people: feeds, posts and editions, or the words for having none yet."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from publisher.kit.templating import Templating
from publisher.model.errors import TemplateError
from publisher.site.index import EditionLine, FeedLine, PostLine, SitePages

if TYPE_CHECKING:
    from tests.conftest import Golden

MOMENT = datetime(2024, 11, 10, 10, 26, tzinfo=UTC)
TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}
NO_TEMPLATES = Path("no-templates-of-our-own")


def pages(language: str = "en", folder: Path = NO_TEMPLATES, **values: Any) -> SitePages:
    made: dict[str, Any] = {"title": "World Desk", "postal_address": "1 Example Road, Bangkok"}
    return SitePages(templating=Templating(folder, ZoneInfo("Asia/Bangkok")), language=language, **(made | values))


def feed(path: str = "feeds/all", **values: Any) -> FeedLine:
    made: dict[str, Any] = {
        "path": path,
        "title": "World Desk",
        "name": "",
        "category": None,
        "language": None,
        "updated": MOMENT,
        "types": TYPES,
    }
    return FeedLine(**(made | values))


def post(title: str = "A title", **values: Any) -> PostLine:
    made: dict[str, Any] = {
        "title": title,
        "link": "https://wire.example.com/a1",
        "language": "en",
        "sections": ("WORLD",),
        "published": MOMENT,
    }
    return PostLine(**(made | values))


def edition(subject: str = "World briefing: a title", **values: Any) -> EditionLine:
    made: dict[str, Any] = {"href": "digests/world/2024-11-10/en.html", "language": "en", "composed": MOMENT}
    return EditionLine(subject=subject, **(made | values))


def parsed(page: bytes) -> Any:
    return html.document_fromstring(page.decode())


class Balance(HTMLParser):
    """Holds every start tag against its end tag."""

    VOID = frozenset({"meta", "link", "br", "img", "hr", "input"})

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        names = [name for name, _ in attrs]
        if len(set(names)) < len(names):
            self.wrong.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


FULL = (
    [
        feed(),
        feed("feeds/เลือกตั้ง", name="เลือกตั้ง & <more>", category="เลือกตั้ง", title="World Desk: เลือกตั้ง"),
        feed("feeds/th/world", name="WORLD", category="world", language="th", updated=None),
    ],
    [post(), post("ข่าวไม่มีลิงก์ & <b>", link=None, language="th", sections=())],
    [edition(), edition("ข่าวโลก: ผลเลือกตั้ง", language="th", href="digests/world/2024-11-10/th.html")],
)
HOSTILE = "\"><script>alert(1)</script>{{ 7 * 7 }}</title></li> & <!-- ' \u202e"


@pytest.mark.parametrize("language", ["th", "en"])
def test_golden_index(golden: Golden, language: str) -> None:
    golden.check(f"site/index.{language}.html", pages(language).index(*FULL))


@pytest.mark.parametrize("lines", [FULL, ([], [], []), ([feed(updated=None)], [], [])])
def test_the_page_is_well_formed_whatever_is_on_it(lines: Any) -> None:
    balance = Balance(pages().index(*lines))
    assert balance.open == balance.wrong == []


def test_every_feed_is_listed_in_its_formats() -> None:
    table = parsed(pages().index(*FULL)).find(".//tbody")
    assert [a.get("href") for a in table.iter("a")][:6] == [
        "feeds/all.rss",
        "feeds/all.atom",
        "feeds/all.json",
        "feeds/%E0%B9%80%E0%B8%A5%E0%B8%B7%E0%B8%AD%E0%B8%81%E0%B8%95%E0%B8%B1%E0%B9%89%E0%B8%87.rss",
        "feeds/%E0%B9%80%E0%B8%A5%E0%B8%B7%E0%B8%AD%E0%B8%81%E0%B8%95%E0%B8%B1%E0%B9%89%E0%B8%87.atom",
        "feeds/%E0%B9%80%E0%B8%A5%E0%B8%B7%E0%B8%AD%E0%B8%81%E0%B8%95%E0%B8%B1%E0%B9%89%E0%B8%87.json",
    ]
    assert [a.text for a in table.iter("a")][:3] == ["RSS", "Atom", "JSON"]


def test_a_feed_reader_finds_the_feed_of_everything_in_the_head() -> None:
    head = parsed(pages().index(*FULL)).find("head")
    found = {(link.get("type"), link.get("href")) for link in head.iter("link") if link.get("rel") == "alternate"}
    assert found == {(media_type, f"feeds/all.{extension}") for extension, media_type in TYPES.items()}


def test_posts_and_editions_are_links_with_their_dates_in_the_publications_zone() -> None:
    _, posts, editions = parsed(pages().index(*FULL)).iter("section")
    first = posts.find(".//li")
    assert first.find("a").get("href") == "https://wire.example.com/a1"
    assert first.find("time").text == "10 Nov 2024 17:26"
    assert first.find("time").get("datetime") == "2024-11-10T10:26:00+00:00"
    assert [a.get("href") for a in editions.iter("a")] == [
        "digests/world/2024-11-10/en.html",
        "digests/world/2024-11-10/th.html",
    ]


def test_a_post_without_a_link_is_listed_as_text() -> None:
    _, posts, _ = parsed(pages().index([], [post("No link", link=None)], [])).iter("section")
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
    assert list(page.iter("script")) == []
    assert page.find(".//h1").text == page.find(".//title").text == HOSTILE
    assert page.find(".//li/a").text == HOSTILE
    assert [link.get("title") for link in page.find("head").iter("link")][1] == HOSTILE


def test_the_same_lines_give_the_same_bytes() -> None:
    assert pages().index(*FULL) == pages().index(*FULL)


def test_the_newest_change_of_a_feed_dates_the_page() -> None:
    later = datetime(2024, 11, 10, 17, 0, tzinfo=UTC)
    page = parsed(
        pages().index([feed(), feed("feeds/world", updated=later), feed("feeds/th/all", updated=None)], [], [])
    )
    assert page.find(".//header/p").text == "Monday, 11 November 2024"


def test_the_style_sheet_is_the_bundled_one_or_ones_own(tmp_path: Path) -> None:
    assert b"prefers-color-scheme: dark" in pages().style_sheet()
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "site.css").write_text("p { content: '&<'; }\n", "utf-8")
    assert pages(folder=tmp_path).style_sheet() == b"p { content: '&<'; }\n"


def test_a_broken_page_template_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<p>\n{% endfor %}\n", "utf-8")
    with pytest.raises(TemplateError, match=r"index\.html, line 2"):
        pages(folder=tmp_path).index([], [], [])
