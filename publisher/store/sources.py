"""What is known of the files themselves: when each was last read, and why some are no post."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import case, delete, func, select

from publisher.store.database import CHUNK, upsert
from publisher.store.schema import files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Remembered:
    """One file as it was read last."""

    path: str
    stamp: str
    settled: bool
    #: The post it is, or was when it could last be read.
    code: str | None
    line: int | None = None
    reason: str | None = None
    quarantined_at: datetime | None = None

    def rejected(self, line: int, reason: str, now: datetime) -> Remembered:
        """Give the same file, in quarantine from now on."""
        return replace(self, line=line, reason=reason, quarantined_at=now)


def stamps(connection: Connection) -> dict[str, str]:
    """Read the stamp of every file that was read, by path; empty for one that has to be read again however it looks.

    What never became a post has: that no other file has its code any more is not seen from outside.
    """
    settled = case((files.c.settled & (files.c.reason.is_(None) | files.c.code.is_not(None)), files.c.stamp), else_="")
    return dict(connection.execute(select(files.c.path, settled)).all())


def known(connection: Connection, paths: Iterable[str]) -> dict[str, Remembered]:
    """Read what is known of files, by path; those that are not known are missing."""
    wanted = sorted(paths)
    found: dict[str, Remembered] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = connection.execute(select(files).where(files.c.path.in_(wanted[start : start + CHUNK])))
        found.update((row[0], Remembered(*row)) for row in rows)
    return found


def quarantine(connection: Connection) -> list[Remembered]:
    """List the files that could not be read, by path."""
    rows = connection.execute(select(files).where(files.c.reason.is_not(None)).order_by(files.c.path))
    return [Remembered(*row) for row in rows]


def find(connection: Connection, path: str) -> Remembered | None:
    """Find one file by its path."""
    row = connection.execute(select(files).where(files.c.path == path)).first()
    return Remembered(*row) if row else None


def remember(connection: Connection, seen: Iterable[Remembered]) -> None:
    """Write what was seen."""
    rows = [
        {
            "path": file.path,
            "stamp": file.stamp,
            "settled": file.settled,
            "code": file.code,
            "line": file.line,
            "reason": file.reason,
            "quarantined_at": file.quarantined_at,
        }
        for file in seen
    ]
    upsert(connection, files, rows)


def forget(connection: Connection, paths: Iterable[str]) -> None:
    """Drop what is known of files that are gone."""
    gone = sorted(paths)
    for start in range(0, len(gone), CHUNK):
        connection.execute(delete(files).where(files.c.path.in_(gone[start : start + CHUNK])))


def count(connection: Connection) -> int:
    """Count the files."""
    return connection.scalar(select(func.count()).select_from(files)) or 0
