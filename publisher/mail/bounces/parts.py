"""A message that came back, taken apart: what it says in words, in fields, and of the message that was returned.

Nothing that is in it can take long: it is read as far as `LIMIT`, and given up where it is nested like no report is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from html import unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Octets; reports say what they have to say at the beginning.
LIMIT = 256 * 1024
#: The parser goes through all open boundaries for each line.
_BOUNDARIES = 30
_HEADER_CHARS = 2000
#: Characters of what is said, and of the headers that are returned.
_WORDS = 64 * 1024
#: Charsets that mail is written in; Python knows others, some of which take long.
_CHARSET = re.compile(
    r"(us-ascii|utf-?8|iso-|iso8859|windows-|cp\d|euc-|shift_jis|sjis|koi8|gb|big5|tis-620).*", re.IGNORECASE
)
#: Where, in reports in plain text, the message that is returned begins.
_RETURNED = re.compile(
    r"^[^\w\n]{0,40}(?:"
    r"(?:(?:this|below|below this line|enclosed) is )?a copy of (?:the|your) (?:original )?message\b.*"
    r"|(?:original|returned|unsent|undelivered) message\b(?: follows| below)?[^\w\n]*"
    r"|(?:the |message )?headers? (?:of the original message )?(?:is following|follows?)[^\w\n]*"
    r"|message (?:header|text) follows[^\w\n]*"
    r"|content-type: *(?:message/rfc822|text/rfc822-headers).*"
    r")$",
    re.IGNORECASE | re.MULTILINE,
)
#: Without a word about it.
_RECEIVED = re.compile(r"^(?:Received: ?from|Return-Path:) ?", re.MULTILINE | re.IGNORECASE)


@dataclass(kw_only=True, slots=True)
class Parts:
    """What a message is made of."""

    message: Message
    #: What it says to people, up to the message that is returned.
    words: str = ""
    #: Groups of fields of RFC 3464, or of RFC 5965, names in small letters.
    groups: list[dict[str, str]] = field(default_factory=list)
    #: The headers of the message that is returned, and what follows them where it stands in plain text.
    returned: str = ""
    #: Content types of the parts, the returned message's aside.
    types: set[str] = field(default_factory=set)

    def header(self, name: str) -> str:
        """Give a header field as people read it, on one line; empty where there is none."""
        return decoded(self.message.get(name, ""))

    def headers(self, *names: str) -> Iterable[str]:
        """Give all fields of these names."""
        return [decoded(value) for name in names for value in self.message.get_all(name, [])]


def decoded(value: object) -> str:
    """Read a header's value with its encoded words, whatever is wrong with them."""
    text = " ".join(str(value)[:_HEADER_CHARS].split())
    try:
        return str(make_header(decode_header(text))) if "=?" in text else text
    except (ValueError, LookupError):  # what `email` raises of broken words
        return text


def take_apart(data: bytes) -> Parts | None:
    """Take a message apart; None if it is nested like nothing that came back. Raises whatever `email` may raise."""
    data = data[:LIMIT].lstrip(b"\r\n")
    if data.startswith(b"From "):
        # As mailboxes in one file write it, and some that hand mail to programs.
        data = data.partition(b"\n")[2]
    if len(re.findall(rb"boundary\s*=", data, re.IGNORECASE)) > _BOUNDARIES:
        return None
    parts = Parts(message=message_from_bytes(data))
    _gather(parts)
    return parts


def _gather(parts: Parts) -> None:
    html = []
    waiting = [parts.message]
    while waiting:
        part = waiting.pop(0)
        kind = part.get_content_type()
        parts.types.add(kind)
        inside = part.get_payload()
        if kind in ("message/delivery-status", "message/feedback-report"):
            parts.groups += _groups(part)
        elif kind in ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"):
            parts.returned += _headers_of(part)
        elif isinstance(inside, list):
            waiting[:0] = [each for each in inside if isinstance(each, Message)]
        elif kind == "text/html":
            html.append(_without_tags(text_of(part)))
        elif kind.startswith(("text/", "multipart/")):
            # The second where the boundary is not the one that was announced.
            parts.words += text_of(part) + "\n"
    parts.words = (parts.words if parts.words.strip() else "\n".join(html))[:_WORDS]
    parts.returned = parts.returned[:_WORDS]
    _cut(parts)


def _cut(parts: Parts) -> None:
    """Part what the report says from a message that is returned in the same text."""
    found = _RETURNED.search(parts.words) or _RECEIVED.search(parts.words)
    if found is not None and parts.words[: found.start()].strip():
        parts.returned += "\n" + parts.words[found.start() :]
        parts.words = parts.words[: found.start()] + _fields_behind(parts.words[found.start() :])


def _fields_behind(text: str) -> str:
    """Give what a report in MIME, shown as plain text, says in fields behind the words."""
    found = re.search(r"^content-type: message/delivery-status\s*$", text, re.IGNORECASE | re.MULTILINE)
    return text[found.end() :] if found else ""


def text_of(part: Message) -> str:
    """Decode a part, whatever it says of itself."""
    decoded_payload = part.get_payload(decode=True)
    payload = decoded_payload if isinstance(decoded_payload, bytes) else b""
    charset = str(part.get_content_charset() or "")
    try:
        text = payload.decode(charset if _CHARSET.fullmatch(charset) else "utf-8", "replace")
    except LookupError:
        text = payload.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _headers_of(part: Message) -> str:
    inside = part.get_payload()
    if isinstance(inside, list) and inside and isinstance(inside[0], Message):
        return "".join(f"{name}: {decoded(value)}\n" for name, value in inside[0].items())
    return text_of(part)


def _groups(part: Message) -> list[dict[str, str]]:
    inside = part.get_payload()
    # `email` makes a message of each group of a report, and one of all that stands in one of RFC 5965.
    return [
        group
        for each in (inside if isinstance(inside, list) else [])
        if isinstance(each, Message)
        for group in [{name.lower(): decoded(value) for name, value in each.items()}, *groups_in(text_of(each))]
        if group
    ]


_FIELD = re.compile(r"^[ \t]{0,4}([A-Za-z][A-Za-z0-9-]{2,40})[ \t]*:[ \t]*(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)


def groups_in(text: str) -> list[dict[str, str]]:
    """Find groups of fields in plain text."""
    found = []
    for block in re.split(r"\n[ \t]*\n", text):
        fields = {name.lower(): " ".join(value.split())[:_HEADER_CHARS] for name, value in _FIELD.findall(block)}
        if fields:
            found.append(fields)
    return found


def _without_tags(html: str) -> str:
    lines = re.sub(r"<(?:br|p|div|tr|li|h\d)\b[^<>]*>", "\n", html, flags=re.IGNORECASE)
    return unescape(re.sub(r"<[^<>]*>", " ", lines))
