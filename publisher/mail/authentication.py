"""DKIM, SPF and DMARC as a provider checks them: the signature verified again, the domains' records read from DNS."""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from publisher.mail.checked import DnsSilentError, Finding, Severity, tags
from publisher.mail.dkim import COVERED, OVERSIGNED
from publisher.mail.encoding import relaxed_spaces
from publisher.model.errors import DnsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from publisher.mail.checked import Checked, Resolver

#: Providers begin to distrust a key with fewer bits (RFC 8301 section 3.2).
_GOOD_BITS = 2048
#: The value of the tag `b`, which does not sign itself.
_SIGNATURE = re.compile(rb"(;\s*b\s*=)[^;]*")


def check_signature(checked: Checked) -> Iterator[Finding]:
    """Look at what the message says of its signature, without DNS."""
    if not checked.signature:
        yield Finding(
            "dkim",
            Severity.ERROR,
            "the message is not signed with DKIM, and Gmail, Yahoo and Microsoft refuse such mail of bulk senders",
            "make a key with openssl genrsa 2048, and name it in [mail.dkim]",
        )
        return
    if uncovered := _uncovered(checked):
        said = f"the signature does not cover {', '.join(uncovered)}"
        yield Finding("dkim-headers", Severity.ERROR, said, "this is a fault of the program: report it")
    if checked.signer is not None:
        public = checked.signer.key.public_key()
        if not verifies(checked, public):
            said = "the signature does not hold: the message was changed after it was made"
            yield Finding("dkim", Severity.ERROR, said, "this is a fault of the program: report it, with the message")
        if public.key_size < _GOOD_BITS:
            said = f"the DKIM key has {public.key_size} bits, and {_GOOD_BITS} are what providers expect"
            way_out = "make another with openssl genrsa 2048, and publish it under a new selector"
            yield Finding("dkim-key", Severity.WARNING, said, way_out)


def _uncovered(checked: Checked) -> list[str]:
    """Give the headers that the signature should cover and does not."""
    signed = checked.signature.get("h", "").lower().split(":")
    present = [name for name, _ in checked.fields]
    names = [name.decode() for name in (*COVERED, *OVERSIGNED)]
    wanted = {name: names.count(name) for name in names if name.encode() in present}
    return [name for name, count in wanted.items() if signed.count(name) < count]


def check_domains(checked: Checked, resolver: Resolver) -> Iterator[Finding]:
    """Read what DNS says of the domains in the message. Raises DnsSilentError."""
    checks: tuple[Callable[[Checked, Resolver], Iterator[Finding]], ...] = (_key, _dmarc, _spf, _bounces)
    for check in checks:
        try:
            yield from check(checked, resolver)
        except DnsSilentError:
            raise
        except DnsError as error:
            way_out = "see that this machine can ask DNS, then check again"
            yield Finding("dns", Severity.WARNING, str(error), way_out)


def verifies(checked: Checked, key: RSAPublicKey) -> bool:
    """Make the hashes of the first signature once more (RFC 6376 section 6.1.3), and hold them against it."""
    body = checked.message.data.partition(b"\r\n\r\n")[2]
    left = list(checked.fields)
    own = next(field for name, field in left if name == b"dkim-signature")
    picked = []
    # Of several fields of a name the last counts first.
    for name in checked.signature.get("h", "").lower().encode().split(b":"):
        at = next((at for at in reversed(range(len(left))) if left[at][0] == name), None)
        if at is not None:
            picked.append(left.pop(at)[1])
    signed = b"\r\n".join((*picked, _SIGNATURE.sub(rb"\1", own)))
    try:
        signature = base64.b64decode(checked.signature.get("b", ""), validate=True)
        key.verify(signature, signed, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error):
        return False
    return checked.signature.get("bh") == base64.b64encode(hashlib.sha256(_relaxed_body(body)).digest()).decode()


def _relaxed_body(body: bytes) -> bytes:
    """Write any body in relaxed form (RFC 6376 section 3.4.4)."""
    lines = [relaxed_spaces(line).removesuffix(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def _key(checked: Checked, resolver: Resolver) -> Iterator[Finding]:
    """Ask whether the public half of the key is where providers look for it."""
    if not checked.signature:
        return
    name = f"{checked.signature['s']}._domainkey.{checked.signature['d']}"
    way_out = f"publish it as a TXT record of {name}"
    if checked.signer is not None:
        public = checked.signer.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        way_out += f': "v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"'
    records = resolver.lookup(name, "TXT")
    if len(records) != 1:
        said = f"the DKIM key has {len(records)} records at {name}, and must have one"
        yield Finding("dkim-record", Severity.ERROR, said, way_out)
        return
    written = tags(records[0])
    try:
        key = load_der_public_key(base64.b64decode(written.get("p", ""), validate=True))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPublicKey) or not verifies(checked, key):
        said = f"the DKIM record {name} has not the key that signs, so that no signature holds"
        yield Finding("dkim-record", Severity.ERROR, said, way_out)
    elif "y" in written.get("t", "").split(":"):
        said = f"the DKIM record {name} says that it is a test (t=y), and providers may take the mail for unsigned"
        yield Finding("dkim-record", Severity.WARNING, said, "take t=y out of the record")


def _dmarc(checked: Checked, resolver: Resolver) -> Iterator[Finding]:
    """Ask for a policy of the domain that readers see, and whether what is signed and what bounces belong to it."""
    domain = checked.from_domain
    found = _policies(domain, resolver)
    owner, records = found[0] if found else (domain, [])
    way_out = f'publish one TXT record of _dmarc.{owner}, such as "v=DMARC1; p=none"'
    if len(records) != 1:
        said = f"{domain} has {len(records) or 'no'} DMARC records, and providers ask one of bulk senders"
        yield Finding("dmarc", Severity.ERROR, said, way_out)
    policy = tags(records[0]) if records else {}
    if records and policy.get("p") not in {"none", "quarantine", "reject"}:
        yield Finding("dmarc", Severity.ERROR, f"the DMARC record of {owner} has no policy (p=)", way_out)
    # The topmost domain with a policy is the organisation's; without one each stands for itself.
    organisation = found[-1][0] if found else domain
    signing = checked.signature.get("d", "").lower()
    if signing and not _aligned(signing, domain, organisation, strict=policy.get("adkim") == "s"):
        said = f"From is in {domain} and the DKIM signature in {signing}: they do not belong together for DMARC"
        yield Finding(
            "alignment", Severity.ERROR, said, f"set mail.dkim.domain to {domain}, with a key published there"
        )
    returning = checked.return_domain
    if not _aligned(returning, domain, organisation, strict=policy.get("aspf") == "s"):
        said = f"From is in {domain} and the return path in {returning}: SPF does not count for DMARC"
        yield Finding("alignment", Severity.WARNING, said, f"let bounces come back to {domain}")


def _policies(domain: str, resolver: Resolver) -> list[tuple[str, list[str]]]:
    """Find the DMARC records of a domain and of each above it, but for what holds for the customers of a registry."""
    labels = domain.split(".")
    owners = [".".join(labels[at:]) for at in range(len(labels) - 1)]
    found = []
    for owner in owners:
        records = [each for each in resolver.lookup(f"_dmarc.{owner}", "TXT") if tags(each).get("v") == "DMARC1"]
        if records and tags(records[0]).get("psd") != "y":
            found.append((owner, records))
    return found


def _aligned(other: str, domain: str, organisation: str, *, strict: bool) -> bool:
    if strict:
        return other == domain
    return f".{other}".endswith(f".{organisation}") or f".{domain}".endswith(f".{other}")


def _spf(checked: Checked, resolver: Resolver) -> Iterator[Finding]:
    """Ask which addresses may send for the return path; whether the relay's is one of them only its operator knows."""
    domain = checked.return_domain
    records = [each for each in resolver.lookup(domain, "TXT") if each.lower().split(" ")[0] == "v=spf1"]
    way_out = f'publish one TXT record of {domain} that names the relay, such as "v=spf1 a:RELAY -all"'
    if len(records) != 1:
        said = f"{domain} has {len(records) or 'no'} SPF records, and providers ask one of bulk senders"
        yield Finding("spf", Severity.ERROR, said, way_out)
    elif {"all", "+all"} & set(records[0].lower().split()):
        said = f"the SPF record of {domain} lets every machine send for it (+all), which counts as none"
        yield Finding("spf", Severity.ERROR, said, way_out)


def _bounces(checked: Checked, resolver: Resolver) -> Iterator[Finding]:
    """Ask whether bounces find a way back: RFC 5321 section 5.1, and RFC 7505 for a domain that takes no mail."""
    domain = checked.return_domain
    exchangers = resolver.lookup(domain, "MX")
    reachable = exchangers != ["0 ."] and (
        exchangers or resolver.lookup(domain, "A") or resolver.lookup(domain, "AAAA")
    )
    if not reachable:
        said = f"{domain} takes no mail, so that no bounce comes back, and some providers refuse such senders"
        yield Finding("return-path", Severity.WARNING, said, f"publish an MX record of {domain}")


def check_relay(relay: str, resolver: Resolver) -> Iterator[Finding]:
    """Give a hint where the relay's address and its name do not lead to each other; providers look at that first.

    Raises DnsSilentError.
    """
    try:
        addresses = _addresses(relay, resolver)
        public = [address for address in addresses if ipaddress.ip_address(address).is_global]
        astray = [address for address in public if not _leads_back(address, resolver)]
    except DnsSilentError:
        raise
    except DnsError as error:
        yield Finding("reverse-dns", Severity.HINT, str(error), "see that this machine can ask DNS, then check again")
        return
    if not public:
        said = f"the relay {relay} sends from an address that cannot be seen from here"
        yield Finding("reverse-dns", Severity.HINT, said, "see that the name of that address leads back to it: dig -x")
    for address in astray:
        said = f"the address {address} of the relay {relay} has no name that leads back to it"
        yield Finding("reverse-dns", Severity.HINT, said, "ask whoever gave you the address for a PTR record")


def _addresses(host: str, resolver: Resolver) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return [*resolver.lookup(host, "A"), *resolver.lookup(host, "AAAA")]


def _leads_back(address: str, resolver: Resolver) -> bool:
    names = resolver.lookup(ipaddress.ip_address(address).reverse_pointer, "PTR")
    return any(address in _addresses(name, resolver) for name in names)
