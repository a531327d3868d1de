"""Delivering: every recipient accounted for, nobody skipped, nobody twice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

import pytest

from publisher.jobs.deliver import Deliverer
from publisher.mail.message import Sender
from publisher.mail.tokens import Signer
from publisher.model.change import Change, Kind
from publisher.model.delivery import GIVE_UP, Delivered, Phase, Receipt
from publisher.model.edition import Digest, Draft, Edition, EditionState, RenderedEdition, Slot
from publisher.model.errors import UnreachableError
from publisher.model.ranking import Event
from publisher.model.subscriber import Consent
from publisher.store import deliveries, editions, posts, schema, subscribers
from tests.build import NOW, a_digest, article, known

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from publisher.model.mail import Message
    from publisher.store.database import Database

ID = "world-2024-11-10-en"
OK = Receipt(250, "taken", Phase.BODY)
LATER = Receipt(451, "try later", Phase.RCPT)
NEVER = Receipt(550, "no such user", Phase.RCPT)

WORLD = a_digest(titles={"": "World briefing"}, languages=("en",))

SENDER = Sender(
    address="World Desk <digest@news.example.org>",
    reply_to=None,
    site_url="https://news.example.org/",
    authority="news.example.org",
    signer=Signer("a secret for tests"),
    unsubscribe_place="https://reader.invalid/unsubscribe",
    preferences_place="https://reader.invalid/preferences",
)


@dataclass
class Relay:
    """Answers each message as it was told to, and remembers whom it took one for."""

    answer: Callable[[Message], Receipt | None] = lambda _message: OK
    connections: int = 3
    taken: list[str] = field(default_factory=list)
    data: dict[str, set[bytes]] = field(default_factory=dict)
    opened: int = 0
    closed: int = 0
    #: How many messages it had in hand at once, at most.
    most: int = 0
    _now: int = 0

    async def __aenter__(self) -> Self:
        self.opened += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self.closed += 1

    async def send(self, message: Message) -> Receipt | None:
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            await asyncio.sleep(0)
            receipt = self.answer(message)
            await asyncio.sleep(0)
        finally:
            self._now -= 1
        if receipt is None or receipt.code < 400:
            self.taken.append(message.recipient)
            self.data.setdefault(message.recipient, set()).add(message.data)
        return receipt


def address(number: int) -> str:
    return f"reader{number:02}@example.org"


def freeze(database: Database, readers: int, *, copies: int = 0, digest: Digest = WORLD, edition_id: str = ID) -> None:
    """An edition for so many readers, and so many editors after them."""
    content = RenderedEdition(
        subject="News",
        preheader="",
        html='<p>News</p><!--reader--><a href="https://reader.invalid/unsubscribe">x</a><!--/reader-->',
        text="News\n-- \nhttps://reader.invalid/unsubscribe\n",
    )
    edition = Edition(
        id=edition_id,
        digest=digest.name,
        language="en",
        slot=Slot(NOW, edition_id),
        state=EditionState.APPROVED,
        composed=NOW,
        content=content,
    )
    with database.begin() as connection:
        people = [subscribers.ensure(connection, address(n), address(n), "en", NOW) for n in range(readers + copies)]
        for person in people[:readers]:
            subscribers.set_consent(connection, person, digest.name, Consent.CONFIRMED, NOW)
        story = known(edition_id)
        posts.apply(connection, [Change(kind=Kind.NEW, before=None, after=story)])
        draft = Draft(stories=(Event(article=article(edition_id)),))
        editions.freeze(connection, edition, draft, digest, copies=people[readers:], now=NOW)


def deliver(
    database: Database, relay: Relay, *, now: datetime = NOW, hold: bool = False, digest: Digest | None = WORLD
) -> Delivered:
    return Deliverer(
        database=database,
        transport=relay,
        sender=SENDER,
        digests={digest.name: digest} if digest else {},
        clock=lambda: now,
        hold=hold,
    ).deliver()


def ledger(database: Database) -> dict[str, Any]:
    """The one row of a ledger that has one."""
    with database.read() as connection:
        return dict(connection.execute(schema.deliveries.select()).mappings().one())


def states(database: Database) -> Counter[str]:
    with database.read() as connection:
        return Counter({state: count for state, count in deliveries.count_by_state(connection).items() if count})


def state_of_edition(database: Database) -> EditionState:
    with database.read() as connection:
        found = editions.summary(connection, ID)
    assert found is not None
    return found.state


def refusing(refused: str, receipt: Receipt | None) -> Callable[[Message], Receipt | None]:
    return lambda message: receipt if message.recipient == refused else OK


def test_every_recipient_gets_one_message_and_the_edition_is_finished(sqlite: Database) -> None:
    freeze(sqlite, 7, copies=1)
    relay = Relay()
    report = deliver(sqlite, relay)
    assert sorted(relay.taken) == [address(n) for n in range(8)]
    assert states(sqlite) == {"accepted": 8}
    assert (report.finished, report.trouble) == ([ID], None)
    assert state_of_edition(sqlite) is EditionState.FINISHED
    assert (relay.opened, relay.closed) == (1, 1)


@pytest.mark.parametrize("connections", [1, 4])
def test_no_more_messages_are_in_flight_than_there_are_connections(sqlite: Database, connections: int) -> None:
    freeze(sqlite, 20)
    relay = Relay(connections=connections)
    assert deliver(sqlite, relay).finished == [ID]
    assert relay.most <= connections


def test_a_second_run_sends_nothing(sqlite: Database) -> None:
    freeze(sqlite, 3)
    deliver(sqlite, Relay())
    relay = Relay()
    assert deliver(sqlite, relay).states.total() == 0
    assert relay.taken == []


def test_an_edition_for_nobody_is_finished_at_once(sqlite: Database) -> None:
    freeze(sqlite, 0)
    assert deliver(sqlite, Relay()).finished == [ID]


def test_a_recipient_refused_for_good_has_failed_and_the_others_have_their_message(sqlite: Database) -> None:
    freeze(sqlite, 5)
    report = deliver(sqlite, Relay(refusing(address(2), NEVER)))
    assert states(sqlite) == {"accepted": 4, "failed": 1}
    assert (report.states["failed"], report.finished) == (1, [ID])


def test_a_recipient_refused_for_now_is_tried_again_when_it_is_due(sqlite: Database) -> None:
    freeze(sqlite, 5)
    report = deliver(sqlite, Relay(refusing(address(2), LATER)))
    assert (states(sqlite), report.finished) == ({"accepted": 4, "deferred": 1}, [])
    early = Relay()
    deliver(sqlite, early, now=NOW + timedelta(minutes=4))
    assert early.taken == []
    later = Relay()
    assert deliver(sqlite, later, now=NOW + timedelta(minutes=30)).finished == [ID]
    assert later.taken == [address(2)]


def test_a_recipient_that_is_refused_for_days_has_failed(sqlite: Database) -> None:
    freeze(sqlite, 1)
    tries = 0
    now = NOW
    while state_of_edition(sqlite) is not EditionState.FINISHED:
        assert deliver(sqlite, Relay(lambda _: LATER), now=now).states.total() <= 1
        now += timedelta(hours=4)
        tries += 1
    assert states(sqlite) == {"failed": 1}
    assert now - NOW > GIVE_UP
    assert tries < 40


def test_a_message_is_inflight_on_the_disk_before_it_is_sent(sqlite: Database) -> None:
    freeze(sqlite, 4)
    seen: list[str] = []

    def look(message: Message) -> Receipt:
        with sqlite3.connect(sqlite.name) as other:
            seen.extend(
                row[0] for row in other.execute("select state from deliveries where id = ?", [message.delivery_id])
            )
        other.close()
        return OK

    deliver(sqlite, Relay(look))
    assert seen == ["inflight"] * 4


def test_a_transport_that_closes_in_the_middle_loses_nothing_and_doubles_nothing(sqlite: Database) -> None:
    freeze(sqlite, 8)

    def close(message: Message) -> Receipt:
        if message.recipient == address(4):
            raise UnreachableError("the relay has gone")
        return OK

    relay = Relay(close, connections=1)
    report = deliver(sqlite, relay)
    assert report.trouble == "the relay has gone"
    assert states(sqlite) == {"accepted": 4, "queued": 4}
    assert relay.closed == 1
    relay.answer = lambda _: OK
    assert deliver(sqlite, relay).finished == [ID]
    assert sorted(relay.taken) == [address(n) for n in range(8)]


def test_a_transport_that_is_closed_keeps_the_other_editions_waiting(sqlite: Database) -> None:
    freeze(sqlite, 2)
    freeze(sqlite, 2, edition_id="world-2024-11-11-en")

    def refuse(_message: Message) -> Receipt:
        raise UnreachableError("closed")

    deliver(sqlite, Relay(refuse))
    assert states(sqlite) == {"queued": 4}


def test_one_message_that_cannot_be_handed_over_does_not_stop_the_others(sqlite: Database) -> None:
    freeze(sqlite, 5)

    def stumble(message: Message) -> Receipt:
        if message.recipient == address(1):
            raise ValueError("a recipient that nobody thought of")
        return OK

    relay = Relay(stumble)
    deliver(sqlite, relay)
    assert sorted(relay.taken) == [address(n) for n in (0, 2, 3, 4)]


@dataclass(frozen=True)
class OutOfInk(Signer):
    """Signs for nobody whose number is 2."""

    def token(self, purpose: str, subscriber_id: int, digest: str, *, until: datetime | None = None) -> str:
        if subscriber_id == 2:
            raise ValueError("no ink")
        return Signer.token(self, purpose, subscriber_id, digest, until=until)


def test_a_recipient_for_whom_no_message_can_be_made_has_failed_and_the_others_have_theirs(sqlite: Database) -> None:
    freeze(sqlite, 3)
    relay = Relay()
    sender = replace(SENDER, signer=OutOfInk(SENDER.signer.secret))
    Deliverer(database=sqlite, transport=relay, sender=sender, digests={"world": WORLD}, clock=lambda: NOW).deliver()
    assert sorted(relay.taken) == [address(0), address(2)]
    assert states(sqlite) == {"accepted": 2, "failed": 1}


@pytest.mark.parametrize("way", ["unsubscribed", "suppressed"])
def test_a_reader_who_left_after_the_freeze_gets_nothing(sqlite: Database, way: str) -> None:
    freeze(sqlite, 4)
    with sqlite.begin() as connection:
        leaver = subscribers.ensure(connection, address(2), address(2), None, NOW)
        if way == "unsubscribed":
            subscribers.set_consent(connection, leaver, "world", Consent.UNSUBSCRIBED, NOW)
        else:
            table = schema.subscribers
            connection.execute(table.update().where(table.c.id == leaver).values(suppressed=NOW))
    relay = Relay()
    assert deliver(sqlite, relay).finished == [ID]
    assert address(2) not in relay.taken
    assert states(sqlite) == {"accepted": 3, "suppressed": 1}


def test_a_reader_who_leaves_while_the_edition_goes_out_gets_nothing(sqlite: Database) -> None:
    freeze(sqlite, 4)

    def leave(message: Message) -> Receipt:
        if message.recipient == address(0):
            with sqlite.begin() as connection:
                last = subscribers.ensure(connection, address(3), address(3), None, NOW)
                subscribers.set_consent(connection, last, "world", Consent.UNSUBSCRIBED, NOW)
        return OK

    relay = Relay(leave, connections=1)
    deliver(sqlite, relay)
    assert sorted(relay.taken) == [address(n) for n in range(3)]


def test_an_edition_of_a_digest_that_is_configured_no_more_still_goes_out(sqlite: Database) -> None:
    freeze(sqlite, 1)
    relay = Relay()
    assert deliver(sqlite, relay, digest=None).finished == [ID]
    (data,) = relay.data[address(0)]
    assert b"<world.news.example.org>" in data


@pytest.mark.parametrize("state", [EditionState.DRAFT, EditionState.PAUSED, EditionState.CANCELLED])
def test_an_edition_that_is_not_to_go_out_stays(sqlite: Database, state: EditionState) -> None:
    freeze(sqlite, 2)
    with sqlite.begin() as connection:
        editions.move(connection, ID, [*EditionState], state)
    deliver(sqlite, Relay())
    assert states(sqlite) == {"queued": 2}


def test_progress_counts_up_to_the_recipients(sqlite: Database) -> None:
    freeze(sqlite, 5)
    said: list[tuple[str, int, int]] = []
    Deliverer(
        database=sqlite,
        transport=Relay(connections=2),
        sender=SENDER,
        digests={},
        clock=lambda: NOW,
        progress=lambda stage, done, total: said.append((stage, done, total)),
    ).deliver()
    assert said == sorted(said)
    assert (said[0], said[-1]) == ((f"sending {ID}", 0, 5), (f"sending {ID}", 5, 5))
