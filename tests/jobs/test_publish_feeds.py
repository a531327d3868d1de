"""Publishing feeds: what is stale is written, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from publisher.app import Publication
from publisher.settings import ExtraSettings, OverrideSettings
from publisher.store import pings
from tests.jobs.test_guids import tombstones

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
    desk.collect()
    with desk.open() as publication:
        written = replace(publication.feed_publisher, at_once=7).publish().feeds.written
    assert len(written) == 3 * (2 + 2 * 20)
    assert set(desk.publish().feeds.unchanged) == set(written)


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


def extra(name: str = "asia", **values: Any) -> ExtraSettings:
    return ExtraSettings(name=name, title="From Asia", **values)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"tags": ("Floods",)}, ["Title of A1", "Title of A4"]),
        ({"authors": ("jane roe",)}, ["Title of A2"]),
        ({"categories": ("Sport",)}, ["Title of A3"]),
        ({"languages": ("th",)}, ["Title of A4"]),
        ({"languages": ("en",), "exclude_tags": ("floods",), "exclude_authors": ("Jane Roe",)}, ["Title of A3"]),
        ({"exclude_languages": ("en",)}, ["Title of A4"]),
        ({"exclude_categories": ("WORLD",)}, ["Title of A3"]),
    ],
)
def test_a_feed_by_hand_has_what_it_asks_for(
    desk: Desk, values: dict[str, tuple[str, ...]], expected: list[str]
) -> None:
    desk.configure("feeds", extra=(extra("asia", **values),))
    desk.post("A1", tags="[floods]", date="2024-11-10T10:00:00Z")
    desk.post("A2", author='"Jane Roe"', date="2024-11-10T09:00:00Z")
    desk.post("A3", category="Sport", date="2024-11-10T08:00:00Z")
    desk.post("A4", tags="[FLOODS]", language="th", date="2024-11-10T07:00:00Z")
    desk.publish()
    assert desk.titles("extra/asia") == expected
    document = json.loads((desk.folder / "output/feeds/extra/asia.json").read_bytes())
    assert (document["title"], document["home_page_url"]) == (
        "World Desk: From Asia",
        "https://news.example.org/feeds/extra/asia.html",
    )
    assert (desk.folder / "output/feeds/extra/asia.html").is_file()


def test_a_feed_by_hand_that_is_added_or_changed_later_has_the_posts_that_are_there(desk: Desk) -> None:
    desk.post("A1", tags="[floods]")
    desk.post("A2", tags="[fires]")
    desk.publish()
    desk.configure("feeds", extra=(extra(tags=("floods",)),))
    assert files_of("extra/asia") <= set(desk.publish(NOW + HOUR).feeds.written)
    assert desk.titles("extra/asia") == ["Title of A1"]
    desk.configure("feeds", extra=(extra(tags=("fires",)),))
    desk.publish(NOW + 2 * HOUR)
    assert desk.titles("extra/asia") == ["Title of A2"]
    assert desk.publish(NOW + 3 * HOUR).feeds.written == ()


def test_a_feed_by_hand_that_is_removed_is_written_no_more(desk: Desk) -> None:
    desk.configure("feeds", extra=(extra(), extra("africa")))
    desk.post("A1")
    desk.publish()
    desk.configure("feeds", extra=(extra("africa"),))
    desk.publish(NOW + HOUR)
    desk.post("A2")
    report = desk.publish(NOW + 2 * HOUR)
    assert not files_of("extra/asia") & {*report.feeds.written, *report.feeds.unchanged}
    assert files_of("extra/africa") <= set(report.feeds.written)
    assert "extra/asia" not in (desk.folder / "output/index.html").read_text("utf-8")


def test_only_a_feed_by_hand_that_takes_the_post_is_written(desk: Desk) -> None:
    desk.configure("feeds", extra=(extra(tags=("floods",)), extra("africa", tags=("fires",))))
    desk.post("A1")
    desk.publish()
    desk.post("A2", tags="[floods]")
    written = set(desk.publish(NOW + HOUR).feeds.written)
    assert files_of("extra/asia") <= written
    assert not files_of("extra/africa") & written


def test_a_feed_by_hand_loses_a_post_that_loses_its_tag_and_names_one_that_is_withdrawn(desk: Desk) -> None:
    desk.configure("feeds", extra=(extra(tags=("floods",)),), archives=("extra/asia",))
    for code in ("A1", "A2", "A3"):
        desk.post(code, tags="[floods]")
    desk.publish()
    desk.post("A1")
    (desk.folder / "posts" / "A2.md").unlink()
    desk.publish(NOW + HOUR)
    for feed in ("extra/asia", "archive/extra/asia/2024-11"):
        assert (desk.titles(feed), tombstones(desk, feed)) == (["Title of A3"], ["A2"])


def test_a_picture_has_the_size_that_the_front_matter_or_the_body_says(desk: Desk) -> None:
    picture = "https://a.example.org/a.png"
    desk.post("A1", body=f'<img src="{picture}" width="640" height="480" alt="a">')
    desk.post(
        "A2",
        body=f'<img src="{picture}" width="640" height="480">',
        image=f"{{path: '{picture}', width: 3, height: 2}}",
    )
    desk.post("A3", body=f'<img src="{picture}" width="640" height="480">', image="https://a.example.org/other.png")
    desk.publish()
    root = etree.fromstring((desk.folder / "output/feeds/all.rss").read_bytes())
    found = [(shown.get("width"), shown.get("height")) for shown in root.iter("{http://search.yahoo.com/mrss/}content")]
    assert found == [(None, None), ("3", "2"), ("640", "480")]


def test_an_override_shapes_the_feeds_that_it_names_and_no_other(desk: Desk) -> None:
    overrides = (
        OverrideSettings(feeds=("world", "en/all"), entries=2),
        OverrideSettings(feeds=("en/all",), content="summary"),
        OverrideSettings(feeds=("en/world",), max_bytes=4_000),
    )
    desk.configure("feeds", override=overrides)
    for number in range(4):
        desk.post(f"A{number}", body="The whole report.")
    desk.publish()
    folder = desk.folder / "output" / "feeds"
    assert {feed: len(desk.titles(feed)) for feed in ("all", "world", "en/all")} == {"all": 4, "world": 2, "en/all": 2}
    assert max((folder / f"en/world.{each}").stat().st_size for each in FORMATS) <= 4_000
    assert {feed: b"The whole report." in (folder / f"{feed}.rss").read_bytes() for feed in ("world", "en/all")} == {
        "world": True,
        "en/all": False,
    }


def test_a_feed_of_summaries_has_no_bodies_in_any_format(desk: Desk) -> None:
    desk.configure("feeds", content="summary")
    desk.post("A1", body="The whole report.")
    desk.publish()
    folder = desk.folder / "output" / "feeds"
    assert not [each for each in FORMATS if b"The whole report" in (folder / f"all.{each}").read_bytes()]
    assert b"content:encoded>" not in (folder / "all.rss").read_bytes()
    assert b"<content" not in (folder / "all.atom").read_bytes()
    assert b"<summary>What A1 is about" in (folder / "all.atom").read_bytes()
    (item,) = json.loads((folder / "all.json").read_bytes())["items"]
    assert item["content_text"] == item["summary"] == "What A1 is about, in a sentence."
    assert "content_html" not in item


@pytest.mark.parametrize("max_bytes", [3_000, 6_000, 12_000, 24_000])
def test_no_file_of_a_feed_has_more_bytes_than_it_may_and_all_show_the_same(desk: Desk, max_bytes: int) -> None:
    desk.configure("feeds", max_bytes=max_bytes)
    for number in range(9):
        tags = ", ".join(f"a-tag-of-{number}-{each}" for each in range(20))
        desk.post(
            f"A{number}", tags=f"[{tags}]", body="ข่าว & <b>]]></b> " * number, date=f"2024-11-09T0{number}:00:00Z"
        )
    desk.publish()
    folder = desk.folder / "output" / "feeds"
    count = len(desk.titles())
    assert (folder / "all.rss").read_text("utf-8").count("<item>") == count
    assert (folder / "all.atom").read_text("utf-8").count("<entry") == count
    assert max((folder / f"all.{each}").stat().st_size for each in FORMATS) <= max_bytes or count == 1


def test_a_broken_template_of_the_page_leaves_the_feeds_and_is_one_trouble_until_it_is_mended(desk: Desk) -> None:
    template = desk.folder / "templates" / "site" / "feed.html"
    template.parent.mkdir(parents=True)
    template.write_text("{% if %}", "utf-8")
    for number in range(9):
        desk.post(f"A{number}", category=f"Category {number}")
    report = desk.publish()
    assert len([trouble for trouble in report.troubles if "feed.html" in trouble]) == len(report.troubles) == 1
    assert files_of("all", "en/category-8") <= set(report.feeds.written)
    assert not (desk.folder / "output/feeds/all.html").exists()
    assert report.failed
    template.unlink()
    report = desk.publish(NOW + HOUR)
    assert not report.troubles
    assert {"feeds/all.html", "feeds/en/category-8.html"} <= set(report.pages.written)
    assert not report.feeds.written


HUB = "https://hub.example.org/"


def queued(desk: Desk) -> set[str]:
    """Which files the hub is to be told of, and forget it."""
    with desk.open() as publication, publication.database.begin() as connection:
        due = pings.due(connection, NOW + timedelta(days=9), 1_000)
        pings.forget_hubs(connection, ())
    assert {ping.hub for ping in due} <= {HUB}
    return {ping.topic.removeprefix("https://news.example.org/") for ping in due}


def write(desk: Desk, now: datetime = NOW) -> None:
    """Collect and write, and tell nobody: that is another job."""
    with desk.open(now) as publication:
        publication.collect()
        publication.feed_publisher.publish()


def test_hubs_are_named_in_every_format_and_told_of_exactly_the_files_that_change(desk: Desk) -> None:
    desk.configure("feeds", hubs=(HUB,))
    desk.post("A1", category="WORLD", language="th")
    desk.post("A2", category="Sport & Spiel", language="en")
    write(desk)
    everything = {"all", "th/all", "en/all", "world", "th/world", "sport-spiel", "en/sport-spiel"}
    assert queued(desk) == files_of(*everything)
    folder = desk.folder / "output" / "feeds"
    assert f'<atom:link href="{HUB}" rel="hub"/>'.encode() in (folder / "all.rss").read_bytes()
    assert f'<link href="{HUB}" rel="hub"/>'.encode() in (folder / "all.atom").read_bytes()
    assert json.loads((folder / "all.json").read_bytes())["hubs"] == [{"type": "WebSub", "url": HUB}]
    write(desk, NOW + HOUR)
    assert queued(desk) == set()
    desk.post("A2", category="Sport & Spiel", language="en", title="Another title")
    write(desk, NOW + 2 * HOUR)
    assert queued(desk) == files_of("all", "en/all", "sport-spiel", "en/sport-spiel")


def test_hubs_are_told_of_addresses_as_they_stand_in_the_feeds(desk: Desk) -> None:
    desk.configure("feeds", hubs=(HUB,), formats=("json",))
    desk.post("A1", category="ข่าว")
    write(desk)
    address = json.loads((desk.folder / "output/feeds/ข่าว.json").read_bytes())["feed_url"]
    assert address.removeprefix("https://news.example.org/") in queued(desk)
    assert address.isascii()


def test_a_rehearsal_writes_nothing_and_tells_no_hub(desk: Desk) -> None:
    desk.configure("feeds", hubs=(HUB,))
    desk.post("A1")
    with Publication(
        folder=desk.folder, settings=desk.settings, now=NOW, clock=lambda: NOW, rehearsal=True
    ) as publication:
        report = publication.run_feeds()
    assert files_of("all") <= set(report.feeds.written)
    assert not (desk.folder / "output").exists()
    assert queued(desk) == set()
