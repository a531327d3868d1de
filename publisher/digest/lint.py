"""An edition is held against what mail programs do, before anybody gets it; here is what stops a send."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher.digest import advice
from publisher.digest.budget import LIMIT
from publisher.digest.page import Found, Page, declarations, where
from publisher.digest.render import UNSUBSCRIBE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from publisher.model.edition import RenderedEdition


class Severity(enum.StrEnum):
    """What a finding means for the edition."""

    #: Stops a send.
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with an edition."""

    rule: str
    severity: Severity
    #: Of the HTML; None where it is about all of it, or about the subject or the text.
    line: int | None
    #: One sentence: what, where, the way out.
    message: str


#: What mail programs take out, often with all that follows, or what makes them distrust a message.
_FORBIDDEN = {
    "script": "leave it out",
    "svg": "use a PNG",
    "form": "link to a page that has it",
    "iframe": "link to the page",
    "object": "link to it",
    "embed": "link to it",
    "video": "use a picture that links to it",
    "base": "write whole addresses",
}
_READERS_HOST = urlsplit(UNSUBSCRIBE).netloc
_WEBFONT = re.compile(r"@font-face|@import", re.IGNORECASE)
_DATA = re.compile(r"url\(\s*['\"]?\s*data:", re.IGNORECASE)


def lint(edition: RenderedEdition) -> list[Finding]:
    """Find what is wrong, errors first, then by line. What is said twice in the same words is said once."""
    page = Page(edition)
    findings: dict[tuple[str, str], Finding] = {}
    for severity, checks in ((Severity.ERROR, _CHECKS), (Severity.WARNING, advice.CHECKS)):
        for check in checks:
            for found in check(page):
                finding = _finding(severity, found)
                findings.setdefault((finding.rule, finding.message), finding)
    return sorted(findings.values(), key=lambda finding: (finding.severity is Severity.WARNING, finding.line or 0))


def _finding(severity: Severity, found: Found) -> Finding:
    place, told = found.place, ""
    if place is not None and not isinstance(place, int):
        place, told = place.sourceline, where(place)  # type: ignore[assignment] # the stubs leave the type open
    return Finding(found.rule, severity, place, f"{found.what}{told}: {found.way_out}")  # type: ignore[arg-type]


def _stories(page: Page) -> Iterator[Found]:
    for number in range(1, page.edition.stories + 1):
        if (count := page.ids[f"story-{number}"]) != 1:
            fault = f"stands {count} times" if count else "is lost"
            yield Found(
                "story-missing", None, f"story {number} {fault}", f'the template must have id="story-{number}" once'
            )


def _footer(page: Page) -> Iterator[Found]:
    if (count := page.ids["footer"]) != 1:
        yield Found("footer-missing", None, f"there are {count} footers", 'the template must have id="footer" once')
    marks = [page.edition.html.count(mark) for mark in ("<!--reader-->", "<!--/reader-->")]
    if marks != [1, 1] or not any(element.get("href") == UNSUBSCRIBE for element in page.readers):
        way_out = "the template's footer must have it between the two reader comments"
        yield Found("unsubscribe-missing", None, "the link to unsubscribe is not in its place", way_out)


def _readers_place(page: Page) -> Iterator[Found]:
    for element in page.elements:
        if element not in page.readers and any(_READERS_HOST in str(value) for value in element.attrib.values()):
            what = "a link of the reader's own stands outside the reader comments of the footer"
            yield Found("reader-place", element, what, "others would get it: leave it out there")


def _size(page: Page) -> Iterator[Found]:
    size = len(page.edition.html.encode())
    if size > LIMIT:
        what = f"the HTML has {size:,} bytes, and {LIMIT:,} are the most"
        yield Found("too-large", None, what, "tell fewer stories, or shorten the styles of the template")


def _elements(page: Page) -> Iterator[Found]:
    for element in page.elements:
        tag = str(element.tag)
        if tag in _FORBIDDEN:
            yield Found("forbidden-element", element, f"mail programs take out <{tag}>", _FORBIDDEN[tag])
        if tag == "link" and "stylesheet" in (element.get("rel") or "").lower():
            yield Found(
                "forbidden-element", element, "mail programs fetch no style sheet", "include it in the template"
            )
        if any(str(name).startswith("on") for name in element.attrib):
            yield Found(
                "event-handler", element, f"mail programs run no script, as of <{tag}>", "leave the attribute out"
            )
        if tag == "img" and _is_pixel(element):
            yield Found("tracking-pixel", element, "a picture of one pixel tracks the reader", "leave it out")


def _is_pixel(image: etree._Element) -> bool:
    styles = declarations(image.get("style"))
    sizes = (image.get(side) or styles.get(side, "") for side in ("width", "height"))
    return any(size.removesuffix("px").strip() in {"0", "1"} for size in sizes)


def _styles(page: Page) -> Iterator[Found]:
    for element, css in page.sheets:
        if _WEBFONT.search(css):
            yield Found(
                "webfont", element, "most mail programs load no fonts or sheets", "name fonts that devices have"
            )
        if _DATA.search(css):
            yield Found("data-picture", element, "a picture is written into the styles", "link to it")


def _addresses(page: Page) -> Iterator[Found]:
    for element, address in page.links:
        scheme = address.partition(":")[0].lower()
        if scheme in {"javascript", "vbscript"}:
            yield Found("script-link", element, "mail programs run no script, as of a link", "link to a page")
        if scheme == "data":
            yield Found("data-picture", element, "a picture is written into the mail", "link to it")


def _text(page: Page) -> Iterator[Found]:
    if UNSUBSCRIBE not in page.edition.text:
        what = "the plain text has no link to unsubscribe" if page.edition.text.strip() else "the plain text is empty"
        yield Found("text-missing", None, what, "see templates/digest/digest.txt")


def _subject(page: Page) -> Iterator[Found]:
    if not page.edition.subject.strip():
        yield Found("subject-empty", None, "the subject is empty", "give the digest a title")
    if set("\0\r\n") & set(page.edition.subject):
        yield Found("subject-control", None, "the subject has a line break or a NUL", "take it out of the title")


_CHECKS = (_stories, _footer, _readers_place, _size, _elements, _styles, _addresses, _text, _subject)
