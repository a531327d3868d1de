"""Every reply at every verb, and every place where a connection can be lost: what it means for the message."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.mail.smtp_session import Reply, Timeouts, read_reply
from publisher.model.delivery import Phase, Receipt
from publisher.model.errors import TransportError
from tests.mail.scripted import DROP, EXTENSIONS, STALL, TAKE_AND_DROP, TAKE_AND_STALL, Answer, ScriptedServer
from tests.mail.test_outbox import message
from tests.mail.test_smtp import TAKEN, deliver

PHASES = {"MAIL": Phase.MAIL, "RCPT": Phase.RCPT, "DATA": Phase.DATA, "BODY": Phase.BODY}
PIPELINING = pytest.mark.parametrize("extensions", [EXTENSIONS, EXTENSIONS[1:]], ids=["pipelined", "one by one"])
TWO = [message(), message(recipient="two@example.org")]

#: The words of a relay, and their enhanced status.
LATER = [
    (421, "4.3.2 closing", "4.3.2"),
    (450, "4.2.0 busy", "4.2.0"),
    (451, "try later", ""),
    (452, "4.2.2 full", "4.2.2"),
]
NEVER = [(550, "5.1.1 no such mailbox", "5.1.1"), (552, "5.2.2 full", "5.2.2"), (554, "no", ""), (550, "2.0.0 odd", "")]
POLICY = [(550, "5.7.1 listed", "5.7.1"), (554, "5.7.26 no DMARC", "5.7.26")]
#: What concerns one recipient, and what closes the way for all.
RECEIPTS = [
    *((verb, *reply) for verb in PHASES for reply in LATER),
    *((verb, *reply) for verb in ("RCPT", "DATA", "BODY") for reply in NEVER),
    *((verb, *reply) for verb in ("RCPT", "BODY") for reply in POLICY),
]
CLOSED = [
    *(("MAIL", *reply) for reply in [*NEVER, *POLICY]),
    *(("DATA", *reply) for reply in [*POLICY, (554, "refused by our spam policy", "")]),
]


@PIPELINING
@pytest.mark.parametrize(("verb", "code", "reply", "status"), RECEIPTS)
def test_a_refusal_concerns_one_recipient_and_the_next_is_served(
    verb: str, code: int, reply: str, status: str, extensions: tuple[str, ...]
) -> None:
    with ScriptedServer(script={verb: [f"{code} {reply}"]}, extensions=extensions) as server:
        assert deliver(server, TWO) == [Receipt(code, reply, PHASES[verb], status), TAKEN]
    assert server.recipients == {"two@example.org": 1}
    assert server.connections == (2 if code == 421 else 1)


@PIPELINING
@pytest.mark.parametrize(("verb", "code", "reply", "status"), CLOSED)
def test_a_refusal_of_the_sender_closes_the_way_for_all(
    verb: str, code: int, reply: str, status: str, extensions: tuple[str, ...]
) -> None:
    with (
        ScriptedServer(script={verb: [f"{code} {reply}"]}, extensions=extensions) as server,
        pytest.raises(TransportError, match=rf"no messages from digest@news\.example\.org \({code} {reply}\)"),
    ):
        deliver(server, TWO)
    assert server.taken == []


@PIPELINING
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    "answer",
    ["nonsense", "25 ok", "250-one\r\n251 two", "199 odd", "650 odd", "300 odd", DROP, STALL, Answer(b"250-", "stall"),
     Answer(b"\xff\xfe", "close"), Answer(b"250 o\rk"), Answer(b"2" * 40_000, "stall"),
     Answer(b"250-x\r\n" * 6000, "stall")],
)  # fmt: skip
def test_what_is_lost_before_the_final_dot_is_tried_later(
    verb: str, answer: Answer | str, extensions: tuple[str, ...]
) -> None:
    timeouts = Timeouts(command=0.05, data=0.05)
    with ScriptedServer(script={verb: [answer]}, extensions=extensions) as server:
        first, second = deliver(server, TWO, timeouts=timeouts)
    assert first is not None
    assert (first.code, first.phase) == (421, PHASES[verb])
    assert first.reply
    assert second == TAKEN
    assert server.recipients == {"two@example.org": 1}


@pytest.mark.parametrize(
    "answer",
    [DROP, STALL, TAKE_AND_DROP, TAKE_AND_STALL, "nonsense", "354 go on", "250-one\r\n550 two", Answer(b"25", "close")],
)  # fmt: skip
def test_what_is_lost_after_the_final_dot_is_uncertain(answer: Answer | str) -> None:
    with ScriptedServer(script={"BODY": [answer]}) as server:
        assert deliver(server, TWO, timeouts=Timeouts(body=0.05)) == [None, TAKEN]
    assert server.recipients["two@example.org"] == 1


@pytest.mark.parametrize("size", [1, 100_000])
def test_a_connection_cut_at_any_byte_loses_no_message_and_doubles_none(size: int) -> None:
    data = b"Subject: x\r\n\r\n" + b"x" * size + b"\r\n"
    first, second = message(data=data), message(data=data, recipient="two@example.org")
    greeting = len("EHLO sender.example\r\n")
    envelope = len(f"MAIL FROM:<{first.sender}> SIZE={len(data)}\r\nRCPT TO:<{first.recipient}>\r\nDATA\r\n")
    end = greeting + envelope + len(data) + 3
    cuts = range(greeting + 1, end, 1 if size == 1 else 9_973)
    with ScriptedServer(drops=[each for cut in cuts for each in (cut, None)]) as server:
        for cut in cuts:
            server.taken.clear()
            one, two = deliver(server, [first, second])
            assert two == TAKEN
            assert server.recipients == {"two@example.org": 1}
            # What the network may have swallowed is uncertain; what was not written never is.
            assert one is None or one.code == 421
            if cut < greeting + envelope:
                assert one is not None


def test_a_connection_cut_before_the_greeting_ends_closes_the_way() -> None:
    with ScriptedServer(drops=[5]) as server, pytest.raises(TransportError, match="cannot be reached"):
        deliver(server, [message()])


BIG = message(data=b"Subject: x\r\n\r\n" + b"x" * 20_000_000 + b"\r\n")


@pytest.mark.parametrize(
    ("say", "expected"),
    [
        ("552 5.3.4 too big", Receipt(552, "5.3.4 too big", Phase.DATA, "5.3.4")),
        ("421 4.3.2 closing", Receipt(421, "4.3.2 closing", Phase.DATA, "4.3.2")),
        ("250 2.0.0 ok", Receipt(421, "the relay is out of step: 250 2.0.0 ok", Phase.DATA)),
    ],
)
def test_a_reply_in_the_middle_of_the_body_ends_it_without_a_final_dot(say: str, expected: Receipt) -> None:
    script: Any = {"DATA": [Answer(f"354 go on\r\n{say}".encode(), "stall")]}
    with ScriptedServer(script=script) as server:
        assert deliver(server, [BIG, TWO[1]]) == [expected, TAKEN]
    assert server.recipients == {"two@example.org": 1}


def test_a_relay_that_does_not_take_the_body_in_is_not_waited_for_without_end() -> None:
    with ScriptedServer(script={"DATA": [Answer(b"354 go on", "stall")]}) as server:
        first, second = deliver(server, [BIG, TWO[1]], timeouts=Timeouts(block=0.05))
    assert first == Receipt(421, "the relay did not answer in time", Phase.DATA)
    assert second == TAKEN


def test_a_relay_that_hangs_up_in_the_middle_of_the_body_has_no_message() -> None:
    with ScriptedServer(script={"DATA": [Answer(b"354 go on", "abort")]}) as server:
        first, second = deliver(server, [BIG, TWO[1]])
    assert first == Receipt(421, "the relay closed the connection", Phase.DATA)
    assert second == TAKEN


def test_a_relay_that_wants_a_message_for_nobody_does_not_get_one() -> None:
    def decide(verb: str, line: str) -> Answer | None:
        return Answer(b"550 5.1.1 unknown\r\n354 go on", "go on") if verb == "RCPT" and "reader" in line else None

    with ScriptedServer(decide=decide) as server:
        first, second = deliver(server, TWO)
    assert first == Receipt(550, "5.1.1 unknown", Phase.RCPT, "5.1.1")
    assert second == TAKEN
    assert server.recipients == {"two@example.org": 1}
    assert server.connections == 2


@pytest.mark.parametrize(
    ("came", "reply"),
    [
        (b"250 2.1.0 ok\r\n", Reply(250, "2.1.0 ok", "2.1.0")),
        (b"250\r\n", Reply(250, "")),
        (b"250 ok\n", Reply(250, "ok")),
        (b"550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 three\r\n", Reply(550, "5.7.1 one two three", "5.7.1")),
        (b"550-one\r\n550-\r\n550 two\r\n", Reply(550, "one  two")),
        ("550 5.1.1 ไม่มีผู้รับ\r\n".encode(), Reply(550, "5.1.1 ไม่มีผู้รับ", "5.1.1")),
        (b"550 5.1.1 caf\xe9\r\n", Reply(550, "5.1.1 caf\N{REPLACEMENT CHARACTER}", "5.1.1")),
        (b"550 \x1b[31mred\x07\r\n", Reply(550, "[31mred")),
        (b"550 5.1.1\r\n", Reply(550, "5.1.1", "5.1.1")),
        (b"550 5.1.1234 x\r\n", Reply(550, "5.1.1234 x")),
        (b"550 4.1.1 x\r\n", Reply(550, "4.1.1 x")),
        (b"550 " + b"x" * 2000 + b"\r\n", Reply(550, "x" * 1000)),
    ],
)
def test_a_reply_is_read_with_its_status(came: bytes, reply: Reply) -> None:
    buffer = bytearray(came + b"250 next")
    assert read_reply(buffer) == reply
    assert buffer == b"250 next"


def test_a_reply_that_comes_in_bits_is_waited_for() -> None:
    buffer = bytearray()
    came: list[Any] = []
    for byte in b"250-one\r\n250 two\r\n":
        buffer.append(byte)
        came.append(read_reply(buffer))
    assert came == [None] * 17 + [Reply(250, "one two")]
