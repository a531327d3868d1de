"""Single values that outlive a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from publisher.store.database import upsert
from publisher.store.schema import facts

if TYPE_CHECKING:
    from sqlalchemy import Connection


def get(connection: Connection, name: str) -> str | None:
    """Read a value, or None."""
    return connection.scalar(select(facts.c.value).where(facts.c.name == name))


def put(connection: Connection, name: str, value: str) -> None:
    """Write a value."""
    upsert(connection, facts, [{"name": name, "value": value}])
