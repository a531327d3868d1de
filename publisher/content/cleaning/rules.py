"""The rules, each a small function that takes junk of one kind out of a page and says what it took.

Their order matters: code goes first, so that the marker in front of it stands alone and is seen for what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.content.cleaning import phrases
from publisher.content.cleaning.code import code_start
from publisher.content.cleaning.tree import HEADINGS, Block, Page, has_media, has_text, is_link_only, text_of
from publisher.kit.text import clip, one_line, same_text
from publisher.kit.urls import host_of
from publisher.model.post import Removed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement


def script_text(page: Page) -> Iterator[str]:
    """Take out code that stands as text; what stands before it in the same paragraph stays."""
    for block in page.blocks():
        start = code_start(block.text)
        if start is None or _is_marked_as_code(block.element):
            continue
        code = block.text[start:]
        if not block.text[:start].strip() and not has_media(block.element):
            page.drop(block.element)
            yield code
        elif _cut_text(block):
            yield code


def _is_marked_as_code(element: HtmlElement) -> bool:
    inside = next(element.iter("code", "pre", "kbd", "samp"), None)
    return inside is not None or next(element.iterancestors("pre", "code"), None) is not None


def _cut_text(block: Block) -> bool:
    """Cut the text where the code begins, if that is in the last piece of text of the block."""
    last = block.element[-1] if len(block.element) else None
    piece = (block.element.text if last is None else last.tail) or ""
    start = code_start(piece.rstrip())
    if start is None:
        return False
    kept = piece[:start].rstrip()
    if last is None:
        block.element.text = kept
    else:
        last.tail = kept
    block.text = text_of(block.element)
    return True


def advertisement(page: Page) -> Iterator[str]:
    """Take out paragraphs that only announce an advertisement."""
    for block in page.blocks():
        if block.element.tag not in {"p", "div"} or has_media(block.element):
            continue
        if phrases.bare(block.text) in phrases.ADVERTISEMENT:
            page.drop(block.element)
            yield block.text


def repeated_title(page: Page) -> Iterator[str]:
    """Take out headings and bold lines that say the title again."""
    for block in page.blocks():
        if block.element.tag not in HEADINGS and not (block.element.tag == "p" and len(block.element)):
            continue
        if not block.text or not same_text(block.text, page.title) or has_media(block.element):
            continue
        if block.element.tag in HEADINGS or _is_bold(block):
            page.drop(block.element)
            yield block.text


def _is_bold(block: Block) -> bool:
    bold = " ".join(text_of(element) for element in block.element.iter("strong", "b"))
    return block.element.tag == "p" and bold == block.text


def follow_us(page: Page) -> Iterator[str]:
    """Take out QR codes, badges and lines that ask to follow a channel."""
    for block in page.blocks():
        if block.pictures:
            junk = len(block.text) <= phrases.CAPTION_CHARS and all(map(_is_badge, block.pictures))
        else:
            junk = len(block.text) <= phrases.FOLLOW_CHARS and phrases.FOLLOW.match(block.text) is not None
        if junk:
            seen = _seen(block.element)
            page.drop(block.element)
            yield seen


def _is_badge(picture: HtmlElement) -> bool:
    if phrases.BADGE.search(picture.get("alt") or ""):
        return True
    link = next(picture.iterancestors("a"), None)
    return link is not None and host_of(link.get("href") or "") in phrases.CHANNEL_HOSTS


def related_links(page: Page) -> Iterator[str]:
    """Take out a heading like "Related news" together with the links that follow it."""
    for block in page.blocks():
        if block.element.tag not in {"p", *HEADINGS} or phrases.bare(block.text) not in phrases.RELATED:
            continue
        links = []
        following = block.element.getnext()
        while following is not None and _is_list_of_links(following):
            links.append(following)
            following = following.getnext()
        if links:
            for element in (block.element, *links):
                yield _seen(element)
                page.drop(element)


def _is_list_of_links(element: HtmlElement) -> bool:
    if element.tag in {"ul", "ol"}:
        return all(is_link_only(item) for item in element)
    # A picture linked to its larger self is the report's.
    return element.tag in {"p", "div"} and is_link_only(element) and bool(text_of(element))


def _seen(element: HtmlElement) -> str:
    """Say what a reader saw of an element: its text, or what its picture is called."""
    alts = (picture.get("alt") or picture.get("src") or "" for picture in element.iter("img"))
    return text_of(element) or next(alts, "")


def empty(page: Page) -> Iterator[str]:
    """Take out blocks and lists in which nothing is left to read or see; not worth a report."""
    for element in reversed(list(page.tree.iter("p", "div", "li", "ul", "ol", "blockquote", "figure", *HEADINGS))):
        if element is not page.tree and not has_text(element) and not has_media(element):
            page.drop(element)
    yield from ()


RULES = (script_text, advertisement, repeated_title, follow_us, related_links, empty)


def clean(tree: HtmlElement, title: str) -> tuple[Removed, ...]:
    """Apply every rule to the tree, in place."""
    page = Page(tree, title)
    return tuple(
        Removed(rule=rule.__name__, text=clip(one_line(text), 300)) for rule in RULES for text in rule(page) if text
    )
