"""What a reply means for a recipient, and when to try again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.delivery import GIVE_UP, SETTLED, UNCERTAIN_WAIT, Delivery, DeliveryState, Receipt, settle
from tests.build import NOW

_MINUTE = timedelta(minutes=1)


def _delivery(*, attempts: int = 0, age: timedelta = _MINUTE) -> Delivery:
    return Delivery(
        id=7,
        edition_id="world-2024-11-10-en",
        subscriber_id=3,
        address="reader@example.net",
        state=DeliveryState.CLAIMED,
        attempts=attempts,
        queued=NOW - age,
    )


@pytest.mark.parametrize("code", [200, 250, 299])
def test_a_message_that_is_taken_is_accepted(code: int) -> None:
    settled = settle(_delivery(), Receipt(code, "2.0.0 queued"), now=NOW, hold=False)
    assert (settled.delivery_id, settled.state, settled.reply, settled.due) == (
        7,
        DeliveryState.ACCEPTED,
        "2.0.0 queued",
        None,
    )


@pytest.mark.parametrize("code", [500, 550, 599])
def test_a_message_that_is_refused_for_good_has_failed(code: int) -> None:
    settled = settle(_delivery(), Receipt(code, "5.1.1 no such user"), now=NOW, hold=False)
    assert (settled.state, settled.reply, settled.due) == (DeliveryState.FAILED, "5.1.1 no such user", None)


@pytest.mark.parametrize(("attempts", "minutes"), [(0, 5), (1, 15), (2, 60), (3, 240), (4, 240), (30, 240)])
def test_a_message_that_is_put_off_waits_longer_each_time(attempts: int, minutes: int) -> None:
    settled = settle(_delivery(attempts=attempts), Receipt(451, "4.7.1 later"), now=NOW, hold=False)
    assert (settled.state, settled.due) == (DeliveryState.DEFERRED, NOW + minutes * _MINUTE)


@pytest.mark.parametrize(
    ("age", "state"), [(GIVE_UP, DeliveryState.DEFERRED), (GIVE_UP + _MINUTE, DeliveryState.FAILED)]
)
def test_a_recipient_who_cannot_be_reached_for_days_has_failed(age: timedelta, state: DeliveryState) -> None:
    assert settle(_delivery(attempts=20, age=age), Receipt(421, "busy"), now=NOW, hold=False).state is state


def test_a_message_without_a_reply_is_sent_once_more_after_a_while() -> None:
    settled = settle(_delivery(), None, now=NOW, hold=False)
    assert (settled.state, settled.due) == (DeliveryState.UNCERTAIN, NOW + UNCERTAIN_WAIT)


def test_a_message_without_a_reply_is_held_where_none_may_be_doubled() -> None:
    settled = settle(_delivery(), None, now=NOW, hold=True)
    assert (settled.state, settled.due) == (DeliveryState.HELD, None)


def test_a_message_that_never_gets_a_reply_is_not_sent_for_ever() -> None:
    settled = settle(_delivery(attempts=400, age=GIVE_UP + _MINUTE), None, now=NOW, hold=False)
    assert settled.state in SETTLED
    assert settled.due is None


@given(
    code=st.none() | st.integers(100, 599),
    attempts=st.integers(0, 50),
    age=st.timedeltas(timedelta(0), timedelta(days=9)),
    hold=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_after_an_attempt_a_delivery_is_settled_or_comes_again_later(
    code: int | None, attempts: int, age: timedelta, hold: bool
) -> None:
    receipt = None if code is None else Receipt(code, "said")
    settled = settle(_delivery(attempts=attempts, age=age), receipt, now=NOW, hold=hold)
    assert (settled.due is None) is (settled.state in SETTLED)
    assert settled.due is None or settled.due > NOW
    assert settled.reply
