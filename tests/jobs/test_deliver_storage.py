"""A database that may be written no more in the middle of a run: no final dot without a ledger, and nobody skipped."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, event, text

from publisher.jobs.deliver import Deliverer
from publisher.mail.smtp import Smtp
from publisher.model.delivery import UNCERTAIN_WAIT
from publisher.store import schema
from tests.build import NOW
from tests.jobs.test_deliver import SENDER, WORLD, address, freeze, states
from tests.mail.scripted import Answer, ScriptedServer

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from publisher.store.database import Database

READERS = 40
CONNECTIONS = 4
#: After so many messages the database is broken.
TAKEN = 12


class Trouble:
    """Lets a database be read only, or drops its connections, and mends it again."""

    def __init__(self, database: Database) -> None:
        self.engine = database.engine
        self.broken = False
        event.listen(self.engine, "begin", self._begin)

    def _begin(self, connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"pragma query_only = {'on' if self.broken else 'off'}")

    def change(self, *, broken: bool) -> None:
        """Break or mend it."""
        self.broken = broken
        if self.engine.dialect.name == "postgresql":
            other = create_engine(self.engine.url, isolation_level="AUTOCOMMIT")
            with other.connect() as connection:
                connection.execute(text("set default_transaction_read_only = off"))
                to = "on" if broken else "off"
                connection.execute(
                    text(f"alter database {other.url.database} set default_transaction_read_only = {to}")
                )
                connection.execute(
                    text(
                        "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
                        " and datname = current_database()"
                    )
                )
            other.dispose()


def run(database: Database, server: ScriptedServer, now: datetime = NOW) -> str | None:
    """Deliver over real connections; gives the sentence if it could not go on."""
    transport = Smtp("127.0.0.1", server.port, security="none", connections=CONNECTIONS)
    deliverer = Deliverer(
        database=database, transport=transport, sender=SENDER, digests={"world": WORLD}, clock=lambda: now
    )
    return deliverer.deliver().trouble


def ledger(database: Database) -> dict[str, str]:
    """Give the state of each delivery by its reader's address."""
    table, readers = schema.deliveries, schema.subscribers
    with database.read() as connection:
        rows = connection.execute(
            table.join(readers, readers.c.id == table.c.subscriber_id)
            .select()
            .with_only_columns(readers.c.address, table.c.state)
        )
        return {row.address: row.state for row in rows}


def test_what_a_database_that_may_not_be_written_does_not_know_is_not_sent(database: Database) -> None:
    freeze(database, READERS)
    trouble = Trouble(database)
    bodies = iter(range(10_000))

    def decide(verb: str, _line: str) -> Answer | None:
        if verb == "BODY" and next(bodies) == TAKEN:
            trouble.change(broken=True)
        return None

    with ScriptedServer(decide=decide) as server:
        try:
            said = run(database, server)
        finally:
            trouble.change(broken=False)
        assert said is not None
        assert "cannot be used (" in said
        known = ledger(database)
        assert {known[reader] for reader in server.recipients} <= {"inflight", "accepted"}
        assert TAKEN <= len(server.taken) < READERS
        lost = {reader for reader, state in known.items() if state == "inflight"}
        assert len(lost) <= CONNECTIONS
        # Its lease lasts a minute; what is in doubt waits longer.
        assert run(database, server, NOW + timedelta(minutes=2)) is None
        assert run(database, server, NOW + timedelta(minutes=3) + UNCERTAIN_WAIT) is None
        copies = server.recipients
    assert states(database) == {"accepted": READERS}
    assert set(copies) == {address(number) for number in range(READERS)}
    assert {reader for reader, count in copies.items() if count > 1} <= lost
    assert max(copies.values()) <= 2
