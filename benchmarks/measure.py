"""A program runs as a whole process: how long, how much of the processors, how much memory."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Bytes in the unit in which the system counts `ru_maxrss`.
_MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024
#: Between two looks at the memory of a program and its children, in seconds.
_LOOK_EVERY = 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What one process took, or the best of several."""

    #: Seconds by the clock on the wall.
    wall: float
    #: Seconds of all processors, in the program and in the system, those of its children included.
    cpu: float
    #: The most memory that it, or the largest of its children, had at once, in bytes.
    memory: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """The most that a program and its children held at once, in bytes; a page that several share counts once."""

    total: int
    #: The largest child's part of that, and how many children there were at once.
    child: int
    children: int


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


def watch(command: Sequence[str], folder: Path) -> Memory | None:
    """Run a program to its end, and look at its memory all the time; None where the system does not tell.

    Not for timing: the looks take time, too.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    most = Memory(total=0, child=0, children=0)
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            children = [size for pid in _below(process.pid) if (size := _share_of(pid))]
            most = Memory(
                total=max(most.total, _share_of(process.pid) + sum(children)),
                child=max(most.child, *children, 0),
                children=max(most.children, len(children)),
            )
            time.sleep(_LOOK_EVERY)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    return most


def _below(pid: int) -> list[int]:
    """Name the children of a process, and theirs."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()):
            found += [child, *_below(child)]
    return found


def _share_of(pid: int) -> int:
    """Give the memory of a process; of a page that several share, its share. Nothing if the process is gone."""
    with contextlib.suppress(OSError):
        counted = re.search(r"^Pss: +(\d+) kB$", Path(f"/proc/{pid}/smaps_rollup").read_text("ascii"), re.MULTILINE)
        return int(counted[1]) * 1024 if counted else 0
    return 0


def best(usages: Iterable[Usage]) -> Usage:
    """Take the least of each: whatever else a machine does only ever adds."""
    usages = list(usages)
    return Usage(
        wall=min(usage.wall for usage in usages),
        cpu=min(usage.cpu for usage in usages),
        memory=min(usage.memory for usage in usages),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What importing a package takes, in microseconds."""

    package: str
    #: Of its own modules alone, and with everything that they are the first to import.
    own: int
    all_in_all: int


def imports(module: str, folder: Path) -> list[Imported]:
    """Import a module in a fresh process, and say what it takes: the module's own package first, then by cost.

    That it is the first to import a thing makes a package dear; another may want the same.
    """
    command = [sys.executable, "-X", "importtime", "-c", f"import {module}"]
    done = subprocess.run(command, cwd=folder, env=environment(), check=True, capture_output=True, text=True)
    lines = re.findall(r"^import time: +(\d+) \| +(\d+) \| ( *)(\S+)$", done.stderr, re.MULTILINE)
    own: Counter[str] = Counter()
    all_in_all: Counter[str] = Counter()
    within: list[str] = []
    # What is imported stands before what imports it: from the end, each line is within those that are less indented.
    for self_time, cumulative, indent, name in reversed(lines):
        package = name.partition(".")[0]
        del within[len(indent) // 2 :]
        own[package] += int(self_time)
        if package not in within:
            all_in_all[package] += int(cumulative)
        within.append(package)
    top = module.partition(".")[0]
    found = [Imported(package=name, own=own[name], all_in_all=total) for name, total in all_in_all.most_common()]
    return sorted(found, key=lambda each: each.package != top)
