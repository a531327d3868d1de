"""A process that has everything imported, and forks a run for each order: `python -m tests.crash.zygote`.

Orders and answers are lines of JSON. One at a time; with one thread, so that the fork is clean.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import traceback
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.build import NOW
from tests.conftest import ROOT
from tests.crash import faults, points, power

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A run that takes longer has hung: in seconds.
LONGEST = 120.0


@dataclass(frozen=True, kw_only=True)
class Order:
    """One run, and how it ends."""

    #: The publication, and the folder for what is noted about the run.
    site: str
    notes: str
    #: How much later than now it is, in seconds.
    later: float = 0
    #: Killed at the passing of this number, in all or of the point with this name; 0 is never.
    name: str = ""
    number: int = 0
    #: Killed from outside after so many seconds.
    after: float | None = None
    #: Whether a power cut follows: what is synced is kept in `notes`.
    power: bool = False
    fault: str = ""
    #: Seconds that the relay gets for any answer.
    patience: float = 30


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What became of a run."""

    killed: bool
    #: The point at which it was killed; nothing if it was from outside.
    point: str = ""
    #: How often each point was passed, of a run that came to its end.
    counts: dict[str, int] | None = None
    #: Why it failed, if it did: its own words, or a traceback.
    trouble: str = ""
    seconds: float = 0


class Zygote:
    """The other end: gives orders to a process of its own."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.zygote"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        return self

    def __exit__(self, *_: object) -> None:
        # At the end of its orders it leaves.
        self._process.communicate(timeout=LONGEST)

    def run(self, order: Order) -> Ending:
        """Let a run happen."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        return Ending(**json.loads(self._process.stdout.readline()))


def main() -> None:
    """Take orders until there are no more."""
    _warm_up()
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        order = Order(**json.loads(line))
        sys.stdout.write(json.dumps(asdict(_run(order))) + "\n")
        sys.stdout.flush()


def _warm_up() -> None:
    """Import what a run imports, by a run that is no part of the campaign."""
    import tempfile

    import aiosmtplib  # noqa: F401

    from publisher.app import Publication
    from publisher.mail import smtp  # noqa: F401
    from tests.crash import site

    # Asking the system for the name of this machine may take long, and is not what is looked at.
    socket.getfqdn = lambda name="": "sender.example.org"
    with tempfile.TemporaryDirectory() as folder:
        made = site.prepare(Path(folder) / "site")
        with Publication(folder=made, settings=site.configure(made, transport="outbox"), now=NOW) as publication:
            assert not publication.run().failed


def _run(order: Order) -> Ending:
    notes = Path(order.notes)
    for name in ("point", "counts", "trouble"):
        (notes / name).unlink(missing_ok=True)
    began = datetime.now(UTC)
    process = os.fork()
    if process == 0:
        _child(order, notes)
    code = _wait_for(process, order.after)
    killed = code == -signal.SIGKILL
    counts = None if killed else _read(notes / "counts")
    trouble = _read(notes / "trouble") or ("" if code in {0, -signal.SIGKILL} else f"exit code {code}")
    return Ending(
        killed=killed,
        point=_read(notes / "point"),
        counts=json.loads(counts) if counts else None,
        trouble="" if killed else trouble,
        seconds=(datetime.now(UTC) - began).total_seconds(),
    )


def _wait_for(process: int, after: float | None) -> int:
    """Wait for the end of a process, or bring it about; returns its exit code, below 0 for a signal."""
    handle = os.pidfd_open(process)
    try:
        ended, _, _ = select.select([handle], [], [], LONGEST if after is None else after)
        if not ended:
            os.kill(process, signal.SIGKILL)
    finally:
        os.close(handle)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return -signal.SIGALRM if not ended and after is None else code


def _read(path: Path) -> str:
    with contextlib.suppress(FileNotFoundError):
        return path.read_text("utf-8", errors="replace")
    return ""


def _child(order: Order, notes: Path) -> None:
    code = 1
    try:
        output = os.open(notes / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(output, 1)
        os.dup2(output, 2)
        trouble = _publish(order, notes)
        if trouble:
            (notes / "trouble").write_text(trouble, "utf-8")
        code = 0
    except BaseException:  # noqa: BLE001 (what a run dies of is told)
        (notes / "trouble").write_text(traceback.format_exc(), "utf-8")
    finally:
        os._exit(code)


def _publish(order: Order, notes: Path) -> str:
    """Publish as `publish` does; gives what it says is wrong."""
    from publisher import config
    from publisher.app import Publication
    from publisher.mail.smtp_session import Timeouts

    site, later = Path(order.site), timedelta(seconds=order.later)
    passed = points.Points(
        points.Plan(name=order.name, number=order.number), os.open(notes / "point", os.O_WRONLY | os.O_CREAT, 0o644)
    )
    folder = None
    if order.power:
        shadow = power.Shadow(notes / "shadow", passed.passing)
        folder = power.Folder(site, notes / "shadow" / "notes")
    if order.fault:
        faults.FAULTS[order.fault]()
    for name in ("greeting", "command", "data", "block", "body"):
        _defaults(Timeouts.__init__)[name] = order.patience
    points.install(passed, folder)
    settings = config.load(site / "config/publisher.toml", {})
    with (
        Publication(folder=site, settings=settings, now=NOW, clock=lambda: datetime.now(UTC) + later) as publication,
        publication.running(waiting=lambda _process: None),
    ):
        report = publication.run()
    with contextlib.suppress(NameError):
        # It has to live as long as the database is open.
        del shadow
    (notes / "counts").write_text(json.dumps(passed.counts), "utf-8")
    return "; ".join([*report.troubles, *([report.delivered.trouble] if report.delivered.trouble else [])])


def _defaults(function: Any) -> dict[str, Any]:
    found: dict[str, Any] = function.__kwdefaults__
    return found


@contextlib.contextmanager
def zygotes(count: int) -> Iterator[list[Zygote]]:
    """Start some, which warm up at the same time."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Zygote()) for _ in range(count)]


if __name__ == "__main__":
    main()
