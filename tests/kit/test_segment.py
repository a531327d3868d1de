"""Where text may be cut, in every script."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import accumulate
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.kit.segment import boundary, graphemes, unbroken, words
from publisher.kit.text import clip, first_sentences

if TYPE_CHECKING:
    from pathlib import Path

#: What hangs together, or nearly: marks, joiners, emoji, flags, jamo, conjuncts, vowels of Thai, jumps of direction.
_HARD = [
    *("a", " ", ".", "é", "e\u0301", "\u0301" * 40, "\r\n", "\0", "\ud800", "\udc00", "\u200d", "\u200b"),
    *("👩\u200d👩\u200d👧", "👍🏽", "❤\ufe0f", "1\ufe0f\u20e3", "🇹🇭", "🇱🇦" * 40, "\U0001f1f9"),
    *("ᄀ", "ᅡ", "ᆨ", "한국", "क्ष", "त्रि", "क्", "שלום", "مرحبا", "\u202e", "\u0600"),
    *("กำ", "เ", "ที่", "น้ำ", "ก", "ๆ", "ประชาชน", "ຂະ", "ເ", "ប្រ", "ន្ត្រី", "ကျွန်", "န္တ"),
    *("東京都", "、", "。", "」", "が\u3099"),
]
_PIECES = st.lists(st.sampled_from(_HARD), max_size=40).map("".join)
_TEXTS = _PIECES | st.text(max_size=80)


@given(_TEXTS, st.sampled_from(["", "th", "ja", "zz", "\ud800", "ภาษา"]))
@settings(max_examples=300, deadline=None)
def test_pieces_of_any_kind_joined_are_the_text_again(text: str, language: str) -> None:
    for pieces in (words(text, language), graphemes(text), unbroken(text, language)):
        assert "".join(pieces) == text
        assert "" not in pieces


@given(_TEXTS)
@settings(max_examples=300, deadline=None)
def test_a_line_ends_between_two_characters(text: str) -> None:
    assert set(accumulate(map(len, unbroken(text)))) <= set(accumulate(map(len, graphemes(text))))


@given(_PIECES, st.integers(0, 120))
@settings(max_examples=500, deadline=None)
def test_a_cut_is_between_two_characters_or_before_the_first(text: str, limit: int) -> None:
    if len(text) <= limit:
        return
    cut = boundary(text, limit)
    assert 0 <= cut <= limit
    # A number sign of Arabic is said to join even a space: there a space is the better cut.
    assert cut in {0, *accumulate(map(len, graphemes(text)))} or text[cut] == " "


@given(_TEXTS, st.integers(-1, 60))
@settings(max_examples=300, deadline=None)
def test_no_text_is_too_odd_to_be_cut(text: str, limit: int) -> None:
    assert len(clip(text, limit)) <= max(limit, 0)
    assert len(first_sentences(text, limit)) <= max(limit, 0)


def test_awkward_strings_are_cut_at_every_length(corpus: Path) -> None:
    for string in json.loads((corpus / "hostile" / "strings.json").read_text("utf-8")):
        assert "".join(words(string)) == "".join(graphemes(string)) == string
        for limit in range(1, min(len(string), 90)):
            assert len(clip(string, limit)) <= limit
            assert len(first_sentences(string, limit)) <= limit


@pytest.mark.parametrize("unit", ["a", "ก", "字", "\u0301", "🇹🇭", "👩\u200d", ".", "ᄀ", "한", " ", "\ud800", "။", "'"])
def test_a_text_of_millions_of_characters_is_cut_as_a_shorter_one(unit: str) -> None:
    text = unit * 4_000_000
    assert first_sentences(text, 280) == first_sentences(unit * 2000, 280)
    assert clip(text, 300) == clip(unit * 2000, 300)


def test_a_tower_of_marks_is_taken_or_left_as_a_whole_while_it_can_be() -> None:
    tower = "e" + "\u0301" * 10_000
    assert clip(f"Here it is {tower}", 280) == "Here it is…"
    assert clip(tower, 280) == "…"
    assert len(clip(tower, 5000)) == 5000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's 3.5, ok", ["It's", " ", "3.5", ",", " ", "ok"]),
        ("ประธานาธิบดีเยือนเกาหลีเหนือ", ["ประธานาธิบดี", "เยือน", "เกาหลีเหนือ"]),
        ("ข่าวต่างๆ ณ เชียงใหม่", ["ข่าว", "ต่างๆ", " ", "ณ", " ", "เชียงใหม่"]),
        ("東京で会議、明日", ["東京", "で", "会議", "、", "明日"]),
        ("气候变化问题", ["气候", "变化", "问题"]),
        ("ເດີນທາງໄປຫຼວງພະບາງ", ["ເດີນທາງ", "ໄປ", "ຫຼວງພະບາງ"]),
        ("Новый мост", ["Новый", " ", "мост"]),
    ],
    ids=["English", "Thai", "Thai signs", "Japanese", "Chinese", "Lao", "Russian"],
)
def test_words_are_found_in_scripts_with_spaces_and_without(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's a well-known “fact”, ok?", ["It's ", "a ", "well-", "known ", "“fact”, ", "ok?"]),
        ("ประธานาธิบดีเยือน “เกาหลีเหนือ”", ["ประธานาธิบดี", "เยือน ", "“เกาหลีเหนือ”"]),
        ("มาครงมาเร็ว ๆ ฯลฯ", ["มาครง", "มา", "เร็ว ๆ ฯลฯ"]),
        ("ເດີນທາງໄປຫຼວງພະບາງ", ["ເດີນທາງ", "ໄປ", "ຫຼວງພະບາງ"]),
        ("東京で「会議」、きょう。", ["東", "京", "で", "「会", "議」、", "きょ", "う。"]),
        ("スーパー", ["スー", "パー"]),
        ("气候——变化……《问题》！", ["气", "候", "——", "变", "化……", "《问", "题》！"]),
        ("대한민국 서울에서", ["대한민국 ", "서울에서"]),
        ("مرحبا، (جيد)؟", ["مرحبا، ", "(جيد)؟"]),
        ("10\u00a0km 👩\u200d👧🇹🇭🇯🇵", ["10\u00a0km ", "👩\u200d👧", "🇹🇭", "🇯🇵"]),
    ],
    ids=["English", "Thai", "Thai signs", "Lao", "Japanese", "kana", "Chinese", "Korean", "Arabic", "emoji"],
)
def test_a_line_ends_where_a_reader_would_end_it(text: str, expected: list[str]) -> None:
    assert unbroken(text) == expected


def test_a_single_consonant_of_a_thai_name_is_never_a_word() -> None:
    assert words("มาครงมา") == ["มาครง", "มา"]


def test_characters_are_what_a_reader_sees() -> None:
    assert graphemes("กำ👩\u200d👧🇹🇭e\u0301") == ["กำ", "👩\u200d👧", "🇹🇭", "e\u0301"]


_ALONE = """
import sys
from publisher.kit.text import clip, first_sentences, says_more
clip("Eleven villages were cut off by the flood, and the café stayed shut.", 40)
clip("https://news.example.org/" + "a" * 90, 40)
first_sentences("Prognoza się sprawdziła. Ząb rzeki był wysoki.", 30)
first_sentences("ฝนตก " * 40, 100)
says_more("ฝนตกหนักในภาคเหนือ", "น้ำท่วม")
assert "icu4py" not in sys.modules
clip("ฝนตกหนักในภาคเหนือ", 10)
assert "icu4py" in sys.modules
"""


def test_the_library_is_loaded_only_when_it_is_asked() -> None:
    subprocess.run([sys.executable, "-c", _ALONE], check=True)
