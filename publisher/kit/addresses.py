"""E-mail addresses: checked as they are typed, and folded to compare them."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

#: RFC 5321 section 4.5.3.1, in octets, and its erratum 1690.
_LOCAL_PART = 64
_MAILBOX = 254
#: What stands before the @ of nearly every address: nothing in it wants a closer look.
_PLAIN = re.compile(r"[a-z0-9_+-]+(\.[a-z0-9_+-]+)*")


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox."""

    #: To write to: in the reader's own spelling, but for a domain outside ASCII, which any relay takes in IDNA form.
    address: str
    #: Equal for two spellings of one mailbox.
    key: str


def parse_address(text: str) -> Address:
    """Check an address as RFC 5321 and RFC 6531 have it; nothing is looked up.

    Raises ValueError with what is wrong with it.
    """
    text = text.strip()
    local, _, domain = text.rpartition("@")
    if len(text) <= _MAILBOX and len(local) <= _LOCAL_PART and _PLAIN.fullmatch(local) and domain.isascii():
        written, folded = _domain(domain)
        return Address(f"{local}@{written}", f"{local}@{folded}")
    return _checked(text)


@functools.lru_cache(4096)
def _domain(domain: str) -> tuple[str, str]:
    """Check a domain once, however many readers it has; returns it as written and folded."""
    checked = _checked(f"x@{domain}")
    return checked.address[2:], checked.key[2:]


def _checked(text: str) -> Address:
    from email_validator import validate_email

    checked = validate_email(text, check_deliverability=False, test_environment=True)
    if len(checked.local_part.encode()) > _LOCAL_PART:
        raise ValueError(f"there are more than {_LOCAL_PART} characters before the @")
    # RFC 5321 lets a server tell a.B from a.b, and none does: one reader shall not get two copies.
    return Address(
        checked.ascii_email or checked.normalized, f"{checked.local_part.casefold()}@{checked.ascii_domain.casefold()}"
    )
