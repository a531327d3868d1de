"""What would make an edition read better, but stops no send."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher.digest import support
from publisher.digest.page import Found, Page, declarations, words_of
from publisher.kit.colour import contrast, rgb
from publisher.kit.text import clip, one_line
from publisher.kit.wrap import width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

#: Where a mail program's list cuts a subject, at the latest.
_SUBJECT_COLUMNS = 78
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_C1 = re.compile("[\x80-\x9f\ufffd]")
_COLOURS = {"black": "#000000", "white": "#ffffff"}
_LENGTH = re.compile(r"([\d.]+)(px|pt)")


def _subject(page: Page) -> Iterator[Found]:
    columns = width(page.edition.subject)
    if columns > _SUBJECT_COLUMNS:
        what = f"the subject is {columns} columns wide, and cut after {_SUBJECT_COLUMNS} or sooner"
        yield Found("subject-long", None, what, "shorten the title of the lead")
    if not page.edition.preheader.strip():
        yield Found("preheader-missing", None, "there is no preheader", "give the lead a summary")


def _control(page: Page) -> Iterator[Found]:
    for name in ("subject", "text", "html"):
        content: str = getattr(page.edition, name)
        if found := _C1.search(content):
            line = content.count("\n", 0, found.start()) + 1 if name == "html" else None
            what = f"the {name} has U+{ord(found[0]):04X}, the sign of a wrong encoding"
            yield Found("c1-control", line, what, "correct it in the post")


def _links(page: Page) -> Iterator[Found]:
    for element, address in page.links:
        shown = clip(address, 80)
        if address.lower().startswith("http:"):
            yield Found("http-link", element, f"{shown} is not encrypted", "use https where the site has it")
        elif not address.startswith("#") and not _is_whole(address):
            yield Found(
                "relative-link", element, f"the link “{shown}” leads nowhere from a mail", "write the whole address"
            )


def _is_whole(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.netloc if parts.scheme in {"", "http", "https"} else parts.path) and bool(parts.scheme)


def _pictures(page: Page) -> Iterator[Found]:
    for image in page.root.iter("img"):
        if image.get("alt") is None:
            yield Found("alt", image, "a picture has no alt", 'say what it shows, or alt="" where that is nothing')
    for link in page.root.iter("a"):
        if _is_picture_only(link) and link.get("aria-hidden") != "true" and not link.get("aria-label"):
            yield Found("alt", link, "a link has no words", 'give its picture an alt, or the link aria-hidden="true"')


def _words(page: Page) -> Iterator[Found]:
    for heading in page.root.iter(*_HEADINGS):
        if _is_picture_only(heading):
            yield Found("words-in-picture", heading, "a heading is only a picture", "say its words in the alt")
    for number, story in page.stories.items():
        if not words_of(story):
            yield Found("words-in-picture", story, f"story {number} has no words", "give it a title")


def _is_picture_only(element: etree._Element) -> bool:
    """Say whether pictures whose alt is empty are all there is; one without alt has a finding already."""
    alts = [image.get("alt") for image in element.iter("img")]
    return bool(alts) and not words_of(element) and all(alt is not None and not alt.strip() for alt in alts)


def _structure(page: Page) -> Iterator[Found]:
    if not page.root.get("lang"):
        yield Found("lang-missing", page.root, "the page does not say its language", "give the html element a lang")
    last = 0
    for heading in page.root.iter(*_HEADINGS):
        level = int(str(heading.tag)[1])
        if level > last + 1:
            what = f"a heading of level {level} follows level {last}"
            yield Found("heading-order", heading, what, "begin with h1 and leave no level out")
        last = level
    if not last:
        yield Found("heading-order", None, "there are no headings", "begin with h1")


def _tables(page: Page) -> Iterator[Found]:
    for table in page.root.iter("table"):
        if table.get("role") not in {"presentation", "none"} and table.find(".//th") is None:
            yield Found("table-role", table, "a table for layout is read out as data", 'give it role="presentation"')


def _styles(page: Page) -> Iterator[Found]:
    for element in page.elements:
        attributes = support.ATTRIBUTES & set(map(str, element.attrib))
        for name, value in declarations(element.get("style")).items():
            rule = support.rule_for(name, value, str(element.tag), attributes)
            if rule and rule.instead:
                yield _ruled_out(f"{name}:{clip(value, 60)} on <{element.tag}>", element, rule)


def _features(page: Page) -> Iterator[Found]:
    for rule in support.rules("html"):
        for element in page.root.cssselect(rule.of):
            yield _ruled_out(f"<{element.tag}>", element, rule)
    for sheet in page.root.iter("style"):
        for rule in support.rules("sheet"):
            if found := re.search(rule.of, sheet.text or ""):
                yield _ruled_out(f"a style sheet with “{clip(one_line(found[0]), 40)}”", sheet, rule)


def _ruled_out(what: str, element: etree._Element, rule: support.Rule) -> Found:
    return Found("css-unsupported", element, f"{what} fails in {support.lacking(rule)} ({rule.feature})", rule.instead)


@dataclass(frozen=True, slots=True)
class _Type:
    """How the words of an element look; a colour that cannot be told is None."""

    colour: str | None = "#000000"
    ground: str | None = "#ffffff"
    #: In px.
    size: float = 16.0
    bold: bool = False
    hidden: bool = False

    @property
    def needed(self) -> float:
        """The ratio that WCAG 2.2 asks for (1.4.3): less for what is large, 18 pt, or 14 pt and bold."""
        return 3.0 if self.size >= 24 or (self.bold and self.size >= 18.66) else 4.5


def _contrast(page: Page) -> Iterator[Found]:
    types: dict[etree._Element | None, _Type] = {None: _Type()}
    for element in page.elements:
        look = types[element] = _type_of(element, types[element.getparent()])
        own = [element.text, *(child.tail for child in element)]
        if look.hidden or look.colour is None or look.ground is None or not "".join(filter(None, own)).strip():
            continue
        ratio = contrast(look.colour, look.ground)
        if ratio < look.needed:
            what = f"{look.colour} on {look.ground} has a contrast of {ratio:.2f}"
            yield Found("contrast", element, what, f"{look.needed} is the least")


def _type_of(element: etree._Element, above: _Type) -> _Type:
    styles, tag = declarations(element.get("style")), str(element.tag)
    colour = styles.get("color") or ("#0000ee" if tag == "a" and element.get("href") else "")
    ground = styles.get("background-color") or styles.get("background") or element.get("bgcolor") or "transparent"
    weight = styles.get("font-weight") or ("bold" if tag in {*_HEADINGS, "b", "strong", "th"} else "")
    return replace(
        above,
        colour=_hex(colour) if colour else above.colour,
        ground=above.ground if ground == "transparent" else _hex(ground),
        size=_pixels(styles.get("font-size", "")) or above.size,
        bold=weight in {"bold", "600", "700", "800", "900"} if weight else above.bold,
        hidden=above.hidden or styles.get("display") == "none" or tag in {"head", "style"},
    )


def _pixels(size: str) -> float | None:
    found = _LENGTH.fullmatch(size)
    return float(found[1]) * (4 / 3 if found[2] == "pt" else 1) if found else None


def _hex(colour: str) -> str | None:
    colour = _COLOURS.get(colour.lower(), colour)
    try:
        rgb(colour)
    except ValueError:
        return None
    return colour


CHECKS = (_subject, _control, _links, _pictures, _words, _structure, _tables, _styles, _features, _contrast)
