"""The record of consent only grows, and goes with the reader who is erased."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, exc, update

from publisher.model.subscriber import Consent, ConsentEvent, ConsentRecord, Wording
from publisher.store import consents, schema, subscribers
from tests.build import NOW
from tests.store.test_editions import subscribe, suppress

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection

    from publisher.store.database import Database


def a_record(
    reader: int, event: ConsentEvent = ConsentEvent.ASKED, digest: str = "world", **values: Any
) -> ConsentRecord:
    return ConsentRecord(subscriber_id=reader, digest=digest, event=event, at=NOW, **values)


def ask(connection: Connection, reader: int, digest: str = "world") -> None:
    consents.record(connection, [a_record(reader, digest=digest)])


def test_what_is_recorded_comes_back_word_for_word_in_order(database: Database) -> None:
    written = [
        a_record(1, source="readers.csv, line 2"),
        a_record(1, ConsentEvent.GIVEN, wording=Wording(text="ฉันยินดี", version="2"), language="th", source="192.0.2.7"),
        a_record(1, ConsentEvent.PREFERENCES, digest="", language="en"),
    ]
    with database.begin() as connection:
        consents.record(connection, [*written, a_record(2)])
        consents.record(connection, [])
        assert consents.of(connection, 1) == written


@pytest.mark.parametrize("statement", [update(schema.consents).values(source="x"), delete(schema.consents)])
def test_the_database_itself_refuses_to_change_a_record(database: Database, statement: Any) -> None:
    with database.begin() as connection:
        reader = subscribe(connection, "reader@example.org", "th")
        ask(connection, reader)
    with pytest.raises(exc.DatabaseError, match="consents"), database.engine.begin() as connection:
        connection.execute(statement)
    with database.read() as connection:
        assert consents.of(connection, reader) == [a_record(reader)]


def test_the_record_of_somebody_who_was_erased_can_go(database: Database) -> None:
    with database.begin() as connection:
        gone, stays = (subscribe(connection, f"{name}@example.org", "th") for name in ("gone", "stays"))
        ask(connection, gone)
        ask(connection, stays)
        reader = subscribers.take(connection, gone)
        assert reader is not None
        subscribers.erase(connection, reader, "hash", NOW)
        consents.forget(connection, gone)
        assert consents.of(connection, gone) == []
        assert consents.of(connection, stays) == [a_record(stays)]


def test_those_who_wait_and_were_not_asked_are_listed_for_each_digest(database: Database) -> None:
    later = NOW + timedelta(hours=1)
    with database.begin() as connection:
        one = subscribe(connection, "one@example.org", "th", consent=Consent.PENDING)
        subscribe(connection, "one@example.org", None, digest="weekly", consent=Consent.PENDING, now=later)
        two = subscribe(connection, "two@example.org", None, consent=Consent.PENDING)
        subscribe(connection, "confirmed@example.org", None)
        suppress(connection, subscribe(connection, "blocked@example.org", None, consent=Consent.PENDING))
        ask(connection, one)
        consents.record(connection, [a_record(two, ConsentEvent.IMPORTED)])
        found = consents.unasked(connection)
        assert [(each.address, each.digest, each.language, each.since) for each in found] == [
            ("one@example.org", "weekly", "th", later),
            ("two@example.org", "world", None, NOW),
        ]
        assert {each.consent for each in found} == {Consent.PENDING}
        assert consents.unasked(connection, limit=1) == found[:1]


def test_a_digest_that_nobody_asks_for_hides_no_other(database: Database) -> None:
    with database.begin() as connection:
        for number in range(3):
            subscribe(connection, f"r{number}@example.org", None, digest="gone", consent=Consent.PENDING)
        subscribe(connection, "last@example.org", None, consent=Consent.PENDING)
        found = consents.unasked(connection, 1, digests=["world"])
        assert [(each.address, each.digest) for each in found] == [("last@example.org", "world")]
        assert consents.unasked(connection, digests=[]) == []
