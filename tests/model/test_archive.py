"""Complete history: where a post stands it stays, no page has too many, and pages know their neighbours."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.archive import PAGE_ENTRIES, Page, neighbours, place, with_neighbours

NOVEMBER = datetime(2024, 11, 10, tzinfo=UTC)


@pytest.mark.parametrize(("number", "name"), [(1, "2024-11"), (2, "2024-11-2"), (10, "2024-11-10")])
def test_a_page_is_called_by_its_month_and_its_number_from_the_second_on(number: int, name: str) -> None:
    assert Page("2024-11", number).name == name


def test_pages_are_in_order_of_month_and_number() -> None:
    pages = [Page("2024-11", 10), Page("2024-12"), Page("2024-11", 2), Page("2023-12", 3), Page("2024-11")]
    assert [page.name for page in sorted(pages)] == ["2023-12-3", "2024-11", "2024-11-2", "2024-11-10", "2024-12"]


@pytest.mark.parametrize(
    ("published", "month"),
    [
        (datetime(2024, 11, 30, 23, 59, 59, 999_999, tzinfo=UTC), "2024-11"),
        (datetime(2024, 12, 1, tzinfo=UTC), "2024-12"),
        (datetime(2024, 12, 1, 6, 59, tzinfo=timezone(timedelta(hours=7))), "2024-11"),
        (datetime(2024, 12, 31, 20, tzinfo=timezone(timedelta(hours=-8))), "2025-01"),
    ],
)
def test_a_post_stands_on_the_page_of_its_month_in_utc(published: datetime, month: str) -> None:
    assert place([("A1", published)], {}) == {"A1": Page(month)}


def test_a_page_that_is_full_is_followed_by_another() -> None:
    codes = [f"A{number:04}" for number in range(PAGE_ENTRIES + 1)]
    placed = place([(code, NOVEMBER) for code in codes], {})
    assert set(map(placed.__getitem__, codes[:-1])) == {Page("2024-11")}
    assert placed[codes[-1]] == Page("2024-11", 2)


def test_the_first_of_a_month_stand_on_its_first_page_whatever_their_order() -> None:
    newcomers = [(f"A{number}", NOVEMBER + timedelta(hours=number)) for number in range(4)]
    expected = {"A0": Page("2024-11"), "A1": Page("2024-11"), "A2": Page("2024-11", 2), "A3": Page("2024-11", 2)}
    assert place(newcomers, {}, 2) == place(newcomers[::-1], {}, 2) == expected


def test_of_one_moment_the_code_decides() -> None:
    assert place([("B", NOVEMBER), ("A", NOVEMBER)], {}, 1) == {"A": Page("2024-11"), "B": Page("2024-11", 2)}


def test_only_the_last_page_of_a_month_is_filled_up() -> None:
    filled = {Page("2024-11"): 1, Page("2024-11", 2): 1, Page("2024-12"): 1}
    placed = place([("A", NOVEMBER), ("B", NOVEMBER)], filled, 2)
    assert placed == {"A": Page("2024-11", 2), "B": Page("2024-11", 3)}


def test_a_page_that_everybody_left_is_filled_again() -> None:
    assert place([("A", NOVEMBER)], {Page("2024-11"): 2, Page("2024-11", 2): 0}, 2) == {"A": Page("2024-11", 2)}


@given(
    st.lists(st.lists(st.integers(0, 24 * 90).map(lambda hours: NOVEMBER + timedelta(hours=hours)), max_size=8)),
    st.integers(1, 4),
)
@settings(max_examples=100, deadline=None)
def test_no_arrival_moves_a_post_or_fills_a_page_too_much(runs: list[list[datetime]], size: int) -> None:
    standing: dict[str, Page] = {}
    for run, arrivals in enumerate(runs):
        newcomers = [(f"{run}-{number}", moment) for number, moment in enumerate(arrivals)]
        placed = place(newcomers, Counter(standing.values()), size)
        assert placed.keys() == dict(newcomers).keys()
        assert all(placed[code].month == f"{moment:%Y-%m}" for code, moment in newcomers)
        # Whoever stands somewhere is never asked again.
        assert not placed.keys() & standing.keys()
        standing |= placed
        filled = Counter(standing.values())
        assert max(filled.values(), default=0) <= size
        # Of a month, every page but the last is full.
        assert all(filled[Page(page.month, page.number - 1)] == size for page in filled if page.number > 1)


@pytest.mark.parametrize(
    ("page", "before", "after"),
    [
        (Page("2024-09"), None, Page("2024-11")),
        (Page("2024-11"), Page("2024-09"), Page("2024-11", 2)),
        (Page("2024-11", 2), Page("2024-11"), None),
        (Page("2024-10"), Page("2024-09"), Page("2024-11")),
    ],
)
def test_a_page_has_a_neighbour_on_either_side(page: Page, before: Page | None, after: Page | None) -> None:
    pages = [Page("2024-11", 2), Page("2024-09"), Page("2024-11")]
    assert neighbours(iter(pages), page) == (before, after)


def test_a_lone_page_has_no_neighbours() -> None:
    assert neighbours([Page("2024-11")], Page("2024-11")) == (None, None)


_SEP, _OCT, _NOV, _DEC = (Page(f"2024-{month:02}") for month in range(9, 13))


@pytest.mark.parametrize(
    ("pages", "new", "expected"),
    [
        ([_SEP, _OCT], [], set()),
        ([], [_SEP], {_SEP}),
        ([_SEP, _OCT], [_NOV], {_OCT, _NOV}),
        ([_SEP, _NOV, _DEC], [_OCT], {_SEP, _OCT, _NOV}),
        ([_OCT, _NOV], [_SEP], {_SEP, _OCT}),
        ([_SEP, _NOV], [_OCT, _DEC], {_SEP, _OCT, _NOV, _DEC}),
        ([_SEP, _OCT, _NOV], [_NOV], {_OCT, _NOV}),
    ],
)
def test_pages_that_are_new_change_their_neighbours(pages: list[Page], new: list[Page], expected: set[Page]) -> None:
    assert with_neighbours(pages, new) == expected
