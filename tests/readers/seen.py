"""What a reader saw of a feed, in the same words for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; a field is None where there is none, or where the reader cannot tell it."""

    id: str
    title: str | None
    link: str | None
    published: datetime | None
    updated: datetime | None
    #: HTML.
    content: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One feed file through the eyes of one reader."""

    reader: str
    path: Path
    entries: tuple[Entry, ...] = ()
    #: Why the reader refused the file, if it did.
    trouble: str = ""
