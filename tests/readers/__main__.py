"""`make readers`: every generated feed through every reader there is, as one table; any disagreement fails it."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.conftest import ROOT
from tests.readers.adapters import READERS
from tests.readers.compare import FIELDS
from tests.readers.expected import expected
from tests.readers.matrix import Matrix, published, strangers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.readers.compare import Disagreement
    from tests.readers.matrix import Tally
    from tests.readers.seen import Entry

#: How many disagreements are printed.
_SHOWN = 20


def main(words: list[str]) -> int:
    """Fill the matrix for one publication, or else for the sample posts and the corpora; 0 if all agree."""
    console = Console()
    console.width = max(console.width, 100)
    readers = [reader for reader in READERS if reader.missing() is None]
    for reader in READERS:
        if lacking := reader.missing():
            console.print(lacking)
    matrix = Matrix()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with tempfile.TemporaryDirectory() as folder, Progress(*columns, console=console, transient=True) as progress:
        work = progress.add_task("publishing", total=None)
        said: dict[Path, tuple[Entry, ...]] = {}
        for site in [Path(words[0]).resolve()] if words else _publish_all(Path(folder)):
            ought = expected(site)
            matrix.disagreements += strangers(site, ought)
            said |= ought
        total = sum(path.suffix[1:] in reader.formats for reader in readers for path in said)
        progress.update(work, total=total)
        for reader in readers:
            progress.update(work, description=reader.name)
            matrix.ask(reader, said, lambda count: progress.advance(work, count))
    console.print(_table(matrix))
    _print(console, matrix.disagreements)
    return 1 if matrix.disagreements or not said else 0


def _publish_all(folder: Path) -> Iterator[Path]:
    """Publish the sample posts, and the corpora if they are here."""
    yield published(folder / "samples", ROOT / "posts", archives='["all", "world"]')
    corpus = Path(os.environ.get("PUBLISHER_CORPUS") or ROOT.parent / "shared" / "corpus")
    for name in ("matichon", "ruby-lang", "opensuse"):
        posts = corpus / "posts" / name
        if posts.is_dir():
            yield published(folder / name, posts, pages=True, language='"en"')


def _table(matrix: Matrix) -> Table:
    """Say how many entries had each field as the store has it; a dash where the reader cannot tell it."""
    headers = ("reader", "format", "files", "entries", *FIELDS)
    table = Table(title="What readers saw as the store has it")
    for header in headers:
        table.add_column(header, justify="left" if header in headers[:2] else "right", no_wrap=True)
    for (reader, extension), tally in matrix.tallies.items():
        table.add_row(
            reader, extension, str(tally.files), str(tally.entries), *(_cell(tally, field) for field in FIELDS)
        )
    return table


def _cell(tally: Tally, field: str) -> str:
    if tally.wrong[field]:
        return f"[red]{tally.wrong[field]} wrong[/red]"
    return str(tally.entries) if field != "updated" else str(tally.dated or "—")


def _print(console: Console, found: Sequence[Disagreement]) -> None:
    for each in found[:_SHOWN]:
        console.print(f"{each.reader}  {each.path}  {each.entry}  {each.field}", markup=False, style="red")
        console.print(f"    saw {each.seen!r:.300}\n    not {each.expected!r:.300}", markup=False, highlight=False)
    if len(found) > _SHOWN:
        console.print(f"… and {len(found) - _SHOWN} more")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
