"""A rehearsal sees everything that is there, and nothing that it changes stays."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect, text

from publisher.model.change import Change, Kind
from publisher.store import deliveries, editions, facts, posts, schema
from publisher.store.database import Database
from tests.build import NOW, known
from tests.store.test_editions import an_edition, freeze, subscribe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def _rehearsal(database: Database, folder: Path) -> Iterator[Database]:
    url = database.engine.url.render_as_string(hide_password=False)
    opened = Database.open(url, folder, rehearsal=True)
    try:
        yield opened
    finally:
        opened.close()


def test_it_sees_what_is_there_and_nothing_of_it_stays(database: Database, tmp_path: Path) -> None:
    with database.begin() as connection:
        posts.apply(connection, [Change(kind=Kind.NEW, before=None, after=known("A1"))])
        subscribe(connection, "reader@example.org", "en")
    with _rehearsal(database, tmp_path) as rehearsal:
        with rehearsal.begin() as connection:
            assert posts.known(connection, ["A1"]) == {"A1": known("A1")}
            posts.apply(connection, [Change(kind=Kind.NEW, before=None, after=known("A2", categories=("New",)))])
            assert freeze(connection, an_edition(language="en"), ["A1"]) == 1
        with rehearsal.begin() as connection:
            assert len(deliveries.claim(connection, "world-2024-11-10-en", 9, now=NOW, lease=1)) == 1
        with rehearsal.read() as connection:
            assert set(posts.known(connection, ["A1", "A2"])) == {"A1", "A2"}
    with database.read() as connection:
        assert set(posts.known(connection, ["A1", "A2"])) == {"A1"}
        assert posts.section_slugs(connection) == {"world": "world"}
        assert editions.listing(connection, 9) == []
        assert sum(deliveries.count_by_state(connection).values()) == 0


def test_an_error_undoes_its_own_transaction_only(database: Database, tmp_path: Path) -> None:
    with _rehearsal(database, tmp_path) as rehearsal:
        with rehearsal.begin() as connection:
            facts.put(connection, "site", "first")
        with pytest.raises(RuntimeError):
            _stop_halfway(rehearsal)
        with rehearsal.read() as connection:
            assert facts.get(connection, "site") == "first"


def _stop_halfway(rehearsal: Database) -> None:
    with rehearsal.begin() as connection:
        facts.put(connection, "site", "second")
        raise RuntimeError


def test_it_opens_while_another_writes(database: Database, tmp_path: Path) -> None:
    with database.begin() as connection:
        facts.put(connection, "site", "written")
    with database.begin() as connection:
        facts.put(connection, "site", "not yet")
        with _rehearsal(database, tmp_path) as rehearsal, rehearsal.read() as looking:
            assert facts.get(looking, "site") == "written"


def test_it_makes_no_tables(database: Database, tmp_path: Path) -> None:
    with database.begin() as connection:
        schema.metadata.drop_all(connection)
        connection.execute(text("drop table alembic_version"))
    with _rehearsal(database, tmp_path) as rehearsal:
        with rehearsal.begin() as connection:
            facts.put(connection, "site", "one")
        assert not rehearsal.is_new
    with database.read() as connection:
        assert inspect(connection).get_table_names() == []


def test_it_makes_no_folder(tmp_path: Path) -> None:
    rehearsal = Database.open("sqlite:///var/publisher.db", tmp_path, rehearsal=True)
    assert rehearsal.is_new
    rehearsal.close()
    assert list(tmp_path.iterdir()) == []


def test_it_leaves_no_file_beside_the_database(tmp_path: Path) -> None:
    for rehearsal in (False, True):
        Database.open("sqlite:///publisher.db", tmp_path, rehearsal=rehearsal).close()
    assert [path.name for path in tmp_path.iterdir()] == ["publisher.db"]


def test_it_leaves_the_database_as_it_was_to_the_byte(tmp_path: Path) -> None:
    Database.open("sqlite:///publisher.db", tmp_path).close()
    path = tmp_path / "publisher.db"
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    rehearsal = Database.open("sqlite:///publisher.db", tmp_path, rehearsal=True)
    with rehearsal.begin() as connection:
        facts.put(connection, "site", "one")
    rehearsal.close()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
