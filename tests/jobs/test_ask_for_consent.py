"""Who is on a list by somebody else's word is asked once, and gets nothing before saying yes."""

from __future__ import annotations

import email
from dataclasses import dataclass, field
from datetime import timedelta
from email import policy
from typing import TYPE_CHECKING, Self

import pytest

from publisher.jobs.ask_for_consent import ConsentAsker
from publisher.jobs.subscriptions import Enrolment, subscribe
from publisher.mail.tokens import CONFIRM_WITHIN
from publisher.model.delivery import Receipt
from publisher.model.errors import TransportError
from publisher.model.subscriber import Consent, ConsentEvent, Wording
from publisher.store import consents, subscribers
from tests.build import NOW
from tests.jobs.test_deliver import SENDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.model.mail import Message
    from tests.jobs.conftest import Desk

TAKEN = Receipt(250, "2.0.0 taken")


@dataclass
class Relay:
    """Takes messages, and answers as it is told."""

    answer: Callable[[Message], Receipt | None] = lambda _message: TAKEN
    connections: int = 1
    taken: list[Message] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def send(self, message: Message) -> Receipt | None:
        self.taken.append(message)
        return self.answer(message)


def enrol(
    desk: Desk, address: str, language: str | None = "en", digest: str = "world", confirmed: bool = False
) -> None:
    with desk.open() as publication:
        wanted = Enrolment(address=address, digest=digest, language=language, confirmed=confirmed)
        subscribe(publication.database, wanted, now=NOW, fingerprint=str)


def ask(desk: Desk, relay: Relay) -> list[str]:
    with desk.open() as publication:
        return ConsentAsker(
            database=publication.database,
            transport=relay,
            sender=SENDER,
            renderer=publication.composer.renderer,
            digests=publication.digests,
            wording=lambda title, language: Wording(text=f"Yes to {title} in {language}", version="1"),
            clock=lambda: NOW,
        ).ask()


def test_a_pending_reader_is_asked_once_in_their_language_and_it_is_recorded(desk: Desk) -> None:
    enrol(desk, "thai@example.org", "th")
    enrol(desk, "german@example.org", "de")
    enrol(desk, "sure@example.org", confirmed=True)
    relay = Relay()
    assert ask(desk, relay) == []
    assert ask(desk, relay) == []
    assert [message.recipient for message in relay.taken] == ["thai@example.org", "german@example.org"]
    message = email.message_from_bytes(relay.taken[0].data, policy=policy.default)
    assert message["Subject"] == "ยืนยันการสมัครรับ “สรุปข่าวโลก”"
    assert "List-Unsubscribe" not in message
    text, page = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert page is not None
    (link,) = [line for line in text.get_content().splitlines() if line.startswith("https://")]
    assert f'href="{link}"' in page.get_content()
    token = link.removeprefix("https://news.example.org/c/")
    with desk.open() as publication, publication.database.read() as connection:
        reader, digest = SENDER.signer.read("confirm", token, now=NOW + CONFIRM_WITHIN - timedelta(days=1))
        assert digest == "world"
        (*_, record) = consents.of(connection, reader)
        assert subscribers.consent(connection, reader, "world") is Consent.PENDING
    assert (record.event, record.at, record.language) == (ConsentEvent.ASKED, NOW, "th")
    assert record.wording == Wording(text="Yes to สรุปข่าวโลก in th", version="1")


def test_more_readers_than_are_read_at_once_are_all_asked(desk: Desk) -> None:
    for number in range(205):
        enrol(desk, f"reader{number}@example.org")
    relay = Relay()
    assert ask(desk, relay) == []
    assert len({message.recipient for message in relay.taken}) == len(relay.taken) == 205


@pytest.mark.parametrize("receipt", [Receipt(451, "4.3.0 later"), None])
def test_who_could_not_be_asked_now_is_asked_by_the_next_run(desk: Desk, receipt: Receipt | None) -> None:
    enrol(desk, "reader@example.org")
    assert ask(desk, Relay(lambda _message: receipt)) == []
    relay = Relay()
    ask(desk, relay)
    assert len(relay.taken) == 1


def test_an_address_that_does_not_exist_is_never_asked_again(desk: Desk) -> None:
    enrol(desk, "nobody@example.org")
    ask(desk, Relay(lambda _message: Receipt(550, "5.1.1 no such user")))
    relay = Relay()
    assert ask(desk, relay) == []
    assert relay.taken == []


def test_a_way_out_that_is_closed_is_told_and_nobody_is_forgotten(desk: Desk) -> None:
    def closed(_message: Message) -> Receipt:
        raise TransportError("the relay is not there")

    enrol(desk, "reader@example.org")
    assert ask(desk, Relay(closed)) == ["readers who are to confirm were not asked: the relay is not there"]
    relay = Relay()
    ask(desk, relay)
    assert len(relay.taken) == 1


def test_a_digest_that_is_configured_no_more_asks_nobody(desk: Desk) -> None:
    enrol(desk, "reader@example.org", digest="weekly")
    relay = Relay()
    assert ask(desk, relay) == []
    assert relay.taken == []
