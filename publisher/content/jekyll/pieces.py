"""A body is cut at its Liquid tags, and those that are not known, not understood or out of place are left out."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from publisher.content import limits
from publisher.model.errors import PostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BRANCHES = {
    **dict.fromkeys(("if", "unless"), frozenset({"else", "elsif"})),
    "for": frozenset({"else"}),
    "case": frozenset({"when", "else"}),
    **dict.fromkeys(("capture", "highlight", "ifchanged"), frozenset[str]()),
}
_INNER = frozenset({"else", "elsif", "when"})
_ENDS = {f"end{name}": name for name in _BRANCHES}
_LOOP = frozenset({"break", "continue"})
_ALONE = frozenset({"{{", "assign", "increment", "decrement", "cycle", "link", "post_url"}) | _LOOP
#: Whatever expression these are given, they have none.
_BARE = frozenset({"else"}) | _ENDS.keys() | _LOOP

_OPENING = re.compile(r"\{(?:%|\{(?!%))")
_CLOSING = {"%": re.compile(r"%\}"), "{": re.compile(r"\}\}")}
_NAME = re.compile(r"\w+")
_ENDRAW = re.compile(r"\{%-?\s{0,50}endraw\s{0,50}-?%\}")
#: What shows that an opening is none: another one, or the end of the paragraph.
_STRAY = {"%": re.compile(r"\{%"), "{": re.compile(r"\{\{|\n[ \t]*\n")}

#: Written where a value is not defined: U+F5CA1 is for private use.
UNDEFINED = "\U000f5ca1"
#: Written for a brace that stands in `raw`, likewise.
MEANT = "\U000f5ca2"
_MARKS = {ord(UNDEFINED): None, ord(MEANT): None}


class Piece(NamedTuple):
    """A part of a body: text, an output, which is called `{{`, or a tag."""

    source: str
    #: Empty of text.
    name: str = ""
    expression: str = ""

    @property
    def opens(self) -> bool:
        """Whether a body of a block begins behind it."""
        return self.name in _BRANCHES or self.name in _INNER

    @property
    def closes(self) -> bool:
        """Whether a body of a block ends before it."""
        return self.name in _ENDS or self.name in _INNER


def good_pieces(body: str, report: Callable[[str], object]) -> list[Piece]:
    """Cut a body into pieces that can be carried out. Raises PostError if there are too many."""
    return _balanced(_without_comments(_pieces(body.translate(_MARKS))), report)


class _Finder:
    """Finds patterns ever further on in a text, and for each looks at no part of it twice."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: dict[re.Pattern[str], re.Match[str] | None] = {}

    def __call__(self, pattern: re.Pattern[str], start: int) -> re.Match[str] | None:
        found = self._found.get(pattern)
        if pattern not in self._found or (found and found.start() < start):
            self._found[pattern] = found = pattern.search(self._text, start)
        return found


def _pieces(body: str) -> Iterator[Piece]:
    """Cut a body at its tags; white space control is done here, and what stands in `raw` is text."""
    find = _Finder(body)
    position, trim, chars = 0, False, 0
    for count in range(limits.LIQUID_TAGS + 1):
        opening = find(_OPENING, position)
        if opening is None:
            yield _text(body[position:], trim, before="")
            return
        end = _end(body, opening, find)
        tag = body[opening.start() : end]
        yield _text(body[position : opening.start()], trim, before=tag)
        chars += min(len(tag), limits.TAG_CHARS)
        if count == limits.LIQUID_TAGS or chars > limits.LIQUID_CHARS:
            raise PostError(
                f"has more than {limits.LIQUID_TAGS:,} Liquid tags, or {limits.LIQUID_CHARS:,} characters in them"
            )
        piece = _piece(tag)
        if piece.name == "raw" and (ending := find(_ENDRAW, end)):
            meant = _text(body[end : ending.start()], tag.endswith("-%}"), before=ending[0])
            yield Piece(meant.source.replace("{", MEANT))
            tag, end = ending[0], ending.end()
        else:
            yield piece
        position, trim = end, tag.endswith(("-%}", "-}}"))


def _text(text: str, trim: bool, *, before: str) -> Piece:
    text = text.lstrip() if trim else text
    return Piece(text.rstrip() if before.startswith(("{%-", "{{-")) else text)


def _end(body: str, opening: re.Match[str], find: _Finder) -> int:
    """Find where a tag ends; behind its braces if it is none."""
    kind = opening[0][1]
    closing = find(_CLOSING[kind], opening.end())
    if closing is None or _STRAY[kind].search(body, opening.end(), closing.start()):
        return opening.end()
    return closing.end()


def _piece(source: str) -> Piece:
    if len(source) == len("{%"):
        return Piece(source, "stray")
    inner = source[2:-2].removeprefix("-").removesuffix("-").strip()
    if source.startswith("{{"):
        return Piece(source, "{{", inner)
    name = found[0] if (found := _NAME.match(inner)) else "stray"
    return Piece(source, name, "" if name in _BARE else inner[len(name) :].strip())


def _without_comments(pieces: Iterator[Piece]) -> list[Piece]:
    kept: list[Piece] = []
    opened: list[int] = []
    for piece in pieces:
        if piece.name == "endcomment" and opened:
            del kept[opened.pop() :]
            continue
        if piece.name == "comment":
            opened.append(len(kept))
        kept.append(piece)
    return kept


def _balanced(pieces: list[Piece], report: Callable[[str], object]) -> list[Piece]:
    """Leave out every tag that is not known, not understood, or not where it belongs; what stands in it stays."""
    nesting = _Nesting()
    for piece in pieces:
        nesting.add(piece)
    kept: list[Piece] = []
    for piece, good in zip(pieces, nesting.finish(), strict=True):
        if not good:
            report(piece.source)
        elif kept and not piece.name and not kept[-1].name:
            # Where a tag went, two halves of another must not meet.
            cut = kept[-1].source.endswith("{") and piece.source.startswith(("{", "%"))
            kept[-1] = Piece((kept[-1].source[:-1] if cut else kept[-1].source) + piece.source)
        else:
            kept.append(piece)
    return kept


class _Nesting:
    """Which pieces stand where they may."""

    def __init__(self) -> None:
        self._good: list[bool] = []
        #: The name of each open block, and where its tags are.
        self._open: list[tuple[str, list[int]]] = []
        self._count: Counter[str] = Counter()

    def add(self, piece: Piece) -> None:
        at = len(self._good)
        self._good.append(True)
        if piece.name in _BRANCHES:
            self._begin(piece, at)
        elif piece.name in _ENDS:
            self._end(_ENDS[piece.name], at)
        elif piece.name in _INNER:
            if self._open and piece.name in _BRANCHES[self._open[-1][0]] and _understood(piece):
                self._open[-1][1].append(at)
            else:
                self._good[at] = False
        elif piece.name:
            self._good[at] = piece.name in _ALONE and not self._in_head() and _understood(piece)
            if piece.name in _LOOP and not self._count["for"]:
                self._good[at] = False

    def finish(self) -> list[bool]:
        while self._open:
            self._drop()
        return self._good

    def _in_head(self) -> bool:
        """Say whether this is between a `case` and its first `when`, where nothing may stand."""
        return bool(self._open) and self._open[-1][0] == "case" and len(self._open[-1][1]) == 1

    def _begin(self, piece: Piece, at: int) -> None:
        if len(self._open) == limits.LIQUID_DEPTH:
            raise PostError(f"has Liquid tags nested more than {limits.LIQUID_DEPTH} deep")
        good = not self._in_head() and _understood(piece)
        self._open.append((piece.name, [at]))
        self._count[piece.name] += 1
        self._good[at] = good

    def _end(self, name: str, at: int) -> None:
        if not self._count[name]:
            self._good[at] = False
            return
        while self._open[-1][0] != name:
            self._drop()
        self._open[-1][1].append(at)
        if self._good[self._open[-1][1][0]]:
            self._count[name] -= 1
            self._open.pop()
        else:
            self._drop()

    def _drop(self) -> None:
        name, members = self._open.pop()
        self._count[name] -= 1
        for member in members:
            self._good[member] = False


def _understood(piece: Piece) -> bool:
    from publisher.content.jekyll import sandbox

    return piece.name == "else" or sandbox.understood(piece.name, piece.expression)
