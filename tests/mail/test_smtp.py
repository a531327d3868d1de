"""SMTP against real servers on loopback: no message is lost or doubled, over one connection or many."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from publisher.mail.smtp import Smtp
from publisher.mail.smtp_session import Timeouts
from publisher.model.delivery import Phase, Receipt
from publisher.model.errors import TransportError
from tests.mail.scripted import DROP, STALL, Answer, ScriptedServer
from tests.mail.test_outbox import message

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from publisher.model.mail import Message

TAKEN = Receipt(250, "2.0.0 ok", Phase.BODY, "2.0.0")
#: The server closes the connection after this reply (RFC 5321 section 4.2.3).
ENOUGH = Answer(b"421 4.7.0 too many messages in this connection", "close")
CROWDED = Answer(b"421 4.7.0 too many connections", "close")


def smtp(server: ScriptedServer, **options: Any) -> Smtp:
    return Smtp("127.0.0.1", server.port, **({"security": "none", "hostname": "sender.example"} | options))


def deliver(server: ScriptedServer, messages: Sequence[Message], **options: Any) -> list[Receipt | None]:
    """Send one message after the other."""

    async def send() -> list[Receipt | None]:
        async with smtp(server, **options) as transport:
            return [await transport.send(each) for each in messages]

    return asyncio.run(send())


def readers(count: int) -> list[Message]:
    return [message(recipient=f"reader{number}@example.org") for number in range(count)]


def everyone_once(count: int) -> dict[str, int]:
    return {f"reader{number}@example.org": 1 for number in range(count)}


def use(server: ScriptedServer, act: Callable[[Smtp], Awaitable[None]], **options: Any) -> None:
    async def used() -> None:
        async with smtp(server, **options) as transport:
            await act(transport)

    asyncio.run(used())


class Relay(Controller):
    """Somebody else's server, on a free port."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Sink(), hostname="127.0.0.1", port=0, **options)

    def _trigger_server(self) -> None:
        # Only now is it known which port was free.
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call] # aiosmtpd types its front only


def test_a_server_of_another_make_takes_messages_and_refuses_one() -> None:
    relay = Relay(data_size_limit=1000)
    relay.start()

    async def send() -> list[Receipt | None]:
        async with Smtp("127.0.0.1", relay.port, security="none") as transport:
            sent = [await transport.send(message())]
            with pytest.raises(TransportError, match="552"):
                await transport.send(message(data=b"x" * 1000 + b"\r\n"))
            return [*sent, await transport.send(message())]

    try:
        assert [receipt.code for receipt in asyncio.run(send()) if receipt] == [250, 250]
    finally:
        relay.stop()


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
@pytest.mark.parametrize(
    "data",
    [
        b"Subject: x\r\n\r\n.\r\n..two\r\nbody\r\n",
        b".\r\n.\r\n",
        b"\r\n",
        b"Subject: x\r\n\r\n" + b".dotted line of text\r\n" * 20_000,
    ],
)
def test_a_message_arrives_to_the_byte(data: bytes, extensions: tuple[str, ...]) -> None:
    with ScriptedServer(extensions=extensions) as server:
        assert deliver(server, [message(data=data)]) == [TAKEN]
    ((sender, recipients, taken),) = [(each.sender, each.recipients, each.data) for each in server.taken]
    assert (sender, recipients) == ("digest@news.example.org", ("reader@example.org",))
    assert taken == data


def test_several_messages_share_one_connection_without_a_word_too_many() -> None:
    with ScriptedServer() as server:
        assert deliver(server, readers(5)) == [TAKEN] * 5
    assert server.recipients == everyone_once(5)
    assert server.verbs() == ["EHLO", *["MAIL", "RCPT", "DATA"] * 5, "QUIT"]
    assert server.lines[0][1] == "EHLO sender.example"


def test_mail_rcpt_and_data_go_out_at_once_where_that_is_offered_and_the_body_waits() -> None:
    with ScriptedServer(extensions=("PIPELINING", "SIZE 1000")) as server:
        assert deliver(server, [message()]) == [TAKEN]
    envelope = b"MAIL FROM:<digest@news.example.org> SIZE=20\r\nRCPT TO:<reader@example.org>\r\nDATA\r\n"
    assert server.chunks[1] == envelope
    assert server.chunks[2] == b"Subject: x\r\n\r\nbody\r\n.\r\n"


def test_no_connection_is_opened_for_no_message() -> None:
    with ScriptedServer() as server:
        assert deliver(server, []) == []
    assert server.connections == 0


def test_a_relay_that_is_not_there_is_named() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]

        async def send() -> None:
            async with Smtp("127.0.0.1", port, security="none") as transport:
                for result in await asyncio.gather(*map(transport.send, readers(20)), return_exceptions=True):
                    assert isinstance(result, TransportError)
                    assert f"127.0.0.1:{port} cannot be reached" in str(result)

        asyncio.run(send())


@pytest.mark.parametrize("greeting", ["554 5.3.2 no service", "421 4.3.2 shutting down", "nonsense"])
def test_a_relay_that_lets_nobody_in_takes_no_messages(greeting: str) -> None:
    with ScriptedServer(script={"CONNECT": [greeting]}) as server, pytest.raises(TransportError, match="be reached"):
        deliver(server, [message()])
    assert server.taken == []


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO"])
def test_a_relay_that_says_nothing_is_not_waited_for_without_end(verb: str) -> None:
    timeouts = Timeouts(greeting=0.05, command=0.05)
    with (
        ScriptedServer(script={verb: [STALL]}) as server,
        pytest.raises(TransportError, match=r"cannot be reached \(.*[Tt]imed out"),
    ):
        deliver(server, [message()], timeouts=timeouts)


@pytest.mark.parametrize("answer", [ENOUGH, DROP])
def test_a_relay_that_has_had_enough_of_a_connection_gets_the_message_on_a_new_one(answer: Answer) -> None:
    script: Any = {"MAIL": ["250 ok", answer, "250 ok", "250 ok", answer]}
    with ScriptedServer(script=script) as server:
        assert deliver(server, readers(4)) == [TAKEN] * 4
    assert server.recipients == everyone_once(4)
    assert server.connections == 3


def test_a_relay_that_closes_after_each_message_gets_the_next_on_a_new_connection() -> None:
    with ScriptedServer(script={"BODY": [Answer(b"250 2.0.0 ok", "close")] * 3}) as server:
        assert deliver(server, readers(3)) == [TAKEN] * 3
    assert server.recipients == everyone_once(3)


def test_a_transaction_that_was_refused_is_reset_before_the_next() -> None:
    with ScriptedServer(script={"RCPT": ["550 5.1.1 unknown"], "RSET": ["250 ok"]}) as server:
        assert deliver(server, readers(2))[1] == TAKEN
    assert server.verbs() == ["EHLO", "MAIL", "RCPT", "DATA", "RSET", "MAIL", "RCPT", "DATA", "QUIT"]


def test_a_connection_that_cannot_be_reset_is_replaced() -> None:
    with ScriptedServer(script={"RCPT": ["550 5.1.1 unknown"], "RSET": ["502 what?"]}) as server:
        assert deliver(server, readers(2))[1] == TAKEN
    assert server.connections == 2


def test_a_relay_that_hangs_up_at_the_end_harms_nothing() -> None:
    with ScriptedServer(script={"QUIT": [DROP]}) as server:
        assert deliver(server, [message()]) == [TAKEN]


def test_a_relay_that_does_not_say_goodbye_is_left() -> None:
    with ScriptedServer(script={"QUIT": [STALL]}) as server:
        assert deliver(server, [message()], timeouts=Timeouts(quit=0.05)) == [TAKEN]


def test_a_connection_that_has_rested_for_long_is_replaced() -> None:
    now = 0.0

    async def act(transport: Smtp) -> None:
        nonlocal now
        for seconds in (0, 29, 31):
            now += seconds
            assert await transport.send(message()) == TAKEN

    with ScriptedServer() as server:
        use(server, act, clock=lambda: now)
        assert server.verbs().count("QUIT") <= 2
    assert server.connections == 2


def test_a_relay_that_speaks_unasked_is_not_believed_any_more() -> None:
    with ScriptedServer(script={"BODY": ["250 ok\r\n250 2.0.0 and the next as well"]}) as server:
        assert [receipt and receipt.reply for receipt in deliver(server, readers(2))] == ["ok", "2.0.0 ok"]
    assert server.recipients == everyone_once(2)
    assert server.connections == 2


# Many at once


def test_many_messages_go_over_no_more_connections_than_allowed() -> None:
    async def act(transport: Smtp) -> None:
        assert transport.connections == 3
        assert await asyncio.gather(*map(transport.send, readers(30))) == [TAKEN] * 30

    with ScriptedServer() as server:
        use(server, act, connections=3)
    assert server.recipients == everyone_once(30)
    assert (server.connections, server.most) == (3, 3)


def test_a_relay_that_gives_fewer_connections_gets_all_messages_over_those() -> None:
    async def act(transport: Smtp) -> None:
        assert await asyncio.gather(*map(transport.send, readers(30))) == [TAKEN] * 30
        assert transport.connections == 2

    with ScriptedServer(at_most=2) as server:
        use(server, act, connections=8)
    assert server.recipients == everyone_once(30)


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("421 closing", 3),
        ("451 4.3.2 not now", 3),
        ("450 4.7.0 slow down", 3),
        ("452 too many concurrent sessions from your address", 3),
        ("450 4.2.1 mailbox busy", 4),
        ("550 5.7.1 too many connections", 4),
        ("421 4.7.0 too many messages in this connection", 4),
    ],
)
def test_a_relay_that_is_asked_too_much_gets_one_connection_less(answer: str, left: int) -> None:
    async def act(transport: Smtp) -> None:
        await transport.send(message())
        assert transport.connections == left

    with ScriptedServer(script={"RCPT": [answer]}) as server:
        use(server, act, connections=4)


def test_one_connection_is_always_left_and_they_come_back_slowly() -> None:
    now = 0.0
    told = []

    async def act(transport: Smtp) -> None:
        nonlocal now
        for seconds in (0, 0, 0, 59, 1, 30, 30, 60):
            now += seconds
            await transport.send(message())
            told.append(transport.connections)

    with ScriptedServer(script={"RCPT": [CROWDED] * 3}) as server:
        use(server, act, connections=3, clock=lambda: now)
    assert told == [2, 1, 1, 1, 2, 2, 3, 3]


def test_connections_beyond_the_limit_are_closed_when_they_are_given_back() -> None:
    async def act(transport: Smtp) -> None:
        receipts = await asyncio.gather(*map(transport.send, readers(4)))
        assert sorted(receipt.code for receipt in receipts if receipt) == [250, 250, 421, 421]
        await asyncio.gather(*map(transport.send, readers(8)))

    with ScriptedServer(script={"RCPT": [CROWDED] * 2}) as server:
        use(server, act, connections=4)
        assert server.connections <= 5


# Addresses and content


def test_an_international_address_is_served_where_the_relay_knows_them() -> None:
    with ScriptedServer() as server:
        assert deliver(server, [message(recipient="ผู้อ่าน@example.org")]) == [TAKEN]
    assert server.taken[0].recipients == ("ผู้อ่าน@example.org",)
    assert server.lines[1][1].endswith(" SMTPUTF8 BODY=8BITMIME")


@pytest.mark.parametrize(
    "values", [{"sender": "ข่าว@news.example.org"}, {"data": "From: ข่าว@news.example.org\r\n\r\nText\r\n".encode()}]
)
def test_a_sender_or_a_header_outside_ascii_is_international_as_a_recipient_is(values: dict[str, Any]) -> None:
    with ScriptedServer(extensions=("SMTPUTF8",)) as server:
        assert deliver(server, [message(**values), message()]) == [TAKEN, TAKEN]
    assert [line.endswith(" SMTPUTF8") for _, line in server.lines if line.startswith("MAIL")] == [True, False]


def test_an_international_address_alone_fails_where_the_relay_does_not_know_them() -> None:
    with ScriptedServer(extensions=()) as server:
        first, second = deliver(server, [message(recipient="ผู้อ่าน@example.org"), message()])
    assert first is not None
    assert (first.code, first.phase, first.status) == (550, Phase.RCPT, "5.6.7")
    assert second == TAKEN


@pytest.mark.parametrize(
    "address",
    ["", "a@example.org>\r\nRCPT TO:<b@example.org", "a@example.org\n", "a\0@example.org", "a @example.org",
     "a@example.org> NOTIFY=NEVER", "<a@example.org", "a\ud800@example.org", "a\x85@example.org"],
)  # fmt: skip
def test_an_address_that_would_be_read_as_something_else_is_not_said(address: str) -> None:
    with ScriptedServer() as server:
        (receipt,) = deliver(server, [message(recipient=address)])
        assert receipt == Receipt(553, "5.1.3 the address has characters that no address has", Phase.RCPT, "5.1.3")
        if address:
            with pytest.raises(ValueError, match="no address"):
                deliver(server, [message(sender=address)])
    assert server.lines == []


def test_a_message_without_a_sender_goes_out_as_that() -> None:
    with ScriptedServer() as server:
        assert deliver(server, [message(sender="")]) == [TAKEN]
    assert server.taken[0].sender == ""


SMUGGLED = b"MAIL FROM:<x@example.com>\r\nRCPT TO:<y@example.com>\r\nDATA\r\nSubject: smuggled\r\n\r\nbody\r\n"


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\n", b"\r", b"\r\r\n", b"\n\r\n"]
)
def test_a_message_with_line_ends_that_servers_read_differently_is_refused_before_a_word_is_said(end: bytes) -> None:
    data = b"Subject: x\r\n\r\nbody" + end + SMUGGLED
    for lenient in (True, False):
        with ScriptedServer(lenient=lenient) as server, pytest.raises(ValueError, match="CRLF"):
            deliver(server, [message(data=data)])
        assert server.taken == []
        assert "MAIL" not in server.verbs()


def test_the_server_of_these_tests_would_tell_if_a_second_message_were_smuggled_in() -> None:
    envelope = b"MAIL FROM:<desk@example.org>\r\nRCPT TO:<reader@example.org>\r\nDATA\r\n"
    careless = b"Subject: x\r\n\r\nbody\n.\r\n" + SMUGGLED + b".\r\n"
    with ScriptedServer(lenient=True) as server:
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            connection.sendall(b"EHLO desk.example\r\n" + envelope + careless + b"QUIT\r\n")
            while connection.recv(4096):
                pass
        assert server.recipients == {"reader@example.org": 1, "y@example.com": 1}


@pytest.mark.parametrize("data", [b"", b"Subject: x", b"Subject: x\r\n\r\nbody"])
def test_a_message_that_does_not_end_with_a_line_is_refused(data: bytes) -> None:
    with ScriptedServer() as server, pytest.raises(ValueError, match="CRLF"):
        deliver(server, [message(data=data)])


@pytest.mark.parametrize("lenient", [True, False])
def test_an_end_of_a_message_inside_it_is_text(lenient: bool) -> None:
    data = b"Subject: x\r\n\r\nbody\r\n.\r\n" + SMUGGLED
    with ScriptedServer(lenient=lenient) as server:
        assert deliver(server, [message(data=data)]) == [TAKEN]
    assert [taken.data for taken in server.taken] == [data]


# Cancelling


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
def test_what_is_cancelled_before_the_final_dot_is_not_taken_and_the_next_message_is(verb: str) -> None:
    async def act(transport: Smtp) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(transport.send(message()), 0.1)
        assert await transport.send(message(recipient="two@example.org")) == TAKEN

    with ScriptedServer(script={verb: [STALL]}) as server:
        use(server, act, connections=1)
    assert server.recipients == {"two@example.org": 1}


def test_what_waits_for_a_connection_can_be_cancelled() -> None:
    async def act(transport: Smtp) -> None:
        first = asyncio.create_task(transport.send(message()))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(transport.send(message()), 0.05)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first

    with ScriptedServer(script={"MAIL": [STALL]}) as server:
        use(server, act, connections=1)
    assert server.connections == 1
