"""Check: the files that readers have agree with the guid ledger, and with each other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.feeds.document import whole_second
from publisher.jobs.feed_plan import archive_path
from publisher.jobs.ports import silent
from publisher.store import archives, feeds, guids, posts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publisher.files import Output
    from publisher.jobs.feed_plan import FeedPlan
    from publisher.jobs.ports import Progress
    from publisher.model.feed import FeedKey
    from publisher.model.notice import Shown
    from publisher.store.database import Database


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedsChecked:
    """What was looked at, and what is wrong, a sentence each."""

    files: int
    entries: int
    findings: tuple[str, ...]


@dataclass(kw_only=True)
class FeedChecker:
    """Reads every feed that stands, in every format, and every page of history."""

    database: Database
    output: Output
    plan: FeedPlan
    progress: Progress = silent
    _files: int = 0
    _entries: int = 0

    def check(self) -> FeedsChecked:
        """Prove that no reader is shown a post under two ids or dates, twice, or without the ledger knowing of it."""
        with self.database.read() as connection:
            # What waits to be written does not have to be right yet, nor what is not configured any more.
            known = [
                feed.key
                for feed in feeds.everything(connection)
                if not feed.stale and (feed.key.extra is None or feed.key.extra in self.plan.selections)
            ]
            findings = [f"the ledger has no id of the post {code}" for code in guids.missing(connection)]
        for done, key in enumerate(known):
            self.progress("checking feeds", done, len(known))
            for feed_format in self.plan.formats:
                findings += self._check(key, feed_format)
        self.progress("checking feeds", len(known), len(known))
        return FeedsChecked(files=self._files, entries=self._entries, findings=tuple(findings))

    def _check(self, key: FeedKey, feed_format: str) -> Iterator[str]:
        yield from self._read(key.path, feed_format)[1]
        history: list[Shown] = []
        if self.plan.has_history(key):
            with self.database.read() as connection:
                pages = archives.pages(connection, key)
                shown = posts.ids_shown_in(connection, key, self.plan.selection_of(key))
            for page in pages:
                entries, troubles = self._read(archive_path(key, page), feed_format)
                yield from troubles
                history += entries
            path = f"{key.path}.{feed_format}"
            for entry_id, count in Counter(entry.id for entry in history).items():
                if count > 1:
                    yield f"{path}: its history has {entry_id} on {count} pages"
            there = {entry.id for entry in history}
            yield from (f"{path}: its history lacks {entry_id}" for entry_id in shown if entry_id not in there)

    def _read(self, path: str, feed_format: str) -> tuple[list[Shown], list[str]]:
        """Read one file, and say what is wrong with it by itself."""
        from publisher.feeds import reading

        name = f"{path}.{feed_format}"
        content = self.output.read(name)
        if content is None:
            return [], [f"{name} is missing: the next run writes it"]
        try:
            entries = reading.read(content, feed_format)
        except ValueError as error:
            return [], [f"{name} cannot be read ({error}): delete it, and the next run writes it anew"]
        self._files += 1
        self._entries += len(entries)
        return entries, [f"{name}: {wrong}" for wrong in self._wrong(entries)]

    def _wrong(self, entries: Sequence[Shown]) -> Iterator[str]:
        with self.database.read() as connection:
            ledger = guids.known(connection, [entry.id for entry in entries])
        for entry_id, count in Counter(entry.id for entry in entries).items():
            if count > 1:
                yield f"shows {entry_id} {count} times"
        for entry in entries:
            recorded = ledger.get(entry.id)
            if recorded is None:
                yield f"shows {entry.id}, which the ledger does not know"
            elif whole_second(recorded[0].published) != entry.published:
                yield f"shows {entry.id} of {entry.published.isoformat()}, and the ledger has another date"
