"""What hubs have not been told yet: one row for each hub and topic, kept until it is told or given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, func, select, update

from publisher.model.ping import Ping
from publisher.store.database import upsert
from publisher.store.schema import pings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy import Connection

#: A topic that changed again in the meantime is another row, as it were: nothing is known of that change.
_SAME = and_(
    pings.c.hub == bindparam("of_hub"), pings.c.topic == bindparam("of_topic"), pings.c.since == bindparam("of_since")
)


def queue(connection: Connection, hubs: Iterable[str], topics: Collection[str], now: datetime) -> None:
    """Note that each hub is to be told of each topic; for what waits already, everything starts anew."""
    rows = [
        {"hub": hub, "topic": topic, "attempts": 0, "since": now, "due": now, "reply": None}
        for hub in sorted(set(hubs))
        for topic in sorted(set(topics))
    ]
    upsert(connection, pings, rows)


def due(connection: Connection, now: datetime, limit: int) -> list[Ping]:
    """List what is to be told now, the longest due first."""
    rows = select(pings).where(pings.c.due <= now).order_by(pings.c.due, pings.c.hub, pings.c.topic).limit(limit)
    return [Ping(**row) for row in connection.execute(rows).mappings()]


def settle(connection: Connection, outcomes: Iterable[tuple[Ping, Ping | None]]) -> None:
    """Write what became of pings: each as it was read, and as it is to be tried again, or None if it is done with.

    One whose topic changed again since it was read stays as it is.
    """
    done, again = [], []
    for before, after in outcomes:
        row = {"of_hub": before.hub, "of_topic": before.topic, "of_since": before.since}
        if after is None:
            done.append(row)
        else:
            again.append({**row, "attempts": after.attempts, "due": after.due, "reply": after.reply})
    if done:
        connection.execute(delete(pings).where(_SAME), done)
    if again:
        connection.execute(update(pings).where(_SAME), again)


def waiting(connection: Connection) -> int:
    """Count what no hub has been told yet, due or not."""
    return connection.scalar(select(func.count()).select_from(pings)) or 0


def forget_hubs(connection: Connection, keep: Collection[str]) -> None:
    """Drop what waits for hubs that are no longer configured."""
    connection.execute(delete(pings).where(pings.c.hub.not_in(sorted(keep))))
