"""RSS 2.0, with the RSS Advisory Board's best practices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.validation import links
from tests.validation.markup import html
from tests.validation.tables import ENCLOSURE, IN_FEEDS, IN_ITEMS, LINK, Element, children_of, examine
from tests.validation.values import (
    anything,
    both,
    filled,
    language,
    mail_with_name,
    number,
    one_of,
    plain_in_rss,
    rfc822,
    rfc3339,
    uri,
)

if TYPE_CHECKING:
    from lxml import etree

    from tests.validation.rules import Report

_TEXT = both(filled, plain_in_rss)
_CATEGORY = Element(check=_TEXT, many=True, attributes={"domain": anything})
_ITEM = Element(
    many=True,
    children=IN_ITEMS
    | {
        "title": Element(check=_TEXT),
        "link": Element(check=uri),
        "description": Element(check=html),
        "content:encoded": Element(check=html),
        "author": Element(check=mail_with_name),
        "category": _CATEGORY,
        "comments": Element(check=uri),
        "enclosure": ENCLOSURE,
        "guid": Element(check=filled, attributes={"isPermaLink": one_of("true", "false")}),
        "pubDate": Element(check=rfc822),
        "source": Element(check=_TEXT, attributes={"url": uri}, needs=("url",)),
        "atom:link": LINK,
        "atom:updated": Element(check=rfc3339),
    },
)
_IMAGE = Element(
    children={
        "url": Element(check=uri, required=True),
        "title": Element(check=_TEXT, required=True),
        "link": Element(check=uri, required=True),
        "width": Element(check=number(1, 144, "image-size")),
        "height": Element(check=number(1, 400, "image-size")),
        "description": Element(check=_TEXT),
    }
)
_CHANNEL = Element(
    required=True,
    children=IN_FEEDS
    | {
        "title": Element(check=_TEXT, required=True),
        "link": Element(check=uri, required=True),
        "description": Element(check=_TEXT, required=True),
        "language": Element(check=language),
        "copyright": Element(check=_TEXT),
        "managingEditor": Element(check=mail_with_name),
        "webMaster": Element(check=mail_with_name),
        "pubDate": Element(check=rfc822),
        "lastBuildDate": Element(check=rfc822),
        "category": _CATEGORY,
        "generator": Element(check=filled),
        "docs": Element(check=uri),
        "ttl": Element(check=number(1)),
        "image": _IMAGE,
        "atom:link": LINK,
        "item": _ITEM,
    },
)
_ROOT = Element(attributes={"version": one_of("2.0")}, needs=("version",), children={"channel": _CHANNEL})

#: Said by RSS itself and by a module.
_SAME = [
    ("author", "dc:creator"), ("managingEditor", "dc:creator"), ("webMaster", "dc:publisher"), ("pubDate", "dc:date"),
    ("category", "dc:subject"), ("language", "dc:language"), ("copyright", "dc:rights"), ("source", "dc:source"),
]  # fmt: skip


def check(root: etree._Element, location: str | None, report: Report) -> None:
    """Look at a feed in RSS."""
    examine(root, _ROOT, report, "rss")
    channel = root.find("channel")
    if channel is None:
        return
    links.of_feed(channel, location, report, "channel")
    names = [name for name, _ in children_of(channel)]
    _semantics(names, report, "channel")
    if "item" in names and set(names[names.index("item") :]) != {"item"}:
        report.say("misplaced-metadata", "channel", "after the first item")
    _image(channel, report)
    guids: set[str] = set()
    for number_, item in enumerate(channel.iter("item"), 1):
        _item(item, guids, report, f"item[{number_}]")


def _semantics(names: list[str], report: Report, place: str) -> None:
    for core, module in _SAME:
        if core in names and module in names:
            report.say("duplicate-semantics", place, f"{core} and {module}")


def _image(channel: etree._Element, report: Report) -> None:
    image = channel.find("image")
    if image is None:
        return
    for name in ("title", "link"):
        if image.findtext(name) != channel.findtext(name):
            report.say("image-differs", "channel/image", name)
    url = image.findtext("url") or ""
    if not url.lower().endswith((".gif", ".jpg", ".jpeg", ".png")):
        report.say("image-format", "channel/image", url)


def _item(item: etree._Element, guids: set[str], report: Report, place: str) -> None:
    links.of_entry(item, report, place)
    names = [name for name, _ in children_of(item)]
    _semantics(names, report, place)
    if not {"title", "description"} & set(names):
        report.say("title-or-description", place)
    if "content:encoded" in names and "description" not in names[: names.index("content:encoded")]:
        report.say("description-first", place)
    guid = item.find("guid")
    if guid is None:
        report.say("missing-guid", place)
    else:
        _guid(guid, guids, report, place)


def _guid(guid: etree._Element, guids: set[str], report: Report, place: str) -> None:
    value = guid.text or ""
    if value in guids:
        report.say("duplicate-id", place, value)
    guids.add(value)
    if guid.get("isPermaLink", "true") == "true" and not value.startswith(("http://", "https://")):
        report.say("guid-permalink", place, value)
