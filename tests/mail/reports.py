"""Delivery reports and complaints as mail systems write them, all invented."""

from __future__ import annotations

_STANDARD = """\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@relay.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{id}@relay.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your message could not be handed over.

{words}

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

{groups}

--b
Content-Type: message/rfc822

{returned}

Once upon a time
--b--
"""


def group(
    recipient: str = "reader@example.org",
    *,
    status: str = "5.1.1",
    said: str = "550 5.1.1 No such user here",
    action: str = "failed",
) -> str:
    diagnosis = f"Diagnostic-Code: smtp; {said}\n" if said else ""
    return f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n{diagnosis}"


def standard(
    *groups: str, to: str = "digest@news.example.org", words: str = "", returned: str = "Subject: News", name: str = "1"
) -> bytes:
    """Write a report as RFC 3464 has it."""
    groups = groups or (group(),)
    return _STANDARD.format(to=to, id=name, words=words, groups="\n".join(groups), returned=returned).encode()


def in_words(
    text: str,
    *,
    sender: str = "MAILER-DAEMON@relay.example",
    subject: str = "failure notice",
    to: str = "digest@news.example.org",
    fields: str = "Return-Path: <>\n",
) -> bytes:
    """Write a report in plain text only."""
    return f"{fields}From: {sender}\nTo: {to}\nSubject: {subject}\nMessage-ID: <2@relay.example>\n\n{text}\n".encode()


def complaint(kind: str = "abuse", *, fields: str = "", returned: str = "Subject: News") -> bytes:
    """Write a complaint as RFC 5965 has it."""
    return f"""\
From: feedback@provider.example
To: complaints@news.example.org
Subject: Complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

A reader has complained.
--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Provider/1
Version: 1
{fields}
--b
Content-Type: message/rfc822

{returned}

Once upon a time
--b--
""".encode()
