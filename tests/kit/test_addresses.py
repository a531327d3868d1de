"""E-mail addresses: checked, and folded to compare them."""

from __future__ import annotations

import pytest

from publisher.kit.addresses import parse_address


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("Reader@Example.org", "Reader@example.org"),
        (" reader@example.org\n", "reader@example.org"),
        ("reader+news@example.org", "reader+news@example.org"),
        ("ผู้อ่าน@example.org", "ผู้อ่าน@example.org"),
    ],
)
def test_an_address_is_written_as_its_reader_spells_it(typed: str, address: str) -> None:
    assert parse_address(typed).address == address


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Reader@Example.org", "reader@example.ORG"),
        ("a@bücher.example.org", "A@xn--bcher-kva.example.org"),
        ("caf\u00e9@example.org", "cafe\u0301@example.org"),
    ],
)
def test_two_spellings_of_one_mailbox_are_equal(one: str, other: str) -> None:
    assert parse_address(one).key == parse_address(other).key


def test_two_mailboxes_are_not_equal() -> None:
    assert parse_address("reader+news@example.org").key != parse_address("reader@example.org").key
    assert parse_address("reader@example.org").key != parse_address("reader@example.net").key


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "reader",
        "reader@",
        "@example.org",
        "reader@example",
        "reader@@example.org",
        "rea der@example.org",
        "reader@exa mple.org",
        "reader@example.org\r\nBcc: all@example.org",
        "Reader <reader@example.org>",
        "one@example.org, two@example.org",
        "reader@-example.org",
        f"{'x' * 250}@example.org",
    ],
)
def test_what_is_no_address_is_refused_in_words(typed: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        parse_address(typed)


def test_more_than_64_octets_before_the_at_sign_are_too_many() -> None:
    assert parse_address(f"{'x' * 64}@example.org").address == f"{'x' * 64}@example.org"
    with pytest.raises(ValueError, match="before the @"):
        parse_address(f"{'ข' * 22}@example.org")
