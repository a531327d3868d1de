"""Collect: what is in the posts folders becomes what the publication knows."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from publisher.content import reading
from publisher.jobs.adopt import adopt
from publisher.jobs.ports import silent
from publisher.model import change as changes
from publisher.model.change import Change, Kind, is_first_publication
from publisher.model.errors import PublisherError
from publisher.model.feed import feeds_of, touched
from publisher.model.identity import Claims, has_got_code, identify, lost_its_code, match_renames
from publisher.model.naming import entry_ids_like, slug
from publisher.model.post import Post, State, stories_of
from publisher.store import archives, facts, feeds, guids, posts, sources
from publisher.store.sources import Remembered

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from publisher.content.reading import Outcome, Reading
    from publisher.content.scan import SourceFile
    from publisher.content.sources import Library
    from publisher.jobs.ports import Progress, Weigh
    from publisher.model.feed import FeedKey, Selection
    from publisher.model.notice import Shown
    from publisher.model.post import KnownPost
    from publisher.store.database import Database, Transaction
    from publisher.store.guids import Guid

#: How many posts are in memory at once.
_BATCH = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """What a scan found."""

    seen: int
    new: int
    edited: int
    released: int
    withdrawn: int
    #: Files that could not be read and were not in quarantine before, or for another reason.
    newly_quarantined: tuple[Remembered, ...]
    quarantined: int


def collect(
    database: Database,
    library: Library,
    weigh: Weigh,
    *,
    authority: str,
    now: datetime,
    selections: Sequence[Selection] = (),
    adopted: Mapping[str, Shown] | None = None,
    force: bool = False,
    ahead: Reading | None = None,
    progress: Progress = silent,
) -> Collected:
    """Read every file that is new or changed, decide what each means, and record it in one transaction.

    `ahead` is a reading of everything, begun before the database was there; it is used where that is empty. `adopted`
    is what stands in the feeds of a publication whose store was lost. Raises PublisherError if a folder cannot be read,
    or, unless with `force`, if so many posts are gone that it looks like an accident; then nothing is changed.
    """
    with database.read() as connection:
        stamps = sources.stamps(connection)
        # Another configuration reads the same file as another post.
        same_reader = facts.get(connection, "reader") == library.fingerprint
    if ahead is None or stamps:
        ahead = reading.start(library, stamps if same_reader else dict.fromkeys(stamps, ""), force=force)
    look = ahead.look
    gone = stamps.keys() - look.seen
    with database.begin() as connection:
        remembered = sources.known(connection, [*gone, *(file.path for file in look.fresh if file.path in stamps)])
        claims = Claims(look.seen, {file.path for file in look.fresh})
        if adopted is not None:
            adopt(connection, adopted, now=now)
        run = _Run(connection, claims, remembered, gone, weigh, authority, now, selections, adopted)
        for batch in _batches(ahead, progress):
            run.take(batch)
        run.settle(force=force)
        sources.forget(connection, gone)
        facts.put(connection, "reader", library.fingerprint)
        feeds.mark_stale(connection, run.stale)
        quarantined = len(sources.quarantine(connection))
    return Collected(
        seen=len(look.seen),
        new=run.kinds[Kind.NEW],
        edited=run.kinds[Kind.EDITED],
        released=run.kinds[Kind.RELEASED],
        withdrawn=run.kinds[Kind.WITHDRAWN],
        newly_quarantined=tuple(run.newly_quarantined),
        quarantined=quarantined,
    )


def _batches(reading: Reading, progress: Progress) -> Iterator[list[tuple[SourceFile, Outcome]]]:
    total, done = len(reading.look.fresh), 0
    while batch := list(itertools.islice(reading.outcomes, _BATCH)):
        progress("reading posts", done, total)
        yield batch
        done += len(batch)
    progress("reading posts", total, total)


@dataclass(slots=True)
class _Run:
    """One look at the folders, taken in batch by batch, beside what the look before found.

    What cannot be decided before all is read waits: a rename wants to know what is gone, and a file with the code of
    another, whether that one still has it.
    """

    connection: Transaction
    claims: Claims
    #: What is known of the files that are read and of those that are gone.
    remembered: dict[str, Remembered]
    gone: set[str]
    weigh: Weigh
    authority: str
    now: datetime
    #: The feeds that are configured by hand.
    selections: Sequence[Selection]
    #: What readers know, by id, where the store was lost and is made again from it.
    adopted: Mapping[str, Shown] | None
    stale: set[FeedKey] = field(default_factory=set)
    kinds: Counter[Kind] = field(default_factory=Counter)
    newly_quarantined: list[Remembered] = field(default_factory=list)
    _waiting: list[tuple[SourceFile, Post]] = field(default_factory=list)
    #: The posts that a file of another name may turn out to be.
    _missing: list[KnownPost] = field(default_factory=list)
    #: In an empty store nothing has to be looked up.
    _is_first: bool = False
    _has_archives: bool = False
    _has_ledger: bool = False

    def __post_init__(self) -> None:
        self._is_first = not posts.anything(self.connection)
        self._has_archives = archives.anything(self.connection)
        self._has_ledger = guids.anything(self.connection)
        codes = [code for path in self.gone if (code := self.remembered[path].code)]
        self._missing = [known for known in self._known(codes).values() if not known.post.own_code]

    def take(self, batch: list[tuple[SourceFile, Outcome]]) -> None:
        """Decide about some files; those for which it is too early wait."""
        batch = self._with_lasting_stories(batch)
        read_now = {file.path: outcome for file, outcome in batch if isinstance(outcome, Post)}
        befores = {path: noted.code for path in read_now if (noted := self.remembered.get(path)) and noted.code}
        known = self._known([*(post.code for post in read_now.values()), *befores.values()])
        ready: list[tuple[SourceFile, Outcome]] = []
        for file, outcome in batch:
            self.claims.reading(file.path)
            if isinstance(outcome, Post):
                post = identify(outcome, befores.get(file.path), known.get(outcome.code), self.claims.seen)
                is_new = not post.own_code and file.path not in self.remembered
                if is_new and post.code != outcome.code:
                    known |= self._known([post.code])
                may_have_moved = (
                    self._missing and file.path not in self.remembered and not (post.own_code and post.code in known)
                )
                too_early = may_have_moved or lost_its_code(outcome, known.get(befores.get(file.path, "")))
                if too_early or self.claims.settle(post, known.get(post.code)) is None:
                    self._waiting.append((file, post))
                    continue
                outcome = post
            elif (before := self.remembered.get(file.path)) and before.code:
                self.claims.keep(before.code, file.path)
            ready.append((file, outcome))
        self._decide(ready, known)

    def _with_lasting_stories(self, batch: list[tuple[SourceFile, Outcome]]) -> list[tuple[SourceFile, Outcome]]:
        """Let a translation that names a post by a code of old mean the one that had it."""
        stories = {outcome.story for _, outcome in batch if isinstance(outcome, Post) and outcome.story}
        if not stories or not self._has_ledger:
            return batch
        had = guids.by_code(self.connection, stories)
        codes = posts.codes_by_id(self.connection, {guid.entry_id for guid in had.values()})
        now = {story: codes.get(guid.entry_id, story) for story, guid in had.items()}
        return [
            (file, replace(outcome, story=now[outcome.story]))
            if isinstance(outcome, Post) and outcome.story in now
            else (file, outcome)
            for file, outcome in batch
        ]

    def settle(self, *, force: bool) -> None:
        """Decide about what waits, what is gone, and what has come due."""
        missing = [known for known in self._missing if known.code not in self.claims.holders]
        renamed = match_renames(missing, [post for _, post in self._waiting if post.path not in self.remembered])
        for _, post in self._waiting:
            if post.own_code and post.path in renamed:
                before = renamed.pop(post.path)
                if post.code not in self.claims.holders and not self._known([post.code]):
                    self._rename(before, post.code)
        arrived = [(file, replace(post, code=renamed.get(post.path, post.code))) for file, post in self._waiting]
        known = self._known([name for _, post in arrived for name in (post.code, post.path)])
        # A file that says a code comes before one that only had it.
        for _, post in sorted(arrived, key=lambda each: not each[1].own_code):
            self.claims.settle(post, known.get(post.code))
        self._decide([(file, self._as_itself(post, known)) for file, post in arrived], known)
        self._withdraw(force=force)
        due = [post for post in posts.due(self.connection, self.now) if post.code not in self.claims.holders]
        self._apply([changes.release(post, now=self.now, authority=self.authority) for post in due])

    def _as_itself(self, post: Post, known: dict[str, KnownPost]) -> Post:
        """Let a file whose code another file says be a post of its own."""
        if post.own_code or self.claims.holders[post.code] == post.path:
            return post
        post = identify(replace(post, code=post.path), None, known.get(post.path), self.claims.seen)
        self.claims.settle(post, known.get(post.code))
        return post

    def _decide(self, ready: Sequence[tuple[SourceFile, Outcome]], known: dict[str, KnownPost]) -> None:
        """Record what became of files: posts, files with the code of another, and files that cannot be read."""
        winners: list[Post] = []
        noted: list[Remembered] = []
        for file, outcome in ready:
            before = self.remembered.get(file.path)
            if isinstance(outcome, Post):
                holder = self.claims.holders[outcome.code]
                if holder == file.path:
                    winners.append(self._with_own_code(outcome, before, known))
                    noted.append(_noted(file, before, outcome.code, None, self.now))
                    continue
                line, reason, code = 1, f"has the code {outcome.code!r} of {holder}", None
            else:
                (line, reason), code = outcome, before.code if before else None
            noted.append(_noted(file, before, code, (line, reason), self.now))
        self._apply(self._changes(winners, known))
        self._remember(noted)
        self._show_again(noted, winners)

    def _with_own_code(self, post: Post, before: Remembered | None, known: dict[str, KnownPost]) -> Post:
        """Let a post that was known by its path keep its id when it is given a code."""
        code = before.code if before else None
        if code is not None and code != post.code and post.code not in known and has_got_code(post, known.get(code)):
            known[post.code] = self._rename(code, post.code)
        return post

    def _rename(self, before: str, after: str) -> KnownPost:
        """Give a post another code, with everything that is known of it, and the id that readers know."""
        posts.rename(self.connection, before, after)
        known = posts.known(self.connection, [after])[after]
        guids.record(self.connection, [known], self.now)
        # Nobody else may be withdrawn, or come back, under the code that it had.
        self.claims.keep(before, known.post.path)
        return known

    def _changes(self, winners: list[Post], known: dict[str, KnownPost]) -> list[Change]:
        edits = [
            (before, post)
            for post in winners
            if (before := known.get(post.code)) and before.state is State.PUBLISHED
            if before.post.body_hash != post.body_hash and post.significant is None and post.updated is None
        ]
        news = self.weigh(self.connection, edits) if edits else {}
        return [
            changes.decide(known.get(post.code), post, now=self.now, authority=self.authority, news=news.get(post.code))
            for post in winners
        ]

    def _withdraw(self, *, force: bool) -> None:
        """Take back the posts whose file is gone, or says another code now. Raises PublisherError for too many."""
        left = {file.code for file in self.remembered.values() if file.code} - self.claims.holders.keys()
        leaving = self._known(left).values()
        published = posts.count_by_state(self.connection)[State.PUBLISHED] if leaving else 0
        withdrawn = sum(known.state is State.PUBLISHED for known in leaving)
        if not force and changes.is_disappearance(withdrawn, published):
            raise PublisherError(
                f"{withdrawn:,} of {published:,} posts are gone at once: nothing is withdrawn; put their files back, "
                "or say --force if they are meant to be gone"
            )
        self._apply([changes.withdraw(known, now=self.now) for known in sorted(leaving, key=lambda known: known.code)])

    def _apply(self, decided: list[Change]) -> None:
        decided = self._with_lasting_ids(decided)
        self.kinds.update(change.kind for change in decided)
        posts.apply(self.connection, decided)
        first = [change.after for change in decided if change.after and is_first_publication(change)]
        guids.record(self.connection, first, self.now)
        slugs = posts.section_slugs(self.connection)
        changed = [change for change in decided if change.before != change.after]
        self.stale |= touched(changed, lambda known: _sections(known.post, slugs), self.selections)
        self._show_relatives(changed, slugs)
        if self._has_archives:
            archives.mark_stale(self.connection, [change.after.code for change in changed if change.after])

    def _with_lasting_ids(self, decided: list[Change]) -> list[Change]:
        """Let a post that the ledger knows have the id that readers know, and none the id of another."""
        first = {change.after.code: change.after for change in decided if change.after and is_first_publication(change)}
        if not first or (not self._has_ledger and self.adopted is None):
            return decided
        own = guids.by_code(self.connection, first)
        ids = {known.entry_id or "" for known in first.values()} | {guid.entry_id for guid in own.values()}
        ledger = guids.known(self.connection, ids)
        holders = posts.codes_by_id(self.connection, ledger)
        lasting: dict[str, KnownPost] = {}
        for code, known in first.items():
            guid = own.get(code)
            if guid is not None and guid.entry_id not in holders:
                lasting[code] = self._as_readers_know(known, guid)
            elif known.entry_id in ledger:
                lasting[code] = replace(known, entry_id=self._free_id(known.entry_id, ids))
            elif self.adopted is not None:
                # What no feed shows has left them all: it is no late arrival.
                lasting[code] = replace(known, rank=known.published)
        return [
            replace(change, after=lasting[change.after.code])
            if change.after and change.after.code in lasting
            else change
            for change in decided
        ]

    def _as_readers_know(self, known: KnownPost, guid: Guid) -> KnownPost:
        shown = (self.adopted or {}).get(guid.entry_id)
        updated = shown.updated if shown else known.updated
        return replace(known, entry_id=guid.entry_id, published=guid.published, updated=updated, rank=guid.published)

    def _free_id(self, entry_id: str, wanted: Container[str]) -> str:
        return next(
            free for free in entry_ids_like(entry_id) if free not in wanted and not guids.known(self.connection, [free])
        )

    def _show_relatives(self, changed: list[Change], slugs: dict[str, str]) -> None:
        """Let the translations of what has changed point to it as it is now."""
        # In an empty store all feeds are to be written as it is.
        if self._is_first or not changed or not posts.anything_translated(self.connection):
            return
        both = [known.post for change in changed for known in (change.before, change.after) if known]
        relatives = posts.of_stories(self.connection, {name for post in both for name in stories_of(post)})
        for known in relatives:
            self.stale |= feeds_of(known.post, _sections(known.post, slugs), self.selections)
        if self._has_archives:
            archives.mark_stale(self.connection, [known.code for known in relatives])

    def _remember(self, noted: list[Remembered]) -> None:
        sources.remember(self.connection, noted)
        for file in noted:
            before = self.remembered.get(file.path)
            if file.reason is not None and (before is None or before.reason != file.reason):
                self.newly_quarantined.append(file)

    def _show_again(self, noted: list[Remembered], winners: list[Post]) -> None:
        """Let the feeds of posts that were in quarantine, and are not any more, show them."""
        slugs: dict[str, str] = {}
        mended = {
            file.path
            for file in noted
            if file.reason is None and (before := self.remembered.get(file.path)) and before.reason is not None
        }
        for post in winners:
            if post.path in mended:
                slugs = slugs or posts.section_slugs(self.connection)
                self.stale |= feeds_of(post, _sections(post, slugs), self.selections)
        if self._has_archives:
            archives.mark_stale(self.connection, [post.code for post in winners if post.path in mended])

    def _known(self, codes: Iterable[str]) -> dict[str, KnownPost]:
        return {} if self._is_first else posts.known(self.connection, codes)


def _sections(post: Post, slugs: dict[str, str]) -> list[str]:
    return [slugs[slug(name)] for name in post.categories]


def _noted(
    file: SourceFile, before: Remembered | None, code: str | None, trouble: tuple[int, str] | None, now: datetime
) -> Remembered:
    """Write down what was seen of a file."""
    line, reason = trouble or (None, None)
    if reason is None and before is not None and before.stamp == file.stamp and before.code == code:
        # The same bytes can be read as before: what was wrong with them showed when they were rendered.
        line, reason = before.line, before.reason
    since = None
    if reason is not None:
        since = before.quarantined_at if before is not None and before.reason == reason else now
    return Remembered(file.path, file.stamp, file.settled, code, line, reason, since)
