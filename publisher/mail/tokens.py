"""Signed words in the readers' own links: what they allow is in them, and nobody else can make one."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.model.errors import PublisherError

if TYPE_CHECKING:
    from pathlib import Path

#: What is shorter was never made here, or not to the end.
_SECRET_CHARS = 32


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with the publication's secret; each purpose has its own key, so that no token serves for another."""

    secret: str

    def token(self, purpose: str, subscriber_id: int, digest: str) -> str:
        """Make the token of one reader for one digest; the same every time."""
        from itsdangerous import URLSafeSerializer

        token = URLSafeSerializer(self.secret, salt=f"publisher.{purpose}").dumps([subscriber_id, digest])
        return token if isinstance(token, str) else token.decode("ascii")

    def digest(self, *parts: object) -> str:
        """Hash some words so that only who knows the secret can, 160 bits in hexadecimal."""
        words = "\0".join(map(str, parts)).encode()
        return hmac.new(self.secret.encode(), words, hashlib.sha256).hexdigest()[:40]


def load_signer(path: Path) -> Signer:
    """Read the secret, or make one on first use, where only its owner can read it. Raises PublisherError."""
    try:
        if not path.exists():
            _make_secret(path)
        secret = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise PublisherError(
            f"{path}, which signs readers' links, cannot be used ({reason}): put it back from a backup"
        ) from error
    if len(secret) < _SECRET_CHARS:
        raise PublisherError(f"{path}, which signs readers' links, is empty or cut short: put it back from a backup")
    return Signer(secret)


def _make_secret(path: Path) -> None:
    """Write a new secret: all of it or nothing, and never over one that is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="ascii", dir=path.parent, prefix=".secret-") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)
