"""What every request has to pass before a page sees it, and what every answer carries."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
#: Of a body, in bytes: forms here have a few hundred.
MOST_BYTES = 16 * 1024
#: For a whole body to arrive.
BODY_SECONDS = 10.0
#: Of a path: tokens have some sixty characters.
_MOST_PATH = 1024
_CONTENT_POLICY = "default-src 'none'; style-src '{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True)
class Guard:
    """Answers for one host only, reads no more than a form, and lets no page be kept, framed or scripted."""

    app: ASGIApp
    #: The site's, in lower case; loopback is always another.
    host: str
    #: The one style sheet that pages have, as a policy names it: `sha256-…`.
    style: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(
                    _HEADERS | {"Content-Security-Policy": _CONTENT_POLICY.format(style=self.style)}
                )
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send_guarded)
        else:
            await self.app(scope, _bounded(receive), send_guarded)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        if _host(Headers(scope=scope).get("host", "")) not in {self.host, *_LOOPBACK}:
            # Whoever makes a browser ask in another site's name gets nothing (RFC 9110 section 15.5.20).
            return PlainTextResponse("This server does not answer for that host.\n", 421)
        if len(scope["path"]) > _MOST_PATH:
            return PlainTextResponse("That address is too long.\n", 414)
        return None


def _host(header: str) -> str:
    """Give the name in a Host field, without its port; empty if there is none."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def _bounded(receive: Receive) -> Receive:
    """Read a body that is short and comes soon. Raises HTTPException, which becomes the answer."""
    size = 0
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS

    async def receive_some() -> Message:
        nonlocal size
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408) from None
        size += len(message.get("body", b""))
        if size > MOST_BYTES:
            raise HTTPException(413)
        return message

    return receive_some
