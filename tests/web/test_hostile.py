"""Requests that no browser sends: every one is answered or ended, none is believed, and the next reader is served."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from typing import TYPE_CHECKING

import pytest

from publisher.model.subscriber import Consent
from publisher.web import guard, server
from publisher.web.guard import MOST_BYTES

if TYPE_CHECKING:
    from tests.web.conftest import Served


@pytest.mark.parametrize(
    "host",
    ["news.example.org", "NEWS.example.org:8443", "localhost", "localhost:9", "127.0.0.1", "[::1]", "[::1]:8000"],
)
def test_it_answers_for_the_site_and_for_loopback(served: Served, host: str) -> None:
    link = served.link("unsubscribe", served.reader())
    assert served.client.get(link, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "news.example.org.evil.example",
        "xnews.example.org",
        "news.example.org@evil.example",
        "[",
        "",
        "10.0.0.1",
    ],
)
def test_it_answers_for_no_other_host(served: Served, host: str) -> None:
    reader = served.reader()
    answer = served.client.post(served.link("unsubscribe", reader), headers={"Host": host})
    assert answer.status_code == 421
    assert served.consent(reader) is Consent.CONFIRMED


def test_a_request_that_names_no_host_or_two_is_refused(served: Served) -> None:
    link = served.link("unsubscribe", served.reader()).encode()
    assert served.raw(b"GET " + link + b" HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 421 ")
    assert served.raw(b"GET " + link + b" HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    two = b"GET " + link + b" HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"
    assert served.raw(two).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "UNSUBSCRIBE"])
def test_no_other_method_acts(served: Served, method: str) -> None:
    reader = served.reader()
    answer = served.client.request(method, served.link("unsubscribe", reader))
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert served.consent(reader) is Consent.CONFIRMED


@pytest.mark.parametrize("purpose", ["unsubscribe", "preferences"])
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
def test_a_huge_body_is_not_read_to_its_end(served: Served, purpose: str, *, declared: bool) -> None:
    reader = served.reader()
    kind = "Content-Type: application/x-www-form-urlencoded"
    head = f"POST {served.link(purpose, reader)} HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n"
    if declared:
        request = f"{head}Content-Length: {10**12}\r\n\r\n".encode() + b"x" * (MOST_BYTES + 1)
    else:
        request = f"{head}Transfer-Encoding: chunked\r\n\r\n{MOST_BYTES + 1:x}\r\n".encode() + b"x" * (MOST_BYTES + 1)
    assert served.raw(request).startswith(b"HTTP/1.1 413 ")
    assert served.consent(reader) is Consent.CONFIRMED


def test_a_form_of_many_parts_or_of_files_is_refused(served: Served) -> None:
    link = served.link("preferences", served.reader())
    fields = "&".join(f"digest={number}" for number in range(1000))
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    many = served.client.post(link, content=fields, headers=kind)
    assert many.status_code == 400
    assert served.client.post(link, files={"language": ("en.txt", b"en")}).status_code == 400
    broken = {"Content-Type": "multipart/form-data; boundary=b"}
    assert served.client.post(link, content=b"--b\r\nnonsense", headers=broken).status_code == 400
    assert served.client.post(link, content=b"{}", headers={"Content-Type": "application/json"}).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/u/../../var/secret",
        "/u/..%2f..%2fvar%2fsecret",
        "/var/secret",
        "/assets/site.css",
        "//evil.example/u/x",
        "/u/%00",
        "/u/%ff%fe",
        "/u/x;y?z=1",
    ],
)
def test_there_is_nothing_but_the_links(served: Served, path: str) -> None:
    answer = served.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert served.signer.secret.encode() not in answer


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /u/\0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /u/x HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
        b"GET /u/x HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n",
        b"POST /u/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST /u/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200 + b"\r\n\r\n",
        b"GET /u/" + b"x" * 100_000 + b" HTTP/1.1\r\n",
        b"GET /u/x HTTP/1.1\r\nHost: localhost\r\n"
        + b"".join(b"X-%d: y\r\n" % number for number in range(50_000))
        + b"\r\n",
    ],
    ids=["NUL in the path", "NUL in a field", "no name", "two lengths", "no length", "TLS", "long line", "many fields"],
)
def test_what_is_no_http_is_refused_and_the_connection_ended(served: Served, request_: bytes) -> None:
    answer = served.raw(request_)
    assert answer.startswith(b"HTTP/1.1 400 ") or answer == b""
    assert served.client.get(served.link("unsubscribe", 1)).status_code == 200


def test_a_path_is_no_longer_than_a_link(served: Served) -> None:
    assert served.client.get("/u/" + "x" * 2000).status_code == 414


def test_a_body_that_comes_too_slowly_is_not_waited_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.2)
    reader = served.reader()
    head = f"POST {served.link('unsubscribe', reader)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 26\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.port), 10) as slow:
        slow.sendall(head.encode() + b"List-Unsubscribe=")
        assert slow.recv(1024).startswith(b"HTTP/1.1 408 ")
    assert served.consent(reader) is Consent.CONFIRMED


def test_a_request_that_never_ends_is_cut_off(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CONNECTION_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", served.port), 10) as slow:
        slow.sendall(b"GET /u/x HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        with contextlib.suppress(ConnectionResetError):
            assert slow.recv(1024) == b""


def test_more_connections_than_there_may_be_are_told_to_come_again(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ones = [socket.create_connection(("127.0.0.1", served.port), 10) for _ in range(server.MOST_CONNECTIONS)]
    assert served.raw(b"GET /u/x HTTP/1.1\r\nHost: localhost\r\n\r\n").startswith(b"HTTP/1.1 503 ")
    for connection in open_ones:
        connection.close()
    deadline = time.monotonic() + 10
    while served.client.get(served.link("unsubscribe", 1)).status_code != 200:
        assert time.monotonic() < deadline


def test_a_client_that_leaves_in_the_middle_is_no_error(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    reader = served.reader()
    head = f"POST {served.link('preferences', reader)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n"
    with socket.create_connection(("127.0.0.1", served.port), 10) as leaving:
        leaving.sendall(head.encode() + b"Content-Type: application/x-www-form-urlencoded\r\n\r\nlang")
    assert served.client.get(served.link("preferences", reader)).status_code == 200
    assert "Traceback" not in caplog.text
    assert served.consent(reader) is Consent.CONFIRMED


@pytest.mark.parametrize(
    ("method", "path", "host"),
    [
        ("GET", "ours", "localhost"),
        ("POST", "ours", "localhost"),
        ("GET", "/", "localhost"),
        ("GET", "/", "evil.example"),
        ("PUT", "ours", "localhost"),
    ],
)
def test_no_answer_is_kept_framed_scripted_or_told_on(served: Served, method: str, path: str, host: str) -> None:
    link = served.link("unsubscribe", served.reader()) if path == "ours" else path
    headers = served.client.request(method, link, headers={"Host": host}).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers


def test_what_readers_and_editors_write_is_never_markup(served: Served) -> None:
    reader = served.reader(digest="<script>alert(1)</script>")
    page = served.client.get(served.link("unsubscribe", reader, "<script>alert(1)</script>")).text
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_only_requests_are_served(served: Served) -> None:
    """A lifespan, or a socket of another kind, is none."""
    made = guard.Guard(None, host="", style="")  # type: ignore[arg-type] # it is never asked

    async def never(*_: object) -> None:
        raise AssertionError

    asyncio.run(made({"type": "lifespan"}, never, never))  # type: ignore[arg-type] # as above
