"""A message is signed with DKIM (RFC 6376): rsa-sha256, relaxed/relaxed, and no time in it, so the same bytes again."""

from __future__ import annotations

import base64
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from publisher.mail.encoding import relaxed_spaces
from publisher.mail.headers import plain_domain
from publisher.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: What a signature covers, of what there is.
COVERED = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"reply-to",
    b"list-id",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"feedback-id",
    b"cfbl-address",
    b"mime-version",
    b"content-type",
)
#: Named once more than they are there: whoever adds a second one breaks the signature (RFC 6376 section 8.15).
OVERSIGNED = (b"from", b"subject")
#: What Gmail and Yahoo take at least.
_LEAST_BITS = 1024
_MOST_BYTES = 2**16
_PADDING, _HASH = PKCS1v15(), SHA256()
_LINE = 78
#: Characters of the signature on a line, behind ` b=`.
_SIGNATURE_LINE = 72


@dataclass(frozen=True, kw_only=True)
class DkimSigner:
    """Signs for one domain with one key, from any thread."""

    #: In A-labels.
    domain: str
    selector: str
    key: RSAPrivateKey

    def sign(self, fields: bytes, body_hash: bytes) -> bytes:
        """Make the field that goes before `fields`, of which there is one of each name, each with its CRLF.

        `body_hash` is the SHA-256 of the body in relaxed form.
        """
        present = dict(relaxed(fields))
        covered = [name for name in COVERED if name in present]
        head = (
            b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n d=%s;\r\n s=%s;\r\n %s;\r\n bh=%s;\r\n b="
        ) % (
            self.domain.encode(),
            self.selector.encode(),
            _folded(b"h=", [*covered, *OVERSIGNED]),
            base64.b64encode(body_hash),
        )
        ((_, own),) = relaxed(head)
        signed = b"\r\n".join((*(present[name] for name in covered), own))
        signature = base64.b64encode(self.key.sign(signed, _PADDING, _HASH))
        lines = (signature[at : at + _SIGNATURE_LINE] for at in range(0, len(signature), _SIGNATURE_LINE))
        return b"%s%s\r\n" % (head, b"\r\n ".join(lines))


def relaxed(fields: bytes) -> list[tuple[bytes, bytes]]:
    """Give the name of each field, and the field in relaxed form (RFC 6376 section 3.4.2) without its CRLF."""
    made = []
    unfolded = fields.removesuffix(b"\r\n").replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    for line in relaxed_spaces(unfolded).split(b"\r\n"):
        name, _, value = line.partition(b":")
        name = name.rstrip(b" ").lower()
        made.append((name, b"%s:%s" % (name, value.strip(b" "))))
    return made


def _folded(tag: bytes, names: Sequence[bytes]) -> bytes:
    """Write the names with colons between them, on lines that begin with a space."""
    lines = [tag + names[0]]
    for name in names[1:]:
        # The space, the colon before it and one after it.
        if len(lines[-1]) + len(name) + 3 > _LINE:
            lines[-1] += b":"
            lines.append(name)
        else:
            lines[-1] += b":" + name
    return b"\r\n ".join(lines)


def load_dkim(path: Path, domain: str, selector: str) -> DkimSigner:
    """Read the private key, in PEM. Raises ConfigurationError with what to do about it."""

    def refused(reason: str) -> ConfigurationError:
        return ConfigurationError(str(path), [f"the DKIM key {reason}"])

    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pem = file.read(_MOST_BYTES)
    except OSError as error:
        raise refused(
            f"cannot be read ({error.strerror}): see mail.dkim.key_file, or make one with "
            f"openssl genrsa -out {path} 2048 and publish its public half for {selector}._domainkey.{domain}"
        ) from error
    # That its group may read it is how a service gets a file that belongs to root.
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise refused(
            f"is open to others than its owner (mode {stat.S_IMODE(mode):03o}): run chmod 600 {path}, "
            "and make a new one if somebody may have read it"
        )
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise refused(f"is encrypted: decrypt it with openssl rsa -in {path} -out a file of mode 600") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise refused("is no private key in PEM: put in its place what openssl genrsa 2048 writes") from error
    if not isinstance(key, RSAPrivateKey):
        raise refused("is not an RSA key, and many providers verify no other: make one with openssl genrsa 2048")
    if key.key_size < _LEAST_BITS:
        raise refused(
            f"has {key.key_size} bits, and providers take {_LEAST_BITS} at least: make one with openssl genrsa 2048"
        )
    return DkimSigner(domain=plain_domain(domain), selector=selector, key=key)
