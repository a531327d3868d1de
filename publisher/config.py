"""`publisher.toml` becomes frozen settings; every mistake is reported at once, by its key."""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import tomllib
from dataclasses import dataclass, field, fields
from datetime import timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import cattrs
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError
from cattrs.gen import make_dict_structure_fn

from publisher.kit.urls import web_url
from publisher.model.edition import Digest
from publisher.model.errors import ConfigurationError, UsageError
from publisher.model.naming import language_tag, slug
from publisher.slots import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_ENVIRONMENT = "PUBLISHER_"
_DURATION = re.compile(r"(\d{1,6})\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_RATE = re.compile(r"(\d{1,6})\s*/\s*([smh])")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PLACES = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, kw_only=True)
class AuthorSettings:
    """Who the publication is."""

    name: str
    email: str | None = None


@dataclass(frozen=True, kw_only=True)
class SiteSettings:
    """`[site]`."""

    title: str
    url: str
    authority: str
    author: AuthorSettings
    language: str
    timezone: str
    postal_address: str

    @property
    def zone(self) -> ZoneInfo:
        """The publication's time zone."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, kw_only=True)
class PostsSettings:
    """`[posts]`."""

    directory: str = "posts"
    url: str | None = None
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FeedsSettings:
    """`[feeds]`."""

    entries: int = 50
    max_bytes: int = 524_288
    formats: tuple[str, ...] = ("rss", "atom", "json")
    archives: tuple[str, ...] = ()
    hubs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DigestSettings:
    """One of `[[digests]]`."""

    name: str
    title: str | dict[str, str]
    category: str
    languages: tuple[str, ...]
    schedule: str
    max_age: timedelta = timedelta(days=7)
    max_stories: int = 12
    min_posts: int = 1
    approval: str = "auto"
    copies_to: tuple[str, ...] = ()

    def digest(self) -> Digest:
        """Give the digest as the jobs know it."""
        titles = {"": self.title} if isinstance(self.title, str) else self.title
        return Digest(
            name=self.name,
            titles=titles,
            category=slug(self.category),
            languages=self.languages,
            schedule=self.schedule,
            max_age=self.max_age,
            max_stories=self.max_stories,
            min_posts=self.min_posts,
            approval=self.approval,
            copies_to=self.copies_to,
        )


@dataclass(frozen=True, kw_only=True)
class SmtpSettings:
    """`[mail.smtp]`."""

    host: str = "localhost"
    port: int = 587
    security: str = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    connections: int = 8


@dataclass(frozen=True, kw_only=True)
class DkimSettings:
    """`[mail.dkim]`."""

    domain: str
    selector: str
    key_file: str


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """`[mail]`."""

    sender: str
    reply_to: str | None = None
    transport: str = "outbox"
    on_uncertain: str = "resend"
    #: Messages and seconds: at most so many in so long.
    rate: tuple[int, int] = (50, 1)
    smtp: SmtpSettings | None = None
    dkim: DkimSettings | None = None


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    """`[store]`."""

    url: str = "sqlite:///var/publisher.db"


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """`[web]`: the secret signs readers' links already; there is no server yet."""

    host: str = "127.0.0.1"
    port: int = 8000
    secret_file: str = "var/secret"  # noqa: S105 (a path)


@dataclass(frozen=True, kw_only=True)
class ScheduleSettings:
    """`[schedule]`."""

    collect_every: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A publication, as configured."""

    site: SiteSettings
    mail: MailSettings
    posts: PostsSettings = PostsSettings()
    feeds: FeedsSettings = FeedsSettings()
    digests: tuple[DigestSettings, ...] = ()
    store: StoreSettings = StoreSettings()
    web: WebSettings = WebSettings()
    schedule: ScheduleSettings = ScheduleSettings()


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read a configuration.

    Raises UsageError if there is no file to read, ConfigurationError with every mistake in it.
    """
    try:
        raw = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError as error:
        raise UsageError(
            f"{path} is not there: run `publish init DIR` for a new publication, or name the file with --config"
        ) from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): mend its permissions, or name another") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from error
    _override(raw, environment)
    problems = list(_read_secrets(raw, path.parent.parent))
    settings: Settings | None = None
    try:
        settings = _converter().structure(raw, Settings)
    except ClassValidationError as error:
        problems += _sentences(error, "")
    if settings is not None:
        problems += _contradictions(settings)
    if problems or settings is None:
        raise ConfigurationError(str(path), problems)
    return settings


def _override(raw: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Let `PUBLISHER_MAIL__SMTP__HOST` stand for `mail.smtp.host`; what reads as TOML is taken as such."""
    for name, text in sorted(environment.items()):
        if not name.startswith(_ENVIRONMENT) or "__" not in name:
            continue
        *tables, key = name.removeprefix(_ENVIRONMENT).lower().split("__")
        target = raw
        for table in tables:
            inner = target.setdefault(table, {})
            if not isinstance(inner, dict):
                break
            target = inner
        else:
            target[key] = _toml_value(text)


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _read_secrets(raw: dict[str, Any], folder: Path) -> Iterator[str]:
    """Put the content of `mail.smtp.password_file` into `password`, if mail goes out that way."""
    mail = raw.get("mail")
    smtp = mail.get("smtp") if isinstance(mail, dict) else None
    if not isinstance(mail, dict) or not isinstance(smtp, dict) or "password_file" not in smtp:
        return
    name = smtp.pop("password_file")
    if mail.get("transport") == "smtp":
        try:
            smtp["password"] = (folder / str(name)).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            yield f"mail.smtp.password_file: {name} cannot be read ({error})"


def _contradictions(settings: Settings) -> Iterator[str]:
    """Find what is wrong only together."""
    names = [digest.name for digest in settings.digests]
    for position, digest in enumerate(settings.digests):
        key = f"digests[{position}]"
        if digest.name in names[:position]:
            yield f"{key}.name: {digest.name!r} is there already; names of digests must differ"
        try:
            Schedule(digest.schedule, settings.site.zone)
        except ValueError as error:
            yield f"{key}.schedule: {error}"
    if settings.mail.transport == "smtp":
        yield from _smtp_contradictions(settings.mail)
    for key, value in (("archives", settings.feeds.archives), ("hubs", settings.feeds.hubs)):
        if value:
            yield f"feeds.{key}: is not there yet in this version; leave it empty"


def _smtp_contradictions(mail: MailSettings) -> Iterator[str]:
    """Say what this version cannot do, rather than do less than it was told."""
    smtp = mail.smtp
    if smtp is None:
        yield "mail.smtp: is missing; mail.transport = 'smtp' needs to know the relay's host and port"
        return
    if not _is_loopback(smtp.host):
        yield f"mail.smtp.host: must be a relay on this machine in this version, such as 'localhost', not {smtp.host!r}"
    if smtp.security != "none":
        yield f"mail.smtp.security: must be 'none' in this version, not {smtp.security!r}"
    if smtp.username is not None:
        yield "mail.smtp.username: this version does not log in; leave it out"
    if mail.dkim is not None:
        yield "mail.dkim: this version does not sign; leave it out, and let the relay sign"


# Each of these takes what TOML has for a key and returns what the program works with, or raises ValueError.


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text that is not empty")
    return value.strip()


def _site_url(value: Any) -> str:
    url = web_url(_text(value))
    if url is None or "?" in url or "#" in url:
        raise ValueError("must be an http or https address, such as 'https://news.example.org/'")
    return url if url.endswith("/") else url + "/"


def _authority(value: Any) -> str:
    text = _text(value).lower()
    if not re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}|localhost", text):
        raise ValueError("must be a domain of yours, such as 'news.example.org'; it stands in every entry's id")
    return text


def _email(value: Any) -> str:
    address = parseaddr(_text(value))[1]
    if not re.fullmatch(r"[^\s@<>\"(),:;\\]+@[^\s@<>]+\.[^\s@<>.]+|[^\s@<>]+@localhost", address):
        raise ValueError(f"must be an e-mail address, not {value!r}")
    return str(value).strip()


def _plain_email(value: Any) -> str:
    return parseaddr(_email(value))[1]


def _language(value: Any) -> str:
    tag = language_tag(value) if isinstance(value, str) else None
    if tag is None:
        raise ValueError(f"must be a language tag, such as 'th' or 'en-GB', not {value!r}")
    return tag


def _timezone(value: Any) -> str:
    try:
        ZoneInfo(_text(value))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"must be a time zone, such as 'Asia/Bangkok', not {value!r}") from error
    return _text(value)


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"must be a whole number of at least 1, not {value!r}")
    return value


def _port(value: Any) -> int:
    if _count(value) > 65_535:
        raise ValueError(f"must be a port from 1 to 65535, not {value!r}")
    return int(value)


def _duration(value: Any) -> timedelta:
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0:
        raise ValueError(f"must be a time such as '30s', '5m', '12h', '7d' or '2w', not {value!r}")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _one_of(*accepted: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in accepted:
            names = " or ".join(repr(name) for name in accepted)
            raise ValueError(f"must be {names}, not {value!r}")
        return str(value)

    return check


def _list_of(check: Callable[[Any], Any], *, empty: bool = False) -> Callable[[Any], tuple[Any, ...]]:
    def check_all(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or not (value or empty):
            raise ValueError(f"must be a list, such as ['…'], not {value!r}")
        return tuple(dict.fromkeys(check(item) for item in value))

    return check_all


def _title(value: Any) -> str | dict[str, str]:
    if isinstance(value, dict) and value:
        return {_language(language): _text(title) for language, title in value.items()}
    return _text(value)


def _digest_name(value: Any) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError(f"must be lower-case letters, digits and hyphens, such as 'world', not {value!r}")
    return value


def _category(value: Any) -> str:
    if not slug(_text(value)):
        raise ValueError(f"must have a letter or a digit, not {value!r}")
    return _text(value)


def _post_url(value: Any) -> str:
    text = _text(value)
    unknown = set(_PLACES.findall(text)) - {"category", "code", "language"}
    if unknown or web_url(_PLACES.sub("x", text)) is None or "{code}" not in text:
        raise ValueError("must be an address with {code}, and {category} or {language} if wanted")
    return text


def _field_names(value: Any) -> dict[str, tuple[str, ...]]:
    from publisher.content.fields import FIELDS

    if not isinstance(value, dict):
        raise ValueError("must be a table, such as { language = ['language', 'lang'] }")  # noqa: TRY004 (as the others)
    for name in value:
        if name not in FIELDS:
            raise ValueError(f"has {name!r}, which is no field{_suggestion(name, FIELDS)}")
    return {name: _list_of(_text)(keys if isinstance(keys, list) else [keys]) for name, keys in value.items()}


def _rate(value: Any) -> tuple[int, int]:
    match = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0:
        raise ValueError(f"must be a rate such as '50/s', '600/m' or '10000/h', not {value!r}")
    return int(match[1]), {"s": 1, "m": 60, "h": 3600}[match[2]]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_CHECKS: dict[type, dict[str, Callable[[Any], Any]]] = {
    AuthorSettings: {"name": _text, "email": _plain_email},
    SiteSettings: {
        "title": _text,
        "url": _site_url,
        "authority": _authority,
        "language": _language,
        "timezone": _timezone,
        "postal_address": _text,
    },
    PostsSettings: {"directory": _text, "url": _post_url, "fields": _field_names},
    FeedsSettings: {
        "entries": _count,
        "max_bytes": _count,
        "formats": _list_of(_one_of("rss", "atom", "json")),
        "archives": _list_of(_text, empty=True),
        "hubs": _list_of(_text, empty=True),
    },
    DigestSettings: {
        "name": _digest_name,
        "title": _title,
        "category": _category,
        "languages": _list_of(_language),
        "schedule": _text,
        "max_age": _duration,
        "max_stories": _count,
        "min_posts": _count,
        "approval": _one_of("auto", "manual"),
        "copies_to": _list_of(_plain_email, empty=True),
    },
    SmtpSettings: {
        "host": _text,
        "port": _port,
        "security": _one_of("starttls", "tls", "none"),
        "username": _text,
        "password": _text,
        "connections": _count,
    },
    DkimSettings: {"domain": _text, "selector": _text, "key_file": _text},
    MailSettings: {
        "sender": _email,
        "reply_to": _email,
        "transport": _one_of("outbox", "smtp"),
        "on_uncertain": _one_of("resend", "hold"),
        "rate": _rate,
    },
    StoreSettings: {"url": _text},
    WebSettings: {"host": _text, "port": _port, "secret_file": _text},
    ScheduleSettings: {"collect_every": _duration},
    Settings: {},
}


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind, checks in _CHECKS.items():
        overrides = {name: cattrs.override(struct_hook=_hook(check)) for name, check in checks.items()}
        structure: Callable[[Any, Any], Any] = make_dict_structure_fn(
            kind,
            converter,
            _cattrs_forbid_extra_keys=True,
            **overrides,  # type: ignore[arg-type] # cattrs types the overrides as its own flags
        )
        converter.register_structure_hook(kind, _table(kind, structure))
    return converter


def _hook(check: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda value, _kind: check(value)


def _table(kind: type, structure: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def convert(value: Any, _kind: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("must be a table")  # noqa: TRY004 (as the others)
        return structure(value, kind)

    return convert


def _sentences(error: Exception, where: str) -> Iterator[str]:
    """Turn cattrs' tree of errors into one sentence each, with the key's full name."""
    prefix = f"{where}." if where else ""
    if isinstance(error, ClassValidationError):
        for inner, note in error.group_exceptions()[0]:
            yield from _sentences(inner, prefix + note.name)
        for inner in error.group_exceptions()[1]:
            yield from _sentences(inner, where)
    elif isinstance(error, IterableValidationError):
        for inner, item in error.group_exceptions()[0]:
            yield from _sentences(inner, f"{where}[{item.index}]")
    elif isinstance(error, ForbiddenExtraKeysError):
        known = [each.name for each in fields(error.cl)]
        yield from (f"{prefix}{name}: is not known{_suggestion(name, known)}" for name in sorted(error.extra_fields))
    else:
        yield f"{where}: {'is missing' if isinstance(error, KeyError) else error}"


def _suggestion(name: str, known: Any) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(sorted(known))}"
