"""Which feeds there are, which of them a change touches, and which posts make one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.model.post import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from publisher.model.change import Change
    from publisher.model.post import Article, KnownPost


@dataclass(frozen=True, slots=True)
class FeedKey:
    """One feed in all its formats: a category, a language, both, or neither."""

    category: str | None = None
    language: str | None = None

    @property
    def path(self) -> str:
        """Where it stands below the output folder, without the extension."""
        folder = f"feeds/{self.language}" if self.language else "feeds"
        return f"{folder}/{self.category or 'all'}"


def feeds_of(language: str, sections: Iterable[str]) -> set[FeedKey]:
    """Name every feed that a post of these categories may stand in."""
    return {FeedKey(category, tongue) for category in (None, *sections) for tongue in (None, language)}


def touched(changes: Iterable[Change], sections: Callable[[KnownPost], Iterable[str]]) -> set[FeedKey]:
    """Name the feeds that would look different after these changes."""
    kinds = {
        (known.post.language, tuple(sections(known)))
        for change in changes
        if change.before != change.after
        for known in (change.before, change.after)
        if known is not None and known.state is State.PUBLISHED
    }
    return {key for language, names in kinds for key in feeds_of(language, names)}


def in_order(articles: Iterable[Article]) -> list[Article]:
    """Sort as a feed shows them: newest first, and by code where two share a second."""
    return sorted(articles, key=lambda article: (article.published, article.code), reverse=True)


def within(articles: Sequence[Article], max_bytes: int) -> list[Article]:
    """Keep as many of the newest as fit the budget, one at least.

    Bytes are counted as XML has them, with `<`, `>` and `&` escaped, plus what surrounds an entry.
    """
    total = 0
    for count, article in enumerate(articles):
        html = article.html
        escapes = 3 * (html.count("<") + html.count(">")) + 4 * html.count("&")
        total += len(html.encode()) + escapes + len(article.summary.encode()) + _ENTRY_OVERHEAD
        if total > max_bytes and count:
            return list(articles[:count])
    return list(articles)


#: Ids, dates, links and tags of one entry, in bytes.
_ENTRY_OVERHEAD = 1500
