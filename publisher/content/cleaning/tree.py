"""The parsed document that rules work on, and the few questions they all ask of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree, html

from publisher.content import limits
from publisher.model.errors import PostError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^>]*?(/?)>")
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
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
            Block(element, text_of(element), list(element.iter("img")))
            for element in tree.iter(*BLOCKS)
            if element is not tree and next(element.iterdescendants(*BLOCKS), None) is None
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
    _check_depth(markup)
    parser = html.HTMLParser(huge_tree=True, encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(f"<div>{markup}</div>".encode(), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise PostError(f"has a body that cannot be parsed: {error}") from error
    body = root.find("body")
    if body is None:
        raise PostError("has a body without any content")
    # A stray </div> in the body closes ours: whatever there is then goes into one again.
    if len(body) == 1 and body[0].tag == "div" and not (body[0].tail or "").strip():
        return body[0]
    body.tag = "div"
    return body


def _check_depth(markup: str) -> None:
    if markup.count("<") < limits.HTML_DEPTH:
        return
    depth = deepest = count = 0
    for match in _TAG.finditer(markup):
        if match[2].lower() in _VOID or match[3]:
            continue
        count += 1
        depth = max(0, depth - 1) if match[1] else depth + 1
        deepest = max(deepest, depth)
    if deepest > limits.HTML_DEPTH:
        raise PostError(f"has a body nested {deepest} levels deep; {limits.HTML_DEPTH} are read")
    if count > limits.HTML_NODES:
        raise PostError(f"has a body of {count:,} elements; {limits.HTML_NODES:,} are read")


def write(tree: HtmlElement) -> str:
    """Write the content of the tree as HTML, without the `div` around it."""
    inner = [etree.tostring(child, encoding="unicode", method="html") for child in tree]
    return (tree.text or "").lstrip() + "".join(inner)


def text_of(element: HtmlElement) -> str:
    """Give the text of an element on one line."""
    return " ".join("".join(element.itertext()).split())


def has_media(element: HtmlElement) -> bool:
    """Say whether there is anything to see that is not text."""
    return element.tag in _MEDIA or next(element.iter(*_MEDIA), None) is not None


def is_link_only(element: HtmlElement) -> bool:
    """Say whether everything to read or see in an element stands in links."""
    links = list(element.iter("a"))
    if not links:
        return False
    outside = len(text_of(element)) - sum(len(text_of(link)) for link in links)
    unlinked = [picture for picture in element.iter("img") if next(picture.iterancestors("a"), None) is None]
    return outside <= 2 * len(links) and not unlinked
