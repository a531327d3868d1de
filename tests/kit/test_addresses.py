"""E-mail addresses: checked, and folded to compare them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.kit import addresses
from publisher.kit.addresses import parse_address

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publisher.kit.addresses import Address


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
        f"{'x' * 64}@{'.'.join(['y' * 50] * 5)}",
        f"{'x' * 64}@{'.'.join(['y' * 50] * 5)}z",
        "rea\rder@example.org",
        "rea\nder@example.org",
        "reader@exam\0ple.org",
        "\0",
        'rea"der@example.org',
        '"rea der"@example.org',
    ],
)
def test_what_is_no_address_is_refused_in_words(typed: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        parse_address(typed)


def test_more_than_64_octets_before_the_at_sign_are_too_many() -> None:
    assert parse_address(f"{'x' * 64}@example.org").address == f"{'x' * 64}@example.org"
    with pytest.raises(ValueError, match="before the @"):
        parse_address(f"{'ข' * 22}@example.org")


@given(
    st.from_regex(r"[a-z0-9._+-]{1,66}@([a-zA-Z0-9-]{1,10}\.){0,3}(org|x|test|123|-a)", fullmatch=True)
    | st.emails()
    | st.text('ab.@-_ \0\r\n"(é', max_size=12)
)
def test_the_quick_way_says_what_email_validator_says(typed: str) -> None:
    def said(parse: Callable[[str], Address]) -> Address | None:
        try:
            return parse(typed.strip())
        except ValueError:
            return None

    assert said(parse_address) == said(addresses._checked)


#: Where we differ from the diagnoses: spaces and ends of line around an address are what copying leaves there.
CUT_OFF = {"ISEMAIL_ERR_CR_NO_LF", "ISEMAIL_ERR_FWS_CRLF_END", "ISEMAIL_ERR_FWS_CRLF_X2", "ISEMAIL_CFWS_FWS"}
CUT_OFF |= {"ISEMAIL_DEPREC_FWS"}
#: What else the RFCs allow, and we do not: comments, quotes, literals, a domain alone. No reader has such an address,
#: relays refuse it, and some of it hides a second address.
VALID = {"ISEMAIL_VALID_CATEGORY"}


def test_hostile_addresses_are_sorted_as_their_diagnoses_say(corpus: Path) -> None:
    cases = json.loads((corpus / "hostile" / "addresses.json").read_text("utf-8"))
    assert len(cases) > 40
    for case in cases:
        # The suite writes control characters as the pictures of them.
        typed = "".join(chr(ord(char) - 0x2400) if "\u2400" <= char < "\u2420" else char for char in case["address"])
        try:
            taken: str | None = parse_address(typed).address
        except ValueError:
            taken = None
        if case["category"] in VALID:
            assert taken == typed, case
        elif case["diagnosis"] in CUT_OFF:
            assert taken == typed.strip(), case
        else:
            assert taken is None, case
