"""Collect: what is in the posts folder becomes what the publication knows."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from publisher.content.scan import scan
from publisher.jobs.ports import silent
from publisher.kit.parallel import spread
from publisher.model import change as changes
from publisher.model.change import Change, Kind
from publisher.model.errors import PostError
from publisher.model.feed import feeds_of, touched
from publisher.model.naming import slug
from publisher.model.post import Post
from publisher.store import facts, feeds, posts, sources
from publisher.store.sources import Remembered

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from publisher.content.read import PostReader
    from publisher.content.scan import SourceFile
    from publisher.jobs.ports import Progress
    from publisher.model.feed import FeedKey
    from publisher.model.post import KnownPost
    from publisher.store.database import Database, Transaction

#: How many files are read between two reports of progress, and how many are worth another process.
_BATCH = 2_500
_WORTH_SHARING = 1_000


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


@dataclass(frozen=True, slots=True)
class _Scan:
    """One look at the folder, beside what the look before found."""

    found: dict[str, SourceFile]
    remembered: dict[str, Remembered]
    #: The files that had to be read, and what came of each.
    fresh: list[SourceFile]
    posts: list[Post]
    rejected: dict[str, tuple[int, str]]
    #: Those of them that another file came before.
    duplicates: set[str] = field(default_factory=set)

    @property
    def gone(self) -> set[str]:
        """The files that are there no more."""
        return self.remembered.keys() - self.found.keys()


def collect(
    database: Database, folder: Path, reader: PostReader, *, authority: str, now: datetime, progress: Progress = silent
) -> Collected:
    """Read every file that is new or changed, decide what each means, and record it in one transaction.

    Raises PublisherError if the folder cannot be read; then nothing is changed.
    """
    found = {source.path: source for source in scan(folder)}
    with database.read() as connection:
        remembered = sources.everything(connection)
        same_reader = facts.get(connection, "reader") == reader.fingerprint
    # Another configuration reads the same file as another post.
    fresh = [each for each in found.values() if not same_reader or _is_fresh(each, remembered.get(each.path))]
    look = _Scan(found, remembered, fresh, *_read(fresh, reader, progress))
    with database.begin() as connection:
        decided = _decide(connection, look, authority=authority, now=now)
        noted = _note(look, decided, now)
        sources.forget(connection, look.gone)
        sources.remember(connection, noted)
        posts.apply(connection, decided)
        facts.put(connection, "reader", reader.fingerprint)
        slugs = posts.section_slugs(connection)
        feeds.mark_stale(connection, touched(decided, lambda known: _sections(known, slugs)))
        feeds.mark_stale(connection, _mended(look, noted, decided, slugs))
        quarantined = len(sources.quarantine(connection))
    return _report(look, decided, noted, quarantined)


def _is_fresh(source: SourceFile, before: Remembered | None) -> bool:
    if before is None or before.stamp != source.stamp or not before.settled:
        return True
    # What never became a post is read every time: that no other file has its code any more is not seen from outside.
    return before.reason is not None and before.code is None


def _read(
    fresh: list[SourceFile], reader: PostReader, progress: Progress
) -> tuple[list[Post], dict[str, tuple[int, str]]]:
    read: list[Post] = []
    rejected: dict[str, tuple[int, str]] = {}
    for start in range(0, len(fresh), _BATCH):
        progress("reading posts", start, len(fresh))
        batch = fresh[start : start + _BATCH]
        outcomes = spread(functools.partial(_attempt, reader), batch, worth=_WORTH_SHARING)
        for source, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Post):
                read.append(outcome)
            else:
                rejected[source.path] = outcome
    progress("reading posts", len(fresh), len(fresh))
    return read, rejected


def _attempt(reader: PostReader, source: SourceFile) -> Post | tuple[int, str]:
    """Read one file: the post, or the line and the reason why it is none."""
    try:
        return reader.read(source)
    except PostError as error:
        return error.line, error.reason
    except Exception as error:  # noqa: BLE001 (the wall: whatever one post does, the others are published)
        return 1, f"cannot be read: {type(error).__name__}: {error}"


def _decide(connection: Transaction, look: _Scan, *, authority: str, now: datetime) -> list[Change]:
    """Decide about every post that was read, that is gone, and whose date has come."""
    left = _left(look)
    known = posts.known(connection, [*left, *(post.code for post in look.posts)])
    arrived = _with_identity(look, left, known)
    known |= posts.known(connection, {post.code for post in arrived} - {post.code for post in look.posts})
    winners, losers = changes.settle_duplicates(arrived, _owners(look, known, arrived))
    look.rejected.update({post.path: (1, f"has the code {post.code!r} of {winner}") for post, winner in losers})
    look.duplicates.update(post.path for post, _ in losers)
    present = {post.code for post in winners} | {post.code for post, _ in losers}
    decided = [changes.decide(known.get(post.code), post, now=now, authority=authority) for post in winners]
    decided += [changes.withdraw(known[code], now=now) for code in sorted(left.keys() & known.keys() - present)]
    decided += [
        changes.release(post, now=now, authority=authority)
        for post in posts.due(connection, now)
        if post.code not in present and post.code not in left
    ]
    return decided


def _left(look: _Scan) -> dict[str, str]:
    """Find the codes whose file is gone, or may say another code now; one that broke keeps the post it was."""
    read = {post.path for post in look.posts}
    return {
        known.code: path
        for path, known in look.remembered.items()
        if known.code is not None and (path not in look.found or path in read)
    }


def _with_identity(look: _Scan, left: dict[str, str], known: dict[str, KnownPost]) -> list[Post]:
    """Give posts without a code of their own the one under which they are known."""
    missing = [known[code] for code, path in left.items() if code in known and path not in look.found]
    renamed = changes.match_renames(missing, [post for post in look.posts if post.code not in known])
    arrived = []
    for post in look.posts:
        before = look.remembered.get(post.path)
        # A file that stays where it is stays the post it was, even after a rename.
        code = renamed.get(post.path) or (before.code if before is not None else None) or _other_code(look, known, post)
        arrived.append(post if post.own_code or code is None else replace(post, code=code))
    return arrived


def _other_code(look: _Scan, known: dict[str, KnownPost], post: Post) -> str | None:
    """Find a code for a file whose path is the code of a post that has moved elsewhere."""
    owner = known.get(post.code)
    if owner is None or owner.post.path == post.path or owner.post.path not in look.found:
        return None
    return f"{post.code}-2"


def _owners(look: _Scan, known: dict[str, KnownPost], arrived: list[Post]) -> dict[str, str]:
    """Find the codes whose file of last time is still there and still has them."""
    now_says = {post.path: post.code for post in arrived}
    owners = {}
    for code, post in known.items():
        before = look.remembered.get(post.post.path)
        if before is None or before.code != code or before.path not in look.found:
            continue
        if now_says.get(before.path, code) == code:
            owners[code] = before.path
    return owners


def _note(look: _Scan, decided: list[Change], now: datetime) -> list[Remembered]:
    """Write down what was seen of each file that was read."""
    codes = {
        change.after.post.path: change.after.code
        for change in decided
        if change.after is not None and change.kind is not Kind.WITHDRAWN
    }
    noted = []
    for source in look.fresh:
        before = look.remembered.get(source.path)
        line, reason = look.rejected.get(source.path, (None, None))
        code, since = codes.get(source.path), None
        if reason is None and before is not None and before.stamp == source.stamp and before.code == code:
            # The same bytes can be read as before: what was wrong with them showed when they were rendered.
            line, reason = before.line, before.reason
        if reason is not None:
            code = before.code if before is not None and source.path not in look.duplicates else None
            since = before.quarantined_at if before is not None and before.reason == reason else now
        noted.append(
            Remembered(
                path=source.path,
                stamp=source.stamp,
                settled=source.settled,
                code=code,
                line=line,
                reason=reason,
                quarantined_at=since,
            )
        )
    return noted


def _mended(look: _Scan, noted: list[Remembered], decided: list[Change], slugs: dict[str, str]) -> set[FeedKey]:
    """Name the feeds of posts that were in quarantine and are not any more: they may show them again."""
    mended = {
        file.path
        for file in noted
        if file.reason is None and file.path in look.remembered and look.remembered[file.path].reason is not None
    }
    keys: set[FeedKey] = set()
    for change in decided:
        if change.after is not None and change.after.post.path in mended:
            keys |= feeds_of(change.after.post.language, _sections(change.after, slugs))
    return keys


def _sections(known: KnownPost, slugs: dict[str, str]) -> list[str]:
    return [slugs[slug(name)] for name in known.post.categories]


def _report(look: _Scan, decided: list[Change], noted: list[Remembered], quarantined: int) -> Collected:
    kinds = [change.kind for change in decided]
    before = {path: file.reason for path, file in look.remembered.items()}
    return Collected(
        seen=len(look.found),
        new=kinds.count(Kind.NEW),
        edited=kinds.count(Kind.EDITED),
        released=kinds.count(Kind.RELEASED),
        withdrawn=kinds.count(Kind.WITHDRAWN),
        newly_quarantined=tuple(
            file for file in noted if file.reason is not None and before.get(file.path) != file.reason
        ),
        quarantined=quarantined,
    )
