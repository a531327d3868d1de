"""A publication, wired together: each job from the settings, nothing before it is needed."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from publisher import config, wiring
from publisher.app import Publication
from publisher.mail.outbox import Outbox
from publisher.mail.smtp import Smtp
from publisher.model.errors import LostStateError, UsageError
from publisher.settings import SmtpSettings
from tests.build import NOW, write_post

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.settings import Settings


@pytest.fixture
def settings(publication: Path) -> Settings:
    return config.load(publication / "config" / "publisher.toml", {})


def opened(folder: Path, settings: Settings, **values: Any) -> Publication:
    return Publication(folder=folder, settings=settings, **({"now": NOW} | values))


def test_a_publication_that_is_only_opened_leaves_no_trace(publication: Path, settings: Settings) -> None:
    before = sorted(publication.rglob("*"))
    with opened(publication, settings) as site:
        assert site.next_slots(1)
    assert sorted(publication.rglob("*")) == before


def test_the_next_slots_of_all_digests_come_in_order(publication: Path, settings: Settings) -> None:
    (world,) = settings.digests
    evening = replace(world, name="evening", schedule="0 18 * * MON-FRI")
    with opened(publication, replace(settings, digests=(world, evening))) as site:
        upcoming = [(slot.name, name) for slot, name in site.next_slots(3)]
    # The tenth is a Sunday, and at noon in UTC it is evening in Bangkok.
    assert upcoming == [("2024-11-11", "world"), ("2024-11-11", "evening"), ("2024-11-12", "world")]


def test_one_run_at_a_time_and_the_second_is_told_the_process_of_the_first(
    publication: Path, settings: Settings
) -> None:
    told: list[str] = []

    class EnoughError(Exception):
        pass

    def refuse(pid: str) -> None:
        told.append(pid)
        raise EnoughError

    with opened(publication, settings) as site, site.running(waiting=refuse):
        with opened(publication, settings) as other, pytest.raises(EnoughError), other.running(waiting=refuse):
            pass
        with opened(publication, settings, rehearsal=True) as rehearsal, rehearsal.running(waiting=refuse):
            pass
    assert told == [str(os.getpid())]


def test_a_rehearsal_shows_what_a_run_does_and_leaves_everything_as_it_was(
    publication: Path, settings: Settings
) -> None:
    write_post(publication / "posts", "A1")
    before = sorted(publication.rglob("*"))
    with opened(publication, settings, rehearsal=True) as site:
        rehearsed = site.run()
    assert sorted(publication.rglob("*")) == before
    with opened(publication, settings) as site:
        done = site.run()
    assert rehearsed.feeds == done.feeds
    assert [each.edition.id for each in rehearsed.editions] == [each.edition.id for each in done.editions]
    assert rehearsed.delivered.states.total() == 0
    assert done.delivered.states["accepted"] == 1


def test_an_output_without_its_database_is_not_published_over(publication: Path, settings: Settings) -> None:
    write_post(publication / "posts", "A1")
    with opened(publication, settings) as site:
        site.run_feeds()
    lost = replace(settings, store=replace(settings.store, url="sqlite:///var/another.db"))
    with opened(publication, lost) as site, pytest.raises(LostStateError, match="put var/ back from a backup"):
        site.run_feeds()


def test_an_empty_output_beside_a_database_is_written_again(publication: Path, settings: Settings) -> None:
    write_post(publication / "posts", "A1")
    with opened(publication, settings) as site:
        site.run()
    before = {path.name: path.read_bytes() for path in (publication / "output").rglob("*.*")}
    shutil.rmtree(publication / "output")
    with opened(publication, settings) as site:
        site.run()
    assert {path.name: path.read_bytes() for path in (publication / "output").rglob("*.*")} == before


@pytest.mark.parametrize(("found", "expected"), [("world", None), ("wrld", "there is world"), ("", "there is world")])
def test_a_digest_is_found_by_name(publication: Path, settings: Settings, found: str, expected: str | None) -> None:
    with opened(publication, settings) as site:
        if expected is None:
            assert site.digest(found).name == found
        else:
            with pytest.raises(UsageError, match=expected):
                site.digest(found)


def test_without_digests_there_is_none_to_find(publication: Path, settings: Settings) -> None:
    with opened(publication, replace(settings, digests=())) as site, pytest.raises(UsageError, match="none configured"):
        site.digest("world")


def test_time_before_the_last_slot_is_refused_and_the_slot_itself_is_not(publication: Path, settings: Settings) -> None:
    slot = datetime(2024, 11, 10, tzinfo=UTC)
    write_post(publication / "posts", "A1", date="2024-11-01")
    with opened(publication, settings, now=slot) as site:
        site.run()
    with opened(publication, settings, now=slot) as site:
        site.run()
    with opened(publication, settings, now=slot - timedelta(seconds=1)) as site, pytest.raises(UsageError):
        site.run()


def test_messages_go_where_the_configuration_says(publication: Path, settings: Settings) -> None:
    transport = wiring.transport(settings.mail, publication)
    assert isinstance(transport, Outbox)
    assert transport.folder == publication / "var" / "outbox"
    smtp = SmtpSettings(host="localhost", port=2525, security="none", connections=3)
    relay = replace(settings.mail, transport="smtp", smtp=smtp)
    transport = wiring.transport(relay, publication)
    assert isinstance(transport, Smtp)
    assert transport.connections == 3


def test_the_secret_is_made_once_and_only_its_owner_can_read_it(publication: Path, settings: Settings) -> None:
    write_post(publication / "posts", "A1")
    with opened(publication, settings) as site:
        site.run()
    secret = publication / "var" / "secret"
    kept = secret.read_text("ascii")
    assert len(kept) > 32
    assert secret.stat().st_mode & 0o777 == 0o600
    with opened(publication, settings, now=NOW + timedelta(days=1)) as site:
        site.run()
    assert secret.read_text("ascii") == kept
