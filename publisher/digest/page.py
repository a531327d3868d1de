"""An edition is parsed once, for all the checks of its HTML."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from publisher.kit.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.model.edition import RenderedEdition

#: Places that have an id, by what people call them.
_PLACES = {"footer": "the footer", "more": "the list of more stories", "corrections": "the corrections"}


class Found(NamedTuple):
    """What a check has found."""

    rule: str
    #: An element or a line of the HTML; None where it is about all of it, or not about the HTML.
    place: etree._Element | int | None
    what: str
    way_out: str


class Page:
    """The HTML of an edition."""

    def __init__(self, edition: RenderedEdition) -> None:
        self.edition = edition
        root = etree.fromstring(edition.html, etree.HTMLParser(huge_tree=True))
        # The stubs do not know that a page of nothing, or of a comment, has no root.
        self.root = root if isinstance(root, etree._Element) else etree.Element("html")  # noqa: SLF001 (its type)
        self.elements = list(self.root.iter(etree.Element))
        self.ids = Counter(element.get("id") for element in self.elements)

    @property
    def sheets(self) -> Iterator[tuple[etree._Element, str]]:
        """Every text of CSS, with its element."""
        for element in self.elements:
            css = element.text if element.tag == "style" else element.get("style")
            if css:
                yield element, css

    @property
    def links(self) -> Iterator[tuple[etree._Element, str]]:
        """Every address, with its element."""
        for element in self.elements:
            for name in ("href", "src", "background"):
                if (address := element.get(name)) is not None:
                    yield element, address.strip()

    @cached_property
    def stories(self) -> dict[int, etree._Element]:
        """The stories that should be there and are, by their numbers."""
        places = {element.get("id"): element for element in self.elements}
        numbers = range(1, self.edition.stories + 1)
        return {number: places[f"story-{number}"] for number in numbers if f"story-{number}" in places}

    @cached_property
    def readers(self) -> set[etree._Element]:
        """What stands between the marks of the reader's own place, in the footer."""
        inside, found = False, set()
        for node in self.root.iter():
            if isinstance(node, etree._Comment):  # noqa: SLF001 (its type)
                inside = node.text == "reader" or (inside and node.text != "/reader")
            elif inside and any(above.get("id") == "footer" for above in node.iterancestors()):
                found.add(node)
        return found


def declarations(style: str | None) -> dict[str, str]:
    """Read the style of an element."""
    pairs = (declaration.partition(":") for declaration in (style or "").split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip() and value.strip()}


def words_of(element: etree._Element) -> str:
    """Give the words in an element, on one line."""
    return one_line("".join(map(str, element.itertext(etree.Element))))


def where(element: etree._Element) -> str:
    """Say where an element stands, as people would: ` in story 3, “Count goes on”`."""
    ids = [each.get("id") or "" for each in (element, *element.iterancestors())]
    stories = [f"story {name[6:]}" for name in ids if name.startswith("story-")]
    place = next(iter(stories + [_PLACES[name] for name in ids if name in _PLACES]), None)
    words = "" if element.tag in {"style", "script"} else words_of(element)
    snippet = clip(words or element.get("alt") or element.get("src") or "", 60)
    return (f" in {place}" if place else "") + (f", “{snippet}”" if snippet else "")
