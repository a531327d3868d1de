"""Consent only ever moves where it may, and each move is recorded."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from publisher.jobs import subscriptions
from publisher.jobs.subscriptions import Enrolment
from publisher.kit.addresses import parse_address
from publisher.model.subscriber import Consent, ConsentEvent, ConsentRecord, Wording
from publisher.store import consents, subscribers
from tests.build import NOW

if TYPE_CHECKING:
    from publisher.store.database import Database

READER = "reader@example.org"
LATER = NOW + timedelta(days=1)
GONE = [Consent.UNSUBSCRIBED, Consent.BOUNCED, Consent.COMPLAINED, Consent.SUPPRESSED]
AGREED = Wording(text="I want the World briefing by e-mail.", version="3")


def fingerprint(key: str) -> str:
    return f"hash of {key}"


def subscribe(
    database: Database,
    address: str = READER,
    *,
    digest: str = "world",
    confirmed: bool = True,
    language: str | None = None,
    now: datetime = NOW,
) -> Consent | None:
    wanted = Enrolment(address=address, digest=digest, language=language, confirmed=confirmed)
    return subscriptions.subscribe(database, wanted, now=now, fingerprint=fingerprint)


def known(database: Database, address: str = READER) -> int:
    with database.read() as connection:
        reader = subscribers.find(connection, parse_address(address).key)
    assert reader is not None
    return reader.id


def audience(database: Database) -> dict[tuple[str, str], tuple[str | None, Consent, datetime]]:
    with database.read() as connection:
        return {
            (each.address, each.digest): (each.language, each.consent, each.since)
            for each in subscribers.listing(connection)
        }


def states(database: Database) -> dict[str, Consent]:
    return {digest: consent for (_, digest), (_, consent, _) in audience(database).items()}


def record(database: Database, reader: int = 1) -> list[ConsentRecord]:
    with database.read() as connection:
        return consents.of(connection, reader)


def events(database: Database, reader: int = 1) -> list[tuple[str, str]]:
    return [(each.event.value, each.digest) for each in record(database, reader)]


def suppress(database: Database, reason: Consent, now: datetime = NOW) -> bool:
    with database.begin() as connection:
        return subscriptions.suppress(connection, known(database), reason, source="a report", now=now)


def stand(database: Database, consent: Consent) -> int:
    """Bring the reader's subscription to where consent stands now."""
    subscribe(database)
    reader = known(database)
    if consent is Consent.UNSUBSCRIBED:
        subscriptions.unsubscribe(database, reader, "world", source="192.0.2.7", now=NOW)
    elif consent is not Consent.CONFIRMED:
        with database.begin() as connection:
            assert subscriptions.suppress(connection, reader, consent, source="a report", now=NOW)
    return reader


@pytest.mark.parametrize(("confirmed", "consent"), [(True, Consent.CONFIRMED), (False, Consent.PENDING)])
def test_an_address_is_confirmed_only_if_somebody_says_so(
    database: Database, confirmed: bool, consent: Consent
) -> None:
    assert subscribe(database, confirmed=confirmed, language="th") is consent
    assert audience(database) == {(READER, "world"): ("th", consent, NOW)}
    (written,) = record(database)
    assert written.event is (ConsentEvent.ATTESTED if confirmed else ConsentEvent.IMPORTED)
    assert (written.source, written.language, written.at) == ("publish subscribers add", "th", NOW)


def test_adding_an_address_again_keeps_its_consent_and_the_moment_of_it(sqlite: Database) -> None:
    subscribe(sqlite)
    for confirmed in (True, False):
        assert subscribe(sqlite, "Reader@EXAMPLE.org", confirmed=confirmed, now=LATER) is Consent.CONFIRMED
    assert audience(sqlite) == {(READER, "world"): (None, Consent.CONFIRMED, NOW)}
    assert len(record(sqlite)) == 1


@pytest.mark.parametrize("address", ["", "reader", "reader@", "a b@example.org", "reader@example..org", "x@y\n"])
def test_what_is_no_address_is_refused_and_leaves_nothing(sqlite: Database, address: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        subscribe(sqlite, address)
    assert audience(sqlite) == {}


@pytest.mark.parametrize("gone", GONE)
def test_nobody_who_left_is_brought_back_by_an_editor(sqlite: Database, gone: Consent) -> None:
    reader = stand(sqlite, gone)
    written = record(sqlite)
    for confirmed in (True, False):
        assert subscribe(sqlite, confirmed=confirmed) is gone
    assert states(sqlite) == {"world": gone}
    assert record(sqlite, reader) == written


@pytest.mark.parametrize("before", [Consent.UNSUBSCRIBED, Consent.BOUNCED])
def test_by_the_readers_own_word_comes_back_who_left_or_bounced(database: Database, before: Consent) -> None:
    reader = stand(database, before)
    after = subscriptions.confirm(database, reader, "world", source="192.0.2.7", now=LATER, wording=AGREED)
    assert after is Consent.CONFIRMED
    assert audience(database) == {(READER, "world"): (None, Consent.CONFIRMED, LATER)}
    assert record(database)[-1].event is ConsentEvent.GIVEN


@pytest.mark.parametrize("before", [Consent.COMPLAINED, Consent.SUPPRESSED])
def test_a_complaint_is_final(sqlite: Database, before: Consent) -> None:
    reader = stand(sqlite, before)
    assert subscriptions.confirm(sqlite, reader, "world", source="192.0.2.7", now=LATER) is before
    assert subscriptions.unsubscribe(sqlite, reader, "world", source="192.0.2.7", now=LATER) is before
    assert states(sqlite) == {"world": before}


def test_asking_and_agreeing_are_recorded_with_the_exact_words(database: Database) -> None:
    subscribe(database, confirmed=False)
    reader = known(database)
    subscriptions.asked(database, reader, "world", source="mail", now=NOW, wording=AGREED, language="en")
    subscriptions.confirm(database, reader, "world", source="192.0.2.7", now=LATER, wording=AGREED, language="en")
    assert record(database)[1:] == [
        ConsentRecord(
            subscriber_id=reader, digest="world", event=event, at=at, source=source, wording=AGREED, language="en"
        )
        for event, at, source in ((ConsentEvent.ASKED, NOW, "mail"), (ConsentEvent.GIVEN, LATER, "192.0.2.7"))
    ]


def test_agreeing_twice_is_recorded_once(sqlite: Database) -> None:
    subscribe(sqlite, confirmed=False)
    for now in (NOW, LATER):
        assert subscriptions.confirm(sqlite, 1, "world", source="192.0.2.7", now=now) is Consent.CONFIRMED
    assert events(sqlite) == [("imported", "world"), ("given", "world")]


def test_a_reader_leaves_one_digest_or_all_of_them(database: Database) -> None:
    for digest in ("daily", "weekly", "world"):
        subscribe(database, digest=digest)
    reader = known(database)
    left = subscriptions.unsubscribe(database, reader, "world", source="192.0.2.7", now=NOW)
    assert left is Consent.UNSUBSCRIBED
    gone, stays = Consent.UNSUBSCRIBED, Consent.CONFIRMED
    assert states(database) == {"daily": stays, "weekly": stays, "world": gone}
    assert subscriptions.unsubscribe(database, reader, None, source="192.0.2.7", now=LATER) is gone
    assert states(database) == {"daily": gone, "weekly": gone, "world": gone}
    assert events(database)[3:] == [("withdrawn", digest) for digest in ("world", "daily", "weekly")]


def test_who_refuses_what_was_never_wanted_is_not_brought_in_later(sqlite: Database) -> None:
    subscribe(sqlite)
    subscriptions.unsubscribe(sqlite, 1, "weekly", source="192.0.2.7", now=NOW)
    assert subscribe(sqlite, digest="weekly") is Consent.UNSUBSCRIBED


def test_nothing_happens_to_a_reader_whom_nobody_knows(sqlite: Database) -> None:
    assert subscriptions.confirm(sqlite, 7, "world", source="x", now=NOW) is None
    assert subscriptions.unsubscribe(sqlite, 7, "world", source="x", now=NOW) is None
    assert subscriptions.unsubscribe(sqlite, 7, None, source="x", now=NOW) is None
    subscriptions.set_preferences(sqlite, 7, language="th", digests={"world": True}, source="x", now=NOW)
    with sqlite.begin() as connection:
        assert not subscriptions.suppress(connection, 7, Consent.BOUNCED, source="x", now=NOW)
    assert record(sqlite, 7) == []


def test_an_address_is_suppressed_for_every_digest_and_once(database: Database) -> None:
    subscribe(database)
    subscribe(database, digest="weekly", confirmed=False)
    subscriptions.unsubscribe(database, known(database), "daily", source="192.0.2.7", now=NOW)
    assert suppress(database, Consent.BOUNCED)
    assert not suppress(database, Consent.BOUNCED, LATER)
    assert states(database) == dict.fromkeys(("daily", "weekly", "world"), Consent.BOUNCED)
    with database.read() as connection:
        assert subscribers.of(connection, known(database)) == {
            "daily": Consent.UNSUBSCRIBED,
            "weekly": Consent.BOUNCED,
            "world": Consent.BOUNCED,
        }
    assert events(database)[-1] == ("bounced", "")
    assert subscribe(database, digest="new") is Consent.BOUNCED


def test_a_complaint_outlives_a_bounce_and_no_bounce_a_complaint(sqlite: Database) -> None:
    subscribe(sqlite)
    assert suppress(sqlite, Consent.BOUNCED)
    assert suppress(sqlite, Consent.COMPLAINED)
    assert not suppress(sqlite, Consent.BOUNCED)
    assert states(sqlite) == {"world": Consent.COMPLAINED}


def test_coming_back_after_a_bounce_is_for_one_digest_alone(sqlite: Database) -> None:
    for digest in ("weekly", "world"):
        subscribe(sqlite, digest=digest)
    suppress(sqlite, Consent.BOUNCED)
    subscriptions.confirm(sqlite, 1, "world", source="192.0.2.7", now=NOW)
    assert states(sqlite) == {"weekly": Consent.BOUNCED, "world": Consent.CONFIRMED}


@pytest.mark.parametrize("reason", [Consent.PENDING, Consent.CONFIRMED, Consent.UNSUBSCRIBED])
def test_only_a_refusal_suppresses(sqlite: Database, reason: Consent) -> None:
    subscribe(sqlite)
    with pytest.raises(ValueError, match=reason):
        suppress(sqlite, reason)


def test_a_reader_chooses_language_and_digests(database: Database) -> None:
    subscribe(database, language="th")
    subscribe(database, digest="daily")
    reader = known(database)

    def choose(language: str | None, **digests: bool) -> None:
        subscriptions.set_preferences(
            database, reader, language=language, digests=digests, source="192.0.2.7", now=LATER, wording=AGREED
        )

    choose("en", world=False, weekly=True, monthly=False)
    given = Consent.CONFIRMED
    assert states(database) == {"daily": given, "weekly": given, "world": Consent.UNSUBSCRIBED}
    assert {language for language, _, _ in audience(database).values()} == {"en"}
    assert events(database)[2:] == [("preferences", ""), ("withdrawn", "world"), ("given", "weekly")]
    assert [each.wording for each in record(database)[2:]] == [None, None, AGREED]
    choose("en", world=False, weekly=True)
    assert len(record(database)) == 5
    choose(None)
    assert {language for language, _, _ in audience(database).values()} == {None}


def test_erasing_leaves_a_hash_by_which_nobody_comes_back(database: Database) -> None:
    subscribe(database, "Reader@Example.org", language="th")
    subscribe(database, "other@example.org")
    reader = known(database)
    assert subscriptions.erase(database, READER, fingerprint=fingerprint, source="a letter", now=LATER)
    assert list(audience(database)) == [("other@example.org", "world")]
    assert record(database, reader) == [
        ConsentRecord(subscriber_id=reader, digest="", event=ConsentEvent.ERASED, at=LATER, source="a letter")
    ]
    assert subscribe(database) is Consent.SUPPRESSED
    assert list(audience(database)) == [("other@example.org", "world")]


def test_the_links_of_the_erased_do_nothing(sqlite: Database) -> None:
    subscribe(sqlite)
    assert subscriptions.erase(sqlite, READER, fingerprint=fingerprint, source="a letter", now=NOW)
    subscriptions.confirm(sqlite, 1, "world", source="192.0.2.7", now=NOW)
    subscriptions.unsubscribe(sqlite, 1, "world", source="192.0.2.7", now=NOW)
    subscriptions.set_preferences(sqlite, 1, language="th", digests={"world": True}, source="192.0.2.7", now=NOW)
    with sqlite.begin() as connection:
        assert not subscriptions.suppress(connection, 1, Consent.COMPLAINED, source="a report", now=NOW)
    assert audience(sqlite) == {}
    assert events(sqlite) == [("erased", "")]


def test_there_is_nothing_to_erase_of_somebody_unknown(sqlite: Database) -> None:
    assert not subscriptions.erase(sqlite, READER, fingerprint=fingerprint, source="a letter", now=NOW)
    with pytest.raises(ValueError, match="@-sign"):
        subscriptions.erase(sqlite, "reader", fingerprint=fingerprint, source="a letter", now=NOW)
