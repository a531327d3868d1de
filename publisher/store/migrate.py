"""The schema is brought up to date when a database is opened: a new one is made whole, an old one migrated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from publisher.model.errors import StoreError
from publisher.store.schema import metadata

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Engine

#: The newest migration; a test holds it equal to what is in the folder.
HEAD = "0005"
_FOLDER = Path(__file__).parent / "migrations"
#: Names the lock under which one of several starters on PostgreSQL upgrades.
_LOCK = 7_305_802


def upgrade(engine: Engine) -> None:
    """Make or migrate the tables. Raises StoreError for a database that is newer than this program."""
    with engine.connect().execution_options(reading=True) as connection:
        if version(connection) == HEAD:
            return
    with engine.begin() as connection:
        bring_up_to_date(connection)


def bring_up_to_date(connection: Connection) -> None:
    """Make or migrate the tables in the transaction of the caller; one of several starters does it."""
    # Writers on SQLite exclude each other from the start of a transaction; on PostgreSQL the lock does it.
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    current = version(connection)
    if current is None:
        metadata.create_all(connection)
        connection.execute(text("create table alembic_version (version_num varchar(32) not null primary key)"))
        connection.execute(text("insert into alembic_version values (:head)"), {"head": HEAD})
    elif current != HEAD:
        _migrate(connection, current)


def version(connection: Connection) -> str | None:
    """Read which migration the database has had last; None for a new one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("select version_num from alembic_version"))
    return found


def _migrate(connection: Connection, current: str) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    config = configuration(connection)
    if current not in {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}:
        raise StoreError(
            f"the database of store.url is at version {current}, which this publisher does not know: "
            "install the publisher that it was last used with"
        )
    command.upgrade(config, "head")


def configuration(connection: Connection) -> Config:
    """Configure alembic without an ini file, for a connection that is open."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config
