"""How results look on a terminal: one aligned table, plain where nobody is watching."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publisher.jobs.ports import Progress

#: Work shorter than this, in seconds, shows no progress.
_PATIENCE = 2.0
#: Of a table, in columns.
_WIDTH = 100
#: Between two lines of progress where there is no terminal, in seconds.
_INTERVAL = 5.0

log = logging.getLogger("publisher")


def echo(text: str = "") -> None:
    """Write a line to standard output."""
    click.echo(text)


def dump(value: Any) -> None:
    """Write JSON to standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()) -> None:
    """Write a table; the columns whose numbers are in `right` are aligned to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal or console.width > _WIDTH:
        console = Console(width=_WIDTH, highlight=False)
    grid = Table(box=box.SIMPLE_HEAD if columns else None, show_header=bool(columns), pad_edge=False)
    for position, name in enumerate(columns or [""] * len(rows[0])):
        grid.add_column(name, justify="right" if position in right else "left", overflow="fold")
    for row in rows:
        # Text, never markup: what posts say is not for the console to interpret.
        grid.add_row(*(Text(printable(str(cell))) for cell in row))
    with console.capture() as captured:
        console.print(grid)
    lines = [line.rstrip() for line in captured.get().splitlines()]
    echo("\n".join(line for line in lines if line))


def listed(name: str, items: Sequence[str], none: str) -> list[tuple[str, str]]:
    """Make rows of a list: its name beside the first item only, or what to say where there is none."""
    return [(name if not number else "", item) for number, item in enumerate(items or [none])]


def one_line(text: str) -> str:
    """Write a text that a file may have made up on one line."""
    return printable(text.replace("\n", "�"))


def printable(text: str) -> str:
    """Put a mark in place of what a terminal would take for a command."""
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in text)


def progress(*, quiet: bool) -> Progress:
    """Make a progress report: a bar on a terminal, a line every few seconds elsewhere, nothing before two seconds."""
    if quiet:
        from publisher.jobs.ports import silent

        return silent
    return _bar() if sys.stderr.isatty() else _lines()


def _lines() -> Progress:
    started = last = time.monotonic()

    def report(stage: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - started > _PATIENCE and now - last > _INTERVAL and done < total:
            last = now
            click.echo(f"{stage}: {done:,} of {total:,}", err=True)

    return report


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    started = time.monotonic()
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, Any] = {}

    def report(stage: str, done: int, total: int) -> None:
        if time.monotonic() - started < _PATIENCE and stage not in tasks:
            return
        if stage not in tasks:
            bars.start()
            tasks[stage] = bars.add_task(stage, total=total)
        bars.update(tasks[stage], completed=done, total=total)
        if done >= total:
            bars.remove_task(tasks.pop(stage))
        if not tasks:
            bars.stop()

    return report
