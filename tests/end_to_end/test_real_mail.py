"""Mail on its way through programs of Debian: Postfix, opendkim and Dovecot, and what comes back."""

from __future__ import annotations

import base64
import json
import re
import shutil
import smtplib
import ssl
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from publisher import config
from publisher.app import Publication
from publisher.jobs.subscriptions import Enrolment, subscribe
from tests.build import NOW, write_post
from tests.end_to_end.conftest import new_site, publish
from tests.end_to_end.dovecot import PASSWORD, Dovecot
from tests.end_to_end.opendkim import verifying
from tests.end_to_end.postfix import Postfix, free_port, house, missing, wait_until
from tests.end_to_end.test_mailbox import parts
from tests.mail.certificates import Authority
from tests.mail.test_preflight import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MISSING = missing("postfix", "dovecot", "opendkim")
pytestmark = pytest.mark.skipif(_MISSING is not None, reason=str(_MISSING))

MOMENT = ("--now", NOW.isoformat())
DESK, BOUNCES = "desk@news.example.org", "bounces@news.example.org"
INTERNATIONAL = "ผู้อ่าน@example.org"
READERS = {**{f"reader{number:02}@example.org": ("th", "en")[number % 2] for number in range(64)}, INTERNATIONAL: "th"}
#: Nobody has a mailbox by these names; the report on the second is handed over by standard input.
GONE = {"gone@example.org": "en", "gone.too@example.org": "th"}
PATIENT, PLAIN = "greylisted@example.org", "plain@example.org"
KEY = rsa.generate_private_key(65537, 2048)
SELECTOR = "2024._domainkey.news.example.org"
RECORD = (
    "v=DKIM1; k=rsa; p="
    + base64.b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
)
#: What servers write above a message.
_TRACE = re.compile(
    rb"(?:(?:Return-Path|X-Original-To|Delivered-To|Authentication-Results|DKIM-Filter|Received):"
    rb"[^\n]*\n(?:[ \t][^\n]*\n)*)+"
)


@dataclass(frozen=True)
class Office:
    """The servers, and at which ports Postfix takes what."""

    postfix: Postfix
    dovecot: Dovecot
    folder: Path
    #: Takes mail to whatever address, and reports later.
    trusting: int
    #: Refuses at RCPT, and for a while puts one address off.
    strict: int
    #: Offers no STARTTLS.
    clear: int
    #: Has a certificate for another host.
    mistaken: int

    def relay(self, port: int) -> str:
        return (
            f'{{ host = "127.0.0.1", port = {port}, security = "starttls", username = "digest", '
            f'password = "{PASSWORD}", connections = 8, ca_file = "{self.folder}/ca.pem" }}'
        )


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with house() as folder, ExitStack() as running:
        authority = Authority.named()
        certificates = {}
        for host in ("127.0.0.1", "other.example.org"):
            authority.server(folder, host)
            certificates[host] = (folder / "relay.pem").rename(folder / f"{host}.pem")
        authority.write(folder)
        trusting, strict, clear, mistaken, milter, imap = ports = [free_port() for _ in range(6)]
        assert len(set(ports)) == len(ports)
        options = {
            "smtpd_tls_security_level": "may",
            "smtpd_tls_chain_files": str(certificates["127.0.0.1"]),
            "smtpd_sasl_auth_enable": "yes",
            "smtpd_relay_restrictions": "permit_sasl_authenticated, reject",
            "smtpd_milters": f"inet:127.0.0.1:{milter}",
        }
        late = f"check_recipient_access texthash:{folder}/late, reject_unauth_destination"
        services = {
            trusting: options,
            strict: {**options, "smtpd_reject_unlisted_recipient": "yes", "smtpd_recipient_restrictions": late},
            clear: {**options, "smtpd_tls_security_level": "none"},
            mistaken: {**options, "smtpd_tls_chain_files": str(certificates["other.example.org"])},
        }
        (folder / "late").write_text(f"{PATIENT} 450 4.2.0 greylisted, come back later\n")
        postfix = Postfix(folder, services, mailboxes=[*READERS, DESK, BOUNCES, PATIENT, PLAIN])
        dovecot = Dovecot(folder, imap)
        running.enter_context(verifying(folder, milter, {SELECTOR: RECORD}))
        running.enter_context(dovecot.running())
        running.enter_context(postfix.running())
        yield Office(postfix, dovecot, folder, trusting, strict, clear, mistaken)


def site(folder: Path, readers: dict[str, str], **changes: str) -> Path:
    """Make a publication that signs, with posts in both languages and these readers."""
    signed = 'dkim = { domain = "news.example.org", selector = "2024", key_file = "config/dkim.pem" }'
    rate = f'"1000/s"\nreturn_path = "{BOUNCES}"\n{signed}'
    made = new_site(folder, rate=rate, **changes)
    key = made / "config/dkim.pem"
    key.touch(mode=0o600)
    key.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (made / "var").mkdir()
    (made / "var/secret").write_text("a secret of the tests, and long enough for it\n")
    for number, language in enumerate(("th", "en", "th", "en")):
        title = '"ผลเลือกตั้งวันแรก “คะแนน” สูสี"' if language == "th" else '".hidden files & a dot at the beginning"'
        write_post(made / "posts", f"A{number}", language=language, title=title, body=".\n\n.. dots, and words " * 30)
    with Publication(folder=made, settings=config.load(made / "config/publisher.toml", {})) as publication:
        for address, language in readers.items():
            wanted = Enrolment(address=address, digest="world", language=language, confirmed=True)
            subscribe(publication.database, wanted, now=NOW, fingerprint=str)
    return made


def states(folder: Path) -> dict[str, str]:
    """The consent of every reader, by address."""
    return {
        each["email"]: each["state"] for each in json.loads(publish(folder, "subscribers", "list", "--json").stdout)
    }


def reached(folder: Path, address: str) -> list[tuple[str, str | None]]:
    """State and reply of what was sent to an address."""
    told = json.loads(publish(folder, "subscribers", "show", address, "--json").stdout)
    return [(each["state"], each["reply"]) for each in told["deliveries"]]


@dataclass(frozen=True)
class Journey:
    """One edition in two languages, sent by way of the relay that reports later, and what came back."""

    site: Path
    #: The same publication, with its mail in the outbox.
    kept: Path
    accounts: dict[str, dict[str, object]]
    sent: dict[str, str]
    after_stdin: dict[str, str]
    told: list[dict[str, object]]
    after_maildir: dict[str, str]


@pytest.fixture(scope="module")
def journey(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Journey:
    folder = tmp_path_factory.mktemp("journey")
    smtp = f'"smtp"\nsmtp = {office.relay(office.trusting)}'
    maildir = office.postfix.maildir(BOUNCES)
    readers = READERS | GONE
    made = site(folder / "mailed", readers, transport=f'{smtp}\nbounces_maildir = "{maildir}"')
    kept = site(folder / "kept", readers)
    for each in (made, kept):
        # There is no Maildir before the first report is in it.
        maildir.joinpath("new").mkdir(parents=True, exist_ok=True)
        shutil.chown(maildir, "nobody")
        shutil.chown(maildir / "new", "nobody")
        done = publish(each, *MOMENT)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
    wait_until(lambda: office.postfix.idle, f"mail stays in the queue: {office.postfix.log}")
    accounts = {
        language: json.loads(publish(made, "editions", "show", f"world-2024-11-10-{language}", "--json").stdout)
        for language in ("th", "en")
    }
    sent = states(made)
    reports = {path: path.read_bytes() for path in (maildir / "new").iterdir()}
    path = next(each for each, report in reports.items() if b"gone.too@example.org" in report)
    path.unlink()
    piped = publish_with_input(made, reports[path], "bounces", "--json")
    after_stdin = states(made)
    (other,) = [report for each, report in reports.items() if each != path]
    # Somebody who knows what a report looks like, and the number of a delivery, but no secret.
    forged = re.sub(rb"bounces\+\d+-[0-9a-f]{20}@", b"bounces+1-" + b"0" * 20 + b"@", other)
    forged = re.sub(rb"(?mi)^(message-id|x-[\w-]*|list-unsubscribe): .*\n(?:[ \t].*\n)*", b"", forged)
    forged = forged.replace(b"gone@example.org", b"reader00@example.org")
    assert forged != other
    (maildir / "new" / "1.forged").write_bytes(forged)
    done = publish(made, *MOMENT)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return Journey(made, kept, accounts, sent, after_stdin, json.loads(piped), states(made))


def publish_with_input(folder: Path, given: bytes, *words: str) -> bytes:
    command = [sys.executable, "-m", "publisher", *words]
    return subprocess.run(command, cwd=folder, input=given, capture_output=True, check=True).stdout


def sent_bytes(content: bytes) -> tuple[bytes, bytes]:
    """Part what servers wrote from what was sent, which gets the line ends of mail again."""
    trace = _TRACE.match(content)
    assert trace is not None
    return trace[0], content[trace.end() :].replace(b"\n", b"\r\n")


def outbox(folder: Path) -> dict[str, list[bytes]]:
    """What was sent, by recipient."""
    found: dict[str, list[bytes]] = {}
    for path in sorted((folder / "var/outbox").rglob("*.eml")):
        data = path.read_bytes()
        recipient = re.search(rb"(?m)^To: (.*)\r$", data)
        assert recipient is not None
        found.setdefault(recipient[1].decode(), []).append(data)
    return found


def test_every_reader_has_one_message_and_its_bytes_are_those_that_were_sent(office: Office, journey: Journey) -> None:
    sent = outbox(journey.kept)
    assert sent.keys() == {*READERS, *GONE, DESK}
    assert {address: [sent_bytes(each)[1] for each in office.postfix.messages(address)] for address in READERS} == {
        address: sent[address] for address in READERS
    }
    assert {len(sent[address]) for address in READERS} == {1}
    assert sorted(sent_bytes(each)[1] for each in office.postfix.messages(DESK)) == sorted(sent[DESK])
    assert not any(office.postfix.messages(address) for address in GONE)
    for language, copies in {"th": 35, "en": 34}.items():
        account = journey.accounts[language]
        assert (account["accepted"], account["recipients"], account["adds_up"]) == (copies, copies, True)


def test_dkimpy_and_opendkim_verify_every_message(office: Office, journey: Journey) -> None:
    asked = []

    def txt(name: bytes, timeout: int) -> bytes:
        asked.append(name)
        return RECORD.encode()

    for address in (*READERS, DESK):
        for content in office.postfix.messages(address):
            trace, data = sent_bytes(content)
            assert b"dkim=pass" in trace, trace.decode()
            assert b"header.d=news.example.org" in trace
            assert dkim.verify(data, dnsfunc=txt), address
    assert asked == [f"{SELECTOR}.".encode()] * (len(READERS) + 2)


def test_opendkim_does_not_verify_a_message_that_was_changed(office: Office, journey: Journey) -> None:
    data = outbox(journey.kept)["reader00@example.org"][0].replace(b"World Desk", b"World Disk", 1)
    with smtplib.SMTP("127.0.0.1", office.strict) as client:
        client.starttls(context=ssl.create_default_context(cafile=str(office.folder / "ca.pem")))
        client.login("digest", PASSWORD)
        client.sendmail("editor@example.org", [PLAIN], data)
    wait_until(lambda: any(b"World Disk" in each for each in office.postfix.messages(PLAIN)), office.postfix.log)
    (changed,) = [each for each in office.postfix.messages(PLAIN) if b"World Disk" in each]
    assert b"dkim=fail" in sent_bytes(changed)[0]


def test_the_mail_program_of_a_reader_gets_the_message_from_dovecot(office: Office, journey: Journey) -> None:
    for address in ("reader00@example.org", "reader01@example.org"):
        (data,) = office.dovecot.messages(address)
        assert data.endswith(outbox(journey.kept)[address][0])
        assert b"\n" not in data.replace(b"\r\n", b"")


def test_the_way_was_encrypted_and_logged_in_and_the_return_path_of_each_is_its_own(
    office: Office, journey: Journey
) -> None:
    traces = [sent_bytes(office.postfix.messages(address)[0])[0] for address in READERS]
    assert all(re.search(rb"with (UTF8SMTPSA|ESMTPSA) id", trace) for trace in traces)
    assert b"with UTF8SMTPSA id" in sent_bytes(office.postfix.messages(INTERNATIONAL)[0])[0]
    paths = {path[1] for trace in traces if (path := re.match(rb"Return-Path: <(.*)>\n", trace))}
    assert len(paths) == len(READERS)
    assert all(re.fullmatch(rb"bounces\+\d+-[0-9a-f]{20}@news\.example\.org", path) for path in paths)


def test_the_html_is_the_web_edition_but_for_the_readers_places_and_one_click_is_on_one_line(
    office: Office, journey: Journey
) -> None:
    for address, language in READERS.items():
        _, data = sent_bytes(office.postfix.messages(address)[0])
        message, _, html = parts(data)
        web = (journey.site / f"output/digests/world/2024-11-10/{language}.html").read_text("utf-8")
        start = next(index for index, (one, other) in enumerate(zip(html, web, strict=False)) if one != other)
        assert html[:start] + html[start + len(html) - len(web) :] == web
        assert html.index('id="footer"') < start
        own = re.search(rb"(?m)^List-Unsubscribe: <(https://[^>\r]+)>(?:, <[^>\r]+>)?\r\n(?=\S)", data)
        assert own is not None
        assert own[1].decode() in html
        assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in data
        assert message["To"] == address


def test_a_report_on_an_unknown_user_suppresses_that_subscriber_and_nobody_else(journey: Journey) -> None:
    everybody = dict.fromkeys((*READERS, *GONE), "confirmed")
    first, second = GONE
    assert journey.sent == everybody
    assert journey.after_stdin == {**everybody, second: "bounced"}
    assert [(each["kind"], each["recipient"], each["action"]) for each in journey.told] == [
        ("hard", second, "suppressed")
    ]
    # The next came by the Maildir, beside one that somebody had made up about reader00.
    assert journey.after_maildir == {**everybody, first: "bounced", second: "bounced"}
    for address in GONE:
        shown = publish(journey.site, "subscribers", "show", address).stdout
        assert re.search(r"hard +5\.1\.1 .*suppressed", shown), shown
        assert "mailed nothing" in shown


def test_the_maildir_of_reports_is_empty_and_all_in_it_is_seen(office: Office, journey: Journey) -> None:
    folder = office.postfix.maildir(BOUNCES)
    assert list((folder / "new").iterdir()) == []
    assert len(list((folder / "cur").iterdir())) == 2


def test_what_is_refused_at_rcpt_fails_at_once_and_what_is_put_off_arrives_later(
    office: Office, tmp_path: Path
) -> None:
    readers = {PLAIN: "en", PATIENT: "en", "unlisted@example.org": "en"}
    made = site(tmp_path / "site", readers, transport=f'"smtp"\nsmtp = {office.relay(office.strict)}', copies_to="[]")
    done = publish(made, *MOMENT)
    assert done.returncode in {0, 1}, done.stderr
    ((taken, _),) = reached(made, PLAIN)
    ((put_off, later),) = reached(made, PATIENT)
    ((refused, why),) = reached(made, "unlisted@example.org")
    assert (taken, put_off, refused) == ("accepted", "deferred", "failed")
    assert "greylisted, come back later" in str(later)
    assert "5.1.1" in str(why)
    assert "User unknown" in str(why)
    assert office.postfix.messages(PATIENT) == []
    (office.folder / "late").write_text("")
    assert office.postfix("reload").returncode == 0
    settings = config.load(made / "config/publisher.toml", {})
    moment = datetime.now(UTC) + timedelta(hours=1)
    with Publication(folder=made, settings=settings, now=NOW, clock=lambda: moment) as publication:
        assert +publication.run().delivered.states == {"accepted": 1}
    wait_until(lambda: office.postfix.idle, office.postfix.log)
    assert [state for address in readers for state, _ in reached(made, address)] == ["accepted", "accepted", "failed"]
    assert len(office.postfix.messages(PATIENT)) == 1


@pytest.mark.parametrize(
    ("port", "ca", "expected"),
    [
        ("trusting", True, None),
        ("trusting", False, "comes from an authority of its own|comes from an unknown authority"),
        ("mistaken", True, "is for another (name|address)"),
        ("clear", True, "does not offer STARTTLS"),
    ],
)
def test_a_check_says_what_is_wrong_with_the_relay(
    office: Office, tmp_path: Path, port: str, ca: bool, expected: str | None
) -> None:
    relay = office.relay(getattr(office, port))
    if not ca:
        relay = re.sub(r', ca_file = "[^"]*"', "", relay)
    made = site(tmp_path / "site", {PLAIN: "en"}, transport=f'"smtp"\nsmtp = {relay}')
    zone = {(SELECTOR, "TXT"): [RECORD], ("_dmarc.news.example.org", "TXT"): ["v=DMARC1; p=reject"]}
    zone |= {("news.example.org", "TXT"): ["v=spf1 mx -all"], ("news.example.org", "MX"): ["10 mail.example.org."]}
    with serving(zone) as dns:
        assert dns.server is not None
        done = publish(made, "check", "--mail", "--json", "--dns", f"127.0.0.1:{dns.server[1]}", *MOMENT)
    about = [each for each in json.loads(done.stdout)["mail"] if each["severity"] == "error"]
    if expected is None:
        assert (about, done.returncode) == ([], 0)
    else:
        assert [bool(re.search(expected, each["message"])) for each in about] == [True], about
        assert done.returncode == 1
