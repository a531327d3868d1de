"""Ping hubs: what the ledger says is due is told to the hubs, and what became of it goes into the ledger."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from publisher.jobs.ports import silent
from publisher.model.ping import Answer, Ping, after
from publisher.store import pings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator
    from datetime import datetime

    from publisher.jobs.ports import Progress
    from publisher.store.database import Database

#: As many pings as one run looks at, and as many as are written down together: so many a crash may repeat.
_MOST = 10_000
_BATCH = 50
#: Hubs that are asked at the same time.
_AT_ONCE = 4
#: As much of a run's time no request is begun in any more: the last answers come in it.
_GRACE = 0.25
#: A ping as it was due, as it is to be tried again, and the answer that made it so.
_Outcome: TypeAlias = tuple[Ping, Ping | None, Answer]
_TOO_LATE = Answer(None, "nothing came in time")


class Tell(Protocol):
    """A way to hubs."""

    def __call__(self, hub: str, topic: str) -> Answer:
        """Tell a hub that a topic changed. Called in several threads at once, for one hub in one of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pinged:
    """What one run told hubs."""

    told: int
    #: What no hub has been told yet, due or not.
    waiting: int
    #: A sentence for each hub that was not told.
    troubles: tuple[str, ...]


def ping_hubs(
    database: Database,
    tell: Tell,
    *,
    hubs: Collection[str],
    clock: Callable[[], datetime],
    limit_seconds: float = 20.0,
    progress: Progress = silent,
) -> Pinged:
    """Tell the hubs what is due by the clock, the real one, in so many seconds; the rest stays due.

    Hubs raise nothing here. Raises StoreError.
    """
    with database.begin() as connection:
        pings.forget_hubs(connection, hubs)
        due = pings.due(connection, clock(), _MOST)
    outcomes: list[_Outcome] = []
    try:
        with contextlib.closing(_Calls(tell, due, limit_seconds).answers()) as answers:
            for ping, answer in answers:
                outcomes.append((ping, after(ping, answer, now=clock()), answer))
                progress("telling hubs", len(outcomes), len(due))
                if len(outcomes) % _BATCH == 0:
                    _write(database, outcomes[-_BATCH:])
    finally:
        _write(database, outcomes[len(outcomes) // _BATCH * _BATCH :])
    with database.read() as connection:
        waiting = pings.waiting(connection)
    told = sum(answer.ok for _, _, answer in outcomes)
    return Pinged(told=told, waiting=waiting, troubles=_troubles(outcomes))


class _Calls:
    """Calls to several hubs at a time, each in a thread of its own, to one hub one after the other.

    The threads are not waited for when time is up: a resolver or a hub that never ends keeps nobody.
    """

    def __init__(self, tell: Tell, due: list[Ping], seconds: float) -> None:
        self._tell = tell
        self._hubs: dict[str, list[Ping]] = defaultdict(list)
        for ping in due:
            self._hubs[ping.hub].append(ping)
        self._turn = threading.Semaphore(_AT_ONCE)
        #: None for a hub that is done with.
        self._answers: queue.SimpleQueue[tuple[Ping, Answer] | None] = queue.SimpleQueue()
        #: What each hub is being told, by hub.
        self._asked: dict[str, Ping] = {}
        self._end = time.monotonic() + seconds
        self._last_call = self._end - seconds * _GRACE

    def answers(self) -> Generator[tuple[Ping, Answer]]:
        """Give the answers as they come."""
        for group in self._hubs.values():
            threading.Thread(target=self._ask, args=(group,), daemon=True).start()
        open_hubs = len(self._hubs)
        try:
            while open_hubs:
                told = self._answers.get(timeout=max(0.0, self._end - time.monotonic()))
                if told is None:
                    open_hubs -= 1
                else:
                    yield told
        except queue.Empty:
            for ping in list(self._asked.values()):
                yield ping, _TOO_LATE
        finally:
            self._last_call = 0.0

    def _ask(self, group: list[Ping]) -> None:
        with self._turn:
            answer: Answer | None = None
            for ping in group:
                # A hub that is closed would say the same of the next topic.
                if answer is None or not answer.closed:
                    if time.monotonic() > self._last_call:
                        break
                    answer = self._call(ping)
                self._answers.put((ping, answer))
                self._asked.pop(ping.hub, None)
        self._answers.put(None)

    def _call(self, ping: Ping) -> Answer:
        self._asked[ping.hub] = ping
        try:
            return self._tell(ping.hub, ping.topic)
        except Exception as error:  # noqa: BLE001 (the wall behind which one hub's trouble stays with that hub)
            return Answer(None, f"{type(error).__name__}: {error}")


def _write(database: Database, outcomes: list[_Outcome]) -> None:
    if outcomes:
        with database.begin() as connection:
            pings.settle(connection, [(before, later) for before, later, _ in outcomes])


def _troubles(outcomes: list[_Outcome]) -> tuple[str, ...]:
    refused: dict[str, list[_Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if not outcome[2].ok:
            refused[outcome[0].hub].append(outcome)
    return tuple(_trouble(hub, refused[hub]) for hub in sorted(refused))


def _trouble(hub: str, refused: list[_Outcome]) -> str:
    answer = refused[-1][2]
    again = [later for _, later, _ in refused if later is not None]
    rest = []
    if again:
        rest.append(f"{_feeds(len(again))} waiting, next try at {min(ping.due for ping in again):%H:%M %Z}")
    if len(again) < len(refused):
        rest.append(f"{_feeds(len(refused) - len(again))} given up")
    said = f"did not answer ({answer.reply})" if answer.status is None else f"answered {answer.reply}"
    return f"the hub {hub} {said}: {', '.join(rest)}"


def _feeds(count: int) -> str:
    return "1 feed" if count == 1 else f"{count} feeds"
