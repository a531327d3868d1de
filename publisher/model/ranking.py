"""In which order an edition tells its stories: by what each is worth in hours of freshness.

An hour older is an hour less. A picture is worth three hours, a long report up to three, and tags and sources what the
configuration says. Each further story of a source that has one above it is worth two hours less than it would be, so
that no single voice fills the top. What tells the same story follows its best telling.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher.model.naming import slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from publisher.model.post import Article

#: All in hours.
PICTURE = 3.0
LENGTH = 3.0
REPETITION = 2.0
#: So many characters of text are a long report; of scripts without spaces, a third.
LONG_REPORT = 3000

_HOUR = timedelta(hours=1)
_TAG = re.compile("<[^<>]*>")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """What moves a story up in every edition or, below 0, down: in hours of freshness."""

    #: By the slug of the tag.
    tags: Mapping[str, float] = field(default_factory=dict)
    #: By the name of the source as readers see it, folded: `wire.example.com`.
    sources: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """What happened, as an edition tells it: an article, and the others that tell the same."""

    article: Article
    also: tuple[Article, ...] = ()


def source_of(article: Article) -> str:
    """Name the source as readers see it: the host it comes from, else its first author, else nothing."""
    host = (urlsplit(article.via).hostname or "").removeprefix("www.") if article.via else ""
    return host or next(iter(article.authors), "")


def rank(articles: Sequence[Article], alike: Iterable[tuple[int, int]], weights: Weights) -> list[Event]:
    """Put stories into the order in which an edition tells them, each event once.

    `alike` are pairs of positions in `articles` that tell the same story. What is like the best telling of an event
    belongs to it; that one is like the other that is like the third makes no event of all three.
    """
    if not articles:
        return []
    newest = max(article.published for article in articles)
    worth = [_worth(article, weights) - (newest - article.published) / _HOUR for article in articles]
    best_first = sorted(range(len(articles)), key=lambda at: (-worth[at], articles[at].code))
    others: dict[int, set[int]] = {}
    for one, other in alike:
        others.setdefault(one, set()).add(other)
        others.setdefault(other, set()).add(one)
    heads: dict[int, list[int]] = {}
    told: set[int] = set()
    for at in best_first:
        if at not in told:
            heads[at] = [other for other in best_first if other in others.get(at, ()) and other not in told]
            told.update((at, *heads[at]))
    return [
        Event(article=articles[head], also=tuple(articles[other] for other in heads[head]))
        for head in _varied(articles, worth, list(heads))
    ]


def _worth(article: Article, weights: Weights) -> float:
    tags = {slug(tag) for tag in article.tags}
    return (
        (PICTURE if article.image else 0.0)
        + LENGTH * min(1.0, _length(article.html) / LONG_REPORT)
        + sum(weights.tags.get(tag, 0.0) for tag in sorted(tags))
        + weights.sources.get(source_of(article).casefold(), 0.0)
    )


def _length(body: str) -> int:
    """Count the characters of a text, each of a script without spaces between words as three."""
    text = html.unescape(_TAG.sub("", body))
    return len(text) + 2 * len(_UNSPACED.findall(text))


def _varied(articles: Sequence[Article], worth: Sequence[float], best_first: list[int]) -> list[int]:
    """Take the best again and again, where a source that was taken makes its next ones worth less."""
    queues: dict[str, list[int]] = {}
    for at in reversed(best_first):
        queues.setdefault(source_of(articles[at]), []).append(at)
    taken: Counter[str] = Counter()
    order: list[int] = []
    while queues:
        # Within a source the order stays: only its best waiting story can be the next.
        source = max(
            queues,
            key=lambda name: (
                worth[queues[name][-1]] - REPETITION * taken[name],
                articles[queues[name][-1]].published,
                name,
            ),
        )
        order.append(queues[source].pop())
        taken[source] += 1
        if not queues[source]:
            del queues[source]
    return order
