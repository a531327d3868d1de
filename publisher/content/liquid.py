"""Liquid in a body becomes text: tags are carried out in a sandbox, and what cannot be goes and is reported."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from publisher.content import data, limits
from publisher.content.jekyll.pieces import MEANT, UNDEFINED, good_pieces
from publisher.kit.text import clip, one_line
from publisher.model.post import Removed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

#: A brace that came to stand before another one, or before a sign of percent, when what stood between them went.
_JOINED = re.compile(r"\{+(?=[{%])")
_DATA = re.compile(r"\bsite\s*(?:\.\s*data|\[)")

_EMPTY_LINK = re.compile(rf"(?<!!)\[([^\[\]\n]*)\]\({UNDEFINED}\)")
_DEFINITION = re.compile(r" {0,3}\[[^\[\]\n]+\]:\s*")
_MARKUP = re.compile(r"<[^<>]*>|\]\([^()\s]*\)")
_RUBBLE = re.compile(r"(?:[\W\d_]*[^\W\d_][\w.()-]*(?:[ \t]+[\w.()-]+){0,3}[*_`]*[:：])?[\W\d_]*")
_RUBBLE_CHARS = 200
_POST = re.compile(r"(?:(?:(.*)/)?_posts/(?:[^/]*/)*)?(\d{4})-(\d\d)-(\d\d)-([^/]+?)(?:\.\w+)?")
_PAGE = re.compile(r"\.(?:md|markdown|mkd|mkdn|textile)$")


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A body without Liquid, and what was taken out of it."""

    text: str
    removed: tuple[Removed, ...]


@dataclass(frozen=True, kw_only=True)
class Liquid:
    """Carries out the Liquid of one site's posts."""

    #: What `site.*` says: `url`, `title` and so on.
    site: Mapping[str, Any]
    #: The folder `_data`, if there is one.
    data_folder: Path | None = None

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same body might be rendered to another text."""
        words = json.dumps([data.plain(self.site), data.stamps(self.data_folder)], sort_keys=True)
        return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    @cached_property
    def _data(self) -> data.Data:
        return data.read(self.data_folder)

    def render(self, body: str, page: Mapping[str, Any], link: Callable[[str], str | None]) -> Rendered:
        """Render one body; `link` gives the address of a file or post as a tag names it.

        Raises PostError if its Liquid asks for more than any post should.
        """
        found: dict[str, None] = {}
        report = found.setdefault
        site = data.plain(self.site)
        if _DATA.search(body):
            site["data"] = self._data.values
            for name, problem in self._data.problems.items():
                if name in body:
                    report(problem)
        pieces = good_pieces(body, report)
        if any(piece.name for piece in pieces):
            from publisher.content.jekyll import sandbox

            names = {"site": site, "page": data.plain(page)}
            text = _swept(sandbox.run(pieces, names, lambda path: link(path) or default_address(path), report))
        else:
            text = "".join(piece.source for piece in pieces)
        text = _JOINED.sub("", text).replace(MEANT, "{")
        removed = [Removed(rule="liquid", text=clip(one_line(text), 300)) for text in found]
        return Rendered(text=text, removed=tuple(removed[: limits.LIQUID_REPORTS]))


def has_liquid(body: str) -> bool:
    """Say whether there may be Liquid in a body."""
    # One character is looked for many times as fast as two, and most bodies do not have it.
    return "{" in body and ("{%" in body or "{{" in body)


def default_address(path: str) -> str:
    """Give the address that Jekyll gives a file without further ado, from the root of its site."""
    path = path.strip().strip("\"'").lstrip("/")
    if found := _POST.fullmatch(path):
        folder, *date, name = found.groups()
        return "/" + "/".join([*([folder] if folder else []), *date, f"{name}.html"])
    return "/" + re.sub(r"(^|/)index\.html$", r"\1", _PAGE.sub(".html", path))


def _swept(text: str) -> str:
    """Take out the marks of what is not defined, and lines that were there for nothing else."""
    if UNDEFINED not in text:
        return text
    lines = [_without_marks(line) if UNDEFINED in line else line for line in text.split("\n")]
    return "\n".join(line for line in lines if line is not None)


def _without_marks(line: str) -> str | None:
    line = _EMPTY_LINK.sub(r"\1", line)
    line, marks = line.replace(UNDEFINED, ""), line.count(UNDEFINED)
    if _DEFINITION.fullmatch(line):
        # Whoever refers to it would be left with his brackets.
        return f"{line} <>"
    rest = _MARKUP.sub("", line)
    return None if marks and len(rest) <= _RUBBLE_CHARS and _RUBBLE.fullmatch(rest) else line
