"""A new database is made whole, once; migrating an empty one ends in the same tables."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from publisher.model.errors import StoreError
from publisher.store import facts, migrate
from publisher.store.database import Database
from publisher.store.schema import metadata

if TYPE_CHECKING:
    from pathlib import Path

#: What each of several starters runs: it says that it is there, waits for the word, and opens.
_STARTER = """
import sys
from pathlib import Path
from publisher.store.database import Database
print("ready", flush=True)
sys.stdin.readline()
Database.open(sys.argv[1], Path(sys.argv[2])).close()
"""


def test_the_newest_migration_is_the_one_the_program_expects(database: Database) -> None:
    with database.read() as connection:
        script = ScriptDirectory.from_config(migrate.configuration(connection))
        assert script.get_heads() == [migrate.HEAD]
        assert migrate.version(connection) == migrate.HEAD


def test_migrations_end_in_the_tables_of_a_new_database(database: Database) -> None:
    with database.read() as connection:
        made = _tables(connection)
    _upgrade_from_nothing(database)
    with database.read() as connection:
        assert _tables(connection) == made
        assert migrate.version(connection) == migrate.HEAD


def test_migrations_leave_nothing_for_another(database: Database) -> None:
    _upgrade_from_nothing(database)
    with database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": metadata}
        )
        assert compare_metadata(context, metadata) == []


def test_a_database_of_an_unknown_version_is_refused_and_left_alone(database: Database, tmp_path: Path) -> None:
    with database.begin() as connection:
        facts.put(connection, "site", "from the future")
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(StoreError, match="9999"):
        Database.open(_url(database), tmp_path)
    with database.read() as connection:
        assert facts.get(connection, "site") == "from the future"
        assert migrate.version(connection) == "9999"


def test_a_database_that_is_refused_is_let_go_of(tmp_path: Path) -> None:
    opened = Database.open("sqlite:///publisher.db", tmp_path)
    with opened.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    opened.close()
    with pytest.raises(StoreError) as caught:
        Database.open("sqlite:///publisher.db", tmp_path)
    # SQLite's last connection takes its two files with it.
    assert ([path.name for path in tmp_path.iterdir()], "9999" in str(caught.value)) == (["publisher.db"], True)


def test_several_threads_that_open_a_new_database_make_it_once(database: Database, tmp_path: Path) -> None:
    starters = 6
    barrier = Barrier(starters)

    def start(url: str) -> None:
        barrier.wait()
        Database.open(url, tmp_path).close()

    # It takes several rounds for all of them to meet at the worst moment.
    for number in range(8 if database.engine.dialect.name == "sqlite" else 2):
        url = _anew(database, f"new-{number}")
        with ThreadPoolExecutor(starters) as pool:
            for started in [pool.submit(start, url) for _ in range(starters)]:
                started.result()
        _was_made_once(url, tmp_path)


def test_several_processes_that_open_a_new_database_make_it_once(database: Database, tmp_path: Path) -> None:
    url = _anew(database, "new")
    arguments = [sys.executable, "-c", _STARTER, url, str(tmp_path)]
    starters = [
        subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for starter in starters:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "ready\n"
    for starter in starters:
        assert starter.stdin is not None
        starter.stdin.write("\n")
        starter.stdin.flush()
    said = [starter.communicate(timeout=30)[1] for starter in starters]
    assert [(starter.returncode, words) for starter, words in zip(starters, said, strict=True)] == [(0, "")] * 3
    _was_made_once(url, tmp_path)


def _url(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def _drop(database: Database) -> None:
    with database.begin() as connection:
        metadata.drop_all(connection)
        connection.execute(text("drop table alembic_version"))


def _anew(database: Database, name: str) -> str:
    """Give the address of a database of the same kind in which nothing was ever made."""
    if database.engine.dialect.name == "sqlite":
        return f"sqlite:///{name}/publisher.db"
    _drop(database)
    return _url(database)


def _was_made_once(url: str, folder: Path) -> None:
    opened = Database.open(url, folder)
    with opened.read() as connection:
        versions = list(connection.scalars(text("select version_num from alembic_version")))
        tables = set(inspect(connection).get_table_names())
    opened.close()
    assert versions == [migrate.HEAD]
    assert tables == {*metadata.tables, "alembic_version"}


def _upgrade_from_nothing(database: Database) -> None:
    _drop(database)
    with database.begin() as connection:
        command.upgrade(migrate.configuration(connection), "head")


def _tables(connection: Connection) -> dict[str, Any]:
    """Describe every table: what a migration could have made otherwise."""
    looking = inspect(connection)
    described: dict[str, Any] = {}
    for table in looking.get_table_names():
        if table == "alembic_version":
            continue
        described[table] = {
            "columns": [column | {"type": repr(column["type"])} for column in looking.get_columns(table)],
            "primary key": looking.get_pk_constraint(table),
            "foreign keys": _by_name(looking.get_foreign_keys(table)),
            "unique": _by_name(looking.get_unique_constraints(table)),
            "checks": _by_name(looking.get_check_constraints(table)),
            "indexes": [
                index | {"dialect_options": {name: str(value) for name, value in index["dialect_options"].items()}}
                for index in _by_name(looking.get_indexes(table))
            ],
        }
    return described


def _by_name(found: list[Any]) -> list[Any]:
    return sorted(found, key=lambda constraint: str(constraint["name"]))
