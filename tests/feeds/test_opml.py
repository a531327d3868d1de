"""OPML, read back: every feed once, grouped by language, everything before the categories."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from publisher.feeds.opml import Outline, build

SITE_URL = "https://news.example.org/"


def outline(path: str = "feeds/all", **values: Any) -> Outline:
    made: dict[str, Any] = {
        "title": "World Desk",
        "name": "",
        "language": None,
        "category": None,
        "xml_url": f"{SITE_URL}{path}.rss",
        "html_url": f"{SITE_URL}{path}.html",
        "kind": "rss",
    }
    return Outline(**(made | values))


def of(name: str, language: str | None = None) -> Outline:
    path = f"feeds/{language}/{name.lower()}" if language else f"feeds/{name.lower()}"
    return outline(path, title=f"World Desk: {name}", name=name, language=language, category=name.lower())


EVERY = [
    of("WORLD", "th"),
    outline("feeds/th/all", language="th"),
    of("WORLD"),
    of("Arts"),
    of("business"),
    outline("feeds/qx/all", language="qx"),
    outline("feeds/en/all", language="en"),
    outline(),
]


def opml(outlines: list[Outline], **values: Any) -> Any:
    made: dict[str, Any] = {"title": "World Desk", "owner": "World Desk", "owner_email": "desk@news.example.org"}
    return etree.fromstring(build(outlines=outlines, **(made | values)))


def test_the_head_says_whose_feeds_these_are_and_depends_on_no_clock() -> None:
    root = opml([outline()])
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert {child.tag: child.text for child in root.find("head")} == {
        "title": "World Desk",
        "ownerName": "World Desk",
        "ownerEmail": "desk@news.example.org",
        "docs": "http://opml.org/spec2.opml",
    }
    assert opml([], owner_email=None).find("head/ownerEmail") is None


def test_feeds_of_every_language_come_first_then_a_group_for_each_by_its_own_name() -> None:
    body = opml(EVERY).find("body")
    assert [child.get("text") for child in body] == [
        "World Desk",
        "World Desk: Arts",
        "World Desk: business",
        "World Desk: WORLD",
        "English",
        "qx",
        "ไทย",
    ]
    assert [child.get("xmlUrl") for child in body[-1]] == [
        f"{SITE_URL}feeds/th/all.rss",
        f"{SITE_URL}feeds/th/world.rss",
    ]
    assert len(body.findall(".//outline[@xmlUrl]")) == len(EVERY)


@pytest.mark.parametrize(("kind", "version"), [("rss", "RSS"), ("atom", None), ("json", None)])
def test_a_feed_says_all_that_a_reader_needs(kind: str, version: str | None) -> None:
    (found,) = opml([outline(language="th", category="world", kind=kind)]).iterfind(".//outline[@xmlUrl]")
    attributes = dict(found.attrib)
    assert attributes.pop("version", None) == version
    assert attributes == {
        "type": "rss",
        "text": "World Desk",
        "title": "World Desk",
        "xmlUrl": f"{SITE_URL}feeds/all.rss",
        "htmlUrl": f"{SITE_URL}feeds/all.html",
        "language": "th",
        "category": "/world",
    }


def test_titles_are_text_without_what_xml_cannot_say() -> None:
    root = opml([outline(title='\x00<b> & "quoted"\ud800\uffff')], title="A\x0bB", owner="<&>")
    assert root.find("body/outline").get("text") == '<b> & "quoted"'
    assert root.findtext("head/title") == "AB"
    assert root.findtext("head/ownerName") == "<&>"


def test_the_order_in_which_feeds_are_given_makes_no_difference() -> None:
    first = build(title="T", owner="O", owner_email=None, outlines=EVERY)
    assert first == build(title="T", owner="O", owner_email=None, outlines=EVERY[::-1])
    assert first.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<opml")
    assert "ไทย".encode() in first
