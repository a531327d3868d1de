"""The script and the direction of a text: by its letters, and by its language only where they do not tell."""

from __future__ import annotations

import pytest

from publisher.kit.scripts import direction_of, script_of


@pytest.mark.parametrize(
    ("text", "language", "script"),
    [
        ("A title", "en", "latin"),
        ("Ελλάδα και Россия", "el", "latin"),
        ("ราคาข้าวสูงสุด", "th", "thai"),
        ("ລາຄາເຂົ້າ", "lo", "thai"),
        ("أسعار الأرز", "ar", "arabic"),
        ("قیمت برنج", "fa", "arabic"),
        ("מחירי האורז", "he", "hebrew"),
        ("चावल की कीमतें", "hi", "devanagari"),
        ("コメの国際価格", "ja", "ja"),
        ("쌀값 최고치", "ko", "ko"),
        ("大米价格", "zh", "zh-hans"),
        ("大米价格", "", "zh-hans"),
        ("大米價格", "zh-Hant", "zh-hant"),
        ("大米價格", "zh-TW", "zh-hant"),
        ("大米價格", "zh-Hant-HK", "zh-hant"),
        ("世界情勢", "ja", "ja"),
        ("世界情勢", "ko", "ko"),
        ("世界情勢", "th", "zh-hans"),
    ],
)
def test_a_text_is_in_the_script_of_its_letters(text: str, language: str, script: str) -> None:
    assert script_of(text, language) == script


@pytest.mark.parametrize(
    ("text", "language", "script"),
    [
        ("A story in English", "th", "latin"),
        ("ข่าวไทย", "en", "thai"),
        ("Apple เปิดตัว iPhone รุ่นใหม่ในไทย", "th", "thai"),
        ("The word ข่าว means news in the language of the country", "en", "latin"),
        ("The の is a particle of the language that is spoken there", "en", "latin"),
        ("東京 2024: Tokyo", "ja", "ja"),
    ],
)
def test_its_language_does_not_decide_nor_do_a_few_letters(text: str, language: str, script: str) -> None:
    assert script_of(text, language) == script


@pytest.mark.parametrize(
    ("language", "script"),
    [
        ("th", "thai"),
        ("th-TH", "thai"),
        ("ar", "arabic"),
        ("UR", "arabic"),
        ("he", "hebrew"),
        ("ne", "devanagari"),
        ("ja", "ja"),
        ("zh", "zh-hans"),
        ("zh-hant", "zh-hant"),
        ("sv", "latin"),
        ("", "latin"),
    ],
)
@pytest.mark.parametrize("text", ["", "2024 – 17:26 😀"])
def test_a_text_without_letters_is_in_the_script_of_its_language(text: str, language: str, script: str) -> None:
    assert script_of(text, language) == script


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("A title", "ltr"),
        ("ข่าว", "ltr"),
        ("أسعار", "rtl"),
        ("מחירים", "rtl"),
        ("2024: أسعار", "rtl"),
        ("“wire.example.com” أسعار", "ltr"),
        ("\u200fA title", "rtl"),
    ],
)
def test_the_first_strong_character_decides_about_the_direction(text: str, direction: str) -> None:
    assert direction_of(text) == direction_of(text, "rtl") == direction


def test_a_text_without_strong_characters_goes_as_what_stands_around_it() -> None:
    assert direction_of("2024, 17:26 …", "rtl") == "rtl"
    assert direction_of("") == "ltr"
