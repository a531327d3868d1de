"""The pages of complete history: which post stands on which, and which pages do not show yet what the posts say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, select, update

from publisher.model.archive import Page
from publisher.store.database import CHUNK, upsert
from publisher.store.schema import archive_pages, archived

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from publisher.model.feed import FeedKey


def pages(connection: Connection, key: FeedKey) -> dict[Page, bool]:
    """List the pages of a feed, oldest first, and say of each whether it is stale."""
    statement = select(archive_pages).where(archive_pages.c.feed == key.path)
    found = {Page(row.month, row.number): row.stale for row in connection.execute(statement)}
    return dict(sorted(found.items()))


def filled(connection: Connection, key: FeedKey) -> dict[Page, int]:
    """Count the posts on each page of a feed, the withdrawn among them."""
    statement = select(archived.c.month, archived.c.number, func.count()).where(archived.c.feed == key.path)
    counted = connection.execute(statement.group_by(archived.c.month, archived.c.number))
    return dict.fromkeys(pages(connection, key), 0) | {Page(month, number): count for month, number, count in counted}


def place(connection: Connection, key: FeedKey, placed: Mapping[str, Page]) -> None:
    """Put posts on pages."""
    rows = [
        {"feed": key.path, "code": code, "month": page.month, "number": page.number} for code, page in placed.items()
    ]
    upsert(connection, archived, rows)


def members(connection: Connection, key: FeedKey, page: Page) -> list[str]:
    """List the codes of the posts on a page."""
    statement = select(archived.c.code).where(
        archived.c.feed == key.path, archived.c.month == page.month, archived.c.number == page.number
    )
    return list(connection.scalars(statement.order_by(archived.c.code)))


def page_of(connection: Connection, key: FeedKey, code: str) -> Page | None:
    """Find the page of a feed's history that a post stands on."""
    statement = select(archived.c.month, archived.c.number).where(archived.c.feed == key.path, archived.c.code == code)
    row = connection.execute(statement).first()
    return Page(*row) if row else None


def leave(connection: Connection, key: FeedKey, codes: Iterable[str]) -> None:
    """Take posts off their pages: they are no longer of this feed."""
    gone = sorted(codes)
    for start in range(0, len(gone), CHUNK):
        chunk = gone[start : start + CHUNK]
        connection.execute(delete(archived).where(archived.c.feed == key.path, archived.c.code.in_(chunk)))


def mark(connection: Connection, key: FeedKey, marked: Iterable[Page], *, stale: bool) -> None:
    """Note of pages whether they want to be written; new ones come into being with it."""
    rows = [{"feed": key.path, "month": page.month, "number": page.number, "stale": stale} for page in marked]
    upsert(connection, archive_pages, rows)


def mark_stale(connection: Connection, codes: Iterable[str]) -> None:
    """Note that the pages which show these posts want to be written, whichever feed they are of."""
    changed = sorted(codes)
    for start in range(0, len(changed), CHUNK):
        shows = and_(
            archived.c.feed == archive_pages.c.feed,
            archived.c.month == archive_pages.c.month,
            archived.c.number == archive_pages.c.number,
            archived.c.code.in_(changed[start : start + CHUNK]),
        )
        connection.execute(
            update(archive_pages).where(select(archived.c.code).where(shows).exists()).values(stale=True)
        )


def mark_all_stale(connection: Connection) -> None:
    """Note that every page wants to be written again."""
    connection.execute(update(archive_pages).values(stale=True))


def anything(connection: Connection) -> bool:
    """Say whether any feed has complete history."""
    return connection.scalar(select(archive_pages.c.feed).limit(1)) is not None
