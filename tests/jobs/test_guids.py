"""The id of a post is for good: whatever happens to it, readers know it again, and never take another one for it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from publisher.model.change import Change, Kind
from publisher.model.post import State
from publisher.store import guids, posts
from tests.build import NOW, known

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jobs.conftest import Desk

HOUR = timedelta(hours=1)
ATOM = "{http://www.w3.org/2005/Atom}"
ID = "tag:news.example.org,2024:talks.md"


def said(desk: Desk, feed: str = "all") -> dict[str, list[tuple[str, str]]]:
    """The id of each entry and when it was published, as each format has it."""
    folder = desk.folder / "output/feeds"
    rss = etree.fromstring((folder / f"{feed}.rss").read_bytes())
    atom = etree.fromstring((folder / f"{feed}.atom").read_bytes())
    items = json.loads((folder / f"{feed}.json").read_bytes())["items"]
    return {
        "rss": [(item.findtext("guid") or "", item.findtext("pubDate") or "") for item in rss.iter("item")],
        "atom": [
            (entry.findtext(f"{ATOM}id") or "", entry.findtext(f"{ATOM}published") or "")
            for entry in atom.iter(f"{ATOM}entry")
        ],
        "json": [(item["id"], item["date_published"]) for item in items],
    }


def ledger(desk: Desk, entry_id: str = ID) -> list[str]:
    """The codes under which an id was written down."""
    with desk.open() as publication, publication.database.read() as connection:
        return [guid.code for guid in guids.known(connection, [entry_id]).get(entry_id, [])]


def give_code(path: Path, code: str) -> None:
    path.write_text(path.read_text("utf-8").replace("---\n", f'---\ncode: "{code}"\n', 1), "utf-8")


def change_code(desk: Desk, path: Path) -> None:
    give_code(path, "T1")


def rename_file(desk: Desk, path: Path) -> None:
    (path.parent / "2025").mkdir()
    path.rename(path.parent / "2025" / "other.md")


def edit_date(desk: Desk, path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace("2024-11-10T10:00:00Z", "2023-01-01T00:00:00Z"), "utf-8")


def move_category(desk: Desk, path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace("WORLD", "Sport"), "utf-8")


def change_language(desk: Desk, path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace('"en"', '"th"'), "utf-8")


def change_site(desk: Desk, path: Path) -> None:
    desk.configure("site", url="https://other.example.org/", title="Another Desk")


def change_authority(desk: Desk, path: Path) -> None:
    desk.configure("site", authority="other.example.org")


@pytest.mark.parametrize(
    "happen", [change_code, rename_file, edit_date, move_category, change_language, change_site, change_authority]
)
def test_the_id_and_the_date_of_an_entry_outlast_everything_in_all_formats(desk: Desk, happen: object) -> None:
    path = desk.post_without_code("talks")
    desk.publish()
    before = said(desk)
    assert [entry_id for entry_id, _ in before["rss"]] == [ID]
    assert callable(happen)
    happen(desk, path)
    desk.publish(NOW + HOUR)
    assert said(desk) == before


def test_a_post_that_comes_back_has_the_id_that_it_had(desk: Desk) -> None:
    desk.force = True
    path = desk.post("A1")
    desk.publish()
    before = said(desk)
    path.unlink()
    desk.publish(NOW + HOUR)
    assert said(desk)["json"] == []
    desk.post("A1", date="2024-11-10T11:00:00Z", category="Sport")
    desk.publish(NOW + 2 * HOUR)
    assert said(desk) == before
    assert ledger(desk, "tag:news.example.org,2024:A1") == ["A1"]


def test_a_new_code_of_a_post_is_written_down_beside_the_first(desk: Desk) -> None:
    path = desk.post_without_code("talks")
    desk.publish()
    assert ledger(desk) == ["talks.md"]
    give_code(path, "T1")
    desk.publish(NOW + HOUR)
    assert sorted(ledger(desk)) == ["T1", "talks.md"]
    desk.publish(NOW + 2 * HOUR)
    assert sorted(ledger(desk)) == ["T1", "talks.md"]


def test_a_new_post_at_the_path_of_one_that_got_a_code_and_moved_has_an_id_of_its_own(desk: Desk) -> None:
    path = desk.post_without_code("talks", body="The first report.")
    desk.publish()
    before = said(desk)
    give_code(path, "T1")
    desk.publish(NOW + HOUR)
    path.rename(path.with_name("moved.md"))
    desk.publish(NOW + 2 * HOUR)
    assert said(desk) == before
    desk.post_without_code("talks", body="Another report altogether.")
    desk.publish(NOW + 3 * HOUR)
    assert desk.published("T1").entry_id == ID
    assert desk.published("talks.md").entry_id == f"{ID}~2"
    assert sorted(entry_id for entry_id, _ in said(desk)["atom"]) == [ID, f"{ID}~2"]
    assert ledger(desk, f"{ID}~2") == ["talks.md"]
    # And so for each that comes after it.
    give_code(path.with_name("talks.md"), "T2")
    desk.publish(NOW + 4 * HOUR)
    path.with_name("talks.md").rename(path.with_name("moved-too.md"))
    desk.publish(NOW + 5 * HOUR)
    desk.post_without_code("talks", body="A third one.")
    desk.publish(NOW + 6 * HOUR)
    found = {code: desk.published(code).entry_id for code in ("T1", "T2", "talks.md")}
    assert found == {"T1": ID, "T2": f"{ID}~2", "talks.md": f"{ID}~3"}


def test_an_id_of_a_post_of_another_year_is_in_nobodys_way(desk: Desk) -> None:
    path = desk.post_without_code("talks", body="The first report.")
    desk.publish()
    give_code(path, "T1")
    desk.publish(NOW + HOUR)
    path.rename(path.with_name("moved.md"))
    desk.publish(NOW + 2 * HOUR)
    path = desk.post_without_code("talks", body="Another report altogether.")
    path.write_text(path.read_text("utf-8").replace("2024-11-10", "2023-11-10"), "utf-8")
    desk.publish(NOW + 3 * HOUR)
    assert desk.published("talks.md").entry_id == "tag:news.example.org,2023:talks.md"


def test_what_nobody_ever_saw_is_not_written_down(desk: Desk) -> None:
    desk.post("A1", draft="yes")
    desk.post("A2", date="2024-11-10T12:30:00Z")
    desk.publish()
    assert ledger(desk, "tag:news.example.org,2024:A1") == ledger(desk, "tag:news.example.org,2024:A2") == []
    desk.publish(NOW + HOUR)
    assert ledger(desk, "tag:news.example.org,2024:A2") == ["A2"]


def tombstones(desk: Desk, feed: str = "all") -> list[str]:
    """Which posts a feed says are withdrawn, as Atom and JSON have it alike."""
    folder = desk.folder / "output" / "feeds"
    document = json.loads((folder / f"{feed}.json").read_bytes())
    found = [(each["id"], each["when"]) for each in document.get("_publisher", {}).get("withdrawn", [])]
    names = [etree.QName(element).localname for element in etree.fromstring((folder / f"{feed}.atom").read_bytes())]
    # Before the entries: a reader that stops at those it has seen has read them.
    assert "deleted-entry" not in names or names.index("deleted-entry") < [*names, "entry"].index("entry")
    in_atom = etree.fromstring((folder / f"{feed}.atom").read_bytes()).iterfind(
        "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
    )
    assert [(each.get("ref"), each.get("when")) for each in in_atom] == found
    assert b"deleted-entry" not in (folder / f"{feed}.rss").read_bytes()
    return [entry_id.rpartition(":")[2] for entry_id, _ in found]


def test_a_withdrawn_post_is_named_in_the_feeds_that_had_it_until_it_returns(desk: Desk) -> None:
    path = desk.post("A1")
    desk.post("A2", language="th", category="Sport")
    desk.publish()
    text = path.read_text("utf-8")
    path.unlink()
    desk.publish(NOW + HOUR)
    assert {feed: tombstones(desk, feed) for feed in ("all", "en/world", "th/sport")} == {
        "all": ["A1"],
        "en/world": ["A1"],
        "th/sport": [],
    }
    assert (desk.titles(), desk.titles("world")) == (["Title of A2"], [])
    path.write_text(text, "utf-8")
    desk.publish(NOW + 2 * HOUR)
    assert (tombstones(desk), tombstones(desk, "en/world")) == ([], [])


def test_a_withdrawn_post_is_named_only_while_it_would_still_be_shown(desk: Desk) -> None:
    desk.configure("feeds", entries=2)
    for number in range(4):
        desk.post(f"A{number}", date=f"2024-11-0{number + 1}T10:00:00Z")
    desk.publish(NOW - 5 * 24 * HOUR)
    (desk.folder / "posts" / "A3.md").unlink()
    (desk.folder / "posts" / "A1.md").unlink()
    desk.publish(NOW)
    assert (desk.titles(), tombstones(desk)) == (["Title of A2", "Title of A0"], ["A1", "A3"])
    desk.post("A1", date="2024-11-02T10:00:00Z")
    desk.publish(NOW)
    assert (desk.titles(), tombstones(desk)) == (["Title of A2", "Title of A1"], ["A3"])
    for number in range(2):
        desk.post(f"B{number}")
    desk.post("B2", date="2024-11-10T09:00:00Z")
    desk.publish(NOW + HOUR)
    assert tombstones(desk) == []


def test_a_feed_names_the_fifty_that_were_withdrawn_last(desk: Desk) -> None:
    desk.post("A1")
    gone = [known(f"W{number:04}", state=State.WITHDRAWN, categories=()) for number in range(2_000)]
    with desk.open() as publication, publication.database.begin() as connection:
        posts.apply(connection, [Change(kind=Kind.WITHDRAWN, before=None, after=each) for each in gone])
    desk.publish()
    assert tombstones(desk) == [f"W{number:04}" for number in range(50)]
