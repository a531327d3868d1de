"""`publish bounces`: messages come in by files, a Maildir or standard input."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from publisher.mail.tokens import load_signer
from tests.mail.reports import in_words, standard

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Publish


def _leaving(publish: Publish) -> bytes:
    """Add a reader, and write the mail with which they leave."""
    publish("subscribers", "add", "reader@example.org", "--confirmed")
    token = load_signer(publish.folder / "var/secret").token("unsubscribe", 1, "world")
    return in_words("", subject=f"unsubscribe {token}", fields="")


def _hand_over(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_files_are_taken_in_one_by_one(publish: Publish) -> None:
    (publish.folder / "one.eml").write_bytes(standard())
    (publish.folder / "two.eml").write_bytes(in_words("Hello!", sender="a@example.org", subject="Hi", fields=""))
    done = publish("bounces", "--json", "one.eml", "two.eml")
    assert done.code == 0
    assert [
        {name: each[name] for name in ("source", "kind", "status", "recipient", "action")} for each in done.json
    ] == [
        {"source": "one.eml", "kind": "hard", "status": "5.1.1", "recipient": "reader@example.org", "action": "none"},
        {"source": "two.eml", "kind": "not_a_bounce", "status": "", "recipient": "", "action": "none"},
    ]
    assert all(each["why"] for each in json.loads(done.out))


@pytest.mark.parametrize("words", [[], ["-"]])
def test_a_message_is_read_from_standard_input_and_acted_on(
    publish: Publish, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    data = _leaving(publish)
    _hand_over(monkeypatch, data + b"x" * 5_000_000)
    done = publish("bounces", *words)
    assert (done.code, done.err) == (0, "")
    assert "unsubscribed" in done.out
    assert sys.stdin.buffer.read() == b""
    assert publish("subscribers", "list", "--json").json[0]["state"] == "unsubscribed"


def test_a_maildir_is_emptied(publish: Publish, tmp_path: Path) -> None:
    (tmp_path / "mail/new").mkdir(parents=True)
    (tmp_path / "mail/new/1").write_bytes(_leaving(publish))
    done = publish("bounces", "--maildir", str(tmp_path / "mail"), "--json")
    assert [each["action"] for each in done.json] == ["unsubscribed"]
    assert publish("bounces", "--maildir", str(tmp_path / "mail")).out == "Nothing has come back.\n"


def test_a_folder_that_is_no_maildir_is_wrong_usage(publish: Publish, tmp_path: Path) -> None:
    done = publish("bounces", "--maildir", str(tmp_path))
    assert (done.code, done.is_one_sentence()) == (2, True)


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_taken_in(publish: Publish) -> None:
    (publish.folder / "one.eml").write_bytes(standard())
    done = publish("bounces", "missing.eml", "one.eml", "--json")
    assert (done.code, [each["kind"] for each in done.json]) == (1, ["not_a_bounce", "hard"])
    assert done.json[0]["why"] == "it cannot be read (No such file or directory)"


def test_a_return_path_of_nobody_is_told_to_be_so(publish: Publish) -> None:
    (publish.folder / "one.eml").write_bytes(standard())
    done = publish("bounces", "one.eml", "--to", "bounces+1-00000000000000000000@news.example.org")
    assert done.code == 0
    assert "nothing in it was made here" in " ".join(done.out.split())


def test_a_closed_standard_input_is_one_sentence(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    done = publish("bounces")
    assert (done.code, done.err) == (2, "publish: standard input is closed: give a message there, or name the files\n")


def test_a_standard_input_that_cannot_be_read_is_one_sentence(
    publish: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "written").open("w") as stream:
        # Of its buffer only what is written can be asked for.
        monkeypatch.setattr(sys, "stdin", stream)
        done = publish("bounces")
    assert done.code == 2
    assert done.is_one_sentence()
    assert done.err.startswith("publish: standard input cannot be read (")


def test_noise_on_standard_input_is_no_bounce(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = bytes(range(256)) * 40
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(noise)))
    done = publish("bounces", "--json")
    assert (done.code, [each["kind"] for each in done.json]) == (0, ["not_a_bounce"])


def test_a_folder_in_place_of_a_file_is_named(publish: Publish) -> None:
    done = publish("bounces", "posts", "--json")
    assert (done.code, done.json[0]["why"]) == (1, "it cannot be read (Is a directory)")
