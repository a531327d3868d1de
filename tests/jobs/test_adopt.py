"""A publication whose store was lost goes on with the ids and dates that its readers know."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from publisher.model.errors import LostStateError, UsageError
from publisher.store import guids
from tests.build import NOW

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from publisher.jobs.report import Report
    from tests.jobs.conftest import Desk

HOUR = timedelta(hours=1)


def lose(desk: Desk) -> None:
    shutil.rmtree(desk.folder / "var")


def adopt(desk: Desk, now: datetime = NOW + 3 * HOUR) -> Report:
    with desk.open(now) as publication:
        publication.adopt = True
        return publication.run()


def feeds_of(desk: Desk) -> dict[str, bytes]:
    folder = desk.folder / "output" / "feeds"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")}


@pytest.fixture
def lost(desk: Desk) -> Desk:
    """A publication with a past: edits of dates and bodies, a code that came late, history; and no store any more."""
    desk.configure("feeds", archives=("all",), entries=2)
    desk.post("A1", date="2024-10-01T08:00:00Z")
    desk.post("A2")
    late = desk.post_without_code("talks")
    desk.run()
    desk.post(
        "A1", date="2023-01-01T08:00:00Z", body="Another report, which says something else altogether, at length."
    )
    late.write_text(late.read_text("utf-8").replace("---\n", '---\ncode: "T1"\n', 1), "utf-8")
    desk.run(NOW + HOUR)
    lose(desk)
    return desk


def test_a_lost_store_is_not_made_again_unasked(lost: Desk) -> None:
    with pytest.raises(LostStateError, match="--adopt"):
        lost.run(NOW + 2 * HOUR)


def test_what_was_adopted_shows_no_reader_anything_again(lost: Desk) -> None:
    # What no feed says is that a post was known by its path: here it has its code from the beginning.
    (lost.folder / "posts/talks.md").unlink()
    before = {path: text for path, text in feeds_of(lost).items() if path.startswith("archive/all/2024-10")}
    adopt(lost)
    after = feeds_of(lost)
    assert {path: after[path] for path in before} == before
    known = lost.published("A1")
    assert known.entry_id == "tag:news.example.org,2024:A1"
    assert known.published is not None
    assert known.published.isoformat() == "2024-10-01T08:00:00+00:00"
    assert known.updated == NOW + HOUR


def test_what_was_adopted_counts_as_mailed(lost: Desk) -> None:
    assert adopt(lost).editions == ()
    assert lost.run(NOW + 24 * HOUR).editions == ()
    lost.post("A3", date="2024-11-11T08:00:00Z")
    (edition,) = lost.run(NOW + 25 * HOUR).editions
    assert (edition.stories, edition.more) == (1, 0)


def test_an_id_of_a_post_that_is_gone_stays_in_the_ledger(lost: Desk) -> None:
    (lost.folder / "posts/A2.md").unlink()
    adopt(lost)
    with lost.open() as publication, publication.database.read() as connection:
        (guid,) = guids.known(connection, ["tag:news.example.org,2024:A2"]).values()
    assert [each.code for each in guid] == ["A2"]


def test_feeds_that_are_broken_are_passed_over(lost: Desk) -> None:
    for path in (lost.folder / "output/feeds").rglob("*.rss"):
        path.write_text("<rss", "utf-8")
    adopt(lost)
    assert lost.published("A2").entry_id == "tag:news.example.org,2024:A2"


def test_a_store_that_is_there_is_not_adopted_over(desk: Desk) -> None:
    desk.post("A1")
    desk.publish()
    with pytest.raises(UsageError, match="leave it out"):
        adopt(desk)


def test_ids_that_are_not_ours_are_not_taken(lost: Desk) -> None:
    path: Path = lost.folder / "output/feeds/all.json"
    path.write_text(path.read_text("utf-8").replace("tag:news.example.org,2024:A2", "https://example.org/A2"), "utf-8")
    adopt(lost)
    assert lost.published("A2").entry_id == "tag:news.example.org,2024:A2"


def test_a_post_that_had_left_every_feed_does_not_come_back_as_a_late_arrival(desk: Desk) -> None:
    desk.configure("feeds", entries=1)
    desk.post("A1", date="2024-11-09T08:00:00Z")
    desk.post("A2")
    desk.publish()
    assert desk.titles() == ["Title of A2"]
    before = feeds_of(desk)
    lose(desk)
    adopt(desk)
    assert desk.titles() == ["Title of A2"]
    assert feeds_of(desk) == before


def test_a_publication_without_a_readable_feed_is_adopted_all_the_same(desk: Desk) -> None:
    desk.post("A1")
    desk.publish()
    for path in (desk.folder / "output/feeds").rglob("*.*"):
        path.unlink()
    lose(desk)
    assert adopt(desk).editions == ()
    assert desk.published("A1").entry_id == "tag:news.example.org,2024:A1"
