"""What a relay may do to a message, in doubt or not: the ledger adds up, and nobody is skipped."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.delivery import UNCERTAIN_WAIT
from publisher.model.edition import EditionState
from publisher.model.errors import UnreachableError
from publisher.store import deliveries, schema
from publisher.store.database import Database
from tests.build import NOW
from tests.jobs.test_deliver import (
    ID,
    LATER,
    NEVER,
    OK,
    Relay,
    address,
    deliver,
    freeze,
    refusing,
    state_of_edition,
    states,
)

if TYPE_CHECKING:
    from publisher.model.delivery import Receipt
    from publisher.model.mail import Message


def test_what_is_uncertain_is_sent_once_more_after_a_while_with_the_same_bytes(sqlite: Database) -> None:
    freeze(sqlite, 4)
    relay = Relay(refusing(address(1), None))
    deliver(sqlite, relay)
    assert states(sqlite) == {"accepted": 3, "uncertain": 1}
    relay.answer = lambda _: OK
    deliver(sqlite, relay, now=NOW + UNCERTAIN_WAIT - timedelta(seconds=1))
    assert relay.taken.count(address(1)) == 1
    assert deliver(sqlite, relay, now=NOW + UNCERTAIN_WAIT).finished == [ID]
    assert relay.taken.count(address(1)) == 2
    assert len(relay.data[address(1)]) == 1


def test_with_hold_what_is_uncertain_is_never_sent_again(sqlite: Database) -> None:
    freeze(sqlite, 4)
    relay = Relay(refusing(address(1), None))
    assert deliver(sqlite, relay, hold=True).finished == [ID]
    assert states(sqlite) == {"accepted": 3, "held": 1}
    deliver(sqlite, relay, hold=True, now=NOW + timedelta(days=1))
    assert Counter(relay.taken) == Counter(address(n) for n in range(4))


def test_what_is_uncertain_twice_is_held(sqlite: Database) -> None:
    freeze(sqlite, 1)
    relay = Relay(lambda _message: None)
    deliver(sqlite, relay)
    assert states(sqlite) == {"uncertain": 1}
    deliver(sqlite, relay, now=NOW + timedelta(minutes=16))
    assert states(sqlite) == {"held": 1}
    assert relay.taken == [address(0)] * 2
    assert state_of_edition(sqlite) is EditionState.FINISHED


@pytest.mark.parametrize(("hold", "state"), [(False, "uncertain"), (True, "held")])
def test_what_a_killed_sender_left_is_taken_up_by_the_next(sqlite: Database, hold: bool, state: str) -> None:
    freeze(sqlite, 6)
    # As a process leaves the ledger that was killed with two messages on their way and two more claimed.
    with sqlite.begin() as connection:
        batch = deliveries.claim(connection, ID, 4, now=NOW, lease=7)
        deliveries.mark_inflight(connection, [delivery.id for delivery in batch[:2]], lease=7)
    relay = Relay()
    report = deliver(sqlite, relay, hold=hold)
    assert sorted(relay.taken) == [address(n) for n in range(2, 6)]
    assert states(sqlite) == {"accepted": 4, state: 2}
    assert (report.finished == [ID]) is hold
    deliver(sqlite, relay, hold=hold, now=NOW + UNCERTAIN_WAIT)
    assert sorted(relay.taken) == [address(n) for n in range(2 if hold else 0, 6)]
    assert state_of_edition(sqlite) is EditionState.FINISHED


_EVENTS = st.sampled_from(["ok", "later", "never", "lost", "closed"])


@settings(max_examples=10, deadline=None)
@given(events=st.lists(_EVENTS, max_size=15), connections=st.integers(1, 4), hold=st.booleans())
def test_whatever_the_relay_does_the_ledger_adds_up(
    tmp_path_factory: pytest.TempPathFactory, events: list[str], connections: int, hold: bool
) -> None:
    waiting = list(events)

    def answer(_message: Message) -> Receipt | None:
        event = waiting.pop(0) if waiting else "ok"
        if event == "closed":
            raise UnreachableError("closed")
        return {"ok": OK, "later": LATER, "never": NEVER, "lost": None}[event]

    database = Database.open("sqlite:///ledger.db", tmp_path_factory.mktemp("ledger"))
    freeze(database, 5)
    relay = Relay(answer, connections=connections)
    now = NOW
    while state_of_edition(database) is not EditionState.FINISHED:
        deliver(database, relay, hold=hold, now=now)
        assert states(database).total() == 5
        now += timedelta(hours=5)
    settled = states(database)
    assert set(settled) <= {"accepted", "failed", "held"}
    # Whoever has two had a connection lost in between; with hold, nobody has.
    doubled = len(relay.taken) - len(set(relay.taken))
    assert doubled <= (0 if hold else events.count("lost"))
    assert settled["accepted"] + settled["held"] == len(set(relay.taken) - _failed(database))
    database.close()


def _failed(database: Database) -> set[str]:
    table, people = schema.deliveries, schema.subscribers
    with database.read() as connection:
        rows = connection.execute(
            table.join(people, people.c.id == table.c.subscriber_id).select().where(table.c.state == "failed")
        ).mappings()
        return {row["address"] for row in rows}
