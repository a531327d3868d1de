"""Atom: RFC 4287 with RFC 4685 (replies), RFC 5005 (history) and RFC 6721 (tombstones)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from tests.validation import links
from tests.validation.markup import html
from tests.validation.rules import Report
from tests.validation.tables import ATOM, IN_FEEDS, IN_ITEMS, LINK, MARKUP, TOMBSTONES, Element, children_of, examine
from tests.validation.values import (
    anything,
    both,
    filled,
    language,
    mail,
    media_type,
    permanent_id,
    plain,
    rfc3339,
    uri,
)

if TYPE_CHECKING:
    from lxml import etree

_TEXT = Element(check=filled, attributes={"type": anything}, children={"xhtml:div": MARKUP})
_PERSON = Element(
    many=True,
    children={
        "atom:name": Element(check=filled, required=True),
        "atom:uri": Element(check=uri),
        "atom:email": Element(check=mail),
    },
)
_CATEGORY = Element(
    many=True, attributes={"term": filled, "scheme": uri, "label": both(filled, plain)}, needs=("term",)
)
_EVERYWHERE = {
    "atom:author": _PERSON, "atom:contributor": _PERSON, "atom:category": _CATEGORY, "atom:link": LINK,
    "atom:rights": _TEXT,
}  # fmt: skip
_METADATA = _EVERYWHERE | {
    "atom:generator": Element(check=filled, attributes={"uri": uri, "version": filled}),
    "atom:icon": Element(check=uri),
    "atom:logo": Element(check=uri),
    "atom:subtitle": _TEXT,
    "atom:id": Element(check=permanent_id, required=True),
    "atom:title": dataclasses.replace(_TEXT, required=True),
    "atom:updated": Element(check=rfc3339, required=True),
}
_ENTRY = Element(
    many=True,
    children=IN_ITEMS
    | _EVERYWHERE
    | {
        "atom:content": Element(
            check=anything, attributes={"type": anything, "src": uri}, children={"xhtml:div": MARKUP}
        ),
        "atom:id": _METADATA["atom:id"],
        "atom:published": Element(check=rfc3339),
        "atom:source": Element(children=_METADATA),
        "atom:summary": _TEXT,
        "atom:title": _METADATA["atom:title"],
        "atom:updated": _METADATA["atom:updated"],
        "thr:total": Element(check=anything),
        "thr:in-reply-to": Element(attributes={"ref": uri, "href": uri, "type": media_type, "source": uri}, many=True),
    },
)
_FEED = Element(children=IN_FEEDS | _METADATA | {"atom:entry": _ENTRY})


def check(root: etree._Element, location: str | None, report: Report) -> None:
    """Look at a feed in Atom."""
    examine(root, _FEED, report, "feed")
    links.of_feed(root, location, report, "feed")
    names = [name for name, _ in children_of(root)]
    first = names.index("atom:entry") if "atom:entry" in names else len(names)
    if set(names[first:]) - {"atom:entry"}:
        report.say("misplaced-metadata", "feed", "after the first entry")
    _texts(root, report, "feed")
    if "atom:author" not in names and "atom:entry" not in names:
        report.say("missing-author", "feed")
    entries = root.findall(f"{{{ATOM}}}entry")
    for number, entry in enumerate(entries, 1):
        _entry(entry, report, f"entry[{number}]", author="atom:author" in names)
    _twice(entries, report)
    _tombstones(root, {entry.findtext(f"{{{ATOM}}}id") for entry in entries}, report)


def _entry(entry: etree._Element, report: Report, place: str, *, author: bool) -> None:
    links.of_entry(entry, report, place)
    _texts(entry, report, place)
    names = {name for name, _ in children_of(entry)}
    source = entry.find(f"{{{ATOM}}}source")
    if not author and "atom:author" not in names and (source is None or source.find(f"{{{ATOM}}}author") is None):
        report.say("missing-author", place)
    content = entry.find(f"{{{ATOM}}}content")
    if content is None:
        rels = {link.get("rel", "alternate") for link in entry.findall(f"{{{ATOM}}}link")}
        if "alternate" not in rels:
            report.say("missing-alternate", place)
        if "atom:summary" not in names:
            report.say("missing-text", place)
    elif "atom:summary" not in names and not _inline(content):
        report.say("missing-summary", place)


def _inline(content: etree._Element) -> bool:
    kind = content.get("type", "text")
    textual = "/" not in kind or kind.startswith("text/") or kind.endswith(("+xml", "/xml"))
    return "src" not in content.attrib and textual


def _texts(element: etree._Element, report: Report, place: str) -> None:
    for name in ("title", "subtitle", "summary", "rights", "content"):
        for text in element.findall(f"{{{ATOM}}}{name}"):
            kind = text.get("type", "text")
            if kind == "html":
                report.take(f"{place}/{name}", html(text.text or ""))
            elif kind == "text":
                report.take(f"{place}/{name}", plain(text.text or ""))
            if name == "content" and "src" not in text.attrib and not "".join(map(str, text.itertext())).strip():
                report.say("not-blank", f"{place}/{name}")


def _twice(entries: list[etree._Element], report: Report) -> None:
    for name, rule in (("id", "duplicate-id"), ("updated", "same-updated")):
        values = [entry.findtext(f"{{{ATOM}}}{name}") or "" for entry in entries]
        seen: set[str] = set()
        for number, value in enumerate(values, 1):
            if value in seen:
                report.say(rule, f"entry[{number}]", value)
            seen.add(value)


def _tombstones(feed: etree._Element, ids: set[str | None], report: Report) -> None:
    for number, deleted in enumerate(feed.findall(f"{{{TOMBSTONES}}}deleted-entry"), 1):
        place = f"deleted-entry[{number}]"
        found = Report()
        found.take(place, permanent_id(deleted.get("ref", "")))
        found.take(place, rfc3339(deleted.get("when", "")))
        if deleted.get("ref") in ids:
            found.say("tombstone", place, "of an entry that is there")
        for finding in found.findings:
            report.say("tombstone", place, finding.what or finding.rule)
        if lang := deleted.get("{http://www.w3.org/XML/1998/namespace}lang"):
            report.take(place, language(lang))
