"""Every feed of a publication through every reader, and what came of it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.end_to_end.conftest import new_site, publish
from tests.readers.compare import Disagreement, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tests.readers.adapters import Reader
    from tests.readers.seen import Entry

#: When the samples and the corpora are published.
NOW = "2026-10-01"
#: For posts that name no page of their own.
_PAGES = 'url = "https://news.example.org/{language}/{year}/{month}/{day}/{slug}/"'


@dataclass(kw_only=True, slots=True)
class Tally:
    """What one reader saw of all files of one format."""

    files: int = 0
    entries: int = 0
    #: How many of them it knows a date of change of.
    dated: int = 0
    #: How many disagreements there are, by field.
    wrong: Counter[str] = field(default_factory=Counter)


@dataclass(kw_only=True, slots=True)
class Matrix:
    """What all readers saw of all files."""

    #: By reader and format.
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    disagreements: list[Disagreement] = field(default_factory=list)

    def ask(self, reader: Reader, said: Mapping[Path, Sequence[Entry]], told: Callable[[int], None]) -> None:
        """Show one reader the files it reads, a few at a time; `told` hears how many it has read."""
        paths = [path for path in said if path.suffix[1:] in reader.formats]
        for start in range(0, len(paths), reader.batch):
            for seen in reader.read(paths[start : start + reader.batch]):
                tally = self.tallies.setdefault((reader.name, seen.path.suffix[1:]), Tally())
                found = compare(seen, said[seen.path])
                tally.files += 1
                tally.entries += len(seen.entries)
                tally.dated += sum(each.updated is not None for each in seen.entries)
                tally.wrong.update(each.field for each in found)
                self.disagreements += found
            told(len(paths[start : start + reader.batch]))


def strangers(site: Path, said: Mapping[Path, Sequence[Entry]]) -> list[Disagreement]:
    """Name the feed files of a publication of which the store says nothing, and those that are not there."""
    there = {path for path in (site / "output" / "feeds").rglob("*") if path.suffix in {".rss", ".atom", ".json"}}
    return [
        Disagreement(reader="-", path=str(path), entry="", field="file", seen=path in there, expected=path in said)
        for path in sorted(there ^ said.keys())
    ]


def published(folder: Path, posts: Path, *, pages: bool = False, **changes: str) -> Path:
    """Publish a folder of posts, with pages of their own or without, as a new publication."""
    directory = json.dumps(str(posts)) + (f"\n{_PAGES}" if pages else "")
    site = new_site(folder, directory=directory, **changes)
    done = publish(site, "feeds", "--quiet", "--now", NOW)
    if done.returncode not in {0, 1}:
        raise RuntimeError(done.stderr)
    return site
