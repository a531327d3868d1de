"""`python -m tests.validation FOLDER…`: a table of every file below some folders and the rules that it breaks."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from tests.validation.lint import findings
from tests.validation.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.validation.lint import Format
    from tests.validation.rules import Finding

_SUFFIXES: dict[str, Format] = {".rss": "rss", ".atom": "atom", ".json": "json", ".opml": "opml"}


def files_in(folder: Path) -> Iterator[tuple[Path, Format]]:
    """Find what can be looked at, in order; the manifest is no feed."""
    for path in sorted(folder.rglob("*")):
        if path.name == "sitemap.xml":
            yield path, "sitemap"
        elif path.suffix in _SUFFIXES and path.name != "manifest.json":
            yield path, _SUFFIXES[path.suffix]


def main(folders: list[str]) -> int:
    """Print the table, then each broken rule once with its first place; 1 if there is any error, or no file."""
    found = {path: findings(path.read_bytes(), kind) for folder in folders for path, kind in files_in(Path(folder))}
    table = Table("file", "errors", "warnings", "rules")
    for path, faults in found.items():
        levels = Counter(fault.level for fault in faults)
        rules = Counter(fault.rule for fault in faults)
        told = ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items()))
        table.add_row(str(path), str(levels["error"]), str(levels["warning"]), told)
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(table)
    every = [(path, fault) for path, faults in found.items() for fault in faults]
    first: dict[str, tuple[Path, Finding]] = {}
    for path, fault in every:
        first.setdefault(fault.rule, (path, fault))
    for path, fault in first.values():
        reason = RULES[fault.rule][1]
        console.print(f"{fault.level} {fault.rule} ({reason}): {path}, {fault.place}: {fault.what}", markup=False)
    return int(not found or any(fault.level == "error" for _, fault in every))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
