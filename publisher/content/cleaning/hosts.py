"""Rules for the posts of single hosts, as `config/cleaning.toml` has them."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.kit.checks import suggestion
from publisher.kit.urls import host_of
from publisher.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: A pattern is looked for in so many characters of a block: nobody knows what it costs on more.
PATTERN_CHARS = 2_000
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, kw_only=True, slots=True)
class HostRule:
    """What is special about the pages of one host; a block is what stands between two blank lines."""

    #: Folded headings: they go, and all that follows.
    cut_from_heading: frozenset[str] = frozenset()
    #: Blocks that go.
    drop_matching: tuple[re.Pattern[str], ...] = ()
    #: Hosts, with or without the beginning of a path: links to there go.
    drop_links_to: tuple[str, ...] = ()
    #: Blocks that stay, whatever a rule says.
    keep: tuple[re.Pattern[str], ...] = ()

    def keeps(self, text: str) -> bool:
        """Say whether a block stays."""
        return _found(self.keep, text)

    def drops(self, text: str) -> bool:
        """Say whether a block goes."""
        return _found(self.drop_matching, text)

    def drops_link(self, address: str) -> bool:
        """Say whether a link goes."""
        host, _, path = address.partition("//")[2].lower().removeprefix("www.").partition("/")
        return any(
            (host == wanted or host.endswith("." + wanted)) and _is_below(path, prefix)
            for wanted, _, prefix in (each.partition("/") for each in self.drop_links_to)
        )


def _found(patterns: tuple[re.Pattern[str], ...], text: str) -> bool:
    return any(pattern.search(text, 0, PATTERN_CHARS) for pattern in patterns)


def _is_below(path: str, prefix: str) -> bool:
    prefix = prefix.rstrip("/")
    return path.startswith(prefix) and (not prefix or path[len(prefix) :][:1] in {"", "/", "?", "#"})


@dataclass(frozen=True, kw_only=True, slots=True)
class HostRules:
    """The rules of all hosts."""

    by_host: dict[str, HostRule] = field(default_factory=dict)
    #: Changes whenever a rule does.
    fingerprint: str = ""

    def for_url(self, origin: str | None) -> HostRule | None:
        """Find the rule for posts from an address: that of its host, or of the domain nearest above it."""
        host = host_of(origin or "")
        while host and host not in self.by_host:
            host = host.partition(".")[2]
        return self.by_host.get(host)


def load(path: Path) -> HostRules:
    """Read the rules; a file that is missing has none. Raises ConfigurationError with every problem found."""
    try:
        text = path.read_text("utf-8")
        tables = tomllib.loads(text)
    except FileNotFoundError:
        return HostRules()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(str(path), [f"cannot be read as TOML: {error}"]) from error
    problems: list[str] = []
    rules = {host.lower().removeprefix("www."): _rule(host, table, problems) for host, table in tables.items()}
    if problems:
        raise ConfigurationError(str(path), problems)
    # Of what the rules say: a comment that is added is no reason to render everything anew.
    return HostRules(
        by_host=rules, fingerprint=hashlib.blake2b(repr(tables).encode(), digest_size=8).hexdigest() if rules else ""
    )


def _rule(host: str, table: Any, problems: list[str]) -> HostRule:
    if not isinstance(table, dict):
        problems.append(f'{host}: must be a table named by a host, such as ["daily.example.net"]')
        return HostRule()
    if not _HOST.fullmatch(host.lower()):
        problems.append(f'["{host}"]: must be a host, such as "daily.example.net"')
    found: dict[str, list[Any]] = {}
    for key, values in table.items():
        name = f'["{host}"].{key}'
        if key not in _KEYS:
            problems.append(f"{name}: is no key{suggestion(key, _KEYS)}")
        elif not isinstance(values, list):
            problems.append(f'{name}: must be a list, such as ["…"], not {values!r}')
        else:
            found[key] = [_value(f"{name}[{n}]", _KEYS[key], value, problems) for n, value in enumerate(values)]
    return HostRule(
        cut_from_heading=frozenset(found.get("cut_from_heading", ())),
        drop_matching=tuple(found.get("drop_matching", ())),
        drop_links_to=tuple(found.get("drop_links_to", ())),
        keep=tuple(found.get("keep", ())),
    )


def _value(name: str, check: Callable[[str], Any], value: Any, problems: list[str]) -> Any:
    if not isinstance(value, str) or not value.strip():
        problems.append(f"{name}: must be a text that is not empty")
        return None
    try:
        return check(value)
    except ValueError as error:
        problems.append(f"{name}: {value!r} {error}")
        return None


def _heading(text: str) -> str:
    # The phrases of all languages take a while to read: only where a rule asks for a heading.
    from publisher.content.cleaning.fold import bare

    if not bare(text):
        raise ValueError("has no letters, and would match nothing")
    return bare(text)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is no regular expression: {error}") from error
    if pattern.search(""):
        raise ValueError("matches the empty text, and so every block")
    return pattern


def _destination(text: str) -> str:
    address = text.strip().lower().partition("//")[2] if "//" in text else text.strip().lower()
    address = address.removeprefix("www.")
    if not _HOST.fullmatch(address.partition("/")[0]):
        raise ValueError("is no host with or without a path, such as 'shop.example.net/offers'")
    return address


_KEYS: dict[str, Callable[[str], Any]] = {
    "cut_from_heading": _heading,
    "drop_matching": _pattern,
    "drop_links_to": _destination,
    "keep": _pattern,
}
