"""What follows DATA: whole lines, and no line that a relay takes for the end of the message."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Pieces of a message with more bytes than this are shared with others.
_LONG = 4096


def stuffed(data: bytes, pieces: Sequence[bytes] = ()) -> bytes:
    """Give a message as it follows DATA, but for the final dot (RFC 5321 section 4.5.2).

    `pieces` are what it was put together of; long ones are looked through once. Raises ValueError for a CR or LF on its
    own: some servers see the end of a message where others don't.
    """
    if pieces and _is_plain(pieces):
        return data
    if not (data.endswith(b"\r\n") and _has_whole_lines(data)):
        raise ValueError("a message has to consist of lines that end with CRLF")
    data = data.replace(b"\r\n.", b"\r\n..")
    return b"." + data if data.startswith(b".") else data


def _is_plain(pieces: Sequence[bytes]) -> bool:
    """Say whether lines are whole and none begins with a dot, wherever the pieces meet."""
    if any(piece.startswith((b".", b"\n")) for piece in pieces) or not pieces[-1].endswith(b"\r\n"):
        return False
    return all(_is_long_plain(piece) if len(piece) > _LONG else _is_plain_inside(piece) for piece in pieces)


def _is_plain_inside(piece: bytes) -> bool:
    return b"\r\n." not in piece and _has_whole_lines(piece)


#: The hash of bytes is kept with them, and the same object is equal at once.
_is_long_plain = functools.lru_cache(64)(_is_plain_inside)


def _has_whole_lines(data: bytes) -> bool:
    return data.count(b"\r\n") == data.count(b"\r") == data.count(b"\n")
