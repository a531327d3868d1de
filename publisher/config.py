"""`publisher.toml` becomes frozen settings; every mistake is reported at once, by its key."""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import cattrs
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError
from cattrs.gen import make_dict_structure_fn

from publisher.content.fields import FIELDS
from publisher.kit import checks
from publisher.model.edition import Digest
from publisher.model.errors import ConfigurationError, UsageError
from publisher.model.naming import slug
from publisher.slots import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_ENVIRONMENT = "PUBLISHER_"


def _key(check: Callable[[Any], Any], default: Any = dataclasses.MISSING, *, shown: bool = True) -> Any:
    """Declare a key with the check that its value must pass; without a default, it must be there."""
    return dataclasses.field(default=default, metadata={"check": check}, repr=shown)


def _schedule(value: Any) -> str:
    return Schedule(checks.text(value), ZoneInfo("UTC")).expression


@dataclass(frozen=True, kw_only=True)
class AuthorSettings:
    """Who the publication is."""

    name: str = _key(checks.text)
    email: str | None = _key(checks.plain_email, None)


@dataclass(frozen=True, kw_only=True)
class SiteSettings:
    """`[site]`."""

    title: str = _key(checks.text)
    url: str = _key(checks.site_url)
    authority: str = _key(checks.authority)
    author: AuthorSettings
    language: str = _key(checks.language)
    timezone: str = _key(checks.timezone)
    postal_address: str = _key(checks.text)

    @property
    def zone(self) -> ZoneInfo:
        """The publication's time zone."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, kw_only=True)
class ReadingSettings:
    """How posts are written: of all, or of one source."""

    directory: str = _key(checks.text, "posts")
    url: str | None = _key(checks.post_url, None)
    #: Where front matter says what, for the fields that are not where `content.fields.FIELDS` has them.
    fields: dict[str, tuple[str, ...]] | None = _key(checks.lists_by(FIELDS), None)
    category_from_folder: bool = _key(checks.switch, default=False)
    excerpt_separator: str = _key(checks.text, "<!--more-->")
    liquid: bool = _key(checks.switch, default=True)


@dataclass(frozen=True, kw_only=True)
class SourceSettings(ReadingSettings):
    """One of `[[posts.sources]]`; what it does not say is as `[posts]` has it."""

    name: str = _key(checks.digest_name)
    directory: str = _key(checks.text)
    site_url: str | None = _key(checks.site_url, None)
    language: str | None = _key(checks.language, None)
    categories: tuple[str, ...] = _key(checks.list_of(checks.category), ())
    author: str | None = _key(checks.text, None)
    timezone: str | None = _key(checks.timezone, None)


@dataclass(frozen=True, kw_only=True)
class PostsSettings(ReadingSettings):
    """`[posts]`."""

    sources: tuple[SourceSettings, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FeedsSettings:
    """`[feeds]`."""

    entries: int = _key(checks.count, 50)
    max_bytes: int = _key(checks.count, 524_288)
    formats: tuple[str, ...] = _key(checks.list_of(checks.one_of("rss", "atom", "json")), ("rss", "atom", "json"))
    archives: tuple[str, ...] = _key(checks.list_of(checks.text, empty=True), ())
    hubs: tuple[str, ...] = _key(checks.list_of(checks.text, empty=True), ())


@dataclass(frozen=True, kw_only=True)
class DigestSettings:
    """One of `[[digests]]`."""

    name: str = _key(checks.digest_name)
    title: str | dict[str, str] = _key(checks.title)
    category: str = _key(checks.category)
    languages: tuple[str, ...] = _key(checks.list_of(checks.language))
    schedule: str = _key(_schedule)
    max_age: timedelta = _key(checks.duration, timedelta(days=7))
    max_stories: int = _key(checks.count, 12)
    min_posts: int = _key(checks.count, 1)
    approval: str = _key(checks.one_of("auto", "manual"), "auto")
    copies_to: tuple[str, ...] = _key(checks.list_of(checks.plain_email, empty=True), ())

    def digest(self) -> Digest:
        """Give the digest as the jobs know it."""
        return Digest(
            name=self.name,
            titles={"": self.title} if isinstance(self.title, str) else self.title,
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

    host: str = _key(checks.text, "localhost")
    port: int = _key(checks.port, 587)
    security: str = _key(checks.one_of("starttls", "tls", "none"), "starttls")
    username: str | None = _key(checks.text, None)
    password: str | None = _key(checks.text, None, shown=False)
    connections: int = _key(checks.count, 8)


@dataclass(frozen=True, kw_only=True)
class DkimSettings:
    """`[mail.dkim]`."""

    domain: str = _key(checks.text)
    selector: str = _key(checks.text)
    key_file: str = _key(checks.text)


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """`[mail]`."""

    sender: str = _key(checks.email)
    reply_to: str | None = _key(checks.email, None)
    transport: str = _key(checks.one_of("outbox", "smtp"), "outbox")
    on_uncertain: str = _key(checks.one_of("resend", "hold"), "resend")
    #: Messages and seconds: at most so many in so long.
    rate: tuple[int, int] = _key(checks.rate, (50, 1))
    smtp: SmtpSettings | None = None
    dkim: DkimSettings | None = None


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    """`[store]`."""

    url: str = _key(checks.store_url, "sqlite:///var/publisher.db")


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """`[web]`: the secret signs readers' links already; there is no server yet."""

    host: str = _key(checks.text, "127.0.0.1")
    port: int = _key(checks.port, 8000)
    secret_file: str = _key(checks.text, "var/secret")


@dataclass(frozen=True, kw_only=True)
class ScheduleSettings:
    """`[schedule]`."""

    collect_every: timedelta = _key(checks.duration, timedelta(minutes=5))


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


#: From the innermost out: each is converted by the hooks of those before it.
_TABLES = (
    AuthorSettings,
    SiteSettings,
    SourceSettings,
    PostsSettings,
    FeedsSettings,
    DigestSettings,
    SmtpSettings,
    DkimSettings,
    MailSettings,
    StoreSettings,
    WebSettings,
    ScheduleSettings,
    Settings,
)


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
    problems = list(_read_secrets(raw, path.resolve().parent.parent))
    for tables, key, name in ((raw, "digests", "digests"), (raw.get("posts"), "sources", "posts.sources")):
        if isinstance(tables, dict) and not isinstance(tables.get(key, []), list):
            del tables[key]
            problems.append(f"{name}: must be a list of tables, each below its own [[{name}]]")
    _hand_down(raw.get("posts"))
    settings: Settings | None = None
    try:
        settings = _converter().structure(raw, Settings)
    except ClassValidationError as error:
        problems += _sentences(error, "")
    problems += _contradictions(raw)
    if problems or settings is None:
        raise ConfigurationError(str(path), problems)
    return settings


def _override(raw: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Let `PUBLISHER_MAIL__SMTP__HOST` stand for `mail.smtp.host`."""
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
            target[key] = checks.FromEnvironment(text)


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


def _hand_down(table: Any) -> None:
    """Let each of `posts.sources` have from `[posts]` what it does not say itself."""
    if isinstance(table, dict):
        common = {each.name: table[each.name] for each in dataclasses.fields(ReadingSettings) if each.name in table}
        common.pop("directory", None)
        table["sources"] = [
            {**common, **source} if isinstance(source, dict) else source for source in table.get("sources", [])
        ]


def _contradictions(raw: dict[str, Any]) -> Iterator[str]:
    """Find what is wrong only together, and what this version cannot do, rather than do less than it was told."""
    table = raw.get("posts")
    yield from _repeated_names("digests", raw.get("digests", []))
    yield from _repeated_names("posts.sources", table.get("sources", []) if isinstance(table, dict) else [])
    mail, feeds = raw.get("mail"), raw.get("feeds")
    if isinstance(mail, dict) and mail.get("transport") == "smtp":
        yield from _smtp_contradictions(mail)
    if isinstance(feeds, dict):
        for key in ("archives", "hubs"):
            if checks.typed(feeds.get(key)):
                yield f"feeds.{key}: is not there yet in this version; leave it empty"


def _repeated_names(key: str, tables: list[Any]) -> Iterator[str]:
    names = [table.get("name") for table in tables if isinstance(table, dict)]
    for position, name in enumerate(names):
        if isinstance(name, str) and name in names[:position]:
            yield f"{key}[{position}].name: {name!r} is there already; names of {key.rpartition('.')[2]} must differ"


def _smtp_contradictions(mail: dict[str, Any]) -> Iterator[str]:
    smtp = mail.get("smtp")
    if not isinstance(smtp, dict):
        yield "mail.smtp: is missing; mail.transport = 'smtp' needs to know the relay's host and port"
        return
    host, security = smtp.get("host", "localhost"), smtp.get("security", "starttls")
    if not _is_loopback(str(host)):
        yield f"mail.smtp.host: must be a relay on this machine in this version, such as 'localhost', not {host!r}"
    if security != "none":
        yield f"mail.smtp.security: must be 'none' in this version, not {security!r}"
    if "username" in smtp:
        yield "mail.smtp.username: this version does not log in; leave it out"
    if "dkim" in mail:
        yield "mail.dkim: this version does not sign; leave it out, and let the relay sign"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind in _TABLES:
        overrides = {
            each.name: cattrs.override(struct_hook=_hook(each.metadata["check"]))
            for each in dataclasses.fields(kind)
            if "check" in each.metadata
        }
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
        value = checks.typed(value)
        if not isinstance(value, dict):
            raise ValueError("must be a table")  # noqa: TRY004 (as the checks)
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
        known = [each.name for each in dataclasses.fields(error.cl)]
        yield from (
            f"{prefix}{name}: is not known{checks.suggestion(name, known)}" for name in sorted(error.extra_fields)
        )
    else:
        yield f"{where}: {'is missing' if isinstance(error, KeyError) else error}"
