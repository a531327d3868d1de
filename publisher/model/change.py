"""What a run finds out about a post: decided here, applied by the store."""

from __future__ import annotations

import enum
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from publisher.model.naming import entry_id
from publisher.model.post import KnownPost, Post, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

#: A post that arrives later than its date by no more than this is news all the same.
LATE = timedelta(days=7)


class Kind(enum.StrEnum):
    """What happened to a post, in the words of a run's summary."""

    NEW = "new"
    EDITED = "edited"
    UNCHANGED = "unchanged"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A post before and after; `after` is None where a draft that nobody ever saw is gone."""

    kind: Kind
    before: KnownPost | None
    after: KnownPost | None


def decide(before: KnownPost | None, post: Post, *, now: datetime, authority: str) -> Change:
    """Decide what a post that was just read means for what is known of it."""
    if before is None:
        known = KnownPost(post=post, state=State.DRAFT, collected=now)
        return Change(kind=Kind.NEW, before=None, after=_place(known, post, now, authority))
    after = _place(before, post, now, authority)
    if after == before:
        return Change(kind=Kind.UNCHANGED, before=before, after=after)
    moved_only = replace(after, post=replace(after.post, path=before.post.path)) == before
    return Change(kind=Kind.UNCHANGED if moved_only else Kind.EDITED, before=before, after=after)


def release(before: KnownPost, *, now: datetime, authority: str) -> Change:
    """Publish a post whose date has come."""
    return Change(kind=Kind.RELEASED, before=before, after=_place(before, before.post, now, authority))


def withdraw(before: KnownPost, *, now: datetime) -> Change:
    """Take back a post whose file is gone; what was never published is forgotten."""
    after = None
    if before.entry_id is not None:
        after = replace(before, state=State.WITHDRAWN, withdrawn=before.withdrawn or now)
    return Change(kind=Kind.WITHDRAWN, before=before, after=after)


def _place(known: KnownPost, post: Post, now: datetime, authority: str) -> KnownPost:
    """Give `post` its state, and its permanent id and dates on the day it is first published."""
    if post.draft or post.date is None:
        return replace(known, post=post, state=State.DRAFT, withdrawn=None)
    if known.entry_id is None or known.published is None:
        if post.date > now:
            return replace(known, post=post, state=State.FUTURE)
        return KnownPost(
            post=post,
            state=State.PUBLISHED,
            collected=known.collected,
            entry_id=entry_id(authority, post.date.year, post.code),
            published=post.date,
            updated=max(post.date, min(post.updated or post.date, now)),
            # A date that has come is no late arrival; one that was moved into the past is.
            rank=rank(post.date, known.collected if known.state is State.FUTURE and known.post == post else now),
        )
    return replace(
        known, post=post, state=State.PUBLISHED, withdrawn=None, updated=_updated(known, known.published, post, now)
    )


def _updated(known: KnownPost, published: datetime, post: Post, now: datetime) -> datetime:
    if post.updated is not None and post.updated == known.post.updated:
        return known.updated or published
    if post.updated is not None:
        return max(published, min(post.updated, now))
    before = known.post
    if (post.title, post.description, post.body_hash) == (before.title, before.description, before.body_hash):
        return known.updated or published
    return max(published, now)


def rank(published: datetime, collected: datetime) -> datetime:
    """Rank a post for the feeds: by its date, or by its arrival if it is late by no more than a week."""
    return collected if published <= collected <= published + LATE else published


def settle_duplicates(posts: Iterable[Post], owners: Mapping[str, str]) -> tuple[list[Post], list[tuple[Post, str]]]:
    """Let one of several files with one code win, whatever the order of the scan.

    `owners` maps a code to the path that has it already, if that file is still there. Returns the winners in order
    of path, and each loser with the path it lost to.
    """
    by_code: defaultdict[str, list[Post]] = defaultdict(list)
    for post in posts:
        by_code[post.code].append(post)
    winners: list[Post] = []
    losers: list[tuple[Post, str]] = []
    for code, claims in by_code.items():
        winner = owners.get(code) or min(post.path for post in claims)
        for post in claims:
            if post.path == winner:
                winners.append(post)
            else:
                losers.append((post, winner))
    return sorted(winners, key=lambda post: post.path), sorted(losers, key=lambda loser: loser[0].path)


def match_renames(gone: Iterable[KnownPost], come: Iterable[Post]) -> dict[str, str]:
    """Find the posts that only moved: the path that came, and the code that went, by equal bodies.

    Only posts without a code of their own can lose their identity with their path.
    """
    waiting: defaultdict[str, list[KnownPost]] = defaultdict(list)
    for known in sorted(gone, key=lambda known: known.code):
        if not known.post.own_code:
            waiting[known.post.body_hash].append(known)
    renamed: dict[str, str] = {}
    arrived = sorted((post for post in come if not post.own_code), key=lambda post: post.path)
    # Of several with one body, the one with the same title is meant; a new title gets what is left.
    for same_title in (True, False):
        for post in arrived:
            candidates = waiting[post.body_hash]
            match = next((known for known in candidates if not same_title or known.post.title == post.title), None)
            if post.path not in renamed and match is not None:
                candidates.remove(match)
                renamed[post.path] = match.code
    return renamed
