"""An SMTP server that answers what it is told at any verb, hangs up at any byte, stalls, and keeps what it took."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import threading
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

#: Every place where an answer can be scripted: CONNECT is the greeting, and BODY is the final dot.
VERBS = ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BODY", "RSET", "NOOP", "QUIT")
EXTENSIONS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE 10485760")


@dataclass(frozen=True)
class Answer:
    """What is said at one verb, and what happens then."""

    #: Lines without their last CRLF; nothing is said where it is empty.
    say: bytes = b""
    then: Literal["go on", "close", "abort", "stall"] = "go on"
    #: At BODY: whether the message counts as taken; as the code says if None.
    take: bool | None = None


DROP = Answer(then="abort")
STALL = Answer(then="stall")
TAKE_AND_DROP = Answer(then="abort", take=True)
TAKE_AND_STALL = Answer(then="stall", take=True)

_DEFAULTS = {"CONNECT": b"220 relay.example ESMTP", "DATA": b"354 go on", "STARTTLS": b"220 go on", "QUIT": b"221 bye"}


@dataclass(frozen=True)
class Taken:
    """One message that was taken: the envelope, and the bytes without dot-stuffing."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes


@dataclass(kw_only=True)
class ScriptedServer:
    """Listens on loopback while its context lasts, in a thread of its own.

    `script` has answers that are given in order, by verb; then every answer is the good one. `decide` comes first where
    it is given: it is called with the verb and its line, and returns an answer, or None to leave it to the script.
    """

    script: dict[str, Sequence[Answer | str]] = field(default_factory=dict)
    decide: Callable[[str, str], Answer | None] | None = None
    extensions: tuple[str, ...] = EXTENSIONS
    tls: ssl.SSLContext | None = None
    #: TLS from the first byte on; by STARTTLS otherwise.
    implicit: bool = False
    users: dict[str, str] = field(default_factory=dict)
    #: For each connection in order: after how many bytes from the client it is cut; None is never.
    drops: Sequence[int | None] = ()
    #: How many connections may be open at once.
    at_most: int | None = None
    #: Take lines that end with LF or CR alone for lines, as some servers do.
    lenient: bool = False
    port: int = 0

    taken: list[Taken] = field(default_factory=list)
    #: Number of the connection, and the line.
    lines: list[tuple[int, str]] = field(default_factory=list)
    #: What came in with one read, before the body.
    chunks: list[bytes] = field(default_factory=list)
    #: Who logged in, and whether over TLS.
    logins: list[tuple[str, bool]] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    #: The most that were open at once.
    most: int = 0

    def __enter__(self) -> Self:
        self.answers: dict[str, deque[Answer | str]] = defaultdict(
            deque, {verb: deque(each) for verb, each in self.script.items()}
        )
        self._cuts = deque(self.drops)
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    @property
    def recipients(self) -> Counter[str]:
        """Count the messages taken, by recipient."""
        return Counter(recipient for taken in list(self.taken) for recipient in taken.recipients)

    def verbs(self) -> list[str]:
        """Give the verbs that came in, in order."""
        return [line.partition(" ")[0].upper() for _, line in list(self.lines)]

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(
            self._accept, "127.0.0.1", self.port, ssl=self.tls if self.implicit else None, limit=2**16
        )
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._end.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._talk(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most = max(self.most, self.open)
        talk = _Conversation(self, self.connections, reader, writer, self._cuts.popleft() if self._cuts else None)
        try:
            with contextlib.suppress(_End, OSError):
                await talk.run()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        finally:
            writer.transport.abort()
            self.open -= 1

    def answer(self, verb: str, line: str = "", good: bytes = b"250 2.0.0 ok") -> Answer:
        """Say what comes next at a verb."""
        if self.decide and (decided := self.decide(verb, line)):
            return decided
        if self.answers[verb]:
            scripted = self.answers[verb].popleft()
            return scripted if isinstance(scripted, Answer) else Answer(scripted.encode())
        return Answer(_DEFAULTS.get(verb, good))


class _End(Exception):  # noqa: N818 # it is no error
    """The conversation is over."""


class _Conversation:
    """One connection."""

    def __init__(
        self,
        server: ScriptedServer,
        number: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        cut: int | None,
    ) -> None:
        self._server = server
        self._number = number
        self._reader = reader
        self._writer = writer
        self._left = cut
        self._unread = b""
        self._encrypted = server.implicit
        self._sender: str | None = None
        self._recipients: list[str] = []

    async def run(self) -> None:
        if self._server.at_most is not None and self._server.open > self._server.at_most:
            await self._say(Answer(b"421 4.7.0 too many connections", "close"))
        await self._say(self._server.answer("CONNECT"))
        while True:
            line = (await self._until(rb"\r?\n")).decode()
            self._server.lines.append((self._number, line))
            verb, _, argument = line.partition(" ")
            handle = getattr(self, f"_{verb.lower()}", None)
            if verb.upper() not in VERBS:
                await self._say(Answer(b"500 5.5.2 what?"))
            elif handle is not None:
                await handle(argument)
            else:
                await self._say(self._server.answer(verb.upper(), argument))
            if verb.upper() == "QUIT":
                raise _End

    async def _ehlo(self, argument: str) -> None:
        offers = ["relay.example", *self._server.extensions]
        if self._server.tls and not self._encrypted:
            offers.append("STARTTLS")
        if self._server.users:
            offers.append("AUTH PLAIN LOGIN")
        good = b"\r\n".join(b"250-" + offer.encode() for offer in offers[:-1]) + b"\r\n250 " + offers[-1].encode()
        self._reset()
        await self._say(self._server.answer("EHLO", argument, good if len(offers) > 1 else good.strip()))

    async def _starttls(self, argument: str) -> None:
        answer = self._server.answer("STARTTLS", argument)
        await self._say(answer)
        if answer.say.startswith(b"220") and self._server.tls:
            self._unread = b""
            await self._writer.start_tls(self._server.tls)
            self._encrypted = True

    async def _auth(self, argument: str) -> None:
        mechanism, _, initial = argument.partition(" ")
        if mechanism.upper() == "PLAIN":
            _, user, password = base64.b64decode(initial).decode().split("\0")
        else:
            user, password = [base64.b64decode(initial).decode(), ""]
            await self._say(Answer(b"334 UGFzc3dvcmQ6"))
            password = base64.b64decode(await self._until(rb"\r\n")).decode()
        right = self._server.users.get(user) == password
        self._server.logins.append((user, self._encrypted))
        good = b"235 2.7.0 welcome" if right else b"535 5.7.8 wrong name or password"
        await self._say(self._server.answer("AUTH", argument, good))

    async def _mail(self, argument: str) -> None:
        answer = self._server.answer("MAIL", argument)
        if self._sender is not None:
            answer = Answer(b"503 5.5.1 nested MAIL")
        if answer.say.startswith(b"2"):
            self._sender = _address(argument)
        await self._say(answer)

    async def _rcpt(self, argument: str) -> None:
        answer = self._server.answer("RCPT", argument)
        if self._sender is None:
            answer = Answer(b"503 5.5.1 MAIL first")
        if answer.say.startswith(b"2"):
            self._recipients.append(_address(argument))
        await self._say(answer)

    async def _data(self, argument: str) -> None:
        if not self._recipients:
            # What is scripted is for a message that has got as far as this.
            return await self._say(Answer(b"554 5.5.1 no valid recipients"))
        answer = self._server.answer("DATA", argument)
        await self._say(answer)
        if not answer.say.startswith(b"354"):
            return None
        self._unread = b"\r\n" + self._unread
        data = await self._until(rb"\r?\n\.\r?\n|\r\.\r" if self._server.lenient else rb"\r\n\.\r\n")
        content = re.sub(rb"(\r\n)\.", rb"\1", data)[2:] + b"\r\n"
        answer = self._server.answer("BODY")
        if answer.take if answer.take is not None else answer.say.startswith(b"2"):
            self._server.taken.append(Taken(self._sender or "", tuple(self._recipients), content))
        self._reset()
        return await self._say(answer)

    async def _rset(self, argument: str) -> None:
        self._reset()
        await self._say(self._server.answer("RSET", argument))

    def _reset(self) -> None:
        self._sender, self._recipients = None, []

    async def _say(self, answer: Answer) -> None:
        if answer.say:
            self._writer.write(answer.say + b"\r\n")
            await self._writer.drain()
        if answer.then == "stall":
            await self._server._end.wait()
        if answer.then == "abort":
            self._writer.transport.abort()
        if answer.then != "go on":
            raise _End

    async def _until(self, end: bytes) -> bytes:
        """Give what comes before the next end, and read over that."""
        searched = 0
        while not (found := re.compile(end).search(self._unread, max(0, searched - 8))):
            searched = len(self._unread)
            if self._left == 0:
                self._writer.transport.abort()
                raise _End
            chunk = await self._reader.read(2**16 if self._left is None else self._left)
            if not chunk:
                raise _End
            if self._left is not None:
                self._left -= len(chunk)
            self._server.chunks.append(chunk)
            self._unread += chunk
        before, self._unread = self._unread[: found.start()], self._unread[found.end() :]
        return before


def _address(argument: str) -> str:
    return argument[argument.index("<") + 1 : argument.rindex(">")]
