"""What providers would mind is found before they see it, with DNS as a small server on this machine answers."""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import socketserver
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from publisher.mail.authentication import verifies
from publisher.mail.checked import Checked, DnsSilentError, Severity
from publisher.mail.dkim import DkimSigner
from publisher.mail.message import MessageTemplate
from publisher.mail.preflight import preflight
from publisher.mail.resolver import Dns
from publisher.model.errors import DnsError
from tests.mail.test_dkim import _key, record, sender, signer, verified
from tests.mail.test_message import SENDER, THAI_TITLE, delivery, edition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.mail.checked import Finding
    from publisher.mail.message import Sender
    from publisher.model.mail import Message

DOMAIN = "news.example.org"
Zone = dict[tuple[str, str], list[str]]


class _Answer(socketserver.BaseRequestHandler):
    """Answers one question from the zone; a name whose records are `fail` makes the server fail."""

    def handle(self) -> None:
        packet, answering = self.request
        query = dns.message.from_wire(packet)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        reply = dns.message.make_response(query)
        zone: Zone = self.server.zone  # type: ignore[attr-defined]
        records = zone.get((name.lower(), kind), [])
        if records == ["fail"]:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif records:
            written = [_strings(text) if kind == "TXT" else text for text in records]
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *written))
        elif not any(known == name for known, _ in zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        answering.sendto(reply.to_wire(), self.client_address)


def _strings(text: str) -> str:
    """Write a TXT record in strings, none of them too long."""
    return " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200))


@contextmanager
def serving(zone: Zone) -> Iterator[Dns]:
    with socketserver.UDPServer(("127.0.0.1", 0), _Answer) as server:
        server.zone = zone  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Dns(("127.0.0.1", server.server_address[1]))
        finally:
            server.shutdown()
            thread.join()


def sound(**records: list[str]) -> Zone:
    """A zone with nothing to find in it, but for what a test puts there: `dkim`, `dmarc`, `spf`, `mx`."""
    zone: Zone = {
        (f"2024._domainkey.{DOMAIN}", "TXT"): [record().decode()],
        (f"_dmarc.{DOMAIN}", "TXT"): ["v=DMARC1; p=reject; rua=mailto:dmarc@example.org"],
        (DOMAIN, "TXT"): ["something-else=1", "v=spf1 a:relay.example.org -all"],
        (DOMAIN, "MX"): ["10 mail.example.org."],
        ("relay.example.org", "A"): ["9.9.9.9"],
        ("9.9.9.9.in-addr.arpa", "PTR"): ["relay.example.org."],
    }
    places = dict(zip(("dkim", "dmarc", "spf", "mx", "relay", "ptr"), list(zone), strict=True))
    return zone | {places[name]: values for name, values in records.items()}


def message(made: Sender | None = None) -> Message:
    return MessageTemplate(edition(THAI_TITLE), "ข่าวโลก", made or sender()).message_for(delivery())


def found(checked: Message, zone: Zone | None, made: DkimSigner | None = None) -> list[Finding]:
    if zone is None:
        return preflight(checked, made or signer(), None)
    with serving(zone) as resolver:
        return preflight(checked, made or signer(), resolver, relay="relay.example.org")


def test_nothing_is_found_in_a_sound_message_of_a_sound_domain() -> None:
    assert found(message(), sound()) == []
    assert found(message(replace(sender(), return_path="bounces@news.example.org")), sound()) == []


@pytest.mark.parametrize(
    ("records", "rule", "severity", "said", "way_out"),
    [
        (
            {"dkim": []},
            "dkim-record",
            "error",
            "has 0 records",
            'publish .*2024._domainkey.news.example.org: "v=DKIM1; k=',
        ),
        ({"dkim": ["v=DKIM1; p=a", "v=DKIM1; p=b"]}, "dkim-record", "error", "has 2 records", "publish"),
        ({"dkim": ["v=DKIM1; p="]}, "dkim-record", "error", "has not the key that signs", "publish"),
        ({"dkim": ["v=DKIM1; p=%%%"]}, "dkim-record", "error", "has not the key that signs", "publish"),
        ({"dkim": ["not a record"]}, "dkim-record", "error", "has not the key that signs", "publish"),
        ({"dkim": ["OTHER RSA"]}, "dkim-record", "error", "has not the key that signs", "publish"),
        ({"dkim": ["ED25519"]}, "dkim-record", "error", "has not the key that signs", "publish"),
        ({"dkim": ["TEST"]}, "dkim-record", "warning", "says that it is a test", "take t=y out"),
        ({"dkim": ["fail"]}, "dns", "warning", "whether 2024._domainkey.news.example.org has a TXT record", "ask DNS"),
        (
            {"dmarc": []},
            "dmarc",
            "error",
            "news.example.org has no DMARC records",
            "publish one TXT record of _dmarc.news",
        ),
        ({"dmarc": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, "dmarc", "error", "has 2 DMARC records", "publish one"),
        ({"dmarc": ["v=DMARC1; rua=mailto:x@example.org"]}, "dmarc", "error", "has no policy", "p=none"),
        ({"dmarc": ["v=DMARC1; p=maybe"]}, "dmarc", "error", "has no policy", "p=none"),
        ({"dmarc": ["v=DMARC1; p=none; psd=y"]}, "dmarc", "error", "has no DMARC records", "publish one TXT record"),
        ({"dmarc": ["fail"]}, "dns", "warning", "whether _dmarc.news.example.org has a TXT record", "ask DNS"),
        (
            {"spf": ["something-else=1"]},
            "spf",
            "error",
            "has no SPF records",
            "publish one TXT record of news.example.org",
        ),
        ({"spf": ["v=spf1 -all", "v=spf1 mx -all"]}, "spf", "error", "has 2 SPF records", "publish one TXT record"),
        ({"spf": ["v=spf1 +all"]}, "spf", "error", "every machine", "names the relay"),
        ({"spf": ["v=spf1 mx ALL"]}, "spf", "error", "every machine", "names the relay"),
        ({"spf": ["v=spf10 -all"]}, "spf", "error", "has no SPF records", "publish one"),
        ({"spf": ["fail"]}, "dns", "warning", "whether news.example.org has a TXT record", "ask DNS"),
        ({"mx": []}, "return-path", "warning", "news.example.org takes no mail", "publish an MX record"),
        ({"mx": ["0 ."]}, "return-path", "warning", "news.example.org takes no mail", "publish an MX record"),
        ({"relay": ["10.1.2.3"]}, "reverse-dns", "hint", "cannot be seen from here", "dig -x"),
        ({"relay": []}, "reverse-dns", "hint", "cannot be seen from here", "dig -x"),
        ({"relay": ["fail"]}, "reverse-dns", "hint", "whether relay.example.org has a A record", "ask DNS"),
        ({"ptr": []}, "reverse-dns", "hint", "the address 9.9.9.9 .* has no name that leads back to it", "PTR record"),
        ({"ptr": ["other.example.org."]}, "reverse-dns", "hint", "no name that leads back", "PTR record"),
    ],
)
def test_each_thing_wrong_with_a_domain_is_found_and_nothing_else(
    records: dict[str, list[str]], rule: str, severity: str, said: str, way_out: str
) -> None:
    keys = {
        "OTHER RSA": lambda: record(_signer(2048)).decode(),
        "ED25519": _ed25519,
        "TEST": lambda: f"{record().decode()}; t=s:y",
    }
    zone = sound(
        **{name: [keys.get(each, lambda each=each: each)() for each in made] for name, made in records.items()}
    )
    (finding,) = found(message(), zone)
    assert (finding.rule, finding.severity) == (rule, severity)
    assert re.search(said, finding.message)
    assert re.search(way_out, finding.way_out)


def _signer(bits: int) -> DkimSigner:
    return DkimSigner(domain=DOMAIN, selector="2024", key=_key(bits))


def _ed25519() -> str:
    key = (
        ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(key).decode()}"


def test_the_record_to_publish_is_the_one_that_then_holds() -> None:
    (finding,) = found(message(), sound(dkim=[]))
    written = finding.way_out.split('"')[1]
    assert found(message(), sound(dkim=[written])) == []


@pytest.mark.parametrize("kind", ["A", "AAAA"])
def test_a_domain_without_an_exchanger_takes_mail_itself(kind: str) -> None:
    zone = sound(mx=[]) | {(DOMAIN, kind): ["192.0.2.1" if kind == "A" else "2001:db8::1"]}
    assert found(message(), zone) == []


@pytest.mark.parametrize(
    ("signing", "records", "aligned"),
    [
        (DOMAIN, {}, True),
        (DOMAIN, {f"_dmarc.{DOMAIN}": "v=DMARC1; p=none; adkim=s; aspf=s"}, True),
        ("mail.news.example.org", {f"_dmarc.{DOMAIN}": "v=DMARC1; p=none"}, True),
        ("example.org", {f"_dmarc.{DOMAIN}": "v=DMARC1; p=none"}, True),
        ("example.org", {f"_dmarc.{DOMAIN}": "v=DMARC1; p=none; adkim=s"}, False),
        ("mail.example.org", {f"_dmarc.{DOMAIN}": "v=DMARC1; p=none", "_dmarc.example.org": "v=DMARC1; p=none"}, True),
        ("mail.example.org", {"_dmarc.example.org": "v=DMARC1; p=none"}, True),
        ("mail.example.org", {f"_dmarc.{DOMAIN}": "v=DMARC1; p=none"}, False),
        ("example.com", {f"_dmarc.{DOMAIN}": "v=DMARC1; p=none"}, False),
        ("badnews.example.org", {f"_dmarc.{DOMAIN}": "v=DMARC1; p=none"}, False),
    ],
)
def test_the_domain_that_signs_belongs_to_the_one_that_readers_see(
    signing: str, records: dict[str, str], aligned: bool
) -> None:
    made = replace(signer(), domain=signing)
    zone = sound() | {(f"2024._domainkey.{signing}", "TXT"): [record().decode()]}
    if records:
        del zone[f"_dmarc.{DOMAIN}", "TXT"]
    zone |= {(name, "TXT"): [written] for name, written in records.items()}
    findings = found(message(sender(dkim=made)), zone, made)
    assert [(finding.rule, finding.severity) for finding in findings] == ([] if aligned else [("alignment", "error")])


def test_a_return_path_elsewhere_leaves_dmarc_to_the_signature() -> None:
    zone = sound() | {("example.com", "TXT"): ["v=spf1 -all"], ("example.com", "A"): ["192.0.2.1"]}
    (finding,) = found(replace(message(), sender="bounces@example.com"), zone)
    assert (finding.rule, finding.severity) == ("alignment", Severity.WARNING)
    assert "the return path in example.com" in finding.message


@pytest.mark.parametrize(("policy", "rules"), [("aspf=r", []), ("aspf=s", ["alignment"])])
def test_a_return_path_below_the_domain_counts_unless_the_policy_is_strict(policy: str, rules: list[str]) -> None:
    below = f"bounces.{DOMAIN}"
    zone = sound(dmarc=[f"v=DMARC1; p=none; {policy}"]) | {(below, "TXT"): ["v=spf1 -all"], (below, "MX"): ["10 x."]}
    findings = found(replace(message(), sender=f"bounces@{below}"), zone)
    assert [finding.rule for finding in findings] == rules


def test_a_message_without_a_signature_is_told_to_get_one() -> None:
    unsigned = message(SENDER)
    with serving(sound()) as resolver:
        (finding,) = preflight(unsigned, None, resolver, relay="9.9.9.9")
    assert (finding.rule, finding.severity) == ("dkim", Severity.ERROR)
    assert "[mail.dkim]" in finding.way_out


def test_a_signature_is_looked_at_without_the_key_as_well() -> None:
    with serving(sound()) as resolver:
        assert preflight(message(), None, resolver) == []
    with serving(sound(dkim=[])) as resolver:
        (finding,) = preflight(message(), None, resolver)
    assert finding.way_out == f"publish it as a TXT record of 2024._domainkey.{DOMAIN}"


def test_a_short_key_is_a_warning() -> None:
    short = _signer(1024)
    (finding,) = found(message(sender(dkim=short)), None, short)
    assert (finding.rule, finding.severity) == ("dkim-key", Severity.WARNING)


@pytest.mark.parametrize(
    ("written", "instead", "rules"),
    [
        (b"World Desk", b"World  Desk\tx", {"dkim"}),
        (b"\r\n\r\n--=_", b"\r\n\r\nx\r\n--=_", {"dkim"}),
        (b" b=", b" b=*", {"dkim"}),
        (b"\r\n\r\n--=_", b"\r\n\r\n\n--=_", {"dkim", "line-ends"}),
        (b"\r\n\r\n--=_", b"\r\n\r\n.\r--=_", {"dkim", "line-ends"}),
        (b"\r\n\r\n--=_", b"\r\n\r\n" + b"x" * 999 + b"\r\n--=_", {"dkim", "line-length"}),
        (b"\r\n\r\n--=_", b"\r\n\r\n" + (b"x" * 75 + b"\r\n") * 150_000 + b"--=_", {"dkim", "size"}),
        (b"Precedence: bulk", b"Comments: =?utf-8?b?" + b"4Lic" * 16 + b"?=", {"encoded-words"}),
        (b"\r\nDate: ", b"\r\nX-Date: ", {"dkim", "headers"}),
        (b"\r\nDate: ", b"\r\nDate: now\r\nDate: ", {"headers"}),
        (b"\r\nFrom: ", b"\r\nFrom: a@example.com\r\nFrom: ", {"dkim", "headers"}),
        (b"\r\nList-Unsubscribe: <https:", b"\r\nList-Unsubscribe: <http:", {"dkim", "one-click"}),
        (b"\r\nList-Unsubscribe: <https:", b"\r\nList-Unsubscribe:\r\n <https:", {"one-click"}),
        (b"=One-Click\r\n", b"=one-click\r\n", {"dkim", "one-click"}),
        (b"Post: List-Unsubscribe=One-Click\r\n", b"Post: x\r\n", {"dkim", "one-click"}),
        (b":list-unsubscribe:", b":", {"dkim", "dkim-headers"}),
        (b"subject;", b"x;", {"dkim", "dkim-headers"}),
    ],
)
def test_each_thing_wrong_with_a_message_is_found(written: bytes, instead: bytes, rules: set[str]) -> None:
    made = message()
    assert written in made.data
    findings = found(replace(made, data=made.data.replace(written, instead, 1)), None)
    assert {finding.rule for finding in findings} == rules
    assert {finding.severity for finding in findings} == {Severity.ERROR}
    assert all(finding.message and finding.way_out for finding in findings)


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (b"", b""),
        (b"\r\nTo: ", b"\r\nTO:\t "),
        (b"; charset", b";   charset"),
        (b"\r\nDate: ", b"\r\nDate: now\r\nDate: "),
        (b"\r\nDate: ", b"\r\nX-Other: now\r\nDate: "),
        (b"World Desk", b"World\r\n Desk"),
        (b"utf-8\r\n", b"utf-8 \t\r\n"),
        (b"--\r\n", b"--\r\n\r\n\r\n"),
        (b"--\r\n", b"--"),
        (b"--\r\n", b"--\r\nx"),
        (b"--\r\n", b"-- x\r\n"),
        (b" bh=", b" bh=x"),
        (b"Subject: ", b"Subject: x"),
        (b"\r\nMIME-Version: 1.0", b""),
    ],
)
def test_a_signature_is_judged_as_dkimpy_judges_it(written: bytes, instead: bytes) -> None:
    made = message()
    assert written in made.data
    changed = replace(made, data=instead.join(made.data.rsplit(written, 1) if written else [made.data]))
    assert verifies(Checked(changed, None), signer().key.public_key()) == verified(changed.data)


def test_findings_come_worst_first() -> None:
    findings = found(message(), sound(spf=[], mx=[], ptr=[], dmarc=[]))
    assert [finding.severity for finding in findings] == ["error", "error", "warning", "hint"]


def test_a_server_that_is_not_there_is_told_from_a_record_that_is_not() -> None:
    with serving({(DOMAIN, "MX"): ["10 mail.example.org."], ("fails.example.org", "TXT"): ["fail"]}) as resolver:
        assert resolver.lookup(DOMAIN, "MX") == ["10 mail.example.org."]
        assert resolver.lookup(DOMAIN, "TXT") == resolver.lookup("nothing.example.org", "TXT") == []
        with pytest.raises(DnsError, match=r"^DNS does not say whether fails.example.org has a TXT record"):
            resolver.lookup("fails.example.org", "TXT")
        with pytest.raises(DnsError, match="DNS does not say whether"):
            resolver.lookup(f"{'x' * 64}.example.org", "TXT")


@contextmanager
def silence() -> Iterator[tuple[Dns, socket.socket]]:
    """Give DNS where somebody listens and never answers, and what is asked there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.setblocking(False)
        yield Dns(listening.getsockname(), timeout=0.2), listening


def asked(listening: socket.socket) -> set[str]:
    """Give the names that were asked for."""
    names = set()
    with contextlib.suppress(BlockingIOError):
        while True:
            question = dns.message.from_wire(listening.recv(4096)).question[0]
            names.add(question.name.to_text(omit_final_dot=True))
    return names


def test_where_no_name_server_answers_one_question_is_asked_and_one_thing_said() -> None:
    with silence() as (resolver, listening):
        (finding,) = preflight(message(), signer(), resolver, relay="relay.example.org")
        assert asked(listening) == {f"2024._domainkey.{DOMAIN}"}
    assert (finding.rule, finding.severity) == ("dns", Severity.WARNING)
    assert finding.message == (
        f"DNS does not answer within 0.2 seconds, asked for the TXT record of 2024._domainkey.{DOMAIN}, "
        "so that nothing else is asked"
    )
    assert "--dns" in finding.way_out


class _FallsSilent(Dns):
    """Answers as a zone does, but of the relay nobody says anything."""

    def lookup(self, name: str, kind: str) -> list[str]:
        if name == "relay.example.org":
            raise DnsSilentError("DNS does not answer")
        return super().lookup(name, kind)


def test_a_name_server_that_falls_silent_leaves_what_was_found_before() -> None:
    with serving(sound(dmarc=["v=DMARC1"])) as resolver:
        findings = preflight(message(), signer(), _FallsSilent(resolver.server), relay="relay.example.org")
    assert [finding.rule for finding in findings] == ["dmarc", "dns"]
