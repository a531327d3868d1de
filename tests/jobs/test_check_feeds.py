"""The files that readers have are proved against the ledger of ids."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from publisher.jobs.check_feeds import FeedChecker, FeedsChecked
from publisher.settings import ExtraSettings
from tests.build import NOW

if TYPE_CHECKING:
    from tests.jobs.conftest import Desk


def checked(desk: Desk) -> FeedsChecked:
    with desk.open() as publication:
        return FeedChecker(database=publication.database, output=publication.output, plan=publication.feed_plan).check()


def spoil(desk: Desk, path: str, old: str, new: str) -> None:
    file = desk.folder / "output" / path
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def published(desk: Desk) -> Desk:
    desk.configure("feeds", archives=("all", "extra/everything"), entries=1)
    desk.post("A1", date="2024-10-10T10:00:00Z")
    desk.post("A2")
    desk.publish()
    return desk


def test_what_was_published_agrees_with_the_ledger(published: Desk) -> None:
    # Four feeds with one entry each, and two months of one of them, in three formats.
    assert checked(published) == FeedsChecked(files=18, entries=18, findings=())


def test_an_edit_that_waits_to_be_published_is_no_finding(published: Desk) -> None:
    published.post("A2", title="Another title")
    published.collect(NOW + timedelta(hours=1))
    assert checked(published).findings == ()


@pytest.mark.parametrize("extension", ["rss", "atom", "json"])
def test_an_id_that_the_ledger_does_not_know_is_found(published: Desk, extension: str) -> None:
    spoil(published, f"feeds/en/all.{extension}", "2024:A2", "2025:A2")
    (finding,) = checked(published).findings
    assert finding == f"feeds/en/all.{extension}: shows tag:news.example.org,2025:A2, which the ledger does not know"


def test_another_date_than_the_ledger_has_is_found(published: Desk) -> None:
    spoil(published, "feeds/world.json", '"date_published": "2024-11-10T10', '"date_published": "2024-11-10T09')
    (finding,) = checked(published).findings
    assert "another date" in finding


def test_an_entry_that_is_there_twice_is_found(published: Desk) -> None:
    path = published.folder / "output/feeds/all.atom"
    text = path.read_text("utf-8")
    entry = text[text.index("<entry") : text.index("</feed>")]
    path.write_text(text.replace("</feed>", f"{entry}</feed>"), "utf-8")
    assert checked(published).findings == ("feeds/all.atom: shows tag:news.example.org,2024:A2 2 times",)


def test_files_that_are_missing_or_broken_are_found(published: Desk) -> None:
    (published.folder / "output/feeds/all.rss").unlink()
    (published.folder / "output/feeds/all.json").write_text("{", "utf-8")
    found = checked(published).findings
    assert [finding.partition(" ")[0] for finding in found] == ["feeds/all.rss", "feeds/all.json"]
    assert "the next run writes it" in found[0]


def test_history_with_a_post_twice_or_not_at_all_is_found(published: Desk) -> None:
    archive = published.folder / "output/feeds/archive/all"
    newest, oldest = (archive / f"{month}.json" for month in ("2024-11", "2024-10"))
    oldest.write_bytes(newest.read_bytes())
    assert set(checked(published).findings) == {
        "feeds/all.json: its history has tag:news.example.org,2024:A2 on 2 pages",
        "feeds/all.json: its history lacks tag:news.example.org,2024:A1",
    }


def test_a_feed_that_is_not_configured_any_more_is_passed_over(desk: Desk) -> None:
    extra = ExtraSettings(name="everything", title="Everything")
    desk.configure("feeds", archives=("extra/everything",), extra=(extra,))
    desk.post("A1")
    desk.publish()
    files = checked(desk).files
    desk.configure("feeds", extra=())
    assert checked(desk) == FeedsChecked(files=files - 6, entries=files - 6, findings=())
