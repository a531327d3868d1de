"""Tests of the return path of each delivery."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.mail import verp
from publisher.mail.tokens import Signer

SIGNER = Signer("a secret of the publication, long enough")
BOUNCES = "bounces@news.example.org"


@given(st.integers(1, 2**63 - 1))
def test_a_return_path_names_its_delivery_in_64_octets_at_most(delivery_id: int) -> None:
    address = verp.envelope_from(BOUNCES, delivery_id, SIGNER)
    assert verp.read(address, SIGNER) == delivery_id
    local, _, domain = address.rpartition("@")
    assert len(local) <= 64
    assert domain == "news.example.org"


def test_a_return_path_is_read_in_brackets_and_after_a_change_of_case() -> None:
    address = verp.envelope_from(BOUNCES, 7, SIGNER)
    assert verp.read(f" <{address.upper()}> ", SIGNER) == 7


def test_the_domain_stands_in_a_labels() -> None:
    assert verp.envelope_from("desk@ข่าว.example", 7, SIGNER).endswith("@xn--22c8e6a1f.example")


@pytest.mark.parametrize(
    "change",
    [
        lambda address: address.replace("+7-", "+8-"),
        lambda address: address.replace("+7-", "+07-"),
        lambda address: address.replace("+7-", "+٧-"),
        lambda address: address.replace("@", "0@"),
        lambda address: f"{address}, other@news.example.org",
        lambda address: "bounces+7-00000000000000000000@news.example.org",
        lambda address: "reader@example.com",
        lambda address: "",
    ],
)
def test_what_was_not_made_here_names_no_delivery(change: object) -> None:
    assert callable(change)
    assert verp.read(change(verp.envelope_from(BOUNCES, 7, SIGNER)), SIGNER) is None


def test_the_hash_of_another_secret_names_no_delivery() -> None:
    assert verp.read(verp.envelope_from(BOUNCES, 7, Signer("another secret, which is long enough")), SIGNER) is None


def test_a_return_path_of_before_a_change_of_secret_is_still_known() -> None:
    address = verp.envelope_from(BOUNCES, 7, SIGNER)
    assert verp.read(address, Signer("the secret of today, which is long enough", (SIGNER.secret,))) == 7


def test_an_address_without_room_for_more_stays_as_it_is() -> None:
    assert verp.envelope_from(f"{'b' * 42}@news.example.org", 7, SIGNER) == f"{'b' * 42}@news.example.org"
