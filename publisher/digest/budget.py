"""How large an edition will be once its styles are inlined is bounded before, and with it how much of it is told.

The renderer asks so, with a probe that is never sent: there each story is told in full and, but for the lead, listed.

    room = fit(measure(html(stories, stories[1:] + more)))
    page = html(stories[: room.stories], (stories[room.stories :] + more)[: room.titles])

In a page each story has the id `story-1`, `story-2`, ..., and each listed title stands within the element with the id
`more`, in an element of the class `item` and not `beyond`. All else is the frame, which stays: masthead, corrections,
footer.
"""

from __future__ import annotations

import functools
import itertools
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lxml import etree
from lxml.cssselect import CSSSelector, SelectorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: The largest HTML, in bytes of UTF-8. Gmail cuts a message near 102 KB, and counts what it adds to links itself.
LIMIT = 70 * 1024
#: Most of the limit that titles may take while there are stories to tell.
_TITLES = LIMIT // 4

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_STRING = r"""(?:"[^"]*"|'[^']*')"""
_WITHIN = rf"""(?:{_STRING}|[^{{}}"'])"""
#: A prelude and its block, which may have blocks in it.
_RULE = re.compile(rf"""((?:{_STRING}|[^{{}};"'])+)\{{((?:{_WITHIN}|\{{{_WITHIN}*\}})*)\}}""")
_DECLARATION = re.compile(rf"""([\w-]+)\s*:((?:{_STRING}|\([^)]*\)|[^;"'(])+)""")
#: How cssutils writes what it has read, where that is longer.
_LONGER = (
    (re.compile(r"\s+"), " "),
    (re.compile(r"\s*,\s*"), ", "),
    (re.compile(r"'([^'\"]*)'"), r'"\1"'),
    (re.compile(r"(?<![\w.])\.(?=\d)"), "0."),
    (re.compile(r"\s*!\s*important"), " !important"),
)


#: What is inlined: a selector, which finds elements in a page, and the declarations.
_Rule = tuple[Any, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Upper bounds, in bytes of UTF-8, of the parts of an edition after inlining."""

    #: All but the stories and the listed titles.
    frame: int
    #: `#story-1`, `#story-2`, ...
    stories: tuple[int, ...]
    #: The titles listed under "and N more".
    titles: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """How much of an edition has room."""

    #: How many stories, from the first, are told in full: at least the lead.
    stories: int
    #: How many of all that are not, in their order, are listed by their titles.
    titles: int


def fit(probe: Sizes, limit: int = LIMIT) -> Fit:
    """Say how much has room, of a probe in which every story but the lead is also listed, before the others.

    Stories come first; titles keep a story out only as far as they take no more than a quarter of the limit. Where no
    titles are marked, as in a template of one's own, they count as frame, and all are listed.
    """
    told = max(len(probe.stories), 1)
    while told > 1 and _room(probe, told, limit) < min(sum(probe.titles[told - 1 :]), limit // 4):
        told -= 1
    ends = itertools.accumulate(probe.titles[told - 1 :])
    titles = sum(end <= _room(probe, told, limit) for end in ends) if probe.titles else sys.maxsize
    return Fit(told, titles)


def _room(probe: Sizes, told: int, limit: int) -> int:
    return limit - probe.frame - sum(probe.stories[:told])


def measure(html: str) -> Sizes:
    """Bound the parts of a page whose styles are not inlined yet.

    It inlines like premailer, in a tenth of the time: where rules differ about a property, it takes the longest value.
    """
    # The stubs do not know that a page of nothing has no root.
    page: Any = etree.fromstring(html.strip(), etree.HTMLParser(huge_tree=True))
    if page is None:
        return Sizes(0, (), ())
    _inline_roughly(page)
    stories = tuple(_size(story) for story in _stories(page))
    titles = tuple(_size(title) for title in page.cssselect("#more .item:not(.beyond)"))
    whole = _size(page.getroottree(), pretty=True)
    return Sizes(whole - sum(stories) - sum(titles), stories, titles)


def _stories(page: Any) -> Iterator[Any]:
    places = {element.get("id"): element for element in page.xpath("//*[starts-with(@id, 'story-')]")}
    numbers = itertools.takewhile(lambda number: f"story-{number}" in places, itertools.count(1))
    return (places[f"story-{number}"] for number in numbers)


def _size(part: Any, *, pretty: bool = False) -> int:
    return len(etree.tostring(part, method="html", encoding="utf-8", pretty_print=pretty, with_tail=False))


def _inline_roughly(page: Any) -> None:
    rules = [rule for sheet in page.iter("style") if _is_inlined(sheet) for rule in _take_rules(sheet)]
    matched: dict[Any, list[int]] = {}
    for number, (selector, _) in enumerate(rules):
        for element in selector(page):
            matched.setdefault(element, []).append(number)
    #: By the rules that match: most elements of a page look like another.
    styles: dict[tuple[int, ...], dict[str, str]] = {}
    for element, numbers in matched.items():
        key = tuple(numbers)
        if key not in styles:
            styles[key] = _longest(rules[number][1] for number in key)
        _give(element, styles[key])


def _give(element: Any, style: dict[str, str]) -> None:
    if own := element.get("style"):
        style = _longest((style, _declarations(own)))
    element.set("style", "; ".join(f"{name}:{value}" for name, value in style.items()))
    if "background-color" in style:
        element.set("bgcolor", max(style["background-color"], "#rrggbb", key=len))


def _longest(declarations: Iterable[dict[str, str]]) -> dict[str, str]:
    longest: dict[str, str] = {}
    for name, value in itertools.chain.from_iterable(each.items() for each in declarations):
        longest[name] = max(value, longest.get(name, ""), key=_bytes)
    return longest


def _is_inlined(sheet: Any) -> bool:
    return sheet.get("data-premailer") != "ignore" and sheet.get("media", "all") in {"all", "screen"}


def _take_rules(sheet: Any) -> list[_Rule]:
    """Take out of a style sheet what is inlined: selectors with their declarations."""
    rules, left = _parsed(sheet.text or "")
    sheet.text = left
    return rules


@functools.lru_cache(maxsize=16)
def _parsed(css: str) -> tuple[list[_Rule], str]:
    """Read a style sheet: the rules that are inlined, and a text as long as what is left of it may become."""
    rules, left = [], []
    for prelude, block in _RULE.findall(_COMMENT.sub("", css)):
        declarations = _declarations(block)
        for selector in () if "@" in prelude else prelude.split(","):
            if ":" in selector and selector.partition(":")[2].strip() not in {"first-child", "last-child"}:
                left.append(f"{selector} {{{' !important;'.join(map(':'.join, declarations.items()))} !important}}\n")
            elif "*" not in selector and (compiled := _selector(selector.strip())):
                rules.append((compiled, declarations))
        if "@" in prelude:
            # Indented, with spaces about the signs and every declaration made important.
            left.append(prelude + block + "{}" + " " * 32 * len(re.findall(r"[;:,{}>+~]", block)))
    return rules, "".join(left)


def _declarations(block: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _DECLARATION.findall(block):
        for pattern, longer in _LONGER:
            value = pattern.sub(longer, value)
        found[name.lower()] = max(value.strip(), found.get(name.lower(), ""), key=_bytes)
    return found


def _bytes(text: str) -> int:
    return len(text.encode())


def _selector(selector: str) -> Any:
    """Compile a selector; None if it is none, which premailer leaves out as well."""
    try:
        return CSSSelector(selector)
    except SelectorError:
        return None
