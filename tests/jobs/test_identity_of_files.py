"""Which file is which post: renames, codes that come and go, several files with one code."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from publisher.store import editions
from tests.build import NOW

if TYPE_CHECKING:
    from tests.jobs.conftest import Desk

HOUR = timedelta(hours=1)


def _editions_with(desk: Desk, code: str) -> list[str]:
    with desk.open() as publication, publication.database.read() as connection:
        return editions.with_post(connection, code)


def test_a_moved_file_with_a_code_stays_the_post_it_is(desk: Desk) -> None:
    path = desk.post("A1")
    desk.collect()
    before = desk.published("A1")
    (path.parent / "2024").mkdir()
    path.rename(path.parent / "2024" / "moved.md")
    report = desk.collect(NOW + HOUR)
    after = desk.published("A1")
    assert (report.new, report.edited, report.withdrawn) == (0, 0, 0)
    assert after == replace(before, post=replace(before.post, path="2024/moved.md"))


def test_a_renamed_file_without_a_code_keeps_its_id_and_keeps_it_again(desk: Desk) -> None:
    path = desk.post_without_code("first")
    desk.collect()
    entry_id = desk.published("first.md").entry_id
    for number, name in enumerate(("second.md", "third.md"), start=1):
        path = path.rename(path.with_name(name))
        report = desk.collect(NOW + number * HOUR)
        assert (report.new, report.withdrawn) == (0, 0)
        assert desk.published("first.md").entry_id == entry_id
        assert desk.published("first.md").post.path == name
    path.write_text(path.read_text("utf-8") + "An edit where it stands now.\n", "utf-8")
    assert desk.collect(NOW + 3 * HOUR).edited == 1
    assert desk.published("first.md").entry_id == entry_id


def test_of_two_renamed_files_with_one_body_each_keeps_its_title(desk: Desk) -> None:
    for code in ("one", "two"):
        desk.post_without_code(code, body="The same words.")
    desk.collect()
    posts = desk.folder / "posts"
    (posts / "one.md").rename(posts / "z-one.md")
    (posts / "two.md").rename(posts / "a-two.md")
    desk.collect(NOW + HOUR)
    assert desk.published("one.md").post.path == "z-one.md"
    assert desk.published("two.md").post.path == "a-two.md"


def test_a_file_that_loses_its_code_stays_the_post_it_was(desk: Desk) -> None:
    desk.post("A1")
    desk.collect()
    entry_id = desk.published("A1").entry_id
    desk.post_without_code("A1")
    report = desk.collect(NOW + HOUR)
    assert (report.new, report.withdrawn) == (0, 0)
    assert desk.published("A1").entry_id == entry_id


@pytest.mark.parametrize("order", list(permutations(["a.md", "b.md", "c.md"])))
def test_of_several_files_with_one_code_the_same_wins_in_every_order(desk: Desk, order: tuple[str, ...]) -> None:
    for name in order:
        path = desk.post("A1", title=f"From {name}")
        path.rename(path.with_name(name))
    report = desk.collect()
    assert desk.published("A1").post.path == "a.md"
    assert desk.quarantine() == dict.fromkeys(("b.md", "c.md"), "has the code 'A1' of a.md")
    assert report.quarantined == len(report.newly_quarantined) == 2


def test_a_file_that_comes_later_never_takes_a_code_from_the_one_that_has_it(desk: Desk) -> None:
    path = desk.post("A1")
    path.rename(path.with_name("z.md"))
    desk.collect()
    path = desk.post("A1", title="An impostor")
    path.rename(path.with_name("a.md"))
    desk.collect(NOW + HOUR)
    assert desk.published("A1").post.path == "z.md"
    assert list(desk.quarantine()) == ["a.md"]


@pytest.mark.parametrize("way", ["goes", "changes its code", "is written anew"])
def test_when_the_winner_gives_its_code_up_the_other_takes_over(desk: Desk, way: str) -> None:
    for name in ("a.md", "b.md"):
        path = desk.post("A1", title=f"From {name}")
        path.rename(path.with_name(name))
    desk.collect()
    entry_id = desk.published("A1").entry_id
    winner = desk.folder / "posts" / "a.md"
    if way == "goes":
        winner.unlink()
    elif way == "changes its code":
        winner.write_text(winner.read_text("utf-8").replace('code: "A1"', 'code: "A2"'), "utf-8")
    else:
        desk.post("A3", title="Another post").rename(winner)
    desk.collect(NOW + HOUR)
    taken = desk.published("A1")
    assert (taken.post.path, taken.post.title, taken.entry_id) == ("b.md", "From b.md", entry_id)
    assert desk.quarantine() == {}


def test_a_winner_that_breaks_keeps_its_code_and_its_last_good_version(desk: Desk) -> None:
    for name in ("a.md", "b.md"):
        path = desk.post("A1", title=f"From {name}")
        path.rename(path.with_name(name))
    desk.collect()
    (desk.folder / "posts" / "a.md").write_text("nothing that is a post", "utf-8")
    desk.collect(NOW + HOUR)
    assert desk.published("A1").post.title == "From a.md"
    assert set(desk.quarantine()) == {"a.md", "b.md"}


def test_a_file_that_changes_its_code_is_another_post_from_then_on(desk: Desk) -> None:
    desk.force = True
    path = desk.post("A1")
    desk.collect()
    path.write_text(path.read_text("utf-8").replace('code: "A1"', 'code: "A2"'), "utf-8")
    report = desk.collect(NOW + HOUR)
    assert (report.new, report.withdrawn) == (1, 1)
    report = desk.collect(NOW + 2 * HOUR)
    assert (report.new, report.edited, report.withdrawn) == (0, 0, 0)
    path.unlink()
    desk.collect(NOW + 3 * HOUR)
    known = desk.known("A2")
    assert known is not None
    assert known.state == "withdrawn"


def test_a_new_file_at_the_path_of_a_post_that_moved_is_a_post_of_its_own(desk: Desk) -> None:
    moved = desk.post_without_code("a", body="The first report.")
    desk.collect()
    moved.rename(moved.with_name("b.md"))
    desk.collect()
    desk.post_without_code("a", body="Another report.")
    desk.collect()
    assert desk.quarantine() == {}
    assert desk.published("a.md").post.path == "b.md"
    assert desk.published("a.md-2").post.path == "a.md"
    assert desk.collect().edited == 0


def test_a_post_known_by_its_path_keeps_its_id_when_it_is_given_a_code(desk: Desk) -> None:
    path = desk.post_without_code("talks")
    desk.post("A2")
    desk.run()
    before = desk.published("talks.md")
    had = _editions_with(desk, "talks.md")
    path.write_text(path.read_text("utf-8").replace("---\n", '---\ncode: "T1"\n', 1), "utf-8")
    report = desk.publish(NOW + HOUR)
    assert (report.collected.new, report.collected.withdrawn) == (0, 0)
    after = desk.published("T1")
    assert (after.entry_id, after.published, after.collected) == (before.entry_id, before.published, before.collected)
    assert after.post.own_code
    assert desk.known("talks.md") is None
    assert had
    assert _editions_with(desk, "T1") == had
    assert len(desk.titles()) == 2


def test_a_code_that_another_post_has_is_not_given_away(desk: Desk) -> None:
    path = desk.post_without_code("talks")
    desk.post("A2")
    desk.publish()
    path.write_text(path.read_text("utf-8").replace("---\n", '---\ncode: "A2"\n', 1), "utf-8")
    desk.publish(NOW + HOUR)
    assert desk.quarantine() == {"talks.md": "has the code 'A2' of A2.md"}
    assert desk.published("A2").post.path == "A2.md"


def test_a_file_with_the_code_of_another_waits_until_that_one_was_read(desk: Desk) -> None:
    desk.post("B1")
    desk.publish()
    desk.post("B1", title="Title edited")
    copy = desk.post("A0")
    copy.write_text(copy.read_text("utf-8").replace('"A0"', '"B1"'), "utf-8")
    desk.publish(NOW + HOUR)
    assert desk.published("B1").post.path == "B1.md"
    assert desk.quarantine() == {"A0.md": "has the code 'B1' of B1.md"}
    desk.post("B2", title="Another").rename(desk.folder / "posts" / "B1.md")
    desk.publish(NOW + 2 * HOUR)
    assert desk.published("B1").post.path == "A0.md"
    assert desk.published("B2").post.path == "B1.md"


def test_a_file_that_takes_the_place_of_one_that_moved_is_another_post_each_time(desk: Desk) -> None:
    first = desk.post_without_code("talks", body="The first report.")
    desk.publish()
    first.rename(first.with_name("moved.md"))
    desk.publish(NOW + HOUR)
    desk.post_without_code("talks", body="The second report.")
    desk.publish(NOW + 2 * HOUR)
    assert desk.published("talks.md").post.path == "moved.md"
    assert desk.published("talks.md-2").post.path == "talks.md"
    assert desk.quarantine() == {}


@pytest.mark.parametrize(("kept", "left"), [("moved", "talks"), ("talks", "moved")])
def test_a_code_goes_with_the_file_that_says_it_and_not_with_the_path_that_had_it(
    desk: Desk, kept: str, left: str
) -> None:
    path = desk.post("T1", body="The first report.")
    path = path.rename(path.with_name(f"{left}.md"))
    desk.publish()
    path.rename(path.with_name(f"{kept}.md"))
    desk.post_without_code(left, body="Another report altogether.")
    desk.publish(NOW + HOUR)
    assert desk.published("T1").post.path == f"{kept}.md"
    assert desk.published(f"{left}.md").entry_id == f"tag:news.example.org,2024:{left}.md"
    assert desk.quarantine() == {}


def test_a_post_that_moves_and_is_given_a_code_at_once_keeps_its_id(desk: Desk) -> None:
    path = desk.post_without_code("talks", body="The first report.")
    desk.post("A1")
    desk.publish()
    text = path.read_text("utf-8")
    path.unlink()
    (path.parent / "moved.md").write_text(text.replace("---\n", '---\ncode: "T1"\n', 1), "utf-8")
    desk.post("A2", body="A new report, which has nothing to do with it.")
    collected = desk.collect(NOW + HOUR)
    assert (collected.new, collected.withdrawn) == (1, 0)
    assert desk.published("T1").entry_id == "tag:news.example.org,2024:talks.md"
    assert desk.published("A2").entry_id == "tag:news.example.org,2024:A2"


def test_a_post_that_moves_is_not_given_a_code_that_another_has(desk: Desk) -> None:
    gone = desk.post_without_code("talks", body="One body.")
    desk.post("ONE", body="Another body.")
    desk.post("A1")
    desk.publish()
    desk.force = True
    gone.unlink()
    path = desk.post("TWO", body="One body.")
    path.rename(path.with_name("z.md"))
    desk.post("TWO", body="One body.")
    desk.publish(NOW + HOUR)
    assert desk.published("ONE").entry_id == "tag:news.example.org,2024:ONE"
    # Of two files that say the code, the first by path has it; no reader sees the post again.
    assert desk.published("TWO").post.path == "TWO.md"
    assert desk.published("TWO").entry_id == "tag:news.example.org,2024:talks.md"
    assert list(desk.quarantine()) == ["z.md"]
