"""What a run finds out about a post: decided here, applied by the store."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from publisher.model.naming import entry_id
from publisher.model.post import KnownPost, Post, State

if TYPE_CHECKING:
    from datetime import datetime

#: A post that arrives later than its date by no more than this is news all the same.
LATE = timedelta(days=7)
#: So many posts, and such a part of all, do not go by themselves: a folder is not mounted, a branch not checked out.
_MANY_GONE = 20
_PART_GONE = 0.2


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


def is_first_publication(change: Change) -> bool:
    """Say whether readers have never seen the post before."""
    return (
        change.after is not None
        and change.after.entry_id is not None
        and not (change.before and change.before.entry_id)
    )


def decide(before: KnownPost | None, post: Post, *, now: datetime, authority: str, news: bool | None = None) -> Change:
    """Decide what a post that was just read means for what is known of it.

    `news` says whether a reader of its body would want to hear of the new one; None where nobody could weigh it.
    """
    if before is None:
        known = KnownPost(post=post, state=State.DRAFT, collected=now)
        return Change(kind=Kind.NEW, before=None, after=_place(known, post, now, authority))
    after = _place(before, post, now, authority, news)
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


def is_disappearance(gone: int, published: int) -> bool:
    """Say whether so many posts gone at once, of so many that were published, look like an accident."""
    return gone >= _MANY_GONE and gone > _PART_GONE * published


def _place(known: KnownPost, post: Post, now: datetime, authority: str, news: bool | None = None) -> KnownPost:
    """Give `post` its state, and its permanent id and dates on the day it is first published."""
    if post.draft or post.date is None:
        # What readers have seen is withdrawn, for as long as it is a draft again.
        withdrawn = known.withdrawn or now if known.entry_id is not None else None
        return replace(known, post=post, state=State.DRAFT, withdrawn=withdrawn)
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
    updated = _updated(known, known.published, post, now, news)
    return replace(known, post=post, state=State.PUBLISHED, withdrawn=None, updated=updated)


def _updated(known: KnownPost, published: datetime, post: Post, now: datetime, news: bool | None) -> datetime:
    if post.updated is not None and post.updated != known.post.updated:
        return max(published, min(post.updated, now))
    # Who dates the edits himself decides about them.
    moves = post.updated is None and _is_significant(known.post, post, news)
    return max(published, now) if moves else known.updated or published


def _is_significant(before: Post, after: Post, news: bool | None) -> bool:
    """Say whether an edit moves `updated`: a new title does, and more than a few words; a typo mended does not."""
    if (after.title, after.description, after.body_hash) == (before.title, before.description, before.body_hash):
        return False
    if after.significant is not None:
        return after.significant
    # Its patterns take a while to compile, and few runs weigh an edit.
    from publisher.model.edit import is_news

    if _folded(after.title) != _folded(before.title) or is_news(before.description, after.description):
        return True
    return after.body_hash != before.body_hash and news is not False


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def rank(published: datetime, collected: datetime) -> datetime:
    """Rank a post for the feeds: by its date, or by its arrival if it is late by no more than a week."""
    return collected if published <= collected <= published + LATE else published
