"""What was seen of each file is remembered until it is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from publisher.store import sources
from publisher.store.database import CHUNK
from publisher.store.sources import Remembered
from tests.build import NOW

if TYPE_CHECKING:
    from publisher.store.database import Database

GOOD = Remembered("ข่าว/a.md", "1 2 3 4", settled=True, code="A1")
BAD = Remembered("b.md", "5 6 7 8", settled=False, code=None, line=3, reason="has no title", quarantined_at=NOW)


def test_a_file_comes_back_as_it_was_seen(database: Database) -> None:
    with database.begin() as connection:
        sources.remember(connection, [GOOD, BAD])
    with database.read() as connection:
        assert sources.known(connection, [GOOD.path, BAD.path, "c.md"]) == {GOOD.path: GOOD, BAD.path: BAD}
        assert sources.find(connection, BAD.path) == BAD
        assert sources.find(connection, "c.md") is None
        assert sources.count(connection) == 2


def test_a_file_that_can_be_read_again_leaves_the_quarantine(database: Database) -> None:
    with database.begin() as connection:
        sources.remember(connection, [GOOD.rejected(2, "has no date", NOW), BAD])
        assert [file.path for file in sources.quarantine(connection)] == [BAD.path, GOOD.path]
        sources.remember(connection, [GOOD])
        assert sources.quarantine(connection) == [BAD]
        assert sources.find(connection, GOOD.path) == GOOD


def test_a_rejected_file_keeps_the_post_it_was() -> None:
    rejected = GOOD.rejected(2, "has no date", NOW)
    assert rejected == Remembered(GOOD.path, GOOD.stamp, True, "A1", 2, "has no date", NOW)


def test_files_that_are_gone_are_forgotten_however_many(database: Database) -> None:
    many = [Remembered(f"{number}.md", "", settled=True, code=None) for number in range(CHUNK + 1)]
    with database.begin() as connection:
        sources.remember(connection, [*many, GOOD])
        sources.forget(connection, {file.path for file in many} | {"never.md"})
        sources.forget(connection, [])
        sources.remember(connection, [])
    with database.read() as connection:
        assert sources.stamps(connection) == {GOOD.path: GOOD.stamp}


def test_a_stamp_is_kept_of_what_need_not_be_read_again(database: Database) -> None:
    unsettled = Remembered("c.md", "9 9 9 9", settled=False, code="C1")
    published = replace(GOOD, path="d.md").rejected(1, "is nested too deeply", NOW)
    nobody = Remembered("e.md", "7 7 7 7", settled=True, code=None, line=1, reason="has the code 'A1' of a.md")
    with database.begin() as connection:
        sources.remember(connection, [GOOD, BAD, unsettled, published, nobody])
        assert sources.stamps(connection) == {
            GOOD.path: GOOD.stamp,
            published.path: published.stamp,
            BAD.path: "",
            unsettled.path: "",
            nobody.path: "",
        }
