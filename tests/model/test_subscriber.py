"""The transitions of consent that are legal, each state against each event."""

from __future__ import annotations

import itertools

import pytest

from publisher.model.subscriber import Consent, ConsentEvent, move

STATES = (None, *Consent)
#: A row for each state, a column for each event of `EVENTS`; a dot is no change.
TABLE = """
              imported attested asked given     withdrawn    bounced complained suppressed preferences erased
none          pending  confirmed .    confirmed unsubscribed bounced complained suppressed .           .
pending       .        confirmed .    confirmed unsubscribed bounced complained suppressed .           .
confirmed     .        .         .    .         unsubscribed bounced complained suppressed .           .
unsubscribed  .        .         .    confirmed .            .       complained suppressed .           .
bounced       .        .         .    confirmed unsubscribed .       complained suppressed .           .
complained    .        .         .    .         .            .       .          .          .           .
suppressed    .        .         .    .         .            .       .          .          .           .
"""
HEAD, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CASES = [
    (None if row[0] == "none" else Consent(row[0]), ConsentEvent(event), None if after == "." else Consent(after))
    for row in ROWS
    for event, after in zip(HEAD, row[1:], strict=True)
]


def test_the_table_has_every_state_with_every_event_once() -> None:
    assert [(before, event) for before, event, _ in CASES] == list(itertools.product(STATES, ConsentEvent))


@pytest.mark.parametrize(("before", "event", "after"), CASES)
def test_consent_moves_where_it_may_and_nowhere_else(
    before: Consent | None, event: ConsentEvent, after: Consent | None
) -> None:
    assert move(before, event) is after


def test_whatever_lists_say_in_any_order_nobody_who_left_is_mailed_again() -> None:
    gone = {Consent.UNSUBSCRIBED, Consent.BOUNCED, Consent.COMPLAINED, Consent.SUPPRESSED}
    by_others = set(ConsentEvent) - {ConsentEvent.GIVEN}
    for before in gone:
        reached = {before}
        for _ in Consent:
            reached |= {after for each in reached for event in by_others if (after := move(each, event))}
        assert reached <= gone
