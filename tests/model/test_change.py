"""What a run finds out about a post."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.change import LATE, Change, Kind, decide, match_renames, rank, release, settle_duplicates, withdraw
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


_CLAIMS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("XYZ")), unique_by=lambda claim: claim[0])
_OWNERS = st.dictionaries(st.sampled_from("XYZ"), st.sampled_from("abcdefgh"))


@given(_CLAIMS, _OWNERS, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_of_several_files_with_one_code_one_wins_whatever_the_order_of_the_scan(
    claims: list[tuple[str, str]], owners: dict[str, str], random: Any
) -> None:
    posts = [post(code, path=path) for path, code in claims]
    winners, losers = settle_duplicates(posts, owners)
    shuffled = posts[:]
    random.shuffle(shuffled)
    assert settle_duplicates(shuffled, owners) == (winners, losers)

    assert len({each.code for each in winners}) == len(winners)
    assert sorted(each.path for each in [*winners, *(loser for loser, _ in losers)]) == sorted(p for p, _ in claims)
    won = {each.code: each.path for each in winners}
    for loser, to in losers:
        assert to != loser.path
        assert to == won.get(loser.code, owners.get(loser.code))


def test_the_file_that_had_the_code_before_wins() -> None:
    winners, losers = settle_duplicates([post("X", path="a"), post("X", path="b")], {"X": "b"})
    assert [each.path for each in winners] == ["b"]
    assert [(loser.path, to) for loser, to in losers] == [("a", "b")]


def test_a_new_file_loses_to_one_that_did_not_have_to_be_read() -> None:
    winners, losers = settle_duplicates([post("X", path="a")], {"X": "b"})
    assert winners == []
    assert [(loser.path, to) for loser, to in losers] == [("a", "b")]


def _pathless(path: str, body: str = "body", title: str = "Title") -> Post:
    """A post that is called by its path."""
    return post(path, own_code=False, path=path, body_hash=body, title=title)


def _gone(path: str, body: str = "body", title: str = "Title") -> KnownPost:
    return known(path, own_code=False, path=path, body_hash=body, title=title)


def test_a_file_that_goes_and_one_with_the_same_body_that_comes_are_one_post() -> None:
    assert match_renames([_gone("old.md")], [_pathless("new.md", title="Another title")]) == {"new.md": "old.md"}


def test_a_file_with_another_body_is_another_post() -> None:
    assert match_renames([_gone("old.md")], [_pathless("new.md", body="another")]) == {}


def test_a_post_with_a_code_of_its_own_needs_no_match() -> None:
    assert match_renames([known("A1", body_hash="body")], [_pathless("new.md")]) == {}
    assert match_renames([_gone("old.md")], [post("A1", body_hash="body")]) == {}


def test_of_several_with_one_body_those_with_one_title_are_one_post() -> None:
    gone = [_gone("old/1.md", title="One"), _gone("old/2.md", title="Two")]
    come = [_pathless("new/1.md", title="Two"), _pathless("new/2.md", title="One")]
    assert match_renames(gone, come) == {"new/1.md": "old/2.md", "new/2.md": "old/1.md"}


def test_a_post_with_a_new_title_does_not_take_the_place_of_one_that_kept_its_own() -> None:
    gone = [_gone("old/1.md", title="One"), _gone("old/2.md", title="Two")]
    come = [_pathless("new/1.md", title="Two, edited"), _pathless("new/2.md", title="One")]
    assert match_renames(gone, come) == {"new/1.md": "old/2.md", "new/2.md": "old/1.md"}


_FILES = st.lists(
    st.tuples(st.integers(0, 20), st.sampled_from("xy"), st.sampled_from("TU")),
    max_size=8,
    unique_by=lambda file: file[0],
)


@given(_FILES, _FILES)
@settings(max_examples=200, deadline=None)
def test_renames_are_one_to_one_between_equal_bodies_whatever_the_order(
    before: list[tuple[int, str, str]], now: list[tuple[int, str, str]]
) -> None:
    gone = [_gone(f"old/{number:02}.md", body, title) for number, body, title in before]
    come = [_pathless(f"new/{number:02}.md", body, title) for number, body, title in now]
    renamed = match_renames(gone, come)
    assert match_renames(gone[::-1], come[::-1]) == renamed
    assert len(set(renamed.values())) == len(renamed)
    bodies_gone = {each.code: each.post.body_hash for each in gone}
    bodies_come = {each.path: each.body_hash for each in come}
    assert all(bodies_come[path] == bodies_gone[code] for path, code in renamed.items())
    # As many as there can be: none is left over on both sides.
    for body in "xy":
        matched = sum(bodies_come[path] == body for path in renamed)
        assert matched == min(list(bodies_gone.values()).count(body), list(bodies_come.values()).count(body))
