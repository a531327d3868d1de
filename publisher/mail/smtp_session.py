"""One conversation with a relay (RFC 5321), from MAIL to the reply to the final dot, message after message."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.mail.stuffing import stuffed
from publisher.model.delivery import Phase, Receipt

if TYPE_CHECKING:
    from collections.abc import Container

    from publisher.model.mail import Message

#: Longer than any reply that a person would read.
_LONGEST_REPLY = 2**15
_LONGEST_TEXT = 1000
_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])([^\r\n]*))?\r?\n")
#: RFC 2034: at the beginning of the text, and of the same class as the code.
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")
_CROWDED = re.compile(r"too many [\w ]*(connections|sessions)|concurren|connection (rate|limit)", re.IGNORECASE)
_CROWDED_STATUS = frozenset({"4.3.2", "4.7.0"})
#: RFC 5321 section 3.8: the server closes the connection after this reply.
_CLOSING = 421
_GO_ON = 354
_RSET = b"RSET\r\n"
#: The body is written in pieces, and its end together with the final dot.
_PIECE = 2**17
_END = 512


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeouts:
    """Seconds that the relay is given in each phase: what RFC 5321 section 4.5.3.2 asks for."""

    #: To connect, and for the greeting.
    greeting: float = 300
    #: For EHLO, STARTTLS, AUTH, MAIL and RCPT.
    command: float = 300
    #: For the 354 to DATA.
    data: float = 120
    #: To take in a piece of the body.
    block: float = 180
    #: For the reply to the final dot.
    body: float = 600
    #: To say goodbye.
    quit: float = 5


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: its code, its lines as one text, and the enhanced status in it (RFC 3463) or nothing."""

    code: int
    text: str
    status: str = ""

    @property
    def crowded(self) -> bool:
        """Say whether fewer connections are wanted; a connection that has had enough messages is another matter."""
        if not 400 <= self.code < 500 or "too many messages" in self.text.lower():
            return False
        return self.code == _CLOSING or self.status in _CROWDED_STATUS or _CROWDED.search(self.text) is not None


def read_reply(buffer: bytearray) -> Reply | None:
    """Take the first reply out of what came in; None while it is not complete.

    Raises ConnectionError if it is no reply (RFC 5321 section 4.2.1): nothing that follows can be trusted.
    """
    lines: list[re.Match[bytes]] = []
    start = 0
    while end := buffer.find(b"\n", start) + 1:
        line = _LINE.fullmatch(bytes(buffer[start:end]))
        if line is None or line[1] != (lines or [line])[0][1]:
            raise ConnectionError(f"what the relay says is not SMTP: {_printable(bytes(buffer[start:end]))[:100]}")
        lines.append(line)
        start = end
        if line[2] != b"-":
            del buffer[:end]
            return _joined(int(line[1]), [_printable(each[3] or b"") for each in lines])
    if len(buffer) > _LONGEST_REPLY:
        raise ConnectionError("what the relay says has no end")
    return None


def _joined(code: int, texts: list[str]) -> Reply:
    found = _STATUS.match(texts[0])
    status = found[0] if found and found[0][0] == str(code)[0] else ""
    joined = " ".join([texts[0], *(text.removeprefix(status).strip() for text in texts[1:])])
    return Reply(code, joined.strip()[:_LONGEST_TEXT], status)


def _printable(text: bytes) -> str:
    # It is shown in terminals: no escape sequences.
    return "".join(c if c.isprintable() else " " for c in text.decode("utf-8", "replace")).strip()


class Session(asyncio.Protocol):
    """A connection that is ready for MAIL; it takes one message at a time."""

    def __init__(self, transport: asyncio.Transport, extensions: Container[str], timeouts: Timeouts) -> None:
        #: Whether a message was begun on it.
        self.used = False
        #: Whether the relay said during the last message that it wants fewer connections.
        self.crowded = False
        self._transport = transport
        self._extensions = extensions
        self._timeouts = timeouts
        self._phase = Phase.MAIL
        self._unread = bytearray()
        self._lost = False
        self._paused = False
        #: Whether a message was begun and not finished.
        self._dangling = False
        self._news: asyncio.Future[None] | None = None
        # What was written before the final dot has left the process when the dot follows.
        # (Not 0: asyncio's TLS would then pause with nothing to write, and never go on.)
        transport.set_write_buffer_limits(high=1)
        transport.set_protocol(self)

    @property
    def usable(self) -> bool:
        """Say whether another message may be begun; a relay that speaks unasked has said goodbye."""
        return not (self._gone or self._unread)

    @property
    def _gone(self) -> bool:
        return self._lost or self._transport.is_closing()

    async def send(self, message: Message) -> Receipt | None:
        """Send one message; None if it was lost after the final dot, and 421 and the phase if before.

        Cancelled before the final dot, it hangs up: the relay has nothing.
        """
        body = stuffed(message.data, message.pieces)
        self.crowded = False
        self._phase = Phase.MAIL
        try:
            return await self._envelope(message) or await self._body(body)
        except OSError as error:
            self._transport.abort()
            if self._phase is Phase.BODY:
                return None
            return Receipt(_CLOSING, str(error) or "the relay did not answer in time", self._phase)
        except BaseException:
            self._transport.abort()
            raise
        finally:
            self.used = True

    async def _envelope(self, message: Message) -> Receipt | None:
        """Get as far as 354, or say what was refused."""
        international = not (message.data.isascii() and message.sender.isascii() and message.recipient.isascii())
        if international and "smtputf8" not in self._extensions:
            return Receipt(550, "5.6.7 the relay takes no international addresses", Phase.RCPT, "5.6.7")
        commands = [
            (Phase.MAIL, f"MAIL FROM:<{message.sender}>{self._options(message, international)}\r\n".encode()),
            (Phase.RCPT, f"RCPT TO:<{message.recipient}>\r\n".encode()),
            (Phase.DATA, b"DATA\r\n"),
        ]
        if self._dangling:
            commands.insert(0, (Phase.MAIL, _RSET))
        self._dangling = True
        if "pipelining" not in self._extensions:
            return await self._one_by_one(commands)
        return await self._pipelined(commands)

    def _options(self, message: Message, international: bool) -> str:
        size = f" SIZE={len(message.data)}" if "size" in self._extensions else ""
        eight_bit = " BODY=8BITMIME" if "8bitmime" in self._extensions else ""
        return size + (f" SMTPUTF8{eight_bit}" if international else "")

    async def _one_by_one(self, commands: list[tuple[Phase, bytes]]) -> Receipt | None:
        for phase, line in commands:
            self._write(line)
            if refused := await self._refusal(phase, line):
                return refused
        return None

    async def _pipelined(self, commands: list[tuple[Phase, bytes]]) -> Receipt | None:
        """Write all of them at once, and read all replies, to be in step with the relay (RFC 2920)."""
        self._write(b"".join(line for _, line in commands))
        first = None
        for phase, line in commands:
            refused = await self._refusal(phase, line)
            first = first or refused
            if first and self._gone:
                return first
        if first and not refused:
            # It waits for a message that nobody is to get.
            self._transport.abort()
        return first

    async def _refusal(self, phase: Phase, line: bytes) -> Receipt | None:
        self._phase = phase
        reply = await self._reply(self._timeouts.data if phase is Phase.DATA else self._timeouts.command)
        good = reply.code == _GO_ON if phase is Phase.DATA else 200 <= reply.code < 300
        if not good and (reply.code < 400 or line is _RSET):
            raise ConnectionError(f"the relay is out of step: {reply.code} {reply.text}")
        return None if good else Receipt(reply.code, reply.text, phase, reply.status)

    async def _body(self, body: bytes) -> Receipt | None:
        end = max(0, len(body) - _END)
        view = memoryview(body)
        for start in range(0, end, _PIECE):
            self._write(view[start : min(start + _PIECE, end)])
            async with asyncio.timeout(self._timeouts.block):
                while self._paused and not self._unread:
                    await self._something()
        # The last moment to hear that the relay has gone, or of a cancellation.
        await asyncio.sleep(0)
        if self._unread:
            return await self._interruption()
        if self._gone:
            raise ConnectionResetError("the relay closed the connection")
        self._phase = Phase.BODY
        self._write(body[end:] + b".\r\n")
        reply = await self._reply(self._timeouts.body)
        if 300 <= reply.code < 400:
            raise ConnectionError("neither taken nor refused")
        self._dangling = False
        return Receipt(reply.code, reply.text, Phase.BODY, reply.status)

    async def _interruption(self) -> Receipt:
        """Take a reply that came before the end: a refusal holds, and anything else is out of step."""
        reply = await self._reply(self._timeouts.block)
        self._transport.abort()
        if reply.code < 400:
            raise ConnectionError(f"the relay is out of step: {reply.code} {reply.text}")
        return Receipt(reply.code, reply.text, Phase.DATA, reply.status)

    async def quit(self) -> None:
        """Say goodbye."""
        with contextlib.suppress(OSError):
            async with asyncio.timeout(self._timeouts.quit):
                self._write(b"QUIT\r\n")
                await self._reply(self._timeouts.quit)
                self._transport.close()
                while not self._lost:
                    await self._something()
        self._transport.abort()

    def leave(self) -> None:
        """Say goodbye without waiting for the answer."""
        if self.usable:
            self._write(b"QUIT\r\n")
        self._transport.close()

    async def _reply(self, seconds: float) -> Reply:
        async with asyncio.timeout(seconds):
            while (reply := read_reply(self._unread)) is None:
                await self._something()
        self.crowded = self.crowded or reply.crowded
        if reply.code == _CLOSING:
            self._transport.close()
        return reply

    async def _something(self) -> None:
        """Wait until something comes in, or all that was written is out."""
        if self._lost:
            raise ConnectionResetError("the relay closed the connection")
        self._news = asyncio.get_running_loop().create_future()
        await self._news

    def _write(self, data: bytes | memoryview) -> None:
        self._transport.write(data)

    def _notify(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Keep what the relay says."""
        self._unread += data
        self._notify()

    def connection_lost(self, _: Exception | None) -> None:
        """Remember that there is nobody any more."""
        self._lost = True
        self._notify()

    def pause_writing(self) -> None:
        """Remember that not all is out."""
        self._paused = True

    def resume_writing(self) -> None:
        """Go on: all is out."""
        self._paused = False
        self._notify()
