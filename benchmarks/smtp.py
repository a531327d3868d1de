"""How many messages of 70 KB a second `Smtp` hands to a relay that does nothing with them.

`python -m benchmarks.smtp` starts a sink in a process of its own, and prints messages a second by the number of
connections, with the sender's CPU time for each message.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from typing import TYPE_CHECKING

from publisher.mail.smtp import Smtp
from publisher.model.mail import Message

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

CONNECTIONS = (1, 8, 16)
_MESSAGES = 10_000
_DATA = b"Subject: x\r\n\r\n" + b"A line of an edition that is as long as lines of it are, in base64.\r\n" * 1024
_OFFERS = b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"


class Sink(asyncio.Protocol):
    """Answers as fast as it can, and forgets."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._tail = b""
        self._in_body = False
        transport.write(b"220 sink.example\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer."""
        if self._in_body:
            self._tail = (self._tail + data)[-5:]
            if self._tail == b"\r\n.\r\n":
                self._in_body, self._tail = False, b""
                self._transport.write(b"250 2.0.0 ok\r\n")
            return
        *lines, self._tail = (self._tail + data).split(b"\r\n")
        for line in lines:
            self._in_body = line == b"DATA"
            self._transport.write(
                _OFFERS if line.startswith(b"EHLO") else b"354 go on\r\n" if self._in_body else b"250 ok\r\n"
            )


def serve(told: Connection) -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def send(port: int, connections: int) -> None:
    message = Message(
        delivery_id=1, edition_id="x", sender="digest@news.example.org", recipient="reader@example.org", data=_DATA
    )
    async with Smtp("127.0.0.1", port, security="none", connections=connections, hostname="sender.example") as smtp:

        async def work() -> None:
            for _ in range(_MESSAGES // connections):
                receipt = await smtp.send(message)
                assert receipt is not None
                assert receipt.code == 250

        await asyncio.gather(*(work() for _ in range(connections)))


def main() -> None:
    here, there = multiprocessing.Pipe()
    sink = multiprocessing.Process(target=serve, args=(there,), daemon=True)
    sink.start()
    try:
        port = here.recv()
        for connections in CONNECTIONS:
            wall, cpu = time.perf_counter(), time.process_time()
            asyncio.run(send(port, connections))
            rate = _MESSAGES / (time.perf_counter() - wall)
            each = (time.process_time() - cpu) / _MESSAGES * 1e6
            print(f"{connections:3} connections {rate:8.0f} messages a second {each:6.0f} µs of CPU each")
    finally:
        sink.terminate()
        sink.join()


if __name__ == "__main__":
    main()
