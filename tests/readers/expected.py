"""What every feed file of a publication ought to say, from its store: the only file here that knows `publisher`."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from publisher.app import Publication
from publisher.config import load
from publisher.jobs.feed_plan import archive_path
from publisher.model.post import State
from publisher.store import archives, feeds, posts
from tests.readers.seen import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from publisher.model.feed import FeedKey
    from publisher.model.post import Article, KnownPost


def expected(folder: Path) -> dict[Path, tuple[Entry, ...]]:
    """Give, for each feed file below `output/`, the entries that the store has for it."""
    said: dict[Path, tuple[Entry, ...]] = {}
    with Publication(folder=folder, settings=load(folder / "config" / "publisher.toml", {})) as publication:
        plan = publication.feed_plan
        for key, path, chosen in _documents(publication):
            articles = publication.bodies.articles(publication.database, chosen, now=publication.now)
            entries = tuple(_entry(article, full=plan.shape_of(key).full) for article in articles)
            said |= {folder / "output" / file: entries for file in plan.paths(path)}
    return said


def _documents(publication: Publication) -> Iterator[tuple[FeedKey, str, list[KnownPost]]]:
    """List what is published of every feed: the newest posts and, of some, the pages of its history."""
    with publication.database.read() as connection:
        for feed in feeds.everything(connection):
            selection = publication.feed_plan.selection_of(feed.key)
            yield feed.key, feed.key.path, posts.newest(connection, feed.key, feed.entries, selection)
            for page in archives.pages(connection, feed.key):
                members = posts.known(connection, archives.members(connection, feed.key, page)).values()
                there = [post for post in members if post.state is State.PUBLISHED]
                yield feed.key, archive_path(feed.key, page), there


def _entry(article: Article, *, full: bool) -> Entry:
    # How each format shows a summary where there is no content is its own affair.
    content = (article.html or escape(article.summary, quote=False)) if full else None
    return Entry(article.entry_id, article.title, article.link, article.published, article.updated, content)
