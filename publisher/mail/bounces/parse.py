"""One message that came in becomes what it says of each recipient, and what tells whose message came back."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.mail.bounces import parts, reasons
from publisher.model.bounce import NOTHING, Kind, Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.mail.bounces.parts import Parts

log = logging.getLogger("publisher.mail")

#: A report about one message of ours has one recipient; behind a mailing list there may be more.
_RECIPIENTS = 50
_ADDRESS = re.compile(r"[^\s<>\"'(),:;|\[\]]{1,256}@[\w.-]{1,255}\w")
_UNSUBSCRIBE = re.compile(r"\s*unsubscribe\s+(\S{20,400})\s*", re.IGNORECASE)
_SYSTEM = re.compile(
    r"mailer-?daemon|post-?master|poost?master|mail delivery (?:sub)?system|mail-?daemon|mailer_daemon", re.IGNORECASE
)
_SUBJECT = re.compile(
    r"undeliver|returned mail|return(?:ed|ing) (?:message )?to sender"
    r"|delivery (?:status|fail|error|report|notification)|mail system error|fail\w* (?:notice|mail|delivery)"
    r"|(?:delivery|mail|message|notice|transmission).{0,20}fail|could not (?:be )?(?:send|deliver|sent)"
    r"|non[- ]?remis|cannot send message|unzustellbar|не доставлено",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"(?:could|can|was|were)(?: ?not|n't) (?:be )?deliver|(?:not |un)able to deliver|undeliver|did not reach",
    re.IGNORECASE,
)
_AUTOMATIC = re.compile(
    r"out of (?:the )?office|auto(?:matic)?[- ]?(?:repl|respon|answer)|^auto:|vacation|away from|abwesenheit|absence",
    re.IGNORECASE,
)
#: As sendmail writes what it could not deliver.
_TRANSCRIPT = re.compile(r"^5\d\d <([^<>\s@]{1,256}@[^<>\s]{1,255})>\.\.\. (.*)", re.MULTILINE)
#: Amazon SES answers there what a rule of the receiver says, whoever is written to.
_BY_RULE = re.compile(r"inbound-smtp\.[\w-]+\.amazonaws\.com", re.IGNORECASE)
_LATE = re.compile(r"warning\b|delivery .{0,30}\bdelay|.{0,20}notification.{0,4}\bdelay", re.IGNORECASE)
_DELIVERED = ("delivered", "relayed", "expanded", "deliverable")


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """What is known of a message that came in, before anybody believes it."""

    #: The same for the same report, whichever way it comes in.
    fingerprint: str
    reports: tuple[Report, ...] = (NOTHING,)
    #: Where the report was sent, and what the returned message had as its return path: one may be ours.
    return_paths: tuple[str, ...] = ()
    #: Of the message that was returned.
    message_ids: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    #: From the subject of a message that asks to be unsubscribed, or of a link in a message complained of.
    tokens: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    """One recipient in a report, before its reason is understood."""

    recipient: str
    status: str = ""
    text: str = ""
    action: str = "failed"
    #: Said in fields, so that there is no doubt that it is a report.
    certain: bool = field(default=True, kw_only=True)
    #: Said as RFC 3464 has it.
    fields: bool = field(default=True, kw_only=True)


def parse(data: bytes) -> Incoming:
    """Read one message. Never raises: what makes no sense is not a bounce."""
    data = data[: parts.LIMIT]
    try:
        taken = parts.take_apart(data)
        return _incoming(taken, data) if taken else Incoming(fingerprint=hashlib.sha256(data).hexdigest())
    except Exception:  # the wall: one message from outside must not stop the rest; `email` promises to raise nothing
        log.exception("a message that came in makes no sense")
        return Incoming(fingerprint=hashlib.sha256(data).hexdigest())


def _incoming(taken: Parts, data: bytes) -> Incoming:
    returned, header = taken.returned, taken.header
    asked = _UNSUBSCRIBE.fullmatch(header("subject"))
    feedback = [group for group in taken.groups if "feedback-type" in group]
    original = [
        group[name] for group in feedback for name in ("original-mail-from", "original-rcpt-to") if name in group
    ]
    return Incoming(
        fingerprint=_fingerprint(taken, data),
        reports=(Report(kind=Kind.UNSUBSCRIBE),) if asked else tuple(_reports(taken, feedback)) or (NOTHING,),
        return_paths=(
            *(
                address
                for value in taken.headers("to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
                for address in _ADDRESS.findall(value)
            ),
            *(address for value in original for address in _ADDRESS.findall(value)),
            *_field(returned, "return-path", _ADDRESS),
        ),
        message_ids=tuple(_field(returned, "message-id", re.compile(r"<([^<>\s]{1,400})>"))),
        recipients=tuple(_field(returned, "to", _ADDRESS)),
        tokens=(asked[1],)
        if asked
        else tuple(_field(returned, "list-unsubscribe", re.compile(r"/u/([^\s<>/?]{20,400})"))),
    )


def _fingerprint(taken: Parts, data: bytes) -> str:
    """Hash what a report is, not the way that it took: line ends and trace fields differ."""
    body = data.replace(b"\r\n", b"\n").partition(b"\n\n")[2].strip()
    told = [taken.header(name).encode("utf-8", "replace") for name in ("message-id", "date", "from", "subject")]
    return hashlib.sha256(b"\0".join([*told, body])).hexdigest()


def _field(headers: str, name: str, wanted: re.Pattern[str]) -> list[str]:
    found = re.findall(
        rf"^[> ]{{0,2}}{name}:[ \t]*(.{{0,2000}}(?:\n[ \t]+.{{0,2000}}){{0,9}})", headers, re.IGNORECASE | re.MULTILINE
    )
    return [each for value in found for each in wanted.findall(value)]


def _reports(taken: Parts, feedback: list[dict[str, str]]) -> list[Report]:
    if feedback:
        return [_complaint(group) for group in feedback[:1]]
    if "message/disposition-notification" in taken.types:
        return []
    found = list(_by_fields(taken.groups)) or list(_by_fields(parts.groups_in(taken.words)))
    if not found and taken.words.lstrip().startswith("{"):
        found = list(_by_json(taken.words))
    if not found and "message/delivery-status" not in taken.types and not _from_system(taken):
        return []
    found = found or list(_by_words(taken))
    reports = [_understood(each, taken, alone=len(found) == 1) for each in found[:_RECIPIENTS]]
    return [report for report in reports if report is not None]


def _complaint(group: dict[str, str]) -> Report:
    kind = group["feedback-type"].lower()
    address = _ADDRESS.search(group.get("original-rcpt-to", ""))
    if kind not in ("abuse", "fraud", "virus", "other", "miscategorized", "opt-out", "opt-out-list"):
        # `not-spam`, `auth-failure`: nobody complains.
        return NOTHING
    return Report(kind=Kind.COMPLAINT, recipient=address[0] if address else "", feedback=kind)


def _by_fields(groups: list[dict[str, str]]) -> Iterator[_Found]:
    """Read groups of RFC 3464; the status of one without an address is that of the message."""
    for group in groups:
        recipient = _recipient(group)
        if recipient or ("action" in group and "status" in group):
            status = re.search(r"\b[245]\.\d{1,3}\.\d{1,3}\b", group.get("status", ""))
            text = group.get("diagnostic-code", "") or _comment(group.get("status", ""))
            action = group.get("action", "failed").split(" ")[0].lower()
            yield _Found(recipient, status[0] if status else "", text, action)


def _recipient(group: dict[str, str]) -> str:
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        address = _ADDRESS.search(group.get(name, "").partition(";")[2] or group.get(name, ""))
        if address:
            return address[0]
    return ""


def _comment(status: str) -> str:
    return "".join(re.findall(r"\(([^()]{0,300})\)", status))


def _by_json(text: str) -> Iterator[_Found]:
    """Read a notification of Amazon SES: its own JSON in a plain message."""
    try:
        told: Any = json.JSONDecoder().raw_decode(text.lstrip())[0]
        for each in told["bounce"]["bouncedRecipients"][:_RECIPIENTS]:
            text = str(each.get("diagnosticCode", told["bounce"].get("bounceSubType", "")))
            yield _Found(
                str(each["emailAddress"]), str(each.get("status", "")), text, str(each.get("action", "failed"))
            )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return


def _from_system(taken: Parts) -> bool:
    """Say whether a mail system seems to write, and not somebody who is away."""
    if taken.header("x-failed-recipients"):
        return True
    if _SYSTEM.search(taken.header("from")):
        return True
    subject, path = taken.header("subject"), taken.header("return-path").strip()
    returned = "message/rfc822" in taken.types and _FAILED.search(taken.words)
    sign = path == "<>" or _SYSTEM.search(path) or returned or _SUBJECT.search(subject)
    return bool(sign) and not _is_automatic(taken, subject)


def _is_automatic(taken: Parts, subject: str) -> bool:
    """Say whether somebody's mailbox answers by itself (RFC 3834), or a mailing list writes."""
    return bool(
        _AUTOMATIC.search(subject)
        or taken.header("auto-submitted").lower().startswith("auto-replied")
        or taken.header("precedence").lower() in ("bulk", "junk", "list", "auto_reply")
        or any(map(taken.header, ("x-autoreply", "x-autorespond", "x-auto-response-suppress", "list-id")))
    )


def _by_words(taken: Parts) -> Iterator[_Found]:
    """Find the recipients of a report without fields: what a header, flufl.bounce, or the words name."""
    certain = bool(
        taken.header("x-failed-recipients")
        or "message/delivery-status" in taken.types
        or (_SYSTEM.search(taken.header("from")) and _SUBJECT.search(taken.header("subject")))
    )
    named = dict(_TRANSCRIPT.findall(taken.words)) or dict.fromkeys(_named(taken), "")
    for address, text in named.items():
        yield _Found(address, text=text, certain=certain, fields=False)


def _named(taken: Parts) -> list[str]:
    named = _ADDRESS.findall(taken.header("x-failed-recipients")) or sorted(_flufl(taken))
    if named:
        return named
    own = {address.lower() for value in taken.headers("to", "from") for address in _ADDRESS.findall(value)}
    found = (each for each in _ADDRESS.findall(taken.words) if each.lower() not in own and not _SYSTEM.search(each))
    return [next(found, "")]


def _flufl(taken: Parts) -> set[str]:
    from flufl.bounce import all_failures

    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
    try:
        temporary, permanent = all_failures(taken.message)
    except Exception:  # noqa: BLE001 (what it raises of messages that it does not expect is not written down)
        return set()
    return {address.decode("ascii", "replace") for address in (*temporary, *permanent)}


def _understood(found: _Found, taken: Parts, *, alone: bool) -> Report | None:
    if found.action in _DELIVERED:
        return NOTHING
    words = _about(found.recipient, taken.words, alone=alone)
    fields = found.fields and "message/delivery-status" in taken.types
    reason = reasons.sort(found.text, found.status, transcript=words, fields=fields)
    if not re.search(r"[A-Za-z]{3}", found.text.partition(";")[2] or found.text):
        # A diagnosis that says nothing: the words know more.
        reason = reasons.sort(f"{found.text}\n{words}", found.status, fields=fields)
    if not reason.understood and not found.certain:
        return None
    late = found.action == "delayed" or bool(_LATE.match(taken.header("subject")))
    passing = late or any(_BY_RULE.search(group.get("reporting-mta", "")) for group in taken.groups)
    return Report(
        kind=Kind.SOFT if passing and reason.kind is Kind.HARD else reason.kind,
        status=reason.status,
        recipient=found.recipient,
        reply=" ".join((found.text or _gist(words)).split())[:500],
        delayed=late,
    )


def _about(recipient: str, words: str, *, alone: bool) -> str:
    """Give what the words say of one recipient: from its name to that of another."""
    if alone or not recipient:
        return words
    lines, wanted, mine = words.splitlines(), recipient.lower(), False
    about = []
    for line in lines:
        if named := _ADDRESS.findall(line):
            mine = wanted in (each.lower() for each in named)
        if mine:
            about.append(line)
    return "\n".join(about) or words


def _gist(words: str) -> str:
    """Give the line that has a code, or the last one."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return next(
        (line for line in lines if re.search(r"\b[45]\d\d[ -]|[45]\.\d+\.\d+", line)), lines[-1] if lines else ""
    )
