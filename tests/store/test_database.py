"""The database opens, keeps transactions whole, and says in words what is wrong."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import exc

from publisher.model.errors import StoreError
from publisher.store import facts, schema
from publisher.store.database import BUSY_SECONDS, Database

if TYPE_CHECKING:
    from pathlib import Path


def _get(database: Database, name: str = "site") -> str | None:
    with database.read() as connection:
        return facts.get(connection, name)


def _put(database: Database, value: str, name: str = "site") -> None:
    with database.begin() as connection:
        facts.put(connection, name, value)


def test_a_value_that_is_put_is_there(database: Database) -> None:
    _put(database, "one")
    _put(database, "น้ำท่วม 🌊")
    assert _get(database) == "น้ำท่วม 🌊"
    assert _get(database, "other") is None


def test_a_database_is_new_until_something_was_noted(database: Database) -> None:
    assert database.is_new
    _put(database, "one")
    assert not database.is_new


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, StoreError])
def test_after_any_error_a_transaction_leaves_nothing(database: Database, error: type[BaseException]) -> None:
    _put(database, "before")
    with pytest.raises(error):
        _stop_halfway(database, error)
    assert (_get(database), _get(database, "another")) == ("before", None)


def _stop_halfway(database: Database, error: type[BaseException]) -> None:
    with database.begin() as connection:
        facts.put(connection, "site", "after")
        facts.put(connection, "another", "value")
        raise error


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    _put(database, "before")
    with database.read() as connection:
        assert facts.get(connection, "site") == "before"
        _put(database, "after")
        assert facts.get(connection, "site") == "before"
    assert _get(database) == "after"


def test_what_is_written_is_there_when_opened_again(database: Database, tmp_path: Path) -> None:
    _put(database, "one")
    again = Database.open(database.engine.url.render_as_string(hide_password=False), tmp_path)
    assert _get(again) == "one"
    again.close()


def test_a_foreign_key_holds(database: Database) -> None:
    # A bug of ours stays what it is: it is no sentence for the operator.
    with pytest.raises(exc.IntegrityError), database.begin() as connection:
        connection.execute(schema.post_sections.insert(), {"slug": "world", "code": "nobody"})


@pytest.mark.parametrize("error", [FileNotFoundError(2, "No such file", "list.csv"), PermissionError(13, "Denied")])
def test_what_goes_wrong_with_other_files_is_not_blamed_on_the_database(database: Database, error: OSError) -> None:
    with pytest.raises(type(error)), database.begin():
        raise error


def test_sqlite_writes_ahead_syncs_in_full_and_holds_foreign_keys(sqlite: Database) -> None:
    with sqlite.read() as connection:
        found = {
            pragma: connection.exec_driver_sql(f"pragma {pragma}").scalar()
            for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": BUSY_SECONDS * 1000}


def test_a_locked_database_is_one_sentence_and_nothing_is_changed(sqlite: Database) -> None:
    _put(sqlite, "before")
    # It waits for a while, as another test says; here it need not.
    with sqlite.read() as connection:
        connection.exec_driver_sql("pragma busy_timeout = 20")
    with contextlib.closing(sqlite3.connect(sqlite.name, isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(StoreError) as caught:
            _put(sqlite, "after")
        assert _get(sqlite) == "before"
    _is_a_sentence_about(caught.value, sqlite.name)
    assert "locked" in str(caught.value)


@pytest.mark.parametrize("rehearsal", [False, True])
@pytest.mark.parametrize("kind", ["text", "folder", "cut"])
def test_what_is_no_database_is_one_sentence(tmp_path: Path, kind: str, *, rehearsal: bool) -> None:
    path = tmp_path / "publisher.db"
    if kind == "text":
        path.write_text("Dear editor, this is a letter. " * 100)
    elif kind == "folder":
        path.mkdir()
    else:
        Database.open("sqlite:///publisher.db", tmp_path).close()
        path.write_bytes(path.read_bytes()[:6000])
    with pytest.raises(StoreError) as caught:
        Database.open("sqlite:///publisher.db", tmp_path, rehearsal=rehearsal)
    _is_a_sentence_about(caught.value, str(path))


def test_a_damaged_page_is_one_sentence_when_it_is_met(tmp_path: Path) -> None:
    opened = Database.open("sqlite:///publisher.db", tmp_path)
    _put(opened, "x" * 100_000)
    opened.close()
    path = tmp_path / "publisher.db"
    content = bytearray(path.read_bytes())
    with contextlib.closing(sqlite3.connect(path)) as connection:
        page, size = connection.execute(
            "select rootpage, (select page_size from pragma_page_size) from sqlite_schema where name = 'facts'"
        ).fetchone()
    content[(page - 1) * size : page * size] = b"\xff" * size
    path.write_bytes(content)
    opened = Database.open("sqlite:///publisher.db", tmp_path)
    with pytest.raises(StoreError) as caught:
        _get(opened)
    opened.close()
    _is_a_sentence_about(caught.value, str(path))


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where the folder should be")
    with pytest.raises(StoreError) as caught:
        Database.open("sqlite:///var/publisher.db", tmp_path)
    _is_a_sentence_about(caught.value, str(tmp_path / "var"))


def test_a_missing_driver_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"publisher\[postgres\]") as caught:
        Database.open("postgresql+psycopg://desk:hidden@localhost/publisher", tmp_path)
    _is_a_sentence_about(caught.value, "store.url")


@pytest.mark.parametrize("rehearsal", [False, True])
def test_an_unreachable_server_is_one_sentence_without_the_password(tmp_path: Path, *, rehearsal: bool) -> None:
    with pytest.raises(StoreError) as caught:
        Database.open("postgresql+psycopg://desk:hidden@127.0.0.1:1/publisher", tmp_path, rehearsal=rehearsal)
    _is_a_sentence_about(caught.value, "127.0.0.1")


@pytest.mark.parametrize(
    "url", ["publisher.db", "postgres://localhost/publisher", "postgresql+psycopg://localhost:port/publisher"]
)
def test_an_address_that_names_no_database_is_one_sentence(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError) as caught:
        Database.open(url, tmp_path)
    _is_a_sentence_about(caught.value, url.rpartition("/")[2])


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_server_that_goes_away_is_one_sentence_and_the_next_transaction_works(database: Database) -> None:
    with pytest.raises(StoreError) as caught, database.read() as connection:
        connection.exec_driver_sql("select pg_terminate_backend(pg_backend_pid())")
    _is_a_sentence_about(caught.value, "postgresql")
    _put(database, "on")
    assert _get(database) == "on"


def _is_a_sentence_about(error: StoreError, what: str) -> None:
    said = str(error)
    assert what in said
    assert "\n" not in said
    assert "hidden" not in said
    assert error.__cause__ is not None
