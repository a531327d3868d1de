"""Publishing feeds: what is stale is written, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jobs.conftest import Desk

HOUR = timedelta(hours=1)
NOW = datetime(2024, 11, 10, 12, 0, tzinfo=UTC)
#: What one feed consists of.
FORMATS = ("rss", "atom", "json")


def files_of(*feeds: str) -> set[str]:
    return {f"feeds/{feed}.{each}" for feed in feeds for each in FORMATS}


def stamps(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_each_category_and_language_has_its_feed(desk: Desk) -> None:
    desk.post("A1", category="[WORLD, Sport]", language="th")
    desk.post("A2", category="", language="en")
    report = desk.publish()
    assert set(report.feeds.written) == files_of("all", "world", "sport", "th/all", "th/world", "th/sport", "en/all")


def test_an_empty_publication_has_an_empty_feed(desk: Desk) -> None:
    report = desk.publish()
    assert set(report.feeds.written) == files_of("all")
    assert desk.titles() == []


def test_only_the_feeds_with_a_change_are_written(desk: Desk) -> None:
    desk.post("A1", category="WORLD", language="th")
    desk.post("A2", category="Sport", language="en")
    desk.publish()
    desk.post("A2", category="Sport", language="en", title="Another title")
    report = desk.publish(NOW + HOUR)
    assert set(report.feeds.written) == files_of("all", "sport", "en/all", "en/sport")
    assert set(report.feeds.unchanged) == files_of("world", "th/all", "th/world")


def test_a_post_that_changes_its_category_leaves_one_feed_for_another(desk: Desk) -> None:
    desk.post("A1", category="WORLD")
    desk.publish()
    desk.post("A1", category="Sport")
    desk.publish(NOW + HOUR)
    assert (desk.titles("world"), desk.titles("sport")) == ([], ["Title of A1"])


def test_nothing_is_written_when_nothing_has_changed(desk: Desk) -> None:
    desk.post("A1")
    desk.publish()
    before = stamps(desk.folder / "output")
    report = desk.publish(NOW + timedelta(days=3))
    assert (report.feeds.written, report.pages.written) == ((), ())
    assert stamps(desk.folder / "output") == before


@pytest.mark.parametrize(
    ("room", "values"),
    [("feeds", {"entries": 7}), ("site", {"title": "Another Desk"}), ("posts", {"url": "https://example.org/{code}"})],
)
def test_a_change_of_the_configuration_shows_in_every_feed(desk: Desk, room: str, values: dict[str, object]) -> None:
    for number in range(9):
        desk.post(f"A{number}")
    desk.publish()
    desk.configure(room, **values)
    report = desk.publish()
    assert set(report.feeds.written) == files_of("all", "world", "en/all", "en/world")
    assert desk.publish().feeds.written == ()


def test_only_the_formats_that_are_configured_are_written(desk: Desk) -> None:
    desk.configure("feeds", formats=("json",))
    report = desk.publish()
    assert report.feeds.written == ("feeds/all.json",)


def test_a_missing_file_is_restored_with_the_same_bytes(desk: Desk) -> None:
    desk.post("A1")
    desk.publish()
    lost = desk.folder / "output/feeds/en/world.atom"
    before = lost.read_bytes()
    lost.unlink()
    report = desk.publish(NOW + HOUR)
    assert report.feeds.written == ("feeds/en/world.atom",)
    assert lost.read_bytes() == before


def test_a_feed_has_the_newest_entries_newest_first_whatever_the_order_of_arrival(desk: Desk) -> None:
    desk.configure("feeds", entries=3)
    for code, hour in (("A1", 4), ("A2", 1), ("A3", 3), ("A4", 2)):
        desk.post(code, date=f"2024-11-10T{hour:02}:00:00Z")
        desk.publish(datetime(2024, 11, 10, hour, tzinfo=UTC))
    assert desk.titles() == ["Title of A1", "Title of A3", "Title of A4"]


def test_a_late_arrival_is_shown_by_its_date_and_pushes_out_the_lowest_rank(desk: Desk) -> None:
    desk.configure("feeds", entries=2)
    desk.post("A1", date="2024-11-10T10:00:00Z")
    desk.post("A2", date="2024-11-10T11:00:00Z")
    desk.publish(datetime(2024, 11, 10, 11, tzinfo=UTC))
    desk.post("late", date="2024-11-06T00:00:00Z")
    desk.post("ancient", date="2004-11-06T00:00:00Z")
    desk.publish(NOW)
    assert desk.titles() == ["Title of A2", "Title of late"]


def test_a_feed_stays_within_its_bytes_and_all_formats_have_the_same_entries(desk: Desk) -> None:
    desk.configure("feeds", max_bytes=20_000)
    for number in range(12):
        desk.post(f"A{number:02}", body="<b>word</b> & word. " * 100, date=f"2024-11-09T{number:02}:00:00Z")
    desk.publish()
    output = desk.folder / "output/feeds"
    count = len(desk.titles())
    assert 1 < count < 12
    assert desk.titles()[0] == "Title of A11"
    assert (output / "all.rss").read_text("utf-8").count("<item>") == count
    assert (output / "all.atom").read_text("utf-8").count("<entry") == count
    assert all((output / f"all.{each}").stat().st_size < 20_000 for each in FORMATS)


def test_more_feeds_than_are_written_at_once_are_all_written(desk: Desk) -> None:
    for number in range(20):
        desk.post(f"A{number}", category=f"Category {number}")
    report = desk.publish()
    assert len(report.feeds.written) == 3 * (2 + 2 * 20)
    assert set(desk.publish().feeds.unchanged) == set(report.feeds.written)


def test_a_feed_that_lost_its_only_post_stands_empty(desk: Desk) -> None:
    path = desk.post("A1")
    desk.post("A2", language="th", category="")
    desk.publish()
    path.unlink()
    desk.publish(NOW + HOUR)
    assert desk.titles("en/world") == []


def test_a_feed_names_its_category_as_the_posts_write_it(desk: Desk) -> None:
    desk.post("A1", category="Sport & Spiel", language="th")
    desk.publish()
    document = json.loads((desk.folder / "output/feeds/th/sport-spiel.json").read_bytes())
    assert document["title"] == "World Desk: Sport & Spiel (th)"
    assert document["feed_url"] == "https://news.example.org/feeds/th/sport-spiel.json"
