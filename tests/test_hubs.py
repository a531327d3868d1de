"""Hubs over real connections on loopback: whatever they do, an answer comes of it, and nothing is raised."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from publisher.hubs import Hubs
from publisher.model.ping import Answer
from tests.build import NOW

if TYPE_CHECKING:
    from email.message import Message

FEED = "https://example.org/feeds/th/%E0%B8%82%E0%B9%88%E0%B8%B2%E0%B8%A7.xml?a=1&b=2"

#: What a hub writes, as it goes over the wire, or what it does instead.
Reply: TypeAlias = bytes | Callable[[BaseHTTPRequestHandler], None]


def reply(status: str, body: bytes = b"", **headers: str) -> bytes:
    """Make an answer; underscores in the names of headers stand for hyphens."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


TOLD = reply("204 No Content")


class HubServer(ThreadingHTTPServer):
    """A hub that records what it is told, and answers as the test has it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.replies: list[Reply] = []
        self.requests: list[tuple[str, Message, bytes]] = []
        self.connections = 0
        #: Set in the end: nobody has to wait for a hub that waits.
        self.over = threading.Event()

    @property
    def bodies(self) -> list[bytes]:
        return [body for _, _, body in self.requests]

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of those who hang up."""


class _Handler(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, self.headers, body))
        answer = self.server.replies.pop(0) if self.server.replies else TOLD
        if callable(answer):
            self.close_connection = True
            answer(self)
        else:
            self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving() -> Iterator[HubServer]:
    with HubServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.over.set()
        server.shutdown()


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def hubs() -> Iterator[Hubs]:
    with Hubs(clock=lambda: NOW) as hubs:
        yield hubs


def test_a_hub_is_told_of_a_topic_in_the_form_that_every_hub_knows(hub: HubServer, hubs: Hubs) -> None:
    assert hubs.tell(f"{hub.url}publish?key=1", FEED) == Answer(204, "204 No Content")
    ((path, headers, body),) = hub.requests
    encoded = (
        b"https%3A%2F%2Fexample.org%2Ffeeds%2Fth%2F%25E0%25B8%2582%25E0%25B9%2588%25E0%25B8%25B2%25E0%25B8%25A7.xml"
    )
    encoded += b"%3Fa%3D1%26b%3D2"
    assert path == "/publish?key=1"
    assert body == b"hub.mode=publish&hub.topic=" + encoded + b"&hub.url=" + encoded
    assert sorted((name.lower(), value) for name, value in headers.items()) == [
        ("accept", "*/*"),
        ("accept-encoding", "identity"),
        ("connection", "keep-alive"),
        ("content-length", str(len(body))),
        ("content-type", "application/x-www-form-urlencoded"),
        ("host", f"127.0.0.1:{hub.server_port}"),
        ("user-agent", "publisher"),
    ]


@pytest.mark.parametrize("status", ["200 OK", "202 Accepted", "204 No Content"])
def test_any_success_is_a_hub_that_was_told(hub: HubServer, hubs: Hubs, status: str) -> None:
    hub.replies = [reply(status)]
    assert hubs.tell(hub.url, FEED) == Answer(int(status[:3]), status)
    assert hubs.tell(hub.url, FEED).ok


def test_several_topics_share_one_connection(hub: HubServer, hubs: Hubs) -> None:
    hub.replies = [reply("200 OK", b"x" * 9000), reply("500 Oh", b"y" * 9000), TOLD]
    assert [hubs.tell(hub.url, FEED).status for _ in range(3)] == [200, 500, 204]
    assert hub.connections == 1


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (reply("500 Internal Server Error"), "500 Internal Server Error"),
        (reply("404 Not Found", b"<html>No!</html>", Content_Type="text/html"), "404 Not Found"),
        (
            reply("400 Bad Request", b"\xff hub.url:\r\n\x1b[31mis\x07 not ours\n", Content_Type="Text/Plain"),
            "400 Bad Request: \ufffd hub.url: [31mis not ours",
        ),
        (reply("400 Bad Request", b" \n", Content_Type="text/plain"), "400 Bad Request"),
        (reply("422 \x1b]0;title\x07"), "422 ]0;title"),
        (reply("302 Found", Location="/new"), "302 Found: http://HUB/new"),
        (
            reply("308 Permanent Redirect", Location="https://new.example.org/"),
            "308 Permanent Redirect: https://new.example.org/",
        ),
        (reply("302 Found"), "302 Found"),
        (reply("302 Found", Location="http://x:port/"), "302 Found"),
    ],
)
def test_a_refusal_says_why_in_one_line_that_is_fit_for_a_terminal(
    hub: HubServer, hubs: Hubs, raw: bytes, said: str
) -> None:
    hub.replies = [raw]
    answer = hubs.tell(hub.url, FEED)
    assert not answer.ok
    assert answer.reply == said.replace("HUB", hub.url.split("/")[2])
    assert len(hub.requests) == 1


def test_what_a_hub_says_is_cut_to_a_line(hub: HubServer, hubs: Hubs) -> None:
    hub.replies = [reply("400 Bad Request", b"no " * 5000, Content_Type="text/plain")]
    said = hubs.tell(hub.url, FEED).reply
    assert len(said) == 200
    assert said.startswith("400 Bad Request: no no ")
    assert said.endswith("…")


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        ("120", timedelta(minutes=2)),
        (" 0 ", timedelta()),
        pytest.param("9" * 5000, timedelta(seconds=999_999_999), id="for ever"),
        ("Sun, 10 Nov 2024 12:30:00 GMT", timedelta(minutes=30)),
        ("Sun, 10 Nov 2024 12:30:00 -0000", timedelta(minutes=30)),
        ("Sun, 10 Nov 2024 11:00:00 GMT", timedelta(hours=-1)),
        ("soon", timedelta()),
        ("-5", timedelta()),
        ("٣", timedelta()),
        ("Sun, 99 Nov 99999999999 12:30:00 GMT", timedelta()),
        ("", timedelta()),
    ],
)
@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_busy_hub_says_when_it_wants_to_be_asked_again(
    hub: HubServer, hubs: Hubs, status: str, retry_after: str, wait: timedelta
) -> None:
    hub.replies = [reply(status, Retry_After=retry_after)]
    answer = hubs.tell(hub.url, FEED)
    assert answer == Answer(int(status[:3]), status, wait)
    assert answer.closed


def test_no_other_answer_makes_anybody_wait(hub: HubServer, hubs: Hubs) -> None:
    hub.replies = [reply("500 Oh", Retry_After="120"), reply("503 Busy")]
    assert [hubs.tell(hub.url, FEED).wait for _ in range(2)] == [timedelta(), timedelta()]


def test_cookies_are_not_kept(hub: HubServer, hubs: Hubs) -> None:
    hub.replies = [reply("204 No Content", Set_Cookie="a=b; Path=/")]
    hubs.tell(hub.url, FEED)
    hubs.tell(hub.url, FEED)
    assert [headers["Cookie"] for _, headers, _ in hub.requests] == [None, None]


def cut(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def cut_in_the_body(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes.")


def garbage(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"220 mail.example.org ESMTP\r\n")


@pytest.mark.parametrize("act", [cut, cut_in_the_body, garbage])
def test_a_hub_that_does_not_answer_properly_does_not_answer(
    hub: HubServer, hubs: Hubs, act: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    hub.replies = [act]
    answer = hubs.tell(hub.url, FEED)
    assert answer.status is None
    assert answer.closed
    assert answer.reply
    assert len(hub.requests) == 1
    assert hubs.tell(hub.url, FEED).ok


def hang(handler: BaseHTTPRequestHandler) -> None:
    assert isinstance(handler.server, HubServer)
    handler.server.over.wait(5)


def test_a_hub_that_is_silent_for_too_long_does_not_answer(hub: HubServer) -> None:
    hub.replies = [hang]
    with Hubs(read=0.1) as hubs:
        answer = hubs.tell(hub.url, FEED)
    assert answer.status is None
    assert "timed out" in answer.reply


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    with contextlib.suppress(OSError):
        while True:
            handler.wfile.write(b"x" * 65536)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    assert isinstance(handler.server, HubServer)
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    with contextlib.suppress(OSError):
        for _ in range(500):
            handler.server.over.wait(0.02)
            handler.wfile.write(b"x")


@pytest.mark.parametrize("act", [endless, dripping])
def test_an_answer_without_end_is_not_read_to_its_end(
    hub: HubServer, act: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    hub.replies = [act]
    # Read to its end, the dripping one would take ten seconds.
    began = time.monotonic()
    with Hubs(total=0.2) as hubs:
        assert hubs.tell(hub.url, FEED) == Answer(200, "200 OK")
        assert hubs.tell(hub.url, FEED).ok
    assert time.monotonic() - began < 9


def test_a_connection_that_was_closed_in_the_meantime_is_made_anew(hub: HubServer, hubs: Hubs) -> None:
    hub.replies = [TOLD, cut, TOLD]
    assert [hubs.tell(hub.url, FEED).status for _ in range(2)] == [204, 204]
    assert hub.connections == 2
    hub.replies = [cut, cut]
    assert hubs.tell(hub.url, FEED).status is None
    assert len(hub.requests) == 5


def test_a_hub_that_is_not_there_does_not_answer(hubs: Hubs) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        answer = hubs.tell(f"http://127.0.0.1:{bound.getsockname()[1]}/", FEED)
    assert answer.status is None
    assert "refused" in answer.reply


@pytest.mark.parametrize(
    "url",
    [
        "http://hub.invalid/",
        "http://bücher.invalid/",
        "http://ศูนย์.invalid/",
        "http://☃.invalid/",
        "http://a..b.invalid/",
        f"http://{'a' * 70}.invalid/",
        "http://[::1",
        "http://127.0.0.1:x/",
        "http://127.0.0.1:0/",
        "http://\0/",
        "ftp://hub.invalid/",
        "hub",
        "",
    ],
)
def test_a_hub_that_cannot_be_reached_does_not_answer(hubs: Hubs, url: str) -> None:
    answer = hubs.tell(url, FEED)
    assert answer.status is None
    assert answer.reply
    assert answer.reply.isprintable()


def test_https_with_a_hub_that_speaks_http_is_no_answer(hub: HubServer, hubs: Hubs) -> None:
    answer = hubs.tell(hub.url.replace("http:", "https:"), FEED)
    assert answer.status is None
    assert "SSL" in answer.reply
    assert hub.requests == []


def test_a_trouble_without_words_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", refuse)
    with Hubs() as hubs:
        answer = hubs.tell("http://127.0.0.1:9/", FEED)
    assert answer.status is None
    assert answer.reply == "ConnectTimeout"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "nonsense://127.0.0.1"),
        ("ALL_PROXY", "socks5://127.0.0.1"),
        ("HTTP_PROXY", "http://[::1"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
    ],
)
def test_an_environment_that_is_wrong_fails_nobody(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with Hubs() as hubs:
        answer = hubs.tell("http://hub.invalid/", FEED)
    assert answer.status is None
    assert answer.reply


def test_a_proxy_of_the_environment_is_used(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", hub.url)
    with Hubs() as hubs:
        assert hubs.tell("http://bücher.invalid/x", FEED).ok
    assert [path for path, _, _ in hub.requests] == ["http://xn--bcher-kva.invalid/x"]


def test_outside_its_block_no_hub_answers(hub: HubServer) -> None:
    hubs = Hubs()
    assert hubs.tell(hub.url, FEED).status is None
    with hubs:
        assert hubs.tell(hub.url, FEED).ok
    assert hubs.tell(hub.url, FEED).status is None
    assert len(hub.requests) == 1
