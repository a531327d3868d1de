"""Text that is safe to show."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from publisher.kit.text import clip, first_sentences, fit_for_xml, one_line, same_text, says_more

_UNFIT = "\x00\x08\x0b\x1f\x7f\x85\ud800\udfff\ufffe\uffff"
_ANY = st.text(st.characters() | st.sampled_from(_UNFIT + "\t\r\n <&"), max_size=60)
#: Marks, joiners, emoji, vowels before and after their consonants, and places to cut.
_CLUSTERS = st.text(st.sampled_from("ab ,-กเแำ่้ँ\u0301\u200d\ufe0f\U0001f469\U0001f3fd"), max_size=60)


@given(_ANY)
@settings(max_examples=200, deadline=None)
def test_fit_text_goes_into_a_document_and_comes_out_the_same(text: str) -> None:
    element = etree.Element("title")
    element.text = fit_for_xml(text)
    assert (etree.fromstring(etree.tostring(element, encoding="utf-8")).text or "") == fit_for_xml(text)


def test_nothing_else_is_dropped_than_what_is_unfit() -> None:
    assert fit_for_xml("ก\x00า\ufffe\tr\r\n👩‍👩‍👧\ud800!") == "กา\tr\r\n👩‍👩‍👧!"


@given(_ANY)
@settings(max_examples=200, deadline=None)
def test_one_line_is_one_line_of_single_spaces(text: str) -> None:
    made = one_line(text)
    assert made == " ".join(made.split())
    assert one_line(made) == made


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  Flood\r\n\tin the\u2028north ", "Flood in the north"),
        ("one\x85two", "one two"),
        ("to\x00gether", "together"),
        ("a \x01 b", "a b"),
    ],
)
def test_white_space_of_every_kind_becomes_a_space(text: str, line: str) -> None:
    assert one_line(text) == line


@pytest.mark.parametrize(
    ("text", "limit", "clipped"),
    [
        ("short", 5, "short"),
        ("a title of many words", 15, "a title of…"),
        ("a title, of many words", 11, "a title…"),
        ("wordswithoutspaces", 8, "wordswi…"),
        ("a verylongwordthatgoeson", 12, "a verylongw…"),
    ],
)
def test_a_cut_is_at_a_space_if_one_is_near(text: str, limit: int, clipped: str) -> None:
    assert clip(text, limit) == clipped


@pytest.mark.parametrize(
    ("text", "limit", "clipped"),
    [
        ("abe\u0301cd", 4, "ab…"),
        ("กขที่คง", 4, "กข…"),
        ("กขนำคง", 4, "กข…"),
        ("กขเมคง", 4, "กข…"),
        ("ກຂນຳຄງ", 4, "ກຂ…"),
        ("ກຂເມຄງ", 4, "ກຂ…"),
        ("ab👍🏽cd", 4, "ab…"),
        ("ab❤️cd", 4, "ab…"),
        ("ab1️⃣cd", 5, "ab…"),
        ("ab👩\u200d👩\u200d👧cd", 6, "ab…"),
        ("ab🇹🇭cd", 4, "ab…"),
        ("ab🇹🇭🇱🇦cd", 6, "ab🇹🇭…"),
        ("\u0301\u0301\u0301\u0301", 3, "…"),
    ],
    ids=[
        "accent",
        "Thai mark",
        "Thai vowel behind",
        "Thai vowel before",
        "Lao vowel behind",
        "Lao vowel before",
        "skin tone",
        "emoji variant",
        "keycap",
        "family",
        "flag",
        "second flag",
        "marks alone",
    ],
)
def test_a_cut_is_never_inside_a_character(text: str, limit: int, clipped: str) -> None:
    assert clip(text, limit) == clipped


@given(_CLUSTERS, st.integers(1, 40))
@settings(max_examples=300, deadline=None)
def test_a_clipped_text_is_a_whole_beginning_within_the_limit(text: str, limit: int) -> None:
    made = clip(text, limit)
    assert len(made) <= limit
    if made == text:
        return
    kept = made.removesuffix("…")
    assert text.startswith(kept)
    assert made == f"{kept}…"
    if kept:
        following = text[len(kept)]
        assert unicodedata.category(following)[0] != "M"
        assert following != "\u200d"
        # Punctuation at the end is dropped, and joined nothing.
        assert kept[-1] != "\u200d" or following in " ,;:–—-"


@pytest.mark.parametrize(
    ("text", "limit", "lead"),
    [
        ("All of it.", 20, "All of it."),
        ("It rained. The river rose. Nobody was hurt.", 30, "It rained. The river rose."),
        ("It rained. The river rose.", 25, "It rained."),
        ("It rained. The river rose.", 10, "It rained."),
        ("He said: “Go!” Then he went away.", 20, "He said: “Go!”"),
        ("雨が降った。川が増水した。", 8, "雨が降った。"),
        ("ปลูกข้าว ถั่ว งา ฯลฯ แล้วจึงขาย", 22, "ปลูกข้าว ถั่ว งา ฯลฯ"),
        ("بارش ہوئی۔ دریا چڑھ گیا۔", 15, "بارش ہوئی۔"),
        ("Rose by 3.5 percent in a single night", 20, "Rose by 3.5 percent…"),
        ("Ah. A sentence that goes on and on without an end", 30, "Ah. A sentence that goes on…"),
    ],
)
def test_a_lead_is_whole_sentences_or_else_a_clipped_one(text: str, limit: int, lead: str) -> None:
    assert first_sentences(text, limit) == lead


@pytest.mark.parametrize(
    "sentence",
    [
        "Before noon Dr. Smith left.",
        "Then U.S. Officials came.",
        "Only No. 7 was late.",
        "Here J. R. Doe spoke twice.",
        "Much, e.g. Rice, was lost.",
        "By Nov. 24 it was over.",
        "Das gilt, z. B. Am Montag.",
        "Une loi, p. ex. Celle-ci.",
        "Хлеб и т. д. Были тут.",
        "В 1990 гг. Москва росла.",
        "Llegó el Sr. Pérez ayer.",
        "Es war am 24. November so.",
        "He said “Go!” and left it.",
        "It was … well, over then.",
        "ในปี พ.ศ. 2569 มีการเลือกตั้ง",
    ],
)
def test_an_abbreviation_an_initial_or_a_number_ends_no_sentence(sentence: str) -> None:
    assert first_sentences(f"{sentence} And some more that does not fit.", len(sentence) - 1).endswith("…")


@pytest.mark.parametrize(
    ("text", "limit", "lead"),
    [
        ("The answer was no. The others left at once.", 25, "The answer was no."),
        ("It was built in 2024. The others left.", 25, "It was built in 2024."),
        ("Is it over? It is not over yet.", 20, "Is it over?"),
        ("नदी बढ़ी। गाँव खाली हुआ।", 14, "नदी बढ़ी।"),
        ("彼は「行くぞ。」と言った。そして去った。", 15, "彼は「行くぞ。」と言った。"),
        ("他说：“水退了。”大家都回家了，第二天继续工作", 13, "他说：“水退了。”"),
    ],
)
def test_a_sentence_ends_in_the_manner_of_its_script(text: str, limit: int, lead: str) -> None:
    assert first_sentences(text, limit) == lead


@pytest.mark.parametrize(
    ("text", "limit", "clipped"),
    [
        ("ฝนตกหนักทั้งคืน น้ำจึงท่วมถนนหลายสาย ประชาชนเดือดร้อน", 45, "ฝนตกหนักทั้งคืน น้ำจึงท่วมถนนหลายสาย…"),
        ("ประธานาธิบดีเดินทางไปเกาหลีเหนือ", 16, "ประธานาธิบดี…"),
        ("ประธานาธิบดีเดินทางไปเกาหลีเหนือ", 26, "ประธานาธิบดีเดินทางไป…"),
        ("ประชาชนขนของออกจากบ้านริมน้ำ", 24, "ประชาชนขนของออก…"),
        ("市长说，洪水已经退去，学校明天重新开课", 14, "市长说，洪水已经退去…"),
        ("東京都知事が新しい防災計画を発表した", 12, "東京都知事が新しい防災…"),
        ("发布了 Linux 内核，新版本支持更多设备", 16, "发布了 Linux 内核…"),
        ("នាយករដ្ឋមន្ត្រីបានធ្វើដំណើរ", 20, "នាយករដ្ឋមន្ត្រីបាន…"),
        ("क्षत्रियक्षत्रिय", 5, "क्ष…"),
        ("彼は言った「明日また来る", 7, "彼は言った…"),
    ],
    ids=[
        "a space in Thai",
        "a long title",
        "words of Thai",
        "before a link word",
        "a clause in Chinese",
        "words of Japanese",
        "a clause and not a space",
        "Khmer",
        "conjuncts",
        "no bracket left open",
    ],
)
def test_a_cut_is_between_words_in_scripts_without_spaces(text: str, limit: int, clipped: str) -> None:
    assert clip(text, limit) == clipped


@given(st.text(st.sampled_from("ab .。!?”ฯล"), max_size=80), st.integers(1, 60))
@settings(max_examples=200, deadline=None)
def test_a_lead_is_never_longer_than_the_limit(text: str, limit: int) -> None:
    lead = first_sentences(text, limit)
    assert len(lead) <= limit
    assert text.startswith(lead.removesuffix("…"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Flood in the north", "flood in the  North!", True),
        ("“น้ำท่วม” ภาคเหนือ", "น้ำท่วมภาคเหนือ", True),
        ("Ｆｌｏｏｄ", "flood", True),
        ("Straße", "STRASSE", True),
        ("Flood in the north", "Flood in the south", False),
        ("ที่นี่", "ที่นั่น", False),
        ("Flood", "Flood in the north, and much rain in the south", False),
        ("Flood", "", False),
    ],
)
def test_two_texts_are_the_same_but_for_case_space_and_punctuation(one: str, other: str, same: bool) -> None:
    assert same_text(one, other) is same
    assert same_text(other, one) is same


_TITLE = "Ferry returns to the island"
_THAI = "ปูเสื่อรอเรือเฟอร์รีกลับเกาะ"


@pytest.mark.parametrize(
    ("description", "title", "more"),
    [
        ("", _TITLE, False),
        ("-", _TITLE, False),
        ("N/A", _TITLE, False),
        ("ferry returns to the Island!", _TITLE, False),
        ("Ferry returns to the island - World Desk", _TITLE, False),
        ("Ferry returns to the island | The Harbour News Online", _TITLE, False),
        ("Ferry returns to the island, 24 November 2026", _TITLE, False),
        ("World: Ferry returns to the island at last", _TITLE, False),
        ("Ferry returns to the isl…", _TITLE, False),
        ("Ferry returns...", _TITLE, False),
        ("Nine weeks in the yard are over.", _TITLE, True),
        ("Ferry returns to the island: nine weeks of waiting end for two thousand people", _TITLE, True),
        ("Nine weeks in the yard are over.", "", True),
        (_THAI, _THAI, False),
        (f"{_THAI} - ข่าวหน้าเดียว", _THAI, False),
        (_THAI[:20] + "…", _THAI, False),
        ("ชาวบ้านสองพันคนรอมานานเก้าสัปดาห์", _THAI, True),
        ("東京で新しい橋が開通 - 港湾新聞", "東京で新しい橋が開通", False),
        ("住民二千人が九週間待ち続けた", "東京で新しい橋が開通", True),
        ("다리가 다시 열렸다", "다리가 다시 열렸다", False),
        ("주민 이천 명이 아홉 주를 기다렸다", "다리가 다시 열렸다", True),
    ],
)
def test_a_description_says_more_if_it_brings_a_handful_of_new_words(description: str, title: str, more: bool) -> None:
    assert says_more(description, title) is more


@given(_ANY, _ANY)
@settings(max_examples=200, deadline=None)
def test_no_text_says_more_than_itself(one: str, other: str) -> None:
    assert not says_more(one, one)
    assert not says_more(one, f"{other} {one}")
