"""The parsed document that rules work on, and the few questions they all ask of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from lxml import etree, html

from publisher.content import limits
from publisher.kit.text import fit_for_xml
from publisher.model.errors import PostError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
#: Elements that end where the next of their kind begins, or with what they stand in.
_UNENDED = frozenset({"p", "li", "dt", "dd", "td", "th", "tr", "tbody", "thead", "tfoot", "option"})
#: What a body has no business with: a stray </body> would end it.
_DOCUMENT = re.compile(r"<!doctype[^>]*>|</?(?:html|head|body)\b[^>]*>", re.IGNORECASE)
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
#: Elements whose text nobody reads.
_UNREAD = ("script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "math", "title", "head")
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: Elements that hold one run of text, as a reader sees it.
BLOCKS = HEADINGS | {"p", "li", "td", "th", "dd", "dt", "figcaption", "blockquote", "div"}
_MEDIA = frozenset({"img", "video", "audio", "iframe", "picture", "table", "hr", "pre"})


@dataclass(slots=True)
class Block:
    """An innermost block: one that no other block stands in."""

    element: HtmlElement
    text: str
    pictures: list[HtmlElement]


class Page:
    """A body under the hands of the rules: its tree, and its blocks in order."""

    def __init__(self, tree: HtmlElement, title: str) -> None:
        self.tree = tree
        self.title = title
        self._blocks = [
            Block(element, text_of(element), list(element.iter("img")) if len(element) else [])
            for element in tree.iter(*BLOCKS)
            if element is not tree and (not len(element) or next(element.iterdescendants(*BLOCKS), None) is None)
        ]
        self._gone: set[HtmlElement] = set()

    def blocks(self) -> Iterator[Block]:
        """Give the blocks that still stand."""
        return (block for block in self._blocks if block.element not in self._gone)

    def drop(self, element: HtmlElement) -> None:
        """Take an element out; the text behind it stays."""
        self._gone.update(element.iter(*BLOCKS))
        element.drop_tree()


def parse(markup: str) -> HtmlElement:
    """Parse the HTML of a body into one `div`. Raises PostError where it is too deep or too large."""
    markup = _fit(_DOCUMENT.sub("", markup))
    _check_size(markup)
    parser = html.HTMLParser(huge_tree=True, encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(f"<div>{markup}</div>".encode(), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise PostError(f"has a body that cannot be parsed: {error}") from error
    body = root.find("body")
    if body is None:
        raise PostError("has a body without any content")
    etree.strip_elements(body, *_UNREAD, with_tail=False)
    # A stray </div> in the body closes ours: whatever there is then goes into one again.
    if len(body) == 1 and body[0].tag == "div" and not (body[0].tail or "").strip():
        return body[0]
    body.tag = "div"
    return body


def _fit(markup: str) -> str:
    """Drop what no XML document may have, written as a character or as a reference to one."""

    def kept(reference: re.Match[str]) -> str:
        digits = reference[1] or reference[2]
        code = int(digits, 16 if reference[1] else 10) if len(digits) < 8 else 0
        return reference[0] if 0 < code < 0x110000 and fit_for_xml(chr(code)) else ""

    markup = fit_for_xml(markup)
    return _REFERENCE.sub(kept, markup) if "&#" in markup else markup


def _check_size(markup: str) -> None:
    """Count elements and their depth as a parser would, or deeper where the markup is broken."""
    # No deeper than it has opening tags, which are cheaper to count.
    if markup.count("<") - markup.count("</") <= limits.HTML_DEPTH:
        return
    opened: list[str] = []
    deepest = count = position = 0
    while (match := _TAG.search(markup, position)) and (end := markup.find(">", match.end())) > 0:
        position = end + 1
        name = match[2].lower()
        if match[1]:
            _close(opened, name)
            continue
        count += 1
        if name not in _VOID:
            if name in _UNENDED and opened and opened[-1] == name:
                opened.pop()
            opened.append(name)
            deepest = max(deepest, len(opened))
    if deepest > limits.HTML_DEPTH:
        raise PostError(f"has a body nested {deepest} levels deep; {limits.HTML_DEPTH} are read")
    if count > limits.HTML_NODES:
        raise PostError(f"has a body of {count:,} elements; {limits.HTML_NODES:,} are read")


def _close(opened: list[str], name: str) -> None:
    """Close the element `name` if nothing stands open in it that wants an end of its own; else ignore the end."""
    for position in range(len(opened) - 1, -1, -1):
        if opened[position] == name:
            del opened[position:]
            return
        if opened[position] not in _UNENDED:
            return


def write(tree: HtmlElement) -> str:
    """Write the content of the tree as HTML, without the `div` around it."""
    inner = [etree.tostring(child, encoding="unicode", method="html") for child in tree]
    return escape((tree.text or "").lstrip(), quote=False) + "".join(inner)


def text_of(element: HtmlElement) -> str:
    """Give the text of an element on one line."""
    if not len(element):
        return " ".join((element.text or "").split())
    return " ".join("".join(element.itertext()).split())


def has_text(element: HtmlElement) -> bool:
    """Say whether an element has text."""
    return any(piece.strip() for piece in element.itertext())


def has_media(element: HtmlElement) -> bool:
    """Say whether there is anything to see that is not text."""
    return element.tag in _MEDIA or (len(element) > 0 and next(element.iter(*_MEDIA), None) is not None)


def is_link_only(element: HtmlElement) -> bool:
    """Say whether everything to read or see in an element stands in links."""
    links = list(element.iter("a"))
    if not links:
        return False
    outside = len(text_of(element)) - sum(len(text_of(link)) for link in links)
    unlinked = [picture for picture in element.iter("img") if next(picture.iterancestors("a"), None) is None]
    return outside <= 2 * len(links) and not unlinked
