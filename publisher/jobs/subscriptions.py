"""Subscribe, confirm, unsubscribe, suppress, erase: consent only ever moves where it may, and each move is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.kit.addresses import parse_address
from publisher.model.subscriber import Consent, ConsentEvent, ConsentRecord, move
from publisher.store import consents, subscribers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from publisher.model.subscriber import Wording
    from publisher.store.database import Database, Transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class Enrolment:
    """One address that somebody wants on the list of a digest."""

    address: str
    digest: str
    language: str | None
    confirmed: bool
    #: When consent was given, if it was before now.
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What the record of consent says about how it came to something."""

    source: str
    now: datetime
    #: When it happened, if that was before now.
    since: datetime | None = None
    wording: Wording | None = None
    language: str | None = None

    def of(self, subscriber_id: int, digest: str, event: ConsentEvent) -> ConsentRecord:
        """Make a record."""
        return ConsentRecord(
            subscriber_id=subscriber_id,
            digest=digest,
            event=event,
            at=self.now,
            source=self.source,
            wording=self.wording,
            language=self.language,
        )


def subscribe(
    database: Database,
    wanted: Enrolment,
    *,
    now: datetime,
    source: str = "publish subscribers add",
    fingerprint: Callable[[str], str],
) -> Consent | None:
    """Put one address on a list; returns where its consent stands then. Raises ValueError for a bad address.

    `fingerprint` makes the keyed hash under which erased addresses are remembered.
    """
    parsed = parse_address(wanted.address)
    evidence = Evidence(source=source, now=now, since=wanted.since, language=wanted.language)
    with database.begin() as connection:
        if subscribers.erased_among(connection, [fingerprint(parsed.key)]):
            return Consent.SUPPRESSED
        subscriber = subscribers.ensure(connection, parsed.address, parsed.key, wanted.language, now)
        event = ConsentEvent.ATTESTED if wanted.confirmed else ConsentEvent.IMPORTED
        return _move(connection, subscriber, wanted.digest, event, evidence)


def confirm(
    database: Database,
    subscriber_id: int,
    digest: str,
    *,
    source: str,
    now: datetime,
    wording: Wording | None = None,
    language: str | None = None,
) -> Consent | None:
    """Take a reader's own word, given by a link; returns where the consent stands then, None for no known reader.

    `wording` is what the reader was shown, in `language`.
    """
    evidence = Evidence(source=source, now=now, wording=wording, language=language)
    with database.begin() as connection:
        return _move(connection, subscriber_id, digest, ConsentEvent.GIVEN, evidence)


def unsubscribe(
    database: Database, subscriber_id: int, digest: str | None, *, source: str, now: datetime
) -> Consent | None:
    """Let a reader leave a digest, or without one all of them; returns where consent stands then."""
    evidence = Evidence(source=source, now=now)
    after = None
    with database.begin() as connection:
        for each in [digest] if digest is not None else list(subscribers.of(connection, subscriber_id)):
            after = _move(connection, subscriber_id, each, ConsentEvent.WITHDRAWN, evidence)
    return after


def asked(
    database: Database,
    subscriber_id: int,
    digest: str,
    *,
    source: str,
    now: datetime,
    wording: Wording,
    language: str | None = None,
) -> None:
    """Record that the mail that asks for confirmation was sent, with these words."""
    evidence = Evidence(source=source, now=now, wording=wording, language=language)
    with database.begin() as connection:
        consents.record(connection, [evidence.of(subscriber_id, digest, ConsentEvent.ASKED)])


def suppress(connection: Transaction, subscriber_id: int, reason: Consent, *, source: str, now: datetime) -> bool:
    """Let nothing at all be mailed to an address that bounced, complained or must not be mailed.

    Says whether that is new. Raises ValueError if `reason` is none of these three.
    """
    event = ConsentEvent(reason.value)
    reader = subscribers.take(connection, subscriber_id)
    if reader is None or move(reader.suppressed_for, event) is None:
        return False
    subscribers.suppress(connection, subscriber_id, reason, now)
    for digest, before in subscribers.of(connection, subscriber_id).items():
        after = move(before, event)
        if after is not None:
            subscribers.set_consent(connection, subscriber_id, digest, after, now)
    consents.record(connection, [Evidence(source=source, now=now).of(subscriber_id, "", event)])
    return True


def set_preferences(
    database: Database,
    subscriber_id: int,
    *,
    language: str | None,
    digests: Mapping[str, bool],
    source: str,
    now: datetime,
    wording: Wording | None = None,
    shown: str | None = None,
) -> None:
    """Take a reader's own choice, made by a link, of language and digests; digests that are not named stay.

    `wording` is what the reader was shown, in the language `shown`.
    """
    evidence = Evidence(source=source, now=now, language=language)
    with database.begin() as connection:
        reader = subscribers.take(connection, subscriber_id)
        if reader is None:
            return
        if language != reader.language:
            subscribers.set_language(connection, subscriber_id, language)
            consents.record(connection, [evidence.of(subscriber_id, "", ConsentEvent.PREFERENCES)])
        known = subscribers.of(connection, subscriber_id)
        agreed = Evidence(source=source, now=now, language=shown or language, wording=wording)
        for digest, wanted in digests.items():
            if wanted:
                _move(connection, subscriber_id, digest, ConsentEvent.GIVEN, agreed)
            elif digest in known:
                _move(connection, subscriber_id, digest, ConsentEvent.WITHDRAWN, evidence)


def erase(database: Database, address: str, *, fingerprint: Callable[[str], str], source: str, now: datetime) -> bool:
    """Delete everything about a reader but a keyed hash, by which no list brings the address back.

    Says whether there was anything. Raises ValueError for what is no address.
    """
    key = parse_address(address).key
    with database.begin() as connection:
        found = subscribers.find(connection, key)
        reader = subscribers.take(connection, found.id) if found else None
        if reader is None:
            return False
        subscribers.erase(connection, reader, fingerprint(key), now)
        consents.forget(connection, reader.id)
        consents.record(connection, [Evidence(source=source, now=now).of(reader.id, "", ConsentEvent.ERASED)])
    return True


def _move(
    connection: Transaction, subscriber_id: int, digest: str, event: ConsentEvent, evidence: Evidence
) -> Consent | None:
    """Move a consent where the event brings it, and record that; returns where it stands then."""
    reader = subscribers.take(connection, subscriber_id)
    if reader is None:
        return None
    before = subscribers.consent(connection, subscriber_id, digest)
    after = move(before, event)
    if after is None:
        return before
    if after is Consent.CONFIRMED and reader.suppressed_for is not None:
        # The reader's own word ends what a bounce began, for this digest alone: the others stay as they are.
        subscribers.suppress(connection, subscriber_id, None, evidence.now)
    subscribers.set_consent(connection, subscriber_id, digest, after, evidence.since or evidence.now)
    consents.record(connection, [evidence.of(subscriber_id, digest, event)])
    return after
