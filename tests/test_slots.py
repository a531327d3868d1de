"""When digests fall due: forward and back, over changes of clocks, in local civil time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.edition import Slot
from publisher.slots import Schedule, slot_for_minute

_BERLIN = ZoneInfo("Europe/Berlin")
_NEW_YORK = ZoneInfo("America/New_York")
_BANGKOK = ZoneInfo("Asia/Bangkok")
_DAY = timedelta(days=1)
_START = datetime(2024, 1, 1, tzinfo=UTC)
_END = datetime(2025, 1, 1, tzinfo=UTC)
#: Clocks go forward in the night to this day, and back in the night to that.
_CHANGES = [
    pytest.param(_BERLIN, date(2024, 3, 31), date(2024, 10, 27), id="Berlin"),
    pytest.param(_NEW_YORK, date(2024, 3, 10), date(2024, 11, 3), id="New York"),
    # At midnight, so that a day begins at one, and another has its last hour twice.
    pytest.param(ZoneInfo("America/Santiago"), date(2024, 9, 8), date(2024, 4, 7), id="Santiago"),
]
#: By day, in the hour that clocks skip, in the hour that they repeat, and at the edges.
_DAILY = ["0 7 * * *", "30 2 * * *", "0 2 * * *", "30 1 * * *", "0 3 * * *", "0 0 * * *", "59 23 * * *"]


def _between(schedule: Schedule, start: datetime, end: datetime) -> list[Slot]:
    return list(takewhile(lambda slot: slot.at < end, schedule.after(start)))


@pytest.mark.parametrize(("zone", "forward", "back"), _CHANGES)
@pytest.mark.parametrize("expression", _DAILY)
def test_a_change_of_clocks_neither_skips_nor_repeats_a_day(
    zone: ZoneInfo, forward: date, back: date, expression: str
) -> None:
    for day in (forward, back):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
        names = [slot.name for slot in _between(Schedule(expression, zone), noon - 3 * _DAY, noon + 3 * _DAY)]
        assert len(names) == 6
        days = [date.fromisoformat(name) for name in names]
        assert all(later - earlier == _DAY for earlier, later in pairwise(days))


@pytest.mark.parametrize(("zone", "forward", "back"), _CHANGES)
def test_the_local_time_of_a_slot_stays_when_the_clocks_change(zone: ZoneInfo, forward: date, back: date) -> None:
    slots = _between(Schedule("0 7 * * *", zone), _START, _END)
    assert {slot.at.astimezone(zone).strftime("%H:%M") for slot in slots} == {"07:00"}
    assert len({slot.at.hour for slot in slots}) == 2


@pytest.mark.parametrize(
    ("zone", "skipped", "repeated"),
    [
        (_BERLIN, datetime(2024, 3, 31, 1, 0, tzinfo=UTC), datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),
        (_NEW_YORK, datetime(2025, 3, 9, 7, 0, tzinfo=UTC), datetime(2024, 11, 3, 5, 30, tzinfo=UTC)),
    ],
    ids=["Berlin", "New York"],
)
def test_a_slot_in_the_skipped_hour_comes_within_the_hour_and_one_in_the_repeated_hour_the_first_time(
    zone: ZoneInfo, skipped: datetime, repeated: datetime
) -> None:
    late = next(Schedule("30 2 * * *", zone).after(skipped - timedelta(hours=1)))
    assert late.name == skipped.astimezone(zone).strftime("%Y-%m-%d")
    assert skipped <= late.at <= skipped + timedelta(hours=1)
    expression = repeated.astimezone(zone).strftime("%M %H * * *")
    assert next(Schedule(expression, zone).after(repeated - timedelta(hours=1))).at == repeated


@pytest.mark.parametrize("zone", [_BERLIN, _NEW_YORK, _BANGKOK], ids=str)
@pytest.mark.parametrize("expression", ["0 * * * *", "*/20 * * * *", "15,45 1-3 * * *"])
def test_slots_come_in_the_order_of_their_moments_and_each_name_once(zone: ZoneInfo, expression: str) -> None:
    for start in (datetime(2024, 3, 9, tzinfo=UTC), datetime(2024, 3, 30, tzinfo=UTC)):
        slots = _between(Schedule(expression, zone), start, start + 2 * _DAY)
        assert [slot.at for slot in slots] == sorted(slot.at for slot in slots)
    for start in (datetime(2024, 10, 26, tzinfo=UTC), datetime(2024, 11, 2, tzinfo=UTC)):
        names = [slot.name for slot in _between(Schedule(expression, zone), start, start + 2 * _DAY)]
        assert names == sorted(set(names))


_SCHEDULES = st.builds(
    Schedule,
    st.sampled_from(
        [*_DAILY, "0 7 * * MON-FRI", "0 7,18 * * *", "*/30 * * * *", "0 6 1 * *", "15 2 * * SUN", "0 9 29 2 *"]
    ),
    st.sampled_from([_BERLIN, _NEW_YORK, _BANGKOK]),
)
_NEAR_CHANGES = st.builds(
    lambda change, away: change + away,
    st.sampled_from(
        [
            datetime(2024, 3, 31, 1, tzinfo=UTC),
            datetime(2024, 10, 27, 1, tzinfo=UTC),
            datetime(2024, 3, 10, 7, tzinfo=UTC),
            datetime(2024, 11, 3, 6, tzinfo=UTC),
        ]
    ),
    st.timedeltas(timedelta(hours=-3), timedelta(hours=3))
    | st.integers(-12, 12).map(lambda quarters: quarters * timedelta(minutes=15)),
)

_ANY_MOMENT = st.timedeltas(-365 * _DAY, 730 * _DAY).map(_START.__add__)


@given(_SCHEDULES, _NEAR_CHANGES | _ANY_MOMENT)
@settings(max_examples=200, deadline=None)
def test_forward_and_back_agree_on_what_is_past_and_what_is_to_come(schedule: Schedule, moment: datetime) -> None:
    newest = schedule.newest(moment)
    coming = next(schedule.after(moment))
    assert newest is not None
    assert newest.at <= moment < coming.at
    # Nothing lies between the two, from whichever side one looks.
    assert next(schedule.after(newest.at)).at == coming.at
    before = schedule.newest(coming.at - timedelta(microseconds=1))
    assert before is not None
    assert before.at == newest.at
    reached = schedule.newest(coming.at)
    assert reached is not None
    assert reached.at == coming.at


@given(_SCHEDULES, _NEAR_CHANGES)
@settings(max_examples=100, deadline=None)
def test_a_moment_means_the_same_in_every_zone(schedule: Schedule, moment: datetime) -> None:
    elsewhere = moment.astimezone(ZoneInfo("Pacific/Auckland"))
    assert schedule.newest(elsewhere) == schedule.newest(moment)
    assert next(schedule.after(elsewhere)) == next(schedule.after(moment))


def test_a_slot_counts_as_past_from_its_own_moment_on() -> None:
    schedule = Schedule("0 7 * * *", _BANGKOK)
    at = datetime(2024, 11, 10, 0, 0, tzinfo=UTC)
    assert schedule.newest(at) == Slot(at, "2024-11-10")
    assert schedule.newest(at - timedelta(microseconds=1)) == Slot(at - _DAY, "2024-11-09")
    assert next(schedule.after(at)) == Slot(at + _DAY, "2024-11-11")


def test_a_rare_slot_is_found_both_ways() -> None:
    schedule = Schedule("0 9 29 2 *", _BANGKOK)
    moment = datetime(2026, 5, 1, tzinfo=UTC)
    newest = schedule.newest(moment)
    assert newest is not None
    assert newest.name == "2024-02-29"
    assert [slot.name for slot in islice(schedule.after(moment), 2)] == ["2028-02-29", "2032-02-29"]


@pytest.mark.parametrize(
    ("expression", "several"),
    [
        ("0 7 * * *", False),
        ("0 7 1,15 * MON", False),
        ("30 7-7 * * *", False),
        ("0 7,18 * * *", True),
        ("0,30 7 * * *", True),
        ("* 7 * * *", True),
        ("0 */12 * * MON", True),
    ],
)
def test_the_name_of_a_slot_has_the_time_where_a_day_can_have_several(expression: str, several: bool) -> None:
    schedule = Schedule(expression, _BANGKOK)
    assert schedule.several_a_day is several
    slot = next(schedule.after(_START))
    local = slot.at.astimezone(_BANGKOK)
    assert slot.name == local.strftime("%Y-%m-%dT%H%M" if several else "%Y-%m-%d")


@pytest.mark.parametrize(
    ("weekdays", "days"),
    [
        ("MON", "Mon Mon Mon"),
        ("mon-wed", "Mon Tue Wed"),
        ("SAT,SUN", "Sat Sun Sat"),
        ("FRI-SAT", "Fri Sat Fri"),
        ("MON#1", "Mon Mon Mon"),
        ("*", "Mon Tue Wed"),
    ],
)
def test_weekdays_are_called_by_their_names(weekdays: str, days: str) -> None:
    slots = islice(Schedule(f"0 7 * * {weekdays}", _BANGKOK).after(_START - _DAY), 3)
    assert " ".join(slot.at.astimezone(_BANGKOK).strftime("%a") for slot in slots) == days


@pytest.mark.parametrize("weekdays", ["0", "1", "7", "1-5", "MON,2", "1#1", "MON#1,2", "MON#1,TUE,3", "MON-5", "*/2"])
def test_a_weekday_by_number_is_refused(weekdays: str) -> None:
    with pytest.raises(ValueError, match="weekdays by name"):
        Schedule(f"0 7 * * {weekdays}", _BANGKOK)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "daily",
        "@daily",
        "0 7 * *",
        "0 0 7 * * *",
        "60 7 * * *",
        "0 24 * * *",
        "0 7 31 2 *",
        "0 7 * * FUNDAY",
        "x 7 * * *",
    ],
)
def test_what_is_no_schedule_is_refused_with_what_is_accepted(expression: str) -> None:
    with pytest.raises(ValueError, match="must be five fields") as caught:
        Schedule(expression, _BANGKOK)
    assert repr(expression) in str(caught.value)


def test_an_edition_that_is_asked_for_now_has_the_slot_of_its_minute() -> None:
    moment = datetime(2024, 11, 10, 11, 0, 59, 999, tzinfo=UTC)
    assert slot_for_minute(moment, _BANGKOK) == Slot(datetime(2024, 11, 10, 11, 0, tzinfo=UTC), "2024-11-10T1800")
