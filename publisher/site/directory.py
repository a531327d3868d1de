"""The feeds of the first page in groups: those of every language first, then one group a language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.kit.languages import own_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publisher.site.index import FeedLine

#: More feeds than this stand folded below the one of everything.
_AT_A_GLANCE = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedGroup:
    """The feeds of one language, or of every language."""

    language: str | None
    #: What the language calls itself; empty for the feeds of every language.
    name: str
    #: What is seen at once.
    shown: Sequence[FeedLine]
    #: What is seen after a click.
    folded: Sequence[FeedLine]


def groups(feeds: Sequence[FeedLine], language: str) -> list[FeedGroup]:
    """Group feeds by language, that of the publication before the others; in each, everything before the categories."""
    found: dict[str | None, list[FeedLine]] = {}
    for feed in sorted(feeds, key=_order):
        found.setdefault(feed.language, []).append(feed)
    tongues = sorted((tongue for tongue in found if tongue), key=lambda tongue: (tongue != language, tongue))
    every = [_group(None, found[None])] if None in found else []
    # With a single language its feeds are those of every language once more.
    return [*every, *(_group(tongue, found[tongue], twice=bool(every) and len(tongues) == 1) for tongue in tongues)]


def _order(feed: FeedLine) -> tuple[bool, str, str]:
    return feed.category is not None, feed.name.casefold(), feed.path


def _group(language: str | None, feeds: list[FeedLine], *, twice: bool = False) -> FeedGroup:
    name = own_name(language) if language else ""
    if twice:
        seen = 0
    elif len(feeds) > _AT_A_GLANCE:
        seen = sum(feed.category is None for feed in feeds)
    else:
        seen = len(feeds)
    return FeedGroup(language=language, name=name, shown=feeds[:seen], folded=feeds[seen:])
