"""Subscribing: consent only ever moves where it may."""

from __future__ import annotations

import codecs
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from publisher.jobs.subscriptions import Enrolled, Enrolment, import_csv, subscribe
from publisher.kit.addresses import parse_address
from publisher.model.subscriber import Consent
from publisher.store import schema, subscribers
from tests.build import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.store.database import Database

READER = "reader@example.org"


def enrolment(
    address: str = READER, *, confirmed: bool = True, language: str | None = None, since: datetime | None = None
) -> Enrolment:
    return Enrolment(address=address, digest="world", language=language, confirmed=confirmed, since=since)


def bring_in(database: Database, *lines: str, confirmed: bool = True) -> Enrolled:
    return import_csv(database, lines, digests=("world", "sport"), confirmed=confirmed, now=NOW)


def audience(database: Database) -> dict[tuple[str, str], tuple[str | None, Consent, datetime]]:
    with database.read() as connection:
        return {
            (each.address, each.digest): (each.language, each.consent, each.since)
            for each in subscribers.listing(connection)
        }


def stand(database: Database, consent: Consent) -> None:
    """Bring the reader's subscription to where consent stands now."""
    subscribe(database, enrolment(), now=NOW)
    with database.begin() as connection:
        parsed = parse_address(READER)
        reader = subscribers.ensure(connection, parsed.address, parsed.key, None, NOW)
        if consent is Consent.SUPPRESSED:
            connection.execute(update(schema.subscribers).values(suppressed=NOW))
        else:
            subscribers.set_consent(connection, reader, "world", consent, NOW)


@pytest.mark.parametrize(("confirmed", "consent"), [(True, Consent.CONFIRMED), (False, Consent.PENDING)])
def test_an_address_is_confirmed_only_if_somebody_says_so(sqlite: Database, confirmed: bool, consent: Consent) -> None:
    assert subscribe(sqlite, enrolment(confirmed=confirmed, language="th"), now=NOW) is consent
    assert audience(sqlite) == {(READER, "world"): ("th", consent, NOW)}


def test_adding_an_address_again_keeps_its_consent_and_the_moment_of_it(sqlite: Database) -> None:
    subscribe(sqlite, enrolment(), now=NOW)
    for confirmed in (True, False):
        assert subscribe(sqlite, enrolment("Reader@EXAMPLE.org", confirmed=confirmed), now=NOW.replace(year=2025)) is (
            Consent.CONFIRMED
        )
    assert audience(sqlite) == {(READER, "world"): (None, Consent.CONFIRMED, NOW)}


@pytest.mark.parametrize("address", ["", "reader", "reader@", "a b@example.org", "reader@example..org", "x@y\n"])
def test_what_is_no_address_is_refused_and_leaves_nothing(sqlite: Database, address: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        subscribe(sqlite, enrolment(address), now=NOW)
    assert audience(sqlite) == {}


@pytest.mark.parametrize("gone", [Consent.UNSUBSCRIBED, Consent.BOUNCED, Consent.COMPLAINED, Consent.SUPPRESSED])
def test_nobody_who_left_is_brought_back(sqlite: Database, gone: Consent) -> None:
    stand(sqlite, gone)
    assert subscribe(sqlite, enrolment(), now=NOW) is gone
    report = bring_in(sqlite, "email", READER)
    assert (report.confirmed, report.added, report.unchanged) == (0, 0, 1)
    assert audience(sqlite)[READER, "world"][1] is gone


def test_a_list_brings_addresses_with_their_digest_language_and_date(sqlite: Database) -> None:
    report = bring_in(
        sqlite,
        "Email, digest ,LANGUAGE,confirmed_at,note",
        "one@example.org,,th,2020-02-03,x",
        "two@example.org,sport,EN_gb,2020-02-03T04:05:06+07:00,",
        "",
        "three@example.org",
        "four@example.org,world,,,too,many,cells",
    )
    assert report == Enrolled(confirmed=4)
    confirmed = Consent.CONFIRMED
    assert audience(sqlite) == {
        ("one@example.org", "world"): ("th", confirmed, datetime(2020, 2, 3, tzinfo=UTC)),
        ("two@example.org", "sport"): ("en-gb", confirmed, datetime(2020, 2, 2, 21, 5, 6, tzinfo=UTC)),
        ("three@example.org", "world"): (None, confirmed, NOW),
        ("four@example.org", "world"): (None, confirmed, NOW),
    }


def test_a_list_without_confirmation_asks_each_first(sqlite: Database) -> None:
    report = bring_in(sqlite, "email", READER, READER, confirmed=False)
    assert report == Enrolled(added=1, unchanged=1)
    assert bring_in(sqlite, "email", READER) == Enrolled(confirmed=1)
    assert audience(sqlite)[READER, "world"][1] is Consent.CONFIRMED


def test_a_list_with_a_byte_order_mark_is_read(sqlite: Database, tmp_path: Path) -> None:
    file = tmp_path / "readers.csv"
    file.write_bytes(codecs.BOM_UTF8 + f"email\r\n{READER}\r\n".encode())
    with file.open(encoding="utf-8-sig", newline="") as lines:
        report = import_csv(sqlite, lines, digests=["world"], confirmed=True, now=NOW)
    assert report == Enrolled(confirmed=1)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("nobody,world,,", "@-sign"),
        (",world,,", "@-sign"),
        (f"{READER},wrld,,", "there is no digest 'wrld'; there is world, sport"),
        (f"{READER},world,english please,", "'english please' is no language"),
        (f"{READER},world,,yesterday", "yesterday"),
        (f"{READER},world,,0001-01-01T00:00:00+07:00", "out of range"),
        (f"{READER}{'x' * 200_000},world,,", "field"),
    ],
)
def test_a_bad_row_is_named_and_the_others_come_in(sqlite: Database, row: str, reason: str) -> None:
    report = bring_in(sqlite, "email,digest,language,confirmed_at", "one@example.org", row, "two@example.org")
    assert report.confirmed == 2
    ((line, said),) = report.rejected
    assert line == 3
    assert reason in said
    assert {address for address, _ in audience(sqlite)} == {"one@example.org", "two@example.org"}


@pytest.mark.parametrize("lines", [(), ("name,address", "x,y"), ("email;language", "a@example.org;th")])
def test_a_list_without_a_column_of_addresses_is_refused(sqlite: Database, lines: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="one of them `email`"):
        bring_in(sqlite, *lines)
