"""The readers' links are signed with a secret that is made once and that nobody else can read."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from itsdangerous import BadSignature, URLSafeSerializer

from publisher.mail.tokens import Signer, load_signer
from publisher.model.errors import PublisherError

if TYPE_CHECKING:
    from pathlib import Path

SIGNER = Signer("a secret of the tests")


def test_a_token_says_for_whom_and_for_what_it_is() -> None:
    serializer = URLSafeSerializer(SIGNER.secret, salt="publisher.unsubscribe")
    assert serializer.loads(SIGNER.token("unsubscribe", 42, "world")) == [42, "world"]


def test_a_token_serves_for_one_purpose_only() -> None:
    token = SIGNER.token("unsubscribe", 42, "world")
    assert token != SIGNER.token("preferences", 42, "world")
    with pytest.raises(BadSignature):
        URLSafeSerializer(SIGNER.secret, salt="publisher.preferences").loads(token)


def test_tokens_differ_by_reader_digest_and_secret() -> None:
    tokens = {
        SIGNER.token("unsubscribe", 1, "world"),
        SIGNER.token("unsubscribe", 2, "world"),
        SIGNER.token("unsubscribe", 1, "sport"),
        Signer("another").token("unsubscribe", 1, "world"),
    }
    assert len(tokens) == 4
    assert SIGNER.token("unsubscribe", 1, "world") in tokens


def test_a_token_stands_in_a_path_as_it_is() -> None:
    token = SIGNER.token("unsubscribe", 2**60, "a-digest-with-a-long-name")
    assert quote(token, safe="") == token


def test_a_digest_tells_words_apart_and_nothing_about_them() -> None:
    assert SIGNER.digest("ab", "c") != SIGNER.digest("a", "bc")
    assert SIGNER.digest("a", 1) == SIGNER.digest("a", 1) != Signer("another").digest("a", 1)
    assert len(SIGNER.digest("a")) == 40


def test_a_secret_is_made_on_first_use_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret"
    first = load_signer(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(first.secret) >= 32
    assert path.read_text("ascii") == first.secret + "\n"
    assert load_signer(path) == first
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


def test_each_publication_has_a_secret_of_its_own(tmp_path: Path) -> None:
    assert load_signer(tmp_path / "one") != load_signer(tmp_path / "two")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00"])
def test_a_secret_that_is_none_signs_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(PublisherError, match="secret"):
        load_signer(path)
    assert path.read_bytes() == content
