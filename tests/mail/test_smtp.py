"""SMTP against a real server on loopback: every reply ends where it belongs, and no message is lost or doubled."""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller

from publisher.mail.smtp import Smtp
from publisher.model.delivery import Receipt
from publisher.model.errors import TransportError
from tests.mail.test_outbox import message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: A reply that is none: the connection is cut.
CUT = "cut"
#: The message is taken, the reply goes out, and the connection is closed.
TAKE_AND_CLOSE = "close"
#: RFC 5321 section 4.2.3: the server closes the connection after this reply.
BUSY = "421 4.7.0 too many messages in this connection"


class Relay(Controller):
    """A server that gives the replies it is told, in order, and 250 from then on."""

    def __init__(self, **options: Any) -> None:
        super().__init__(self, hostname="127.0.0.1", port=0, **options)
        self.replies: dict[str, list[str]] = defaultdict(list)
        self.connections = 0
        #: Sender, recipients and bytes of the messages it took.
        self.taken: list[tuple[str, list[str], bytes]] = []

    def _trigger_server(self) -> None:
        # Only now is it known which port was free.
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call] # aiosmtpd types its front only
        self.connections = 0

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, name: str, answer: list[str]) -> list[str]:
        session.host_name = name
        self.connections += 1
        return answer

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.mail_from = address
        return self._reply("MAIL", server)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        reply = self._reply("RCPT", server)
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        reply = self._reply("DATA", server)
        if reply.startswith("2"):
            self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return reply

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:
        return self._reply("QUIT", server)

    def _reply(self, stage: str, server: Any) -> str:
        reply = self.replies[stage].pop(0) if self.replies[stage] else "250 2.0.0 taken"
        if reply == CUT:
            server.transport.abort()
        if reply in {TAKE_AND_CLOSE, BUSY}:
            self.loop.call_soon(server.transport.close)
        return "250 2.0.0 taken" if reply == TAKE_AND_CLOSE else reply


@pytest.fixture
def start() -> Iterator[Callable[..., Relay]]:
    started: list[Relay] = []

    def start(**options: Any) -> Relay:
        relay = Relay(**options)
        relay.start()
        started.append(relay)
        return relay

    yield start
    for relay in started:
        relay.stop()


@pytest.fixture
def relay(start: Callable[..., Relay]) -> Relay:
    return start()


def smtp(relay: Relay) -> Smtp:
    return Smtp("127.0.0.1", relay.port)


def test_a_message_arrives_to_the_byte(relay: Relay) -> None:
    data = b"Subject: x\r\n\r\n.\r\n..two\r\nbody\r\n"
    with smtp(relay) as transport:
        assert transport.send(message(data=data)) == Receipt(250, "2.0.0 taken")
    assert relay.taken == [("digest@news.example.org", ["reader@example.org"], data)]


def test_several_messages_share_one_connection(relay: Relay) -> None:
    with smtp(relay) as transport:
        for number in range(5):
            receipt = transport.send(message(recipient=f"reader{number}@example.org"))
            assert receipt is not None
            assert receipt.code == 250
    assert [recipients for _, recipients, _ in relay.taken] == [[f"reader{n}@example.org"] for n in range(5)]
    assert relay.connections == 1


def test_no_connection_is_opened_for_no_message(relay: Relay) -> None:
    with smtp(relay):
        pass
    assert relay.connections == 0


@pytest.mark.parametrize("stage", ["RCPT", "DATA"])
@pytest.mark.parametrize(("code", "reply"), [(451, "4.7.1 try later"), (550, "5.1.1 no such mailbox")])
def test_a_refusal_concerns_one_recipient_and_the_next_is_served(
    relay: Relay, stage: str, code: int, reply: str
) -> None:
    relay.replies[stage] = [f"{code} {reply}"]
    with smtp(relay) as transport:
        assert transport.send(message(recipient="one@example.org")) == Receipt(code, reply)
        assert transport.send(message(recipient="two@example.org")) == Receipt(250, "2.0.0 taken")
    assert [recipients for _, recipients, _ in relay.taken] == [["two@example.org"]]
    assert relay.connections == 1


def test_a_sender_that_is_refused_closes_the_transport(relay: Relay) -> None:
    relay.replies["MAIL"] = ["553 5.1.8 sender unknown"] * 2
    with smtp(relay) as transport, pytest.raises(TransportError, match=r"digest@news\.example\.org.*sender unknown"):
        transport.send(message())
    assert relay.taken == []


def test_a_relay_that_is_not_there_is_named() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        with Smtp("127.0.0.1", port) as transport, pytest.raises(TransportError, match=rf"127\.0\.0\.1:{port}"):
            transport.send(message())


def test_a_connection_lost_after_the_message_is_uncertain_and_the_next_message_goes_on(relay: Relay) -> None:
    relay.replies["DATA"] = [CUT]
    with smtp(relay) as transport:
        assert transport.send(message(recipient="one@example.org")) is None
        assert transport.send(message(recipient="two@example.org")) == Receipt(250, "2.0.0 taken")
    assert [recipients for _, recipients, _ in relay.taken] == [["two@example.org"]]
    assert relay.connections == 2


@pytest.mark.parametrize(("stage", "reply"), [("RCPT", CUT), ("RCPT", BUSY), ("DATA", BUSY)])
def test_a_connection_lost_before_the_message_is_taken_defers_it(relay: Relay, stage: str, reply: str) -> None:
    relay.replies[stage] = [reply]
    with smtp(relay) as transport:
        receipt = transport.send(message(recipient="one@example.org"))
        assert receipt is not None
        assert receipt.code == 421
        assert transport.send(message(recipient="two@example.org")) == Receipt(250, "2.0.0 taken")
    assert [recipients for _, recipients, _ in relay.taken] == [["two@example.org"]]


def test_a_relay_that_closes_after_each_message_gets_the_next_on_a_new_connection(relay: Relay) -> None:
    relay.replies["DATA"] = [TAKE_AND_CLOSE] * 3
    with smtp(relay) as transport:
        for number in range(3):
            assert transport.send(message(recipient=f"r{number}@example.org")) == Receipt(250, "2.0.0 taken")
    assert [recipients for _, recipients, _ in relay.taken] == [[f"r{n}@example.org"] for n in range(3)]


@pytest.mark.parametrize("reply", [BUSY, CUT])
def test_a_relay_that_has_had_enough_of_a_connection_gets_the_message_on_a_new_one(relay: Relay, reply: str) -> None:
    relay.replies["MAIL"] = ["250 ok", reply]
    with smtp(relay) as transport:
        for number in range(2):
            assert transport.send(message(recipient=f"r{number}@example.org")) == Receipt(250, "2.0.0 taken")
    assert [recipients for _, recipients, _ in relay.taken] == [["r0@example.org"], ["r1@example.org"]]
    assert relay.connections == 2


def test_a_relay_that_hangs_up_at_the_end_harms_nothing(relay: Relay) -> None:
    relay.replies["QUIT"] = [CUT]
    with smtp(relay) as transport:
        assert transport.send(message()) == Receipt(250, "2.0.0 taken")
    assert len(relay.taken) == 1


def test_an_international_address_is_served_where_the_relay_knows_them(relay: Relay) -> None:
    with smtp(relay) as transport:
        assert transport.send(message(recipient="ผู้อ่าน@example.org")) == Receipt(250, "2.0.0 taken")
    assert [recipients for _, recipients, _ in relay.taken] == [["ผู้อ่าน@example.org"]]


def test_an_international_address_alone_fails_where_the_relay_does_not_know_them(start: Callable[..., Relay]) -> None:
    relay = start(enable_SMTPUTF8=False)
    with smtp(relay) as transport:
        receipt = transport.send(message(recipient="ผู้อ่าน@example.org"))
        assert receipt is not None
        assert 500 <= receipt.code < 600
        assert transport.send(message()) == Receipt(250, "2.0.0 taken")


def test_messages_are_paced(relay: Relay) -> None:
    with Smtp("127.0.0.1", relay.port, interval=0.001) as transport:
        assert [transport.send(message()) for _ in range(3)] == [Receipt(250, "2.0.0 taken")] * 3


def test_a_sender_outside_ascii_is_international_as_its_recipient_is(start: Callable[..., Relay]) -> None:
    relay = start(enable_SMTPUTF8=True)
    data = "From: ข่าว@news.example.org\r\n\r\nText\r\n".encode()
    international = message(sender="ข่าว@news.example.org", data=data)
    with smtp(relay) as transport:
        assert transport.send(international) == Receipt(250, "2.0.0 taken")
    ((sender, _, _),) = relay.taken
    assert sender == "ข่าว@news.example.org"
