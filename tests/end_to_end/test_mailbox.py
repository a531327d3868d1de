"""An edition on its way into a mailbox: composed by the program, taken by a server, and read back from there."""

from __future__ import annotations

import asyncio
import re
from email import message_from_bytes, policy
from mailbox import Maildir
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller

from tests.build import write_post
from tests.end_to_end.conftest import new_site, publish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

AT_NOON = ("--now", "2024-11-10T12:00:00Z")
HEADLINES = {
    "en": [
        "Count goes on after a close vote",
        'A title with <b>HTML</b>, "quotes" & an ampersand',
        ".hidden files and a dot at the beginning",
        "Rain 👩‍👩‍👧‍👦 and shine",
    ],
    "th": ["ผลเลือกตั้งวันแรก “คะแนน” สูสี", "น้ำท่วมภาคใต้ยังน่าห่วง", "ตลาดหุ้นปิดบวก 12 จุด"],
}
READERS = {"en": "english@example.org", "th": "thai@example.org"}
EDITOR = "desk@news.example.org"
LIST_TITLES = {"en": "World briefing", "th": "สรุปข่าวโลก"}


class Store(Controller):
    """A server on loopback that puts what it takes into a Maildir, one for each recipient."""

    def __init__(self, folder: Path) -> None:
        super().__init__(self, hostname="127.0.0.1", port=0)
        self._folder = folder

    def _trigger_server(self) -> None:
        # Only now is it known which port was free.
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call] # aiosmtpd types its front only

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        for recipient in envelope.rcpt_tos:
            self.mailbox(recipient).add(envelope.original_content)
        return "250 2.0.0 taken"

    def mailbox(self, recipient: str) -> Maildir:
        return Maildir(self._folder / recipient)

    def messages(self, recipient: str) -> list[bytes]:
        mailbox = self.mailbox(recipient)
        return [mailbox.get_bytes(key) for key in sorted(mailbox.keys())]


def site(folder: Path, secret: bytes, **changes: str) -> Path:
    """Make a publication with posts in both languages, a reader of each, and the same secret whenever it is made."""
    made = new_site(folder, **changes)
    for language, titles in HEADLINES.items():
        for number, title in enumerate(titles):
            quoted = title.replace('"', '\\"')
            write_post(made / "posts", f"{language}{number}", language=f'"{language}"', title=f'"{quoted}"')
    (made / "var").mkdir()
    (made / "var" / "secret").write_bytes(secret)
    for language, address in READERS.items():
        done = publish(made, "subscribers", "add", address, "--confirmed", "--language", language)
        assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, Store]]:
    """Two publications alike, one after its mail went to a server and one after it went to the outbox."""
    folder = tmp_path_factory.mktemp("mailbox")
    secret = b"a secret of the tests, and long enough for it\n"
    store = Store(folder / "mail")
    (folder / "mail").mkdir()
    store.start()
    try:
        relay = f'smtp = {{ host = "127.0.0.1", port = {store.port}, security = "none" }}'
        mailed = site(folder / "mailed", secret, transport=f'"smtp"\n{relay}')
        kept = site(folder / "kept", secret)
        for each in (mailed, kept):
            done = publish(each, *AT_NOON)
            assert (done.returncode, done.stderr) == (0, "")
        yield mailed, kept, store
    finally:
        store.stop()


def parts(content: bytes) -> tuple[EmailMessage, str, str]:
    """Open a message: itself, its text and its HTML, with the line ends of files."""
    message = message_from_bytes(content, policy=policy.default)
    assert message.defects == []
    payloads = [part.get_payload(decode=True) for part in message.iter_parts()]
    text, html = (payload.decode().replace("\r\n", "\n") for payload in payloads if isinstance(payload, bytes))
    return message, text, html


def own_links(message: EmailMessage) -> tuple[str, str]:
    unsubscribe = str(message["List-Unsubscribe"]).strip("<>")
    assert re.fullmatch(r"https://news\.example\.org/u/[\w.-]+", unsubscribe)
    return unsubscribe, "https://news.example.org/p/"


languages = pytest.mark.parametrize("language", ["en", "th"])


@languages
def test_the_html_is_the_web_edition_but_for_the_readers_own_links(
    folders: tuple[Path, Path, Store], language: str
) -> None:
    mailed, _, store = folders
    (content,) = store.messages(READERS[language])
    message, _, html = parts(content)
    web = (mailed / f"output/digests/world/2024-11-10/{language}.html").read_text("utf-8")
    # What the mail has more stands in one place, in the footer, and holds the reader's links and no others.
    start = next(index for index, (one, other) in enumerate(zip(html, web, strict=False)) if one != other)
    more = len(html) - len(web)
    assert html[:start] + html[start + more :] == web
    assert html.index('id="footer"') < start
    unsubscribe, preferences = own_links(message)
    links = re.findall(r'href="([^"]*)"', html[start : start + more])
    assert unsubscribe in links
    assert all(link == unsubscribe or link.startswith(preferences) for link in links)
    assert unsubscribe not in web


@languages
def test_the_text_has_every_headline_and_the_readers_own_links_below_the_line(
    folders: tuple[Path, Path, Store], language: str
) -> None:
    (content,) = folders[2].messages(READERS[language])
    message, text, _ = parts(content)
    told, _, footer = text.rpartition("\n-- \n")
    # Where a line ends, nothing is missing but a space.
    plain = re.sub(r"\s", "", told)
    for title in HEADLINES[language]:
        assert re.sub(r"\s", "", title) in plain
    unsubscribe, preferences = own_links(message)
    assert unsubscribe in footer
    assert preferences in footer
    assert unsubscribe not in told


@languages
def test_the_headers_are_those_of_the_edition(folders: tuple[Path, Path, Store], language: str) -> None:
    (content,) = folders[2].messages(READERS[language])
    message, _, _ = parts(content)
    edition = f"world-2024-11-10-{language}"
    expected = {
        "To": READERS[language],
        "From": "World Desk <digest@news.example.org>",
        "Reply-To": EDITOR,
        "Date": "Sun, 10 Nov 2024 12:00:00 +0000",
        "List-Id": f"{LIST_TITLES[language]} <world.news.example.org>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": f"{edition}:world-{language}:world:example.org",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "MIME-Version": "1.0",
    }
    assert {name: str(message[name]).replace('"', "") for name in expected} == expected
    assert any(title in message["Subject"] for title in HEADLINES[language])
    assert message.get_content_type() == "multipart/alternative"
    assert all(value.defects == () for value in message.values())


def test_each_reader_gets_one_message_and_the_editor_one_of_each_language(folders: tuple[Path, Path, Store]) -> None:
    counts = {address: len(folders[2].messages(address)) for address in (*READERS.values(), EDITOR)}
    assert counts == {READERS["en"]: 1, READERS["th"]: 1, EDITOR: 2}


@languages
def test_the_outbox_has_the_bytes_that_the_server_took(folders: tuple[Path, Path, Store], language: str) -> None:
    _, kept, store = folders
    outbox = kept / "var/outbox" / f"world-2024-11-10-{language}"
    files = {path.name.partition("-")[2].removesuffix(".eml"): path.read_bytes() for path in outbox.glob("*.eml")}
    assert set(files) == {READERS[language], EDITOR}
    assert [files[READERS[language]]] == store.messages(READERS[language])
    assert files[EDITOR] in store.messages(EDITOR)


def test_both_publications_show_the_same_web_editions(folders: tuple[Path, Path, Store]) -> None:
    mailed, kept, _ = folders
    for language in HEADLINES:
        name = f"output/digests/world/2024-11-10/{language}.html"
        assert (mailed / name).read_bytes() == (kept / name).read_bytes()
