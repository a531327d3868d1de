"""Explain: what happened to one post, and why it is not where somebody looks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.jobs.feed_plan import archive_path
from publisher.model.feed import feeds_of
from publisher.model.naming import slug
from publisher.model.post import RenderedBody, State
from publisher.store import archives, editions, feeds, posts, sources

if TYPE_CHECKING:
    from publisher.jobs.feed_plan import FeedPlan
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


def explain(database: Database, bodies: Bodies, name: str, plan: FeedPlan) -> Explanation | None:
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
        shown = _showing(connection, known, plan) if rendered else []
        body = rendered[1] if rendered else next(bodies.render(connection, [known.post]))
        told = body if isinstance(body, RenderedBody) else None
        return Explanation(
            code=known.code,
            path=known.post.path,
            state=known.state,
            id=known.entry_id,
            title=known.post.title,
            feeds=[path for place in shown for path in plan.paths(place)],
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


def _showing(connection: Transaction, known: KnownPost, plan: FeedPlan) -> list[str]:
    """Name the documents that show a post, without their extensions: feeds, and pages of their history."""
    if known.state is not State.PUBLISHED:
        return []
    slugs = posts.section_slugs(connection)
    entries = {feed.key: feed.entries for feed in feeds.everything(connection)}
    sections = [slugs[slug(name)] for name in known.post.categories]
    shown: list[str] = []
    for key in sorted(feeds_of(known.post, sections, plan.selections.values()), key=lambda key: key.path):
        newest = posts.newest(connection, key, entries.get(key, 0), plan.selection_of(key))
        shown += [key.path] if known.code in (each.code for each in newest) else []
        page = archives.page_of(connection, key, known.code) if plan.has_history(key) else None
        shown += [archive_path(key, page)] if page else []
    return shown
