"""A list of readers comes in, whatever is wrong with some of its rows, and brings nobody back."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from publisher.jobs import subscriptions
from publisher.jobs.import_subscribers import Imported, Importer
from publisher.model.subscriber import Consent, ConsentEvent
from publisher.store import consents, subscribers
from tests.build import NOW
from tests.jobs.test_subscriptions import (
    GONE,
    READER,
    audience,
    events,
    fingerprint,
    known,
    record,
    stand,
    states,
    subscribe,
)

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.store.database import Database


def bring_in(database: Database, folder: Path, *lines: str, **values: Any) -> Imported:
    path = folder / "readers.csv"
    path.write_text("\n".join(lines), "utf-8")
    return take(database, path, **values)


def take(database: Database, path: Path, **values: Any) -> Imported:
    made: dict[str, Any] = {"digests": ("world", "sport"), "now": NOW, "fingerprint": fingerprint, "confirmed": True}
    return Importer(database=database, **(made | values)).run(path)


def counts(report: Imported) -> dict[str, int]:
    """What a report counts, but for the rows, as far as there is any of it."""
    names = ("added", "confirmed", "withdrawn", "unchanged", "refused", "duplicates", "rejected")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def test_a_list_brings_addresses_with_their_digest_language_and_date(database: Database, tmp_path: Path) -> None:
    report = bring_in(
        database,
        tmp_path,
        "Email, digest ,LANGUAGE,confirmed_at,note",
        "one@example.org,,th,2020-02-03,x",
        "two@example.org,sport,EN_gb,2020-02-03T04:05:06+07:00,",
        "",
        "three@example.org",
        "four@example.org,world,,,too,many,cells",
    )
    assert report == Imported(encoding="utf-8", rows=4, confirmed=4)
    confirmed = Consent.CONFIRMED
    assert audience(database) == {
        ("one@example.org", "world"): ("th", confirmed, datetime(2020, 2, 3, tzinfo=UTC)),
        ("two@example.org", "sport"): ("en-gb", confirmed, datetime(2020, 2, 2, 21, 5, 6, tzinfo=UTC)),
        ("three@example.org", "world"): (None, confirmed, NOW),
        ("four@example.org", "world"): (None, confirmed, NOW),
    }
    (written,) = record(database, known(database, "two@example.org"))
    assert (written.event, written.digest, written.at) == (ConsentEvent.ATTESTED, "sport", NOW)
    assert (written.source, written.language) == ("readers.csv, line 3", "en-gb")


def test_columns_may_have_other_names(sqlite: Database, tmp_path: Path) -> None:
    columns = {"email": "E-Mail", "language": "Sprache"}
    lines = ("email;e-mail;SPRACHE", "x;one@example.org;de")
    assert counts(bring_in(sqlite, tmp_path, *lines, columns=columns)) == {"confirmed": 1}
    assert audience(sqlite)["one@example.org", "world"][0] == "de"
    with pytest.raises(ValueError, match="there is no column 'lang'; there is email, e-mail, sprache"):
        bring_in(sqlite, tmp_path, *lines, columns={"email": "e-mail", "language": "Lang"})


def test_a_list_without_confirmation_is_asked_first(database: Database, tmp_path: Path) -> None:
    assert counts(bring_in(database, tmp_path, "email", READER, confirmed=False)) == {"added": 1}
    with database.read() as connection:
        assert [each.address for each in consents.unasked(connection)] == [READER]
    assert counts(bring_in(database, tmp_path, "email", READER, confirmed=False)) == {"unchanged": 1}
    assert counts(bring_in(database, tmp_path, "email", READER)) == {"confirmed": 1}
    assert events(database) == [("imported", "world"), ("attested", "world")]


def test_one_mailbox_in_two_spellings_is_a_duplicate_in_its_digest(database: Database, tmp_path: Path) -> None:
    lines = ("email,digest", "Reader@Example.org,world", "reader@EXAMPLE.ORG,world", "reader@example.org,sport")
    assert counts(bring_in(database, tmp_path, *lines)) == {"confirmed": 2, "duplicates": 1}
    assert list(audience(database)) == [("Reader@example.org", "sport"), ("Reader@example.org", "world")]
    assert counts(bring_in(database, tmp_path, *lines)) == {"unchanged": 2, "duplicates": 1}
    assert len(record(database)) == 2


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("gone", GONE)
def test_nobody_who_left_is_brought_back_by_a_list(
    sqlite: Database, tmp_path: Path, gone: Consent, dry_run: bool
) -> None:
    stand(sqlite, gone)
    before = audience(sqlite), record(sqlite)
    for confirmed in (True, False):
        report = bring_in(sqlite, tmp_path, "email,language", f"{READER},de", confirmed=confirmed, dry_run=dry_run)
        assert counts(report) == {"refused": 1}
    assert (audience(sqlite), record(sqlite)) == before


@pytest.mark.parametrize("dry_run", [True, False])
def test_nobody_who_was_erased_is_brought_back(database: Database, tmp_path: Path, dry_run: bool) -> None:
    subscribe(database)
    subscriptions.erase(database, READER, fingerprint=fingerprint, source="a letter", now=NOW)
    report = bring_in(database, tmp_path, "email", READER.upper(), "other@example.org", dry_run=dry_run)
    assert counts(report) == {"confirmed": 1, "refused": 1}
    assert [address for address, _ in audience(database)] == ([] if dry_run else ["other@example.org"])


def test_a_dry_run_says_the_same_and_writes_nothing(database: Database, tmp_path: Path) -> None:
    subscribe(database, "old@example.org", confirmed=False)
    before = audience(database)
    lines = ("email,state", "old@example.org,", "new@example.org,", "new@example.org,", "x", "left@example.org,bounced")
    dry = bring_in(database, tmp_path, *lines, dry_run=True)
    assert audience(database) == before
    assert counts(dry) == {"confirmed": 2, "duplicates": 1, "rejected": 1, "withdrawn": 1}
    assert bring_in(database, tmp_path, *lines) == dry


def test_those_who_left_elsewhere_come_in_as_having_left(database: Database, tmp_path: Path) -> None:
    subscribe(database, "here@example.org")
    report = bring_in(
        database,
        tmp_path,
        "email,state",
        "left@example.org,unsubscribed",
        "angry@example.org,Complained",
        "here@example.org,bounced",
        "both@example.org,confirmed",
        "both@example.org,unsubscribed",
        "waits@example.org,pending",
        "odd@example.org,gone",
    )
    assert counts(report) == {"withdrawn": 4, "confirmed": 1, "added": 1, "rejected": 1}
    assert report.problems[0][1].startswith("'gone' is no state; there is pending, confirmed")
    assert {address: consent for (address, _), (_, consent, _) in audience(database).items()} == {
        "angry@example.org": Consent.COMPLAINED,
        "both@example.org": Consent.UNSUBSCRIBED,
        "here@example.org": Consent.BOUNCED,
        "left@example.org": Consent.UNSUBSCRIBED,
        "waits@example.org": Consent.PENDING,
    }


def test_a_list_tells_a_language_and_never_changes_one(sqlite: Database, tmp_path: Path) -> None:
    subscribe(sqlite, "none@example.org")
    subscribe(sqlite, "thai@example.org", language="th")
    bring_in(sqlite, tmp_path, "email,language", "none@example.org,de", "thai@example.org,de")
    assert [language for language, _, _ in audience(sqlite).values()] == ["de", "th"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("nobody,world,,", "@-sign"),
        (",world,,", "@-sign"),
        (f"{READER},wrld,,", "there is no digest 'wrld'; there is world, sport"),
        (f"{READER},world,english please,", "'english please' is no language"),
        (f"{READER},world,,yesterday", "yesterday"),
        (f"{READER},world,,0001-01-01T00:00:00+07:00", "out of range"),
        (f"{READER},world,,2024-11-11", "still to come"),
        (f"{READER}{'x' * 200_000},world,,", "longer than"),
        (f"{'x' * 310}@x.example,world,,", "too long"),
        (f'"{READER},world,,', "quote"),
        ('"reader@example.org\r\nBcc: all@example.org",world,,', "invalid characters"),
        ('"rea\nder@example.org",world,,', "invalid characters"),
        ("rea\0der@example.org,world,,", "invalid characters"),
        (f"{READER},world,t\0h,", r"'t\x00h' is no language"),
        ("re\ufffdder@example.org,world,,", "some of its bytes mean nothing"),
        ('""reader""@example.org,world,,', "quote"),
    ],
)
def test_a_bad_row_is_named_and_the_others_come_in(sqlite: Database, tmp_path: Path, row: str, reason: str) -> None:
    report = bring_in(sqlite, tmp_path, "email,digest,language,confirmed_at", "one@example.org", row, "two@example.org")
    assert counts(report) == {"confirmed": 2, "rejected": 1}
    ((line, said),) = report.problems
    assert line == 3 + row.count("\n")
    assert reason in said
    assert "\n" not in said
    assert {address for address, _ in audience(sqlite)} == {"one@example.org", "two@example.org"}


def test_letters_whose_encoding_was_guessed_make_no_address(sqlite: Database, tmp_path: Path) -> None:
    path = tmp_path / "readers.csv"
    path.write_bytes("email,name\nj\xf6rg@example.org,x\nreader@example.org,J\xf6rg\n".encode("latin-1"))
    report = take(sqlite, path)
    assert (report.encoding, counts(report)) == ("cp1252", {"confirmed": 1, "rejected": 1})
    assert report.problems == [(2, "letters outside ASCII in an address, 'jörg@example.org': save the file as UTF-8")]
    path.write_text("email\njörg@bücher.example\n", "utf-8")
    assert counts(take(sqlite, path)) == {"confirmed": 1}


def test_a_list_without_a_column_of_addresses_is_refused(sqlite: Database, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one of them `email`; it has name, address"):
        bring_in(sqlite, tmp_path, "name,address", "x,y")


def test_a_long_list_is_taken_in_portions_and_its_first_mistakes_are_named(sqlite: Database, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    good, bad = 4500, 1100
    report = bring_in(
        sqlite,
        tmp_path,
        "email",
        *(f"r{number}@example.org" for number in range(good)),
        *("nobody" for _ in range(bad)),
        progress=lambda _, done, total: told.append((done, total)),
    )
    assert (report.confirmed, report.rejected, len(report.problems)) == (good, bad, 1000)
    assert [done for done, _ in told] == [2001, 4001, 4501, 5600]
    assert {total for _, total in told} == {good + bad}
    with sqlite.read() as connection:
        assert sum(1 for _ in subscribers.listing(connection)) == good


def test_what_ends_a_list_halfway_leaves_the_portions_before(sqlite: Database, tmp_path: Path) -> None:
    lines = ["email", *(f"r{number}@example.org" for number in range(3000))]

    def stop(_stage: str, _done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring_in(sqlite, tmp_path, *lines, progress=stop)
    assert counts(bring_in(sqlite, tmp_path, *lines)) == {"confirmed": 1000, "unchanged": 2000}


def test_memory_does_not_grow_with_the_list(sqlite: Database, tmp_path: Path) -> None:
    peaks = []
    for rows in (4_000, 4_000, 16_000):
        lines = ["email", *(f"r{number}@example.org" for number in range(rows))]
        (tmp_path / "long.csv").write_text("\n".join(lines), "utf-8")
        del lines
        tracemalloc.start()
        take(sqlite, tmp_path / "long.csv", dry_run=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The first one imports and compiles.
    assert peaks[2] < peaks[1] * 1.2


def test_dates_just_before_now_are_taken(sqlite: Database, tmp_path: Path) -> None:
    since = NOW - timedelta(seconds=1)
    bring_in(sqlite, tmp_path, "email,confirmed_at", f"{READER},{since.isoformat()}")
    assert audience(sqlite)[READER, "world"][2] == since
    assert states(sqlite) == {"world": Consent.CONFIRMED}
