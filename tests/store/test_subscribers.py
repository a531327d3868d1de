"""An address is one subscriber however it is written, with a consent for each digest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from publisher.model.subscriber import Consent, Subscription
from publisher.store import subscribers
from tests.build import NOW
from tests.store.test_editions import subscribe, suppress

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
