"""The delivery of one edition to one recipient: its states, and what a reply means."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

#: An uncertain message is sent once more after this long.
UNCERTAIN_WAIT = timedelta(minutes=15)
#: Deferred messages are tried again after these waits, then every four hours.
_WAITS = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
_LAST_WAIT = timedelta(hours=4)
#: A recipient that cannot be reached for this long has failed.
GIVE_UP = timedelta(days=5)


class DeliveryState(enum.StrEnum):
    """Where one delivery stands."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    INFLIGHT = "inflight"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNCERTAIN = "uncertain"
    HELD = "held"


#: An edition is finished when every recipient is in one of these.
SETTLED = frozenset({DeliveryState.ACCEPTED, DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.HELD})


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One edition to one subscriber: one row of the ledger."""

    id: int
    edition_id: str
    subscriber_id: int
    address: str
    state: DeliveryState
    attempts: int
    queued: datetime
    #: How often it was uncertain whether it arrived.
    doubts: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the other side said to one message."""

    #: SMTP reply code (RFC 5321 section 4.2), or 250 for a file that is written.
    code: int
    reply: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """What is written into the ledger after an attempt."""

    delivery_id: int
    state: DeliveryState
    reply: str
    #: When to try again; None where nothing more is to come.
    due: datetime | None = None


def settle(delivery: Delivery, receipt: Receipt | None, *, now: datetime, hold: bool) -> Settlement:
    """Decide what a reply means for a recipient; None for `receipt` is a connection lost after DATA.

    What is uncertain is sent once more after a while, or with `hold` never; what is uncertain again is held.
    """
    if receipt is None:
        reply = "the connection was lost before the reply"
        if hold or delivery.doubts or now - delivery.queued > GIVE_UP:
            return Settlement(delivery_id=delivery.id, state=DeliveryState.HELD, reply=reply)
        return Settlement(delivery_id=delivery.id, state=DeliveryState.UNCERTAIN, reply=reply, due=now + UNCERTAIN_WAIT)
    if 200 <= receipt.code < 300:
        return Settlement(delivery_id=delivery.id, state=DeliveryState.ACCEPTED, reply=receipt.reply)
    if receipt.code >= 500 or now - delivery.queued > GIVE_UP:
        return Settlement(delivery_id=delivery.id, state=DeliveryState.FAILED, reply=receipt.reply)
    due = now + (_WAITS[delivery.attempts] if delivery.attempts < len(_WAITS) else _LAST_WAIT)
    return Settlement(delivery_id=delivery.id, state=DeliveryState.DEFERRED, reply=receipt.reply, due=due)


@dataclass(kw_only=True, slots=True)
class Delivered:
    """What one run of delivery did."""

    #: Deliveries by the state that they reached.
    states: Counter[str] = field(default_factory=Counter)
    finished: list[str] = field(default_factory=list)
    #: Why it stopped, if it had to.
    trouble: str | None = None
