"""JSON Feed 1.1: the members it requires, and nothing that is empty."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.feeds import jsonfeed
from publisher.kit.text import fit_for_xml
from tests.build import article
from tests.feeds.test_xml import document

if TYPE_CHECKING:
    from publisher.model.post import Article


def built(*entries: Article, **values: Any) -> dict[str, Any]:
    feed: dict[str, Any] = json.loads(jsonfeed.build(document(*entries, **values)))
    return feed


def test_a_feed_has_what_json_feed_requires_and_recommends() -> None:
    feed = built(article(), language="th")
    feed.pop("items")
    assert feed == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "World Desk: WORLD",
        "home_page_url": "https://news.example.org/",
        "feed_url": "https://news.example.org/feeds/world.json",
        "description": "What the desk reports of the world",
        "authors": [{"name": "World Desk"}],
        "language": "th",
    }


def test_an_empty_feed_has_an_empty_list_of_items() -> None:
    feed = built()
    assert feed["items"] == []
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"]


def test_every_item_has_an_id_and_a_content() -> None:
    bare = article(html="", summary="", link=None, via=None, sections=(), authors=())
    (item,) = built(bare)["items"]
    assert item == {
        "id": "tag:news.example.org,2024:A1",
        "title": "Title of A1",
        "content_html": "Title of A1",
        "date_published": "2024-11-10T10:00:00+00:00",
        "date_modified": "2024-11-10T10:00:00+00:00",
        "language": "en",
    }


def test_the_own_page_is_the_url_and_the_origin_the_external_url() -> None:
    (item,) = built(article(link="https://news.example.org/a1", via="https://wire.example.com/a1"))["items"]
    assert (item["url"], item["external_url"]) == ("https://news.example.org/a1", "https://wire.example.com/a1")


def test_dates_are_rfc_3339_without_fractions() -> None:
    moment = datetime(2024, 11, 10, 10, 0, 0, 123_456, tzinfo=UTC)
    (item,) = built(article(published=moment, updated=moment))["items"]
    assert item["date_published"] == item["date_modified"] == "2024-11-10T10:00:00+00:00"


def test_thai_is_written_as_it_is_and_the_file_ends_with_a_line_end() -> None:
    content = jsonfeed.build(document(article(title="ข่าวโลก")))
    assert "ข่าวโลก".encode() in content
    assert content.endswith(b"}\n")


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(), max_size=80).map(fit_for_xml))
def test_any_text_that_is_fit_for_xml_comes_back_from_json(text: str) -> None:
    (item,) = built(article(title=text, html=text, summary="s"))["items"]
    assert item["title"] == text
    assert item["content_html"] == (text or "s")
