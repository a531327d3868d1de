"""What is done about what came back, and how long it counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.model.bounce import HALF_LIFE, Action, Decision, History, Kind, Report, decide, mildest, weight
from publisher.model.subscriber import Consent
from tests.build import NOW

DAY = timedelta(days=1)


def decided(kind: Kind, history: History | None = None, **values: object) -> Decision:
    report = Report(kind=kind, status="5.1.1", reply="550 5.1.1 No such reader", **values)  # type: ignore[arg-type]
    return decide(report, history or History(), now=NOW)


@pytest.mark.parametrize(("kind", "reason"), [(Kind.HARD, Consent.BOUNCED), (Kind.COMPLAINT, Consent.COMPLAINED)])
def test_no_such_address_and_a_complaint_suppress_at_once(kind: Kind, reason: Consent) -> None:
    decision = decided(kind)
    assert (decision.action, decision.reason) == (Action.SUPPRESSED, reason)
    assert decision.why.endswith("nothing is mailed to it any more")


def test_who_is_suppressed_already_is_not_suppressed_again() -> None:
    decision = decided(Kind.HARD, History(suppressed=True))
    assert (decision.action, decision.reason) == (Action.NOTED, None)


def test_the_reason_is_told_with_its_code_once() -> None:
    assert "(550 5.1.1 No such reader)" in decided(Kind.HARD).why
    assert "(5.1.1 gone)" in decide(Report(kind=Kind.HARD, status="5.1.1", reply="gone"), History(), now=NOW).why
    assert "(no reason given)" in decide(Report(kind=Kind.HARD), History(), now=NOW).why


def test_a_complaint_says_of_what() -> None:
    assert "(fraud)" in decided(Kind.COMPLAINT, feedback="fraud").why


def test_a_temporary_failure_counts_half_after_its_half_life() -> None:
    assert weight([NOW, NOW - HALF_LIFE, NOW - 2 * HALF_LIFE], NOW) == 1.75


@pytest.mark.parametrize(
    ("days", "action"),
    [
        ([], Action.COUNTED),
        # Many, but all of one week: the mailbox may be emptied yet.
        ([1, 2, 3, 4, 5, 6], Action.COUNTED),
        ([1, 2, 3, 4, 5, 6, 7], Action.SUPPRESSED),
        # A weekly digest: seven weeks.
        ([7, 14, 21, 28, 35], Action.COUNTED),
        ([7, 14, 21, 28, 35, 42], Action.SUPPRESSED),
        # Now and then.
        ([30, 60], Action.COUNTED),
    ],
)
def test_temporary_failures_suppress_when_they_go_on(days: list[int], action: Action) -> None:
    decision = decided(Kind.SOFT, History(soft=[NOW - day * DAY for day in days]))
    assert decision.action is action
    assert decision.reason is (Consent.BOUNCED if action is Action.SUPPRESSED else None)


def test_what_is_only_late_counts_for_nothing() -> None:
    assert decided(Kind.SOFT, History(soft=[NOW - 8 * DAY] * 9), delayed=True).action is Action.NOTED


@pytest.mark.parametrize(
    ("recipients", "refusals", "action"),
    [
        (10, 0, Action.PAUSED),
        (1000, 0, Action.PAUSED),
        (1001, 0, Action.NOTED),
        (100_000, 98, Action.NOTED),
        (100_000, 99, Action.PAUSED),
    ],
)
def test_one_refusal_by_policy_in_a_thousand_pauses_the_edition_and_suppresses_nobody(
    recipients: int, refusals: int, action: Action
) -> None:
    history = History(edition_id="world-2024-11-10-en", recipients=recipients, refusals=refusals)
    decision = decided(Kind.POLICY, history)
    assert (decision.action, decision.reason) == (action, None)


def test_an_edition_that_is_out_cannot_be_paused() -> None:
    assert decided(Kind.POLICY).action is Action.NOTED


@pytest.mark.parametrize("kind", [Kind.NOT_A_BOUNCE, Kind.UNSUBSCRIBE])
def test_about_what_is_no_bounce_nothing_is_decided(kind: Kind) -> None:
    assert decided(kind).action is Action.NONE


def test_of_several_addresses_the_mildest_is_believed() -> None:
    reports = [Report(kind=kind) for kind in (Kind.HARD, Kind.SOFT, Kind.COMPLAINT)]
    assert mildest(reports).kind is Kind.SOFT
