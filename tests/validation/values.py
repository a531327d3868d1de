"""Checks of single values: each yields the rules that the value breaks."""

from __future__ import annotations

import re
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html.entities import name2codepoint
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.validation.markup import ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.validation.rules import Fault

    Check = Callable[[str], Iterator[Fault]]

_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?:[A-Za-z0-9\-._~:/?#@!$&'()*+,;=]|\[[0-9A-Fa-f:]+\]|%[0-9A-Fa-f]{2})+")
_SCHEMES = {"http", "https", "ftp", "mailto", "tel", "tag", "urn", "data", "geo", "sms"}
_TAG = re.compile(
    r"tag:(?:[a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(?:-\d\d(?:-\d\d)?)?:(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*"
)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_RFC822 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d\d? (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r" \d{4} \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|GMT|UT|Z)"
)
# The two or three letters of a language, then script, region, variants, extensions and private use, in this order.
_LANGUAGE = re.compile(
    r"[A-Za-z]{2,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|\d{3}))?(?:-(?:[A-Za-z0-9]{5,8}|\d[A-Za-z0-9]{3}))*"
    r"(?:-[A-WY-Za-wy-z0-9](?:-[A-Za-z0-9]{2,8})+)*(?:-[xX](?:-[A-Za-z0-9]{1,8})+)?"
)
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:\s*;\s*[\w.+-]+=(?:[\w.+-]+|\"[^\"]*\"))*")
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_END_TAG = re.compile(r"</(\w+)>")
_REFERENCE = re.compile(r"&(#?\w+)")
_NAMED = {*name2codepoint, "apos"}
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
#: How wrong the clock of a publisher may be.
_EARLY = timedelta(minutes=10)
#: The moment at which a file is looked at.
now: ContextVar[datetime] = ContextVar("now")

#: Relations of links that are names; any other has to be a URI.
RELATIONS = {"alternate", "enclosure", "related", "self", "via", "replies", "hub", "license", "payment", "search"} | {
    "current", "first", "last", "next", "previous", "prev-archive", "next-archive", "describedby", "edit", "up"
}  # fmt: skip


def anything(_value: str) -> Iterator[Fault]:
    """Allow every value."""
    return iter(())


def filled(value: str) -> Iterator[Fault]:
    """Allow what is not blank."""
    if not value.strip():
        yield "not-blank", ""


def empty(value: str) -> Iterator[Fault]:
    """Allow no text."""
    if value.strip():
        yield "unexpected-text", value


def uri(value: str) -> Iterator[Fault]:
    """Allow an absolute URI, in ASCII, of a scheme that is registered."""
    match = _URI.fullmatch(value)
    scheme = match[1].lower() if match else ""
    if scheme == "tag":
        if not _TAG.fullmatch(value):
            yield "invalid-tag", value
    elif scheme not in _SCHEMES or (scheme in {"http", "https"} and not urlsplit(value).hostname):
        yield "invalid-uri", value


def web_address(value: str) -> Iterator[Fault]:
    """Allow an address of the web, as an enclosure has."""
    if not value.startswith(("http://", "https://")):
        yield "invalid-uri", value
    else:
        yield from uri(value)


def permanent_id(value: str) -> Iterator[Fault]:
    """Allow the URI of a feed or an entry, written in its one canonical way."""
    yield from uri(value)
    parts = urlsplit(value)
    if parts.scheme in {"http", "https"} and (parts.netloc != parts.netloc.lower() or not parts.path):
        yield "canonical-id", value


def relation(value: str) -> Iterator[Fault]:
    """Allow a registered relation, or a URI."""
    if value not in RELATIONS and not _URI.fullmatch(value):
        yield "unregistered-relation", value


def rfc3339(value: str) -> Iterator[Fault]:
    """Allow a date as in Atom and JSON Feed."""
    try:
        moment = datetime.fromisoformat(value) if _RFC3339.fullmatch(value) else None
    except ValueError:
        moment = None
    yield from _plausible(value, moment)


def rfc822(value: str) -> Iterator[Fault]:
    """Allow a date as in RSS, of a day that is the day it says."""
    try:
        moment = parsedate_to_datetime(value) if _RFC822.fullmatch(value) else None
    except ValueError:
        moment = None
    if moment and "," in value and moment.strftime("%a") != value[:3]:
        moment = None
    yield from _plausible(value, moment)


def _plausible(value: str, moment: datetime | None) -> Iterator[Fault]:
    if moment is None:
        yield "invalid-date", value
    # A date without a zone means UTC.
    elif not _EARLIEST <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= now.get() + _EARLY:
        yield "implausible-date", value


def language(value: str) -> Iterator[Fault]:
    """Allow a well-formed tag of a language."""
    if not _LANGUAGE.fullmatch(value):
        yield "invalid-language", value


def media_type(value: str) -> Iterator[Fault]:
    """Allow the name of a media type."""
    if not _MEDIA_TYPE.fullmatch(value):
        yield "invalid-type", value


def number(lowest: int, highest: int | None = None, rule: str = "invalid-number") -> Check:
    """Allow whole numbers within bounds."""

    def check(value: str) -> Iterator[Fault]:
        if not (value.isascii() and value.isdigit() and lowest <= int(value) <= (highest or int(value))):
            yield rule, value

    return check


def one_of(*known: str) -> Check:
    """Allow some words."""

    def check(value: str) -> Iterator[Fault]:
        if value not in known:
            yield "invalid-value", value

    return check


def mail(value: str) -> Iterator[Fault]:
    """Allow an address by itself."""
    if not _MAIL.fullmatch(value):
        yield "email-format", value


def mail_with_name(value: str) -> Iterator[Fault]:
    """Allow an address with a name in parentheses."""
    address, _, name = value.partition(" ")
    if not _MAIL.fullmatch(address) or not re.fullmatch(r"\(.+\)", name):
        yield "email-format", value


def plain(value: str) -> Iterator[Fault]:
    """Allow text that nobody could take for HTML."""
    tags = [name for name in _END_TAG.findall(value) if name.lower() in ELEMENTS]
    references = [name for name in _REFERENCE.findall(value) if name in _NAMED or not name.isalpha()]
    if tags or references:
        yield "contains-html", value


def plain_in_rss(value: str) -> Iterator[Fault]:
    """Allow text that readers of RSS, who guess, would not take for HTML."""
    faults = list(plain(value))
    if not faults and re.search(r"<[/a-zA-Z]", value):
        faults = [("contains-html", value)]
    yield from faults


def both(first: Check, second: Check) -> Check:
    """Allow what two checks allow."""

    def check(value: str) -> Iterator[Fault]:
        yield from first(value)
        yield from second(value)

    return check
