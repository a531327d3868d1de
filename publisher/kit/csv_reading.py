"""Read CSV as people save it: in whatever encoding and with whatever delimiter, one broken row losing no other."""

from __future__ import annotations

import codecs
import contextlib
import csv
import re
from collections import Counter, deque
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_BLOCK = 1 << 20
#: In characters; what is longer is a broken row.
_LONGEST_LINE = 65_536
#: A quoted cell may go over this many lines; with more its quote was never closed.
_MOST_LINES = 50
_DELIMITERS = (",", ";", "\t", "|")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: How the files of spreadsheets begin: a ZIP, an OLE container.
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
#: One broken byte in so many lines is an accident.
_FEW = 100
_HIGH = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file, or what is wrong with it."""

    #: Where it is, from 1; where it goes over several lines, the last of them.
    line: int
    cells: Sequence[str]
    problem: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A file that is open, its first row read."""

    encoding: str
    #: Nothing in the file proves its encoding: letters outside ASCII may be others.
    guessed: bool
    delimiter: str
    #: The names in the first row, folded by `fold`.
    columns: Sequence[str]
    #: About how many lines it has, for progress.
    lines: int
    rows: Iterator[Row]


def fold(name: str) -> str:
    """Fold the name of a column: two that differ in case or in spaces around them are equal."""
    return name.strip().casefold()


@contextlib.contextmanager
def open_sheet(path: Path, *, wanted: str, encoding: str | None = None) -> Iterator[Sheet]:
    """Open a file that has a column called `wanted`.

    Bytes that mean nothing in the encoding become U+FFFD. Raises ValueError, with a sentence, if it is no such file.
    """
    found, guessed = _encoding_of(path) if encoding is None else (encoding, False)
    with path.open(encoding=found, errors="replace", newline="") as file:
        first = file.readline(_LONGEST_LINE)
        delimiter, columns = _header(first, fold(wanted))
        yield Sheet(
            encoding=found,
            guessed=guessed,
            delimiter=delimiter,
            columns=columns,
            lines=_count_lines(path),
            rows=_rows(_Lines(file), delimiter),
        )


def _header(first: str, wanted: str) -> tuple[str, list[str]]:
    """Find the delimiter under which the first row has the column that is wanted."""
    longest: list[str] = []
    for delimiter in _DELIMITERS:
        with contextlib.suppress(csv.Error):
            columns = [fold(name) for name in next(csv.reader([first], delimiter=delimiter), [])]
            if wanted in columns:
                return delimiter, columns
            longest = max(longest, columns, key=len)
    names = ", ".join(name[:40] for name in longest[:20] if name) or "nothing"
    raise ValueError(f"the first line must name the columns, and one of them `{wanted}`; it has {names}")


class _Lines:
    """Lines of a file, counted; some can be given back."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._waiting: deque[str] = deque()
        #: Of the line that was taken last; the first was the header.
        self.number = 1

    def take(self) -> str:
        """Give the next line; empty at the end. One that is too long is cut, and has no end of line."""
        text = self._waiting.popleft() if self._waiting else self._file.readline(_LONGEST_LINE)
        if len(text) == _LONGEST_LINE and not text.endswith(("\n", "\r")):
            while (rest := self._file.readline(_LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
                pass
        self.number += bool(text)
        return text

    def give_back(self, lines: Sequence[str]) -> None:
        """Let these be the next ones again."""
        self._waiting.extendleft(reversed(lines))
        self.number -= len(lines)


def _rows(lines: _Lines, delimiter: str) -> Iterator[Row]:
    while text := lines.take():
        start = lines.number
        chunk = [text]
        quotes = text.count('"')
        while quotes % 2 and len(chunk) < _MOST_LINES and (more := lines.take()):
            chunk.append(more)
            quotes += more.count('"')
        try:
            found = _parse(chunk, delimiter)
        except csv.Error as error:
            # Only the line where the trouble begins is lost.
            lines.give_back(chunk[1:])
            yield Row(start, (), str(error))
            continue
        for offset, cells in found:
            yield Row(start + offset, cells)


def _parse(chunk: list[str], delimiter: str) -> list[tuple[int, list[str]]]:
    """Read some whole lines; gives each row with the number of its last line, the first being 0."""
    if max(map(len, chunk)) == _LONGEST_LINE:
        raise csv.Error(f"the line is longer than {_LONGEST_LINE:,} characters")
    reader = csv.reader(chunk, delimiter=delimiter, strict=True)
    try:
        return [(reader.line_num - 1, cells) for cells in reader if cells]
    except csv.Error as error:
        raise csv.Error(f"a quote is not closed, or not in its place ({error})") from error


def _encoding_of(path: Path) -> tuple[str, bool]:
    """Find out what a file is written in, from all of it, and whether that is but a guess."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(_SPREADSHEETS):
        raise ValueError("it is the file of a spreadsheet program: save it there as CSV, and import that")
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, False
    # What is mostly ASCII has a NUL in every other byte of UTF-16.
    for encoding, offset in (("utf-16-le", 1), ("utf-16-be", 0)):
        if head[offset::2].count(0) > len(head) // 4:
            return encoding, False
    right, broken = _tally(path)
    # A few broken bytes in a file that is otherwise UTF-8 make it no other encoding.
    if broken <= right:
        return "utf-8", False
    return _legacy(path, broken), True


def _tally(path: Path) -> tuple[int, int]:
    """Count the characters outside ASCII that are right in UTF-8, and those that are not."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    right = broken = 0
    for block in _blocks(path):
        text = decoder.decode(block)
        if not text.isascii():
            # What somebody else could not read is written like that, and is no mistake of this encoding.
            lost = max(0, text.count("\ufffd") - block.count("\ufffd".encode()))
            broken += lost
            right += len(text) - len(text.encode("ascii", "ignore")) - lost
    return right, broken


def _legacy(path: Path, broken: int) -> str:
    """Choose an encoding of before Unicode: Thai has its letters in runs, Western Europe's languages here and there."""
    runs = Counter(len(run) > 1 for block in _blocks(path) for run in _HIGH.findall(block))
    encoding = "cp874" if runs[True] > runs[False] else "cp1252"
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in _blocks(path):
            decoder.decode(block)
    except UnicodeDecodeError as error:
        # Rather some broken rows in ASCII.
        if broken * _FEW <= _count_lines(path):
            return "utf-8"
        raise ValueError(
            "it is neither UTF-8, UTF-16, windows-874 nor windows-1252: save it as UTF-8, or say what it is "
            "with --encoding"
        ) from error
    return encoding


def _count_lines(path: Path) -> int:
    return sum(block.count(b"\n") for block in _blocks(path))


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
