"""Signed words in the readers' own links: what they allow is in them, and nobody else can make one."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


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


def load_signer(path: Path, *, keep: bool = True) -> Signer:
    """Read the secret, or make one on first use (and, with `keep`, write it where only its owner can read it)."""
    if path.exists():
        return Signer(path.read_text("ascii").strip())
    secret = secrets.token_urlsafe(32)
    if keep:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secret + "\n")
            file.flush()
            os.fsync(file.fileno())
    return Signer(secret)
