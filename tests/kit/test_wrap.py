"""Lines of plain text: as wide as they look, and ended only where a reader would end them."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.kit.segment import graphemes, words
from publisher.kit.wrap import width, wrap

THAI = "ราคาน้ำมันปรับตัวสูงขึ้นต่อเนื่อง รัฐบาลเตรียมออกมาตรการช่วยเหลือประชาชนในต่างจังหวัด มาครงกล่าวเร็ว ๆ นี้ว่า “เราจะไม่ถอย”"
JAPANESE = "東京で開かれた国際会議では、「気候変動は待ってくれない」と代表が述べた。スーパーでティッシュが売り切れた！"
CHINESE = "气候变化问题——专家警告……「我们必须立即行动」，他说。《人民的选择》（第二版）今日出版！"
ARABIC = "قال المسؤولون إن الجسر سيبقى مغلقا، (حتى يفحصه المهندسون) «في الصباح»؛ فهل يفتح غدا؟"
ENGLISH = "Officials said “the well-known bridge” (built in 1931) would stay closed; nobody knows for how long!"
URL = "https://news.example.org/world/a-b-c/a/very/long/path?that=never&ends=1"

_PIECES = [
    *(
        "a",
        " ",
        "  ",
        ".",
        "-",
        "word",
        "e\u0301",
        "\u0301",
        "\n",
        "\r\n",
        "\0",
        "\t",
        "\ud800",
        "\u200d",
        "\u200b",
        "\xa0",
    ),
    *("👩\u200d👩\u200d👧", "👍🏽", "🇹🇭", "\U0001f1f9", "ᄀ", "ᅡ", "한국", "क्ष", "שלום", "مرحبا", "\u202e", "\u2067"),
    *(
        "กำ",
        "เ",
        "ที่",
        "น้ำ",
        "ก",
        "ๆ",
        "ประชาชน",
        "ຂະ",
        "東京都",
        "、",
        "。",
        "」",
        "「",
        "が\u3099",
        "“",
        "”",
        "(",
        ")",
    ),
    *("x" * 50, "https://a.example/b-c/d?e=f", "desk-one@example.org", "www.", "\u0600"),
]
_TEXTS = st.lists(st.sampled_from(_PIECES), max_size=30).map("".join) | st.text(max_size=80)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("abc", 3),
        ("ที่นี่", 2),
        ("น้ำ", 2),
        ("東京", 4),
        ("ｶﾞ", 2),
        ("👩\u200d👩\u200d👧🇹🇭", 4),
        ("e\u0301", 1),
        ("\u202ea\u2069\0", 1),
    ],
)
def test_a_text_is_as_wide_as_it_looks(text: str, columns: int) -> None:
    assert width(text) == columns


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (THAI, ["ราคาน้ำมันปรับตัวสูงขึ้น", "ต่อเนื่อง รัฐบาลเตรียม"]),
        (JAPANESE, ["東京で開かれた国際", "会議では、「気候変", "動は待ってくれな", "い」と代表が述べ"]),
        (CHINESE, ["气候变化问题——专家", "警告……「我们必须立", "即行动」，他说。"]),
        (ARABIC, ["قال المسؤولون إن", "الجسر سيبقى مغلقا،", "(حتى يفحصه"]),
        (ENGLISH, ["Officials said", "“the well-known", "bridge” (built in", "1931) would stay"]),
        (
            "👩\u200d👩\u200d👧👍🏽🇹🇭🇯🇵❤\ufe0f" * 2,
            ["👩\u200d👩\u200d👧👍🏽🇹🇭🇯🇵❤\ufe0f👩\u200d👩\u200d👧👍🏽🇹🇭🇯🇵", "❤\ufe0f"],
        ),
    ],
    ids=["Thai", "Japanese", "Chinese", "Arabic", "English", "emoji"],
)
def test_lines_of_eighteen_columns(text: str, lines: list[str]) -> None:
    assert wrap(text, 18).split("\n")[: len(lines)] == lines


@pytest.mark.parametrize("columns", range(12, 50))
def test_no_line_ends_within_a_thai_word(columns: int) -> None:
    ends = set(accumulate(map(len, words(THAI, "th"))))
    assert all(end in ends for end in _breaks(THAI, wrap(THAI, columns, "th")))


@pytest.mark.parametrize("columns", range(8, 40))
@pytest.mark.parametrize("text", [THAI, JAPANESE, CHINESE, ARABIC, ENGLISH])
def test_no_mark_stands_at_the_wrong_end_of_a_line(text: str, columns: int) -> None:
    first, *others = wrap(text, columns).split("\n")
    assert all(line[0] not in "、。，！”」》）)»؟؛،;:!ๆฯッーィ…" for line in others)
    assert all(line[-1] not in "“「《（(«" for line in [first, *others])


def test_an_address_is_never_broken_and_keeps_the_marks_around_it() -> None:
    assert wrap(f"See ({URL}), or write to desk-one@example.org, twice.", 20).split("\n") == [
        "See",
        f"({URL}),",
        "or write to",
        "desk-one@example.org,",
        "twice.",
    ]
    assert wrap(f"詳しくは（{URL}）を参照。", 12).split("\n") == ["詳しくは", f"（{URL}）", "を参照。"]
    assert wrap(f"{URL}を参照", 12).split("\n") == [URL, "を参照"]
    assert wrap(f"อ่านดู{URL} ต่อ", 12).split("\n") == ["อ่าน", f"ดู{URL}", "ต่อ"]


def test_a_word_longer_than_a_line_goes_on_in_the_next() -> None:
    assert wrap("a " + "x" * 25 + " b", 10).split("\n") == ["a xxxxxxxx", "xxxxxxxxxx", "xxxxxxx b"]
    assert wrap("x" * 10 + ".” " + "y", 10).split("\n") == ["x" * 9, "x.” y"]
    assert wrap("e\u0301" * 6, 4).split("\n") == ["e\u0301" * 4, "e\u0301" * 2]
    assert wrap("。" * 5, 4).split("\n") == ["。。", "。。", "。"]
    assert wrap("ประชาชน", 2, "th").split("\n") == ["ป", "ระ", "ชา", "ชน"]
    assert wrap("xxx(yyyyy)", 4).split("\n") == ["xxx", "(yyy", "yy)"]
    assert wrap("👍🏽 a", 1).split("\n") == ["👍🏽", "a"]


def test_the_first_line_and_the_others_have_their_own_beginnings() -> None:
    assert wrap("one two three four", 10, first="- ", indent="  ") == "- one two\n  three\n  four"
    assert wrap("one two three", 9, indent="    ") == "one two\n    three"
    assert wrap("", 10, first="- ", indent="  ") == "-"


def test_line_breaks_of_the_text_are_spaces() -> None:
    assert wrap("\none\r\ntwo\u2028three\n", 40) == "one two three"


@pytest.mark.parametrize("unit", ["x", "a ", "ก", "。", "\u0301", "\u200b", "🇹🇭", "x@", "ab://", "'"])
def test_a_very_long_text_is_wrapped_to_the_end(unit: str) -> None:
    assert "".join(wrap(unit * 5000, 72).split()) == unit.strip() * 5000


@example("https://a.example/d\u0600「", 1, "", "")
@example("a \ta", 1, "  ", "")
@given(_TEXTS, st.integers(1, 40), st.sampled_from(["", "  "]), st.sampled_from(["", "th", "ja"]))
@settings(max_examples=500, deadline=None)
def test_any_text_is_whole_within_its_lines(text: str, columns: int, indent: str, language: str) -> None:
    text = " ".join(text.splitlines()).strip()
    wrapped = wrap(text, columns, language, first=indent, indent=indent)
    lines = wrapped.split("\n")
    characters = {0, *accumulate(map(len, graphemes(text)))}
    assert all(end in characters or text[end].isspace() for end in _breaks(text, wrapped))
    for line in lines:
        assert line == line.rstrip()
        assert width(line) <= columns or len(graphemes(line.strip())) == 1 or _has_address(line)
    assert all(line.strip() for line in lines) or not text


def _has_address(line: str) -> bool:
    return "://" in line or "@" in line or "www." in line


def _breaks(text: str, wrapped: str) -> list[int]:
    """Find the places in the text at which lines end; fails if anything but white space is lost at one."""
    at, ends = 0, []
    for line in wrapped.split("\n"):
        line = line.strip(" ") if at == 0 else line.lstrip(" ")
        while not text.startswith(line, at):
            assert text[at].isspace()
            at += 1
        at += len(line)
        ends.append(at)
    assert not text[at:].strip()
    return ends
