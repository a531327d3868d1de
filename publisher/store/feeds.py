"""Which feeds there are, and which of them do not yet show what the posts say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from publisher.model.feed import FeedKey
from publisher.store.database import insert, upsert
from publisher.store.schema import feeds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedStatus:
    """One feed as it was last written."""

    key: FeedKey
    stale: bool
    entries: int
    updated: datetime | None


def everything(connection: Connection) -> list[FeedStatus]:
    """List every feed: those without a category first."""
    rows = connection.execute(select(feeds).order_by(feeds.c.path))
    found = [
        FeedStatus(key=FeedKey(row.category, row.language), stale=row.stale, entries=row.entries, updated=row.updated)
        for row in rows
    ]
    return sorted(found, key=lambda feed: (feed.key.language or "", feed.key.category or ""))


def mark_stale(connection: Connection, keys: Iterable[FeedKey]) -> None:
    """Note that these feeds want to be written; new ones come into being with it."""
    rows = [
        {"path": key.path, "category": key.category, "language": key.language, "stale": True, "entries": 0}
        for key in keys
    ]
    if rows:
        statement = insert(connection, feeds)
        connection.execute(statement.on_conflict_do_update(index_elements=["path"], set_={"stale": True}), rows)


def mark_all_stale(connection: Connection) -> None:
    """Note that every feed wants to be written again."""
    connection.execute(update(feeds).values(stale=True))


def mark_written(connection: Connection, statuses: Iterable[FeedStatus]) -> None:
    """Note what stands in the files of these feeds."""
    rows = [
        {
            "path": status.key.path,
            "category": status.key.category,
            "language": status.key.language,
            "stale": False,
            "entries": status.entries,
            "updated": status.updated,
        }
        for status in statuses
    ]
    upsert(connection, feeds, rows)


def count(connection: Connection) -> int:
    """Count the feeds."""
    return connection.scalar(select(func.count()).select_from(feeds)) or 0
