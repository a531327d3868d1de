"""Publish: the complete history of a feed, of which only the pages are written that say something else than before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.feeds.document import History, Tombstone, whole_second
from publisher.files import OutputFile, Written
from publisher.jobs.feed_plan import archive_path
from publisher.kit.parallel import spread
from publisher.model import archive
from publisher.model.feed import in_order
from publisher.store import archives, posts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from publisher.feeds.document import FeedDocument
    from publisher.files import Output
    from publisher.jobs.feed_plan import FeedPlan
    from publisher.jobs.ports import Progress
    from publisher.jobs.render_bodies import Bodies
    from publisher.model.archive import Page
    from publisher.model.feed import FeedKey
    from publisher.model.post import KnownPost
    from publisher.store.database import Database, Transaction

#: How many entries are in memory at once; a page may have as many.
_AT_ONCE = archive.PAGE_ENTRIES


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shown:
    """What stands on one page."""

    entries: tuple[KnownPost, ...]
    withdrawn: tuple[KnownPost, ...]


@dataclass(frozen=True, kw_only=True)
class Archivist:
    """Writes the history of the feeds that have one."""

    database: Database
    output: Output
    bodies: Bodies
    plan: FeedPlan
    now: datetime
    progress: Progress

    def publish(self, key: FeedKey) -> tuple[Written, list[Page]]:
        """Write the pages of a feed that are stale or missing; gives all pages, oldest first. Raises OutputError."""
        with self.database.begin() as connection:
            self._place(connection, key)
            pages = archives.pages(connection, key)
            filled = archives.filled(connection, key)
            names = posts.section_names(connection)
        every = list(pages)
        due = [page for page, stale in pages.items() if stale or not self.stands(key, page)]
        done, written = Written(), 0
        for together in _by_size(due, filled):
            self.progress("writing history", written, len(due))
            done += self._write(key, together, every, names)
            written += len(together)
        self.progress("writing history", len(due), len(due))
        return done, every

    def stands(self, key: FeedKey, page: Page) -> bool:
        """Say whether the files of a page are there."""
        return all(map(self.output.has, self.plan.paths(archive_path(key, page))))

    def _place(self, connection: Transaction, key: FeedKey) -> None:
        """Put the posts that are new to the feed on pages."""
        placed = archive.place(
            posts.unarchived(connection, key, self.plan.selection_of(key)), archives.filled(connection, key)
        )
        archives.place(connection, key, placed)
        pages, grown = archives.pages(connection, key), set(placed.values())
        # The neighbours of a page that is new link to it from now on.
        stale = archive.with_neighbours(pages, grown - pages.keys()) | grown
        archives.mark(connection, key, stale, stale=True)

    def _write(self, key: FeedKey, due: Sequence[Page], every: Sequence[Page], names: dict[str, str]) -> Written:
        with self.database.begin() as connection:
            shown = [self._members(connection, key, page) for page in due]
        chosen = [known for each in shown for known in each.entries]
        rendered = {article.code: article for article in self.bodies.articles(self.database, chosen, now=self.now)}
        documents = [
            self.plan.document(
                key,
                names,
                in_order(rendered[known.code] for known in each.entries if known.code in rendered),
                tombstones=tombstones_of(each.withdrawn),
                history=self._history(key, page, every),
                page=page,
            )
            for page, each in zip(due, shown, strict=True)
        ]
        from publisher.feeds.encode import encode

        def work(document: FeedDocument) -> dict[str, bytes]:
            return encode(document, self.plan.formats)

        encoded = spread(work, documents, worth=2, chunk=1)
        done = self.output.write(
            OutputFile(f"{archive_path(key, page)}.{each}", content, whole_second(document.updated))
            for page, document, contents in zip(due, documents, encoded, strict=True)
            for each, content in contents.items()
        )
        with self.database.begin() as connection:
            archives.mark(connection, key, due, stale=False)
        return done

    def _members(self, connection: Transaction, key: FeedKey, page: Page) -> _Shown:
        """Read what stands on a page; those that are of another feed by now leave it."""
        members = posts.known(connection, archives.members(connection, key, page))
        here = posts.codes_in_feed(connection, key, members, self.plan.selection_of(key))
        withdrawn = tuple(known for known in members.values() if known.withdrawn is not None)
        gone = members.keys() - here - {known.code for known in withdrawn}
        archives.leave(connection, key, gone)
        return _Shown(entries=tuple(members[code] for code in sorted(here)), withdrawn=withdrawn)

    def _history(self, key: FeedKey, page: Page, every: Sequence[Page]) -> History:
        before, after = archive.neighbours(every, page)
        if before is None and after is None:
            # The only page there is has everything.
            return History(complete=True)
        return History(
            current=self.plan.url(key.path),
            previous=self.plan.url(archive_path(key, before)) if before else None,
            following=self.plan.url(archive_path(key, after)) if after else None,
        )


def _by_size(pages: Sequence[Page], filled: Mapping[Page, int]) -> Iterator[list[Page]]:
    """Put pages together that are small enough to be written at once."""
    together: list[Page] = []
    for page in pages:
        if together and sum(filled[each] for each in [*together, page]) > _AT_ONCE:
            yield together
            together = []
        together.append(page)
    if together:
        yield together


def tombstones_of(withdrawn: Iterable[KnownPost]) -> list[Tombstone]:
    """Say of withdrawn posts that they are."""
    return [
        Tombstone(entry_id=known.entry_id, when=known.withdrawn)
        for known in withdrawn
        if known.entry_id is not None and known.withdrawn is not None
    ]
