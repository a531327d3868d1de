"""What comes in is read: which kind, of whom, and what tells whose message it was."""

from __future__ import annotations

import json
import time
from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.mail.bounces import reasons
from publisher.mail.bounces.parse import parse
from publisher.mail.bounces.parts import LIMIT
from publisher.model.bounce import NOTHING, Kind, Report
from tests.mail.reports import complaint, group, in_words, standard

if TYPE_CHECKING:
    from pathlib import Path

HARD, SOFT, POLICY, NONE = Kind.HARD, Kind.SOFT, Kind.POLICY, Kind.NOT_A_BOUNCE
READER = "reader@example.org"


def only(data: bytes) -> Report:
    (report,) = parse(data).reports
    return report


def test_a_standard_report_says_whom_and_why() -> None:
    assert only(standard()) == Report(
        kind=HARD, status="5.1.1", recipient=READER, reply="smtp; 550 5.1.1 No such user here"
    )


@pytest.mark.parametrize(
    ("said", "status", "kind"),
    [
        ("550 5.1.1 User unknown", "5.1.1", HARD),
        ("550 5.1.1 <a@b.example>: we looked everywhere", "5.1.1", HARD),
        ("550 5.4.1 Recipient address rejected: Access denied. AB(1)", "5.4.1", HARD),
        ("554 5.4.4 unable to go there", "5.4.4", HARD),
        ("521 no mail is taken here", "", HARD),
        ("", "5.1.10", HARD),
        ("452 4.2.2 The mailbox is full", "4.2.2", SOFT),
        ("552 5.2.2 Over quota", "5.2.2", SOFT),
        ("550 5.2.1 User unknown", "5.2.1", SOFT),
        ("450 4.1.1 User unknown", "4.1.1", SOFT),
        ("550 5.2.1 This account is disabled", "5.2.1", SOFT),
        ("Host or domain name not found, try again", "4.4.3", SOFT),
        ("something that nobody has said yet", "5.0.0", SOFT),
        ("550 5.1.1 your server is on a blocklist", "5.1.1", POLICY),
        ("550 5.1.1 looks like spam", "5.1.1", POLICY),
        ("550 5.7.1 no", "5.0.0", POLICY),
        ("554 5.7.1 User unknown", "5.7.1", POLICY),
        ("550 5.1.8 no", "5.1.8", POLICY),
        # What is behind a link says nothing.
        ("550 5.1.1 see https://relay.example/?why=spam", "5.1.1", HARD),
    ],
)
def test_words_go_before_codes_and_doubt_suppresses_nobody(said: str, status: str, kind: Kind) -> None:
    assert only(standard(group(status=status or "5.0.0", said=said))).kind is kind


@pytest.mark.parametrize(("phase", "kind"), [("RCPT TO", HARD), ("end of DATA", SOFT)])
def test_an_unknown_user_after_data_is_not_believed(phase: str, kind: Kind) -> None:
    report = group(status="5.0.0", said="550 Unknown user")
    assert only(standard(report, words=f"<{READER}>: 550 Unknown user (in reply to {phase} command)")).kind is kind


def test_yahoo_is_believed_after_data() -> None:
    said = "554 dd This user doesn't have an example.org account"
    assert only(standard(group(status="5.0.0", said=said), words=f">>> DATA\n<<< {said}")).kind is HARD


def test_without_a_diagnosis_the_words_about_the_reader_count() -> None:
    groups = [group(address, status="5.0.0", said="") for address in ("one@example.org", "two@example.org")]
    words = "one@example.org: 550 5.1.1 user unknown\ntwo@example.org: 552 5.2.2 mailbox full"
    assert [each.kind for each in parse(standard(*groups, words=words)).reports] == [HARD, SOFT]


def test_what_is_late_is_soft_whatever_is_said() -> None:
    report = only(standard(group(action="delayed", status="4.4.7")))
    assert (report.kind, report.delayed) == (SOFT, True)
    assert only(in_words(f"<{READER}>: user unknown", subject="Warning: could not send message")).delayed


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_success_is_not_a_bounce(action: str) -> None:
    assert only(standard(group(action=action, status="2.1.5", said="250 fine"))) == NOTHING


def test_a_rule_that_a_receiver_wrote_is_no_directory() -> None:
    data = standard().replace(b"dns; relay.example", b"dns; inbound-smtp.eu-north-1.amazonaws.com")
    assert only(data).kind is SOFT


@pytest.mark.parametrize(
    ("text", "kind", "status"),
    [
        (f"<{READER}>:\nSorry, no mailbox here by that name. (#5.1.1)", HARD, "5.1.1"),
        (f"<{READER}>: 550 User unknown after RCPT TO", HARD, "5.0.0"),
        # Nobody knows which command that answered.
        (f"<{READER}>:\n550 User unknown", SOFT, "5.0.0"),
        (f"{READER}\nno mx record found for the domain", HARD, ""),
        (f"{READER}\nretry timeout exceeded", SOFT, ""),
        (f"550 <{READER}>... 550 Host unknown", HARD, "5.0.0"),
        (f"Final-Recipient: rfc822; {READER}\nAction: failed\nStatus: 5.1.1", HARD, "5.1.1"),
    ],
)
def test_reports_in_plain_text_are_understood(text: str, kind: Kind, status: str) -> None:
    report = only(in_words(f"It did not work out.\n\n{text}"))
    assert (report.kind, report.recipient, report.status) == (kind, READER, status)


def test_flufl_bounce_names_the_reader_where_we_see_none() -> None:
    text = "Hi. This is the qmail-send program at relay.example.\n\n<digest@news.example.org>:\nUser unknown (#5.1.1)\n"
    assert only(in_words(text)).recipient == "digest@news.example.org"


def test_failed_recipients_stand_in_a_header() -> None:
    data = in_words("It failed.", sender="somebody@relay.example", fields=f"X-Failed-Recipients: {READER}\n")
    assert only(data) == Report(kind=SOFT, recipient=READER, reply="It failed.")


def test_a_report_about_nobody_in_particular_is_one() -> None:
    assert only(in_words("Sorry.")) == Report(kind=SOFT, reply="Sorry.")
    assert only(in_words("")) == Report(kind=SOFT)


def test_what_a_system_writes_without_sense_is_not_a_bounce() -> None:
    assert only(in_words("Welcome.", subject="Your new account")) == NOTHING


def test_a_report_in_html_only_is_read() -> None:
    data = in_words(f"<p>{READER}<br>User unknown &lt;5.1.1&gt;</p>", fields="Content-Type: text/html\n")
    assert only(data).kind is HARD


def test_a_returned_message_without_a_daemon_is_a_report() -> None:
    text = (
        f"--b\n\nCould not be delivered to {READER}: the mailbox is full.\n--b\nContent-Type: message/rfc822\n\n\n--b--"
    )
    fields = 'Content-Type: multipart/mixed; boundary="b"\n'
    assert only(in_words(text, sender="no-reply@provider.example", subject="Mail", fields=fields)).kind is SOFT


def test_a_boundary_that_is_another_than_announced_hides_nothing() -> None:
    assert only(standard().replace(b'boundary="b"', b'boundary="c"')).kind is HARD


def test_a_notification_of_amazon_is_read() -> None:
    each = {"emailAddress": READER, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
    told = {"notificationType": "Bounce", "bounce": {"bouncedRecipients": [each]}}
    assert only(in_words(json.dumps(told), sender="no-reply@sns.example", fields="")).kind is HARD
    told = {"notificationType": "Delivery", "delivery": {}}
    assert only(in_words(json.dumps(told), sender="no-reply@sns.example", subject="Notice", fields="")) == NOTHING


@pytest.mark.parametrize(
    "fields",
    [
        "Auto-Submitted: auto-replied\nReturn-Path: <>\n",
        "Precedence: bulk\nReturn-Path: <>\n",
        "X-Autoreply: yes\nReturn-Path: <>\n",
        "List-Id: <list.example>\nReturn-Path: <>\n",
        "",
    ],
)
def test_who_is_away_has_not_bounced(fields: str) -> None:
    text = "I am no longer at this address, the user is unknown, and my mailbox is full."
    assert only(in_words(text, sender=READER, subject="Re: News", fields=fields)) == NOTHING


def test_an_automatic_subject_is_no_report() -> None:
    assert only(in_words("user unknown", sender=READER, subject="Out of office: delivery failure")) == NOTHING


def test_a_receipt_that_something_was_read_is_not_a_bounce() -> None:
    data = standard().replace(b"message/delivery-status", b"message/disposition-notification")
    assert only(data) == NOTHING


def test_a_complaint_says_what_it_is_and_where_the_message_came_from() -> None:
    fields = f"Original-Mail-From: <bounces+7-ab@news.example.org>\nOriginal-Rcpt-To: <{READER}>\n"
    returned = "List-Unsubscribe: <https://news.example.org/u/TOKEN-that-is-long-enough>\nMessage-ID: <x@y.example>"
    incoming = parse(complaint(fields=fields, returned=returned))
    assert incoming.reports == (Report(kind=Kind.COMPLAINT, recipient=READER, feedback="abuse"),)
    assert "bounces+7-ab@news.example.org" in incoming.return_paths
    assert incoming.tokens == ("TOKEN-that-is-long-enough",)
    assert incoming.message_ids == ("x@y.example",)


def test_a_message_that_is_no_spam_is_no_complaint() -> None:
    assert only(complaint("not-spam")) == NOTHING


def test_a_mail_that_asks_to_leave_has_a_token() -> None:
    token = "a-token-that-is-long-enough"
    incoming = parse(in_words("", sender=READER, subject=f"unsubscribe {token}", fields=""))
    assert (incoming.reports[0].kind, incoming.tokens) == (Kind.UNSUBSCRIBE, (token,))
    assert only(in_words("please", sender=READER, subject="unsubscribe", fields="")) == NOTHING


@pytest.mark.parametrize(
    "words", ["--- Below this line is a copy of the message.\n\n", "----- Original message -----\n\n", ""]
)
def test_headers_that_are_returned_in_plain_text_are_not_what_is_said(words: str) -> None:
    returned = "Return-Path: <bounces+7-ab@news.example.org>\nMessage-ID: <x@y.example>\nTo: <one@example.org>\n\nspam!"
    incoming = parse(in_words(f"<{READER}>: no such user (#5.1.1)\n\n{words}{returned}"))
    assert incoming.reports[0].kind is HARD
    assert incoming.message_ids == ("x@y.example",)
    assert incoming.recipients == ("one@example.org",)
    assert "bounces+7-ab@news.example.org" in incoming.return_paths


def test_a_report_that_is_shown_as_text_keeps_its_fields() -> None:
    text = standard().decode().partition("\n\n")[2]
    assert only(in_words(text)).kind is HARD


def test_the_way_of_a_report_does_not_change_what_it_is() -> None:
    data = standard()
    ways = [
        data.replace(b"\n", b"\r\n"),
        b"From MAILER-DAEMON Sun Nov 10 2024\nReceived: from relay.example\n" + data + b"\n\n",
    ]
    assert {parse(way).fingerprint for way in ways} == {parse(data).fingerprint}
    assert parse(standard(name="2")).fingerprint != parse(data).fingerprint


@pytest.mark.parametrize(
    "charset", ["utf-8", "iso-2022-jp", "x-unknown", "idna", "utf-7", "", "cp99999", "unicode_escape"]
)
def test_any_charset_is_read_somehow(charset: str) -> None:
    fields = f'Content-Type: text/plain; charset="{charset}"\n'
    assert only(in_words(f"<{READER}>: no such user (#5.1.1)", fields=fields)).kind is HARD


def _nested(depth: int) -> bytes:
    parts = (f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(depth))
    return f"From: MAILER-DAEMON@relay.example\n{''.join(parts)}\nuser unknown\n".encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n\n",
        b"no headers at all",
        bytes(range(256)) * 1000,
        _nested(1000),
        _nested(30) + b"a\n" * LIMIT,
        b"Content-Type: message/rfc822\n\n" * 3000,
        in_words("a." * LIMIT),
        in_words("5.1.1." * LIMIT),
        in_words("a@" * LIMIT),
        in_words("x" * 50 * 2**20),
        in_words("{" + "[" * LIMIT),
        in_words("", subject="=?utf-8?b?!!!?= =?x-none?q?a?=" * 1000),
        b"X-Failed-Recipients: " + b"a@b.example, " * 9999 + b"\n\n",
        b"Subject: \xff\xfe\nFrom: \x00\n\n\x00",
        in_words("begin 666 x\nM", fields="Content-Transfer-Encoding: x-uuencode\n"),
    ],
    ids=range(16),
)
def test_hostile_messages_take_little_time_and_raise_nothing(data: bytes) -> None:
    began = time.process_time()
    assert len(parse(data).reports) <= 50
    assert time.process_time() - began < 20


@given(st.binary(max_size=2000))
@settings(deadline=None, max_examples=50)
def test_whatever_stands_in_a_report_nothing_is_raised(noise: bytes) -> None:
    parse(noise)
    parse(standard(words="").replace(b"reader@example.org", noise))


def test_what_the_parser_raises_is_not_a_bounce(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise IndexError

    monkeypatch.setattr("email.message.Message.get_content_type", broken)
    assert parse(standard()).reports == (NOTHING,)
    assert "makes no sense" in caplog.text


def test_a_detector_of_flufl_bounce_that_breaks_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise IndexError

    monkeypatch.setattr("flufl.bounce.all_failures", broken)
    assert only(in_words(f"<{READER}>: no such user (#5.1.1)")).recipient == READER


def test_a_code_that_stands_behind_another_is_the_better_one() -> None:
    assert reasons.sort("550 5.1.0 - no: 554 5.7.1 no").status == "5.7.1"
    assert reasons.sort("550 5.0.0 no").status == "5.0.0"
    assert reasons.sort("550 no").status == "5.0.0"
    assert reasons.sort("no", "5.3.0").status == "5.3.0"
    assert not reasons.sort("no").understood


# --- Real reports ---------------------------------------------------------------------------------------------------


def _told(expected: list[dict[str, object]]) -> set[str]:
    words = {"delivered": "none", "vacation": "none"}
    return {words.get(str(each["reason"]), "hard" if each["hard"] else "soft") for each in expected}


def _found(data: bytes) -> set[str]:
    words = {HARD: "hard", NONE: "none"}
    return {words.get(report.kind, "soft") for report in parse(data).reports}


def test_real_reports_are_told_apart(corpus: Path) -> None:
    right: dict[bool, list[bool]] = {True: [], False: []}
    falsely_hard = []
    folder = corpus / "mail" / "bounces"
    for name, expected in json.loads((folder / "expected.json").read_text("utf-8")).items():
        data = (folder / f"{name}.eml").read_bytes()
        standard_one = any(
            part.get_content_type() == "message/delivery-status" for part in message_from_bytes(data).walk()
        )
        found, told = _found(data), _told(expected)
        right[standard_one].append(found == told)
        falsely_hard.append("hard" in found - told)
    assert sum(right[True]) >= 0.95 * len(right[True])
    assert sum(right[False]) >= 0.85 * len(right[False])
    assert sum(falsely_hard) < 0.01 * len(falsely_hard)


def test_no_real_message_of_another_kind_is_a_bounce(corpus: Path) -> None:
    found = {path.name: _found(path.read_bytes()) for path in (corpus / "mail" / "not-bounces").glob("*.eml")}
    assert found
    assert {name for name, kinds in found.items() if kinds != {"none"}} == set()
