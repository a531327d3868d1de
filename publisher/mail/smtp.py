"""The transport that hands messages to a relay by SMTP, over as many connections as the relay likes."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Self

from publisher.mail.smtp_opening import Relay
from publisher.mail.smtp_session import Timeouts
from publisher.model.delivery import Phase, Receipt
from publisher.model.errors import TransportError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publisher.mail.smtp_opening import Security
    from publisher.mail.smtp_session import Session
    from publisher.model.mail import Message

#: A connection that has rested for this many seconds may be dead without a sign of it.
_REST = 30.0
#: After so many seconds without complaint, one connection more is tried.
_RECOVERY = 60.0
_POLICY = re.compile(r"policy|spam|reputation|block(ed|list)|blacklist|denied|not authori[sz]ed", re.IGNORECASE)


class Smtp:
    """Connections to one relay, opened when they are needed and kept from message to message."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        security: Security = "starttls",
        username: str | None = None,
        password: str | None = None,
        connections: int = 8,
        timeouts: Timeouts | None = None,
        ca_file: Path | None = None,
        hostname: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._relay = Relay(
            host=host,
            port=port,
            security=security,
            username=username,
            password=password,
            ca_file=ca_file,
            hostname=hostname,
            timeouts=timeouts or Timeouts(),
        )
        self._clock = clock
        self._most = self._limit = connections
        #: When the limit changed last.
        self._changed = clock()
        #: Connections that are open or being opened.
        self._open = 0
        #: Those that rest, and since when.
        self._resting: list[tuple[Session, float]] = []
        self._freed = asyncio.Event()
        #: Why the last connection could not be opened while no other was left.
        self._closed: UnreachableError | None = None

    @property
    def connections(self) -> int:
        """How many messages may be on their way at once, now."""
        return self._limit

    async def greet(self) -> None:
        """Connect, encrypt, log in and leave again. Raises TransportError where that does not work."""
        session = await self._relay.open()
        await session.quit()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        resting, self._resting = self._resting, []
        self._open -= len(resting)
        await asyncio.gather(*(session.quit() for session, _ in resting))

    async def send(self, message: Message) -> Receipt | None:
        """Send one message; None if the connection was lost when it may have been taken already.

        Raises TransportError if the relay takes no messages at all.
        """
        if not _writable(message.recipient):
            return Receipt(553, "5.1.3 the address has characters that no address has", Phase.RCPT, "5.1.3")
        if message.sender and not _writable(message.sender):
            raise ValueError(f"{message.sender!r} is no address")
        while True:
            session = await self._take()
            used = session.used
            try:
                receipt = await session.send(message)
            finally:
                self._give_back(session)
            # A relay may end a connection after any message; nothing of this one has been handed over.
            if not (used and receipt is not None and receipt.code == 421 and receipt.phase is Phase.MAIL):
                break
        if receipt is not None and _closes(receipt):
            raise TransportError(
                f"the relay {self._relay} takes no messages from {message.sender} ({receipt.code} {receipt.reply}): "
                "see mail.sender and the relay's log; what was not sent waits"
            )
        return receipt

    async def _take(self) -> Session:
        """Give a connection that rests, a new one, or the next that is given back."""
        while True:
            while self._resting:
                session, since = self._resting.pop()
                if session.usable and self._clock() - since < _REST:
                    return session
                session.leave()
                self._open -= 1
            if self._open < self._limit:
                if opened := await self._opened():
                    return opened
                continue
            self._freed.clear()
            await self._freed.wait()
            if self._closed is not None:
                raise self._closed

    async def _opened(self) -> Session | None:
        """Open one more connection; None if the relay gives no more than it has given already."""
        self._open += 1
        self._closed = None
        try:
            return await self._relay.open()
        except BaseException as error:
            self._open -= 1
            self._freed.set()
            if not isinstance(error, UnreachableError):
                raise
            if self._open:
                self._change(self._open)
                return None
            self._closed = error
            raise

    def _give_back(self, session: Session) -> None:
        if session.crowded:
            self._change(self._limit - 1)
        elif self._limit < self._most and self._clock() - self._changed >= _RECOVERY:
            self._change(self._limit + 1)
        self._resting.append((session, self._clock()))
        while self._resting and (self._open > self._limit or not self._resting[-1][0].usable):
            self._resting.pop()[0].leave()
            self._open -= 1
        self._freed.set()

    def _change(self, limit: int) -> None:
        self._limit = max(1, limit)
        self._changed = self._clock()


def _writable(address: str) -> bool:
    return bool(address) and address.isprintable() and not set(address) & set(" <>")


def _closes(receipt: Receipt) -> bool:
    """Say whether a refusal concerns the sender, and not one recipient."""
    if receipt.code < 500:
        return False
    if receipt.phase is Phase.DATA:
        return receipt.status.startswith("5.7.") or bool(_POLICY.search(receipt.reply))
    return receipt.phase is Phase.MAIL
