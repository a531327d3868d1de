"""Explaining one post: where it is, and why it is not elsewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from publisher.jobs.explain import explain
from tests.build import NOW

if TYPE_CHECKING:
    from publisher.jobs.explain import Explanation
    from tests.jobs.conftest import Desk

HOUR = timedelta(hours=1)


def explained(desk: Desk, name: str) -> Explanation:
    with desk.open() as publication:
        found = explain(publication.database, publication.bodies, name, publication.feed_plan)
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["A1", "A1.md"])
def test_a_published_post_is_found_by_code_and_path_with_its_feeds_and_editions(desk: Desk, name: str) -> None:
    desk.post("A1", body="# Title of A1\n\nThe report.")
    desk.run()
    found = explained(desk, name)
    assert (found.code, found.path, found.state) == ("A1", "A1.md", "published")
    assert found.id == "tag:news.example.org,2024:A1"
    assert found.feeds == [
        f"feeds/{feed}.{each}" for feed in ("all", "en/all", "en/world", "world") for each in ("rss", "atom", "json")
    ]
    assert found.editions == ["world-2024-11-10-en"]
    assert [removed.text for removed in found.cleaning] == ["Title of A1"]
    assert (found.line, found.reason) == (None, None)


def test_a_post_that_newer_ones_pushed_out_is_in_no_feed(desk: Desk) -> None:
    desk.configure("feeds", entries=1)
    desk.post("A1", date="2024-11-01")
    desk.publish()
    desk.post("A2")
    desk.publish()
    assert explained(desk, "A1").feeds == []
    assert explained(desk, "A1").state == "published"


@pytest.mark.parametrize(("fields", "state"), [({"draft": "true"}, "draft"), ({"date": "2031-01-01"}, "future")])
def test_a_post_that_waits_is_in_no_feed(desk: Desk, fields: dict[str, str], state: str) -> None:
    desk.post("A1", **fields)
    desk.publish()
    found = explained(desk, "A1")
    assert (found.state, found.id, found.feeds) == (state, None, [])


def test_a_withdrawn_post_keeps_its_id_and_is_in_no_feed(desk: Desk) -> None:
    desk.force = True
    path = desk.post("A1")
    desk.publish()
    path.unlink()
    desk.publish(NOW + HOUR)
    found = explained(desk, "A1")
    assert (found.state, found.feeds) == ("withdrawn", [])
    assert found.id == "tag:news.example.org,2024:A1"


def test_a_file_that_cannot_be_read_is_explained_by_line_and_reason(desk: Desk) -> None:
    desk.post("A1", date="soon")
    desk.publish()
    found = explained(desk, "A1.md")
    assert (found.state, found.code, found.feeds, found.editions) == ("quarantined", "A1.md", [], [])
    assert found.line == 8
    assert "'soon'" in (found.reason or "")


def test_a_post_whose_body_cannot_be_shown_is_in_no_feed_and_says_why(desk: Desk) -> None:
    desk.post("A1", body="<div>" * 150)
    desk.publish()
    found = explained(desk, "A1")
    assert found.feeds == []
    assert "levels deep" in (found.reason or "")


def test_a_broken_edit_is_explained_beside_what_is_still_published(desk: Desk) -> None:
    path = desk.post("A1")
    desk.publish()
    path.write_text("broken", "utf-8")
    desk.publish(NOW + HOUR)
    found = explained(desk, "A1")
    assert found.state == "published"
    assert len(found.feeds) == 12
    assert found.reason == "has no front matter: the first line must be ---"


def test_a_path_means_the_post_that_stands_there_now(desk: Desk) -> None:
    path = desk.post("A1")
    desk.publish()
    path.write_text(path.read_text("utf-8").replace('code: "A1"', 'code: "B2"'), "utf-8")
    desk.publish(NOW + HOUR)
    assert explained(desk, "A1.md").code == "B2"


def test_a_post_that_nobody_has_seen_is_not_found(desk: Desk) -> None:
    desk.publish()
    with desk.open() as publication:
        assert explain(publication.database, publication.bodies, "A9", publication.feed_plan) is None
