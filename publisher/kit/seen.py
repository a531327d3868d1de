"""Remember which words came before, on disk: a million take no memory."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class Seen:
    """A set that only grows; what it holds is gone when it is closed."""

    def __init__(self) -> None:
        # A database without a name is a file of SQLite's own that only this connection sees.
        self._set = sqlite3.connect("", isolation_level=None)
        self._set.execute("pragma journal_mode = off")
        self._set.execute("create table seen (word blob primary key) without rowid")
        self._set.execute("begin")

    def __enter__(self) -> Self:
        """Use it in a `with` block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Forget everything."""
        self._set.close()

    def add(self, word: str) -> bool:
        """Remember a word; says whether it is new."""
        hashed = hashlib.blake2b(word.encode(), digest_size=16).digest()
        with closing(self._set.execute("insert or ignore into seen values (?)", (hashed,))) as done:
            return done.rowcount == 1
