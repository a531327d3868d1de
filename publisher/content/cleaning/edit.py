"""Taking things out of a parsed document: elements, and pieces of text; everything else stays as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from publisher.content.cleaning.tree import MEDIA, STAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lxml.html import HtmlElement


def remove(tree: HtmlElement, doomed: Iterable[HtmlElement]) -> None:
    """Take elements out, the text behind them stays; then what stood around them, if nothing is left in it."""
    while doomed:
        by_parent: dict[HtmlElement, set[HtmlElement]] = {}
        for element in doomed:
            if element is not tree and (parent := element.getparent()) is not None:
                by_parent.setdefault(parent, set()).add(element)
        for parent, children in by_parent.items():
            _prune(parent, children)
        doomed = [parent for parent in by_parent if parent.tag not in STAYS and _is_void(parent)]


def _is_void(element: HtmlElement) -> bool:
    if any(child.tag != "br" or (child.tail or "").strip() for child in element.iterchildren()):
        return False
    return not (element.text or "").strip()


def _prune(parent: HtmlElement, doomed: set[HtmlElement]) -> None:
    """Take children out at once: one by one, the text behind them would be copied again and again."""
    owner: HtmlElement | None = None
    texts = [parent.text or ""]
    for child in list(parent):
        if child in doomed:
            texts.append(child.tail or "")
            parent.remove(child)
            continue
        _set_text(parent, owner, texts)
        owner, texts = child, [child.tail or ""]
    _set_text(parent, owner, texts)


def _set_text(parent: HtmlElement, owner: HtmlElement | None, texts: list[str]) -> None:
    if len(texts) == 1:
        return
    # The space before what is gone and the one behind it would be two.
    whole = texts[0] + "".join(text if text.strip() else text[:1] * (not texts[0][-1:].isspace()) for text in texts[1:])
    if owner is None:
        parent.text = whole
    else:
        owner.tail = whole


def raw(element: HtmlElement) -> tuple[list[tuple[HtmlElement, str]], list[str]]:
    """Give the texts of an element as they are: where each stands, and what it says; a line break is one, too."""
    places: list[tuple[HtmlElement, str]] = []
    for event, inner in etree.iterwalk(element, events=("start", "end")):
        if event == "start":
            places.append((inner, "text"))
        elif inner is not element:
            places.append((inner, "tail"))
    return places, ["\n" if p.tag == "br" and name == "text" else getattr(p, name) or "" for p, name in places]


def cut(element: HtmlElement, spans: Sequence[tuple[int, int]]) -> None:
    """Cut spans, counted over all of `raw(element)`, out of its texts; what is emptied so goes."""
    emptied: list[HtmlElement] = []
    start = index = 0
    for (owner, name), text in zip(*raw(element), strict=True):
        end = start + len(text)
        kept, position = [], start
        while index < len(spans) and spans[index][0] < end:
            kept.append(text[position - start : max(position, spans[index][0]) - start])
            position = min(end, spans[index][1])
            if spans[index][1] > end:
                break
            index += 1
        if position > start:
            rest = text[position - start :]
            before = "".join(kept)
            # A space before the code and one behind it would be two.
            rest = rest[1:] if before[-1:].isspace() and rest[:1] == " " else rest
            _replace(element, owner, name, before + rest, emptied)
        start = end
    remove(element, emptied)


def trim(element: HtmlElement) -> None:
    """Take the space away that stood before code at the end, or behind code at the beginning."""
    element.text = (element.text or "").lstrip() or None
    if len(element):
        element[-1].tail = (element[-1].tail or "").rstrip() or None
    elif element.text:
        element.text = element.text.rstrip()


def _replace(element: HtmlElement, owner: HtmlElement, name: str, text: str, emptied: list[HtmlElement]) -> None:
    if owner.tag == "br" and name == "text":
        emptied.append(owner)
        return
    setattr(owner, name, text)
    if name == "text" and owner is not element and owner.tag not in MEDIA and _is_void(owner):
        emptied.append(owner)
