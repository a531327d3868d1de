"""TLS and login: with a relay that cannot be trusted nothing is said, and a person is told why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publisher.mail.smtp_session import Timeouts
from publisher.model.errors import TransportError
from tests.mail.certificates import Authority, self_signed
from tests.mail.scripted import DROP, STALL, Answer, ScriptedServer
from tests.mail.test_outbox import message
from tests.mail.test_smtp import TAKEN, deliver, everyone_once, readers

if TYPE_CHECKING:
    from pathlib import Path

LOGIN = {"username": "digest", "password": "a secret"}


@pytest.fixture
def authority() -> Authority:
    return Authority.named()


@pytest.fixture(params=["starttls", "tls"])
def security(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def server(security: str, context: Any, **values: Any) -> ScriptedServer:
    return ScriptedServer(tls=context, implicit=security == "tls", **values)


def test_messages_go_out_encrypted_after_a_login(security: str, authority: Authority, tmp_path: Path) -> None:
    data = b"Subject: x\r\n\r\n" + b"A line of text.\r\n" * 40_000
    with server(security, authority.server(tmp_path), users={"digest": "a secret"}) as relay:
        sent = deliver(
            relay, [*readers(2), message(data=data)], security=security, ca_file=authority.write(tmp_path), **LOGIN
        )
    assert sent == [TAKEN] * 3
    assert relay.logins == [("digest", True)]
    assert relay.taken[2].data == data
    assert relay.connections == 1
    # What was said in clear text is forgotten (RFC 3207 section 4.2).
    assert relay.verbs().count("EHLO") == (2 if security == "starttls" else 1)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda authority, folder: authority.server(folder, days=-1), "has expired: have it renewed"),
        (
            lambda authority, folder: authority.server(folder, "192.0.2.1"),
            r"is for another address: set mail.smtp.host",
        ),
        (lambda authority, folder: self_signed(folder), r"is self-signed: name it in mail.smtp.ca_file"),
        (
            lambda authority, folder: Authority.named("Example Stranger").server(folder),
            r"comes from an unknown authority: name that in mail\.smtp\.ca_file",
        ),
    ],
    ids=["expired", "other name", "self-signed", "unknown authority"],
)
def test_a_relay_with_a_wrong_certificate_gets_nothing(
    security: str, made: Any, sentence: str, authority: Authority, tmp_path: Path
) -> None:
    with (
        server(security, made(authority, tmp_path), users={"digest": "a secret"}) as relay,
        pytest.raises(TransportError, match=rf"the certificate of the relay 127\.0\.0\.1:\d+ {sentence}"),
    ):
        deliver(relay, [message()], security=security, ca_file=authority.write(tmp_path), **LOGIN)
    assert (relay.logins, relay.taken) == ([], [])
    assert "MAIL" not in relay.verbs()


def test_a_certificate_is_checked_where_no_authority_is_named(security: str, tmp_path: Path) -> None:
    with server(security, self_signed(tmp_path)) as relay, pytest.raises(TransportError, match="self-signed"):
        deliver(relay, [message()], security=security)


def test_a_self_signed_certificate_is_trusted_where_it_is_named(authority: Authority, tmp_path: Path) -> None:
    with server("starttls", self_signed(tmp_path)) as relay:
        sent = deliver(relay, [message()], security="starttls", ca_file=tmp_path / "relay.pem")
    assert sent == [TAKEN]


def test_a_file_of_authorities_that_is_not_there_is_named(tmp_path: Path) -> None:
    with ScriptedServer() as relay, pytest.raises(TransportError, match=r"ca_file.*nothing\.pem"):
        deliver(relay, [message()], security="starttls", ca_file=tmp_path / "nothing.pem")


def test_a_relay_that_does_not_offer_starttls_gets_nothing() -> None:
    with (
        ScriptedServer(users={"digest": "a secret"}) as relay,
        pytest.raises(TransportError, match=r"does not offer STARTTLS.*mail\.smtp\.security"),
    ):
        deliver(relay, [message()], security="starttls", **LOGIN)
    assert (relay.logins, relay.verbs()) == ([], ["EHLO"])


@pytest.mark.parametrize("answer", ["454 4.7.0 no TLS now", "501 5.5.4 no", DROP, STALL, "nonsense"])
def test_a_relay_that_refuses_to_encrypt_gets_nothing(
    answer: Answer | str, authority: Authority, tmp_path: Path
) -> None:
    timeouts = Timeouts(command=0.2)
    with (
        server("starttls", authority.server(tmp_path), script={"STARTTLS": [answer]}) as relay,
        pytest.raises(TransportError),
    ):
        deliver(relay, [message()], security="starttls", ca_file=authority.write(tmp_path), timeouts=timeouts)
    assert relay.verbs() == ["EHLO", "STARTTLS"]


def test_a_relay_that_does_not_speak_tls_at_its_port_is_named() -> None:
    with ScriptedServer() as relay, pytest.raises(TransportError, match=r"does not speak TLS.*mail\.smtp\.security"):
        deliver(relay, [message()], security="tls")


@pytest.mark.parametrize("injected", [b"250-relay.example\r\n250 AUTH PLAIN", b"250 ok", b"535 5.7.8 go away"])
def test_what_is_slipped_in_before_the_handshake_is_discarded(
    injected: bytes, authority: Authority, tmp_path: Path
) -> None:
    script = {"STARTTLS": [Answer(b"220 go on\r\n" + injected)]}
    with server("starttls", authority.server(tmp_path), script=script) as relay:
        try:
            sent = deliver(relay, [message()], security="starttls", ca_file=authority.write(tmp_path))
        except TransportError:
            # It came in with the handshake, and spoilt that.
            assert relay.taken == []
        else:
            assert sent == [TAKEN]
            assert relay.taken[0].recipients == ("reader@example.org",)


def test_no_password_goes_out_in_clear_text() -> None:
    with (
        ScriptedServer(users={"digest": "a secret"}) as relay,
        pytest.raises(TransportError, match=r"clear text: set mail\.smtp\.security"),
    ):
        deliver(relay, [message()], **LOGIN)
    assert relay.connections == 0


@pytest.mark.parametrize(
    ("users", "script", "said"),
    [
        ({"digest": "another"}, {}, "535 5.7.8 wrong name or password"),
        ({"digest": "a secret"}, {"AUTH": ["454 4.7.0 try later", "454 4.7.0 try later"]}, "454 4.7.0 try later"),
        ({"digest": "a secret"}, {"AUTH": [DROP]}, "disconnected|lost|EOF|connect"),
        ({}, {}, "AUTH extension is not supported"),
    ],
    ids=["wrong", "later", "dropped", "not offered"],
)
def test_a_login_that_fails_closes_the_way_for_all(
    users: dict[str, str], script: Any, said: str, authority: Authority, tmp_path: Path
) -> None:
    with (
        server("starttls", authority.server(tmp_path), users=users, script=script) as relay,
        pytest.raises(TransportError, match=rf"does not let digest in \(.*({said})") as raised,
    ):
        deliver(relay, [message()], security="starttls", ca_file=authority.write(tmp_path), **LOGIN)
    assert "a secret" not in str(raised.value)
    assert relay.taken == []


@pytest.mark.parametrize("cut", [3000, 40_000])
def test_an_encrypted_connection_that_is_lost_doubles_nothing(authority: Authority, tmp_path: Path, cut: int) -> None:
    data = b"Subject: x\r\n\r\n" + b"A line of text.\r\n" * 5000
    with server("tls", authority.server(tmp_path), drops=[cut]) as relay:
        first, *others = deliver(
            relay, [message(data=data), *readers(2)], security="tls", ca_file=authority.write(tmp_path)
        )
    assert first is None or first.code == 421
    assert others == [TAKEN, TAKEN]
    assert relay.recipients == everyone_once(2)
