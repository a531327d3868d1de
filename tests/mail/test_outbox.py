"""The outbox: a file a message, where it belongs, whatever the recipient is called."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from publisher.mail.outbox import Outbox
from publisher.model.delivery import Phase, Receipt
from publisher.model.errors import UnreachableError
from publisher.model.mail import Message

if TYPE_CHECKING:
    from pathlib import Path


def message(**values: Any) -> Message:
    made: dict[str, Any] = {
        "delivery_id": 7,
        "edition_id": "world-2024-11-10-th",
        "sender": "digest@news.example.org",
        "recipient": "reader@example.org",
        "data": b"Subject: x\r\n\r\nbody\r\n",
    }
    return Message(**(made | values))


def send(folder: Path, one: Message) -> Receipt:
    return asyncio.run(Outbox(folder).send(one))


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_each_message_is_a_file_in_the_folder_of_its_edition(tmp_path: Path) -> None:
    async def send() -> None:
        async with Outbox(tmp_path / "outbox") as outbox:
            receipt = Receipt(250, "written to 000007-reader@example.org.eml", Phase.BODY)
            assert await outbox.send(message()) == receipt
            others = (message(delivery_id=8), message(delivery_id=9, edition_id="world-2024-11-10-en"))
            await asyncio.gather(*(outbox.send(other) for other in others))

    asyncio.run(send())
    assert files(tmp_path) == [
        "outbox/world-2024-11-10-en/000009-reader@example.org.eml",
        "outbox/world-2024-11-10-th/000007-reader@example.org.eml",
        "outbox/world-2024-11-10-th/000008-reader@example.org.eml",
    ]


def test_the_file_is_the_message_to_the_byte(tmp_path: Path) -> None:
    data = b"Subject: x\r\n\r\n.\r\n..\r\nFrom here\r\n\xff\r\n"
    send(tmp_path, message(data=data))
    assert (tmp_path / "world-2024-11-10-th" / "000007-reader@example.org.eml").read_bytes() == data


def test_a_message_sent_once_more_is_the_same_file(tmp_path: Path) -> None:
    for _ in range(2):
        assert send(tmp_path, message()).code == 250
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize(
    "recipient",
    [
        "../../../etc/passwd@example.org",
        "/etc/passwd",
        "..",
        "",
        "a\0b@example.org",
        "a\nb@example.org",
        '"odd / one"@example.org',
        "ผู้อ่าน@example.org",
        "x" * 500 + "@example.org",
        "con.",
    ],
)
def test_no_recipient_gets_out_of_the_folder(tmp_path: Path, recipient: str) -> None:
    send(tmp_path / "outbox", message(recipient=recipient))
    send(tmp_path / "outbox", message(recipient=recipient, delivery_id=8))
    first, second = files(tmp_path)
    assert first.startswith("outbox/world-2024-11-10-th/000007-")
    assert second.startswith("outbox/world-2024-11-10-th/000008-")
    assert first.isascii()
    assert first.isprintable()
    assert first.endswith(".eml")


def test_a_folder_that_cannot_be_written_closes_the_transport(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file stands in the way")
    with pytest.raises(UnreachableError, match=r"outbox.*cannot be written.*run publish again"):
        send(tmp_path / "outbox", message())


def test_a_message_that_cannot_be_finished_leaves_the_one_before(tmp_path: Path) -> None:
    folder = tmp_path / "world-2024-11-10-th"
    send(tmp_path, message(data=b"first"))
    (folder / ".000007-reader@example.org.eml.part").mkdir()
    with pytest.raises(UnreachableError):
        send(tmp_path, message(data=b"second"))
    assert (folder / "000007-reader@example.org.eml").read_bytes() == b"first"
