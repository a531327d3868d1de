"""Slots are given away once, in order, whoever asks, and however often the sender starts anew."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from publisher.model.rate import LATE, Rate
from publisher.store import rates, schema
from publisher.store.database import Database
from tests.build import NOW

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

TEN = Rate(10)
STEP = TEN.interval


def test_slots_follow_each_other_and_none_is_given_twice(database: Database) -> None:
    with database.begin() as connection:
        assert rates.reserve(connection, "all", TEN, 3, now=NOW) == [NOW, NOW + STEP, NOW + 2 * STEP]
    with database.begin() as connection:
        assert rates.reserve(connection, "all", TEN, 1, now=NOW + STEP) == [NOW + 3 * STEP]


def test_time_in_which_nothing_was_sent_is_not_made_up_for(database: Database) -> None:
    later = NOW + timedelta(hours=1)
    with database.begin() as connection:
        rates.reserve(connection, "all", TEN, 1, now=NOW)
        assert rates.reserve(connection, "all", TEN, 2, now=later) == [later, later + STEP]


def test_scopes_do_not_wait_for_each_other(database: Database) -> None:
    with database.begin() as connection:
        rates.reserve(connection, "all", TEN, 5, now=NOW)
        assert rates.reserve(connection, "domain:example.org", TEN, 1, now=NOW) == [NOW]


def test_a_slot_that_comes_too_late_is_not_reserved(database: Database) -> None:
    with database.begin() as connection:
        assert rates.reserve(connection, "all", TEN, 2, now=NOW, until=NOW) == [NOW, NOW + STEP]
        assert rates.reserve(connection, "all", TEN, 1, now=NOW, until=NOW + STEP) == []
        assert rates.reserve(connection, "all", TEN, 1, now=NOW, until=NOW + 2 * STEP) == [NOW + 2 * STEP]


def test_a_clock_that_was_set_back_stops_sending_for_one_window_only(database: Database) -> None:
    window = timedelta(seconds=1) + LATE
    with database.begin() as connection:
        rates.reserve(connection, "all", TEN, 1, now=NOW + timedelta(days=9))
        assert rates.reserve(connection, "all", TEN, 1, now=NOW, until=NOW) == []
        assert rates.reserve(connection, "all", TEN, 2, now=NOW) == [NOW + window, NOW + window + STEP]


def test_what_was_reserved_by_this_clock_stands_however_slow_the_rate_is(database: Database) -> None:
    slow = Rate(1, 3600)
    with database.begin() as connection:
        rates.reserve(connection, "all", slow, 1, now=NOW)
        assert rates.reserve(connection, "all", slow, 1, now=NOW) == [NOW + slow.interval]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    messages=st.integers(1, 40),
    #: How many slots to ask for, after how many milliseconds, and how late each of them is used.
    steps=st.lists(
        st.tuples(st.integers(1, 12), st.integers(0, 700), st.lists(st.integers(0, 150), min_size=12, max_size=12)),
        min_size=1,
        max_size=12,
    ),
)
def test_in_no_second_are_more_than_the_rate(
    tmp_path: Path, messages: int, steps: list[tuple[int, int, list[int]]]
) -> None:
    rate, now = Rate(messages), NOW
    sent: list[datetime] = []
    database = Database.open("sqlite:///rates.db", tmp_path)
    with database.begin() as connection:
        connection.execute(delete(schema.rates))
    for count, passed, delays in steps:
        # Each step is a sender of its own: it stopped, and another started.
        now += timedelta(milliseconds=passed)
        with database.begin() as connection:
            slots = rates.reserve(connection, "all", rate, count, now=now)
        used = [(slot, slot + timedelta(milliseconds=late)) for slot, late in zip(slots, delays, strict=False)]
        sent += [at for slot, at in used if at < slot + LATE]
    database.close()
    sent.sort()
    for first, last in zip(sent, sent[messages:], strict=False):
        assert last - first >= timedelta(seconds=1)
