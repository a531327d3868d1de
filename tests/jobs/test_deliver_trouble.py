"""Delivering when things go wrong: who is to blame, who stops it, and what the ledger says afterwards."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from publisher.jobs.deliver import Deliverer
from publisher.model.delivery import Phase, Receipt
from publisher.model.edition import EditionState
from publisher.model.errors import TransportError, UnreachableError
from publisher.model.rate import Rate
from publisher.store import deliveries, editions, leases, schema
from tests.build import NOW
from tests.jobs.test_deliver import ID, OK, SENDER, WORLD, Relay, address, deliver, freeze, ledger, states

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from publisher.model.delivery import Delivered
    from publisher.model.mail import Message
    from publisher.store.database import Database

BLOCKED = Receipt(554, "5.7.1 your network is on a list", Phase.BODY, "5.7.1")
BUSY = Receipt(451, "4.3.2 not now", Phase.MAIL, "4.3.2")


def edition(database: Database) -> tuple[str, str | None]:
    """Where the edition stands, and why it stands still."""
    with database.read() as connection:
        found = editions.summary(connection, ID)
    assert found is not None
    return found.state.value, found.paused_for


def move(database: Database, before: EditionState, to: EditionState) -> None:
    with database.begin() as connection:
        assert editions.move(connection, ID, [before], to)


def test_a_refusal_of_whoever_sends_pauses_the_edition_and_blames_nobody(database: Database) -> None:
    freeze(database, 9)
    relay = Relay(lambda _: BLOCKED)
    report = deliver(database, relay)
    assert states(database) == {"queued": 9}
    assert report.trouble is not None
    assert "554 5.7.1 your network is on a list" in report.trouble
    assert edition(database) == ("paused", report.trouble)
    assert deliver(database, relay).trouble is None
    move(database, EditionState.PAUSED, EditionState.SENDING)
    relay.answer = lambda _: OK
    assert deliver(database, relay).finished == [ID]
    assert Counter(relay.taken) == Counter(address(number) for number in range(9))


def test_what_everybody_is_refused_for_is_no_attempt_at_a_recipient(sqlite: Database) -> None:
    freeze(sqlite, 1)
    deliver(sqlite, Relay(lambda _: BLOCKED))
    row = ledger(sqlite)
    assert (row["state"], row["attempts"], row["code"], row["lease"]) == ("queued", 0, 554, None)


@pytest.mark.parametrize(
    ("error", "state"), [(TransportError("no entry"), "paused"), (UnreachableError("not there"), "sending")]
)
def test_a_way_out_that_is_closed_says_so_on_the_edition(sqlite: Database, error: TransportError, state: str) -> None:
    freeze(sqlite, 5)

    def fail(_message: Message) -> Receipt:
        raise error

    report = deliver(sqlite, Relay(fail))
    assert report.trouble == str(error)
    assert edition(sqlite) == (state, str(error))
    assert states(sqlite) == {"queued": 5}


def test_an_edition_that_goes_on_has_no_reason_to_stand_still(sqlite: Database) -> None:
    freeze(sqlite, 2)

    def fail(_message: Message) -> Receipt:
        raise UnreachableError("not there")

    deliver(sqlite, Relay(fail))
    deliver(sqlite, Relay())
    assert edition(sqlite) == ("finished", None)


def test_a_relay_that_puts_everybody_off_is_not_asked_for_a_million_recipients(sqlite: Database) -> None:
    freeze(sqlite, 80)
    report = deliver(sqlite, Relay(lambda _: BUSY))
    assert report.trouble is not None
    assert "puts every message off (451 4.3.2 not now)" in report.trouble
    found = states(sqlite)
    assert 50 <= found["deferred"] <= 53
    assert found.total() == 80
    assert edition(sqlite)[0] == "sending"


def test_one_recipient_in_trouble_among_many_stops_nothing(sqlite: Database) -> None:
    freeze(sqlite, 120)
    numbers = iter(range(1000))
    report = deliver(sqlite, Relay(lambda _: BUSY if next(numbers) % 2 else OK))
    assert (report.trouble, states(sqlite)["deferred"]) == (None, 60)


@pytest.mark.parametrize(("to", "after"), [(EditionState.PAUSED, "accepted"), (EditionState.CANCELLED, "queued")])
def test_an_edition_that_is_stopped_in_the_middle_finishes_what_is_in_flight(
    database: Database, to: EditionState, after: str
) -> None:
    freeze(database, 30)

    def stop(message: Message) -> Receipt:
        if message.recipient == address(4):
            move(database, EditionState.SENDING, to)
        return OK

    relay = Relay(stop)
    assert deliver(database, relay).trouble is None
    found = states(database)
    assert set(found) == {"accepted", "queued"}
    assert found.total() == 30
    assert 5 <= found["accepted"] == len(relay.taken) <= 8
    if to is EditionState.PAUSED:
        move(database, to, EditionState.SENDING)
    assert deliver(database, relay).finished == ([ID] if after == "accepted" else [])
    assert len(relay.taken) == len(set(relay.taken))
    assert states(database)[after] >= 22


class Slow(Relay):
    """Keeps messages until it is told to answer, then takes them."""

    def __init__(self, begun: Callable[[], object]) -> None:
        super().__init__()
        self.begun = begun
        self.release = asyncio.Event()

    async def send(self, message: Message) -> Receipt | None:
        if self._now == 2:
            self.begun()
        self._now += 1
        try:
            await self.release.wait()
        finally:
            self._now -= 1
        self.taken.append(message.recipient)
        return OK


def test_a_pause_acts_within_a_second_though_no_message_ends(sqlite: Database) -> None:
    freeze(sqlite, 9)

    def pause() -> None:
        move(sqlite, EditionState.SENDING, EditionState.PAUSED)
        asyncio.get_running_loop().call_later(0.6, relay.release.set)

    relay = Slow(pause)
    deliver(sqlite, relay)
    assert states(sqlite) == {"accepted": 3, "queued": 6}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_what_is_in_flight_finish_and_is_passed_on(sqlite: Database, number: signal.Signals) -> None:
    freeze(sqlite, 9)

    def interrupt() -> None:
        signal.raise_signal(number)
        asyncio.get_running_loop().call_later(0.05, relay.release.set)

    relay = Slow(interrupt)
    heard: list[int] = []
    before = signal.signal(number, lambda received, _frame: heard.append(received))
    try:
        report = deliver(sqlite, relay)
    finally:
        signal.signal(number, before)
    assert heard == [number]
    assert (report.states["accepted"], report.finished) == (3, [])
    assert states(sqlite) == {"accepted": 3, "queued": 6}


@pytest.mark.parametrize(("hold", "state"), [(False, "uncertain"), (True, "held")])
def test_a_second_signal_does_not_wait_for_replies(sqlite: Database, hold: bool, state: str) -> None:
    freeze(sqlite, 9)

    def interrupt() -> None:
        signal.raise_signal(signal.SIGINT)
        asyncio.get_running_loop().call_later(0.05, signal.raise_signal, signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        deliver(sqlite, Slow(interrupt), hold=hold)
    assert states(sqlite) == {state: 3, "queued": 6}
    with sqlite.read() as connection:
        lease = leases.current(connection, "sender")
    assert lease is not None
    assert lease.until == NOW


def test_what_waits_for_its_slot_is_not_in_doubt_when_somebody_cannot_wait(sqlite: Database) -> None:
    freeze(sqlite, 3)

    def interrupt(_message: Message) -> Receipt:
        signal.raise_signal(signal.SIGINT)
        asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)
        return OK

    relay = Relay(interrupt)
    with pytest.raises(KeyboardInterrupt):
        Deliverer(
            database=sqlite, transport=relay, sender=SENDER, digests={}, clock=lambda: NOW, rate=Rate(9)
        ).deliver()
    assert states(sqlite) == {"accepted": len(relay.taken), "queued": 3 - len(relay.taken)}
    assert len(relay.taken) <= 1


def test_away_from_the_main_thread_signals_are_for_others(sqlite: Database) -> None:
    freeze(sqlite, 3)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(deliver, sqlite, Relay()).result().finished == [ID]


def sender(
    database: Database,
    relay: Relay,
    *,
    now: datetime = NOW,
    alone: bool = False,
    remark: Callable[[str], object] = print,
) -> Delivered:
    return Deliverer(
        database=database,
        transport=relay,
        sender=SENDER,
        digests={"world": WORLD},
        clock=lambda: now,
        alone=alone,
        remark=remark,
    ).deliver()


def test_of_two_senders_started_at_once_one_sends_and_one_is_refused(database: Database) -> None:
    freeze(database, 40)
    at_once = threading.Barrier(2)
    refused = threading.Event()
    remarks: list[str] = []

    def remark(said: str) -> None:
        remarks.append(said)
        refused.set()

    def run() -> tuple[Delivered, list[str]]:
        relay = Relay(lambda _: OK if refused.wait(10) else None)
        at_once.wait()
        return sender(database, relay, remark=remark), relay.taken

    with ThreadPoolExecutor(2) as pool:
        outcomes = [each.result() for each in [pool.submit(run), pool.submit(run)]]
    (said,) = remarks
    assert "another sender is at work (process " in said
    # Nothing is wrong: all that is due goes out.
    assert [report.trouble for report, _ in outcomes] == [None, None]
    assert sorted(outcomes[0][1] + outcomes[1][1]) == [address(number) for number in range(40)]
    assert states(database) == {"accepted": 40}


def test_the_lease_of_a_sender_that_died_is_over_after_a_minute(database: Database) -> None:
    freeze(database, 2)
    with database.begin() as connection:
        leases.acquire(connection, "sender", "a machine that lost power", now=NOW, until=NOW + timedelta(minutes=1))
    remarks: list[str] = []
    sender(database, Relay(), remark=remarks.append)
    (said,) = remarks
    assert "a machine that lost power, until 12:01:00 UTC at least" in said
    assert deliver(database, Relay()).states.total() == 0
    assert sender(database, Relay(), now=NOW + timedelta(minutes=1)).finished == [ID]


def test_a_sender_that_is_certainly_alone_does_not_wait_for_a_dead_one(sqlite: Database) -> None:
    freeze(sqlite, 2)
    with sqlite.begin() as connection:
        leases.acquire(connection, "sender", "killed", now=NOW, until=NOW + timedelta(minutes=1))
    assert sender(sqlite, Relay(), alone=True).finished == [ID]


def test_a_sender_whose_lease_is_gone_settles_nothing(database: Database) -> None:
    freeze(database, 9)

    def steal(message: Message) -> Receipt:
        if message.recipient == address(1):
            with database.begin() as connection:
                leases.release(connection, "sender", NOW)
                leases.acquire(connection, "sender", "another", now=NOW, until=NOW + timedelta(minutes=1))
                deliveries.recover(connection, now=NOW, hold=False)
        return OK

    relay = Relay(steal)
    report = sender(database, relay)
    assert report.trouble is not None
    assert "another sender has taken over" in report.trouble
    # Those that were in flight when it happened may have arrived: nobody knows but the one that lost the lease.
    found = states(database)
    assert found["uncertain"] == 3
    assert found["accepted"] == len(relay.taken) - 3
    with database.read() as connection:
        lease = leases.current(connection, "sender")
    assert lease is not None
    assert (lease.holder, lease.until) == ("another", NOW + timedelta(minutes=1))


def test_a_lease_is_renewed_while_an_edition_goes_out(sqlite: Database) -> None:
    freeze(sqlite, 6)
    now = [NOW]
    left: list[timedelta] = []

    def answer(_message: Message) -> Receipt:
        now[0] += timedelta(seconds=50)
        with sqlite.read() as connection:
            lease = leases.current(connection, "sender")
        assert lease is not None
        left.append(lease.until - now[0])
        return OK

    relay = Relay(answer, connections=1)
    Deliverer(database=sqlite, transport=relay, sender=SENDER, digests={}, clock=lambda: now[0]).deliver()
    assert min(left) >= timedelta(0)
    assert len(relay.taken) == 6


def test_a_ledger_that_cannot_be_written_ends_the_run_and_nothing_is_sent_that_is_not_in_flight(
    sqlite: Database,
) -> None:
    freeze(sqlite, 9)

    def break_it(message: Message) -> Receipt:
        if message.recipient == address(1):
            with sqlite.begin() as connection:
                connection.exec_driver_sql(
                    "create trigger full before update on deliveries begin select raise(abort, 'disk is full'); end"
                )
        return OK

    relay = Relay(break_it)
    with pytest.raises(Exception, match="disk is full"):
        deliver(sqlite, relay)
    with sqlite.begin() as connection:
        connection.exec_driver_sql("drop trigger full")
    assert len(relay.taken) == 3
    assert states(sqlite) == {"inflight": 3, "claimed": 6}
    # What was in flight may have arrived; the rest goes out.
    deliver(sqlite, relay)
    assert states(sqlite) == {"uncertain": 3, "accepted": 6}
    assert len(relay.taken) == len(set(relay.taken)) == 9


def test_a_ledger_that_does_not_add_up_is_told(sqlite: Database) -> None:
    freeze(sqlite, 2)
    with sqlite.begin() as connection:
        connection.execute(update(schema.editions).values(recipients=3))
    report = deliver(sqlite, Relay())
    assert report.trouble is not None
    assert report.trouble.startswith(f"the ledger of {ID} is damaged")
    assert report.trouble.endswith("= 2 of 3 recipients, which does not add up")
    assert report.finished == []


def test_an_edition_that_is_cancelled_just_before_it_goes_out_stays(sqlite: Database) -> None:
    freeze(sqlite, 2)
    freeze(sqlite, 2, edition_id="world-2024-11-11-en")

    def cancel_the_other(_message: Message) -> Receipt:
        with sqlite.begin() as connection:
            editions.move(connection, "world-2024-11-11-en", [*EditionState], EditionState.CANCELLED)
        return OK

    deliver(sqlite, Relay(cancel_the_other))
    assert states(sqlite) == {"accepted": 2, "queued": 2}
