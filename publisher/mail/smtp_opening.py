"""A connection to a relay as far as the first MAIL: TLS and login; only this file knows aiosmtplib."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NoReturn, cast

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException

from publisher.mail.smtp_session import Session, Timeouts
from publisher.model.errors import TransportError, UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

Security = Literal["none", "starttls", "tls"]

#: What is wrong with a certificate, and the way out, by the number that OpenSSL gives it (x509_vfy.h).
_CERTIFICATE = {
    9: ("is not valid yet", "see the clocks of both machines"),
    10: ("has expired", "have it renewed"),
    18: ("is self-signed", "name it in mail.smtp.ca_file if it is the right one"),
    19: ("comes from an authority of its own", "name that in mail.smtp.ca_file if it is the right one"),
    20: ("comes from an unknown authority", "name that in mail.smtp.ca_file if it is the right one"),
    62: ("is for another name", "set mail.smtp.host to the name in it"),
    64: ("is for another address", "set mail.smtp.host to the name in it"),
}


@dataclass(kw_only=True)
class Relay:
    """Where messages are handed over, and how."""

    host: str
    port: int
    security: Security
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    #: The authorities that its certificate may come from; those of the system if None.
    ca_file: Path | None = None
    #: What is said in EHLO; the name of this machine if None.
    hostname: str | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    async def open(self) -> Session:
        """Connect, encrypt and log in.

        Raises UnreachableError, or TransportError if it isn't to be trusted or does not let us in.
        """
        if self.username is not None and self.security == "none":
            raise TransportError(
                f'no password goes to the relay {self} in clear text: set mail.smtp.security to "starttls" or "tls", '
                "or take mail.smtp.username away"
            )
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            local_hostname=self.hostname,
            timeout=self.timeouts.command,
            use_tls=self.security == "tls",
            start_tls=False,
            tls_context=None if self.security == "none" else self._tls,
        )
        try:
            return await self._session(client)
        except BaseException:
            _hang_up(client.transport)
            client.close()
            # Sockets are closed a turn of the loop later, and it may be the last.
            await asyncio.sleep(0)
            raise

    async def _session(self, client: aiosmtplib.SMTP) -> Session:
        try:
            await client.connect(timeout=self.timeouts.greeting)
            await client.ehlo()
            if self.security == "starttls":
                await self._encrypt(client)
        except (SMTPException, OSError, UnicodeError) as error:
            self._fail(error)
        # Asking the system for it may take seconds: once is enough.
        self.hostname = client.local_hostname
        if self.username is not None:
            await self._login(client, self.username)
        return Session(cast("asyncio.Transport", client.transport), frozenset(client.esmtp_extensions), self.timeouts)

    async def _encrypt(self, client: aiosmtplib.SMTP) -> None:
        if not client.supports_extension("starttls"):
            raise TransportError(
                f"the relay {self} does not offer STARTTLS, and nothing goes to it in clear text: see its settings, "
                'or set mail.smtp.security to "tls" and .port to the port for that (465)'
            )
        # What came in before the handshake is discarded there (RFC 3207 section 4.2).
        plain = client.transport
        try:
            await client.starttls(server_hostname=self.host)
        except BaseException:
            # After a failed handshake aiosmtplib knows of no transport any more, and this one may be open.
            _hang_up(plain)
            raise
        await client.ehlo()

    async def _login(self, client: aiosmtplib.SMTP, username: str) -> None:
        transport = client.transport
        try:
            await client.login(username, self.password or "")
        except (SMTPException, OSError) as error:
            _hang_up(transport)
            raise TransportError(
                f"the relay {self} does not let {username} in ({_said(error)}): "
                "see mail.smtp.username and .password; what was not sent waits"
            ) from error

    def _fail(self, error: Exception) -> NoReturn:
        cause = error.__cause__ if isinstance(error.__cause__, ssl.SSLError) else error
        if isinstance(cause, ssl.SSLCertVerificationError):
            wrong, way_out = _CERTIFICATE.get(cause.verify_code, (f"is wrong ({cause.verify_message})", "see to it"))
            raise TransportError(
                f"the certificate of the relay {self} {wrong}: {way_out}; what was not sent waits"
            ) from error
        if isinstance(cause, ssl.SSLError):
            raise TransportError(
                f"the relay {self} does not speak TLS as it should ({_said(cause)}): "
                "see mail.smtp.security and .port; what was not sent waits"
            ) from error
        raise UnreachableError(
            f"the relay {self} cannot be reached ({_said(error)}): "
            "see that it runs, and mail.smtp.host and .port; what was not sent waits"
        ) from error

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            raise TransportError(f"mail.smtp.ca_file: {self.ca_file} has no certificates ({_said(error)})") from error


def _hang_up(transport: asyncio.BaseTransport | None) -> None:
    """Close at once: TLS would wait for the relay's goodbye, though aiosmtplib has let go of it."""
    if transport is not None:
        cast("asyncio.Transport", transport).abort()


def _said(error: BaseException) -> str:
    code = f"{error.code} " if isinstance(error, SMTPResponseException) and error.code > 0 else ""
    text = str(getattr(error, "message", "") or error or type(error).__name__)
    return code + "".join(c if c.isprintable() else " " for c in text)[:500].strip()
