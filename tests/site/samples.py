"""Pages to test with, and a small site of them in a folder."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from lxml import html

from publisher.kit.templating import Templating
from publisher.site.feed_page import FeedPage
from publisher.site.index import EditionLine, FeedLine, PostLine, SitePages
from tests.build import article
from tests.conftest import ROOT

if TYPE_CHECKING:
    from publisher.model.post import Article

MOMENT = datetime(2024, 11, 10, 10, 26, tzinfo=UTC)
TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}
SITE_URL = "https://news.example.org/"
NO_TEMPLATES = Path("no-templates-of-our-own")
#: What would break out of any place that does not escape it.
HOSTILE = "\"><script>alert(1)</script>{{ 7 * 7 }}</title></li> & <!-- ' \u202e"


def pages(language: str = "en", folder: Path = NO_TEMPLATES, **values: Any) -> SitePages:
    made: dict[str, Any] = {"title": "World Desk", "postal_address": "1 Example Road, Bangkok", "site_url": SITE_URL}
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
        "url": SITE_URL + path,
    }
    return FeedLine(**(made | values))


def category(name: str = "WORLD", language: str | None = None, **values: Any) -> FeedLine:
    """The line of a category's feed, of every language or one."""
    slug = name.lower()
    path = f"feeds/{language}/{slug}" if language else f"feeds/{slug}"
    return feed(path, **({"name": name, "category": slug, "language": language} | values))


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


def feed_page(language: str | None = "en", **values: Any) -> FeedPage:
    path = f"feeds/{language}/world" if language else "feeds/world"
    made: dict[str, Any] = {
        "path": path,
        "title": "World Desk: WORLD" + (f" ({language})" if language else ""),
        "name": "WORLD",
        "language": language,
        "description": "What the desk reports of the world",
        "updated": MOMENT,
        "types": TYPES,
        "url": SITE_URL + path,
        "posts": STORIES[language or "en"],
    }
    return FeedPage(**(made | values))


def _story(number: int, title: str, summary: str, language: str, **values: Any) -> Article:
    moment = MOMENT - timedelta(hours=5 * number)
    written = {"title": title, "summary": summary, "language": language, "published": moment, "updated": moment}
    return article(f"{language}{number}", **(written | values))


_PICTURE = "https://pictures.example.com/harbour.jpg"
STORIES = {
    "en": [
        _story(0, "Harbour reopens after nine days", "The first ship came in before dawn.", "en", image=_PICTURE),
        _story(1, "Fares & <tolls> rise on every bridge", "", "en"),
        _story(2, "A report without a page of its own", "All of it is in the feed.", "en", link=None, via=None),
    ],
    "th": [
        _story(0, "ท่าเรือเปิดอีกครั้งหลังปิดเก้าวัน", "เรือลำแรกเข้าเทียบท่าก่อนรุ่งสาง", "th", image=_PICTURE),
        _story(1, "ค่าผ่านสะพานทุกแห่งปรับขึ้นต้นเดือนหน้า & <ด่วน>", "", "th"),
        _story(2, "รายงานที่ไม่มีหน้าเว็บของตัวเอง", "เนื้อหาทั้งหมดอยู่ในฟีด", "th", link=None, via=None),
    ],
}
LINES = (
    [
        *(feed(f"feeds/{folder}all", language=tongue) for folder, tongue in (("", None), ("th/", "th"), ("en/", "en"))),
        *(category(name, tongue) for tongue in (None, "th", "en") for name in ("WORLD", "SCIENCE")),
        category("วัฒนธรรม", "th", updated=None),
    ],
    [post("Harbour reopens after nine days"), post("รายงานที่ไม่มีลิงก์ & <b>", link=None, language="th", sections=())],
    [edition(), edition("สรุปข่าวโลก: ท่าเรือเปิดอีกครั้ง", language="th", href="digests/world/2024-11-10/th.html")],
)


def write_site(folder: Path, language: str) -> None:
    """Write the first page, a feed's page, what they refer to, and two feeds as a browser shows them."""
    made = pages(language)
    history = [f"feeds/archive/{language}/world/2024-{month}" for month in ("11", "10", "09")]
    files = {
        "index.html": made.index(*LINES),
        f"feeds/{language}/world.html": made.feed(feed_page(language, archives=history)),
        "assets/site.css": made.style_sheet(),
        "assets/feed.css": made.feed_style_sheet(),
        "assets/copy.js": made.script(),
    }
    for extension in ("rss", "atom"):
        text = (ROOT / "tests" / "golden" / "feeds" / f"world.{extension}").read_text("utf-8")
        bare = re.sub(r"^<\?xml[^>]*\?>\s*(<\?xml-stylesheet[^>]*\?>\s*)?", "", text)
        style = '<?xml-stylesheet type="text/css" href="assets/feed.css"?>'
        files[f"world-{extension}.xml"] = f'<?xml version="1.0" encoding="UTF-8"?>\n{style}\n{bare}'.encode()
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


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
