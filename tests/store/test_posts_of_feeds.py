"""Which posts a feed may show, had shown, or has in its history; and which tell one story."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from publisher.model.archive import Page
from publisher.model.change import Change, Kind
from publisher.model.feed import FeedKey, Selection, Sieve
from publisher.model.post import Enclosure, Extras, KnownPost, Origin, RenderedBody, State
from publisher.store import archives, posts, schema
from publisher.store.database import CHUNK
from tests.build import NOW, changed, known

if TYPE_CHECKING:
    from publisher.store.database import Database

HOUR = timedelta(hours=1)
ALL = FeedKey()


def put(database: Database, *of: KnownPost) -> None:
    with database.begin() as connection:
        posts.apply(connection, [Change(kind=Kind.NEW, before=None, after=each) for each in of])


def dated(code: str, hours: int, **values: Any) -> KnownPost:
    return known(code, date=NOW + hours * HOUR, **values)


def selection(left_out: dict[str, frozenset[str]] | None = None, **taken: frozenset[str]) -> Selection:
    return Selection(name="asia", title="Asia", taken=Sieve(**taken), left_out=Sieve(**(left_out or {})))


SELECTIONS = [
    (selection(), ["D", "C", "B", "A"]),
    (selection(languages=frozenset({"th"})), ["C", "B"]),
    (selection(categories=frozenset({"con", "sport"})), ["D", "C"]),
    (selection(tags=frozenset({"น้ำท่วม"})), ["B", "A"]),
    (selection(authors=frozenset({"jane roe"})), ["D"]),
    (selection(languages=frozenset({"th"}), categories=frozenset({"con"})), ["C"]),
    (selection(left_out={"languages": frozenset({"th"})}), ["D", "A"]),
    (selection(left_out={"categories": frozenset({"con"})}, tags=frozenset({"น้ำท่วม"})), ["B", "A"]),
    (selection(left_out={"tags": frozenset({"น้ำท่วม"}), "authors": frozenset({"jane roe"})}), ["C"]),
]


@pytest.mark.parametrize(("chosen", "expected"), SELECTIONS)
def test_a_feed_by_hand_has_the_posts_that_its_selection_takes(
    database: Database, chosen: Selection, expected: list[str]
) -> None:
    several = [
        dated("A", 1, tags=("น้ำท่วม",)),
        dated("B", 2, tags=("น้ำท่วม", "b"), language="th"),
        # The slug of this category is `con-2`: a selection names it as the posts do.
        dated("C", 3, categories=("CON", "Sport"), language="th"),
        dated("D", 4, categories=("Sport",), authors=("Jane ROE",)),
    ]
    put(database, *several, dated("E", 5, state=State.DRAFT))
    with database.begin() as connection:
        assert [post.code for post in posts.newest(connection, chosen.key, 9, chosen)] == expected
        assert [post.code for post in posts.newest(connection, chosen.key, 1, chosen)] == expected[:1]
        assert posts.codes_in_feed(connection, chosen.key, "ABCDEF", chosen) == set(expected)
        assert posts.codes_in_feed(connection, chosen.key, expected[:1], chosen) == set(expected[:1])
        found = posts.unarchived(connection, chosen.key, chosen)
        assert dict(found) == {post.code: post.published for post in several if post.code in expected}
        for post in several:
            posts.apply(connection, [Change(kind=Kind.WITHDRAWN, before=post, after=_withdrawn(post))])
        gone = posts.withdrawn_since(connection, chosen.key, NOW, 9, chosen)
        assert [post.code for post in gone] == expected[::-1]


def _withdrawn(post: KnownPost, when: Any = NOW) -> KnownPost:
    return replace(post, state=State.WITHDRAWN, withdrawn=when)


def test_a_feed_by_hand_looks_through_more_posts_than_are_read_at_once(database: Database) -> None:
    tagged = dated("Z", 0, tags=("x",))
    put(database, tagged, *(dated(f"A{number}", 1) for number in range(CHUNK)))
    chosen = selection(tags=frozenset({"x"}))
    with database.read() as connection:
        assert posts.newest(connection, chosen.key, 5, chosen) == [tagged]


def test_a_feed_names_those_withdrawn_that_would_still_stand_in_it_the_latest_first(database: Database) -> None:
    late = replace(dated("late", -9), rank=NOW)
    put(
        database,
        _withdrawn(dated("old", -1), NOW + 5 * HOUR),
        _withdrawn(dated("edge", 0), NOW + 2 * HOUR),
        _withdrawn(late, NOW + HOUR),
        _withdrawn(dated("thai", 1, language="th"), NOW + 3 * HOUR),
        _withdrawn(dated("sport", 1, categories=("Sport",)), NOW + 3 * HOUR),
        dated("shown", 2),
    )

    def codes(key: FeedKey, limit: int = 9) -> list[str]:
        with database.read() as connection:
            return [post.code for post in posts.withdrawn_since(connection, key, NOW, limit)]

    assert codes(ALL) == ["sport", "thai", "edge", "late"]
    assert codes(ALL, 2) == ["sport", "thai"]
    assert codes(FeedKey("world")) == ["thai", "edge", "late"]
    assert codes(FeedKey("world", "en")) == ["edge", "late"]
    assert codes(FeedKey(None, "th")) == ["thai"]


def test_those_withdrawn_that_a_feed_by_hand_does_not_take_are_in_nobodys_way(database: Database) -> None:
    chosen = selection(tags=frozenset({"x"}))
    others = [_withdrawn(dated(f"B{number}", 1), NOW + HOUR) for number in range(CHUNK + 1)]
    put(database, *others, *(_withdrawn(dated(code, 1, tags=("x",))) for code in ("A1", "A2")))
    with database.read() as connection:
        assert [post.code for post in posts.withdrawn_since(connection, chosen.key, NOW, 1, chosen)] == ["A1"]


def test_posts_without_a_place_in_the_history_of_a_feed_are_listed_for_that_feed(database: Database) -> None:
    put(database, dated("A", 1), dated("B", 2), dated("C", 3, categories=("Sport",)), dated("D", 4, state=State.FUTURE))
    with database.begin() as connection:
        archives.place(connection, ALL, {"A": Page("2024-11")})
        assert sorted(posts.unarchived(connection, ALL)) == [("B", NOW + 2 * HOUR), ("C", NOW + 3 * HOUR)]
        assert sorted(posts.unarchived(connection, FeedKey("world"))) == [("A", NOW + HOUR), ("B", NOW + 2 * HOUR)]
        assert posts.unarchived(connection, FeedKey(None, "th")) == []


def test_any_number_of_posts_can_be_asked_whether_they_are_of_a_feed(database: Database) -> None:
    codes = [f"A{number}" for number in range(2 * CHUNK + 1)]
    put(database, *map(known, codes))
    with database.read() as connection:
        assert posts.codes_in_feed(connection, FeedKey("world"), [*codes, "nobody"]) == set(codes)
        assert posts.codes_in_feed(connection, FeedKey("sport"), codes) == set()


def test_it_is_known_whether_anything_is_translated(database: Database) -> None:
    put(database, known("A"))
    with database.read() as connection:
        assert not posts.anything_translated(connection)
    put(database, known("B", story="A"))
    with database.read() as connection:
        assert posts.anything_translated(connection)


def test_a_story_has_the_published_posts_that_name_it_and_the_one_whose_code_it_is(database: Database) -> None:
    put(
        database,
        known("B", story="A"),
        known("A"),
        known("C", story="น้ำท่วม"),
        known("D", story="A", state=State.DRAFT),
        known("E", story="A", state=State.WITHDRAWN),
        known("F"),
    )
    with database.read() as connection:
        assert [post.code for post in posts.of_stories(connection, ["A"])] == ["A", "B"]
        assert [post.code for post in posts.of_stories(connection, ["น้ำท่วม", "A", "nobody"])] == ["A", "B", "C"]
        assert posts.of_stories(connection, []) == []
        many = [str(number) for number in range(2 * CHUNK)]
        assert [post.code for post in posts.of_stories(connection, [*many, "A", "B"])] == ["A", "B"]


# Everything but what cannot be in a file's text once it is read: halves of characters, and NUL.
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
_MAYBE = st.none() | _TEXT
_SIZES = st.integers(1, 100_000)
_EXTRAS = st.builds(
    Extras,
    enclosures=st.lists(st.builds(Enclosure, _TEXT, _TEXT, st.none() | st.integers(0, 2**53), _MAYBE), max_size=3).map(
        tuple
    ),
    image_size=st.none() | st.tuples(_SIZES, _SIZES),
    rights=_MAYBE,
    replies=_MAYBE,
    source=st.none() | st.builds(Origin, _TEXT, _TEXT),
    image_alt=_MAYBE,
    correction=_MAYBE,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=_EXTRAS, story=_MAYBE)
def test_what_few_posts_say_comes_back_as_it_went_in(database: Database, said: Extras, story: str | None) -> None:
    before = known("A1", categories=(), extras=said, story=story)
    put(database, before)
    with database.read() as connection:
        assert posts.known(connection, ["A1"]) == {"A1": before}


def test_what_a_post_says_no_more_is_gone(database: Database) -> None:
    before = known("A1", extras=Extras(rights="CC BY"), story="A2")
    after = replace(before, post=changed(known("A1").post))
    put(database, before)
    with database.begin() as connection:
        posts.apply(connection, [Change(kind=Kind.EDITED, before=before, after=after)])
        assert posts.known(connection, ["A1"]) == {"A1": after}


def test_what_was_written_before_pictures_had_words_is_still_read(database: Database) -> None:
    before = known("A1", extras=Extras(rights="CC BY"))
    put(database, before)
    with database.begin() as connection:
        written = connection.scalar(select(schema.posts.c.extras))
        said = {name: value for name, value in json.loads(written or "").items() if name not in _LATER}
        connection.execute(update(schema.posts).values(extras=json.dumps(said)))
        assert posts.known(connection, ["A1"]) == {"A1": before}


_LATER = {"image_alt", "correction"}


@pytest.mark.parametrize("size", [None, (640, 480)])
@pytest.mark.parametrize("alt", [None, "Boats in a harbour"])
def test_size_and_words_of_the_picture_of_a_body_come_back(
    database: Database, size: tuple[int, int] | None, alt: str | None
) -> None:
    body = RenderedBody(
        html="", lead="", image="https://a.example.org/a.jpg", removed=(), image_size=size, image_alt=alt
    )
    put(database, known("A1"))
    with database.begin() as connection:
        posts.keep_rendered(connection, {"A1": ("key", body)})
        assert posts.rendered(connection, ["A1"]) == {"A1": ("key", body)}
