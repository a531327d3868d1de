"""Hubs are told exactly what changed, once; those that fail wait for a later run, and fail nothing else."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from publisher.hubs import Hubs
from publisher.jobs.ping_hubs import Pinged, ping_hubs
from publisher.model.errors import StoreError
from publisher.model.ping import GIVE_UP, Answer
from publisher.store import pings
from tests.build import NOW
from tests.test_hubs import reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler

    from publisher.model.ping import Ping
    from publisher.store.database import Database

A, B = "https://a.example.org/", "https://b.example.org/"
ONE, TWO, THREE = (f"https://example.org/{name}.xml" for name in ("one", "two", "three"))
TOLD = Answer(204, "204 No Content")
SILENT = Answer(None, "Connection refused")


class FakeHubs:
    """Hubs that answer as the test has it, and remember what they were told."""

    def __init__(self, **answers: Answer | list[Answer]) -> None:
        #: By the name of the hub: what it always answers, or answers in turn.
        self.answers = answers
        self.told: list[tuple[str, str]] = []

    def __call__(self, hub: str, topic: str) -> Answer:
        self.told.append((hub, topic))
        answer = self.answers.get(hub.split("//")[1][0], TOLD)
        return answer.pop(0) if isinstance(answer, list) else answer


def queue(database: Database, *topics: str, hubs: tuple[str, ...] = (A,), now: datetime = NOW) -> None:
    with database.begin() as connection:
        pings.queue(connection, hubs, topics, now)


def run(database: Database, tell: Any, now: datetime = NOW, **options: Any) -> Pinged:
    return ping_hubs(database, tell, **{"hubs": (A, B), "clock": lambda: now, **options})


def waiting(database: Database) -> list[Ping]:
    with database.read() as connection:
        return pings.due(connection, datetime(9999, 1, 1, tzinfo=UTC), 1000)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def test_each_hub_is_told_of_exactly_the_topics_that_changed(sqlite: Database) -> None:
    queue(sqlite, TWO, ONE, hubs=(A, B))
    queue(sqlite, THREE, now=NOW + minutes(1))
    tell = FakeHubs()
    assert run(sqlite, tell) == Pinged(told=4, waiting=1, troubles=())
    assert sorted(tell.told) == [(A, ONE), (A, TWO), (B, ONE), (B, TWO)]
    assert run(sqlite, tell) == Pinged(told=0, waiting=1, troubles=())
    assert len(tell.told) == 4


def test_real_hubs_are_told_over_real_connections(database: Database) -> None:
    with serving() as good, serving() as bad, Hubs() as hubs:
        bad.replies = [reply("500 Oh"), reply("503 Busy", Retry_After="600")]
        both = (good.url, bad.url)
        queue(database, ONE, TWO, THREE, hubs=both)
        pinged = run(database, hubs.tell, hubs=both)
        trouble = f"the hub {bad.url} answered 503 Busy: 3 feeds waiting, next try at 12:01 UTC"
        assert pinged == Pinged(told=3, waiting=3, troubles=(trouble,))
        assert run(database, hubs.tell, NOW + minutes(10), hubs=both) == Pinged(told=3, waiting=0, troubles=())
        topics = [[parse_qs(body.decode())["hub.topic"][0] for body in hub.bodies] for hub in (good, bad)]
        assert topics == [[ONE, THREE, TWO], [ONE, THREE, ONE, THREE, TWO]]
        assert (good.connections, bad.connections) == (1, 1)


def test_nothing_due_is_nothing_done(sqlite: Database) -> None:
    tell = FakeHubs()
    assert run(sqlite, tell) == Pinged(told=0, waiting=0, troubles=())
    assert tell.told == []


def test_a_hub_that_refuses_one_topic_is_told_of_the_next(sqlite: Database) -> None:
    queue(sqlite, ONE, TWO, THREE)
    pinged = run(sqlite, FakeHubs(a=[Answer(404, "404 Not Found"), TOLD, TOLD]))
    trouble = f"the hub {A} answered 404 Not Found: 1 feed waiting, next try at 12:01 UTC"
    assert pinged == Pinged(told=2, waiting=1, troubles=(trouble,))
    (ping,) = waiting(sqlite)
    assert (ping.topic, ping.attempts, ping.reply) == (ONE, 1, "404 Not Found")


def test_a_hub_that_does_not_answer_is_not_asked_again_and_the_others_are_told(sqlite: Database) -> None:
    queue(sqlite, ONE, TWO, THREE, hubs=(A, B))
    tell = FakeHubs(a=SILENT)
    trouble = f"the hub {A} did not answer (Connection refused): 3 feeds waiting, next try at 12:01 UTC"
    assert run(sqlite, tell) == Pinged(told=3, waiting=3, troubles=(trouble,))
    assert Counter(hub for hub, _ in tell.told) == {A: 1, B: 3}
    assert {(ping.attempts, ping.due, ping.reply) for ping in waiting(sqlite)} == {
        (1, NOW + minutes(1), "Connection refused")
    }


def test_a_hub_that_is_busy_is_left_alone_for_as_long_as_it_asks(sqlite: Database) -> None:
    queue(sqlite, ONE, TWO)
    tell = FakeHubs(a=[Answer(429, "429 Too Many Requests", minutes(30)), TOLD, TOLD])
    (trouble,) = run(sqlite, tell).troubles
    assert trouble == f"the hub {A} answered 429 Too Many Requests: 2 feeds waiting, next try at 12:30 UTC"
    assert run(sqlite, tell, NOW + minutes(29)).told == 0
    assert run(sqlite, tell, NOW + minutes(30)).told == 2
    assert len(tell.told) == 3


def test_what_was_not_told_is_kept_for_later_runs_and_told_then(sqlite: Database) -> None:
    queue(sqlite, ONE)
    down, up = FakeHubs(a=SILENT), FakeHubs()
    for at in (0, 1, 6, 21, 81):
        assert run(sqlite, up if at == 81 else down, NOW + minutes(at - 0.01)).waiting == 1
        pinged = run(sqlite, up if at == 81 else down, NOW + minutes(at))
    assert pinged == Pinged(told=1, waiting=0, troubles=())
    assert down.told == [(A, ONE)] * 4
    assert up.told == [(A, ONE)]


def test_what_could_not_be_told_in_two_days_is_given_up(sqlite: Database) -> None:
    queue(sqlite, ONE)
    queue(sqlite, TWO, THREE, now=NOW - GIVE_UP)
    (trouble,) = run(sqlite, FakeHubs(a=SILENT)).troubles
    assert trouble == (
        f"the hub {A} did not answer (Connection refused): 1 feed waiting, next try at 12:01 UTC, 2 feeds given up"
    )
    assert [ping.topic for ping in waiting(sqlite)] == [ONE]
    pinged = run(sqlite, FakeHubs(a=SILENT), NOW + GIVE_UP)
    assert pinged.troubles == (f"the hub {A} did not answer (Connection refused): 1 feed given up",)
    assert waiting(sqlite) == []


def test_a_hub_that_is_no_longer_configured_is_told_nothing(sqlite: Database) -> None:
    queue(sqlite, ONE, hubs=(A, B))
    tell = FakeHubs()
    assert run(sqlite, tell, hubs=(B,)) == Pinged(told=1, waiting=0, troubles=())
    assert tell.told == [(B, ONE)]


def test_a_topic_that_changes_while_its_hub_is_told_is_told_again(sqlite: Database) -> None:
    queue(sqlite, ONE)
    tell = FakeHubs()

    def tell_slowly(hub: str, topic: str) -> Answer:
        queue(sqlite, ONE, now=NOW + minutes(1))
        return tell(hub, topic)

    assert run(sqlite, tell_slowly) == Pinged(told=1, waiting=1, troubles=())
    assert run(sqlite, tell, NOW + minutes(1)) == Pinged(told=1, waiting=0, troubles=())
    assert tell.told == [(A, ONE), (A, ONE)]


def test_a_client_that_breaks_is_a_hub_that_does_not_answer(sqlite: Database) -> None:
    def breaking(hub: str, topic: str) -> Answer:
        raise LookupError("a bug")

    queue(sqlite, ONE)
    (trouble,) = run(sqlite, breaking).troubles
    assert trouble == f"the hub {A} did not answer (LookupError: a bug): 1 feed waiting, next try at 12:01 UTC"


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """Set in the end, so that no thread of a test outlives it."""
    event = threading.Event()
    before = set(threading.enumerate())
    yield event
    event.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(5)


def test_several_hubs_are_told_at_a_time_but_not_all_and_each_of_one_thing_after_the_other(
    sqlite: Database, over: threading.Event
) -> None:
    hubs = [f"https://{number}.example.org/" for number in range(6)]
    queue(sqlite, ONE, TWO, hubs=tuple(hubs))
    lock, together = threading.Lock(), threading.Barrier(4)
    busy: Counter[str] = Counter()
    seen: list[tuple[int, int]] = []

    def tell(hub: str, topic: str) -> Answer:
        with lock:
            busy[hub] += 1
            seen.append((busy.total(), busy[hub]))
            first_four = len(seen) <= 4
        if first_four:
            together.wait(5)
        with lock:
            busy[hub] -= 1
        return TOLD

    assert run(sqlite, tell, hubs=hubs) == Pinged(told=12, waiting=0, troubles=())
    assert max(total for total, _ in seen) == 4
    assert {of_one for _, of_one in seen} == {1}


def test_a_hub_that_never_ends_keeps_nobody_longer_than_the_limit(sqlite: Database, over: threading.Event) -> None:
    queue(sqlite, ONE, TWO, hubs=(A, B))
    tell = FakeHubs()

    def tell_or_hang(hub: str, topic: str) -> Answer:
        answer = tell(hub, topic)
        if hub == A:
            over.wait(5)
        return answer

    began = time.monotonic()
    pinged = run(sqlite, tell_or_hang, limit_seconds=0.5)
    assert time.monotonic() - began < 4
    trouble = f"the hub {A} did not answer (nothing came in time): 1 feed waiting, next try at 12:01 UTC"
    assert pinged == Pinged(told=2, waiting=2, troubles=(trouble,))
    assert [(ping.topic, ping.attempts) for ping in waiting(sqlite)] == [(TWO, 0), (ONE, 1)]


def test_a_hub_whose_answer_never_begins_is_left_behind_with_its_connection(
    sqlite: Database, over: threading.Event
) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        with contextlib.suppress(OSError):
            while not over.wait(0.02):
                handler.wfile.write(b"x")

    with serving() as hub:
        hub.replies = [drip]
        queue(sqlite, ONE, hubs=(hub.url,))
        with Hubs() as hubs:
            pinged = run(sqlite, hubs.tell, hubs=(hub.url,), limit_seconds=0.5)
        over.set()
    assert (pinged.told, pinged.waiting) == (0, 1)
    assert "nothing came in time" in pinged.troubles[0]


def test_what_there_is_no_time_for_stays_due(sqlite: Database) -> None:
    queue(sqlite, ONE, TWO)
    tell = FakeHubs()
    assert run(sqlite, tell, limit_seconds=-1) == Pinged(told=0, waiting=2, troubles=())
    assert tell.told == []
    assert {ping.attempts for ping in waiting(sqlite)} == {0}


class Stopped(BaseException):
    """Somebody stops the run."""


def test_a_run_that_is_stopped_keeps_what_it_did_and_begins_nothing_more(
    sqlite: Database, over: threading.Event
) -> None:
    queue(sqlite, *(f"https://example.org/{number:03}.xml" for number in range(60)))
    tell = FakeHubs()
    asked_on = threading.Event()

    def tell_some(hub: str, topic: str) -> Answer:
        if len(tell.told) == 57:
            asked_on.set()
            over.wait(5)
        return tell(hub, topic)

    def stop(stage: str, done: int, total: int) -> None:
        assert (stage, total) == ("telling hubs", 60)
        if done == 55:
            asked_on.wait(5)
            raise Stopped

    with pytest.raises(Stopped):
        run(sqlite, tell_some, progress=stop)
    over.set()
    assert len(waiting(sqlite)) == 5
    again = FakeHubs()
    assert run(sqlite, again) == Pinged(told=5, waiting=0, troubles=())
    assert len(tell.told) <= 58


def test_answers_are_written_down_while_others_are_waited_for(sqlite: Database) -> None:
    queue(sqlite, *(f"https://example.org/{number:03}.xml" for number in range(110)))
    left: list[int] = []

    def watch(stage: str, done: int, total: int) -> None:
        left.append(len(waiting(sqlite)))

    assert run(sqlite, FakeHubs(), progress=watch).told == 110
    assert sorted(set(left)) == [10, 60, 110]


def test_a_store_that_fails_is_the_callers_to_report(sqlite: Database) -> None:
    queue(sqlite, ONE)

    def drop(hub: str, topic: str) -> Answer:
        with sqlite.begin() as connection:
            connection.exec_driver_sql("drop table pings")
        return TOLD

    with pytest.raises(StoreError, match="no such table"):
        run(sqlite, drop)
