"""The transport that hands messages to a relay by SMTP (RFC 5321); only this file knows aiosmtplib."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Self

import aiosmtplib
from aiosmtplib.errors import (
    SMTPConnectError,
    SMTPConnectTimeoutError,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)
from aiosmtplib.typing import SMTPStatus

from publisher.model.delivery import Receipt
from publisher.model.errors import TransportError

if TYPE_CHECKING:
    from publisher.model.mail import Message

#: Of the connection and of each command, in seconds.
_TIMEOUT = 60


class Smtp:
    """One plain connection to a relay on this machine, opened for the first message and kept."""

    #: One message at a time: a crash leaves no more than one uncertain.
    batch = 1

    def __init__(self, host: str, port: int, *, interval: float = 0.0) -> None:
        self._host = host
        self._port = port
        #: Seconds from the beginning of one message to that of the next, at least.
        self._interval = interval
        self._next = 0.0
        self._runner = asyncio.Runner()
        self._client: aiosmtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._runner:
            self._runner.run(self._quit())

    def send(self, message: Message) -> Receipt | None:
        """Send one message; None if the connection was lost when it may have been taken already.

        Raises TransportError if the relay takes no messages at all.
        """
        return self._runner.run(self._send(message))

    async def _send(self, message: Message) -> Receipt | None:
        international = not (message.data.isascii() and message.recipient.isascii())
        await self._wait()
        client = await self._begin(message.sender, international=international)
        if client is None:
            return Receipt(550, "5.6.7 the relay takes no international addresses")
        try:
            await client.rcpt(message.recipient, encoding="utf-8" if international else "ascii")
        except SMTPResponseException as error:
            await self._reset(client)
            return Receipt(error.code, error.message)
        except (SMTPException, OSError) as error:
            await self._quit()
            return Receipt(421, _said(error))
        return await self._data(client, message)

    async def _begin(self, sender: str, *, international: bool) -> aiosmtplib.SMTP | None:
        """Get as far as MAIL, on a new connection if the old one has had enough; None if the relay cannot do it."""
        while True:
            fresh = self._client is None or not self._client.is_connected
            client = await self._connected()
            if international and not client.supports_extension("smtputf8"):
                return None
            try:
                await client.mail(
                    sender,
                    options=["SMTPUTF8"] if international else [],
                    encoding="utf-8" if international else "ascii",
                )
                return client
            except (SMTPException, OSError) as error:
                await self._quit()
                # A relay may end a connection after any message; nothing of this one has been handed over.
                if fresh or (isinstance(error, SMTPResponseException) and error.code != SMTPStatus.domain_unavailable):
                    raise TransportError(
                        f"the relay {self._host}:{self._port} refuses the sender {sender} ({_said(error)}): "
                        "no message was sent; see mail.sender and the relay's log"
                    ) from error

    async def _data(self, client: aiosmtplib.SMTP, message: Message) -> Receipt | None:
        try:
            response = await client.data(message.data)
        except SMTPResponseException as error:
            await self._reset(client)
            return Receipt(error.code, error.message)
        except (SMTPServerDisconnected, SMTPTimeoutError, OSError):
            await self._quit()
            return None
        return Receipt(response.code, response.message)

    async def _wait(self) -> None:
        now = time.monotonic()
        await asyncio.sleep(max(0.0, self._next - now))
        self._next = max(now, self._next) + self._interval

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is None or not self._client.is_connected:
            client = aiosmtplib.SMTP(
                hostname=self._host, port=self._port, timeout=_TIMEOUT, use_tls=False, start_tls=False
            )
            try:
                await client.connect()
                await client.ehlo()
            except (SMTPConnectError, SMTPConnectTimeoutError, SMTPException, OSError) as error:
                raise TransportError(
                    f"the relay {self._host}:{self._port} cannot be reached ({_said(error)}): "
                    "see that it runs, and mail.smtp.host and .port; what was not sent waits"
                ) from error
            self._client = client
        return self._client

    async def _reset(self, client: aiosmtplib.SMTP) -> None:
        try:
            await client.rset()
        except (SMTPException, OSError):
            await self._quit()

    async def _quit(self) -> None:
        client, self._client = self._client, None
        if client is not None and client.is_connected:
            try:
                await client.quit()
            except (SMTPException, OSError):
                client.close()


def _said(error: BaseException) -> str:
    return str(getattr(error, "message", "") or error or type(error).__name__).strip().splitlines()[0]
