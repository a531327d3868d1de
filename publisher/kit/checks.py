"""What a configuration may say: each check takes a value from TOML and gives what the program works with.

Each raises ValueError with what is accepted, in words that stand behind the key's name.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from datetime import timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from publisher.kit import colour
from publisher.kit.addresses import parse_address
from publisher.kit.urls import web_url
from publisher.model.feed import FeedKey
from publisher.model.naming import language_tag, slug

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_DURATION = re.compile(r"(\d{1,6})\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST = timedelta(days=3653)
_RATE = re.compile(r"(\d{1,6})\s*/\s*([smh])")
#: In outline; what a relay makes of it is the relay's to say.
_EMAIL = re.compile(r"[^\s@<>\"(),:;\\.]+(\.[^\s@<>\"(),:;\\.]+)*@([^\s@<>.]+(\.[^\s@<>.]+)+|localhost)")
#: What moves a story further than any freshness.
_MOST_HOURS = 10_000
#: Of text and what it stands on, by WCAG 2.2 level AA.
_READABLE = 4.5
#: So that a list's id, with the name of a digest, keeps to 255 characters (RFC 2919 section 3).
_LONGEST_AUTHORITY = 200
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
#: What may stand in the pattern of posts' addresses.
POST_PLACES = frozenset({"category", "code", "language", "slug", "year", "month", "day"})
_PLACES = re.compile(r"\{([^{}]*)\}")


class FromEnvironment(str):
    """A value that is text for a text key, and TOML for any other."""

    __slots__ = ()


def typed(value: Any) -> Any:
    """Read what comes from the environment as TOML, where something else than text is wanted."""
    if not isinstance(value, FromEnvironment):
        return value
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return str(value)


def text(value: Any) -> str:
    """Take a text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text that is not empty")
    return value.strip()


def site_url(value: Any) -> str:
    """Take the address of a site, and end it with a slash."""
    url = web_url(text(value))
    if url is None or "?" in url or "#" in url:
        raise ValueError("must be an http or https address, such as 'https://news.example.org/'")
    return url if url.endswith("/") else url + "/"


def authority(value: Any) -> str:
    """Take a domain."""
    domain = text(value).lower()
    if len(domain) > _LONGEST_AUTHORITY or not re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}|localhost", domain):
        raise ValueError("must be a domain of yours, such as 'news.example.org'; it stands in every entry's id")
    return domain


def email(value: Any) -> str:
    """Take an e-mail address, with or without a display name."""
    address = parseaddr(text(value))[1]
    try:
        if not address.isascii():
            parse_address(address)
    except ValueError as error:
        raise ValueError(f"must be an e-mail address, not {value!r}") from error
    if not _EMAIL.fullmatch(address):
        raise ValueError(f"must be an e-mail address, not {value!r}")
    return str(value).strip()


def plain_email(value: Any) -> str:
    """Take an e-mail address, and leave its display name out."""
    return parseaddr(email(value))[1]


def language(value: Any) -> str:
    """Take a language tag."""
    tag = language_tag(value) if isinstance(value, str) else None
    if tag is None:
        raise ValueError(f"must be a language tag, such as 'th' or 'en-GB', not {value!r}")
    return tag


def timezone(value: Any) -> str:
    """Take the name of a time zone."""
    try:
        ZoneInfo(text(value))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"must be a time zone, such as 'Asia/Bangkok', not {value!r}") from error
    return text(value)


def count(value: Any) -> int:
    """Take a whole number of at least one."""
    value = typed(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"must be a whole number of at least 1, not {value!r}")
    return value


def switch(value: Any) -> bool:
    """Take yes or no."""
    value = typed(value)
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {value!r}")  # noqa: TRY004 (as the others)
    return value


def port(value: Any) -> int:
    """Take a TCP port."""
    if count(value) > 65_535:
        raise ValueError(f"must be a port from 1 to 65535, not {value!r}")
    return int(value)


def duration(value: Any) -> timedelta:
    """Take a length of time."""
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    length = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if not timedelta() < length <= _LONGEST:
        raise ValueError(
            f"must be a time of at most ten years, such as '30s', '5m', '12h', '7d' or '2w', not {value!r}"
        )
    return length


def one_of(*accepted: str) -> Callable[[Any], str]:
    """Make a check that takes one of these words."""

    def check(value: Any) -> str:
        if value not in accepted:
            names = " or ".join(repr(name) for name in accepted)
            raise ValueError(f"must be {names}, not {value!r}")
        return str(value)

    return check


def list_of(check: Callable[[Any], Any], *, empty: bool = False) -> Callable[[Any], tuple[Any, ...]]:
    """Make a check that takes a list, each item by another check."""

    def check_all(value: Any) -> tuple[Any, ...]:
        value = typed(value)
        if not isinstance(value, list) or not (value or empty):
            raise ValueError(f"must be a list, such as ['…'], not {value!r}")
        return tuple(dict.fromkeys(check(item) for item in value))

    return check_all


def url(value: Any) -> str:
    """Take an http or https address."""
    found = web_url(text(value))
    if found is None:
        raise ValueError(f"must be an http or https address, not {value!r}")
    return found


def feed(value: Any) -> str:
    """Take the name of a feed."""
    key = FeedKey.named(value) if isinstance(value, str) else None
    if key is None:
        raise ValueError(f"must be a feed, such as 'all', 'world', 'th/all', 'th/world' or 'extra/asia', not {value!r}")
    return key.name


def title(value: Any) -> str | dict[str, str]:
    """Take a title, or a table of titles by language."""
    table = typed(value)
    if isinstance(table, dict) and table:
        return {language(tag): text(translated) for tag, translated in table.items()}
    return text(value)


def digest_name(value: Any) -> str:
    """Take a name that can stand in ids and addresses."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError(f"must be lower-case letters, digits and hyphens, such as 'world', not {value!r}")
    return value


def category(value: Any) -> str:
    """Take the name of a category."""
    if not slug(text(value)):
        raise ValueError(f"must have a letter or a digit, not {value!r}")
    return text(value)


def post_url(value: Any) -> str:
    """Take the pattern of posts' addresses."""
    pattern = text(value)
    places = set(_PLACES.findall(pattern))
    if places - POST_PLACES or not places & {"code", "slug"} or web_url(_PLACES.sub("x", pattern)) is None:
        raise ValueError(
            "must be an address with {code} or {slug}, and {category}, {language}, {year}, {month} or {day}"
        )
    return pattern


def lists_by(known: Iterable[str]) -> Callable[[Any], dict[str, tuple[str, ...]]]:
    """Make a check that takes a table of lists of texts, under these names."""

    def check(value: Any) -> dict[str, tuple[str, ...]]:
        value = typed(value)
        if not isinstance(value, dict):
            raise ValueError("must be a table, such as { language = ['language', 'lang'] }")  # noqa: TRY004 (as the others)
        for name in value:
            if name not in known:
                raise ValueError(f"has {name!r}, which is no field{suggestion(name, known)}")
        return {name: list_of(text)(keys if isinstance(keys, list) else [keys]) for name, keys in value.items()}

    return check


def numbers(value: Any) -> dict[str, float]:
    """Take a table of numbers by name."""
    value = typed(value)
    if not isinstance(value, dict):
        raise ValueError("must be a table of hours, such as { economy = 6, sport = -12 }")  # noqa: TRY004 (as the others)
    for name, number in value.items():
        if not isinstance(number, int | float) or isinstance(number, bool) or not abs(number) <= _MOST_HOURS:
            raise ValueError(f"must give {name!r} hours from -{_MOST_HOURS} to {_MOST_HOURS}, not {number!r}")
    return {name: float(number) for name, number in value.items()}


def accent(paper: str) -> Callable[[Any], str]:
    """Make a check that takes a colour in which text can be read on this paper."""

    def check(value: Any) -> str:
        try:
            ratio = colour.contrast(text(value), paper)
        except ValueError as error:
            raise ValueError(f"must be a colour, such as '#9a2617', not {value!r}") from error
        if ratio < _READABLE:
            nearest = colour.readable(text(value), paper)
            raise ValueError(
                f"must have a contrast of {_READABLE} to {paper}, so that text in it can be read; {value} has "
                f"{ratio:.1f}, and the nearest that will do is '{nearest}'"
            )
        return text(value).lower()

    return check


def store_url(value: Any) -> str:
    """Take the address of a database."""
    if not text(value).startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must be 'sqlite:///var/publisher.db' or 'postgresql+psycopg://user@host/name'")
    return text(value)


def rate(value: Any) -> tuple[int, int]:
    """Take a rate as messages and seconds."""
    match = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0:
        raise ValueError(f"must be a rate such as '50/s', '600/m' or '10000/h', not {value!r}")
    return int(match[1]), {"s": 1, "m": 60, "h": 3600}[match[2]]


def rates(value: Any) -> dict[str, tuple[int, int]]:
    """Take a table of rates by domain."""
    value = typed(value)
    if not isinstance(value, dict):
        raise ValueError("must be a table, such as { 'example.org' = '20/s' }")  # noqa: TRY004 (as the others)
    return {domain.strip().lower(): rate(each) for domain, each in value.items()}


def suggestion(name: str, known: Iterable[str]) -> str:
    """Name the known word that was probably meant, or else all of them."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(sorted(known))}"
