"""Take in what came back: find out whose it was, decide, and do it; nothing is believed without a hash of ours."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.jobs.subscriptions import suppress, unsubscribe
from publisher.kit.addresses import parse_address
from publisher.mail import verp
from publisher.mail.bounces.parse import Incoming, parse
from publisher.mail.bounces.parts import LIMIT
from publisher.mail.tokens import BadTokenError
from publisher.model.bounce import NOTHING, Action, Decision, Kind, Report, decide, mildest
from publisher.model.edition import EditionState
from publisher.model.errors import UsageError
from publisher.store import bounces, editions, subscribers
from publisher.store.bounces import Bounce, Owner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from publisher.mail.tokens import Signer
    from publisher.store.database import Database, Transaction

_FORGED = "nothing in it was made here, neither a return path nor a Message-ID: it changes nothing"
_REPEATED = "it was taken in before"
_ERASED = "there is no such reader any more"
_OTHER_ADDRESS = "it is about another address than the one that was mailed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one message that came in, or of what it says of one recipient."""

    #: The file, or `-`.
    source: str
    report: Report
    action: Action
    why: str
    #: True if it could not be read at all.
    failed: bool = False


@dataclass(frozen=True, kw_only=True)
class BounceRecorder:
    """Takes messages in, one after the other, each in a transaction of its own."""

    database: Database
    signer: Signer
    #: The real time.
    now: datetime

    def take_in(self, data: bytes, *, source: str, envelope_to: Sequence[str] = ()) -> list[Outcome]:
        """Take in one message; `envelope_to` is where it was sent, if the mail server says so."""
        incoming = parse(data)
        if incoming.reports[0].kind is Kind.UNSUBSCRIBE:
            return [self._unsubscribe(incoming, source)]
        reports = [report for report in incoming.reports if report.kind is not Kind.NOT_A_BOUNCE]
        if not reports:
            return [Outcome(source=source, report=NOTHING, action=Action.NONE, why="it is no bounce")]
        with self.database.begin() as connection:
            found = self._owner(connection, incoming, envelope_to)
            if found is None:
                return [Outcome(source=source, report=each, action=Action.NONE, why=_FORGED) for each in reports]
            chosen = _about(reports, found.address)
            decision = self._decide(connection, incoming, chosen, found, source)
        return [
            Outcome(source=source, report=each, action=decision.action, why=decision.why)
            if each is chosen
            else Outcome(source=source, report=each, action=Action.NONE, why=_OTHER_ADDRESS)
            for each in reports
        ]

    def poll_maildir(self, folder: Path) -> Iterator[Outcome]:
        """Take in what is new in a Maildir, and move it to what is seen. Raises UsageError if it is none.

        One that is not there has nothing new: mail servers make it with the first message. After a crash in between a
        message is taken in once more, which counts for nothing.
        """
        for path in new_in(folder):
            if path.name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            taken = self.take_in_file(path)
            yield from taken
            if not any(outcome.failed for outcome in taken):
                (folder / "cur").mkdir(exist_ok=True)
                with contextlib.suppress(FileNotFoundError):  # somebody else was faster
                    path.rename(folder / "cur" / f"{path.name.partition(':')[0]}:2,S")

    def take_in_file(self, path: Path, *, envelope_to: Sequence[str] = ()) -> list[Outcome]:
        """Take in a file that holds one message."""
        try:
            with path.open("rb") as file:
                data = file.read(LIMIT)
        except OSError as error:
            why = f"it cannot be read ({error.strerror})"
            return [Outcome(source=str(path), report=NOTHING, action=Action.NONE, why=why, failed=True)]
        return self.take_in(data, source=str(path), envelope_to=envelope_to)

    def _owner(self, connection: Transaction, incoming: Incoming, envelope_to: Sequence[str]) -> Owner | None:
        for address in (*envelope_to, *incoming.return_paths):
            delivery_id = verp.read(address, self.signer)
            found = None if delivery_id is None else bounces.owner(connection, delivery_id)
            if found is not None:
                return found
        return self._owner_of_message_id(connection, incoming) or self._owner_of_token(connection, incoming)

    def _owner_of_message_id(self, connection: Transaction, incoming: Incoming) -> Owner | None:
        """Find the delivery that a returned Message-ID was made for; addresses say only where to look."""
        claimed = [message_id.partition("@")[0].lower() for message_id in incoming.message_ids]
        named = [*incoming.recipients, *(report.recipient for report in incoming.reports)]
        for key in dict.fromkeys(key for address in named if (key := _key(address))) if claimed else ():
            for each in bounces.sent_to(connection, key):
                made = self.signer.digests(each.edition_id, each.subscriber_id)
                if any(hmac.compare_digest(one.encode(), other.encode()) for one in made for other in claimed):
                    return each
        return None

    def _owner_of_token(self, connection: Transaction, incoming: Incoming) -> Owner | None:
        """Find the reader whose own link stands in what is complained of: many providers leave nothing else in it."""
        if incoming.reports[0].kind is not Kind.COMPLAINT:
            return None
        for token in incoming.tokens:
            with contextlib.suppress(BadTokenError):
                subscriber_id, _ = self.signer.read("unsubscribe", token)
                reader = subscribers.take(connection, subscriber_id)
                if reader is not None:
                    return Owner(subscriber_id=reader.id, address=reader.address)
        return None

    def _decide(
        self, connection: Transaction, incoming: Incoming, report: Report, found: Owner, source: str
    ) -> Decision:
        reader = subscribers.take(connection, found.subscriber_id)
        if reader is None:
            # A report names the address, which nothing here may any more.
            return Decision(action=Action.NONE, why=_ERASED)
        key = _report_key(incoming, found.subscriber_id)
        if bounces.is_known(connection, key):
            return Decision(action=Action.NONE, why=_REPEATED)
        history = bounces.history(connection, found, self.now, suppressed=reader.suppressed is not None)
        decision = decide(report, history, now=self.now)
        self._keep(connection, key, report, found, decision)
        if decision.reason is not None:
            suppress(connection, found.subscriber_id, decision.reason, source=f"{report.kind}: {source}", now=self.now)
        if decision.action is Action.PAUSED and found.edition_id is not None:
            reason = f"{decision.why}; see what it wants, then publish editions resume {found.edition_id}"
            editions.move(connection, found.edition_id, bounces.GOING_OUT, EditionState.PAUSED, paused_for=reason)
        return decision

    def _unsubscribe(self, incoming: Incoming, source: str) -> Outcome:
        report = incoming.reports[0]
        try:
            subscriber_id, digest = self.signer.read("unsubscribe", incoming.tokens[0])
        except BadTokenError:
            return Outcome(source=source, report=report, action=Action.NONE, why="its token was not made here")
        unsubscribe(self.database, subscriber_id, digest, source=f"mail: {source}", now=self.now)
        decision = Decision(action=Action.UNSUBSCRIBED, why=f"the reader wrote to leave {digest}")
        with self.database.begin() as connection:
            reader = subscribers.take(connection, subscriber_id)
            if reader is None:
                return Outcome(source=source, report=report, action=Action.NONE, why=_ERASED)
            key = _report_key(incoming, subscriber_id)
            if not bounces.is_known(connection, key):
                owner = Owner(subscriber_id=subscriber_id, address=reader.address)
                self._keep(connection, key, report, owner, decision)
        return Outcome(source=source, report=report, action=decision.action, why=decision.why)

    def _keep(self, connection: Transaction, key: str, report: Report, found: Owner, decision: Decision) -> None:
        kept = Bounce(
            report=key,
            subscriber_id=found.subscriber_id,
            edition_id=found.edition_id,
            kind=report.kind,
            status=report.status,
            reply=report.reply,
            action=decision.action,
            why=decision.why,
            at=self.now,
        )
        bounces.record(connection, kept)


def new_in(folder: Path) -> list[Path]:
    """List what is new in a Maildir; nothing where there is no folder yet. Raises UsageError if it is none."""
    try:
        return sorted((folder / "new").iterdir()) if folder.exists() else []
    except OSError as error:
        raise UsageError(
            f"{folder} is no Maildir, its folder new cannot be read ({error.strerror}): "
            "see --maildir, or mail.bounces_maildir"
        ) from error


def _report_key(incoming: Incoming, subscriber_id: int) -> str:
    return hashlib.sha256(f"{incoming.fingerprint}\0{subscriber_id}".encode()).hexdigest()


def _about(reports: Sequence[Report], address: str) -> Report:
    """Choose what a report says of the one who was mailed; behind an address there may be others, or a list."""
    own = [report for report in reports if _key(report.recipient) == _key(address)]
    return own[0] if own else mildest(reports)


def _key(address: str) -> str | None:
    try:
        return parse_address(address).key
    except ValueError:
        return None
