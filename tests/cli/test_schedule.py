"""`publish schedule`, as the process that it is for years."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import signal
import sys
import threading
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

import pytest

from publisher.kit.lock import holding
from tests.cli.conftest import start, tree

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Publish

#: Longer than anything here takes, in seconds.
PATIENCE = 30


class Process:
    """A process whose lines can be waited for."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: Queue[str] = Queue()
        self.heard: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.put(line)

    def says(self, text: str) -> str:
        """Wait for a line with this text."""
        try:
            while text not in (line := self.lines.get(timeout=PATIENCE)):
                self.heard.append(line)
        except Empty:
            pytest.fail(f"it never said {text!r}, but {''.join(self.heard)}")
        return line

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code


@contextlib.contextmanager
def running(folder: Path, *words: str) -> Iterator[Process]:
    with start(folder, *words) as process:
        heard = Process(process)
        try:
            yield heard
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(PATIENCE)
            heard._reader.join(PATIENCE)


def test_it_runs_at_once_picks_up_new_posts_refuses_a_second_and_ends_cleanly(publish: Publish) -> None:
    publish.configure('collect_every = "5m"', 'collect_every = "1s"')
    publish.post("A1")
    with running(publish.folder, "schedule") as first:
        first.says("1 posts seen, 1 new")
        publish.post("A2")
        first.says("2 posts seen, 1 new")
        publish.post("A3", title="")
        first.says("A3.md, line 1: has no title")
        second = publish("schedule")
        assert second.code == 3
        assert second.err.splitlines()[-1] == (
            f"publish: another scheduler runs already, as process {first.process.pid}: stop that one first"
        )
        (publish.folder / "posts").rename(publish.folder / "elsewhere")
        first.says("the posts folder")
        (publish.folder / "elsewhere").rename(publish.folder / "posts")
        first.says("3 posts seen, 0 new")
        assert first.stop() == 0
    assert "Title of A2" in (publish.folder / "output/feeds/all.rss").read_text("utf-8")


def test_a_second_run_waits_and_names_the_process_of_the_first(publish: Publish) -> None:
    publish.post("A1")
    with holding(publish.folder / "var" / "run.lock", busy=pytest.fail):
        waiting = running(publish.folder, "--now", "2024-11-10T12:00:00Z")
        second = waiting.__enter__()
        said = second.says("waiting")
        assert not (publish.folder / "output").exists()
    assert said == f"publish: waiting for another run to end, that of process {os.getpid()}\n"
    assert second.process.wait(PATIENCE) == 0
    waiting.__exit__(None, None, None)
    assert (publish.folder / "output/feeds/all.rss").is_file()


class Ending(logging.Handler):
    """Ends the scheduler once it has said something often enough."""

    def __init__(self, text: str, times: int) -> None:
        super().__init__(logging.INFO)
        self.text = text
        self.times = times
        self.said: list[str] = []
        self.ended = False

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())
        if not self.ended and sum(self.text in said for said in self.said) == self.times:
            self.ended = True
            signal.raise_signal(signal.SIGTERM)


@pytest.fixture
def ending() -> Iterator[Ending]:
    handler = Ending("posts seen", times=1)
    log = logging.getLogger("publisher")
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield handler
    log.removeHandler(handler)
    log.setLevel(level)


def test_each_run_is_logged_with_what_it_did_and_what_went_wrong(publish: Publish, ending: Ending) -> None:
    publish.post("A1")
    publish.post("A2", title="")
    (publish.folder / "var").mkdir()
    (publish.folder / "var/outbox").write_text("in the way")
    assert publish("schedule", "--now", "2024-11-10T12:00:00Z").code == 0
    assert any(said.startswith("A2.md, line 1: has no title") for said in ending.said)
    assert any("what was not sent waits" in said for said in ending.said)
    assert "2 posts seen, 1 new, 0 edited; 12 files written; 1 editions; 0 messages" in ending.said
    assert ending.said[-1] == "stopped"


class Interrupted(io.RawIOBase):
    """Standard error of a process that is told to end while it writes what it did."""

    def __init__(self) -> None:
        self.times = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if b"posts seen" in bytes(data):
            self.times += 1
            if self.times > 2:
                raise KeyboardInterrupt
            signal.raise_signal(signal.SIGTERM)
        return len(data)


def test_it_ends_although_it_is_told_in_the_middle_of_a_line(
    publish: Publish, monkeypatch: pytest.MonkeyPatch, ending: Ending
) -> None:
    publish.configure('collect_every = "5m"', 'collect_every = "1s"')
    ending.text = "no line has this"
    raw = Interrupted()
    stream = io.TextIOWrapper(io.BufferedWriter(raw), line_buffering=True)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(logging, "lastResort", None)
    log = logging.getLogger("publisher")
    handler = logging.StreamHandler(stream)
    log.addHandler(handler)
    try:
        assert publish("schedule").code == 0
    finally:
        log.removeHandler(handler)
    assert raw.times == 1


def test_a_run_that_fails_is_logged_and_the_scheduler_goes_on(publish: Publish, ending: Ending) -> None:
    publish.configure('collect_every = "5m"', 'collect_every = "1s"')
    (publish.folder / "posts").rmdir()
    ending.text, ending.times = "the posts folder", 2
    assert publish("schedule", "--quiet").code == 0


def test_the_next_slots_are_listed_and_nothing_is_run(publish: Publish) -> None:
    before = tree(publish.folder)
    moment = ("--now", "2024-11-10T12:00:00Z")
    found = publish("schedule", "--next", "2", "--json", *moment).json
    assert found == [
        {"slot": "2024-11-11", "at": "2024-11-11T07:00+07:00", "digest": "world"},
        {"slot": "2024-11-12", "at": "2024-11-12T07:00+07:00", "digest": "world"},
    ]
    assert "2024-11-11T07:00+07:00" in publish("schedule", "--next", "1", *moment).out
    assert tree(publish.folder) == before


def test_without_a_digest_there_are_no_slots(publish: Publish) -> None:
    text = (publish.folder / "config/publisher.toml").read_text("utf-8")
    publish.configure(text[text.index("[[digests]]") : text.index("[mail]")], "")
    assert publish("schedule", "--next", "3").out == "No digest is configured.\n"


def test_a_folder_that_cannot_be_written_is_one_sentence(publish: Publish) -> None:
    (publish.folder / "var").write_text("in the way")
    done = publish("schedule")
    assert (done.code, done.is_one_sentence()) == (3, True)
