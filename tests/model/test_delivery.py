"""What a reply means for a recipient, and when to try again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.delivery import (
    GIVE_UP,
    SETTLED,
    UNCERTAIN_WAIT,
    Accounting,
    Delivery,
    DeliveryState,
    Phase,
    Receipt,
    concerns_everybody,
    settle,
    wait,
)
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


#: What becomes of a recipient, by the first digit of the reply and what it answers.
OUTCOMES = {
    Phase.CONNECT: {2: "accepted", 3: "deferred", 4: "deferred", 5: "queued"},
    Phase.AUTH: {2: "accepted", 3: "deferred", 4: "deferred", 5: "queued"},
    Phase.MAIL: {2: "accepted", 3: "deferred", 4: "deferred", 5: "queued"},
    Phase.RCPT: {2: "accepted", 3: "deferred", 4: "deferred", 5: "failed"},
    Phase.DATA: {2: "accepted", 3: "deferred", 4: "deferred", 5: "queued"},
    Phase.BODY: {2: "accepted", 3: "deferred", 4: "deferred", 5: "failed"},
}


@pytest.mark.parametrize(
    ("phase", "digit", "state"),
    [(phase, digit, state) for phase, row in OUTCOMES.items() for digit, state in row.items()],
)
@pytest.mark.parametrize("rest", [0, 21, 50, 99])
def test_every_reply_at_every_phase_has_one_outcome(phase: Phase, digit: int, state: str, rest: int) -> None:
    receipt = Receipt(digit * 100 + rest, "said", phase)
    settled = settle(_delivery(), receipt, now=NOW, hold=False)
    assert (settled.state, settled.code, settled.reply) == (state, receipt.code, "said")
    assert concerns_everybody(receipt) is (state == "queued")
    assert settled.counted is (state != "queued")
    assert (settled.due is not None) is (state == "deferred")


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize(
    ("code", "status", "everybody"),
    [(550, "5.7.1", True), (550, "5.7.26", True), (550, "5.7.0", True), (450, "4.7.1", False), (250, "2.7.0", False)],
)
def test_a_policy_is_nobodys_fault_at_any_phase(phase: Phase, code: int, status: str, everybody: bool) -> None:
    assert concerns_everybody(Receipt(code, "said", phase, status)) is everybody


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("code", [503, 530, 534, 535, 538])
def test_a_session_that_is_not_as_it_should_be_is_nobodys_fault_at_any_phase(phase: Phase, code: int) -> None:
    assert concerns_everybody(Receipt(code, "said", phase))


@pytest.mark.parametrize("status", ["5.1.1", "5.2.2", "5.7.2", "5.7.17", "5.7.18", "5.6.7", ""])
@pytest.mark.parametrize("phase", [Phase.RCPT, Phase.BODY])
def test_a_refusal_of_one_recipient_is_for_that_one_only(phase: Phase, status: str) -> None:
    receipt = Receipt(550, "said", phase, status)
    assert not concerns_everybody(receipt)
    assert settle(_delivery(), receipt, now=NOW, hold=False).state is DeliveryState.FAILED


@pytest.mark.parametrize(("attempts", "minutes"), [(0, 5), (1, 15), (2, 45), (3, 135), (4, 240), (30, 240)])
def test_a_message_that_is_put_off_waits_longer_each_time(attempts: int, minutes: int) -> None:
    settled = settle(_delivery(attempts=attempts), Receipt(451, "4.7.1 later"), now=NOW, hold=False)
    assert settled.state is DeliveryState.DEFERRED
    assert settled.due is not None
    assert 0.75 * minutes * _MINUTE < settled.due - NOW <= minutes * _MINUTE


def test_those_who_were_put_off_together_do_not_come_back_together() -> None:
    waits = {wait(replace(_delivery(), id=number)) for number in range(1000)}
    assert len(waits) > 990
    assert max(waits) - min(waits) > _MINUTE


def test_how_long_one_waits_is_the_same_however_often_it_is_asked() -> None:
    assert wait(_delivery(attempts=2)) == wait(_delivery(attempts=2)) == timedelta(microseconds=2051546635)


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


def test_every_recipient_is_accounted_for() -> None:
    states = {"accepted": 1200, "failed": 3, "suppressed": 2, "held": 1, "queued": 4, "inflight": 1, "uncertain": 1}
    accounting = Accounting(1212, states)
    assert (accounting.waiting, accounting.holds, accounting.finished) == (6, True, False)
    assert str(accounting) == (
        "1,200 accepted + 3 failed + 2 suppressed + 1 held + 6 waiting = 1,212 of 1,212 recipients"
    )


def test_an_account_that_does_not_add_up_says_so() -> None:
    accounting = Accounting(3, {"accepted": 2})
    assert (accounting.holds, accounting.finished) == (False, False)
    assert str(accounting).endswith("= 2 of 3 recipients, which does not add up")


@pytest.mark.parametrize("state", DeliveryState)
def test_an_edition_is_finished_when_every_recipient_is_settled(state: DeliveryState) -> None:
    assert Accounting(2, {"accepted": 1, state: 1 + (state == "accepted")}).finished is (state in SETTLED)


@given(
    code=st.none() | st.integers(100, 599),
    attempts=st.integers(0, 50),
    age=st.timedeltas(timedelta(0), timedelta(days=9)),
    hold=st.booleans(),
    phase=st.sampled_from(Phase),
)
@settings(max_examples=200, deadline=None)
def test_after_an_attempt_a_delivery_is_settled_or_comes_again_later(
    code: int | None, attempts: int, age: timedelta, hold: bool, phase: Phase
) -> None:
    receipt = None if code is None else Receipt(code, "said", phase)
    settled = settle(_delivery(attempts=attempts, age=age), receipt, now=NOW, hold=hold)
    assert (settled.due is None) is (settled.state in SETTLED or not settled.counted)
    assert settled.due is None or settled.due > NOW
    assert settled.reply
