"""Names that last: slugs, language tags, ids of entries."""

from __future__ import annotations

import itertools
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.model.naming import RESERVED, code_of_entry_id, entry_id, entry_ids_like, free_slug, language_tag, slug

_NAMES = st.text(max_size=40) | st.text(st.sampled_from("aÉก่าँ -./ß\u0301\ufe0f❤"), max_size=200)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("WORLD", "world"),
        ("  World News ", "world-news"),
        ("R&D / Science", "r-d-science"),
        ("../../etc/passwd", "etc-passwd"),
        (".hidden", "hidden"),
        ("ต่างประเทศ", "ต่างประเทศ"),
        ("हिन्दी", "हिन्दी"),
        ("Straße", "strasse"),
        ("Top 10", "top-10"),
        ("Breaking ❤️", "breaking"),
        ("", ""),
        ("!?", ""),
        ("❤️", ""),
        ("\u0301", ""),
    ],
)
def test_a_slug_has_letters_and_digits_of_any_script_and_hyphens(name: str, expected: str) -> None:
    assert slug(name) == expected


@pytest.mark.parametrize(
    ("one", "other"), [("Café", "Cafe\u0301"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("WORLD news", "world-News")]
)
def test_names_that_people_call_equal_have_one_slug(one: str, other: str) -> None:
    assert slug(one) == slug(other)


@given(_NAMES)
@example("x" * 200)
@example("ab-" * 80)
@example("ก" * 100)
@settings(max_examples=200, deadline=None)
def test_the_slug_of_a_slug_is_itself(name: str) -> None:
    assert slug(slug(name)) == slug(name)


@given(_NAMES)
@example("x" * 5000)
@settings(max_examples=200, deadline=None)
def test_a_slug_is_safe_as_a_file_name(name: str) -> None:
    made = slug(name)
    assert all(char == "-" or unicodedata.category(char)[0] in "LNM" for char in made)
    assert made == made.strip("-")
    # Room for a suffix, an extension and a prefix while it is written; a file name may have 255 bytes.
    assert len(made.encode()) <= 200


def test_long_names_that_differ_at_their_ends_have_slugs_of_their_own() -> None:
    assert slug("x" * 300 + "a") != slug("x" * 300 + "b")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("th", "th"),
        (" TH ", "th"),
        ("zh_CN", "zh-cn"),
        ("zh-Hant-TW", "zh-hant-tw"),
        ("thai", "thai"),
        ("", None),
        ("t", None),
        ("ไทย", None),
        ("en/../x", None),
        ("en--us", None),
        ("all", None),
        ("archive", None),
        ("con", None),
        ("extra", None),
        (" Extra ", None),
    ],
)
def test_a_language_is_folded_to_its_tag_or_refused(name: str, expected: str | None) -> None:
    assert language_tag(name) == expected


@pytest.mark.parametrize(
    ("base", "taken", "expected"),
    [
        ("world", set(), "world"),
        ("world", {"world"}, "world-2"),
        ("world", {"world", "world-2", "world-3"}, "world-4"),
        ("all", set(), "all-2"),
        ("archive", {"archive-2"}, "archive-3"),
        ("nul", set(), "nul-2"),
        ("com1", set(), "com1-2"),
    ],
)
def test_a_slug_that_is_reserved_or_taken_gets_a_number(base: str, taken: set[str], expected: str) -> None:
    assert free_slug(base, taken) == expected


@given(st.sampled_from([*sorted(RESERVED), "world"]), st.sets(st.sampled_from(["world", "world-2", "all-2", "all-3"])))
@settings(max_examples=100, deadline=None)
def test_a_free_slug_is_neither_reserved_nor_taken(base: str, taken: set[str]) -> None:
    made = free_slug(base, taken)
    assert made not in RESERVED
    assert made not in taken


def test_an_entry_id_is_a_tag_of_the_authority_and_the_year() -> None:
    assert entry_id("news.example.org", 2024, "A1") == "tag:news.example.org,2024:A1"
    assert entry_id("news.example.org", 2024, "2024/ข่าว #1.md").isascii()


@given(st.text(max_size=30))
@settings(max_examples=100, deadline=None)
def test_no_two_codes_share_an_entry_id(code: str) -> None:
    assert unquote(entry_id("news.example.org", 2024, code)) == f"tag:news.example.org,2024:{code}"


def test_ids_like_another_are_tags_of_the_same_kind_and_never_end() -> None:
    wanted = entry_id("news.example.org", 2024, "talks.md")
    first, second, *_, tenth = itertools.islice(entry_ids_like(wanted), 9)
    assert (first, second, tenth) == (f"{wanted}~2", f"{wanted}~3", f"{wanted}~10")


@given(st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=100, deadline=None)
def test_no_id_like_another_is_that_of_a_post_of_another_name(code: str, other: str) -> None:
    first = next(entry_ids_like(entry_id("news.example.org", 2024, code)))
    assert (first == entry_id("news.example.org", 2024, other)) == (other == f"{code}~2")


@given(st.text(min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_the_code_of_a_post_can_be_read_from_its_id(code: str) -> None:
    assert code_of_entry_id(entry_id("news.example.org", 2024, code)) == code


@pytest.mark.parametrize(
    "other", ["", "A1", "https://news.example.org/a:b", "tag:news.example.org,2024", "tag:a,2024:"]
)
def test_an_id_that_is_none_of_ours_has_no_code(other: str) -> None:
    assert code_of_entry_id(other) is None
