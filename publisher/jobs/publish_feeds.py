"""Publish: the feeds that no longer show what the posts say are written anew, each with its page for people."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from publisher.feeds.document import TYPES, History, whole_second
from publisher.files import OutputFile, Written
from publisher.jobs.feed_plan import archive_path
from publisher.jobs.ports import silent
from publisher.jobs.publish_archives import Archivist, tombstones_of
from publisher.kit.parallel import spread
from publisher.model.errors import TemplateError
from publisher.model.feed import FeedKey, in_order, within
from publisher.model.notice import Notice, notice
from publisher.site.feed_page import FeedPage
from publisher.store import archives, facts, feeds, pings, posts
from publisher.store.feeds import FeedStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publisher.feeds.document import FeedDocument
    from publisher.files import Output
    from publisher.jobs.feed_plan import FeedPlan
    from publisher.jobs.ports import Progress
    from publisher.jobs.render_bodies import Bodies
    from publisher.model.archive import Page
    from publisher.model.notice import Shown
    from publisher.model.post import Article, KnownPost
    from publisher.site.index import SitePages
    from publisher.store.database import Database

#: How many feeds are worth another process.
_WORTH_SHARING = 8
#: Withdrawn posts that a feed still names.
_TOMBSTONES = 50
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """What was written: feeds, and pages for people."""

    feeds: Written = field(default_factory=Written)
    pages: Written = field(default_factory=Written)
    #: What could not be done, a sentence each.
    troubles: tuple[str, ...] = ()
    #: In a rehearsal: what subscribers would notice, by the path of each feed.
    notices: dict[str, Notice] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Choice:
    """What one feed is to show."""

    key: FeedKey
    posts: Sequence[KnownPost]
    withdrawn: Sequence[KnownPost]
    #: Whether these are all posts that there are.
    every: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class _Encoded:
    """One feed as bytes."""

    entries: int
    updated: datetime
    #: By extension.
    contents: dict[str, bytes]
    page: bytes | None
    trouble: str | None


@dataclass(kw_only=True)
class FeedPublisher:
    """Writes the feeds of one publication."""

    database: Database
    output: Output
    bodies: Bodies
    plan: FeedPlan
    pages: SitePages
    now: datetime
    #: The real time, by which hubs are told.
    clock: datetime
    progress: Progress = silent
    #: How many entries are in memory at once, in as many feeds as they are.
    at_once: int = 800

    def publish(self) -> Published:
        """Write every feed that is stale, or whose files are missing. Raises OutputError."""
        known, names = self._prepare()
        due = [feed.key for feed in known if feed.stale or not self._stands(feed.key)]
        waiting = set(due)
        unchanged = [path for feed in known if feed.key not in waiting for path in self.plan.paths(feed.key.path)]
        done = Published(feeds=Written(unchanged=tuple(unchanged)))
        count = 0
        for choices in self._choices(due):
            self.progress("writing feeds", count, len(due))
            count += len(choices)
            written = self._write(choices, names)
            done = Published(
                feeds=done.feeds + written.feeds,
                pages=done.pages + written.pages,
                troubles=tuple(dict.fromkeys(done.troubles + written.troubles)),
                notices=done.notices | written.notices,
            )
        self.progress("writing feeds", len(due), len(due))
        return done

    def _choices(self, due: Sequence[FeedKey]) -> Iterator[list[_Choice]]:
        """Choose what feeds are to show, together as many as may be in memory."""
        together: list[_Choice] = []
        for key in due:
            together.append(self._choose(key))
            if sum(len(choice.posts) for choice in together) >= self.at_once:
                yield together
                together = []
        if together:
            yield together

    def _prepare(self) -> tuple[list[FeedStatus], dict[str, str]]:
        """List the feeds, and mark all of them where the plan has changed."""
        with self.database.begin() as connection:
            feeds.mark_stale(connection, [FeedKey()] if not feeds.count(connection) else [])
            if facts.get(connection, "feeds") != self.plan.fingerprint:
                feeds.keep_extras(connection, self.plan.selections)
                feeds.mark_all_stale(connection)
                archives.mark_all_stale(connection)
                facts.put(connection, "feeds", self.plan.fingerprint)
            return feeds.everything(connection), posts.section_names(connection)

    def _stands(self, key: FeedKey) -> bool:
        paths = [*self.plan.paths(key.path), f"{key.path}.html"]
        if self.plan.has_history(key):
            with self.database.read() as connection:
                pages = archives.pages(connection, key)
            if not all(self._archivist.stands(key, page) for page in pages):
                return False
        return all(map(self.output.has, paths))

    @property
    def _archivist(self) -> Archivist:
        return Archivist(
            database=self.database,
            output=self.output,
            bodies=self.bodies,
            plan=self.plan,
            now=self.now,
            progress=self.progress,
        )

    def _write(self, choices: Sequence[_Choice], names: dict[str, str]) -> Published:
        keys = [choice.key for choice in choices]
        every = {known.code: known for choice in choices for known in choice.posts}
        rendered = {
            article.code: article for article in self.bodies.articles(self.database, every.values(), now=self.now)
        }
        done = Written()
        documents: list[tuple[FeedDocument, list[Page]]] = []
        for choice in choices:
            pages: list[Page] = []
            if self.plan.has_history(choice.key):
                # Before the feed that links to them.
                written, pages = self._archivist.publish(choice.key)
                done += written
            documents.append((self._document(choice, rendered, pages, names), pages))
        encoded = self._encode(keys, documents, names)
        notices: dict[str, Notice] = {}
        if self.output.rehearsal:
            notices = {
                choice.key.path: self._notice(choice, made) for choice, made in zip(choices, encoded, strict=True)
            }
        return replace(self._put(keys, encoded, done), notices=notices)

    def _notice(self, choice: _Choice, made: _Encoded) -> Notice:
        """Compare a feed with the file that stands."""
        from publisher.feeds import reading

        # Of RSS, JSON and Atom the one that says most clearly when an entry was updated.
        each = next(each for each in ("atom", "json", "rss") if each in made.contents)
        before: list[Shown] = []
        with contextlib.suppress(ValueError):
            before = reading.read(self.output.read(f"{choice.key.path}.{each}") or b"", each)
        return notice(
            before,
            reading.read(made.contents[each], each),
            gone={known.entry_id for known in choice.withdrawn if known.entry_id},
            full=self.plan.shape_of(choice.key).entries,
        )

    def _choose(self, key: FeedKey) -> _Choice:
        shape, selection = self.plan.shape_of(key), self.plan.selection_of(key)
        with self.database.read() as connection:
            found = posts.newest(connection, key, shape.entries + 1, selection)
            # Those that would stand in it; who is older has long left it.
            oldest = found[shape.entries - 1].rank if len(found) >= shape.entries else None
            withdrawn = posts.withdrawn_since(connection, key, oldest or _EVER, _TOMBSTONES, selection)
        shown = found[: shape.entries]
        return _Choice(key=key, posts=shown, withdrawn=withdrawn, every=len(shown) == len(found))

    def _document(
        self, choice: _Choice, rendered: dict[str, Article], pages: Sequence[Page], names: dict[str, str]
    ) -> FeedDocument:
        fit = [rendered[known.code] for known in choice.posts if known.code in rendered]
        shape = self.plan.shape_of(choice.key)
        shown = within(in_order(fit), shape.max_bytes, full=shape.full)
        history = None
        if self.plan.has_history(choice.key):
            complete = choice.every and len(shown) == len(fit)
            newest = self.plan.url(archive_path(choice.key, pages[-1])) if pages else None
            history = History(previous=newest, complete=complete)
        return self.plan.document(choice.key, names, shown, tombstones=tombstones_of(choice.withdrawn), history=history)

    def _encode(
        self, keys: Sequence[FeedKey], documents: Sequence[tuple[FeedDocument, list[Page]]], names: dict[str, str]
    ) -> list[_Encoded]:
        # feedgen takes a tenth of a small run to import: only where a feed is written, and before processes share the
        # work.
        from publisher.feeds import encode

        def render(key: FeedKey, document: FeedDocument, pages: list[Page]) -> tuple[bytes | None, str | None]:
            try:
                return self.pages.feed(self._page(key, document, pages, names)), None
            except TemplateError as error:
                return None, str(error)

        def work(task: tuple[FeedKey, tuple[FeedDocument, list[Page]]]) -> _Encoded:
            key, (document, pages) = task
            document, contents = encode.within(document, self.plan.formats, self.plan.shape_of(key).max_bytes)
            page, trouble = render(key, document, pages)
            return _Encoded(
                entries=len(document.entries), updated=document.updated, contents=contents, page=page, trouble=trouble
            )

        if len(keys) >= _WORTH_SHARING:
            # Or every child would have to import and compile for itself.
            render(keys[0], *documents[0])
        return spread(work, list(zip(keys, documents, strict=True)), worth=_WORTH_SHARING, chunk=1)

    def _page(self, key: FeedKey, document: FeedDocument, pages: Sequence[Page], names: dict[str, str]) -> FeedPage:
        return FeedPage(
            path=key.path,
            title=document.title,
            name=self.plan.name(key, names),
            language=key.language,
            description=document.description,
            updated=document.updated if document.entries else None,
            types={extension: kind for extension, kind in TYPES.items() if extension in self.plan.formats},
            url=document.self_url,
            posts=document.entries,
            archives=[archive_path(key, page) for page in reversed(pages)],
        )

    def _put(self, keys: Sequence[FeedKey], encoded: Sequence[_Encoded], done: Written) -> Published:
        files: list[OutputFile] = []
        pages: list[OutputFile] = []
        statuses: list[FeedStatus] = []
        for key, made in zip(keys, encoded, strict=True):
            updated = whole_second(made.updated)
            files += [OutputFile(f"{key.path}.{each}", content, updated) for each, content in made.contents.items()]
            if made.page is not None:
                pages.append(OutputFile(f"{key.path}.html", made.page, updated))
            statuses.append(
                FeedStatus(key=key, stale=False, entries=made.entries, updated=made.updated if made.entries else None)
            )
        topics = [self.plan.url(path) for path in self.output.differing(files)] if self.plan.hubs else []
        if topics:
            # Before the bytes are in place: after a crash in between, hubs are told once too often, never too seldom.
            with self.database.begin() as connection:
                pings.queue(connection, self.plan.hubs, topics, self.clock)
        # Together: the manifest of very many files takes a while to write.
        written = self.output.write(files + pages)
        published = Published(
            feeds=done + written.of({file.path for file in files}),
            pages=written.of({file.path for file in pages}),
            troubles=tuple(made.trouble for made in encoded if made.trouble),
        )
        # Only now: after a crash in between, the feeds are written once more, with the same bytes.
        with self.database.begin() as connection:
            feeds.mark_written(connection, statuses)
        return published
