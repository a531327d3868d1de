"""When an edition is due, and which posts make it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.edition import Correction, CorrectionKind, Slot, candidates, compose, edition_id, is_due, web_path
from publisher.model.post import KnownPost, State
from tests.build import NOW, a_digest, article, known

if TYPE_CHECKING:
    from publisher.model.post import Article
    from publisher.model.ranking import Event

_HOUR = timedelta(hours=1)
_SLOT = Slot(NOW, "2024-11-10")


def _aged(*hours: int) -> list[KnownPost]:
    """Posts of these ages in hours, called P00, P01 and so on."""
    return [known(f"P{number:02}", date=NOW - age * _HOUR) for number, age in enumerate(hours)]


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


def _young(posts: list[KnownPost], *, first: bool = False, **values: Any) -> list[str]:
    return [post.code for post in candidates(a_digest(**values), posts, now=NOW, first=first)]


def test_candidates_come_newest_first_and_those_of_one_moment_have_one_order() -> None:
    assert _young(_aged(3, 1, 2)) == ["P01", "P02", "P00"]
    assert _young(_aged(1, 1, 1)) == _young(_aged(1, 1, 1)[::-1])


def test_a_post_as_old_as_the_limit_is_too_old() -> None:
    assert _young(_aged(4, 5, 6), max_age=5 * _HOUR) == ["P00"]


def test_the_age_of_the_first_edition_counts_from_its_newest_post() -> None:
    posts = _aged(1000, 1001, 1009)
    assert _young(posts, max_age=5 * _HOUR) == []
    assert _young(posts, max_age=5 * _HOUR, first=True) == ["P00", "P01"]


def test_a_post_dated_after_the_composition_waits() -> None:
    assert _young(_aged(-1, 0, 1), max_age=2 * _HOUR, first=True) == ["P01", "P02"]


def test_a_post_that_was_never_published_is_left_out() -> None:
    assert _young([known("A1", state=State.DRAFT)], first=True) == []


def _codes(events: tuple[Event, ...]) -> list[str]:
    return [event.article.code for event in events]


def _told(*hours: int) -> list[Article]:
    return [article(f"P{number:02}", published=NOW - age * _HOUR) for number, age in enumerate(hours)]


def test_so_many_are_stories_and_the_rest_are_titles() -> None:
    draft = compose(a_digest(max_stories=2), _told(3, 1, 2, 4), [])
    assert draft is not None
    assert _codes(draft.stories) == ["P01", "P02"]
    assert _codes(draft.more) == ["P00", "P03"]


@pytest.mark.parametrize(("min_posts", "composed"), [(0, True), (2, True), (3, False)])
def test_an_edition_with_too_few_posts_is_skipped(min_posts: int, composed: bool) -> None:
    draft = compose(a_digest(min_posts=min_posts), _told(1, 2), [])
    assert (draft is not None) is composed


def test_posts_that_tell_the_same_count_as_posts_though_not_as_stories() -> None:
    draft = compose(a_digest(min_posts=2, max_stories=1), _told(1, 2), [(0, 1)])
    assert draft is not None
    assert [[each.code for each in event.also] for event in draft.stories] == [["P01"]]
    assert draft.more == ()


def test_an_edition_without_posts_is_skipped_however_few_are_enough_and_whatever_there_is_to_correct() -> None:
    correction = Correction(
        code="A1", kind=CorrectionKind.WITHDRAWN, title="Title of A1", note="", link=None, mailed=NOW, moment=NOW
    )
    assert compose(a_digest(min_posts=0), [], [], [correction]) is None
    draft = compose(a_digest(), _told(1), [], [correction])
    assert draft is not None
    assert draft.corrections == (correction,)


def test_what_does_not_fit_as_a_story_leads_the_titles() -> None:
    draft = compose(a_digest(max_stories=3), _told(1, 2, 3, 4), [])
    assert draft is not None
    shorter = draft.told(1)
    assert (_codes(shorter.stories), _codes(shorter.more)) == (["P00"], ["P01", "P02", "P03"])
    assert draft.told(3) == draft


@given(
    ages=st.lists(st.integers(0, 60), max_size=20),
    pairs=st.sets(st.tuples(st.integers(0, 19), st.integers(0, 19))),
    max_stories=st.integers(1, 8),
)
@settings(max_examples=200, deadline=None)
def test_every_candidate_is_a_story_or_a_title_or_told_with_one_of_them_and_never_twice(
    ages: list[int], pairs: set[tuple[int, int]], max_stories: int
) -> None:
    alike = [(one, other) for one, other in pairs if one < other < len(ages)]
    draft = compose(a_digest(max_stories=max_stories), _told(*ages), alike)
    if draft is None:
        assert ages == []
        return
    events = draft.stories + draft.more
    codes = [each.code for event in events for each in (event.article, *event.also)]
    assert sorted(codes) == [f"P{number:02}" for number in range(len(ages))]
    assert len(draft.stories) == min(max_stories, len(events))
