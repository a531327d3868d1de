"""Which feeds there are, and which of them do not yet show what the posts say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

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
    """List every feed: those without a category first, those that are configured by hand last."""
    rows = connection.execute(select(feeds).order_by(feeds.c.path))
    found = [
        FeedStatus(
            key=FeedKey(row.category, row.language, row.extra),
            stale=row.stale,
            entries=row.entries,
            updated=row.updated,
        )
        for row in rows
    ]
    return sorted(found, key=lambda feed: _order(feed.key))


def _order(key: FeedKey) -> tuple[bool, str, str]:
    return key.extra is not None, key.language or "", key.extra or key.category or ""


def mark_stale(connection: Connection, keys: Iterable[FeedKey]) -> None:
    """Note that these feeds want to be written; new ones come into being with it."""
    rows = [{**_row(key), "stale": True, "entries": 0} for key in keys]
    if rows:
        statement = insert(connection, feeds)
        connection.execute(statement.on_conflict_do_update(index_elements=["path"], set_={"stale": True}), rows)


def _row(key: FeedKey) -> dict[str, str | None]:
    return {"path": key.path, "category": key.category, "language": key.language, "extra": key.extra}


def keep_extras(connection: Connection, names: Iterable[str]) -> None:
    """Let the feeds that are configured by hand be these; others are forgotten, new ones want to be written."""
    wanted = set(names)
    known = set(connection.scalars(select(feeds.c.extra).where(feeds.c.extra.is_not(None))))
    if known - wanted:
        connection.execute(delete(feeds).where(feeds.c.extra.in_(known - wanted)))
    mark_stale(connection, [FeedKey(extra=name) for name in sorted(wanted - known)])


def mark_all_stale(connection: Connection) -> None:
    """Note that every feed wants to be written again."""
    connection.execute(update(feeds).values(stale=True))


def mark_written(connection: Connection, statuses: Iterable[FeedStatus]) -> None:
    """Note what stands in the files of these feeds."""
    rows = [
        {**_row(status.key), "stale": False, "entries": status.entries, "updated": status.updated}
        for status in statuses
    ]
    upsert(connection, feeds, rows)


def count(connection: Connection) -> int:
    """Count the feeds."""
    return connection.scalar(select(func.count()).select_from(feeds)) or 0
