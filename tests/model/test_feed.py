"""Which feeds there are, which of them a change touches, and which posts make one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.change import Change, Kind
from publisher.model.feed import FeedKey, Selection, Sieve, feeds_of, in_order, touched, within
from publisher.model.naming import RESERVED, language_tag, slug
from publisher.model.post import KnownPost, State
from tests.build import article, known, post


def _sections(of: KnownPost) -> list[str]:
    return [name.casefold() for name in of.post.categories]


@pytest.mark.parametrize(
    ("feed", "path"),
    [
        (FeedKey(), "feeds/all"),
        (FeedKey("world"), "feeds/world"),
        (FeedKey(None, "th"), "feeds/th/all"),
        (FeedKey("world", "th"), "feeds/th/world"),
        (FeedKey(extra="asia"), "feeds/extra/asia"),
    ],
)
def test_a_feed_stands_below_its_language_under_its_category(feed: FeedKey, path: str) -> None:
    assert feed.path == path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("all", FeedKey()),
        (" ALL ", FeedKey()),
        ("WORLD", FeedKey("world")),
        ("Sport & Spiel", FeedKey("sport-spiel")),
        ("th/all", FeedKey(None, "th")),
        ("th/world", FeedKey("world", "th")),
        ("zh_CN/World", FeedKey("world", "zh-cn")),
        ("th/ต่างประเทศ", FeedKey("ต่างประเทศ", "th")),
        ("extra/asia", FeedKey(extra="asia")),
        ("extra/all", FeedKey(extra="all")),
        ("extra", FeedKey("extra")),
    ],
)
def test_a_feed_is_found_by_its_name_however_that_is_written(name: str, expected: FeedKey) -> None:
    assert FeedKey.named(name) == expected


@pytest.mark.parametrize(
    "name", ["", " ", "!", "/", "/world", "th/", "th/!", "t/world", "a/b/c", "../all", "all/world"]
)
def test_a_name_that_names_no_feed_finds_none(name: str) -> None:
    assert FeedKey.named(name) is None


_SLUGS = st.text(max_size=30).map(slug).filter(bool)
_TAGS = st.sampled_from(["th", "en-gb", "zh-hant-tw"]) | st.text("abcdefgh-", max_size=9).filter(
    lambda name: language_tag(name) == name
)


@given(
    st.builds(FeedKey, st.none() | _SLUGS.filter(lambda name: name not in RESERVED), st.none() | _TAGS)
    | st.builds(FeedKey, extra=_SLUGS)
)
@settings(max_examples=200, deadline=None)
def test_every_feed_is_found_by_the_name_that_its_path_ends_in(key: FeedKey) -> None:
    assert FeedKey.named(key.name) == key
    assert key.path == f"feeds/{key.name}"


def _selection(taken: dict[str, set[str]], left_out: dict[str, set[str]] | None = None) -> Selection:
    taken_sieve, left_out_sieve = (
        Sieve(**{name: frozenset(values) for name, values in said.items()}) for said in (taken, left_out or {})
    )
    return Selection(name="asia", title="Asia", taken=taken_sieve, left_out=left_out_sieve)


_ABOUT_FLOODS = post(
    language="th",
    categories=("WORLD", "ต่างประเทศ"),
    tags=("น้ำท่วม", "R&D", "Breaking News"),
    authors=("สมชาย ใจดี", "Jane ROE"),
)
_MATCHING = [
    ("languages", "th"),
    ("categories", "world"),
    ("categories", "ต่างประเทศ"),
    ("tags", "น้ำท่วม"),
    ("tags", "r-d"),
    ("tags", "breaking-news"),
    ("authors", "สมชาย ใจดี"),
    ("authors", "jane roe"),
]
_OTHERS = {"languages": "en", "categories": "sport", "tags": "น้ำ", "authors": "jane"}


@pytest.mark.parametrize(("trait", "value"), _MATCHING)
def test_a_selection_takes_what_matches_any_of_a_list_and_nothing_else(trait: str, value: str) -> None:
    other = _OTHERS[trait]
    assert _selection({trait: {value}}).takes(_ABOUT_FLOODS)
    assert _selection({trait: {value, other}}).takes(_ABOUT_FLOODS)
    assert not _selection({trait: {other}}).takes(_ABOUT_FLOODS)


@pytest.mark.parametrize(("trait", "value"), _MATCHING)
def test_a_selection_leaves_out_what_matches_any_exclusion_whatever_else_it_takes(trait: str, value: str) -> None:
    other = _OTHERS[trait]
    assert _selection({}, {trait: {other}}).takes(_ABOUT_FLOODS)
    assert not _selection({}, {trait: {value, other}}).takes(_ABOUT_FLOODS)
    assert not _selection({trait: {value}}, {trait: {value}}).takes(_ABOUT_FLOODS)


@pytest.mark.parametrize("missed", sorted(_OTHERS))
def test_a_selection_wants_every_list_that_it_has_to_match(missed: str) -> None:
    wanted = {trait: {value} for trait, value in _MATCHING}
    assert _selection(wanted).takes(_ABOUT_FLOODS)
    assert not _selection(wanted | {missed: {_OTHERS[missed]}}).takes(_ABOUT_FLOODS)


def test_a_selection_that_asks_for_nothing_takes_everything() -> None:
    assert _selection({}).takes(post(categories=(), tags=(), authors=()))


def test_a_selection_is_a_feed_of_its_own() -> None:
    assert _selection({}).key == FeedKey(extra="asia")


def test_a_post_stands_in_the_feeds_by_hand_that_take_it_too() -> None:
    floods, sport = _selection({"tags": {"น้ำท่วม"}}), _selection({"categories": {"sport"}})
    plain = feeds_of(_ABOUT_FLOODS, ["world"])
    assert feeds_of(_ABOUT_FLOODS, ["world"], [floods]) == plain | {FeedKey(extra="asia")}
    assert feeds_of(_ABOUT_FLOODS, ["world"], [sport]) == plain


def test_each_of_many_changed_posts_touches_the_feeds_by_hand_that_take_it() -> None:
    first, second = known("A1"), known("A2", tags=("น้ำท่วม",))
    changes = [Change(kind=Kind.NEW, before=None, after=after) for after in (first, second)]
    floods = _selection({"tags": {"น้ำท่วม"}})
    assert touched(changes, _sections, [floods]) == feeds_of(post(), ["world"]) | {floods.key}
    assert touched(changes[:1], _sections, [floods]) == feeds_of(post(), ["world"])


def test_a_post_that_loses_its_tag_touches_the_feed_by_hand_that_it_leaves() -> None:
    change = Change(kind=Kind.EDITED, before=known(tags=("x",)), after=known(tags=()))
    assert FeedKey(extra="asia") in touched([change], _sections, [_selection({"tags": {"x"}})])


def test_a_post_stands_in_the_feeds_of_everything_its_categories_and_its_language() -> None:
    assert {feed.path for feed in feeds_of(post(language="th"), ["world", "sport"])} == {
        "feeds/all",
        "feeds/world",
        "feeds/sport",
        "feeds/th/all",
        "feeds/th/world",
        "feeds/th/sport",
    }


def test_a_post_without_a_category_stands_in_the_feeds_of_everything() -> None:
    assert feeds_of(post(language="th"), []) == {FeedKey(), FeedKey(None, "th")}


def test_a_post_that_changes_its_category_touches_the_feeds_of_both() -> None:
    change = Change(
        kind=Kind.EDITED, before=known(categories=("WORLD",)), after=known(categories=("SPORT",), language="th")
    )
    assert touched([change], _sections) == feeds_of(post(), ["world"]) | feeds_of(post(language="th"), ["sport"])


def test_a_new_post_touches_its_feeds() -> None:
    change = Change(kind=Kind.NEW, before=None, after=known())
    assert touched([change], _sections) == feeds_of(post(), ["world"])


def test_a_post_that_is_withdrawn_touches_the_feeds_it_was_in() -> None:
    change = Change(kind=Kind.WITHDRAWN, before=known(), after=known(state=State.WITHDRAWN))
    assert touched([change], _sections) == feeds_of(post(), ["world"])


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


def test_a_feed_counts_bytes_and_not_characters_and_bodies_only_where_it_shows_them() -> None:
    assert len(within([article(code, html="x" * 4000) for code in "AB"], 10_000)) == 2
    thai = [article(code, html="ก" * 4000) for code in "AB"]
    assert len(within(thai, 10_000)) == 1
    assert len(within(thai, 10_000, full=False)) == 2
    assert len(within([article(code, summary="ก" * 4000) for code in "AB"], 10_000, full=False)) == 1


@given(st.lists(st.integers(0, 4000), max_size=12), st.integers(0, 20_000))
@settings(max_examples=100, deadline=None)
def test_a_feed_keeps_the_newest_that_fit_its_budget(sizes: list[int], budget: int) -> None:
    articles = [article(str(number), html="x" * size) for number, size in enumerate(sizes)]
    kept = within(articles, budget)
    assert kept == articles[: len(kept)]
    assert len(kept) >= min(1, len(articles))
    assert len(kept) <= 1 or sum(len(each.html) for each in kept) <= budget
    assert len(within(articles, budget + 5000)) >= len(kept)
