"""The audience goes out as CSV, and comes back as it was."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from publisher.jobs.export_subscribers import export
from publisher.model.subscriber import Consent
from publisher.store.database import Database
from tests.jobs.test_import_subscribers import take
from tests.jobs.test_subscriptions import audience, states, subscribe, suppress

if TYPE_CHECKING:
    from pathlib import Path


def exported(database: Database, digest: str | None = None) -> str:
    file = io.StringIO(newline="")
    count = export(database, file, digest)
    text = file.getvalue()
    assert text.count("\r\n") == count + 1
    return text


def test_every_subscription_is_a_row_with_its_state(database: Database) -> None:
    subscribe(database, language="th")
    subscribe(database, digest="sport", confirmed=False)
    since = "2024-11-10T12:00:00+00:00"
    head = "email,digest,language,state,since,confirmed_at\r\n"
    sport = f"reader@example.org,sport,th,pending,{since},\r\n"
    world = f"reader@example.org,world,th,confirmed,{since},{since}\r\n"
    assert exported(database) == head + sport + world
    assert exported(database, "world") == head + world


def test_no_address_is_taken_for_a_formula(sqlite: Database) -> None:
    for address in ("=1+2@example.org", "+x@example.org", "-x@example.org", "'=x@example.org"):
        subscribe(sqlite, address)
    cells = [line.split(",")[0] for line in exported(sqlite).splitlines()[1:]]
    assert cells == ["''=x@example.org", "'+x@example.org", "'-x@example.org", "'=1+2@example.org"]


def test_what_goes_out_comes_back_elsewhere_with_everybody_who_left(sqlite: Database, tmp_path: Path) -> None:
    subscribe(sqlite)
    suppress(sqlite, Consent.COMPLAINED)
    subscribe(sqlite, "ผู้อ่าน@example.org", confirmed=False, language="th")
    subscribe(sqlite, "=1+2@example.org")
    (tmp_path / "out.csv").write_text(exported(sqlite), "utf-8")
    elsewhere = Database.open("sqlite:///elsewhere.db", tmp_path)
    take(elsewhere, tmp_path / "out.csv")
    assert audience(elsewhere) == audience(sqlite)
    assert set(states(elsewhere).values()) <= set(Consent)
    elsewhere.close()
