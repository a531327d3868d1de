"""`publish serve`, as the process that it is for months."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx2
import pytest

from publisher.mail.tokens import load_signer
from tests.cli.conftest import AT_NOON, start
from tests.mail.scripted import Answer, ScriptedServer

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

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


@contextmanager
def serving(publish: Publish, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `publish serve --schedule`; gives the process and where it answers."""
    with start(publish.folder, "serve", "--schedule", "--port", "0", *words) as process:
        try:
            assert process.stdout
            found = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
            assert found
            yield process, found[0]
        finally:
            process.kill()


def scheduler_of(publish: Publish) -> int:
    """Wait for the scheduler to have its lock; gives its process."""
    lock = publish.folder / "var" / "scheduler.lock"
    end = time.monotonic() + PATIENCE
    while not (lock.exists() and lock.read_text("ascii").endswith("\n")):
        assert time.monotonic() < end, "there is no scheduler"
        time.sleep(0.05)
    return int(lock.read_text("ascii"))


def is_gone(pid: int) -> bool:
    """Whether a process ends that is nobody's child here, or has ended."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def answers_no_more(url: str) -> bool:
    """Whether a server stops answering."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            httpx2.get(url)
        except httpx2.TransportError:
            return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_with_the_scheduler_pages_answer_during_a_run_and_a_signal_lets_it_finish(
    publish: Publish, number: signal.Signals
) -> None:
    publish.post("A1")
    under_way, go_on = threading.Event(), threading.Event()

    def hold(verb: str, _line: str) -> Answer | None:
        if verb == "BODY":
            under_way.set()
            assert go_on.wait(PATIENCE)
        return None

    with ScriptedServer(decide=hold) as relay:
        publish.configure('transport = "outbox"', 'transport = "smtp"')
        publish.configure(
            "[store]", f'[mail.smtp]\nhost = "127.0.0.1"\nport = {relay.port}\nsecurity = "none"\n\n[store]'
        )
        with serving(publish, *AT_NOON) as (process, url):
            assert under_way.wait(PATIENCE)
            pid = scheduler_of(publish)
            assert pid != process.pid
            token = load_signer(publish.folder / "var" / "secret").token("unsubscribe", 1, "world")
            assert httpx2.get(f"{url}u/{token}").status_code == 200
            second = publish("schedule")
            assert second.code == 3
            assert f"another scheduler runs already, as process {pid}" in second.err
            process.send_signal(number)
            assert answers_no_more(f"{url}u/{token}")
            assert process.poll() is None
            go_on.set()
            assert process.wait(PATIENCE) == 0
            assert process.stderr
            complaints = process.stderr.read()
            assert "what was under way is finished" in complaints
            assert "ERROR" not in complaints
            assert is_gone(pid)
        assert relay.recipients == {"desk@news.example.org": 1}
    (edition,) = publish("editions", "list", "--json").json
    assert edition["state"] == "finished"


def test_a_scheduler_that_cannot_run_ends_the_server_with_its_exit_code(publish: Publish) -> None:
    with start(publish.folder, "schedule") as other:
        try:
            pid = scheduler_of(publish)
            with start(publish.folder, "serve", "--schedule", "--port", "0") as process:
                try:
                    assert process.wait(PATIENCE) == 3
                    assert process.stderr
                    said = [line for line in process.stderr if line.startswith("publish: ")]
                finally:
                    process.kill()
        finally:
            other.kill()
    assert said == [
        f"publish: another scheduler runs already, as process {pid}: stop that one first\n",
        "publish: the scheduler has ended with exit code 3, and the server with it\n",
    ]


def test_a_scheduler_that_was_killed_ends_the_server(publish: Publish) -> None:
    with serving(publish) as (process, _):
        os.kill(scheduler_of(publish), signal.SIGKILL)
        assert process.wait(PATIENCE) == 128 + signal.SIGKILL


def test_a_scheduler_whose_server_was_killed_ends_too(publish: Publish) -> None:
    with serving(publish) as (process, _):
        pid = scheduler_of(publish)
        process.kill()
        assert is_gone(pid)


def test_a_port_that_is_taken_starts_no_scheduler(publish: Publish) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        outcome = publish("serve", "--schedule", "--port", str(taken.getsockname()[1]))
    assert outcome.code == 3
    assert not (publish.folder / "var" / "scheduler.lock").exists()


def test_pages_that_are_broken_end_the_scheduler_as_well(publish: Publish) -> None:
    path = publish.folder / "templates" / "site" / "consent.html"
    path.parent.mkdir(parents=True)
    path.write_text("{{ nonsense }}", "utf-8")
    with start(publish.folder, "serve", "--schedule", "--port", "0") as process:
        try:
            assert process.wait(PATIENCE) == 3
            assert process.stderr
            assert "consent.html, line 1" in process.stderr.read()
        finally:
            process.kill()


@contextmanager
def forked(publish: Publish, monkeypatch: pytest.MonkeyPatch, *words: str) -> Iterator[int]:
    """Let a process that is started here stand for the one that the server would fork from all the tests."""
    with start(publish.folder, *words) as process:
        try:
            monkeypatch.setattr(os, "fork", lambda: process.pid)
            yield process.pid
        finally:
            process.kill()


def test_a_signal_to_the_server_is_passed_on_and_what_it_was_before_comes_back(
    publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def end() -> None:
        scheduler_of(publish)
        # Until it answers, a signal would end the tests.
        with httpx2.Client(transport=httpx2.HTTPTransport(retries=9)) as client:
            client.get(f"http://127.0.0.1:{port}/")
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    ending = threading.Thread(target=end)
    with forked(publish, monkeypatch, "schedule") as pid:
        ending.start()
        outcome = publish("serve", "--schedule", "--port", str(port))
        ending.join(PATIENCE)
        assert (outcome.code, outcome.err) == (0, "")
        assert is_gone(pid)
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_ends_with_an_error_beside_the_server_ends_it(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    with forked(publish, monkeypatch, "schedule", "--next", "0"):
        outcome = publish("serve", "--schedule", "--port", "0")
    assert outcome.code == 2
    assert outcome.is_one_sentence()
    assert outcome.err == "publish: the scheduler has ended with exit code 2, and the server with it\n"
