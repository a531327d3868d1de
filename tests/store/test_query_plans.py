"""The ways of the claim through a large ledger: by an index, and never through all of an edition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, insert, literal, select, text, update

from publisher.model.delivery import DeliveryState, Settlement
from publisher.model.subscriber import Consent
from publisher.store import deliveries, schema, subscribers
from tests.build import NOW
from tests.store.test_editions import THAI, an_edition, freeze, publish

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from publisher.store.database import Database

READERS = 20_000
#: Of these, the first are settled.
SETTLED = 19_000


@pytest.fixture
def large(database: Database) -> Database:
    """A ledger most of which is settled, and whose statistics are new."""
    with database.begin() as connection:
        publish(connection, "A1")
        names = [f"r{number}@example.org" for number in range(READERS)]
        rows = [{"address": name, "address_key": name, "language": "th", "created": NOW} for name in names]
        subscribers.add_all(connection, rows)
        consent = [schema.subscribers.c.id, literal("world"), literal(Consent.CONFIRMED.value)]
        chosen = select(*consent, schema.subscribers.c.created)
        columns = ["subscriber_id", "digest", "consent", "since"]
        connection.execute(insert(schema.subscriptions).from_select(columns, chosen))
        assert freeze(connection, an_edition()) == READERS
        table = schema.deliveries
        first = select(table.c.id).order_by(table.c.id).limit(SETTLED).scalar_subquery()
        connection.execute(update(table).where(table.c.id.in_(first)).values(state="accepted"))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("analyze"))
    return database


def _plans(database: Database, verb: str, act: Callable[[Connection], object]) -> list[str]:
    """Do something, and give the plan of each statement with this verb."""
    sqlite = database.engine.dialect.name == "sqlite"
    asked: list[tuple[str, Any]] = []

    def remember(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith(verb):
            asked.append((statement, values[0] if isinstance(values, list) else values))

    with database.begin() as connection:
        event.listen(database.engine, "before_cursor_execute", remember)
        try:
            act(connection)
        finally:
            event.remove(database.engine, "before_cursor_execute", remember)
        connection.rollback()
    assert len(asked) >= 2
    plans = []
    with database.engine.connect() as connection:
        for statement, values in asked:
            explain = "explain query plan " if sqlite else "explain "
            found = connection.exec_driver_sql(explain + statement, values)
            plans.append("\n".join(str(row[-1]) for row in found))
    return plans


@pytest.mark.parametrize("without", [set(), {"slow.example"}])
def test_what_is_settled_is_not_gone_through_for_a_claim(large: Database, without: set[str]) -> None:
    def claim(connection: Connection) -> None:
        # More than are fresh: both ways are gone.
        deliveries.claim(connection, THAI, READERS, now=NOW, lease=1, without=without)
        deliveries.looked_at(connection, THAI, after=0, claimed=0)

    for plan in _plans(large, "SELECT", claim):
        assert "ix_deliveries_state" in plan, plan
        for scan in ("SCAN deliveries", "SCAN subscribers", "Seq Scan on deliveries"):
            assert scan not in plan, plan


def test_what_a_turn_writes_is_found_by_its_id(large: Database) -> None:
    ids = range(SETTLED + 1, SETTLED + 9)

    def turn(connection: Connection) -> None:
        deliveries.mark_inflight(connection, ids, lease=1)
        deliveries.unclaim(connection, ids, lease=1)
        deliveries.settle(
            connection, [Settlement(delivery_id=ids[0], state=DeliveryState.ACCEPTED, reply="")], lease=1, now=NOW
        )

    for plan in _plans(large, "UPDATE", turn):
        for scan in ("SCAN deliveries", "SCAN subscribers", "Seq Scan on deliveries", "ix_deliveries_state"):
            assert scan not in plan, plan
