"""Collecting: what each kind of change in the posts folder means."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from sqlalchemy import event

from publisher.content.sources import Library
from publisher.jobs.collect import collect
from publisher.model.errors import PublisherError
from publisher.settings import SourceSettings
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
