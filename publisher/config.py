"""`publisher.toml` becomes frozen settings; every mistake is reported at once, by its key."""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import tomllib
from typing import TYPE_CHECKING, Any

import cattrs
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError
from cattrs.gen import make_dict_structure_fn

from publisher.kit import checks
from publisher.model.errors import ConfigurationError, UsageError
from publisher.settings import (
    AuthorSettings,
    DigestSettings,
    DkimSettings,
    ExtraSettings,
    FeedsSettings,
    LookSettings,
    MailSettings,
    OverrideSettings,
    PostsSettings,
    ReadingSettings,
    ScheduleSettings,
    Settings,
    SiteSettings,
    SmtpSettings,
    SourceSettings,
    StoreSettings,
    WebSettings,
    WeightsSettings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_ENVIRONMENT = "PUBLISHER_"


#: From the innermost out: each is converted by the hooks of those before it.
_TABLES = (
    AuthorSettings,
    SiteSettings,
    SourceSettings,
    PostsSettings,
    OverrideSettings,
    ExtraSettings,
    FeedsSettings,
    LookSettings,
    WeightsSettings,
    DigestSettings,
    SmtpSettings,
    DkimSettings,
    MailSettings,
    StoreSettings,
    WebSettings,
    ScheduleSettings,
    Settings,
)


#: Which keys are lists of tables, and in which table.
_LISTS = (("", "digests"), ("posts", "sources"), ("feeds", "override"), ("feeds", "extra"))


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
    for room, key in _LISTS:
        tables, name = raw.get(room) if room else raw, f"{room}.{key}" if room else key
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
    for room, key, named in (
        ("", "digests", "digests"),
        ("posts", "sources", "posts.sources"),
        ("feeds", "extra", "feeds.extra"),
    ):
        table = raw.get(room) if room else raw
        yield from _repeated_names(named, table.get(key, []) if isinstance(table, dict) else [])
    mail, site = raw.get("mail"), raw.get("site")
    if isinstance(mail, dict) and mail.get("transport") == "smtp":
        yield from _smtp_contradictions(mail, site if isinstance(site, dict) else {})


def _repeated_names(key: str, tables: list[Any]) -> Iterator[str]:
    names = [table.get("name") for table in tables if isinstance(table, dict)]
    for position, name in enumerate(names):
        if isinstance(name, str) and name in names[:position]:
            yield f"{key}[{position}].name: {name!r} is there already; names of {key.rpartition('.')[2]} must differ"


def _smtp_contradictions(mail: dict[str, Any], site: dict[str, Any]) -> Iterator[str]:
    smtp = mail.get("smtp")
    if not isinstance(smtp, dict):
        yield "mail.smtp: is missing; mail.transport = 'smtp' needs to know the relay's host and port"
        return
    host, security = str(smtp.get("host", "localhost")), smtp.get("security", "starttls")
    if security == "none" and "username" in smtp:
        yield "mail.smtp.security: must be 'starttls' or 'tls' where a username is: no password goes in clear text"
    if "username" in smtp and "password" not in smtp:
        yield "mail.smtp.password: is missing for mail.smtp.username; give password_file"
    if not _is_loopback(host) and not str(site.get("url", "")).lower().startswith("https://"):
        yield f"site.url: must be https to send by a relay that is not on this machine ({host!r}): readers leave by it"


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
