"""Plain text in lines: as wide as they look in any script, ended only where a reader would end them."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import wcwidth

from publisher.kit.segment import graphemes, separable, unbroken

if TYPE_CHECKING:
    from collections.abc import Iterator

#: No address has kana or wide marks. What it leads with is bounded: else a long word would take long.
_OF_ADDRESS = r"[^\s\u3000-\u30ff\uff00-\uff65]"
_ADDRESS = re.compile(
    rf"(?:[A-Za-z][A-Za-z0-9+.-]{{1,15}}://|www\.|[A-Za-z0-9._+-]{{1,64}}@){_OF_ADDRESS}*(?={_OF_ADDRESS})[\w!-/:-~]"
)
#: Categories of what begins no line, and of what ends none.
_CLOSING = {"Pe", "Pf", "Po"}
_OPENING = {"Ps", "Pi"}


def width(text: str) -> int:
    """Give the columns that a text takes where letters are of equal width, those of Chinese and emoji twice as wide."""
    return wcwidth.width(text, control_codes="ignore")


def wrap(text: str, columns: int, language: str = "", *, indent: str = "", first: str = "") -> str:
    """Break one paragraph into lines of at most `columns`, the first after `first` and the others after `indent`.

    Only a single address or character may be wider. No line ends in a space, and line breaks of the text are spaces.
    """
    room = columns - max(width(indent), width(first))
    lines, start, line = [], first, ""
    for piece in _pieces(" ".join(text.splitlines()).strip(), room, language):
        if line and not piece.isspace() and width(start + (line + piece).rstrip()) > columns:
            lines.append((start + line).rstrip())
            start, line = indent, ""
        line += piece
    return "\n".join([*lines, (start + line).rstrip()])


def _pieces(text: str, room: int, language: str) -> Iterator[str]:
    """Split into what stays on one line, nothing of it wider than it must be."""
    end = 0
    # An address is to its neighbours what a word is.
    for piece in unbroken(_ADDRESS.sub(lambda match: "x" * len(match[0]), text), language):
        start, end = end, end + len(piece)
        piece = text[start:end]
        if width(piece.rstrip()) <= room or _ADDRESS.search(piece):
            yield piece
        else:
            yield from _fitting(piece, room)


def _fitting(word: str, room: int) -> Iterator[str]:
    """Split a word that is too long between characters, yet with no mark at the wrong end of a line."""
    together, *others = graphemes(word)
    for character in others:
        loose = (
            separable(together + character, len(together))
            and unicodedata.category(character[0]) not in _CLOSING
            and unicodedata.category(together[-1]) not in _OPENING
        )
        if loose or width(together + character) > room:
            yield together
            together = ""
        together += character
    yield together
