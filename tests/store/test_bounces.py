"""What came back is kept once, with its reason, and found by whose it was."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select

from publisher.model.bounce import MEMORY, Action, History, Kind
from publisher.model.edition import EditionState
from publisher.store import bounces, editions, schema
from publisher.store.bounces import Bounce, Owner
from tests.build import NOW
from tests.store.test_editions import THAI, an_edition, freeze, publish, subscribe

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from publisher.store.database import Database

READER = "reader@example.org"


def mailed(connection: Connection, *addresses: str) -> list[Owner]:
    """Freeze an edition for some readers."""
    publish(connection, "A1")
    readers = [subscribe(connection, address, "th") for address in addresses or (READER,)]
    freeze(connection, an_edition())
    return [
        Owner(subscriber_id=reader, address=address, edition_id=THAI)
        for reader, address in zip(readers, addresses or (READER,), strict=True)
    ]


def delivery_of(connection: Connection, owner: Owner) -> int:
    found: int = connection.execute(
        select(schema.deliveries.c.id).where(schema.deliveries.c.subscriber_id == owner.subscriber_id)
    ).scalar_one()
    return found


def a_bounce(owner: Owner, report: str = "r1", **values: object) -> Bounce:
    made: dict[str, object] = {
        "report": report,
        "subscriber_id": owner.subscriber_id,
        "edition_id": owner.edition_id,
        "kind": Kind.SOFT,
        "status": "4.2.2",
        "reply": "452 4.2.2 full",
        "action": Action.COUNTED,
        "why": "it was full",
        "at": NOW,
    }
    return Bounce(**(made | values))  # type: ignore[arg-type]


def test_a_delivery_and_an_address_lead_to_whose_they_are(database: Database) -> None:
    with database.begin() as connection:
        (owner,) = mailed(connection)
        assert bounces.owner(connection, delivery_of(connection, owner)) == owner
        assert bounces.owner(connection, 999_999) is None
        assert bounces.sent_to(connection, READER) == [owner]
        assert bounces.sent_to(connection, "nobody@example.org") == []


def test_a_bounce_comes_back_as_it_was_kept(database: Database) -> None:
    with database.begin() as connection:
        (owner,) = mailed(connection)
        first = a_bounce(owner)
        second = a_bounce(owner, "r2", status="", reply="", edition_id=None, at=NOW + timedelta(hours=1))
        bounces.record(connection, second)
        bounces.record(connection, first)
        assert bounces.of(connection, owner.subscriber_id) == [first, second]
        assert bounces.is_known(connection, "r1")
        assert not bounces.is_known(connection, "r3")


def test_only_what_counted_and_is_not_long_ago_is_remembered(database: Database) -> None:
    with database.begin() as connection:
        (owner,) = mailed(connection)
        bounces.record(connection, a_bounce(owner, "counts", at=NOW - timedelta(days=1)))
        bounces.record(connection, a_bounce(owner, "noted", action=Action.NOTED))
        bounces.record(connection, a_bounce(owner, "old", at=NOW - MEMORY))
        found = bounces.history(connection, owner, NOW, suppressed=False)
    assert found == History(soft=(NOW - timedelta(days=1),), edition_id=THAI, recipients=1)


def test_refusals_of_an_edition_are_counted_by_reader(database: Database) -> None:
    with database.begin() as connection:
        owner, other = mailed(connection, READER, "other@example.org")
        for number in range(3):
            bounces.record(connection, a_bounce(other, f"r{number}", kind=Kind.POLICY, action=Action.NOTED))
        bounces.record(connection, a_bounce(owner, "own", kind=Kind.POLICY, action=Action.NOTED))
        assert bounces.history(connection, owner, NOW, suppressed=True) == History(
            suppressed=True, edition_id=THAI, recipients=2, refusals=1
        )


@pytest.mark.parametrize("state", [EditionState.PAUSED, EditionState.FINISHED, EditionState.CANCELLED])
def test_an_edition_that_does_not_go_out_is_none_to_pause(database: Database, state: EditionState) -> None:
    with database.begin() as connection:
        (owner,) = mailed(connection)
        editions.move(connection, THAI, [*EditionState], state)
        assert bounces.history(connection, owner, NOW, suppressed=False).edition_id is None


def test_bounces_go_with_their_subscriber(database: Database) -> None:
    with database.begin() as connection:
        (owner,) = mailed(connection)
        bounces.record(connection, a_bounce(owner))
        connection.execute(delete(schema.deliveries))
        connection.execute(delete(schema.subscribers).where(schema.subscribers.c.id == owner.subscriber_id))
        assert bounces.of(connection, owner.subscriber_id) == []
