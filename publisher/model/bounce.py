"""What came back, and what is done about it: decided from the report and from what came back before."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from publisher.model.subscriber import Consent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

#: A temporary failure counts half as much after this long.
HALF_LIFE = timedelta(days=14)
#: So many of them, weighed by their age, are too many,
SOFT_LIMIT = 3.0
#: but not before the first is this old: a mailbox may be full, or a server away, for some days.
PATIENCE = timedelta(days=7)
#: What is older weighs next to nothing.
MEMORY = 6 * HALF_LIFE
#: An edition is paused when one in so many of its recipients refuse it by policy; a short list at the first.
POLICY_SHARE = 1000


class Kind(enum.StrEnum):
    """What a message that came in is."""

    #: The address does not exist, and will not.
    HARD = "hard"
    #: The mailbox is full or closed, or the way to it was; another day it may do.
    SOFT = "soft"
    #: The other side does not want this sender, or this message.
    POLICY = "policy"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    NOT_A_BOUNCE = "not_a_bounce"


class Action(enum.StrEnum):
    """What was done about it."""

    SUPPRESSED = "suppressed"
    UNSUBSCRIBED = "unsubscribed"
    PAUSED = "paused"
    #: It counts towards a suppression.
    COUNTED = "counted"
    #: It is kept, and counts for nothing.
    NOTED = "noted"
    #: It is not even kept.
    NONE = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a message says of one recipient."""

    kind: Kind
    #: Enhanced status code (RFC 3463), or empty.
    status: str = ""
    #: As the report writes it; never proof of anything.
    recipient: str = ""
    reply: str = ""
    #: True while the other side still tries: what becomes of it is told later.
    delayed: bool = False
    #: Of a complaint: `abuse`, `fraud` (RFC 5965 section 7.3).
    feedback: str = ""


NOTHING = Report(kind=Kind.NOT_A_BOUNCE)


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """What came back before, and how the edition stands."""

    #: True if nothing is mailed to the subscriber any more.
    suppressed: bool = False
    #: When the temporary failures were that counted, of the last `MEMORY`.
    soft: Sequence[datetime] = ()
    #: The edition that this is about, while it still goes out.
    edition_id: str | None = None
    recipients: int = 0
    #: Recipients that have refused this edition by policy, before this one.
    refusals: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What to do, and why, in a sentence for who asks later."""

    action: Action
    why: str
    #: Why nothing is to be mailed from now on.
    reason: Consent | None = None


def decide(report: Report, history: History, *, now: datetime) -> Decision:
    """Decide about a report that is certainly about one of our deliveries."""
    match report.kind:
        case Kind.COMPLAINT:
            return _suppress(history, Consent.COMPLAINED, f"the reader complained of it ({report.feedback or 'abuse'})")
        case Kind.HARD:
            return _suppress(history, Consent.BOUNCED, f"there is no such address ({_said(report)})")
        case Kind.SOFT:
            return _soft(report, history, now)
        case Kind.POLICY:
            return _policy(report, history)
        case _:
            return Decision(action=Action.NONE, why="it is no bounce")


def weight(moments: Sequence[datetime], now: datetime) -> float:
    """Add up temporary failures, each by its age."""
    return float(sum(0.5 ** ((now - moment) / HALF_LIFE) for moment in moments))


def mildest(reports: Sequence[Report]) -> Report:
    """Choose what to believe of a report that names several addresses, none of them the one that was mailed."""
    order = (Kind.NOT_A_BOUNCE, Kind.POLICY, Kind.SOFT, Kind.HARD, Kind.COMPLAINT, Kind.UNSUBSCRIBE)
    return min(reports, key=lambda report: order.index(report.kind))


def _suppress(history: History, reason: Consent, why: str) -> Decision:
    if history.suppressed:
        return Decision(action=Action.NOTED, why=f"{why}; nothing is mailed to it any more already")
    return Decision(action=Action.SUPPRESSED, why=f"{why}: nothing is mailed to it any more", reason=reason)


def _soft(report: Report, history: History, now: datetime) -> Decision:
    said = _said(report)
    if report.delayed:
        return Decision(action=Action.NOTED, why=f"it is late, and still tried ({said})")
    moments = [*history.soft, now]
    counted = f"it could not be delivered for now ({said}); that counts {weight(moments, now):.1f} of {SOFT_LIMIT:g}"
    if weight(moments, now) >= SOFT_LIMIT and now - min(moments) >= PATIENCE:
        return _suppress(history, Consent.BOUNCED, f"{counted}, since {min(moments):%Y-%m-%d}")
    return Decision(action=Action.COUNTED, why=counted)


def _policy(report: Report, history: History) -> Decision:
    why = f"the other side refused the sender or the message, not the address ({_said(report)})"
    if history.edition_id is not None and (history.refusals + 1) * POLICY_SHARE >= history.recipients:
        return Decision(action=Action.PAUSED, why=f"{why}: {history.edition_id} is paused")
    return Decision(action=Action.NOTED, why=why)


def _said(report: Report) -> str:
    said = report.reply if report.status in report.reply else f"{report.status} {report.reply}"
    return " ".join(said.split())[:200] or "no reason given"
