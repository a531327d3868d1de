"""Signed words in the readers' own links: what they allow is in them, and nobody else can make one."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from publisher.kit.durable import sync_folder
from publisher.model.errors import PublisherError

if TYPE_CHECKING:
    from pathlib import Path

    from itsdangerous import URLSafeSerializer

#: How long a link to confirm is good for.
CONFIRM_WITHIN = timedelta(days=30)
#: What is shorter was never made here, or not to the end.
_SECRET_CHARS = 32


class BadTokenError(Exception):
    """A token was not made here, or not for this purpose."""


class ExpiredTokenError(BadTokenError):
    """A token was made here, and is too old by now."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with the publication's secret; each purpose has its own key, so that no token serves for another."""

    secret: str
    #: Secrets of before, newest first: they sign nothing any more, and what they signed still counts.
    former: tuple[str, ...] = ()

    def token(self, purpose: str, subscriber_id: int, digest: str, *, until: datetime | None = None) -> str:
        """Make the token of one reader for one digest, the same every time; it is good for ever, or until a moment."""
        claim: list[object] = [subscriber_id, digest]
        if until is not None:
            claim.append(int(until.timestamp()))
        token = _serializer((self.secret,), purpose).dumps(claim)
        return token if isinstance(token, str) else token.decode("ascii")

    def read(self, purpose: str, token: str, *, now: datetime | None = None) -> tuple[int, str]:
        """Give the subscriber's id and the digest that a token was made for, by whichever of the secrets.

        Raises ExpiredTokenError after its last moment, and BadTokenError for anything else that was not made here.
        """
        from itsdangerous import BadData

        try:
            claim: Any = _serializer((*reversed(self.former), self.secret), purpose).loads(token)
        except (BadData, UnicodeError) as error:
            raise BadTokenError from error
        if not _is_canonical(token):
            raise BadTokenError
        match claim:
            case [int(subscriber_id), str(digest)]:
                return subscriber_id, digest
            case [int(subscriber_id), str(digest), int(until)]:
                if (now or datetime.now(UTC)).timestamp() > until:
                    raise ExpiredTokenError
                return subscriber_id, digest
        raise BadTokenError

    def digest(self, *parts: object) -> str:
        """Hash some words so that only who knows the secret can, 160 bits in hexadecimal."""
        return _keyed_hash(self.secret, parts)

    def digests(self, *parts: object) -> tuple[str, ...]:
        """Hash some words as today, and then as the secrets of before did: to find again what was hashed once."""
        return tuple(_keyed_hash(secret, parts) for secret in (self.secret, *self.former))


@lru_cache(16)
def _serializer(secrets_: tuple[str, ...], purpose: str) -> URLSafeSerializer:
    """Make what signs with the last of the secrets, and takes what any of them signed."""
    from itsdangerous import URLSafeSerializer

    return URLSafeSerializer(list(secrets_), salt=f"publisher.{purpose}")


def _is_canonical(token: str) -> bool:
    """Say whether the signature is written as we write it: base64 has bits to spare, and passes over strange signs."""
    from itsdangerous.encoding import base64_decode, base64_encode

    signature = token.rpartition(".")[2]
    return base64_encode(base64_decode(signature)) == signature.encode()


def _keyed_hash(secret: str, parts: tuple[object, ...]) -> str:
    words = "\0".join(map(str, parts)).encode()
    return hmac.new(secret.encode(), words, hashlib.sha256).hexdigest()[:40]


def load_signer(path: Path) -> Signer:
    """Read the secret, or make one on first use, where only its owner can read it.

    The file may have several lines: the first is the secret, the others are those of before. Raises PublisherError.
    """
    try:
        if not path.exists():
            _make_secret(path)
        known = [line for line in map(str.strip, path.read_text("ascii").splitlines()) if line]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise PublisherError(
            f"{path}, which signs readers' links, cannot be used ({reason}): put it back from a backup"
        ) from error
    if not known or min(map(len, known)) < _SECRET_CHARS:
        raise PublisherError(f"{path}, which signs readers' links, is empty or cut short: put it back from a backup")
    return Signer(known[0], tuple(known[1:]))


def _make_secret(path: Path) -> None:
    """Write a new secret: all of it or nothing, and never over one that is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="ascii", dir=path.parent, prefix=".secret-") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)
    sync_folder(path.parent)
