"""Publish: the feeds that no longer show what the posts say are written anew."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from publisher.feeds.document import TYPES, Author, FeedDocument, whole_second
from publisher.files import OutputFile, Written
from publisher.jobs.ports import silent
from publisher.kit.parallel import spread
from publisher.model.feed import FeedKey, in_order, within
from publisher.store import facts, feeds, posts
from publisher.store.feeds import FeedStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from publisher.files import Output
    from publisher.jobs.ports import Progress
    from publisher.jobs.render_bodies import Bodies
    from publisher.model.post import Article
    from publisher.store.database import Database

#: Raised by one whenever the same posts would give other bytes.
FORMAT = 2
#: How many feeds are in memory at once.
_AT_ONCE = 16
#: How many feeds are worth another process.
_WORTH_SHARING = 8
#: Feeds have had this year in their ids from the beginning.
_FEED_YEAR = 2024


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedPlan:
    """What all feeds of a publication have in common."""

    site_title: str
    site_url: str
    authority: str
    author_name: str
    author_email: str | None
    entries: int
    max_bytes: int
    formats: tuple[str, ...]
    #: What else decides about entries: addresses and marks of the sources, rules of cleaning.
    rendering: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """Changes whenever every feed has to be written again."""
        words = json.dumps([FORMAT, asdict(self)], sort_keys=True)
        return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()


def publish_feeds(
    database: Database, output: Output, bodies: Bodies, plan: FeedPlan, *, now: datetime, progress: Progress = silent
) -> Written:
    """Write every feed that is stale, or whose files are missing. Raises OutputError."""
    with database.begin() as connection:
        feeds.mark_stale(connection, [FeedKey()] if not feeds.count(connection) else [])
        if facts.get(connection, "feeds") != plan.fingerprint:
            feeds.mark_all_stale(connection)
            facts.put(connection, "feeds", plan.fingerprint)
        known = feeds.everything(connection)
        names = posts.section_names(connection)
    due = [feed.key for feed in known if feed.stale or not _stands(output, feed.key, plan)]
    done = Written(unchanged=tuple(path for feed in known if feed.key not in due for path in _paths(feed.key, plan)))
    for start in range(0, len(due), _AT_ONCE):
        progress("writing feeds", start, len(due))
        done += _write(database, output, bodies, plan, due[start : start + _AT_ONCE], names, now)
    progress("writing feeds", len(due), len(due))
    return done


def _write(
    database: Database,
    output: Output,
    bodies: Bodies,
    plan: FeedPlan,
    keys: Sequence[FeedKey],
    names: dict[str, str],
    now: datetime,
) -> Written:
    files: list[OutputFile] = []
    statuses: list[FeedStatus] = []
    with database.read() as connection:
        chosen = {key: posts.newest(connection, key, plan.entries) for key in keys}
    every = {known.code: known for posts_of_feed in chosen.values() for known in posts_of_feed}
    rendered = {article.code: article for article in bodies.articles(database, every.values(), now=now)}
    documents: list[FeedDocument] = []
    for key in keys:
        shown = [rendered[known.code] for known in chosen[key] if known.code in rendered]
        articles = within(in_order(shown), plan.max_bytes)
        document = _document(key, plan, names, articles)
        documents.append(document)
        statuses.append(
            FeedStatus(key=key, stale=False, entries=len(articles), updated=document.updated if articles else None)
        )
    # feedgen takes a tenth of a small run to import: only where a feed is written, and before processes share the work.
    from publisher.feeds import jsonfeed, xml

    def encode(document: FeedDocument) -> dict[str, bytes]:
        encoded = xml.build(document) if {"rss", "atom"} & set(plan.formats) else {}
        encoded["json"] = jsonfeed.build(document)
        return {extension: encoded[extension] for extension in TYPES if extension in plan.formats}

    encoded = spread(encode, documents, worth=_WORTH_SHARING, chunk=1)
    for key, document, contents in zip(keys, documents, encoded, strict=True):
        updated = whole_second(document.updated)
        files += [OutputFile(f"{key.path}.{extension}", content, updated) for extension, content in contents.items()]
    done = output.write(files)
    # Only now: after a crash in between, the feeds are written once more, with the same bytes.
    with database.begin() as connection:
        feeds.mark_written(connection, statuses)
    return done


def _document(key: FeedKey, plan: FeedPlan, names: dict[str, str], articles: Sequence[Article]) -> FeedDocument:
    title = feed_title(key, plan.site_title, names)
    return FeedDocument(
        id=f"tag:{plan.authority},{_FEED_YEAR}:{key.path}",
        title=title,
        description=title,
        home_url=plan.site_url,
        self_url=plan.site_url + quote(key.path),
        language=key.language,
        author=Author(name=plan.author_name, email=plan.author_email),
        entries=articles,
    )


def feed_title(key: FeedKey, site_title: str, names: dict[str, str]) -> str:
    """Name a feed for people: `World Desk: WORLD (th)`."""
    title = site_title if key.category is None else f"{site_title}: {names[key.category]}"
    return title if key.language is None else f"{title} ({key.language})"


def _paths(key: FeedKey, plan: FeedPlan) -> list[str]:
    return [f"{key.path}.{extension}" for extension in TYPES if extension in plan.formats]


def _stands(output: Output, key: FeedKey, plan: FeedPlan) -> bool:
    return all(output.has(path) for path in _paths(key, plan))
