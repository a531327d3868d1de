"""The one way into the database: transactions, and its errors in words a person can act on."""

from __future__ import annotations

import contextlib
import functools
import operator
import sqlite3
import time
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import JSON, Column, Connection, Engine, Table, create_engine, event, exc, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import StaticPool

from publisher.model.errors import StoreError
from publisher.store import migrate, schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.dialects.postgresql.dml import Insert
    from sqlalchemy.engine import Dialect

#: What a job hands from one function of the store to the next.
Transaction: TypeAlias = Connection

#: How long a writer waits for another before it says so.
BUSY_SECONDS = 10
#: PostgreSQL's code for a transaction that may only read: it has no class of its own.
_READ_ONLY = "25006"
#: SQLite takes 32,766 parameters in one statement; ours stay below with room.
CHUNK = 500


class Database:
    """A publication's database, opened, upgraded and ready; close it in the end."""

    def __init__(self, engine: Engine, name: str, *, rehearsal: Connection | None = None) -> None:
        self.engine = engine
        #: What to call it when something is wrong with it.
        self.name = name
        self._rehearsal = rehearsal

    @classmethod
    def open(cls, url: str, folder: Path, *, rehearsal: bool = False) -> Database:
        """Open the database at `url`; a relative SQLite path starts from `folder`.

        A rehearsal sees everything that is there, and nothing that it changes stays. Raises StoreError.
        """
        name, engine = _engine_for(url, folder, rehearsal=rehearsal)
        try:
            with _translated(name), _opening(name):
                if rehearsal and engine.dialect.name != "sqlite":
                    connection = engine.connect()
                    connection.begin()
                    migrate.bring_up_to_date(connection)
                    return cls(engine, name, rehearsal=connection)
                migrate.upgrade(engine)
                return cls(engine, name)
        except BaseException:
            engine.dispose()
            raise

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """Write in one transaction: all of it or, after any error, nothing."""
        with _translated(self.name):
            if self._rehearsal is not None:
                with self._rehearsal.begin_nested():
                    yield self._rehearsal
            else:
                with self.engine.begin() as connection:
                    yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Read from one consistent state; SQLite's writers are not kept waiting."""
        with _translated(self.name):
            if self._rehearsal is not None:
                yield self._rehearsal
            else:
                with self.engine.connect() as connection:
                    connection = connection.execution_options(**self._reading)
                    with connection.begin():
                        yield connection

    @property
    def _reading(self) -> dict[str, Any]:
        # SQLite's readers have one state for a whole transaction; PostgreSQL's have to ask for it.
        return {"reading": True} if self.engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}

    @property
    def is_new(self) -> bool:
        """Say whether nothing was ever published from it."""
        with self.read() as connection:
            return not connection.scalar(select(func.count()).select_from(schema.facts))

    def close(self) -> None:
        """Let go of every connection."""
        if self._rehearsal is not None:
            self._rehearsal.close()
        self.engine.dispose()


def insert(connection: Connection, table: Table) -> Insert:
    """Make an INSERT that can do something on conflict, in the dialect of the connection."""
    # The two classes share the methods that are used here; the other dialect takes 50 ms to import.
    dialect: Any
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite as dialect
    else:
        from sqlalchemy.dialects import postgresql as dialect
    statement: Insert = dialect.insert(table)
    return statement


def upsert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Write rows by primary key: new ones in, known ones over. See `write`."""
    if rows:
        statement = insert(connection, table)
        keys = [column.name for column in table.primary_key]
        values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        write(connection, statement.on_conflict_do_update(index_elements=keys, set_=values), table, rows)


def write(connection: Connection, statement: Any, table: Table, rows: list[dict[str, Any]]) -> None:
    """Carry out an INSERT for rows, one at least, that all have the same columns.

    The values go to the driver as SQLAlchemy's types make them, but without its work on each row, which would take
    longer than the database does. Values of JSON columns have to be hashable: tuples, not lists.
    """
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))
    names = list(compiled.positiontup or rows[0])
    pick = operator.itemgetter(*names)
    processed = _processors([table.c[name] for name in names], connection.dialect)
    driven = []
    for row in rows:
        made = list(pick(row))
        for place, process in processed:
            made[place] = process(made[place])
        driven.append(tuple(made) if compiled.positiontup else dict(zip(names, made, strict=True)))
    connection.exec_driver_sql(str(compiled), driven)


def _processors(columns: list[Column[Any]], dialect: Dialect) -> list[tuple[int, Callable[[Any], Any]]]:
    """Find what makes a driver's value of a Python one, by the column's place, where there is anything to make."""
    found: list[tuple[int, Callable[[Any], Any]]] = []
    for place, column in enumerate(columns):
        process = column.type.dialect_impl(dialect).bind_processor(dialect)
        if process is not None:
            # The lists of many posts are the same few.
            found.append((place, functools.lru_cache(512)(process) if isinstance(column.type, JSON) else process))
    return found


def _engine_for(url: str, folder: Path, *, rehearsal: bool) -> tuple[str, Engine]:
    """Make an engine, and say what to call its database."""
    try:
        where = make_url(url)
        if where.get_backend_name() == "sqlite":
            path = (folder / (where.database or "")).resolve()
            with _opening(str(path)), _translated(str(path)):
                return str(path), _rehearsal_of(path) if rehearsal else _engine_on(path)
        return where.render_as_string(hide_password=True), create_engine(where, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise StoreError(f"store.url needs a driver ({error.name}): pip install 'publisher[postgres]'") from error
    except (exc.ArgumentError, ValueError) as error:
        raise StoreError(
            "store.url names no database: write sqlite:///var/publisher.db or postgresql+psycopg://user@host/name"
        ) from error


def _engine_on(path: Path) -> Engine:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_SECONDS})
    _set_up_sqlite(engine)
    return engine


def _rehearsal_of(path: Path) -> Engine:
    """Copy the database into memory, if there is one."""
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    if path.exists():
        # Not mode=ro: a reader that may not write leaves its -wal and -shm behind.
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS)) as disk:
            disk.backup(memory)
    engine = create_engine("sqlite://", creator=lambda: memory, poolclass=StaticPool)
    _set_up_sqlite(engine)
    return engine


def _set_up_sqlite(engine: Engine) -> None:
    """Set the pragmas, and let writers begin as writers: one that turns into a writer fails at once when busy."""

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("synchronous = full", "foreign_keys = on", "cache_size = -16384"):
            connection.execute(f"pragma {pragma}")
        _write_ahead(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading")
        connection.exec_driver_sql("begin" if reading else "begin immediate")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL; SQLite does not wait by itself when several do that at once."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.01)


@contextlib.contextmanager
def _opening(name: str) -> Iterator[None]:
    """Turn what the file system says into a sentence."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{name} cannot be opened ({error.strerror}): mend the permissions of its folder") from error


@contextlib.contextmanager
def _translated(name: str) -> Iterator[None]:
    """Turn what a driver raises because of the world into a sentence; what is our own bug stays what it is."""
    try:
        yield
    except exc.OperationalError as error:
        raise StoreError(_sentence(name, str(error.orig))) from error
    except sqlite3.OperationalError as error:
        raise StoreError(_sentence(name, str(error))) from error
    except (exc.DatabaseError, sqlite3.DatabaseError) as error:
        if isinstance(error, exc.IntegrityError | exc.ProgrammingError | exc.DataError):
            raise
        if getattr(error.__cause__, "sqlstate", None) == _READ_ONLY:
            raise StoreError(_sentence(name, str(error.__cause__))) from error
        raise StoreError(f"{name} is not a database of publisher, or is damaged: restore it from a backup") from error


def _sentence(name: str, reason: str) -> str:
    if "locked" in reason or "busy" in reason:
        return f"{name} is locked by another program: nothing was changed; try again when that one is done"
    reason = reason.strip().splitlines()[0]
    return f"{name} cannot be used ({reason}): see that it is there and that it may be written"
