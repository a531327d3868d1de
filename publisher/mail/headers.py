"""Header fields at the byte level: folded each in its own way, because some must not be folded at all."""

from __future__ import annotations

import base64
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING

from publisher.kit.segment import graphemes
from publisher.kit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

#: A line should have 78 characters at most (RFC 5322 section 2.1.1).
_LINE = 78
#: One with an encoded word must not have more (RFC 2047 section 2).
_ENCODED_LINE = 76
_WORD = "=?utf-8?b?{}?="


def unstructured(name: str, value: str) -> str:
    """Write a field of free text, such as Subject: ASCII as it is, folded at spaces, else in encoded words."""
    value = one_line(value)
    if not value.isascii() or "=?" in value or max(map(len, value.split(" "))) + len(name) + 2 > _LINE:
        return f"{name}:{encoded_words(value, len(name) + 1)}\r\n"
    lines = [f"{name}:"]
    for word in value.split(" "):
        if len(lines[-1]) + 1 + len(word) > _LINE:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines) + "\r\n"


def encoded_words(value: str, column: int) -> str:
    """Encode a text in base64 words, one a line, each behind a space; no word ends inside what a reader sees as one.

    `column` is where the first line begins: what does not fit there stands on the next.
    """
    lines = [""]
    room = _bytes_in(_ENCODED_LINE - column)
    for piece in _pieces(value):
        if len((lines[-1] + piece).encode()) > room:
            lines.append("")
            room = _bytes_in(_ENCODED_LINE)
        lines[-1] += piece
    return "\r\n".join(" " + _WORD.format(base64.b64encode(line.encode()).decode()) if line else "" for line in lines)


def _bytes_in(columns: int) -> int:
    """Say how much text a line of encoded words holds, behind its space."""
    return (columns - 1 - len(_WORD.format(""))) // 4 * 3


def _pieces(value: str) -> Iterator[str]:
    """Give the graphemes; one that no word can hold must be cut somewhere: between two of its marks."""
    for grapheme in graphemes(value):
        yield from (grapheme,) if len(grapheme.encode()) <= _bytes_in(_ENCODED_LINE) else grapheme


def mailbox(name: str, value: str) -> str:
    """Write a field with one address, such as From; a display name outside ASCII in encoded words."""
    display, address = parseaddr(one_line(value))
    address = plain_address(address)
    if not display:
        return f"{name}: {address}\r\n"
    written = phrase(display, len(name) + 1)
    fold = "\r\n" if len(f"{name}:{written} <{address}>") > _ENCODED_LINE else ""
    return f"{name}:{written}{fold} <{address}>\r\n"


def phrase(text: str, column: int) -> str:
    """Write a display name or a list's title, behind a space: a quoted string (RFC 5322, 3.2.5) or encoded words.

    `column` is where it begins.
    """
    text = one_line(text)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    if text.isascii() and "=?" not in text and column + len(escaped) + 3 <= _LINE:
        return f' "{escaped}"'
    return encoded_words(text, column)


def plain_address(address: str) -> str:
    """Write an address in ASCII where that can be: with its domain in A-labels, as any relay takes it."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{plain_domain(domain)}" if local.isascii() else address


def plain_domain(domain: str) -> str:
    """Write a domain in A-labels (RFC 5891). Raises UnicodeError if it is none."""
    if domain.isascii():
        return domain
    import idna

    return idna.encode(domain, uts46=True).decode("ascii")


def list_id(title: str, name: str) -> str:
    """Write the List-Id field (RFC 2919); a name of more than 255 characters is not allowed."""
    return f"List-Id:{phrase(title, len('List-Id:'))}\r\n <{name}>\r\n"


def verbatim(name: str, value: str) -> str:
    """Write a field that must stand on one line, such as List-Unsubscribe (RFC 8058)."""
    return f"{name}: {one_line(value)}\r\n"


def date(moment: datetime) -> str:
    """Write the Date field (RFC 5322 section 3.3)."""
    return f"Date: {format_datetime(moment)}\r\n"
