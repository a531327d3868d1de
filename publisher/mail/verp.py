"""A return path of its own for each delivery (VERP): what comes back to it is about that delivery and no other."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING

from publisher.mail import headers

if TYPE_CHECKING:
    from publisher.mail.tokens import Signer

_PURPOSE = "return-path"
#: Hexadecimal, 80 bits.
_HASH_CHARS = 20
#: Octets (RFC 5321 section 4.5.3.1.1).
_LOCAL_PART = 64
#: A relay on the way may have changed the case.
_RETURN_PATH = re.compile(
    rf"[^@\s]{{1,{_LOCAL_PART}}}\+([1-9][0-9]{{0,18}})-([0-9a-f]{{{_HASH_CHARS}}})@[^@\s]+", re.ASCII | re.IGNORECASE
)


def envelope_from(sender_address: str, delivery_id: int, signer: Signer) -> str:
    """Make the return path of a delivery: `bounces+7-3f…@news.example.org` for `bounces@news.example.org`.

    An address that is too long for that stays as it is: what comes back is then known by its Message-ID.
    """
    local, _, domain = sender_address.rpartition("@")
    own = f"{local}+{delivery_id}-{_hashes(delivery_id, signer)[0]}"
    return f"{own if len(own.encode()) <= _LOCAL_PART else local}@{headers.plain_domain(domain)}"


def read(address: str, signer: Signer) -> int | None:
    """Say which delivery a return path belongs to; None if it was not made here."""
    found = _RETURN_PATH.fullmatch(address.strip().strip("<>"))
    if found is None:
        return None
    delivery_id, claimed = int(found[1]), found[2].lower()
    matches = [hmac.compare_digest(known, claimed) for known in _hashes(delivery_id, signer)]
    return delivery_id if any(matches) else None


def _hashes(delivery_id: int, signer: Signer) -> list[str]:
    """Give the hash by the secret of today, and then by those of before."""
    return [each[:_HASH_CHARS] for each in signer.digests(_PURPOSE, delivery_id)]
