"""Collecting: what each kind of change in the posts folder means."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
import time_machine
from sqlalchemy import event

from publisher.content.sources import Library
from publisher.jobs.collect import collect
from publisher.model.errors import PublisherError
from publisher.settings import SourceSettings
from publisher.store import editions
from tests.build import NOW, source, write_post

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.content.sources import Source
    from publisher.store.database import Database, Transaction
    from tests.jobs.conftest import Desk

HOUR = timedelta(hours=1)


def snapshot(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with database.read() as connection:
        tables = connection.exec_driver_sql("select name from sqlite_master where type = 'table'").scalars().all()
        return {
            table: [tuple(row) for row in connection.exec_driver_sql(f"select * from {table} order by rowid")]
            for table in tables
        }


class Log:
    """Remembers how many files were to be read."""

    def __init__(self) -> None:
        self.read = 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.read = max(self.read, total if stage == "reading posts" else 0)


def test_a_new_post_is_published_with_its_permanent_id_and_date(desk: Desk) -> None:
    desk.post("A1", date="2024-11-10T10:00:00Z")
    report = desk.collect()
    known = desk.published("A1")
    assert (report.seen, report.new, report.quarantined) == (1, 1, 0)
    assert known.entry_id == "tag:news.example.org,2024:A1"
    assert known.published == known.updated == datetime(2024, 11, 10, 10, tzinfo=UTC)


def test_an_edit_moves_updated_and_nothing_permanent(desk: Desk) -> None:
    desk.post("A1", body="As it was.")
    desk.collect()
    before = desk.published("A1")
    desk.post("A1", body="As it was, and more.", date="2023-01-01T00:00:00Z")
    report = desk.collect(NOW + HOUR)
    after = desk.published("A1")
    assert (report.new, report.edited) == (0, 1)
    assert (after.entry_id, after.published, after.rank) == (before.entry_id, before.published, before.rank)
    assert after.updated == NOW + HOUR


def test_collecting_twice_changes_nothing(desk: Desk) -> None:
    desk.post("A1")
    desk.post("A2", published="false")
    desk.post("A3", date="2030-01-01")
    desk.post("A4", title="")
    desk.post("copies/A1")
    desk.collect()
    with desk.open() as publication:
        before = snapshot(publication.database)
    report = desk.collect(NOW + HOUR)
    with desk.open() as publication:
        assert snapshot(publication.database) == before
    assert (report.seen, report.new, report.edited, report.released, report.withdrawn) == (5, 0, 0, 0, 0)
    assert report.newly_quarantined == ()


def test_a_settled_file_is_read_once_and_an_unsettled_one_again(desk: Desk) -> None:
    desk.post("A1")
    counts = []
    for later in (timedelta(0), HOUR, 2 * HOUR):
        log = Log()
        # Unsettled is what was modified within two seconds of the scan, by the clock of the machine.
        with time_machine.travel(datetime.now(UTC) + later), desk.open() as publication:
            publication.progress = log
            publication.collect()
        counts.append(log.read)
    assert counts == [1, 1, 0]


def test_a_file_that_never_became_a_post_is_read_every_time(desk: Desk) -> None:
    desk.post("A1", title="")
    with time_machine.travel(datetime.now(UTC) + HOUR):
        desk.collect()
        log = Log()
        with desk.open() as publication:
            publication.progress = log
            publication.collect()
    assert log.read == 1


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


def test_a_broken_edit_of_a_published_post_keeps_the_last_good_version_and_is_listed(desk: Desk) -> None:
    path = desk.post("A1", title="Good")
    desk.publish()
    path.write_text("---\ntitle: [never\n---\n", "utf-8")
    report = desk.publish(NOW + HOUR)
    assert [file.path for file in report.collected.newly_quarantined] == ["A1.md"]
    assert report.failed
    assert not report.feeds.written
    assert desk.titles() == ["Good"]
    again = desk.collect(NOW + 2 * HOUR)
    assert (again.newly_quarantined, again.quarantined) == ((), 1)


def test_a_post_that_is_mended_leaves_the_quarantine_and_shows_its_edit(desk: Desk) -> None:
    path = desk.post("A1", title="Good")
    desk.publish()
    path.write_text("broken", "utf-8")
    desk.publish(NOW + HOUR)
    desk.post("A1", title="Better")
    report = desk.publish(NOW + 2 * HOUR)
    assert (report.collected.edited, report.collected.quarantined) == (1, 0)
    assert desk.titles() == ["Better"]
    assert desk.published("A1").entry_id == "tag:news.example.org,2024:A1"


def test_a_new_reason_is_news_and_the_same_reason_is_not(desk: Desk) -> None:
    desk.post("A1", title="")
    assert len(desk.collect().newly_quarantined) == 1
    assert desk.collect(NOW + HOUR).newly_quarantined == ()
    desk.post("A1", date="yesterday")
    assert len(desk.collect(NOW + 2 * HOUR).newly_quarantined) == 1


def test_a_broken_file_that_goes_leaves_the_quarantine_and_withdraws_its_post(desk: Desk) -> None:
    desk.force = True
    path = desk.post("A1")
    desk.collect()
    path.write_text("broken", "utf-8")
    desk.collect(NOW + HOUR)
    path.unlink()
    report = desk.collect(NOW + 2 * HOUR)
    assert (report.seen, report.quarantined, report.withdrawn) == (0, 0, 1)


def test_a_draft_waits_until_it_is_one_no_more(desk: Desk) -> None:
    desk.post("A1", published="false")
    desk.collect()
    draft = desk.known("A1")
    assert draft is not None
    assert (draft.state, draft.entry_id) == ("draft", None)
    desk.post("A1")
    desk.collect(NOW + HOUR)
    assert desk.published("A1").entry_id == "tag:news.example.org,2024:A1"


def test_a_draft_that_goes_is_forgotten(desk: Desk) -> None:
    desk.force = True
    path = desk.post("A1", draft="true")
    desk.collect()
    path.unlink()
    desk.collect()
    assert desk.known("A1") is None


def test_a_published_post_that_becomes_a_draft_leaves_the_feeds_and_keeps_its_id(desk: Desk) -> None:
    desk.post("A1")
    desk.publish()
    desk.post("A1", published="false")
    desk.publish(NOW + HOUR)
    assert desk.titles() == []
    desk.post("A1")
    desk.publish(NOW + 2 * HOUR)
    assert desk.titles() == ["Title of A1"]


def test_a_post_dated_in_the_future_is_released_when_its_date_has_come(desk: Desk) -> None:
    desk.post("A1", date="2024-11-10T13:00:00Z")
    with time_machine.travel(datetime.now(UTC) + HOUR):
        first = desk.collect()
        assert desk.known("A1") is not None
        early = desk.collect(NOW + timedelta(minutes=59))
        late = desk.collect(NOW + HOUR)
    assert (first.new, early.released, late.released) == (1, 0, 1)
    known = desk.published("A1")
    assert known.published == known.rank == NOW + HOUR


def test_a_post_that_is_withdrawn_and_returns_keeps_its_id_and_date(desk: Desk) -> None:
    desk.force = True
    path = desk.post("A1")
    desk.publish()
    before = desk.published("A1")
    path.unlink()
    report = desk.publish(NOW + HOUR)
    gone = desk.known("A1")
    assert report.collected.withdrawn == 1
    assert gone is not None
    assert (gone.state, gone.withdrawn) == ("withdrawn", NOW + HOUR)
    assert desk.titles() == []
    desk.post("A1", date="2024-11-10T11:30:00Z")
    desk.publish(NOW + 2 * HOUR)
    after = desk.published("A1")
    assert (after.entry_id, after.published, after.withdrawn) == (before.entry_id, before.published, None)
    assert desk.titles() == ["Title of A1"]


def test_a_withdrawn_post_is_withdrawn_once(desk: Desk) -> None:
    desk.force = True
    path = desk.post("A1")
    desk.collect()
    path.unlink()
    assert desk.collect().withdrawn == 1
    assert desk.collect().withdrawn == 0


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


def test_a_late_arrival_ranks_by_its_arrival_and_an_old_one_by_its_date(desk: Desk) -> None:
    desk.post("late", date="2024-11-04T00:00:00Z")
    desk.post("old", date="2024-11-03T00:00:00Z")
    desk.collect()
    assert desk.published("late").rank == NOW
    assert desk.published("old").rank == datetime(2024, 11, 3, tzinfo=UTC)


class Clumsy(Library):
    """Trips over one file."""

    def source_of(self, path: str) -> Source:
        if path == "A2.md":
            raise ZeroDivisionError("nobody thought of it")
        return super().source_of(path)


def _nothing_to_weigh(connection: Transaction, edits: object) -> dict[str, bool]:
    return {}


def test_a_post_that_crashes_the_reader_is_quarantined_and_the_others_are_published(
    sqlite: Database, tmp_path: Path
) -> None:
    for code in ("A1", "A2", "A3"):
        write_post(tmp_path / "posts", code)
    library = Clumsy((source(tmp_path / "posts"),))
    report = collect(sqlite, library, _nothing_to_weigh, authority="news.example.org", now=NOW)
    assert report.new == 2
    (rejected,) = report.newly_quarantined
    assert (rejected.path, rejected.line) == ("A2.md", 1)
    assert "nobody thought of it" in (rejected.reason or "")


def test_a_folder_that_is_not_there_changes_nothing(desk: Desk) -> None:
    desk.post("A1")
    desk.collect()
    (desk.folder / "posts").rename(desk.folder / "elsewhere")
    with pytest.raises(PublisherError, match=r"posts folder .*posts cannot be read"):
        desk.collect(NOW + HOUR)
    assert desk.published("A1")


def test_every_post_is_accounted_for(desk: Desk) -> None:
    states = Counter({"published": 3, "draft": 2, "future": 4})
    fields = {"published": {}, "draft": {"draft": "yes"}, "future": {"date": "2031-01-01"}}
    for state, count in states.items():
        for number in range(count):
            desk.post(f"{state}{number}", **fields[state])
    desk.post("broken", title="")
    report = desk.collect()
    assert report.seen == states.total() + report.quarantined
    assert report.quarantined == 1


def test_a_changed_field_mapping_reads_the_posts_anew(desk: Desk) -> None:
    desk.post("A1", headline='"As the headline says"')
    with time_machine.travel(datetime.now(UTC) + HOUR):
        desk.collect()
        desk.configure("posts", fields={"title": ("headline",)})
        desk.collect(NOW + HOUR)
    assert desk.published("A1").post.title == "As the headline says"


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


def test_a_typo_that_is_mended_moves_nothing_and_more_than_that_does(desk: Desk) -> None:
    desk.post("A1", body="The harbor opened on Monday after twelve days.")
    desk.publish()
    first = desk.published("A1").updated
    desk.post("A1", body="The harbour opened on Monday after twelve days.")
    desk.publish(NOW + HOUR)
    assert desk.published("A1").updated == first
    assert "harbour" in (desk.folder / "output/feeds/all.rss").read_text("utf-8")
    desk.post("A1", body="The harbour opened on Monday after twelve days.\n\nCorrection: it was Tuesday.")
    desk.publish(NOW + 2 * HOUR)
    assert desk.published("A1").updated == NOW + 2 * HOUR


def test_what_cleaning_takes_out_is_no_edit_to_readers(desk: Desk) -> None:
    desk.post("A1", body="The harbour opened.\n\nAdvertisement\n\nvar a = document.body; a.remove();")
    desk.publish()
    first = desk.published("A1").updated
    desk.post("A1", body='The harbour opened.\n\nvar other = document.querySelector(".ad"); other.hidden = true;')
    report = desk.publish(NOW + HOUR)
    assert report.collected.edited == 1
    assert desk.published("A1").updated == first


def test_an_editor_may_say_that_an_edit_is_none(desk: Desk) -> None:
    desk.post("A1", body="The harbour opened.")
    desk.publish()
    first = desk.published("A1").updated
    desk.post("A1", body="A report that has nothing to do with what stood here before.", significant="no")
    desk.publish(NOW + HOUR)
    assert desk.published("A1").updated == first


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


def _editions_with(desk: Desk, code: str) -> list[str]:
    with desk.open() as publication, publication.database.read() as connection:
        return editions.with_post(connection, code)


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


@pytest.mark.parametrize("count", [19, 20])
def test_many_posts_that_are_gone_at_once_stop_the_run_unless_forced(desk: Desk, count: int) -> None:
    paths = [desk.post(f"A{number:02}") for number in range(40)]
    desk.publish()
    for path in paths[:count]:
        path.unlink()
    if count < 20:
        assert desk.publish(NOW + HOUR).collected.withdrawn == count
        return
    with pytest.raises(PublisherError, match=r"20 of 40 posts are gone at once: nothing is withdrawn.*--force"):
        desk.publish(NOW + HOUR)
    assert len(desk.titles()) == 40
    with desk.open(NOW + HOUR) as publication:
        publication.force = True
        assert publication.run_feeds().collected.withdrawn == count
    assert len(desk.titles()) == 20


def test_many_posts_that_only_move_stop_nothing(desk: Desk) -> None:
    paths = [desk.post_without_code(f"talks-{number:02}", body=f"Report {number}.") for number in range(30)]
    desk.publish()
    (desk.folder / "posts" / "2024").mkdir()
    for path in paths:
        path.rename(path.parent / "2024" / path.name)
    report = desk.publish(NOW + HOUR)
    assert (report.collected.new, report.collected.withdrawn) == (0, 0)


def test_a_folder_that_is_empty_and_was_not_stops_the_run_unless_forced(desk: Desk) -> None:
    path = desk.post("A1")
    desk.publish()
    path.unlink()
    with pytest.raises(PublisherError, match="is empty, and was not"):
        desk.publish(NOW + HOUR)
    assert desk.titles() == ["Title of A1"]
    with desk.open(NOW + HOUR) as publication:
        publication.force = True
        publication.run_feeds()
    assert desk.titles() == []


def test_several_sources_make_one_publication(desk: Desk) -> None:
    for folder, code in (("wire", "W1"), ("blog", "B1")):
        write_post(desk.folder / folder, code, language="", category="")
    sources = tuple(
        SourceSettings(name=name, directory=name, language=language, categories=(category,))
        for name, language, category in (("wire", "en", "WORLD"), ("blog", "th", "CULTURE"))
    )
    desk.configure("posts", sources=sources)
    desk.publish()
    assert desk.published("W1").post.path == "wire/W1.md"
    assert desk.titles("en/world") == ["Title of W1"]
    assert desk.titles("th/culture") == ["Title of B1"]
    desk.configure("posts", sources=sources[:1])
    assert desk.publish(NOW + HOUR).collected.withdrawn == 1


def test_many_new_posts_are_looked_up_together(desk: Desk) -> None:
    desk.post("A0")
    desk.collect()
    for number in range(1, 200):
        desk.post(f"A{number}")
    with desk.open(NOW + HOUR) as publication:
        asked: list[str] = []
        event.listen(publication.database.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
        assert publication.collect().new == 199
    assert len(asked) < 50


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
