"""The guid ledger: every id that a post ever had in a feed. Rows are added, and the database refuses to change them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal_column, select

from publisher.store.database import CHUNK, insert, write
from publisher.store.schema import guids, posts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from publisher.model.post import KnownPost


@dataclass(frozen=True, slots=True)
class Guid:
    """One entry of the ledger: a post, under one of the codes that it had."""

    entry_id: str
    code: str
    published: datetime
    #: When it was written down.
    recorded: datetime


def record(connection: Connection, published: Iterable[KnownPost], now: datetime) -> None:
    """Write down the ids of posts; those that are there already stay as they are."""
    rows = [
        {"entry_id": known.entry_id, "code": known.code, "published": known.published, "recorded": now}
        for known in published
        if known.entry_id is not None
    ]
    if rows:
        write(connection, insert(connection, guids).on_conflict_do_nothing(), guids, rows)


def adopt(connection: Connection, found: Iterable[Guid]) -> None:
    """Write down ids that were read from feeds; those that are there already stay as they are."""
    rows = [asdict(guid) for guid in found]
    if rows:
        write(connection, insert(connection, guids).on_conflict_do_nothing(), guids, rows)


def anything(connection: Connection) -> bool:
    """Say whether any post was ever published."""
    return connection.scalar(select(literal_column("1")).select_from(guids).limit(1)) is not None


def by_code(connection: Connection, codes: Iterable[str]) -> dict[str, Guid]:
    """Map codes to the id that each had last; those that were never published are missing."""
    wanted = sorted(codes)
    found: dict[str, Guid] = {}
    for start in range(0, len(wanted), CHUNK):
        statement = select(guids).where(guids.c.code.in_(wanted[start : start + CHUNK]))
        for row in connection.execute(statement.order_by(guids.c.recorded, guids.c.entry_id)):
            found[row.code] = Guid(*row)
    return found


def known(connection: Connection, entry_ids: Iterable[str]) -> dict[str, list[Guid]]:
    """Read what the ledger says of ids; those that it does not know are missing."""
    wanted = sorted(set(entry_ids))
    found: dict[str, list[Guid]] = {}
    for start in range(0, len(wanted), CHUNK):
        statement = select(guids).where(guids.c.entry_id.in_(wanted[start : start + CHUNK]))
        for row in connection.execute(statement.order_by(guids.c.recorded, guids.c.code)):
            found.setdefault(row.entry_id, []).append(Guid(*row))
    return found


def missing(connection: Connection) -> list[str]:
    """List the codes of posts that were published, and of which the ledger does not know the id."""
    written: Select[Any] = select(literal_column("1")).where(
        guids.c.entry_id == posts.c.entry_id, guids.c.code == posts.c.code, guids.c.published == posts.c.published
    )
    statement = select(posts.c.code).where(posts.c.entry_id.is_not(None), ~written.exists())
    return list(connection.scalars(statement.order_by(posts.c.code)))
