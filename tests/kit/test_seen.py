"""A word is new once."""

from __future__ import annotations

from publisher.kit.seen import Seen


def test_a_word_is_new_once() -> None:
    with Seen() as seen:
        assert [seen.add(word) for word in ("ก", "b", "ก", "", "b", "")] == [True, True, False, True, False, False]


def test_two_sets_know_nothing_of_each_other() -> None:
    with Seen() as one, Seen() as other:
        assert one.add("a")
        assert other.add("a")
