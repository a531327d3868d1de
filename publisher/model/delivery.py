"""The delivery of one edition to one recipient: its states, and what a reply means."""

from __future__ import annotations

import enum
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

#: An uncertain message is sent once more after this long.
UNCERTAIN_WAIT = timedelta(minutes=15)
#: A recipient that cannot be reached for this long has failed.
GIVE_UP = timedelta(days=5)
#: Deferred messages are tried again after the first wait, then after three times the one before, up to the last.
_FIRST_WAIT = timedelta(minutes=5)
_LAST_WAIT = timedelta(hours=4)
#: What of each wait is up to chance, so that those who were refused together do not come back together.
_JITTER = 0.25


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


class Phase(enum.StrEnum):
    """What a reply answers."""

    CONNECT = "connect"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    #: DATA, up to its 354.
    DATA = "data"
    #: The final dot.
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the other side said to one message."""

    #: SMTP reply code (RFC 5321 section 4.2), or 250 for a file that is written.
    code: int
    reply: str
    phase: Phase = Phase.DATA
    #: Enhanced status code (RFC 3463), `5.7.1`; empty where there was none.
    status: str = ""


#: Refusals for good that say nothing about the recipient, but of who sends, how, or what.
_NOT_THE_RECIPIENT = frozenset({Phase.CONNECT, Phase.AUTH, Phase.MAIL, Phase.DATA})
#: And whenever they are said: commands out of order, and a login that is missing or no good (RFC 4954 section 6).
_OF_THE_SESSION = frozenset({503, 530, 534, 535, 538})
#: Policies of one recipient (RFC 3463 section 3.8, RFC 7293): a closed list, a mailbox with a new owner.
_OWN_POLICY = frozenset({"5.7.2", "5.7.17", "5.7.18"})


def concerns_everybody(receipt: Receipt) -> bool:
    """Say whether a refusal is for every recipient alike: by policy (5.7.x), or for good before one was named."""
    if receipt.code < 500:
        return False
    policy = receipt.status.startswith("5.7.") and receipt.status not in _OWN_POLICY
    return policy or receipt.phase in _NOT_THE_RECIPIENT or receipt.code in _OF_THE_SESSION


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """What is written into the ledger after an attempt."""

    delivery_id: int
    state: DeliveryState
    reply: str
    #: SMTP reply code, where there was a reply.
    code: int | None = None
    #: When to try again; None where nothing more is to come.
    due: datetime | None = None
    #: False if it was no fault of the recipient's: it is as if it had not been tried.
    counted: bool = True


def settle(delivery: Delivery, receipt: Receipt | None, *, now: datetime, hold: bool) -> Settlement:
    """Decide what a reply means for a recipient; None for `receipt` is a connection lost after the final dot.

    What is uncertain is sent once more after a while, or with `hold` never; what is uncertain again is held.
    """
    late = now - delivery.queued > GIVE_UP
    if receipt is None:
        reply = "the connection was lost before the reply"
        if hold or delivery.doubts or late:
            return Settlement(delivery_id=delivery.id, state=DeliveryState.HELD, reply=reply)
        return Settlement(delivery_id=delivery.id, state=DeliveryState.UNCERTAIN, reply=reply, due=now + UNCERTAIN_WAIT)
    state, due = DeliveryState.DEFERRED, None
    if 200 <= receipt.code < 300:
        state = DeliveryState.ACCEPTED
    elif concerns_everybody(receipt):
        state = DeliveryState.QUEUED
    elif receipt.code >= 500 or late:
        state = DeliveryState.FAILED
    else:
        due = now + wait(delivery)
    return Settlement(
        delivery_id=delivery.id,
        state=state,
        reply=receipt.reply,
        code=receipt.code,
        due=due,
        counted=state is not DeliveryState.QUEUED,
    )


def wait(delivery: Delivery) -> timedelta:
    """Say how long a delivery waits after being put off: longer each time, and the same for the same attempt."""
    # Far more attempts than fit into five days, and no number too large.
    times: int = 3 ** min(delivery.attempts, 9)
    longest = min(_FIRST_WAIT * times, _LAST_WAIT)
    drawn = hashlib.blake2b(f"{delivery.id} {delivery.attempts}".encode(), digest_size=4).digest()
    return longest * (1 - _JITTER * int.from_bytes(drawn) / 2**32)


@dataclass(frozen=True, slots=True)
class Accounting:
    """Where every recipient of one edition is: none is left out, none counted twice."""

    recipients: int
    #: Deliveries by state; a state that is missing has none.
    states: Mapping[str, int]

    @property
    def settled(self) -> dict[str, int]:
        """How many are in each of the states that nothing more comes after."""
        order = (DeliveryState.ACCEPTED, DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.HELD)
        return {state.value: self.states.get(state, 0) for state in order}

    @property
    def waiting(self) -> int:
        """How many still have something to come."""
        return sum(count for state, count in self.states.items() if state not in SETTLED)

    @property
    def holds(self) -> bool:
        """Say whether all of them together are the recipients of the edition."""
        return sum(self.states.values()) == self.recipients

    @property
    def finished(self) -> bool:
        """Say whether every recipient is settled."""
        return self.holds and not self.waiting

    def __str__(self) -> str:
        counted = " + ".join(
            f"{count:,} {state}" for state, count in (self.settled | {"waiting": self.waiting}).items()
        )
        found = "" if self.holds else ", which does not add up"
        return f"{counted} = {sum(self.states.values()):,} of {self.recipients:,} recipients{found}"


@dataclass(kw_only=True, slots=True)
class Delivered:
    """What one run of delivery did."""

    #: Deliveries by the state that they reached.
    states: Counter[str] = field(default_factory=Counter)
    finished: list[str] = field(default_factory=list)
    #: Why it stopped, if it had to.
    trouble: str | None = None
