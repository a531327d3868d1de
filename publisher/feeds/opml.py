"""Every feed of a publication in one OPML 2.0 file, to take into a feed reader at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from publisher.kit.languages import own_name
from publisher.kit.text import fit_for_xml

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """One feed."""

    title: str
    #: The category's name, by which feeds are in order; empty for the feed of everything.
    name: str
    language: str | None
    category: str | None
    #: Absolute, as is the page for people.
    xml_url: str
    html_url: str
    #: The format that is named: `rss`, `atom` or `json`.
    kind: str


def build(*, title: str, owner: str, owner_email: str | None, outlines: Sequence[Outline]) -> bytes:
    """Write OPML as in http://opml.org/spec2.opml: feeds of every language first, then one group a language.

    In each, everything stands before the categories. The same outlines in any order give the same bytes.
    """
    root = etree.Element("opml", version="2.0")
    head, body = etree.SubElement(root, "head"), etree.SubElement(root, "body")
    told = (("title", title), ("ownerName", owner), ("ownerEmail", owner_email))
    for tag, text in (*told, ("docs", "http://opml.org/spec2.opml")):
        if text:
            etree.SubElement(head, tag).text = fit_for_xml(text)
    groups: dict[str, etree._Element] = {}
    for outline in sorted(outlines, key=_order):
        language = outline.language
        if language and language not in groups:
            groups[language] = _add(body, {"text": own_name(language), "title": own_name(language)})
        _add(groups[language] if language else body, _attributes(outline))
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def _order(outline: Outline) -> tuple[str, bool, str, str]:
    return outline.language or "", outline.category is not None, outline.name.casefold(), outline.xml_url


def _attributes(outline: Outline) -> dict[str, str]:
    attributes = {"type": "rss", "text": outline.title, "title": outline.title}
    if outline.kind == "rss":
        # What the specification calls RSS 2.0; it has no word for the other formats, whose type is `rss` all the same.
        attributes["version"] = "RSS"
    attributes |= {"xmlUrl": outline.xml_url, "htmlUrl": outline.html_url}
    if outline.language:
        attributes["language"] = outline.language
    if outline.category:
        attributes["category"] = f"/{outline.category}"
    return attributes


def _add(parent: etree._Element, attributes: dict[str, str]) -> etree._Element:
    return etree.SubElement(parent, "outline", {name: fit_for_xml(text) for name, text in attributes.items()})
