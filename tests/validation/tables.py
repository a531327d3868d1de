"""Tables say which elements and attributes an element has; one function compares a document with them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.validation.values import (
    anything,
    empty,
    filled,
    language,
    media_type,
    number,
    one_of,
    relation,
    rfc3339,
    uri,
    web_address,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from tests.validation.rules import Report
    from tests.validation.values import Check

ATOM = "http://www.w3.org/2005/Atom"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_XML = "http://www.w3.org/XML/1998/namespace"
#: The namespaces that validators know, each with the prefix it goes by.
NAMESPACES = {
    ATOM: "atom",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://purl.org/rss/1.0/modules/slash/": "slash",
    "http://purl.org/syndication/history/1.0": "fh",
    "http://purl.org/syndication/thread/1.0": "thr",
    "http://search.yahoo.com/mrss/": "media",
    "http://www.w3.org/1999/xhtml": "xhtml",
    _XML: "xml",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Element:
    """What an element may hold."""

    #: Of its text.
    check: Check = empty
    required: bool = False
    many: bool = False
    attributes: dict[str, Check] = field(default_factory=dict)
    #: The attributes that have to be there.
    needs: tuple[str, ...] = ()
    #: By prefixed name; an element of a namespace that is not known is nobody's business here.
    children: dict[str, Element] = field(default_factory=dict)


#: XHTML, of which a schema knows more.
MARKUP = Element()


def name_of(name: str) -> str:
    """Write a name with the prefix that its namespace goes by, or as it is where that is not known."""
    namespace, _, local = name.rpartition("}")
    prefix = NAMESPACES.get(namespace[1:])
    return f"{prefix}:{local}" if prefix else name


def children_of(element: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """Give the elements in an element with their names; comments are none."""
    return ((name_of(child.tag), child) for child in element if isinstance(child.tag, str))


def examine(element: etree._Element, table: Element, report: Report, place: str) -> None:
    """Compare an element, and all in it, with its table."""
    _attributes(element, table, report, place)
    report.take(place, table.check(_text(element, table)))
    counts: Counter[str] = Counter()
    for name, child in children_of(element):
        known = table.children.get(name)
        counts[name] += 1
        if not known and not name.startswith("{"):
            report.say("undefined-element", place, name)
        elif known and known is not MARKUP:
            examine(child, known, report, f"{place}/{name}[{counts[name]}]")
    for name, known in table.children.items():
        if known.required and not counts[name]:
            report.say("missing-element", place, name)
        if not known.many and counts[name] > 1:
            report.say("enclosures" if name == "enclosure" else "duplicate-element", place, name)


def _text(element: etree._Element, table: Element) -> str:
    if "xhtml:div" in table.children:
        return "".join(map(str, element.itertext()))
    return (element.text or "") + "".join(child.tail or "" for child in element)


def _attributes(element: etree._Element, table: Element, report: Report, place: str) -> None:
    values = {name_of(str(name)): str(value) for name, value in element.attrib.items()}
    for name, value in values.items():
        if check := {**table.attributes, "xml:lang": language}.get(name):
            report.take(f"{place}/@{name}", check(value))
        elif not name.startswith(("{", "xml:")):
            report.say("unexpected-attribute", place, name)
        elif name.startswith("{") and not str(element.tag).startswith("{"):
            report.say("extension-attribute", place, name)
    for name in table.needs:
        if name not in values:
            report.say("missing-attribute", place, name)


def namespaces(root: etree._Element, report: Report) -> None:
    """Look at the namespaces that are declared anywhere."""
    declared = {pair for element in root.iter() for pair in element.nsmap.items()}
    for prefix, namespace in sorted(declared, key=str):
        place = f"xmlns:{prefix}"
        if namespace == TOMBSTONES:
            report.say("tombstone-namespace", place, namespace)
        elif namespace not in NAMESPACES:
            report.say("unknown-namespace", place, namespace)
        if prefix in NAMESPACES.values() and NAMESPACES.get(namespace) != prefix:
            report.say("reserved-prefix", place, namespace)
        elif prefix and namespace == ATOM and str(root.tag).startswith("{"):
            report.say("reserved-prefix", place, "Atom has no prefix in Atom")


_POSITIVE = number(1)
_CREDIT = Element(check=filled, many=True, attributes={"role": anything, "scheme": uri})
_THUMBNAIL = Element(
    many=True, attributes={"url": uri, "width": _POSITIVE, "height": _POSITIVE, "time": anything}, needs=("url",)
)
_TITLE = Element(check=filled, attributes={"type": one_of("plain", "html")})
#: Media RSS, as far as pictures and enclosures need it.
_MEDIA = {
    "media:credit": _CREDIT, "media:thumbnail": _THUMBNAIL, "media:title": _TITLE, "media:description": _TITLE,
    "media:copyright": Element(check=filled, attributes={"url": uri}), "media:keywords": Element(check=filled),
}  # fmt: skip
_MEDIA_CONTENT = Element(
    many=True,
    attributes={
        "url": uri, "type": media_type, "width": _POSITIVE, "height": _POSITIVE, "fileSize": _POSITIVE,
        "medium": one_of("image", "audio", "video", "document", "executable"), "lang": language,
        "duration": _POSITIVE, "isDefault": one_of("true", "false"),
    },
    children=_MEDIA,
)  # fmt: skip
#: Dublin Core, whose elements may stand anywhere.
_DC = {
    **{f"dc:{name}": Element(check=filled, many=True) for name in ("creator", "contributor", "publisher", "subject")},
    "dc:language": Element(check=language), "dc:date": Element(check=rfc3339), "dc:rights": Element(check=filled),
    "dc:identifier": Element(check=filled), "dc:source": Element(check=filled),
}  # fmt: skip
#: What modules add to an item or an entry.
IN_ITEMS = _DC | _MEDIA | {"media:content": _MEDIA_CONTENT, "slash:comments": Element(check=number(0))}
#: And to a channel or a feed.
IN_FEEDS = (
    _DC
    | _MEDIA
    | {
        "sy:updatePeriod": Element(check=one_of("hourly", "daily", "weekly", "monthly", "yearly")),
        "sy:updateFrequency": Element(check=_POSITIVE),
        "sy:updateBase": Element(check=rfc3339),
        "fh:archive": Element(),
        "fh:complete": Element(),
    }
)
LINK = Element(
    many=True,
    attributes={
        "href": uri, "rel": relation, "type": media_type, "hreflang": language, "title": filled,
        "length": number(0), "thr:count": number(0), "thr:updated": rfc3339,
    },
    needs=("href",),
)  # fmt: skip
ENCLOSURE = Element(
    attributes={"url": web_address, "length": number(0), "type": media_type}, needs=("url", "length", "type")
)
