"""E-mail addresses: checked as they are typed, and folded to compare them."""

from __future__ import annotations

from dataclasses import dataclass

#: RFC 5321 section 4.5.3.1.1, in octets.
_LOCAL_PART = 64


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
    from email_validator import validate_email

    checked = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    if len(checked.local_part.encode()) > _LOCAL_PART:
        raise ValueError(f"there are more than {_LOCAL_PART} characters before the @")
    # RFC 5321 lets a server tell a.B from a.b, and none does: one reader shall not get two copies.
    return Address(
        checked.ascii_email or checked.normalized, f"{checked.local_part.casefold()}@{checked.ascii_domain.casefold()}"
    )
