"""The id of a post is for good: whatever happens to it, readers know it again, and never take another one for it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from publisher.store import guids
from tests.build import NOW

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


def test_what_nobody_ever_saw_is_not_written_down(desk: Desk) -> None:
    desk.post("A1", draft="yes")
    desk.post("A2", date="2024-11-10T12:30:00Z")
    desk.publish()
    assert ledger(desk, "tag:news.example.org,2024:A1") == ledger(desk, "tag:news.example.org,2024:A2") == []
    desk.publish(NOW + HOUR)
    assert ledger(desk, "tag:news.example.org,2024:A2") == ["A2"]
