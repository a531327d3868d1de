"""The readers' links are signed with a secret that is made once and that nobody else can read."""

from __future__ import annotations

import stat
import string
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from publisher.mail.tokens import CONFIRM_WITHIN, BadTokenError, ExpiredTokenError, Signer, load_signer
from publisher.model.errors import PublisherError
from tests.build import NOW

if TYPE_CHECKING:
    from pathlib import Path

SIGNER = Signer("a secret of the tests")


def test_a_token_says_for_whom_and_for_what_it_is() -> None:
    assert SIGNER.read("unsubscribe", SIGNER.token("unsubscribe", 42, "world")) == (42, "world")


def test_links_that_were_sent_long_ago_still_work() -> None:
    # Made before there were purposes with an end, or secrets of before.
    token = "WzQyLCJ3b3JsZCJd.w6W9tRN2Gd7tOHBKwOr2-Lqc2O8"
    assert SIGNER.token("unsubscribe", 42, "world") == token
    assert SIGNER.read("unsubscribe", token) == (42, "world")


@given(st.integers(0, 2**63 - 1), st.text())
def test_whatever_a_token_is_made_of_is_read_from_it(subscriber_id: int, digest: str) -> None:
    assert SIGNER.read("preferences", SIGNER.token("preferences", subscriber_id, digest)) == (subscriber_id, digest)


def test_a_token_serves_for_one_purpose_only() -> None:
    purposes = {"unsubscribe", "confirm", "preferences"}
    for purpose in purposes:
        token = SIGNER.token(purpose, 42, "world")
        for other in purposes - {purpose}:
            with pytest.raises(BadTokenError):
                SIGNER.read(other, token)


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_token_with_any_one_sign_changed_is_none(place: str) -> None:
    token = SIGNER.token("unsubscribe", 42, "world")
    at = 0 if place == "first" else len(token) - 1
    # The last sign has bits to spare: some of these decode to the very same signature.
    for sign in set(string.ascii_letters + string.digits + "-_.=+/ \0") - {token[at]}:
        with pytest.raises(BadTokenError):
            SIGNER.read("unsubscribe", token[:at] + sign + token[at + 1 :])


@pytest.mark.parametrize(
    "change",
    ["{}=", "{}==", "{}\n", "{}!", " {}", "{}.", ".{}", "{}{}", "", ".", "..", "\0", "\udc80", "ก.ข", "x" * 10000],
)
def test_a_token_that_is_written_otherwise_is_none(change: str) -> None:
    token = SIGNER.token("unsubscribe", 42, "world")
    with pytest.raises(BadTokenError):
        SIGNER.read("unsubscribe", change.replace("{}", token))


def test_strange_signs_inside_a_signature_are_not_passed_over() -> None:
    head, _, signature = SIGNER.token("unsubscribe", 42, "world").rpartition(".")
    with pytest.raises(BadTokenError):
        SIGNER.read("unsubscribe", f"{head}.{signature[:5]}!{signature[5:]}")


@pytest.mark.parametrize("claim", [[], [42], ["42", "world"], [42, None], [42, "world", "soon"], {"id": 42}, 42])
def test_a_token_that_claims_something_else_is_none(claim: object) -> None:
    token = URLSafeSerializer(SIGNER.secret, salt="publisher.unsubscribe").dumps(claim)
    with pytest.raises(BadTokenError):
        SIGNER.read("unsubscribe", str(token))


def test_a_token_with_an_end_is_good_until_then_and_no_longer() -> None:
    token = SIGNER.token("confirm", 42, "world", until=NOW + CONFIRM_WITHIN)
    assert SIGNER.read("confirm", token, now=NOW + CONFIRM_WITHIN) == (42, "world")
    with pytest.raises(ExpiredTokenError):
        SIGNER.read("confirm", token, now=NOW + CONFIRM_WITHIN + timedelta(seconds=1))


def test_the_end_of_a_token_cannot_be_moved() -> None:
    early = SIGNER.token("confirm", 42, "world", until=NOW)
    late = SIGNER.token("confirm", 42, "world", until=NOW + CONFIRM_WITHIN)
    with pytest.raises(BadTokenError) as refused:
        SIGNER.read("confirm", late.partition(".")[0] + "." + early.partition(".")[2], now=NOW)
    assert not isinstance(refused.value, ExpiredTokenError)


def test_what_was_signed_with_a_secret_of_before_still_counts() -> None:
    rotated = Signer("the newest secret", ("a newer secret", SIGNER.secret))
    for signer in (SIGNER, Signer("a newer secret"), rotated):
        assert rotated.read("unsubscribe", signer.token("unsubscribe", 42, "world")) == (42, "world")
    with pytest.raises(BadTokenError):
        rotated.read("unsubscribe", Signer("a stranger's").token("unsubscribe", 42, "world"))
    with pytest.raises(BadTokenError):
        SIGNER.read("unsubscribe", rotated.token("unsubscribe", 42, "world"))
    assert rotated.token("unsubscribe", 42, "world") == Signer("the newest secret").token("unsubscribe", 42, "world")


def test_what_was_hashed_with_a_secret_of_before_is_found_again() -> None:
    rotated = Signer("the newest secret", (SIGNER.secret,))
    assert rotated.digests("a", 1) == (rotated.digest("a", 1), SIGNER.digest("a", 1))
    assert SIGNER.digests("a", 1) == (SIGNER.digest("a", 1),)


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


def test_of_several_lines_the_first_signs_and_all_count(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    first, second = "f" * 43, "s" * 43
    path.write_text(f"{first}\n\n {second} \r\n", "ascii")
    assert load_signer(path) == Signer(first, (second,))


def test_each_publication_has_a_secret_of_its_own(tmp_path: Path) -> None:
    assert load_signer(tmp_path / "one") != load_signer(tmp_path / "two")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00", b"f" * 43 + b"\nsss\n"])
def test_a_secret_that_is_none_signs_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(PublisherError, match="secret"):
        load_signer(path)
    assert path.read_bytes() == content
