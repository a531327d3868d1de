"""Publish: the directory of feeds, and the editions on the web."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote

from publisher.digest.render import web_edition
from publisher.feeds import opml
from publisher.feeds.document import NEVER, TYPES, whole_second
from publisher.feeds.opml import Outline
from publisher.files import OutputFile, Written
from publisher.model.edition import EditionState, web_path
from publisher.model.feed import FeedKey
from publisher.site import sitemap
from publisher.site.index import EditionLine, FeedLine, PostLine
from publisher.store import editions, facts, feeds, posts

if TYPE_CHECKING:
    from datetime import datetime

    from publisher.files import Output
    from publisher.jobs.feed_plan import FeedPlan
    from publisher.jobs.render_bodies import Bodies
    from publisher.site.index import SitePages
    from publisher.store.database import Database, Transaction
    from publisher.store.editions import EditionSummary
    from publisher.store.feeds import FeedStatus

_POSTS = 12
_EDITIONS = 12
_EVERY_EDITION = 1_000_000
_FILES = ("index.html", "feeds.opml", "sitemap.xml", "assets/site.css", "assets/feed.css", "assets/copy.js")
#: Editions that nobody is to see: not yet approved, or called off.
_HIDDEN = {EditionState.DRAFT, EditionState.CANCELLED}


def publish_site(
    database: Database, output: Output, bodies: Bodies, pages: SitePages, plan: FeedPlan, *, now: datetime
) -> Written:
    """Write the pages that would look different, and the editions that are not on the web yet.

    Raises OutputError and TemplateError.
    """
    with database.read() as connection:
        every = editions.listing(connection, _EVERY_EDITION)
        shown = [edition for edition in every if edition.state not in _HIDDEN]
        missing = [edition for edition in shown if not output.has(_web_path(edition))]
        frozen = [_edition_file(connection, edition) for edition in missing]
        fingerprint = _fingerprint(connection, shown, pages, plan)
        current = facts.get(connection, "site") == fingerprint
    # Before the pages, whose templates may be broken: the mail that links to them goes out all the same.
    done = output.write(frozen)
    if not current or not all(map(output.has, _FILES)):
        done += output.write(_pages(database, bodies, pages, plan, shown, now))
    if not current:
        with database.begin() as connection:
            facts.put(connection, "site", fingerprint)
    return done


def _web_path(edition: EditionSummary) -> str:
    return web_path(edition.digest, edition.slot.name, edition.language)


def _edition_file(connection: Transaction, summary: EditionSummary) -> OutputFile:
    edition = editions.load(connection, summary.id)
    return OutputFile(_web_path(summary), web_edition(edition.content).encode(), edition.composed)


def _fingerprint(connection: Transaction, shown: list[EditionSummary], pages: SitePages, plan: FeedPlan) -> str:
    """Hash what the first page is made of."""
    latest = posts.newest(connection, FeedKey(), _POSTS)
    parts = [
        plan.fingerprint,
        pages.fingerprint,
        feeds.everything(connection),
        [edition.id for edition in shown],
        latest,
    ]
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _pages(
    database: Database, bodies: Bodies, pages: SitePages, plan: FeedPlan, every: list[EditionSummary], now: datetime
) -> list[OutputFile]:
    with database.read() as connection:
        known = feeds.everything(connection)
        names = posts.section_names(connection)
        latest = posts.newest(connection, FeedKey(), _POSTS)
    articles = bodies.articles(database, latest, now=now)
    feed_lines = [
        FeedLine(
            path=feed.key.path,
            title=plan.title(feed.key, names),
            name=plan.name(feed.key, names),
            category=feed.key.category or feed.key.extra,
            language=feed.key.language,
            updated=feed.updated,
            types={extension: TYPES[extension] for extension in TYPES if extension in plan.formats},
            url=plan.url(feed.key.path),
        )
        for feed in known
    ]
    post_lines = [
        PostLine(
            title=article.title,
            link=article.link,
            language=article.language,
            sections=tuple(name for _, name in article.sections),
            published=article.published,
        )
        for article in articles
    ]
    edition_lines = [
        EditionLine(
            subject=edition.subject,
            href=quote(_web_path(edition)),
            language=edition.language,
            composed=edition.composed,
        )
        for edition in every[:_EDITIONS]
    ]
    changes = [*(feed.updated for feed in known if feed.updated), *(edition.composed for edition in every)]
    changed = whole_second(max(changes, default=NEVER))
    outlines = [
        Outline(
            title=line.title,
            name=line.name,
            language=line.language,
            category=line.category,
            xml_url=line.copied,
            html_url=f"{line.url}.html",
            kind=next(iter(line.types)),
        )
        for line in feed_lines
    ]
    overview = opml.build(
        title=plan.site_title, owner=plan.author_name, owner_email=plan.author_email, outlines=outlines
    )
    return [
        OutputFile("index.html", pages.index(feed_lines, post_lines, edition_lines), changed),
        OutputFile("feeds.opml", overview, changed),
        OutputFile("assets/site.css", pages.style_sheet(), changed),
        OutputFile("assets/feed.css", pages.feed_style_sheet(), changed),
        OutputFile("assets/copy.js", pages.script(), changed),
        *_sitemap(plan, known, every, changed),
    ]


def _sitemap(
    plan: FeedPlan, known: list[FeedStatus], every: list[EditionSummary], changed: datetime
) -> list[OutputFile]:
    listed = [("index.html", changed)]
    listed += [(f"{feed.key.path}.html", whole_second(feed.updated or NEVER)) for feed in known]
    listed += [(_web_path(edition), edition.composed) for edition in every]
    return [OutputFile(path, content, changed) for path, content in sitemap.build(plan.site_url, listed).items()]
