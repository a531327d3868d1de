"""What a run finds out about a post."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.change import LATE, Change, Kind, decide, is_disappearance, rank, release, withdraw
from publisher.model.post import KnownPost, Post, State
from tests.build import NOW, known, post

_AUTHORITY = "news.example.org"
_DATE = datetime(2024, 11, 10, 10, 0, tzinfo=UTC)
_DAY = timedelta(days=1)


def _decide(before: KnownPost | None, file: Post, now: datetime = NOW) -> Change:
    return decide(before, file, now=now, authority=_AUTHORITY)


def _first(file: Post, now: datetime = NOW) -> KnownPost:
    """What is known of a post after the run that first saw it."""
    after = _decide(None, file, now).after
    assert after is not None
    return after


def _then(before: KnownPost, file: Post, now: datetime = NOW + _DAY) -> KnownPost:
    after = _decide(before, file, now).after
    assert after is not None
    return after


def test_a_new_post_is_published_under_its_date_for_good() -> None:
    change = _decide(None, post("A1"))
    assert (change.kind, change.before) == (Kind.NEW, None)
    assert change.after == KnownPost(
        post=post("A1"),
        state=State.PUBLISHED,
        collected=NOW,
        entry_id="tag:news.example.org,2024:A1",
        published=_DATE,
        updated=_DATE,
        rank=NOW,
    )


@pytest.mark.parametrize("values", [{"draft": True}, {"draft": True, "date": None}])
def test_a_draft_is_kept_without_an_id(values: dict[str, Any]) -> None:
    after = _first(post(**values))
    assert (after.state, after.entry_id, after.published) == (State.DRAFT, None, None)


def test_a_post_dated_in_the_future_waits() -> None:
    after = _first(post(date=NOW + _DAY))
    assert (after.state, after.entry_id, after.published) == (State.FUTURE, None, None)


def test_a_post_whose_date_has_come_is_released_under_its_date() -> None:
    waiting = _first(post(date=NOW + _DAY))
    change = release(waiting, now=NOW + 2 * _DAY, authority=_AUTHORITY)
    assert (change.kind, change.before) == (Kind.RELEASED, waiting)
    assert change.after is not None
    assert (change.after.state, change.after.published, change.after.rank) == (State.PUBLISHED, NOW + _DAY, NOW + _DAY)
    assert change.after.collected == NOW


def test_a_draft_that_is_finished_late_ranks_by_the_day_it_is_finished() -> None:
    draft = _first(post(draft=True))
    assert _then(draft, post(), NOW + 2 * _DAY).rank == NOW + 2 * _DAY


@pytest.mark.parametrize("updated", [None, _DATE + timedelta(hours=1), NOW + 9 * _DAY])
def test_a_post_that_is_read_again_is_unchanged(updated: datetime | None) -> None:
    before = _first(post(updated=updated))
    change = _decide(before, post(updated=updated), NOW + _DAY)
    assert change == Change(kind=Kind.UNCHANGED, before=before, after=before)


def test_a_post_that_only_moved_is_unchanged_and_its_new_path_is_known() -> None:
    before = _first(post(path="old.md"))
    change = _decide(before, post(path="new.md"), NOW + _DAY)
    assert change.kind is Kind.UNCHANGED
    assert change.after == replace(before, post=post(path="new.md"))


@pytest.mark.parametrize(
    "edit",
    [{"title": "Another"}, {"description": "Another."}, {"body_hash": "another"}],
    ids=lambda edit: next(iter(edit)),
)
def test_a_significant_edit_moves_updated_and_nothing_else(edit: dict[str, str]) -> None:
    before = _first(post())
    change = _decide(before, post(**edit), NOW + _DAY)
    assert change.kind is Kind.EDITED
    assert change.after == replace(before, post=post(**edit), updated=NOW + _DAY)


@pytest.mark.parametrize(
    "edit",
    [{"categories": ("SPORT",)}, {"tags": ("flood",)}, {"image": "https://img.example.org/1.png"}],
    ids=lambda edit: next(iter(edit)),
)
def test_a_small_edit_leaves_updated_where_it_was(edit: dict[str, Any]) -> None:
    before = _first(post())
    change = _decide(before, post(**edit), NOW + _DAY)
    assert change.kind is Kind.EDITED
    assert change.after == replace(before, post=post(**edit))


@pytest.mark.parametrize("date", [_DATE - 400 * _DAY, _DATE + 30 * _DAY, None])
def test_the_date_and_the_id_of_a_published_post_never_move(date: datetime | None) -> None:
    before = _first(post())
    after = _then(before, post(date=date, draft=date is None))
    assert (after.published, after.entry_id, after.rank) == (before.published, before.entry_id, before.rank)


def test_a_published_post_that_becomes_a_draft_is_hidden_and_comes_back_under_its_id() -> None:
    before = _first(post())
    hidden = _then(before, post(draft=True))
    assert hidden.state is State.DRAFT
    assert _then(hidden, post()) == before


@pytest.mark.parametrize(
    ("written", "updated"),
    [(_DATE + timedelta(hours=1), _DATE + timedelta(hours=1)), (_DATE - _DAY, _DATE), (NOW + 9 * _DAY, NOW)],
    ids=["after the date", "before the date", "in the future"],
)
def test_the_front_matters_own_date_of_an_edit_counts_between_the_date_and_now(
    written: datetime, updated: datetime
) -> None:
    assert _first(post(updated=written)).updated == updated
    assert _then(_first(post()), post(updated=written), NOW).updated == updated


def test_the_front_matters_own_date_of_an_edit_goes_before_that_of_collecting_it() -> None:
    written = _DATE + timedelta(hours=1)
    assert _then(_first(post()), post(body_hash="another", updated=written)).updated == written


def test_a_post_whose_file_is_gone_is_withdrawn() -> None:
    before = _first(post())
    change = withdraw(before, now=NOW + _DAY)
    assert change.kind is Kind.WITHDRAWN
    assert change.after == replace(before, state=State.WITHDRAWN, withdrawn=NOW + _DAY)


def test_a_withdrawn_post_keeps_the_moment_it_was_withdrawn() -> None:
    gone = withdraw(_first(post()), now=NOW + _DAY).after
    assert gone is not None
    assert withdraw(gone, now=NOW + 2 * _DAY).after == gone


def test_a_draft_whose_file_is_gone_is_forgotten() -> None:
    assert withdraw(_first(post(draft=True)), now=NOW).after is None


def test_a_withdrawn_post_that_comes_back_is_the_post_it_was() -> None:
    before = _first(post())
    gone = withdraw(before, now=NOW + _DAY).after
    assert gone is not None
    assert _then(gone, post(), NOW + 2 * _DAY) == before


@pytest.mark.parametrize(
    ("late", "by_arrival"),
    [(-_DAY, False), (timedelta(0), True), (LATE, True), (LATE + timedelta(seconds=1), False), (400 * _DAY, False)],
    ids=["early", "in time", "a week late", "later", "a back catalogue"],
)
def test_a_post_ranks_by_its_arrival_if_that_is_within_a_week_of_its_date(late: timedelta, by_arrival: bool) -> None:
    assert rank(_DATE, _DATE + late) == (_DATE + late if by_arrival else _DATE)


@given(st.timedeltas(timedelta(0), timedelta(days=60)), st.timedeltas(timedelta(0), timedelta(days=6)))
@settings(max_examples=100, deadline=None)
def test_a_post_never_ranks_before_its_date_nor_a_back_catalogue_before_the_news(
    age: timedelta, news: timedelta
) -> None:
    ranked = rank(NOW - age, NOW)
    assert NOW - age <= ranked <= NOW
    if age > LATE:
        assert ranked < rank(NOW - news, NOW)


@pytest.mark.parametrize(
    ("gone", "published", "accident"),
    [(19, 20, False), (20, 100, False), (21, 100, True), (20, 99, True), (20, 20, True), (5_000, 100_000, False)],
)
def test_many_posts_gone_at_once_look_like_an_accident(gone: int, published: int, *, accident: bool) -> None:
    assert is_disappearance(gone, published) is accident


_EDITED = known("A1")
_LATER = NOW + _DAY


@pytest.mark.parametrize(
    ("changed", "news", "moves"),
    [
        ({"title": "Another title"}, None, True),
        ({"title": "title  OF a1"}, None, False),
        ({"description": "What A1 is about, in one sentence."}, None, False),
        ({"description": "Something else is told here now, in quite other words than before."}, None, True),
        ({"body_hash": "other"}, None, True),
        ({"body_hash": "other"}, True, True),
        ({"body_hash": "other"}, False, False),
        ({"body_hash": "other", "significant": False}, True, False),
        ({"body_hash": "other", "significant": True}, False, True),
        ({"title": "Another title", "significant": False}, None, False),
        ({"tags": ("river",)}, None, False),
        ({"significant": True}, None, False),
    ],
)
def test_only_an_edit_that_says_something_new_moves_updated(
    changed: dict[str, Any], news: bool | None, *, moves: bool
) -> None:
    decided = decide(_EDITED, replace(_EDITED.post, **changed), now=_LATER, authority=_AUTHORITY, news=news)
    assert decided.kind is Kind.EDITED
    assert decided.after is not None
    assert decided.after.updated == (_LATER if moves else _EDITED.updated)
    assert decided.after.published == _EDITED.published
