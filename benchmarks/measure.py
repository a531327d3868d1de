"""A program runs as a whole process: how long, how much of the processors, how much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

#: Bytes in the unit in which the system counts `ru_maxrss`.
_MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What one process took, or the best of several."""

    #: Seconds by the clock on the wall.
    wall: float
    #: Seconds of all processors, in the program and in the system.
    cpu: float
    #: The most memory it had at once, in bytes.
    memory: int


def environment() -> dict[str, str]:
    """Give the environment of a user's machine: with bytecode, and without our own settings of Python."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PUBLISHER_"))}


def run(command: Sequence[str], folder: Path) -> tuple[Usage, str]:
    """Run a program to its end in `folder`. Returns what it took and what it said.

    Raises CalledProcessError if it fails: the time of a failure would mean nothing.
    """
    # Into files, not pipes: nobody has to read them while the clock runs.
    with tempfile.TemporaryFile("w+") as said:
        started = time.perf_counter()
        with subprocess.Popen(
            command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        ) as process:
            _, status, taken = os.wait4(process.pid, 0)
            wall = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        output = said.read()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command), output)
    usage = Usage(wall=wall, cpu=taken.ru_utime + taken.ru_stime, memory=taken.ru_maxrss * _MAXRSS_BYTES)
    return usage, output


def best(usages: Iterable[Usage]) -> Usage:
    """Take the least of each: whatever else a machine does only ever adds."""
    usages = list(usages)
    return Usage(
        wall=min(usage.wall for usage in usages),
        cpu=min(usage.cpu for usage in usages),
        memory=min(usage.memory for usage in usages),
    )
