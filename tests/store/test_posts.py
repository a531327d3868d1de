"""Posts go in and come out as they were; feeds and digests choose the right ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from publisher.model.change import Change, Kind, withdraw
from publisher.model.edition import EditionState
from publisher.model.feed import FeedKey
from publisher.model.naming import entry_id, language_tag, slug
from publisher.model.post import KnownPost, Post, Removed, RenderedBody, State
from publisher.store import editions, posts
from publisher.store.database import CHUNK, Database
from tests.build import NOW, changed, known
from tests.store.test_editions import an_edition, freeze

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HOUR = timedelta(hours=1)


def new(post: KnownPost) -> Change:
    return Change(kind=Kind.NEW, before=None, after=post)


def edit(before: KnownPost, after: KnownPost) -> Change:
    return Change(kind=Kind.EDITED, before=before, after=after)


def apply(database: Database, *changes: Change) -> None:
    with database.begin() as connection:
        posts.apply(connection, changes)


def _known(database: Database, *codes: str) -> dict[str, KnownPost]:
    with database.read() as connection:
        return posts.known(connection, codes)


def _slugs(database: Database) -> dict[str, str]:
    with database.read() as connection:
        return posts.section_slugs(connection)


def _newest(database: Database, feed: FeedKey | None = None, limit: int = 50) -> list[str]:
    with database.read() as connection:
        return [post.code for post in posts.newest(connection, feed or FeedKey(), limit)]


# Everything but what cannot be in a file's text once it is read: halves of characters, and NUL.
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
_WORDS = st.lists(_TEXT, max_size=3).map(tuple)
_CATEGORIES = st.lists(_TEXT.filter(lambda name: bool(slug(name))), max_size=3, unique_by=slug).map(tuple)
_MOMENTS = st.datetimes(timezones=st.just(UTC))
_LANGUAGES = st.sampled_from(["th", "en", "zh-hant-tw"])


@st.composite
def _posts(draw: st.DrawFn) -> KnownPost:
    code = draw(_TEXT.filter(bool))
    post = Post(
        code=code,
        own_code=draw(st.booleans()),
        path=draw(_TEXT),
        title=draw(_TEXT),
        description=draw(_TEXT),
        language=draw(_LANGUAGES),
        categories=draw(_CATEGORIES),
        tags=draw(_WORDS),
        authors=draw(_WORDS),
        origin_url=draw(st.none() | _TEXT),
        image=draw(st.none() | _TEXT),
        date=draw(st.none() | _MOMENTS),
        updated=draw(st.none() | _MOMENTS),
        draft=draw(st.booleans()),
        body_hash=draw(st.text("0123456789abcdef", min_size=32, max_size=32)),
    )
    return KnownPost(
        post=post,
        state=draw(st.sampled_from(State)),
        collected=draw(_MOMENTS),
        entry_id=draw(st.none() | st.just(entry_id("news.example.org", 2024, code))),
        published=draw(st.none() | _MOMENTS),
        updated=draw(st.none() | _MOMENTS),
        rank=draw(st.none() | _MOMENTS),
        withdrawn=draw(st.none() | _MOMENTS),
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=st.lists(_posts(), min_size=1, max_size=4, unique_by=lambda post: post.code))
@example(
    batch=[
        known(
            "ข่าว/๒๕๖๗-น้ำท่วม",
            title="น้ำท่วมเชียงใหม่ 👩🏽‍🚒 “ไม่ไหวแล้ว”",
            categories=("ต่างประเทศ", "CON", "Straße"),
            tags=("🌊", "e\u0301", "\u202eabc"),
            date=datetime(1, 1, 1, tzinfo=UTC),
            updated=datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        )
    ]
)
def test_every_field_comes_back_as_it_went_in(database: Database, batch: list[KnownPost]) -> None:
    apply(database, *map(new, batch))
    found = _known(database, *(post.code for post in batch))
    assert found == {post.code: post for post in batch}
    assert all(post.collected.tzinfo is UTC for post in found.values())


def test_the_zone_of_a_moment_does_not_matter_to_the_store(database: Database) -> None:
    there = datetime.fromisoformat("2024-11-10T17:26:23.000001+07:00")
    apply(database, new(known("A1", date=there)))
    found = _known(database, "A1")["A1"].post.date
    assert found is not None
    assert (found, found.tzinfo) == (there, UTC)


@pytest.mark.parametrize("length", [1, 5, 20])
def test_any_language_that_is_let_in_can_be_stored(database: Database, length: int) -> None:
    let_in = language_tag("en-" + "-".join(["variant1"] * length)) or "en"
    apply(database, new(known("A1", language=let_in)))
    assert _newest(database, FeedKey(None, let_in)) == ["A1"]


def test_more_posts_than_one_statement_takes_come_back(database: Database) -> None:
    many = [known(f"A{number}") for number in range(CHUNK + 1)]
    apply(database, *map(new, many))
    assert _known(database, *(post.code for post in many)) == {post.code: post for post in many}
    assert len(_newest(database, FeedKey("world"), CHUNK * 2)) == CHUNK + 1


def test_a_post_that_nobody_knows_is_missing(database: Database) -> None:
    apply(database, new(known("A1")))
    assert set(_known(database, "A1", "A2")) == {"A1"}


def test_a_post_is_found_by_the_path_that_it_has_now(database: Database) -> None:
    before = known("A1", path="old.md")
    after = replace(before, post=changed(before.post, path="new.md"))
    apply(database, new(before))
    apply(database, edit(before, after))
    with database.read() as connection:
        assert posts.by_path(connection, "new.md") == after
        assert posts.by_path(connection, "old.md") is None


def test_an_edit_replaces_every_field(database: Database) -> None:
    before = known("A1")
    after = known(
        "A1", path="b.md", title="Another", description="", language="th", tags=("t",), authors=("A. Writer",)
    )
    after = replace(after, updated=NOW, rank=NOW)
    apply(database, new(before))
    apply(database, edit(before, after))
    assert _known(database, "A1") == {"A1": after}


def test_a_withdrawn_post_stays_known_and_stands_in_no_feed(database: Database) -> None:
    before = known("A1")
    apply(database, new(before), new(known("A2")))
    gone = withdraw(before, now=NOW)
    apply(database, gone)
    assert _known(database, "A1") == {"A1": gone.after}
    assert _newest(database) == _newest(database, FeedKey("world")) == ["A2"]


def test_a_post_that_is_forgotten_is_gone_with_all_that_hung_on_it(database: Database) -> None:
    draft = known("A1", state=State.DRAFT)
    apply(database, new(draft))
    with database.begin() as connection:
        posts.keep_rendered(connection, {"A1": ("key", BODY)})
    apply(database, withdraw(draft, now=NOW))
    assert _known(database, "A1") == {}
    with database.read() as connection:
        assert posts.rendered(connection, ["A1"]) == {}
    # It may come again, in another category, as if it had never been.
    apply(database, new(known("A1", categories=("Sport",))))
    assert _newest(database, FeedKey("sport")) == ["A1"]
    assert _newest(database, FeedKey("world")) == []


def test_a_change_that_changes_nothing_writes_nothing(database: Database) -> None:
    stored, told = known("A1"), known("A1", title="Never written")
    apply(database, new(stored))
    apply(database, Change(kind=Kind.UNCHANGED, before=told, after=told))
    assert _known(database, "A1") == {"A1": stored}


def test_a_post_that_moves_to_another_category_leaves_the_one_before(database: Database) -> None:
    before = known("A1", categories=("WORLD", "Sport"))
    after = replace(before, post=changed(before.post, categories=("Sport", "Money")))
    apply(database, new(before))
    apply(database, edit(before, after))
    assert {name: _newest(database, FeedKey(name)) for name in ("world", "sport", "money")} == {
        "world": [],
        "sport": ["A1"],
        "money": ["A1"],
    }


def test_posts_are_counted_by_state(database: Database) -> None:
    with database.read() as connection:
        assert posts.count_by_state(connection) == dict.fromkeys(State, 0)
    states = [State.PUBLISHED, State.PUBLISHED, State.DRAFT, State.WITHDRAWN, State.FUTURE]
    apply(database, *(new(known(f"A{number}", state=state)) for number, state in enumerate(states)))
    with database.read() as connection:
        assert posts.count_by_state(connection) == {"published": 2, "draft": 1, "future": 1, "withdrawn": 1}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["WORLD"], {"world": "world"}),
        (["WORLD", "World", "world "], {"world": "world"}),
        (["ต่างประเทศ"], {"ต่างประเทศ": "ต่างประเทศ"}),
        (["All"], {"all": "all-2"}),
        (["archive", "CON", "LPT1"], {"archive": "archive-2", "con": "con-2", "lpt1": "lpt1-2"}),
        (["con 2", "con"], {"con-2": "con-2", "con": "con-3"}),
        (["con", "con 2"], {"con": "con-2", "con-2": "con-2-2"}),
    ],
)
def test_a_category_gets_its_slug_when_it_is_first_seen(
    database: Database, names: Sequence[str], expected: dict[str, str]
) -> None:
    for number, name in enumerate(names):
        apply(database, new(known(f"A{number}", categories=(name,))))
    assert _slugs(database) == expected
    for name in names:
        assert "A" + str(names.index(name)) in _newest(database, FeedKey(expected[slug(name)]))


def test_a_slug_stays_whatever_comes_later(database: Database) -> None:
    first = known("A1", categories=("Con",))
    apply(database, new(first))
    apply(database, new(known("A2", categories=("con 2", "CON"))))
    apply(database, edit(first, replace(first, post=changed(first.post, categories=()))))
    apply(database, new(known("A3", categories=("cOn",))))
    assert _slugs(database) == {"con": "con-2", "con-2": "con-2-2"}
    assert _newest(database, FeedKey("con-2")) == ["A3", "A2"]


def test_the_name_that_was_used_first_is_the_one_that_is_shown(database: Database) -> None:
    later = known("A1", categories=("World",), date=NOW)
    earlier = known("A2", categories=("WORLD",), date=NOW - HOUR)
    apply(database, new(later), new(earlier))
    apply(database, new(known("A3", categories=("world",), date=NOW - 2 * HOUR)))
    with database.read() as connection:
        assert posts.section_names(connection) == {"world": "WORLD"}


def _ranked(code: str, rank: int, published: int) -> KnownPost:
    return replace(known(code), rank=NOW + rank * HOUR, published=NOW + published * HOUR)


@pytest.mark.parametrize(
    "expected",
    [
        pytest.param([_ranked("A", 3, 1), _ranked("B", 2, 2), _ranked("C", 1, 1)], id="rank, not date"),
        pytest.param([_ranked("B", 1, 1), _ranked("A", 1, 0)], id="of one rank the later date"),
        pytest.param([_ranked("a", 1, 1), _ranked("B", 1, 1), _ranked("A", 1, 1)], id="of one moment the code"),
        pytest.param([_ranked("ข", 1, 1), _ranked("a", 1, 1), _ranked("Z", 1, 1)], id="codes as bytes, not as words"),
    ],
)
def test_a_feed_has_the_first_by_rank(database: Database, expected: list[KnownPost]) -> None:
    codes = [post.code for post in expected]
    apply(database, *map(new, reversed(expected)))
    assert _newest(database) == codes
    assert _newest(database, limit=1) == codes[:1]


def test_a_feed_has_published_posts_of_its_category_and_language_only(database: Database) -> None:
    apply(
        database,
        new(known("world-en", date=NOW)),
        new(known("world-th", language="th", date=NOW - HOUR)),
        new(known("sport-en", categories=("Sport",), date=NOW - 2 * HOUR)),
        new(known("none-th", categories=(), language="th", date=NOW - 3 * HOUR)),
        *(new(known(f"not-{state}", state=state)) for state in State if state is not State.PUBLISHED),
    )
    assert _newest(database) == ["world-en", "world-th", "sport-en", "none-th"]
    assert _newest(database, FeedKey("world")) == ["world-en", "world-th"]
    assert _newest(database, FeedKey(None, "th")) == ["world-th", "none-th"]
    assert _newest(database, FeedKey("world", "en")) == ["world-en"]


def test_a_post_is_due_when_its_date_has_come(database: Database) -> None:
    waiting = [known(f"A{hours}", state=State.FUTURE, date=NOW + hours * HOUR) for hours in (-1, 0, 1)]
    apply(database, *map(new, waiting), new(known("B", date=NOW)), new(known("C", state=State.DRAFT, date=NOW)))
    with database.read() as connection:
        assert {post.code for post in posts.due(connection, NOW)} == {"A-1", "A0"}


def _candidates(database: Database, digest: str = "world", language: str = "en") -> set[str]:
    with database.read() as connection:
        return {post.code for post in posts.candidates(connection, digest, "world", language, NOW)}


def test_candidates_are_published_posts_of_the_category_and_language_up_to_now(database: Database) -> None:
    apply(
        database,
        new(known("now", date=NOW)),
        new(known("old", date=NOW - 10_000 * HOUR)),
        new(known("both", categories=("Sport", "WORLD"))),
        new(known("later", date=NOW + HOUR)),
        new(known("sport", categories=("Sport",))),
        new(known("thai", language="th")),
        *(new(known(f"not-{state}", state=state)) for state in State if state is not State.PUBLISHED),
    )
    assert _candidates(database) == {"now", "old", "both"}


def _freeze(database: Database, codes: Iterable[str], digest: str = "world") -> str:
    edition = an_edition(digest=digest, language="en")
    with database.begin() as connection:
        freeze(connection, edition, codes)
    return edition.id


def test_no_post_is_a_candidate_of_one_digest_twice(database: Database) -> None:
    apply(database, *(new(known(code)) for code in ("A1", "A2", "A3")))
    _freeze(database, ["A1", "A2"])
    assert _candidates(database) == {"A3"}
    assert _candidates(database, "weekly") == {"A1", "A2", "A3"}
    _freeze(database, ["A1"], "weekly")
    assert _candidates(database) == {"A3"}


def test_only_a_cancelled_edition_gives_its_posts_back(database: Database) -> None:
    apply(database, new(known("A1")))
    edition = _freeze(database, ["A1"])
    for state in EditionState:
        with database.begin() as connection:
            editions.move(connection, edition, [*EditionState], state)
        assert _candidates(database) == ({"A1"} if state is EditionState.CANCELLED else set())


BODY = RenderedBody(
    html="<p>น้ำท่วม 🌊 & <b>more</b></p>",
    lead="น้ำท่วม 🌊",
    image="https://wire.example.com/1.jpg",
    removed=(Removed(rule="advertisement", text='"ad"\n'), Removed(rule="script", text="ข่าว")),
)


@pytest.mark.parametrize("body", [BODY, RenderedBody(html="", lead="", image=None, removed=())])
def test_a_rendered_body_comes_back_with_its_key(database: Database, body: RenderedBody) -> None:
    apply(database, new(known("A1")), new(known("A2")))
    with database.begin() as connection:
        posts.keep_rendered(connection, {"A1": ("key", body)})
    with database.read() as connection:
        assert posts.rendered(connection, ["A1", "A2"]) == {"A1": ("key", body)}


def test_a_rendering_takes_the_place_of_the_one_before(database: Database) -> None:
    apply(database, new(known("A1")))
    second = replace(BODY, html="<p>Second</p>", image=None, removed=())
    with database.begin() as connection:
        posts.keep_rendered(connection, {})
        posts.keep_rendered(connection, {"A1": ("one", BODY)})
        posts.keep_rendered(connection, {"A1": ("two", second)})
        assert posts.rendered(connection, ["A1"]) == {"A1": ("two", second)}


def test_a_post_with_another_code_keeps_everything_that_is_known_of_it(database: Database) -> None:
    before = known("talks.md", own_code=False, categories=("WORLD", "CULTURE"))
    body = RenderedBody(html="<p>x</p>", lead="x", image=None, removed=())
    apply(database, new(before), new(known("A2")))
    with database.begin() as connection:
        posts.keep_rendered(connection, {"talks.md": ("key", body)})
        freeze(connection, an_edition(), ["talks.md", "A2"])
        posts.rename(connection, "talks.md", "T1")
    after = replace(before, post=replace(before.post, code="T1"))
    assert _known(database, "T1", "talks.md") == {"T1": after}
    assert _newest(database, FeedKey("culture")) == ["T1"]
    with database.read() as connection:
        assert posts.rendered(connection, ["T1", "talks.md"]) == {"T1": ("key", body)}
        assert editions.with_post(connection, "T1") == [an_edition().id]
        assert editions.with_post(connection, "talks.md") == []
