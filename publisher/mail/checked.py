"""What a check of mail works on, and what it gives."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from publisher.mail.dkim import relaxed
from publisher.mail.headers import plain_domain
from publisher.model.errors import DnsError

if TYPE_CHECKING:
    from publisher.mail.dkim import DkimSigner
    from publisher.model.mail import Message


class Severity(enum.StrEnum):
    """What a finding means for the mail."""

    #: Providers refuse such mail, or file it as spam.
    ERROR = "error"
    WARNING = "warning"
    #: Nothing that can be seen from here.
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend: what is the matter, and the way out."""

    rule: str
    severity: Severity
    message: str
    way_out: str


class DnsSilentError(DnsError):
    """No name server says anything, so that asking on would only take time."""


class Resolver(Protocol):
    """What answers questions to DNS."""

    def lookup(self, name: str, kind: str) -> list[str]:
        """Give the records of a kind, such as `TXT`, as text; nothing if there are none.

        Raises DnsError, and of that DnsSilentError where there is no answer at all.
        """


@dataclass(frozen=True)
class Checked:
    """A message and what is in it."""

    message: Message
    signer: DkimSigner | None

    @cached_property
    def head(self) -> bytes:
        """The fields, each with its CRLF."""
        return self.message.data.partition(b"\r\n\r\n")[0] + b"\r\n"

    @cached_property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """Name and relaxed form of each field."""
        return relaxed(self.head)

    def value(self, name: bytes) -> str:
        """Give what the first field of that name says; empty if there is none."""
        return next((field[len(name) + 1 :].decode() for each, field in self.fields if each == name), "")

    @cached_property
    def signature(self) -> dict[str, str]:
        """The tags of the signature; none if there is no signature."""
        return tags(self.value(b"dkim-signature"))

    @cached_property
    def from_domain(self) -> str:
        """The domain that readers see."""
        return plain_domain(parseaddr(self.value(b"from"))[1].rpartition("@")[2]).lower()

    @cached_property
    def return_domain(self) -> str:
        """The domain that bounces go to, and whose SPF record counts."""
        return plain_domain(self.message.sender.rpartition("@")[2]).lower()


def tags(written: str) -> dict[str, str]:
    """Read `name=value; …`, as DKIM and DMARC write it, without the folds."""
    parts = (part.partition("=") for part in written.split(";") if part.strip())
    return {name.strip(): "".join(value.split()) for name, _, value in parts}
