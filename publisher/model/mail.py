"""A message, ready to go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One edition for one recipient: the envelope and the bytes."""

    delivery_id: int
    edition_id: str
    #: Addresses of the envelope (RFC 5321).
    sender: str
    recipient: str
    #: RFC 5322, with CRLF.
    data: bytes
    #: What `data` was put together of, where that is known: messages of one edition share the long pieces.
    pieces: tuple[bytes, ...] = ()
