"""Rates: whatever a sender does with its slots, no window has more messages than it may have."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.rate import Rate
from tests.build import NOW


@pytest.mark.parametrize(
    ("rate", "microseconds"),
    [(Rate(1), 1_100_000), (Rate(50), 22_000), (Rate(3), 366_667), (Rate(600, 60), 100_167), (Rate(1, 60), 60_100_000)],
)
def test_slots_are_so_far_apart_that_a_late_one_fills_no_window(rate: Rate, microseconds: int) -> None:
    assert rate.interval == timedelta(microseconds=microseconds)


def test_slots_that_are_reserved_together_end_where_the_next_begins() -> None:
    rate = Rate(10)
    assert rate.slots(NOW, 3) == [NOW - rate.interval * 3, NOW - rate.interval * 2, NOW - rate.interval]
    assert rate.slots(NOW, 0) == []


def test_there_is_one_slot_at_least_within_any_time() -> None:
    assert Rate(1, 60).ahead(timedelta(milliseconds=300)) == 1
    assert Rate(100).ahead(timedelta(milliseconds=300)) == 28


@given(
    messages=st.integers(1, 400),
    seconds=st.sampled_from([1, 7, 60]),
    delays=st.lists(st.integers(0, 99_999), min_size=1, max_size=300),
)
def test_no_window_has_more_than_the_rate(messages: int, seconds: int, delays: list[int]) -> None:
    rate = Rate(messages, seconds)
    slots = rate.slots(NOW, len(delays))
    sent = sorted(slot + timedelta(microseconds=delay) for slot, delay in zip(slots, delays, strict=True))
    for first, last in zip(sent, sent[messages:], strict=False):
        assert last - first >= timedelta(seconds=seconds)
