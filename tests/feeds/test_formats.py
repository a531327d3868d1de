"""One document in three formats says the same three times."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from publisher.feeds import jsonfeed, xml
from tests.build import article
from tests.feeds.test_xml import document

if TYPE_CHECKING:
    from time import struct_time

    from publisher.feeds.document import FeedDocument
    from tests.conftest import Golden

THAI = article(
    "29001",
    title="ผลเลือกตั้งวันแรก: “คะแนน” สูสี & ตึงเครียด <ด่วน>",
    summary="ผู้มีสิทธิออกมาใช้สิทธิมากที่สุดในรอบสิบปี",
    html='<p>ผู้มีสิทธิออกมา<b>ใช้สิทธิ</b> &amp; รอผล</p>\n<p><img src="https://pictures.example.com/a.jpg" alt=""></p>',
    language="th",
    sections=(("world", "WORLD"), ("เลือกตั้ง", "เลือกตั้ง")),
    tags=("election",),
    authors=("สมชาย ใจดี", "World Desk"),
    published=datetime(2024, 11, 10, 10, 26, 23, tzinfo=UTC),
    updated=datetime(2024, 11, 10, 11, 0, 0, 500_000, tzinfo=UTC),
    link="https://news.example.org/world/29001?a=1&b=2",
    via="https://wire.example.com/world/29001",
    image="https://pictures.example.com/a.jpg?w=1&h=2",
)
PLAIN = article("A2")
LONE = article("A3", link=None, via=None, sections=(), summary="", authors=("World Desk",))
FULL = document(THAI, PLAIN, LONE, language="th", title="World Desk: WORLD (th) & more")


@dataclass(frozen=True)
class Entry:
    """What a reader knows of an entry, whatever the format."""

    id: str
    title: str
    link: str | None
    via: str | None
    published: datetime
    content: str
    summary: str
    categories: tuple[str, ...]
    authors: tuple[str, ...]
    image: str | None


def from_xml(content: bytes) -> list[Entry]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import feedparser

        parsed: Any = feedparser.parse(content, sanitize_html=False, resolve_relative_uris=False)
    assert not parsed.bozo, parsed.bozo_exception
    return [_entry(found) for found in parsed.entries]


def _entry(found: Any) -> Entry:
    by_rel = {link.rel: link.href for link in found.get("links", [])}
    content = found.content[0].value if "content" in found else found.summary
    return Entry(
        id=found.id,
        title=found.title,
        link=by_rel.get("alternate"),
        via=by_rel.get("via"),
        published=_moment(found.published_parsed),
        content=content,
        summary=found.get("summary", "") if found.get("summary") != content else "",
        categories=tuple(tag.term for tag in found.get("tags", [])),
        authors=tuple(author.name for author in found.authors),
        image=found.media_content[0]["url"] if "media_content" in found else None,
    )


def _moment(parsed: struct_time) -> datetime:
    return datetime(*parsed[:6], tzinfo=UTC)


def from_json(content: bytes) -> list[Entry]:
    return [
        Entry(
            id=item["id"],
            title=item["title"],
            link=item.get("url"),
            via=item.get("external_url"),
            published=datetime.fromisoformat(item["date_published"]),
            content=item["content_html"],
            summary=item.get("summary", ""),
            categories=tuple(item.get("tags", ())),
            authors=tuple(author["name"] for author in item["authors"]),
            image=item.get("image"),
        )
        for item in json.loads(content)["items"]
    ]


def expected(made: FeedDocument) -> list[Entry]:
    return [
        Entry(
            id=each.entry_id,
            title=each.title,
            link=each.link,
            via=each.via,
            published=each.published,
            content=each.html,
            summary=each.summary,
            categories=(*(name for _, name in each.sections), *each.tags),
            authors=each.authors,
            image=each.image,
        )
        for each in made.entries
    ]


def test_a_feed_reader_finds_in_rss_what_the_document_says() -> None:
    assert from_xml(xml.build(FULL)["rss"]) == expected(FULL)


def test_a_feed_reader_finds_in_atom_what_the_document_says() -> None:
    assert from_xml(xml.build(FULL)["atom"]) == expected(FULL)


def test_a_feed_reader_finds_in_json_what_the_document_says() -> None:
    assert from_json(jsonfeed.build(FULL)) == expected(FULL)


def test_all_formats_agree_about_changes_and_languages() -> None:
    import feedparser

    atom: Any = feedparser.parse(xml.build(FULL)["atom"])
    items = json.loads(jsonfeed.build(FULL))["items"]
    assert [_moment(found.updated_parsed) for found in atom.entries] == [
        datetime.fromisoformat(item["date_modified"]) for item in items
    ]
    assert [found.title_detail.language for found in atom.entries] == [item["language"] for item in items]
    assert atom.feed.language == json.loads(jsonfeed.build(FULL))["language"] == "th"


@pytest.mark.parametrize("extension", ["rss", "atom", "json"])
def test_golden_feed(golden: Golden, extension: str) -> None:
    built = xml.build(FULL) | {"json": jsonfeed.build(FULL)}
    # One element a line, for whoever reads the difference.
    content = built[extension].replace(b"><", b">\n<") if extension != "json" else built["json"]
    golden.check(f"feeds/world.{extension}", content)
