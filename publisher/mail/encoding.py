"""Text and HTML become a multipart/alternative, each encoded the shorter way; their ends stay open for a reader."""

from __future__ import annotations

import base64
import hashlib
import re

#: Bytes that make a line of 76 characters in base64 (RFC 2045 section 6.8).
_LINE_BYTES = 57
_LINE_END = re.compile(r"\r\n?|\n")
#: What quoted-printable escapes: all but printable ASCII, `=`, and white space at the end of a line.
_ESCAPED = re.compile(rb"[^\t\r\n !-<>-~]|[\t ](?=\r\n|\Z)")
#: With what `_guarded` adds and the `=` of a soft line break 76 at most; no escape and no character is cut in two.
_PIECE = re.compile(rb".{1,73}(?<!=)(?<!=.)(?!=[89AB])")
#: What a relay, or a mailbox in one file, would take for its own at the beginning of a line.
_TAKEN = re.compile(rb"\.|From ")
_SPACES = re.compile(rb" {2,}")


class Alternative:
    """A body of two parts, text first: what all readers share is encoded once.

    Each part is given as what is the same for all, and an end with its places open, by which the encoding is chosen.
    """

    def __init__(self, text: tuple[str, str], html: tuple[str, str], boundary_seed: str) -> None:
        # `=_` stands in nothing that is encoded (RFC 2045 section 6.7).
        boundary = f"=_{hashlib.blake2b(boundary_seed.encode(), digest_size=16).hexdigest()}"
        self.content_type = f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'
        self._text = _Part("text/plain", *text)
        self._html = _Part("text/html", *html)
        between = f"\r\n--{boundary}"
        self._open = between[2:].encode() + b"\r\n" + self._text.head
        self._next = f"{between}\r\n".encode() + self._html.head
        self._close = f"{between}--\r\n".encode()
        #: What comes first is hashed once for all readers, what comes between their ends made ready for it.
        self._hashed = hashlib.sha256(relaxed_spaces(self._open))
        self._next_relaxed = relaxed_spaces(self._next)

    def closed(self, text_end: str, html_end: str) -> tuple[bytes, ...]:
        """Give the body with a reader's own ends, in pieces."""
        return self._open, self._text.closed(text_end), self._next, self._html.closed(html_end), self._close

    def relaxed_hash(self, closed: tuple[bytes, ...]) -> bytes:
        """Hash such a body in relaxed form, for DKIM (RFC 6376 section 3.4.4)."""
        state = self._hashed.copy()
        _, text_end, _, html_end, close = closed
        for piece in (relaxed_spaces(text_end), self._next_relaxed, relaxed_spaces(html_end), close):
            state.update(piece)
        return state.digest()


def relaxed_spaces(piece: bytes) -> bytes:
    """Make white space one space, as relaxed form has it; a body as encoded here has none at the end of a line."""
    return _SPACES.sub(b" ", piece.replace(b"\t", b" "))


class _Part:
    def __init__(self, content_type: str, beginning: str, end: str) -> None:
        shared, own = _canonical(beginning), _canonical(end)
        quoted = _quoted(shared)
        if shared and own and not shared.endswith(b"\r\n"):
            # A soft line break: the end is encoded alone.
            quoted += b"=\r\n"
        self._base64 = len(_base64(shared + own)) < len(quoted) + len(_quoted(own))
        whole = len(shared) // _LINE_BYTES * _LINE_BYTES if self._base64 else len(shared)
        #: What does not fill a line of base64 is encoded with the end.
        self._rest = shared[whole:]
        head = (
            f"Content-Type: {content_type}; charset=utf-8\r\n"
            f"Content-Transfer-Encoding: {'base64' if self._base64 else 'quoted-printable'}\r\n\r\n"
        )
        self.head = head.encode() + (_base64(shared[:whole]) if self._base64 else quoted)

    def closed(self, end: str) -> bytes:
        own = self._rest + _canonical(end)
        # The line end before a boundary belongs to the boundary (RFC 2046 section 5.1.1).
        return _base64(own).removesuffix(b"\r\n") if self._base64 else _quoted(own)


def _canonical(text: str) -> bytes:
    return _LINE_END.sub("\r\n", text).encode()


def _base64(text: bytes) -> bytes:
    return base64.encodebytes(text).replace(b"\n", b"\r\n")


def _quoted(text: bytes) -> bytes:
    """Encode in quoted-printable (RFC 2045 section 6.7); the line ends of the text are those of the result."""
    lines = _ESCAPED.sub(lambda match: b"=%02X" % match[0][0], text).split(b"\r\n")
    return b"\r\n".join(b"=\r\n".join(map(_guarded, _PIECE.findall(line))) for line in lines)


def _guarded(piece: bytes) -> bytes:
    return b"=%02X%s" % (piece[0], piece[1:]) if _TAKEN.match(piece) else piece
