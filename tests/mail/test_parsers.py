"""A message as programs of others read it: what went in comes out of each, in any script."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import getaddresses, parseaddr
from typing import TYPE_CHECKING, Any

import pytest
from fast_mail_parser import parse_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.kit.text import fit_for_xml, one_line
from publisher.mail import headers
from tests.conftest import ROOT
from tests.mail.test_headers import SCRIPTS, TITLES
from tests.mail.test_message import SENDER, UNSUBSCRIBE_7, data, edition, own

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from email.message import Message


@dataclass(frozen=True)
class Read:
    """What a program shows of a message."""

    subject: str
    #: Display name and address.
    sender: tuple[str, str]
    recipients: list[tuple[str, str]]
    reply_to: list[tuple[str, str]]
    date: str
    message_id: str
    unsubscribe: str
    text: str
    html: str


def _payload(part: Message) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode(part.get_content_charset("none"))


def by_structure(content: bytes) -> Read:
    """Read as `email` does by its default policy."""
    message = message_from_bytes(content, policy=policy.default)
    text, html = message.iter_parts()
    assert [message.defects, text.defects, html.defects] == [[], [], []]
    assert [value.defects for value in message.values() if value.defects] == []

    def people(name: str) -> list[tuple[str, str]]:
        return [(person.display_name, person.addr_spec) for person in message[name].addresses]

    return Read(
        subject=message["Subject"],
        sender=people("From")[0],
        recipients=people("To"),
        reply_to=people("Reply-To"),
        date=message["Date"],
        message_id=message["Message-ID"],
        unsubscribe=message["List-Unsubscribe"],
        text=_payload(text),
        html=_payload(html),
    )


def by_the_old_rules(content: bytes) -> Read:
    """Read as `email` does by the policy `compat32`, where each field is text to be decoded."""
    message = message_from_bytes(content)
    text, html = list(message.walk())[1:]

    def plain(words: str) -> str:
        return str(make_header(decode_header(words)))

    def people(name: str) -> list[tuple[str, str]]:
        return [(plain(display), address) for display, address in getaddresses([str(message[name])])]

    return Read(
        subject=plain(re.sub("\r\n", "", message["Subject"])),
        sender=people("From")[0],
        recipients=people("To"),
        reply_to=people("Reply-To"),
        date=message["Date"],
        message_id=message["Message-ID"],
        unsubscribe=message["List-Unsubscribe"],
        text=_payload(text),
        html=_payload(html),
    )


def by_rust(content: bytes) -> Read:
    """Read as fast-mail-parser does, which shares no code with Python."""
    message = parse_email(content, strict=True)
    assert message.warnings == []
    assert message.attachments == []
    assert message.from_ is not None
    (text,), (html,) = message.text_plain, message.text_html
    return Read(
        subject=message.subject,
        sender=(message.from_.display_name or "", message.from_.address),
        recipients=[(person.display_name or "", person.address) for person in message.to],
        reply_to=[(person.display_name or "", person.address) for person in message.reply_to],
        date=message.date,
        message_id=message.headers["Message-ID"][0],
        unsubscribe=message.headers["List-Unsubscribe"][0],
        text=text,
        html=html,
    )


_NODE = ROOT / "tests" / "digest" / "node"
_POSTAL_MIME = """
import fs from "fs";
import PostalMime from "postal-mime";
const messages = JSON.parse(fs.readFileSync(0));
const read = await Promise.all(messages.map((message) => PostalMime.parse(Buffer.from(message, "base64"))));
process.stdout.write(JSON.stringify(read));
"""


def by_postal_mime(messages: Sequence[bytes]) -> list[dict[str, Any]]:
    """Read as a mail program in a browser does."""
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", _POSTAL_MIME],
        cwd=_NODE,
        input=json.dumps([base64.b64encode(message).decode() for message in messages]).encode(),
        capture_output=True,
        check=True,
    )
    return list(json.loads(done.stdout))


READERS = [by_structure, by_the_old_rules, by_rust]
readers = pytest.mark.parametrize("read", READERS)


@readers
@pytest.mark.parametrize("title", TITLES, ids=lambda title: title[:12])
def test_a_message_is_read_as_it_was_written(read: Callable[[bytes], Read], title: str) -> None:
    made = edition(title)
    content = data(made)
    text, html = own(made.content)
    message = read(content)
    assert message == replace(
        message,
        subject=one_line(f"World briefing: {title}"),
        sender=("World Desk", "digest@news.example.org"),
        recipients=[("", "reader@example.org")],
        reply_to=[("", "desk@news.example.org")],
        date="Sun, 10 Nov 2024 12:00:00 +0000",
        unsubscribe=f"<{UNSUBSCRIBE_7}>",
        text=text,
        html=html,
    )
    assert re.fullmatch(r"<[0-9a-f]{40}@news\.example\.org>", message.message_id)


#: Any text but what no edition has: see kit.text.fit_for_xml.
ANY = st.one_of(st.text(max_size=200), st.text("".join(SCRIPTS.values()) + "=?_ \r\n.\"'<>", max_size=200)).map(
    fit_for_xml
)


@readers
@settings(max_examples=150, deadline=None)
@given(ANY, ANY)
@example("a\r\nBcc: everybody@example.org\r\n\r\nbody", ".\r\n.\n\rFrom x\n-- \n--=_\n")
def test_any_edition_is_read_as_it_was_written(read: Callable[[bytes], Read], title: str, body: str) -> None:
    made = edition("x")
    content = replace(
        made.content, subject=f"s{title}", text=f"{body}\n{made.content.text}", html=f"{body}\n{made.content.html}"
    )
    message = read(data(replace(made, content=content)))
    assert message.subject == one_line(f"s{title}")
    assert (message.text, message.html) == own(content)


NAMES = [
    'Desk, the "World"',
    "Back\\slash\\",
    "โต๊ะข่าวโลก, ฝ่าย <ข่าว>",
    "=?utf-8?q?Desk?=",
    "World (of) Desks; a: b@example.org",
    "Résumé",
    *(words * 8 for words in SCRIPTS.values()),
]


def sent_by(name: str) -> bytes:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return data(edition(), sender=replace(SENDER, address=f'"{escaped}" <digest@news.example.org>'))


@pytest.mark.parametrize("read", [by_the_old_rules, by_rust])
@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:12])
def test_a_sender_is_read_as_it_was_written(read: Callable[[bytes], Read], name: str) -> None:
    assert read(sent_by(name)).sender == (one_line(name), "digest@news.example.org")


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:12])
def test_a_sender_is_read_by_structure_but_for_spaces_between_encoded_words(name: str) -> None:
    # Many Pythons keep the folds between the words as spaces (cpython, gh-128110).
    display, address = by_structure(sent_by(name)).sender
    assert (display.replace(" ", ""), address) == (one_line(name).replace(" ", ""), "digest@news.example.org")


@settings(max_examples=150, deadline=None)
@given(ANY)
def test_any_display_name_is_read_as_it_was_written(name: str) -> None:
    name = one_line(name)
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    field = headers.mailbox("From", f'"{escaped}" <digest@news.example.org>')
    person = parse_email(f"{field}Subject: x\r\n\r\n".encode(), strict=True).from_
    assert person is not None
    assert (person.display_name or "", person.address) == (name, "digest@news.example.org")
    display, address = parseaddr(message_from_bytes(field.encode() + b"\r\n")["From"])
    assert (str(make_header(decode_header(display))), address) == (name, "digest@news.example.org")


@pytest.mark.skipif(
    shutil.which("node") is None or not (_NODE / "node_modules" / "postal-mime").is_dir(),
    reason="postal-mime is not installed: run npm ci in tests/digest/node",
)
def test_postal_mime_reads_messages_as_they_were_written() -> None:
    editions = [edition(title) for title in TITLES]
    messages = [data(made) for made in editions] + [sent_by(name) for name in NAMES]
    read = by_postal_mime(messages)
    for made, message in zip(editions, read, strict=False):
        text, html = own(made.content)
        assert message["subject"] == made.content.subject
        assert message["to"] == [{"address": "reader@example.org", "name": ""}]
        # Of quoted-printable it gives bare line feeds, and the line end before the boundary too.
        for shown, part in ((message["text"], text), (message["html"], html)):
            assert shown.replace("\r\n", "\n").rstrip("\n") == part.replace("\r\n", "\n").rstrip("\n")
    senders = [message["from"] for message in read[len(editions) :]]
    assert senders == [{"address": "digest@news.example.org", "name": one_line(name)} for name in NAMES]
