"""`publish serve`, as the process that it is for months."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from typing import TYPE_CHECKING

import httpx2
import pytest

from publisher.mail.tokens import load_signer
from tests.cli.conftest import start

if TYPE_CHECKING:
    from tests.cli.conftest import Publish

#: Longer than anything here takes, in seconds.
PATIENCE = 30


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_serves_and_ends_cleanly(publish: Publish, number: signal.Signals) -> None:
    with start(publish.folder, "serve", "--port", "0") as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            found = re.fullmatch(r"Serving https://news\.example\.org/ on (http://127\.0\.0\.1:\d+/)\n", line)
            assert found, line
            token = load_signer(publish.folder / "var" / "secret").token("unsubscribe", 1, "world")
            # The connection stays open, and is not waited for.
            with httpx2.Client() as client:
                assert client.get(f"{found[1]}u/{token}").status_code == 200
                process.send_signal(number)
                assert process.wait(PATIENCE) == 0
            assert process.stderr
            assert process.stderr.read() == ""
        finally:
            process.kill()


@pytest.mark.parametrize("quiet", [[], ["--quiet"]], ids=["told", "quiet"])
def test_a_signal_ends_it_and_is_handled_as_before_from_then_on(publish: Publish, quiet: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def end() -> None:
        with httpx2.Client(transport=httpx2.HTTPTransport(retries=9)) as client:
            client.get(f"http://127.0.0.1:{port}/")
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    ending = threading.Thread(target=end)
    ending.start()
    outcome = publish("serve", "--port", str(port), *quiet)
    ending.join(PATIENCE)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == ("" if quiet else f"Serving https://news.example.org/ on http://127.0.0.1:{port}/\n")
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_port_that_somebody_has_is_said_in_one_sentence(publish: Publish) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = publish("serve", "--port", str(port))
    assert outcome.code == 3
    assert outcome.is_one_sentence()
    assert outcome.err.startswith(f"publish: 127.0.0.1, port {port}, cannot be listened on (Address already in use")


@pytest.mark.parametrize("host", ["192.0.2.1", "::2", "no.such.host.invalid", "two..dots"])
def test_an_address_that_is_not_ours_is_said_in_one_sentence(publish: Publish, host: str) -> None:
    outcome = publish("serve", "--host", host, "--port", "0")
    assert outcome.code == 3
    assert outcome.is_one_sentence()
    assert "cannot be listened on" in outcome.err


def test_a_port_that_is_none_is_wrong_usage(publish: Publish) -> None:
    assert publish("serve", "--port", "70000").code == 2


def test_pages_that_are_broken_are_told_before_anybody_sees_them(publish: Publish) -> None:
    path = publish.folder / "templates" / "site" / "consent.html"
    path.parent.mkdir(parents=True)
    path.write_text("{{ nonsense }}", "utf-8")
    outcome = publish("serve", "--port", "0")
    assert outcome.code == 3
    assert outcome.is_one_sentence()
    assert "consent.html, line 1" in outcome.err
