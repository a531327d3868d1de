"""The rules in their order, and the guard that keeps a report from being taken for junk.

Code goes first, so that the marker in front of it stands alone and is seen for what it is. What a rule finds goes
only when all have spoken: the guard then needs to undo nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.content.cleaning import lines, links, notices, people
from publisher.content.cleaning.page import Page, Subject
from publisher.kit.text import clip, one_line
from publisher.model.post import Removed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lxml.html import HtmlElement

__all__ = ["Cleaned", "Subject", "clean"]

#: What no reader ought to see, however much of a post it is.
CODE_RULES = (lines.script_text, lines.style_text)
UNSEEN_RULES = (links.tracking_pixel,)
TEXT_RULES: tuple[Callable[[Page], Iterator[str]], ...] = (
    links.host_heading,
    links.host_match,
    links.host_links,
    lines.repeated_title,
    links.repeated_picture,
    lines.advertisement,
    lines.navigation,
    lines.share,
    links.qr_code,
    lines.follow_us,
    notices.notice,
    links.related_links,
    links.other_reports,
    links.teaser,
    people.byline,
    links.leftover,
)
RULES = (*CODE_RULES, *UNSEEN_RULES, *TEXT_RULES, links.empty)
#: The guard holds when less than this part of the text would be left.
_LEAST_LEFT = 0.3
#: A text shorter than this may be one sentence among junk: it only has to be more than nothing.
_TINY_CHARS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Cleaned:
    """What came of cleaning one body."""

    #: In the order of the rules.
    removed: tuple[Removed, ...]
    #: From a byline.
    authors: tuple[str, ...] = ()
    #: Of the first picture, without the words around it.
    credit: str | None = None
    #: Why the text was left as it was.
    warning: str | None = None


def clean(tree: HtmlElement, subject: Subject) -> Cleaned:
    """Apply every rule to the tree, in place.

    Where the guard holds, only code and pictures of a pixel are gone.
    """
    page = Page(tree, subject)
    removed = _run(page, CODE_RULES)
    page.split()
    removed += _run(page, UNSEEN_RULES)
    before = page.chars()
    junk = _run(page, TEXT_RULES)
    warning = _guard(before, page.chars())
    if warning is not None:
        page.restore()
    else:
        removed += junk
    for _ in links.empty(page):
        pass
    credit = people.credit(page)
    page.apply()
    return Cleaned(removed=tuple(removed), authors=tuple(page.authors), credit=credit, warning=warning)


def _run(page: Page, rules: Iterable[Callable[[Page], Iterator[str]]]) -> list[Removed]:
    return [
        Removed(rule=rule.__name__, text=clip(one_line(text), 300)) for rule in rules for text in rule(page) if text
    ]


def _guard(before: int, after: int) -> str | None:
    least = _LEAST_LEFT * before if before >= _TINY_CHARS else min(before, 1)
    if after >= least:
        return None
    return f"cleaning would have removed {100 - 100 * after // before} % of the text, so the text stays as it is"
