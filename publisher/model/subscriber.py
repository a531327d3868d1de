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


class ConsentEvent(enum.StrEnum):
    """What happens to a consent, as its record says."""

    #: An editor's list names the address: it has to be asked.
    IMPORTED = "imported"
    #: An editor's list says that the reader has agreed already.
    ATTESTED = "attested"
    #: The mail that asks for confirmation was sent.
    ASKED = "asked"
    #: The reader's own word, by a link that only the mailbox was sent.
    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    PREFERENCES = "preferences"
    #: Everything about the reader was deleted; the record says nothing else.
    ERASED = "erased"


_REFUSALS = {ConsentEvent.COMPLAINED: Consent.COMPLAINED, ConsentEvent.SUPPRESSED: Consent.SUPPRESSED}
_LEAVING = {**_REFUSALS, ConsentEvent.BOUNCED: Consent.BOUNCED, ConsentEvent.WITHDRAWN: Consent.UNSUBSCRIBED}
#: Whatever is not here changes nothing. Nobody who left, bounced or complained comes back by an editor's list; by the
#: reader's own word comes back who left or bounced. A complaint is final.
_MOVES: dict[Consent | None, dict[ConsentEvent, Consent]] = {
    None: {
        **_LEAVING,
        ConsentEvent.IMPORTED: Consent.PENDING,
        ConsentEvent.ATTESTED: Consent.CONFIRMED,
        ConsentEvent.GIVEN: Consent.CONFIRMED,
    },
    Consent.PENDING: {**_LEAVING, ConsentEvent.ATTESTED: Consent.CONFIRMED, ConsentEvent.GIVEN: Consent.CONFIRMED},
    Consent.CONFIRMED: _LEAVING,
    Consent.UNSUBSCRIBED: {**_REFUSALS, ConsentEvent.GIVEN: Consent.CONFIRMED},
    Consent.BOUNCED: {**_REFUSALS, ConsentEvent.WITHDRAWN: Consent.UNSUBSCRIBED, ConsentEvent.GIVEN: Consent.CONFIRMED},
    Consent.COMPLAINED: {},
    Consent.SUPPRESSED: {},
}


def move(before: Consent | None, event: ConsentEvent) -> Consent | None:
    """Decide where an event brings a consent; None where it changes nothing."""
    return _MOVES[before].get(event)


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription:
    """One reader's consent for one digest."""

    subscriber_id: int
    address: str
    language: str | None
    digest: str
    consent: Consent
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriber:
    """A reader's address, and what is true of it whatever the digest."""

    id: int
    address: str
    language: str | None
    created: datetime
    #: Since when nothing at all is mailed to it, and why.
    suppressed: datetime | None = None
    suppressed_for: Consent | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """The words that a reader agreed to, exactly."""

    text: str
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsentRecord:
    """One thing that happened to a consent: it is written once and never changed."""

    subscriber_id: int
    #: Empty where it is about the address, whatever the digest.
    digest: str
    event: ConsentEvent
    at: datetime
    #: Where it came from: an IP address, a line of a file, a report.
    source: str | None = None
    wording: Wording | None = None
    #: In which it was agreed, or the one now preferred.
    language: str | None = None
