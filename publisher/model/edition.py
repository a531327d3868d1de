"""A digest and its editions: when one is due, and which posts make it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from publisher.model.post import KnownPost


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """The choice of posts for one edition: every candidate is either a story or a title under "and N more"."""

    stories: tuple[KnownPost, ...]
    more: tuple[KnownPost, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderedEdition:
    """An edition as readers get it, the places for their own links still open."""

    subject: str
    preheader: str
    html: str
    text: str


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


def compose(digest: Digest, candidates: Sequence[KnownPost], *, now: datetime, first: bool) -> Draft | None:
    """Choose the posts of an edition, or None if there are too few.

    `candidates` are published posts of the category and language that no edition of the digest has had; `first` is
    true for the digest's first edition ever, whose posts' age counts from the newest of them.
    """
    known = sorted(
        (post for post in candidates if post.published is not None and post.published <= now),
        key=lambda post: (post.published, post.code),
        reverse=True,
    )
    dates = [post.published for post in known if post.published is not None]
    if not dates:
        return None
    oldest = (dates[0] if first else now) - digest.max_age
    chosen = [post for post, date in zip(known, dates, strict=True) if date > oldest]
    if len(chosen) < max(1, digest.min_posts):
        return None
    return Draft(stories=tuple(chosen[: digest.max_stories]), more=tuple(chosen[digest.max_stories :]))
