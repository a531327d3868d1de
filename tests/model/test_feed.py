"""Which feeds there are, which of them a change touches, and which posts make one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.change import Change, Kind
from publisher.model.feed import FeedKey, feeds_of, in_order, touched, within
from publisher.model.post import KnownPost, State
from tests.build import article, known


def _sections(post: KnownPost) -> list[str]:
    return [name.casefold() for name in post.post.categories]


@pytest.mark.parametrize(
    ("feed", "path"),
    [
        (FeedKey(), "feeds/all"),
        (FeedKey("world"), "feeds/world"),
        (FeedKey(None, "th"), "feeds/th/all"),
        (FeedKey("world", "th"), "feeds/th/world"),
    ],
)
def test_a_feed_stands_below_its_language_under_its_category(feed: FeedKey, path: str) -> None:
    assert feed.path == path


def test_a_post_stands_in_the_feeds_of_everything_its_categories_and_its_language() -> None:
    assert {feed.path for feed in feeds_of("th", ["world", "sport"])} == {
        "feeds/all",
        "feeds/world",
        "feeds/sport",
        "feeds/th/all",
        "feeds/th/world",
        "feeds/th/sport",
    }


def test_a_post_without_a_category_stands_in_the_feeds_of_everything() -> None:
    assert feeds_of("th", []) == {FeedKey(), FeedKey(None, "th")}


def test_a_post_that_changes_its_category_touches_the_feeds_of_both() -> None:
    change = Change(
        kind=Kind.EDITED, before=known(categories=("WORLD",)), after=known(categories=("SPORT",), language="th")
    )
    assert touched([change], _sections) == feeds_of("en", ["world"]) | feeds_of("th", ["sport"])


def test_a_new_post_touches_its_feeds() -> None:
    change = Change(kind=Kind.NEW, before=None, after=known())
    assert touched([change], _sections) == feeds_of("en", ["world"])


def test_a_post_that_is_withdrawn_touches_the_feeds_it_was_in() -> None:
    change = Change(kind=Kind.WITHDRAWN, before=known(), after=known(state=State.WITHDRAWN))
    assert touched([change], _sections) == feeds_of("en", ["world"])


@pytest.mark.parametrize("state", [State.DRAFT, State.FUTURE, State.WITHDRAWN])
def test_a_post_that_nobody_sees_touches_nothing(state: State) -> None:
    change = Change(kind=Kind.EDITED, before=known(state=state), after=known(state=state, title="Another"))
    assert touched([change], _sections) == set()


def test_a_post_that_stays_as_it_was_touches_nothing() -> None:
    assert touched([Change(kind=Kind.UNCHANGED, before=known(), after=known())], _sections) == set()


def test_a_feed_shows_the_newest_first_and_posts_of_one_moment_in_one_order() -> None:
    moment = datetime(2024, 11, 10, tzinfo=UTC)
    articles = [
        article("A", published=moment),
        article("B", published=moment + timedelta(hours=1)),
        article("C", published=moment),
    ]
    ordered = [each.code for each in in_order(articles)]
    assert ordered == [each.code for each in in_order(articles[::-1])]
    assert ordered[0] == "B"


def test_a_feed_keeps_one_post_however_large_it_is() -> None:
    large = article("A", html="x" * 10_000)
    assert within([large, article("B")], 100) == [large]


def test_a_feed_counts_bytes_as_xml_has_them() -> None:
    # Two entries of 3,000 characters: within 10,000 bytes as they are, above it as `&lt;` or in Thai.
    assert len(within([article(code, html="x" * 3000) for code in "AB"], 10_000)) == 2
    assert len(within([article(code, html="<" * 3000) for code in "AB"], 10_000)) == 1
    assert len(within([article(code, html="&" * 3000) for code in "AB"], 10_000)) == 1
    assert len(within([article(code, html="ก" * 3000) for code in "AB"], 10_000)) == 1


@given(st.lists(st.integers(0, 4000), max_size=12), st.integers(0, 20_000))
@settings(max_examples=100, deadline=None)
def test_a_feed_keeps_the_newest_that_fit_its_budget(sizes: list[int], budget: int) -> None:
    articles = [article(str(number), html="x" * size) for number, size in enumerate(sizes)]
    kept = within(articles, budget)
    assert kept == articles[: len(kept)]
    assert len(kept) >= min(1, len(articles))
    assert len(kept) <= 1 or sum(len(each.html) for each in kept) <= budget
    assert len(within(articles, budget + 5000)) >= len(kept)
