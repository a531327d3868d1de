"""When an edition is due, and which posts make it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.edition import Slot, compose, edition_id, is_due, web_path
from publisher.model.post import KnownPost, State
from tests.build import NOW, a_digest, known

_HOUR = timedelta(hours=1)
_SLOT = Slot(NOW, "2024-11-10")


def _aged(*hours: int) -> list[KnownPost]:
    """Posts of these ages in hours, called P00, P01 and so on."""
    return [known(f"P{number:02}", date=NOW - age * _HOUR) for number, age in enumerate(hours)]


def _codes(posts: tuple[KnownPost, ...]) -> list[str]:
    return [post.code for post in posts]


@pytest.mark.parametrize(
    ("newest", "last", "due"),
    [
        (None, None, False),
        (None, NOW, False),
        (_SLOT, None, True),
        (_SLOT, NOW - _HOUR, True),
        (_SLOT, NOW, False),
        (_SLOT, NOW + _HOUR, False),
    ],
)
def test_a_digest_is_due_when_its_newest_slot_lies_after_the_last_edition(
    newest: Slot | None, last: Any, due: bool
) -> None:
    assert is_due(newest, last) is due


def test_an_edition_is_called_by_digest_slot_and_language() -> None:
    assert edition_id("world", "2024-11-10", "th") == "world-2024-11-10-th"
    assert web_path("world", "2024-11-10T1800", "th") == "digests/world/2024-11-10T1800/th.html"


@pytest.mark.parametrize(("language", "title"), [("en", "World briefing"), ("de", "สรุปข่าวโลก")])
def test_a_digest_without_a_title_in_the_language_has_its_first(language: str, title: str) -> None:
    assert a_digest().title(language) == title


def test_the_newest_are_stories_and_the_rest_are_titles() -> None:
    draft = compose(a_digest(max_stories=2), _aged(3, 1, 2, 4), now=NOW, first=False)
    assert draft is not None
    assert _codes(draft.stories) == ["P01", "P02"]
    assert _codes(draft.more) == ["P00", "P03"]


def test_posts_of_one_moment_have_one_order() -> None:
    posts = _aged(1, 1, 1)
    assert compose(a_digest(), posts, now=NOW, first=False) == compose(a_digest(), posts[::-1], now=NOW, first=False)


def test_a_post_as_old_as_the_limit_is_too_old() -> None:
    draft = compose(a_digest(max_age=5 * _HOUR), _aged(4, 5, 6), now=NOW, first=False)
    assert draft is not None
    assert _codes(draft.stories) == ["P00"]


def test_the_age_of_the_first_edition_counts_from_its_newest_post() -> None:
    posts = _aged(1000, 1001, 1009)
    assert compose(a_digest(max_age=5 * _HOUR), posts, now=NOW, first=False) is None
    draft = compose(a_digest(max_age=5 * _HOUR), posts, now=NOW, first=True)
    assert draft is not None
    assert _codes(draft.stories) == ["P00", "P01"]


def test_a_post_dated_after_the_composition_waits() -> None:
    draft = compose(a_digest(max_age=2 * _HOUR), _aged(-1, 0, 1), now=NOW, first=True)
    assert draft is not None
    assert _codes(draft.stories) == ["P01", "P02"]


def test_a_post_that_was_never_published_is_left_out() -> None:
    assert compose(a_digest(), [known("A1", state=State.DRAFT)], now=NOW, first=True) is None


@pytest.mark.parametrize(("min_posts", "composed"), [(0, True), (2, True), (3, False)])
def test_an_edition_with_too_few_posts_is_skipped(min_posts: int, composed: bool) -> None:
    draft = compose(a_digest(min_posts=min_posts), _aged(1, 2), now=NOW, first=False)
    assert (draft is not None) is composed


def test_an_edition_without_posts_is_skipped_however_few_are_enough() -> None:
    assert compose(a_digest(min_posts=0), [], now=NOW, first=True) is None


@given(
    ages=st.lists(st.integers(-3, 60), max_size=20),
    max_age=st.integers(1, 40),
    max_stories=st.integers(1, 8),
    min_posts=st.integers(0, 5),
    first=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_every_candidate_young_enough_is_a_story_or_a_title_and_never_both(
    ages: list[int], max_age: int, max_stories: int, min_posts: int, first: bool
) -> None:
    digest = a_digest(max_age=max_age * _HOUR, max_stories=max_stories, min_posts=min_posts)
    posts = _aged(*ages)
    dated = [age for age in ages if age >= 0]
    start = min(dated, default=0) if first else 0
    young = {f"P{number:02}" for number, age in enumerate(ages) if age >= 0 and age - start < max_age}

    draft = compose(digest, posts, now=NOW, first=first)

    if draft is None:
        assert len(young) < max(1, min_posts)
        return
    codes = _codes(draft.stories + draft.more)
    assert len(codes) == len(set(codes))
    assert set(codes) == young
    assert len(codes) >= min_posts
    assert len(draft.stories) == min(max_stories, len(codes))
    shown = [post.published for post in draft.stories + draft.more if post.published]
    assert shown == sorted(shown, reverse=True)
