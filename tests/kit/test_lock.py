"""One process at a time, with a second process that is one."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

import pytest

from publisher.kit.lock import holding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HOLDER = """
import sys
from pathlib import Path
from publisher.kit.lock import holding

with holding(Path(sys.argv[1]), busy=sys.exit):
    print("held", flush=True)
    sys.stdin.read()
"""


def _never(pid: str) -> None:
    pytest.fail(f"process {pid} holds the lock")


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


@contextmanager
def _another_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until its standard input ends."""
    command = [sys.executable, "-c", _HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert _pipe(process.stdout).readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_the_second_is_told_who_has_the_lock_and_waits_for_it(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    path.write_text("the process before them, whose name was longer\n")
    told = []
    with _another_process(path) as first:

        def let_the_first_go(pid: str) -> None:
            told.append(pid)
            _pipe(first.stdin).close()

        with holding(path, busy=let_the_first_go):
            assert first.wait() == 0
            assert path.read_text() == f"{os.getpid()}\n"
        assert told == [str(first.pid)]


def test_the_second_may_give_up_and_the_first_still_has_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"

    def give_up(pid: str) -> None:
        raise LookupError(pid)

    with _another_process(path) as first:
        for _ in range(2):
            with pytest.raises(LookupError, match=str(first.pid)), holding(path, busy=give_up):
                pytest.fail("two hold the lock")


def test_the_lock_goes_with_its_process_however_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    with _another_process(path) as first:
        first.kill()
        first.wait()
        with holding(path, busy=_never):
            pass


def test_the_lock_is_free_after_the_block_even_if_it_fails(tmp_path: Path) -> None:
    path = tmp_path / "var" / "run.lock"
    with pytest.raises(LookupError), holding(path, busy=_never):
        raise LookupError
    with holding(path, busy=_never):
        pass


def test_a_holder_who_has_not_signed_yet_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    told = []
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)

        def let_go(pid: str) -> None:
            told.append(pid)
            fcntl.flock(file, fcntl.LOCK_UN)

        with holding(path, busy=let_go):
            assert told == ["unknown"]
