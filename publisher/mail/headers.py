"""Header fields at the byte level: folded each in its own way, because some must not be folded at all."""

from __future__ import annotations

import base64
import unicodedata
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING

from publisher.kit.text import one_line

if TYPE_CHECKING:
    from datetime import datetime

#: A line with an encoded word has 76 characters at most (RFC 2047 section 2): on the first stands the field's name,
#: and `=?utf-8?b?` and `?=` take twelve.
_WORD_BYTES = (76 - len("Reply-To: ") - 12) // 4 * 3
#: A line should have 78 characters at most (RFC 5322 section 2.1.1).
_LINE = 78


def unstructured(name: str, value: str) -> str:
    """Write a field of free text, such as Subject: ASCII as it is, folded at spaces, else in encoded words."""
    value = one_line(value)
    if not value.isascii() or "=?" in value or max(map(len, value.split(" "))) + len(name) + 2 > _LINE:
        return f"{name}: {encoded_words(value)}\r\n"
    lines = [f"{name}:"]
    for word in value.split(" "):
        if len(lines[-1]) + 1 + len(word) > _LINE:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines) + "\r\n"


def encoded_words(value: str) -> str:
    """Encode a text in base64 words, one a line; no word ends inside a character or before its marks."""
    words: list[bytes] = []
    current = b""
    for cluster in _clusters(value):
        piece = cluster.encode()
        if current and len(current) + len(piece) > _WORD_BYTES:
            words.append(current)
            current = b""
        # A character with more marks than a word can hold must be cut somewhere: between two of them.
        for char in cluster if len(piece) > _WORD_BYTES else (cluster,):
            if len(current) + len(char.encode()) > _WORD_BYTES:
                words.append(current)
                current = b""
            current += char.encode()
    words.append(current)
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in words)


def _clusters(text: str) -> list[str]:
    clusters: list[str] = []
    for char in text:
        if clusters and (unicodedata.category(char)[0] == "M" or char == "\u200d" or clusters[-1][-1] == "\u200d"):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def mailbox(name: str, value: str) -> str:
    """Write a field with one address, such as From; a display name outside ASCII in encoded words."""
    display, address = parseaddr(one_line(value))
    if not display:
        return f"{name}: {address}\r\n"
    line = f"{name}: {phrase(display)} <{address}>\r\n"
    return line if len(line) <= _LINE else f"{name}: {phrase(display)}\r\n <{address}>\r\n"


def phrase(text: str) -> str:
    """Write a display name or a list's title: a quoted string, or encoded words (RFC 5322 section 3.2.5)."""
    text = one_line(text)
    if not text.isascii() or "=?" in text or len(text) > _LINE // 2:
        return encoded_words(text)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def verbatim(name: str, value: str) -> str:
    """Write a field that must stand on one line, such as List-Unsubscribe (RFC 8058)."""
    return f"{name}: {one_line(value)}\r\n"


def date(moment: datetime) -> str:
    """Write the Date field (RFC 5322 section 3.3)."""
    return f"Date: {format_datetime(moment)}\r\n"
