"""The server: one socket, bounds on what clients may take, and an end when it is told to."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from publisher.model.errors import PublisherError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from starlette.types import ASGIApp

#: Of connections that are open at once; more are told to come again.
MOST_CONNECTIONS = 256
#: Of connections that wait to be taken.
_BACKLOG = 512
#: Of the lines and fields before a body, in bytes.
_MOST_HEAD = 16 * 1024
#: For one connection, however many requests it carries.
CONNECTION_SECONDS = 60.0
#: For requests under way when the end has come.
_LAST_SECONDS = 5


def listen(host: str, port: int) -> socket.socket:
    """Open the socket. Raises PublisherError where that cannot be had."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PublisherError(
            f"{host}, port {port}, cannot be listened on ({reason}): end the program that has it, or choose another "
            "with --port, or with port in [web]"
        ) from error


def address_of(listening: socket.socket) -> str:
    """Say where a socket is reached."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def make(app: ASGIApp, *, ended: Callable[[], bool] = lambda: False) -> uvicorn.Server:
    """Make the server of an application; `run` it with a socket, in the main thread to have it end by signals.

    Several times a second `ended` is asked whether there is another reason to end.
    """
    return _Server(
        uvicorn.Config(
            app,
            loop="asyncio",
            http=_BoundedConnection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="warning",
            # It would have readers' links in it.
            access_log=False,
            server_header=False,
            # Whoever a proxy on this machine speaks for; nobody else is believed.
            proxy_headers=True,
            forwarded_allow_ips=["127.0.0.1", "::1"],
            limit_concurrency=MOST_CONNECTIONS,
            h11_max_incomplete_event_size=_MOST_HEAD,
            timeout_graceful_shutdown=_LAST_SECONDS,
        ),
        ended,
    )


def run(app: ASGIApp, listening: socket.socket, *, ended: Callable[[], bool] = lambda: False) -> None:
    """Serve until SIGTERM or SIGINT, or until `ended`; requests under way are answered before this returns."""
    # uvicorn ends on a signal, and then raises it once more for whoever handled it before.
    before: dict[int, Any] = {
        number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        make(app, ended=ended).run([listening])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Server(uvicorn.Server):
    """A server that ends for other reasons, too."""

    def __init__(self, config: uvicorn.Config, ended: Callable[[], bool]) -> None:
        super().__init__(config)
        self._ended = ended

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._ended()


class _BoundedConnection(H11Protocol):
    """A connection that ends by itself: uvicorn waits without end for a client that never finishes its request."""

    _end: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._end = self.loop.call_later(CONNECTION_SECONDS, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end.cancel()
        super().connection_lost(exc)
