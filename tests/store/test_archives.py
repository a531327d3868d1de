"""The pages of complete history: posts stay where they were put, and pages are stale until they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.model.archive import Page
from publisher.model.change import Change, Kind, withdraw
from publisher.model.feed import FeedKey
from publisher.store import archives, posts
from publisher.store.database import CHUNK
from tests.build import NOW, known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from publisher.store.database import Database, Transaction

ALL, WORLD, THAI = FeedKey(), FeedKey("world"), FeedKey("ต่างประเทศ", "th")
OCTOBER, NOVEMBER, SECOND, TENTH = Page("2024-10"), Page("2024-11"), Page("2024-11", 2), Page("2024-11", 10)


def publish(connection: Transaction, codes: Iterable[str]) -> None:
    posts.apply(connection, [Change(kind=Kind.NEW, before=None, after=known(code)) for code in codes])


def test_pages_are_listed_oldest_first_with_what_is_stale(database: Database) -> None:
    with database.begin() as connection:
        assert archives.pages(connection, ALL) == {}
        archives.mark(connection, ALL, [TENTH, SECOND, OCTOBER], stale=True)
        archives.mark(connection, ALL, [NOVEMBER, SECOND], stale=False)
        archives.mark(connection, ALL, [], stale=True)
        assert list(archives.pages(connection, ALL).items()) == [
            (OCTOBER, True),
            (NOVEMBER, False),
            (SECOND, False),
            (TENTH, True),
        ]
        assert archives.pages(connection, WORLD) == {}


def test_posts_stand_on_the_page_they_were_put_on(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, ["A1", "A2", "A3"])
        archives.place(connection, THAI, {"A2": NOVEMBER, "A1": NOVEMBER, "A3": SECOND})
        archives.place(connection, ALL, {"A1": OCTOBER})
        archives.place(connection, ALL, {})
        assert archives.members(connection, THAI, NOVEMBER) == ["A1", "A2"]
        assert archives.members(connection, THAI, SECOND) == ["A3"]
        assert archives.members(connection, THAI, OCTOBER) == archives.members(connection, WORLD, NOVEMBER) == []
        assert archives.page_of(connection, THAI, "A3") == SECOND
        assert archives.page_of(connection, ALL, "A1") == OCTOBER
        assert archives.page_of(connection, ALL, "A3") is None


def test_posts_of_each_page_are_counted_and_a_page_without_any_has_none(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, ["A1", "A2", "A3"])
        archives.mark(connection, ALL, [OCTOBER, NOVEMBER, SECOND], stale=True)
        archives.place(connection, ALL, {"A1": NOVEMBER, "A2": NOVEMBER, "A3": SECOND})
        archives.place(connection, WORLD, {"A1": NOVEMBER})
        assert archives.filled(connection, ALL) == {OCTOBER: 0, NOVEMBER: 2, SECOND: 1}
        archives.leave(connection, ALL, ["A1", "A2", "nobody"])
        assert archives.filled(connection, ALL) == {OCTOBER: 0, NOVEMBER: 0, SECOND: 1}
        assert archives.filled(connection, WORLD) == {NOVEMBER: 1}


def test_a_post_that_is_withdrawn_keeps_its_place_and_counts(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, ["A1"])
        archives.mark(connection, ALL, [NOVEMBER], stale=False)
        archives.place(connection, ALL, {"A1": NOVEMBER})
        posts.apply(connection, [withdraw(known("A1"), now=NOW)])
        assert archives.filled(connection, ALL) == {NOVEMBER: 1}


def test_a_changed_post_makes_its_page_stale_in_every_feed_and_no_other(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, ["A1", "A2"])
        for key in (ALL, THAI):
            archives.mark(connection, key, [OCTOBER, NOVEMBER, SECOND], stale=False)
        archives.place(connection, ALL, {"A1": NOVEMBER, "A2": OCTOBER})
        archives.place(connection, THAI, {"A1": SECOND, "A2": OCTOBER})
        archives.mark_stale(connection, [])
        archives.mark_stale(connection, ["A1", "nobody"])
        assert [page for page, stale in archives.pages(connection, ALL).items() if stale] == [NOVEMBER]
        assert [page for page, stale in archives.pages(connection, THAI).items() if stale] == [SECOND]


def test_every_page_can_be_made_stale_at_once(database: Database) -> None:
    with database.begin() as connection:
        for key in (ALL, WORLD):
            archives.mark(connection, key, [OCTOBER, NOVEMBER], stale=False)
        archives.mark_all_stale(connection)
        assert set((archives.pages(connection, ALL) | archives.pages(connection, WORLD)).values()) == {True}


def test_it_is_known_whether_any_feed_has_history(database: Database) -> None:
    with database.begin() as connection:
        assert not archives.anything(connection)
        archives.mark(connection, THAI, [NOVEMBER], stale=False)
        assert archives.anything(connection)


def test_a_post_that_gets_another_code_stays_where_it_stands(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, ["talks.md"])
        archives.place(connection, ALL, {"talks.md": NOVEMBER})
        posts.rename(connection, "talks.md", "T1")
        assert archives.members(connection, ALL, NOVEMBER) == ["T1"]


def test_any_number_of_posts_can_change_or_leave(database: Database) -> None:
    codes = [f"A{number}" for number in range(2 * CHUNK + 1)]
    with database.begin() as connection:
        publish(connection, codes)
        archives.place(connection, ALL, dict.fromkeys(codes, OCTOBER) | {codes[-1]: NOVEMBER})
        archives.mark(connection, ALL, [OCTOBER, NOVEMBER], stale=False)
        archives.mark_stale(connection, codes)
        assert set(archives.pages(connection, ALL).values()) == {True}
        archives.leave(connection, ALL, codes)
        assert archives.filled(connection, ALL) == {OCTOBER: 0, NOVEMBER: 0}
