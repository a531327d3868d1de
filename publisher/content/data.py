"""The files of a folder `_data` become plain values: mappings, lists, strings, numbers."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from publisher.content import limits
from publisher.kit.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_UNFIT = re.compile(r"[^\w\s-]+")


class _Loader(yaml.CSafeLoader):
    """YAML as Jekyll's users know it, but for dates, which stay strings."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":merge"))]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Data:
    """What the files say, and by the name of each that says nothing, why."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def plain(value: Any, depth: int = 0) -> Any:
    """Make a value of nothing but dict, list, str, int, float, bool and None. Raises ValueError if it is too deep."""
    if depth > limits.DATA_DEPTH:
        raise ValueError(f"is more than {limits.DATA_DEPTH} levels deep")
    if isinstance(value, Mapping):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, depth + 1) for item in value]
    return value if value is None or type(value) in {str, int, float, bool} else str(value)


def stamps(folder: Path | None) -> list[tuple[str, int, int]]:
    """List the files with their sizes and times: cheap, and different once any of them is."""
    found = []
    for path in _files(folder):
        status = path.stat()
        found.append((str(path.relative_to(folder or path)), status.st_size, status.st_mtime_ns))
    return found


def read(folder: Path | None) -> Data:
    """Read every file that can be read; folders become mappings, and a file's name without its ending its key."""
    data = Data()
    total = 0
    for path in _files(folder):
        *folders, name = (_key(part) for part in path.relative_to(folder or path).with_suffix("").parts)
        try:
            total += path.stat().st_size
            value = _value(path, total)
        except _BROKEN as error:
            data.problems[name] = f"_data: {path.name} cannot be read: {clip(one_line(str(error)), 200)}"
            continue
        place = data.values
        for part in folders:
            inner = place.setdefault(part, {})
            place = inner if isinstance(inner, dict) else {}
        place[name] = value
    return data


def _key(part: str) -> str:
    return re.sub(r"\s+", "_", _UNFIT.sub("", part))


def _files(folder: Path | None, depth: int = 0) -> Iterator[Path]:
    """Give the files in order of their names; no links, which may lead anywhere."""
    if folder is None or depth > limits.DATA_DEPTH:
        return
    try:
        entries = sorted(folder.iterdir())[: limits.DATA_FILES]
    except OSError:
        return
    for path in entries:
        if path.is_symlink() or path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _files(path, depth + 1)
        elif path.is_file() and path.suffix.lower() in _READERS:
            yield path


def _value(path: Path, total: int) -> Any:
    if path.stat().st_size > limits.DATA_BYTES or total > limits.DATA_TOTAL_BYTES:
        raise ValueError(
            f"more than {limits.DATA_BYTES:,} bytes, or all together more than {limits.DATA_TOTAL_BYTES:,}"
        )
    return plain(_READERS[path.suffix.lower()](path.read_text("utf-8-sig")))


def _yaml(text: str) -> Any:
    for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
        if isinstance(event, yaml.AliasEvent) or count > limits.DATA_EVENTS:
            raise ValueError(f"it has an alias (*name), or more than {limits.DATA_EVENTS:,} parts")
    return yaml.load(text, Loader=_Loader)  # noqa: S506 (a CSafeLoader)


def _table(separator: str) -> Callable[[str], Any]:
    def rows(text: str) -> list[dict[str, Any]]:
        reader = csv.DictReader(text.splitlines(keepends=True), delimiter=separator, restkey="rest")
        return [dict(row) for row in reader]

    return rows


_READERS: Mapping[str, Callable[[str], Any]] = {
    ".yml": _yaml,
    ".yaml": _yaml,
    ".json": json.loads,
    ".csv": _table(","),
    ".tsv": _table("\t"),
}
_BROKEN = (OSError, ValueError, ArithmeticError, TypeError, RecursionError, yaml.YAMLError, csv.Error)
