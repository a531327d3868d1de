"""A digest and its editions: when one is due, and which posts make it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from publisher.model.ranking import Event, Weights, rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from publisher.model.post import Article, KnownPost


class EditionState(enum.StrEnum):
    """Where an edition stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENDING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """A recurring newsletter, as configured."""

    name: str
    #: By language; a language that is missing has the first.
    titles: Mapping[str, str]
    #: Slug of the category.
    category: str
    languages: tuple[str, ...]
    schedule: str
    max_age: timedelta
    max_stories: int
    min_posts: int
    approval: str
    copies_to: tuple[str, ...]
    weights: Weights = field(default_factory=Weights)

    def title(self, language: str) -> str:
        """Give the title in this language, or else in the first that there is."""
        return self.titles.get(language) or next(iter(self.titles.values()))


@dataclass(frozen=True, order=True, slots=True)
class Slot:
    """One moment at which a digest falls due."""

    #: Aware UTC.
    at: datetime
    #: The local civil date, with the time where a day can have several: `2024-11-10`, `2024-11-10T1800`.
    name: str


#: So many corrections an edition names; of a thousand posts that are edited at once, the others are counted.
NAMED_CORRECTIONS = 20


class CorrectionKind(enum.StrEnum):
    """What became of a story after it was mailed."""

    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """What readers of an earlier edition are to know of one of its stories."""

    code: str
    kind: CorrectionKind
    #: As it is now, or was last.
    title: str
    #: What was wrong, in a sentence, where the post says so itself.
    note: str
    #: The page to read it on; None where there is none, or it is withdrawn.
    link: str | None
    #: When the edition that had it was composed.
    mailed: datetime
    #: The date of the edit, or of the withdrawal: each is told once.
    moment: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """The choice for one edition: every candidate is a story, the same story told by another, or a title."""

    #: The lead first.
    stories: tuple[Event, ...]
    #: Those under "and N more".
    more: tuple[Event, ...] = ()
    corrections: tuple[Correction, ...] = ()

    def told(self, count: int) -> Draft:
        """Give the draft with so many stories told in full; the others are titles."""
        return replace(self, stories=self.stories[:count], more=self.stories[count:] + self.more)


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderedEdition:
    """An edition as readers get it, the places for their own links still open."""

    subject: str
    preheader: str
    html: str
    text: str
    #: How many of the draft's stories are told with their summaries: those that fit; the others are titles.
    stories: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Edition:
    """What a digest publishes for one slot in one language, frozen."""

    id: str
    digest: str
    language: str
    slot: Slot
    state: EditionState
    #: Aware UTC, whole seconds: the messages' `Date`.
    composed: datetime
    content: RenderedEdition


def edition_id(digest: str, slot: str, language: str) -> str:
    """Name an edition: `world-2024-11-10-th`."""
    return f"{digest}-{slot}-{language}"


def web_path(digest: str, slot: str, language: str) -> str:
    """Say where an edition stands below the output folder."""
    return f"digests/{digest}/{slot}/{language}.html"


def is_due(newest: Slot | None, last_composed: datetime | None) -> bool:
    """Say whether a digest's newest slot still wants its editions; missed slots before it never do."""
    return newest is not None and (last_composed is None or newest.at > last_composed)


def candidates(digest: Digest, posts: Iterable[KnownPost], *, now: datetime, first: bool) -> list[KnownPost]:
    """Say which of the posts that no edition has had are young enough, newest first.

    `first` is true for the digest's first edition ever, whose posts' age counts from the newest of them.
    """
    dated = sorted(
        ((post.published, post.code, post) for post in posts if post.published is not None and post.published <= now),
        reverse=True,
    )
    if not dated:
        return []
    oldest = (dated[0][0] if first else now) - digest.max_age
    return [post for published, _, post in dated if published > oldest]


def compose(
    digest: Digest,
    articles: Sequence[Article],
    alike: Iterable[tuple[int, int]],
    corrections: Sequence[Correction] = (),
) -> Draft | None:
    """Make the draft of an edition, or None if there are too few posts.

    `alike` are pairs of positions in `articles` that tell the same story. See `ranking` for the order.
    """
    if len(articles) < max(1, digest.min_posts):
        return None
    events = rank(articles, alike, digest.weights)
    return Draft(
        stories=tuple(events[: digest.max_stories]),
        more=tuple(events[digest.max_stories :]),
        corrections=tuple(corrections),
    )
