"""Feeds read back: what stands in a file that this program wrote."""

from __future__ import annotations

import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from lxml import etree

from publisher.feeds.entry import ATOM
from publisher.model.notice import Shown

if TYPE_CHECKING:
    from collections.abc import Callable

FORMATS = ("rss", "atom", "json")

_ATOM = f"{{{ATOM}}}"
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


def read(content: bytes, feed_format: str) -> list[Shown]:
    """List the entries of a feed, in their order. Raises ValueError for what is no feed of this format."""
    readers: dict[str, Callable[[bytes], list[Shown]]] = {"rss": _rss, "atom": _atom, "json": _json}
    try:
        return readers[feed_format](content)
    except (etree.XMLSyntaxError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(str(error) or type(error).__name__) from error


def _rss(content: bytes) -> list[Shown]:
    found = []
    for item in etree.fromstring(content, _PARSER).iterfind("channel/item"):
        published = parsedate_to_datetime(_text(item, "pubDate"))
        changed = item.findtext(f"{_ATOM}updated")
        found.append(
            Shown(
                id=_text(item, "guid"),
                title=_text(item, "title"),
                link=item.findtext("link"),
                published=published,
                updated=datetime.fromisoformat(changed) if changed else published,
            )
        )
    return found


def _atom(content: bytes) -> list[Shown]:
    return [
        Shown(
            id=_text(entry, f"{_ATOM}id"),
            title=_text(entry, f"{_ATOM}title"),
            link=next((link.get("href") for link in entry.iterfind(f"{_ATOM}link[@rel='alternate']")), None),
            published=datetime.fromisoformat(_text(entry, f"{_ATOM}published")),
            updated=datetime.fromisoformat(_text(entry, f"{_ATOM}updated")),
        )
        for entry in etree.fromstring(content, _PARSER).iterfind(f"{_ATOM}entry")
    ]


def _json(content: bytes) -> list[Shown]:
    return [
        Shown(
            id=item["id"],
            title=item["title"],
            link=item.get("url"),
            published=datetime.fromisoformat(item["date_published"]),
            updated=datetime.fromisoformat(item["date_modified"]),
        )
        for item in json.loads(content)["items"]
    ]


def _text(element: Any, name: str) -> str:
    text: str | None = element.findtext(name)
    if text is None:
        raise ValueError(f"an entry has no {name.rpartition('}')[2]}")
    return text
