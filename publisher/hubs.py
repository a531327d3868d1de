"""Tells WebSub hubs over HTTP that a feed changed; whatever they do, an answer comes of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Self

import httpx2

from publisher.kit.text import one_line
from publisher.model.ping import BUSY, Answer

if TYPE_CHECKING:
    from collections.abc import Callable

#: Bytes of an answer that are read, so that its connection can serve the next request.
_READ = 64 * 1024
#: Characters of what is kept of an answer.
_SHOWN = 200
#: Whatever the network, the hub or the environment (proxies, certificates) can make httpx2 raise: a host whose
#: labels are wrong gives a ValueError, a proxy for which a library is missing an ImportError.
_TROUBLES = (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, ImportError)
#: A connection that was kept alive may have been closed by then, which shows only when it is used.
_STALE = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)


class Hubs:
    """The way to the hubs, for use in a `with` block and by several threads at once."""

    def __init__(
        self,
        *,
        connect: float = 3.0,
        read: float = 5.0,
        total: float = 10.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take time-outs in seconds: of connecting, of each silence, and of reading the whole answer."""
        self._timeout = httpx2.Timeout(read, connect=connect)
        self._total = total
        self._clock = clock
        self._client: httpx2.Client | None = None
        #: Why there is no client.
        self._trouble = "closed"
        #: The hubs to which a connection may have been kept.
        self._met: set[str] = set()

    def __enter__(self) -> Self:
        try:
            self._client = httpx2.Client(
                timeout=self._timeout,
                # Compressed, 64 KB could be anything.
                headers={"User-Agent": "publisher", "Accept": "*/*", "Accept-Encoding": "identity"},
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            )
        except _TROUBLES as error:
            self._trouble = _reason(error)
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def tell(self, hub: str, topic: str) -> Answer:
        """Tell a hub that a topic changed; no answer, for whatever reason, is an answer, too."""
        if self._client is None:
            return Answer(None, self._trouble)
        try:
            try:
                return self._tell(self._client, hub, topic)
            except _STALE:
                if hub not in self._met:
                    raise
                self._met.discard(hub)
                return self._tell(self._client, hub, topic)
        except _TROUBLES as error:
            return Answer(None, _reason(error))

    def _tell(self, client: httpx2.Client, hub: str, topic: str) -> Answer:
        # WebSub leaves the form to the hubs: PubSubHubbub 0.4 section 7.1 has hub.url, and some read hub.topic alone.
        form = {"hub.mode": "publish", "hub.topic": topic, "hub.url": topic}
        give_up = time.monotonic() + self._total
        body = b""
        # A redirect is an answer, and not followed: subscribers read the old address in the feeds, too.
        with client.stream("POST", hub, data=form) as response:
            for piece in response.iter_raw():
                body += piece
                if len(body) >= _READ or time.monotonic() > give_up:
                    break
        self._met.add(hub)
        return Answer(response.status_code, _said(response, body), self._wait(response))

    def _wait(self, response: httpx2.Response) -> timedelta:
        """Read Retry-After (RFC 9110 section 10.2.3): seconds or a date; what is neither asks for nothing."""
        value = response.headers.get("Retry-After", "").strip()
        if response.status_code not in BUSY or not value:
            return timedelta()
        try:
            if value.isascii() and value.isdecimal():
                return timedelta(seconds=int(value[:9]))
            # A date without a zone is in UTC, as is every one in HTTP.
            until = parsedate_to_datetime(value)
            return (until if until.tzinfo else until.replace(tzinfo=UTC)) - self._clock()
        except (ValueError, OverflowError):
            return timedelta()


def _said(response: httpx2.Response, body: bytes) -> str:
    """Put an answer into one line: hubs give their reasons as plain text, and web servers pages of HTML."""
    said = f"{response.status_code} {response.reason_phrase}"
    if response.next_request is not None:
        return _shown(f"{said}: {response.next_request.url}")
    plain = response.headers.get("Content-Type", "").lower().startswith("text/plain")
    return _shown(f"{said}: {body[:1000].decode('utf-8', 'replace')}" if plain and body.strip() else said)


def _reason(error: Exception) -> str:
    return _shown(str(error)) or type(error).__name__


def _shown(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
