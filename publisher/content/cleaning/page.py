"""A body under the hands of the rules: its blocks in order, and what shall go once all rules have spoken."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from lxml import etree, html

from publisher.content.cleaning import phrases
from publisher.content.cleaning.code import may_have_code
from publisher.content.cleaning.edit import cut, remove, trim
from publisher.content.cleaning.fold import bare, size
from publisher.content.cleaning.tree import BLOCKS, MEDIA, on_one_line, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml.html import HtmlElement

    from publisher.content.cleaning.hosts import HostRule

#: Nothing longer is a label or a request.
SHORT = 700
_OUTSIDE = etree.XPath("descendant-or-self::text()[not(ancestor::a)]")
#: A line of the source that ends so ends a sentence, too, or is a label.
_STOPS = frozenset('.!?…:)]”»"')
_LABELS = phrases.ADVERTISEMENT | phrases.RELATED | phrases.FURNITURE | phrases.SHARE
_SEEN = ("a", "img", "br", *sorted(MEDIA - {"img"}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What is known of the post whose body is cleaned."""

    title: str
    #: The post's lead picture.
    image: str | None = None
    #: Where the post was first published.
    origin: str | None = None
    host: HostRule | None = None


@dataclass(slots=True, eq=False)
class Line:
    """One of several lines of a block: what stands between two `<br>`."""

    #: Which text of which element: the one it begins with, and the one behind each of its elements.
    texts: list[tuple[HtmlElement, str]]
    elements: list[HtmlElement] = field(default_factory=list)
    #: The `<br>` before it.
    br: HtmlElement | None = None

    def strings(self) -> Iterator[str]:
        """Give its text in order."""
        (owner, name), *_ = self.texts
        yield getattr(owner, name) or ""
        for element in self.elements:
            yield from element.itertext()
            yield element.tail or ""


@dataclass(slots=True, eq=False)
class Block:
    """An innermost block, one that no other block stands in, or one line of such a block."""

    element: HtmlElement
    tag: str
    text: str
    #: The text folded for comparison; empty if it is long.
    bare: str
    links: list[HtmlElement]
    pictures: list[HtmlElement]
    #: Whether there is anything to see but text and pictures.
    media: bool
    #: How much `bare` says: see `size`.
    size: float = 0
    breaks: bool = False
    #: Whether code was cut out of it.
    cut: bool = False
    line: Line | None = None
    #: A host's rule says that it stays.
    kept: bool = False
    gone: bool = False

    @property
    def parts(self) -> list[HtmlElement]:
        """The elements it is made of."""
        return [self.element] if self.line is None else self.line.elements

    def outside(self) -> str:
        """Give the text that stands in no link."""
        if self.line is None:
            return " ".join("".join(map(str, cast("list[str]", _OUTSIDE(self.element)))).split())
        linked = "".join(text for link in self.links for text in link.itertext())
        return self.text.replace(linked, "", 1) if linked else self.text

    def is_links(self) -> bool:
        """Say whether everything to read or see in it stands in links."""
        if not self.links or self.media:
            return False
        linked = sum(1 for picture in self.pictures if next(picture.iterancestors("a"), None) is not None)
        return linked == len(self.pictures) and len(self.outside()) <= 2 * len(self.links)

    def seen(self) -> str:
        """Say what a reader saw of it: its text, or what its picture is called."""
        return self.text or next((name for picture in self.pictures if (name := name_of(picture))), "")


def name_of(picture: HtmlElement) -> str:
    """Give what a picture is called, or its address."""
    return picture.get("alt") or picture.get("src") or ""


def _innermost(tree: HtmlElement) -> list[HtmlElement]:
    """Find the blocks that no other block stands in."""
    found = [element for element in tree.iter(*BLOCKS) if element is not tree]
    # In order of the document, what stands in a block comes behind it at once.
    innermost = [block for block, following in pairwise(found) if not _stands_in(following, block, tree)]
    return innermost + found[-1:]


def _stands_in(element: HtmlElement, block: HtmlElement, tree: HtmlElement) -> bool:
    parent = element.getparent()
    while parent is not None and parent is not block and parent is not tree:
        parent = parent.getparent()
    return parent is block


def _block(element: HtmlElement) -> Block:
    tag = element.tag
    nested = len(element) > 0
    whole = "".join(element.itertext()) if nested else element.text or ""
    text = on_one_line(whole)
    folded = bare(text) if len(text) <= SHORT else ""
    made = Block(element, tag, text, folded, [], [], tag in MEDIA, size(folded), "\n" in whole and tag != "pre")
    if nested:
        _look_into(made)
    # A paragraph in an item of a list is the item.
    if tag == "p" and (parent := element.getparent()) is not None and parent.tag == "li":
        made.tag = "li"
    return made


def _look_into(block: Block) -> None:
    for inner in block.element.iterdescendants():
        tag = inner.tag
        if tag == "a":
            block.links.append(inner)
        elif tag == "img":
            block.pictures.append(inner)
        elif tag == "br":
            block.breaks = True
        elif tag in MEDIA:
            block.media = True


def _lines(block: Block) -> list[Block]:
    """Take a block apart at its line breaks."""
    lines = [Line([(block.element, "text")])]
    for child in block.element:
        if child.tag == "br":
            lines.append(Line([(child, "tail")], br=child))
        else:
            lines[-1].elements.append(child)
            lines[-1].texts.append((child, "tail"))
    if len(lines) == 1:
        return [block]
    blocks = [_line_block(block, line) for line in lines]
    for made in blocks:
        made.gone = block.cut and not made.text and not made.pictures and not made.media
    return blocks


def _break_softly(element: HtmlElement) -> Iterator[HtmlElement]:
    """Put a `<br>` where a line of the source ends and a sentence or a label with it; they are not to stay."""
    for owner, name in [(element, "text"), *((child, "tail") for child in element)]:
        text = getattr(owner, name) or ""
        if "\n" not in text:
            continue
        lines = [""]
        for line in text.split("\n"):
            if len(lines) > 1 and not _ends(lines[-1], line):
                lines[-1] += "\n" + line
            else:
                lines.append(line)
        setattr(owner, name, lines[1])
        for line in lines[2:]:
            mark = html.Element("br")
            if name == "text":
                element.insert(0, mark)
            else:
                # What stands behind an element would go behind the next one.
                before, owner.tail = owner.tail, None
                owner.addnext(mark)
                owner.tail = before
            mark.tail = line
            owner, name = mark, "tail"
            yield mark


def _ends(line: str, following: str) -> bool:
    """Say whether a line of the source is one that a reader was to see as such."""
    line, following = line.strip(), following.strip()
    if following[:1].islower():
        return False
    return not line or line[-1] in _STOPS or line[-1] >= "\u0e00" or bare(line) in _LABELS


def _line_block(block: Block, line: Line) -> Block:
    text = " ".join("".join(line.strings()).split())
    made = Block(block.element, block.tag, text, bare(text) if len(text) <= SHORT else "", [], [], False, line=line)
    made.size = size(made.bare)
    for element in line.elements:
        made.links += element.iter("a")
        made.pictures += element.iter("img")
        made.media = made.media or next(element.iter(*_SEEN[3:]), None) is not None
    made.kept = block.kept
    return made


class Page:
    """The tree, its blocks, and what the rules found."""

    def __init__(self, tree: HtmlElement, subject: Subject) -> None:
        self.tree = tree
        self.subject = subject
        _wrap_code(tree)
        self._blocks = [_block(element) for element in _innermost(tree)]
        self.keeps = subject.host is not None and bool(subject.host.keep)
        if subject.host is not None and self.keeps:
            for block in self._blocks:
                block.kept = subject.host.keeps(block.text)
        #: Pictures and links that go while their block stays.
        self.inline: list[HtmlElement] = []
        #: What goes in any case: nobody sees it.
        self.unseen: list[HtmlElement] = []
        self.authors: list[str] = []
        self._soft: list[HtmlElement] = []

    def everything(self) -> list[Block]:
        """Give all blocks, those that are gone among them."""
        return self._blocks

    def blocks(self) -> Iterator[Block]:
        """Give the blocks that still stand and may go."""
        return (block for block in self._blocks if not block.gone and not block.kept)

    def cut(self, block: Block, spans: Sequence[tuple[int, int]]) -> None:
        """Cut pieces of text out of a block, at once: code is nothing that a reader ought to see."""
        cut(block.element, spans)
        trim(block.element)
        block.cut = True
        block.text = text_of(block.element)
        block.bare = bare(block.text) if len(block.text) <= SHORT else ""
        block.size = size(block.bare)
        if not block.text and not block.pictures and not block.media:
            block.gone = True

    def split(self) -> None:
        """Let every line of a block that is broken into lines be a block of its own."""
        blocks = []
        for block in self._blocks:
            if block.breaks and not block.gone and next(block.element.iter("pre"), None) is None:
                self._soft.extend(_break_softly(block.element))
                blocks += _lines(block)
            else:
                blocks.append(block)
        self._blocks = blocks

    def chars(self) -> int:
        """Count the characters of text that stand."""
        return sum(len(block.text) for block in self._blocks if not block.gone)

    def restore(self) -> None:
        """Forget whatever shall go, but for what nobody sees."""
        for block in self._blocks:
            block.gone = False
        self.inline.clear()
        self.authors.clear()

    def apply(self) -> None:
        """Take out what is gone, and everything in which nothing is left."""
        doomed = self.inline + self.unseen
        for block in self._blocks:
            if not block.gone:
                continue
            if block.line is None:
                doomed.append(block.element)
            else:
                doomed += _empty_line(block.line)
        for mark in self._soft:
            mark.tail = "\n" + (mark.tail or "")
        doomed += self._soft
        remove(self.tree, doomed)


def _wrap_code(tree: HtmlElement) -> None:
    """Make paragraphs of code that stands between the blocks, where no rule would look."""
    for owner, text in [(None, tree.text), *((child, child.tail) for child in tree if child.tail)]:
        if text and not text.isspace() and may_have_code(text):
            paragraph = html.Element("p")
            paragraph.text = text
            if owner is None:
                tree.text = None
                tree.insert(0, paragraph)
            else:
                owner.tail = None
                owner.addnext(paragraph)


def _empty_line(line: Line) -> list[HtmlElement]:
    for element, name in line.texts:
        setattr(element, name, None)
    return line.elements if line.br is None else [line.br, *line.elements]
