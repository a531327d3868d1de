"""Explain: what happened to one post, and why it is not where somebody looks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.model.feed import FeedKey, feeds_of
from publisher.model.naming import slug
from publisher.model.post import RenderedBody, State
from publisher.store import editions, feeds, posts, sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publisher.jobs.render_bodies import Bodies
    from publisher.model.post import KnownPost, Removed
    from publisher.store.database import Database, Transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """Everything that is known of one post."""

    code: str
    path: str
    #: A state of posts, or `quarantined`.
    state: str
    id: str | None
    title: str | None
    #: The files that show it, below the output folder.
    feeds: list[str]
    editions: list[str]
    #: What was taken out of the body, and whom and what it names.
    cleaning: tuple[Removed, ...]
    authors: tuple[str, ...] = ()
    credit: str | None = None
    warning: str | None = None
    #: Where its file cannot be read.
    line: int | None
    reason: str | None


def explain(database: Database, bodies: Bodies, name: str, formats: Sequence[str]) -> Explanation | None:
    """Find a post by its code or its path; None if there is no such post.

    A body that no feed has shown yet is rendered to tell what would be taken out of it.
    """
    with database.read() as connection:
        known = posts.known(connection, [name]).get(name) or posts.by_path(connection, name)
        source = sources.find(connection, known.post.path if known else name)
        if known is None:
            return None if source is None else _unread(source)
        rendered = posts.rendered(connection, [known.code]).get(known.code)
        # Without a body that can be shown it is in no feed, whatever its rank.
        shown = _showing(connection, known) if rendered else []
        body = rendered[1] if rendered else next(bodies.render(connection, [known.post]))
        told = body if isinstance(body, RenderedBody) else None
        return Explanation(
            code=known.code,
            path=known.post.path,
            state=known.state,
            id=known.entry_id,
            title=known.post.title,
            feeds=[f"{key.path}.{each}" for key in shown for each in formats],
            editions=editions.with_post(connection, known.code),
            cleaning=told.removed if told else (),
            authors=told.authors if told else (),
            credit=told.credit if told else None,
            warning=told.warning if told else None,
            line=source.line if source else None,
            reason=source.reason if source else None,
        )


def _unread(source: sources.Remembered) -> Explanation:
    return Explanation(
        code=source.code or source.path,
        path=source.path,
        state="quarantined",
        id=None,
        title=None,
        feeds=[],
        editions=[],
        cleaning=(),
        line=source.line,
        reason=source.reason,
    )


def _showing(connection: Transaction, known: KnownPost) -> list[FeedKey]:
    if known.state is not State.PUBLISHED:
        return []
    slugs = posts.section_slugs(connection)
    entries = {feed.key: feed.entries for feed in feeds.everything(connection)}
    places = sorted(
        feeds_of(known.post.language, [slugs[slug(name)] for name in known.post.categories]), key=lambda key: key.path
    )
    return [
        key
        for key in places
        if entries.get(key) and known.code in (each.code for each in posts.newest(connection, key, entries[key]))
    ]
