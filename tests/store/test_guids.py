"""The guid ledger: what was written down once stays as it was, whoever wants it otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from publisher.model.post import State
from publisher.store import guids
from publisher.store.database import CHUNK
from publisher.store.guids import Guid
from publisher.store.schema import guids as ledger
from tests.build import NOW, known

if TYPE_CHECKING:
    from sqlalchemy import Delete, Update

    from publisher.model.post import KnownPost
    from publisher.store.database import Database

LATER = NOW + timedelta(hours=1)
ID = "tag:news.example.org,2024:A1"


def rows(database: Database) -> list[Guid]:
    with database.read() as connection:
        ordered = select(ledger).order_by(ledger.c.entry_id, ledger.c.code)
        return [Guid(*row) for row in connection.execute(ordered)]


def record(database: Database, *posts: KnownPost) -> None:
    with database.begin() as connection:
        guids.record(connection, posts, NOW)


def test_the_id_of_a_post_is_written_down_with_its_code_and_date(database: Database) -> None:
    record(database, known("A1"))
    assert rows(database) == [Guid(ID, "A1", known("A1").published or NOW, NOW)]


def test_what_was_never_published_is_not_written_down(database: Database) -> None:
    record(database)
    record(database, known("A1", state=State.DRAFT))
    assert rows(database) == []


def test_what_is_written_down_already_stays_as_it_is(database: Database) -> None:
    record(database, known("A1"), known("A2"))
    before = rows(database)
    with database.begin() as connection:
        guids.record(connection, [replace(known("A1"), published=LATER), known("A2")], LATER)
    assert rows(database) == before


def test_a_post_that_gets_another_code_has_a_second_row_and_the_first_stays(database: Database) -> None:
    record(database, known("talks.md"))
    entry_id = known("talks.md").entry_id
    with database.begin() as connection:
        guids.record(connection, [replace(known("T1"), entry_id=entry_id)], LATER)
        found = guids.known(connection, [entry_id or ""])
    assert [(guid.code, guid.recorded) for guid in found[entry_id or ""]] == [("talks.md", NOW), ("T1", LATER)]


def test_ids_that_the_ledger_does_not_know_are_missing(database: Database) -> None:
    record(database, known("A1"))
    with database.read() as connection:
        assert guids.known(connection, []) == {}
        assert guids.known(connection, [ID, ID, f"{ID}~2"]).keys() == {ID}


def test_any_number_of_ids_can_be_looked_up(database: Database) -> None:
    many = [known(f"A{number}") for number in range(2 * CHUNK + 1)]
    record(database, *many)
    with database.read() as connection:
        found = guids.known(connection, [post.entry_id or "" for post in many])
    assert {guid.code for each in found.values() for guid in each} == {post.code for post in many}


@pytest.mark.parametrize(
    "statement",
    [
        update(ledger).values(entry_id="tag:other,2024:A1"),
        update(ledger).where(ledger.c.code == "A1").values(code="A2"),
        update(ledger).values(published=LATER),
        delete(ledger),
        delete(ledger).where(ledger.c.entry_id == ID),
    ],
    ids=["another id", "another code", "another date", "everything", "one"],
)
def test_the_database_refuses_to_change_or_delete_what_is_written_down(
    database: Database, statement: Update | Delete
) -> None:
    record(database, known("A1"))
    before = rows(database)
    connection = database.engine.connect()
    with connection, pytest.raises(DBAPIError, match="guids are never"):
        connection.execute(statement)
    assert rows(database) == before
