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
    from collections.abc import Iterable, Sequence
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
_OPML = "feeds.opml"
_FILES = (_OPML, "index.html", "sitemap.xml", "assets/site.css", "assets/feed.css", "assets/copy.js")
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
        # A run that was killed may have put a page in its place, and not got as far as the manifest.
        recorded = set(output.paths())
        missing = [each for each in shown if _web_path(each) not in recorded or not output.has(_web_path(each))]
        frozen = [_edition_file(connection, edition) for edition in missing]
        fingerprint = _fingerprint(connection, shown, pages, plan)
        current = facts.get(connection, "site") == fingerprint
    # Before the pages, whose templates may be broken: the mail that links to them goes out all the same.
    done = output.write(frozen)
    if not current or not all(map(output.has, _FILES)):
        with database.read() as connection:
            known = feeds.everything(connection)
            lines = _feed_lines(plan, known, posts.section_names(connection))
            listed = _hash([plan.fingerprint, [(line.url, line.title) for line in lines]])
            same_list = facts.get(connection, "opml") == listed and output.has(_OPML)
        # Babel takes a tenth of a second to say how thirty languages call themselves.
        done += output.write([] if same_list else [_opml(plan, lines, known)])
        done += output.write(_pages(database, bodies, pages, lines, shown, now))
        done += output.write(_sitemap(plan, known, shown))
        with database.begin() as connection:
            facts.put(connection, "opml", listed)
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
    return _hash(parts)


def _hash(parts: Sequence[object]) -> str:
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _feed_lines(plan: FeedPlan, known: list[FeedStatus], names: dict[str, str]) -> list[FeedLine]:
    return [
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


def _pages(
    database: Database,
    bodies: Bodies,
    pages: SitePages,
    feed_lines: list[FeedLine],
    every: list[EditionSummary],
    now: datetime,
) -> list[OutputFile]:
    with database.read() as connection:
        latest = posts.newest(connection, FeedKey(), _POSTS)
    articles = bodies.articles(database, latest, now=now)
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
    changed = _changed([line.updated for line in feed_lines], every)
    return [
        OutputFile("index.html", pages.index(feed_lines, post_lines, edition_lines), changed),
        OutputFile("assets/site.css", pages.style_sheet(), changed),
        OutputFile("assets/feed.css", pages.feed_style_sheet(), changed),
        OutputFile("assets/copy.js", pages.script(), changed),
    ]


def _changed(feed_updates: Iterable[datetime | None], every: list[EditionSummary]) -> datetime:
    """Say when anything last changed."""
    changes = [*(updated for updated in feed_updates if updated), *(edition.composed for edition in every)]
    return whole_second(max(changes, default=NEVER))


def _opml(plan: FeedPlan, lines: list[FeedLine], known: list[FeedStatus]) -> OutputFile:
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
        for line in lines
    ]
    content = opml.build(
        title=plan.site_title, owner=plan.author_name, owner_email=plan.author_email, outlines=outlines
    )
    return OutputFile(_OPML, content, _changed([feed.updated for feed in known], []))


def _sitemap(plan: FeedPlan, known: list[FeedStatus], every: list[EditionSummary]) -> list[OutputFile]:
    changed = _changed([feed.updated for feed in known], every)
    listed = [("index.html", changed)]
    listed += [(f"{feed.key.path}.html", whole_second(feed.updated or NEVER)) for feed in known]
    listed += [(_web_path(edition), edition.composed) for edition in every]
    return [OutputFile(path, content, changed) for path, content in sitemap.build(plan.site_url, listed).items()]
