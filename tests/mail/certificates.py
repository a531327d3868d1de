"""Certificates for relays on loopback, good and bad, by an authority of the tests' own."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

#: TLS looks at the real clock: one certificate is of yesterday, whenever that is.
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """Somebody who signs certificates."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def named(cls, name: str = "Example Authority") -> Self:
        key = _key(name)
        return cls(key, _certificate(key.public_key(), name, key, name, authority=True))

    def write(self, folder: Path) -> Path:
        """Write what a client has to trust."""
        path = folder / "ca.pem"
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def server(self, folder: Path, host: str = "127.0.0.1", *, days: int = 30) -> ssl.SSLContext:
        """Give the context of a server called `host`; its certificate is good for so many days from yesterday on."""
        name = self.certificate.subject.rfc4514_string().removeprefix("CN=")
        key = _key(host)
        return _context(folder, key, _certificate(key.public_key(), host, self.key, name, days=days))


def self_signed(folder: Path, host: str = "127.0.0.1") -> ssl.SSLContext:
    """Give the context of a server that vouches for itself."""
    key = _key(host)
    return _context(folder, key, _certificate(key.public_key(), host, key, host))


@cache
def _key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _certificate(
    key: ec.EllipticCurvePublicKey,
    name: str,
    signer: ec.EllipticCurvePrivateKey,
    issuer: str,
    *,
    authority: bool = False,
    days: int = 30,
) -> x509.Certificate:
    now = datetime.now(UTC)
    begin = min(now, now + days * _DAY) - _DAY
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(now + days * _DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(_usage(authority=authority), critical=True)
    )
    if not authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([_name(name)]), critical=False).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
    return builder.sign(signer, hashes.SHA256())


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _context(folder: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> ssl.SSLContext:
    path = folder / "relay.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
