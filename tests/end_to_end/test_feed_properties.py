"""Any post at all gives well-formed feeds that parse back to what the store says, in every format."""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import datetime
from email.utils import parsedate_to_datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import feedparser
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from publisher import config
from publisher.feeds.document import content, whole_second
from publisher.store import posts
from tests.build import NOW
from tests.conftest import ROOT
from tests.jobs.conftest import Desk
from tests.validation.__main__ import files_in
from tests.validation.lint import findings

if TYPE_CHECKING:
    from publisher.model.post import Article

few = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ATOM, DC = "{http://www.w3.org/2005/Atom}", "{http://purl.org/dc/elements/1.1/}"
ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"

TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.sampled_from(
        ["a & b < c", "]]>", "&nbsp; &foo;", "<b>x</b>", "ข่าว", "🎉", "\u202ex", "a\x0bb", "\ufffe", "&amp;amp;"]
    ),
)
URL = st.sampled_from(
    ["https://example.org/a?b=c&d=e", "https://bücher.example/ä ö", "http://例え.jp/パス", "javascript:x", "//a/b", ""]
)
ENCLOSURE = st.fixed_dictionaries(
    {
        "url": URL,
        "type": st.sampled_from(["audio/mpeg", "video/mp4", "x"]),
        "length": st.integers(0, 2**53),
        "title": TEXT,
    }
)
POST = st.fixed_dictionaries(
    {
        "title": TEXT,
        "description": TEXT,
        "tags": st.lists(TEXT, max_size=3),
        "category": st.one_of(TEXT, st.lists(TEXT, max_size=3)),
        "authors": st.lists(TEXT, max_size=3),
        "date": st.sampled_from(
            ["2024-11-10T10:00:00Z", "2024-11-10", "1969-07-20T20:17:40+02:00", "2024-11-10 10:00:00.9"]
        ),
        "language": st.sampled_from(["en", "th", "zh-Hant", "ar", "pt-br"]),
        "origin_url": URL,
        "image": URL,
        "enclosure": st.lists(ENCLOSURE, max_size=2),
        "translation_key": st.sampled_from(["", "one", "two"]),
    }
)
BODY = st.one_of(
    TEXT,
    st.sampled_from(
        ["<p>]]> &nbsp; <script>x</script></p>", "<table><td>a", "[l](http://例え.jp/ä b)", "```\n<x>&\n```"]
    ),
)


def articles(desk: Desk) -> dict[str, Article]:
    with desk.open() as publication:
        with publication.database.read() as connection:
            known = posts.known(connection, posts.codes_with_a_file(connection)).values()
        shown = [each for each in known if each.state == "published"]
        made = publication.bodies.articles(publication.database, shown, now=NOW)
    return {article.entry_id: article for article in made}


def told(article: Article) -> dict[str, Any]:
    return {
        "title": article.title,
        "link": article.link,
        "published": whole_second(article.published),
        "categories": [*(name for _, name in article.sections), *article.tags],
        "authors": list(article.authors),
        "content": content(article),
        "enclosures": [(each.url, each.type, each.length) for each in article.extras.enclosures],
    }


def in_json(data: bytes) -> dict[str, dict[str, Any]]:
    return {
        item["id"]: {
            "title": item["title"],
            "link": item.get("url"),
            "published": datetime.fromisoformat(item["date_published"]),
            "categories": item.get("tags", []),
            "authors": [each["name"] for each in item.get("authors", [])],
            "content": item["content_html"],
            "enclosures": [(e["url"], e["mime_type"], e.get("size_in_bytes")) for e in item.get("attachments", [])],
        }
        for item in json.loads(data)["items"]
    }


def in_rss(data: bytes) -> dict[str, dict[str, Any]]:
    return {
        item.findtext("guid") or "": {
            "title": item.findtext("title"),
            "published": parsedate_to_datetime(item.findtext("pubDate") or ""),
            "content": item.findtext(ENCODED)
            or item.findtext("description")
            or escape(item.findtext("title") or "", quote=False),
            "categories": [each.text for each in item.findall("category")],
            "authors": [each.text for each in item.findall(f"{DC}creator")] or ["World Desk"],
        }
        for item in etree.fromstring(data).iter("item")
    }


def in_atom(data: bytes) -> dict[str, dict[str, Any]]:
    return {
        entry.findtext(f"{ATOM}id") or "": {
            "title": entry.findtext(f"{ATOM}title"),
            "published": datetime.fromisoformat(entry.findtext(f"{ATOM}published") or ""),
            "content": entry.findtext(f"{ATOM}content") or "",
            "authors": [each.findtext(f"{ATOM}name") for each in entry.findall(f"{ATOM}author")] or ["World Desk"],
        }
        for entry in etree.fromstring(data).iter(f"{ATOM}entry")
    }


@few
@given(st.lists(st.tuples(POST, BODY), min_size=1, max_size=4))
def test_any_post_at_all_gives_feeds_that_say_what_the_store_says(written: list[tuple[dict[str, Any], str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config").mkdir()
        (folder / "posts").mkdir()
        shutil.copy(ROOT / "config" / "publisher.toml", folder / "config")
        desk = Desk(folder, config.load(folder / "config" / "publisher.toml", {}))
        for number, (front, body) in enumerate(written):
            text = yaml.safe_dump({"code": f"A{number}"} | front, allow_unicode=True)
            (folder / "posts" / f"{number}.md").write_text(f"---\n{text}---\n{body}\n", "utf-8")
        desk.publish()
        expected = {entry_id: told(article) for entry_id, article in articles(desk).items()}
        for each, read in (("json", in_json), ("rss", in_rss), ("atom", in_atom)):
            data = (folder / "output" / "feeds" / f"all.{each}").read_bytes()
            found = read(data)
            assert found == {
                entry_id: {key: value for key, value in values.items() if key in next(iter(found.values()), {})}
                for entry_id, values in expected.items()
            }, (each, found, expected)
            if each != "json":
                parsed = feedparser.parse(data, sanitize_html=False, resolve_relative_uris=False)
                assert not parsed.bozo
                assert {entry.id for entry in parsed.entries} == expected.keys()
        for path, kind in files_in(folder / "output"):
            faults = [fault for fault in findings(path.read_bytes(), kind) if fault.level == "error"]
            assert faults == [], path
