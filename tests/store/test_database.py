"""The database opens, upgrades, and says in words what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.store import facts

if TYPE_CHECKING:
    from publisher.store.database import Database


def test_a_value_that_is_put_is_there(database: Database) -> None:
    with database.begin() as connection:
        facts.put(connection, "site", "one")
        facts.put(connection, "site", "two")
    with database.read() as connection:
        assert facts.get(connection, "site") == "two"
