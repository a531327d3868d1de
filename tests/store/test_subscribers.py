"""An address is one subscriber however it is written, with a consent for each digest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from publisher.model.bounce import Action
from publisher.model.subscriber import Consent, Subscriber, Subscription
from publisher.store import bounces, deliveries, schema, subscribers
from publisher.store.subscribers import Standing
from tests.build import NOW
from tests.store.test_editions import an_edition, freeze, publish, subscribe, suppress

if TYPE_CHECKING:
    from publisher.store.database import Database


def test_two_spellings_of_one_mailbox_are_one_subscriber_as_first_written(database: Database) -> None:
    with database.begin() as connection:
        one = subscribers.ensure(connection, "Reader@Example.org", "reader@example.org", "th", NOW)
        two = subscribers.ensure(connection, "reader@example.org", "reader@example.org", None, NOW)
        other = subscribers.ensure(connection, "other@example.org", "other@example.org", None, NOW)
        subscribers.set_consent(connection, one, "world", Consent.CONFIRMED, NOW)
        assert [each.address for each in subscribers.listing(connection)] == ["Reader@Example.org"]
    assert one == two != other


@pytest.mark.parametrize(
    ("first", "second", "expected"), [("th", None, "th"), ("th", "en", "en"), (None, "en", "en"), (None, None, None)]
)
def test_a_language_that_is_given_replaces_the_one_before(
    database: Database, first: str | None, second: str | None, expected: str | None
) -> None:
    with database.begin() as connection:
        for language in (first, second):
            subscribe(connection, "reader@example.org", language)
        assert [each.language for each in subscribers.listing(connection)] == [expected]


def test_consent_comes_back_for_its_digest_alone(database: Database) -> None:
    with database.begin() as connection:
        reader = subscribe(connection, "reader@example.org", "th")
        for consent in Consent:
            subscribers.set_consent(connection, reader, "world", consent, NOW)
            assert subscribers.consent(connection, reader, "world") is consent
            assert subscribers.consent(connection, reader, "weekly") is None


def test_nobody_has_consented_before_they_came(database: Database) -> None:
    with database.read() as connection:
        assert subscribers.consent(connection, 1, "world") is None


def test_a_suppressed_address_is_suppressed_everywhere(database: Database) -> None:
    with database.begin() as connection:
        reader = subscribe(connection, "reader@example.org", "th")
        subscribe(connection, "other@example.org", "th")
        suppress(connection, reader)
        assert subscribers.consent(connection, reader, "world") is Consent.SUPPRESSED
        assert subscribers.consent(connection, reader, "weekly") is Consent.SUPPRESSED
        listed = {each.address: each.consent for each in subscribers.listing(connection)}
        assert listed == {"reader@example.org": Consent.SUPPRESSED, "other@example.org": Consent.CONFIRMED}


def test_subscriptions_are_listed_in_order_of_address_and_digest(database: Database) -> None:
    since = NOW + timedelta(microseconds=1)
    with database.begin() as connection:
        b = subscribe(connection, "b@example.org", None, now=since)
        a = subscribe(connection, "a@example.org", "th", consent=Consent.PENDING)
        subscribe(connection, "b@example.org", None, digest="weekly", consent=Consent.UNSUBSCRIBED)
        expected = [
            _subscription(a, "a@example.org", "th", "world", Consent.PENDING),
            _subscription(b, "b@example.org", None, "weekly", Consent.UNSUBSCRIBED),
            Subscription(
                subscriber_id=b,
                address="b@example.org",
                language=None,
                digest="world",
                consent=Consent.CONFIRMED,
                since=since,
            ),
        ]
        assert list(subscribers.listing(connection)) == expected
        assert list(subscribers.listing(connection, "weekly")) == expected[1:2]
        assert list(subscribers.listing(connection, "daily")) == []


def _subscription(reader: int, address: str, language: str | None, digest: str, consent: Consent) -> Subscription:
    return Subscription(
        subscriber_id=reader, address=address, language=language, digest=digest, consent=consent, since=NOW
    )


def test_a_reader_is_found_by_key_or_id_with_why_nothing_is_mailed(database: Database) -> None:
    with database.begin() as connection:
        reader = subscribe(connection, "reader@example.org", "th")
        found = subscribers.find(connection, "reader@example.org")
        assert found == subscribers.take(connection, reader)
        assert found == Subscriber(id=reader, address="reader@example.org", language="th", created=NOW)
        subscribers.suppress(connection, reader, Consent.BOUNCED, NOW)
        found = subscribers.take(connection, reader)
        assert found is not None
        assert (found.suppressed, found.suppressed_for) == (NOW, Consent.BOUNCED)
        assert subscribers.consent(connection, reader, "world") is Consent.BOUNCED
        subscribers.suppress(connection, reader, None, NOW)
        assert subscribers.consent(connection, reader, "world") is Consent.CONFIRMED
        assert subscribers.find(connection, "nobody@example.org") is None


def test_what_stays_of_the_erased_names_nobody_and_the_ledger_stays_true(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        gone, stays = (subscribe(connection, f"{name}@example.org", "th") for name in ("gone", "stays"))
        freeze(connection, an_edition())
        connection.execute(update(schema.deliveries).values(reply="550 no such user", code=550, tried=NOW))
        connection.execute(schema.bounces.insert(), [_bounce(gone), _bounce(stays)])
        before = deliveries.count_by_state(connection)
        reader = subscribers.take(connection, gone)
        assert reader is not None
        subscribers.erase(connection, reader, "hash", NOW)

        assert deliveries.count_by_state(connection) == before
        assert [each.reply for each in subscribers.mailed(connection, gone)] == [None]
        assert [each.reply for each in subscribers.mailed(connection, stays)] == ["550 no such user"]
        assert bounces.of(connection, gone) == []
        assert [each.why for each in bounces.of(connection, stays)] == ["no such user"]
        assert [each.address for each in subscribers.listing(connection)] == ["stays@example.org"]
        assert subscribers.find(connection, "gone@example.org") is None
        assert subscribers.erased_among(connection, ["hash", "other"]) == {"hash"}
        for table in schema.metadata.tables.values():
            assert "gone" not in str(connection.execute(select(table)).all())


def test_the_erased_id_is_mailed_nothing_and_its_address_can_be_no_other_reader(database: Database) -> None:
    with database.begin() as connection:
        readers = [subscribe(connection, f"{name}@example.org", "th") for name in ("one", "two")]
        for each in readers:
            reader = subscribers.take(connection, each)
            assert reader is not None
            subscribers.erase(connection, reader, f"hash {each}", NOW)
            assert subscribers.consent(connection, each, "world") is Consent.SUPPRESSED
        assert subscribe(connection, "one@example.org", "th") not in readers


def test_many_addresses_are_looked_up_and_written_at_once(database: Database) -> None:
    keys = [f"r{number}@example.org" for number in range(1, 1202)]
    with database.begin() as connection:
        known = subscribe(connection, keys[0], "th")
        subscribers.add_all(
            connection, [{"address": key, "address_key": key, "language": "en", "created": NOW} for key in keys]
        )
        found = subscribers.standing(connection, keys, lock=True)
        assert list(found) == keys
        assert found[keys[0]] == Standing(known, "th", None, {"world": Consent.CONFIRMED})
        assert (found[keys[1]].language, found[keys[1]].consent("world")) == ("en", None)
        pending = {"digest": "world", "consent": "pending", "since": NOW}
        subscribers.set_consents(connection, [{"subscriber_id": each.id, **pending} for each in found.values()])
        subscribers.set_languages(connection, {known: "de"})
        subscribers.suppress(connection, known, Consent.COMPLAINED, NOW)
        found = subscribers.standing(connection, keys, lock=False)
        assert {each.consent("world") for each in found.values()} == {Consent.PENDING, Consent.COMPLAINED}
        assert found[keys[0]] == Standing(known, "de", Consent.COMPLAINED, {"world": Consent.PENDING})
        for nothing in (subscribers.add_all, subscribers.set_consents):
            nothing(connection, [])
        subscribers.set_languages(connection, {})


def _bounce(reader: int) -> dict[str, Any]:
    return {
        "report": f"report {reader}",
        "subscriber_id": reader,
        "kind": "hard",
        "action": Action.SUPPRESSED.value,
        "why": "no such user",
        "at": NOW,
    }
