"""Complete history (RFC 5005): which page each post of a feed stands on, for good, and which pages are neighbours."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

#: Posts on one page.
PAGE_ENTRIES = 500


@dataclass(frozen=True, order=True, slots=True)
class Page:
    """One document of a feed's history; later ones are greater."""

    #: Of `published`, in UTC, so that no change of the configuration moves a post: `2024-11`.
    month: str
    #: Which of the pages of that month, from 1.
    number: int = 1

    @property
    def name(self) -> str:
        """What its file is called, without the extension: `2024-11`, `2024-11-2`."""
        return self.month if self.number == 1 else f"{self.month}-{self.number}"


def place(
    newcomers: Iterable[tuple[str, datetime]], filled: Mapping[Page, int], size: int = PAGE_ENTRIES
) -> dict[str, Page]:
    """Put posts that are on no page yet, as (code, published), on the last page of their month, or on a new one.

    Pages that are full stay as they are, whoever leaves them.
    """
    counts = Counter(filled)
    last: dict[str, int] = {}
    for page in filled:
        last[page.month] = max(page.number, last.get(page.month, 1))
    placed: dict[str, Page] = {}
    for code, published in sorted(newcomers, key=lambda newcomer: (newcomer[1], newcomer[0])):
        month = f"{published.astimezone(UTC):%Y-%m}"
        number = last.setdefault(month, 1)
        if counts[Page(month, number)] >= size:
            number = last[month] = number + 1
        placed[code] = Page(month, number)
        counts[placed[code]] += 1
    return placed


def neighbours(pages: Iterable[Page], page: Page) -> tuple[Page | None, Page | None]:
    """Find the page before and the one after."""
    ordered = list(pages)
    before = max((each for each in ordered if each < page), default=None)
    return before, min((each for each in ordered if each > page), default=None)


def with_neighbours(pages: Iterable[Page], new: Iterable[Page]) -> set[Page]:
    """Name the pages that say something else once others have come: the new ones, and those that link to them."""
    every = sorted({*pages, *new})
    fresh = set(new)
    return {
        page
        for position, page in enumerate(every)
        if page in fresh or fresh & set(every[max(position - 1, 0) : position + 2])
    }
