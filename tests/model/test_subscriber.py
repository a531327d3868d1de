"""The transitions of consent that are legal."""

from __future__ import annotations

import pytest

from publisher.model.subscriber import Consent, enrol


@pytest.mark.parametrize(
    ("before", "confirmed", "after"),
    [
        (None, False, Consent.PENDING),
        (None, True, Consent.CONFIRMED),
        (Consent.PENDING, False, None),
        (Consent.PENDING, True, Consent.CONFIRMED),
        (Consent.CONFIRMED, False, None),
        (Consent.CONFIRMED, True, None),
    ],
)
def test_a_list_makes_subscribers_and_takes_no_consent_back(
    before: Consent | None, confirmed: bool, after: Consent | None
) -> None:
    assert enrol(before, confirmed=confirmed) is after


@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize("before", [Consent.UNSUBSCRIBED, Consent.BOUNCED, Consent.COMPLAINED, Consent.SUPPRESSED])
def test_nobody_who_left_comes_back_by_a_list(before: Consent, confirmed: bool) -> None:
    assert enrol(before, confirmed=confirmed) is None
