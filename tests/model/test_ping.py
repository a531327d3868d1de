"""A hub that was not told is tried again, less and less often, for two days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.model.ping import GIVE_UP, Answer, Ping, after
from tests.build import NOW

PING = Ping(hub="https://hub.example.org/", topic="https://example.org/feed.xml", attempts=0, since=NOW, due=NOW)
REFUSED = Answer(500, "500 Internal Server Error")


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_any_success_means_that_the_hub_was_told(status: int) -> None:
    assert after(PING, Answer(status, "fine"), now=NOW) is None


@pytest.mark.parametrize("status", [None, 100, 302, 400, 404, 410, 429, 500, 503])
def test_anything_else_is_tried_again(status: int | None) -> None:
    later = replace(PING, attempts=1, due=NOW + timedelta(minutes=1), reply="no")
    assert after(PING, Answer(status, "no"), now=NOW) == later


def test_the_waits_grow_to_four_hours_until_two_days_have_passed() -> None:
    ping: Ping | None = PING
    minutes = []
    while ping is not None:
        now = ping.due
        minutes.append(round((now - NOW).total_seconds() / 60))
        ping = after(ping, REFUSED, now=now)
    assert minutes == [0, 1, 6, 21, 81, *range(321, 2880 + 240, 240)]


def test_a_ping_is_given_up_after_its_time_however_few_attempts_there_were() -> None:
    assert after(PING, REFUSED, now=NOW + GIVE_UP - timedelta(seconds=1)) is not None
    assert after(PING, REFUSED, now=NOW + GIVE_UP) is None


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        (timedelta(minutes=10), timedelta(minutes=10)),
        (timedelta(seconds=1), timedelta(minutes=1)),
        (timedelta(days=-1), timedelta(minutes=1)),
        (timedelta(days=9), timedelta(hours=4)),
    ],
)
def test_a_hub_is_left_alone_for_as_long_as_it_asks_within_bounds(asked: timedelta, waited: timedelta) -> None:
    later = after(PING, Answer(429, "slow down", asked), now=NOW)
    assert later is not None
    assert later.due == NOW + waited


@pytest.mark.parametrize(
    ("status", "closed"), [(None, True), (429, True), (503, True), (500, False), (404, False), (204, False)]
)
def test_a_hub_that_is_silent_or_busy_is_asked_nothing_more(status: int | None, *, closed: bool) -> None:
    assert Answer(status, "").closed is closed
