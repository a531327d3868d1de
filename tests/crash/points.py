"""Moments at which a run can be killed: before and after every commit, rename, fsync and SMTP verb, each with a name.

They are put in from outside, into what the program calls, so that a commit which is added tomorrow has its points, too.
"""

from __future__ import annotations

import asyncio
import builtins
import io
import os
import signal
import sys
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from tests.crash.power import Folder

#: Of a name, what stands before its last colon; the rest says where in the program it is.
_OWN = "publisher."
#: Everything is called through these: they say nothing about the place.
#: What the harness itself writes is no part of the run.
_NOTES = "tests.crash.power"
_PASSED_OVER = ("publisher.store.database", "publisher.kit.")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """When a run kills itself: at the passing of a number in all, or of a point by its name; else never."""

    name: str = ""
    number: int = 0


class Points:
    """Counts the passings of the process that made it, and kills it when the plan says so."""

    def __init__(self, plan: Plan, last_words: int) -> None:
        self.counts: Counter[str] = Counter()
        self._plan = plan
        #: Where the name of the point is written that it is killed at.
        self._last_words = last_words
        self._process = os.getpid()
        self._lock = threading.Lock()

    def passing(self, name: str) -> None:
        """Pass a point."""
        if os.getpid() != self._process:
            # A child that renders a body: it goes with the run, and has no points.
            return
        with self._lock:
            self.counts[name] += 1
            seen = self.counts[name] if self._plan.name else self.counts.total()
            if self._plan.number == seen and self._plan.name in {"", name}:
                os.write(self._last_words, name.encode())
                os.kill(self._process, signal.SIGKILL)
                # Nothing is done any more, whichever thread the signal finds first.
                threading.Event().wait()


def where() -> str:
    """Name the function of the program that this happens in; nothing if it is none of its."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module == _NOTES:
            return ""
        if module.startswith(_OWN) and not module.startswith(_PASSED_OVER):
            return f"{module.removeprefix(_OWN)}.{frame.f_code.co_name}"
        frame = frame.f_back
    return ""


def install(points: Points, folder: Folder | None = None) -> None:
    """Put the points into this process; `folder` is told what is renamed and synced, for a power cut."""
    _files(points, folder)
    _commits(points)
    _verbs(points)


def _files(points: Points, folder: Folder | None) -> None:
    for name in ("fsync", "replace", "rename", "link", "unlink"):
        setattr(os, name, _between(points, name, getattr(os, name), getattr(folder, name, None)))
    opened = io.open

    def opening(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        found = opened(file, mode, *rest, **named)
        place = where() if set(mode) & set("wax+") and not isinstance(file, int) else ""
        if place:
            if folder is not None:
                folder.opened(found.fileno())
            # What it was is gone, and what is to be is not there yet.
            points.passing(f"open:after:{place}")
        return found

    builtins.open = io.open = opening


def _between(
    points: Points, kind: str, act: Callable[..., Any], told: Callable[..., None] | None
) -> Callable[..., Any]:
    def acting(*parts: Any, **named: Any) -> Any:
        place = where()
        if not place:
            return act(*parts, **named)
        points.passing(f"{kind}:before:{place}")
        if told:
            told(*parts)
        done = act(*parts, **named)
        points.passing(f"{kind}:after:{place}")
        return done

    return acting


def _commits(points: Points) -> None:
    from sqlalchemy.engine.default import DefaultDialect

    commit: Any = DefaultDialect.do_commit
    # Few; kept, so that no other gets the number of one that is closed.
    known: dict[int, tuple[Any, int]] = {}

    def committing(self: Any, connection: Any) -> None:
        driver = getattr(connection, "driver_connection", None) or connection
        changes = driver.total_changes
        if changes == known.get(id(driver), (driver, 0))[1]:
            # Nothing was written: that is the end of reading.
            commit(self, connection)
            return
        place = where()
        points.passing(f"commit:before:{place}")
        commit(self, connection)
        known[id(driver)] = (driver, changes)
        points.passing(f"commit:after:{place}")

    DefaultDialect.do_commit = committing  # type: ignore[method-assign]


def _verbs(points: Points) -> None:
    import aiosmtplib

    from publisher.mail.smtp_opening import Relay
    from publisher.mail.smtp_session import Session

    write, reply = Session._write, Session._reply

    def writing(self: Session, data: bytes | memoryview) -> None:
        for name, piece in _pieces(bytes(data)):
            points.passing(f"smtp:before:{name}")
            write(self, piece)
            points.passing(f"smtp:after:{name}")

    async def replied(self: Session, seconds: float) -> Any:
        said = await reply(self, seconds)
        points.passing(f"reply:after:{self._phase.value}")
        return said

    Session._write = writing  # type: ignore[method-assign]
    Session._reply = replied  # type: ignore[method-assign]
    Relay.open = _around(points, "CONNECT", Relay.open)  # type: ignore[method-assign]
    aiosmtplib.SMTP.ehlo = _around(points, "EHLO", aiosmtplib.SMTP.ehlo)  # type: ignore[method-assign]


def _pieces(data: bytes) -> list[tuple[str, bytes]]:
    """Take apart what is written at once, so that it can end between two verbs and before and within the final dot."""
    if data.endswith(b"\r\n.\r\n"):
        half = (len(data) - 3) // 2
        return [
            ("body's end", data[:half]),
            ("body's end", data[half:-3]),
            ("dot", data[-3:-2]),
            ("dot's CRLF", data[-2:]),
        ]
    lines = data.splitlines(keepends=True)
    if all(line[:4] in {b"MAIL", b"RCPT", b"DATA", b"RSET", b"QUIT"} for line in lines):
        return [(line[:4].decode(), line) for line in lines]
    half = len(data) // 2
    return [("body", data[:half]), ("body", data[half:])]


def _around(points: Points, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
    async def acting(*parts: Any, **named: Any) -> Any:
        points.passing(f"smtp:before:{name}")
        done = await act(*parts, **named)
        points.passing(f"smtp:after:{name}")
        # Between two commands: the loop has its turn, as it has with a relay that is far away.
        await asyncio.sleep(0)
        return done

    return acting
