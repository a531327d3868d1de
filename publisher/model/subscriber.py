"""A subscriber, and the transitions of consent that are legal."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Consent(enum.StrEnum):
    """Where a subscription stands; only `confirmed` is mailed."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"


#: What an editor's list may do to a subscription. Nobody who left, bounced or complained comes back by a list.
_BY_EDITOR = {
    None: {Consent.PENDING, Consent.CONFIRMED},
    Consent.PENDING: {Consent.PENDING, Consent.CONFIRMED},
    Consent.CONFIRMED: {Consent.CONFIRMED},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription:
    """One reader's consent for one digest."""

    subscriber_id: int
    address: str
    language: str | None
    digest: str
    consent: Consent
    since: datetime


def enrol(before: Consent | None, *, confirmed: bool) -> Consent | None:
    """Decide what adding an address does to its consent; None where it must not change."""
    wanted = Consent.CONFIRMED if confirmed else Consent.PENDING
    if before is Consent.CONFIRMED or wanted not in _BY_EDITOR.get(before, set()):
        return None
    return wanted if wanted is not before else None
