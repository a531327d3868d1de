"""In which script a text is written, and in which direction: fonts, line height and alignment go by it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

#: Letters by script; kana before the characters that Japanese, Chinese and Korean share.
_RANGES = {
    "thai": "\u0e00-\u0eff",
    "arabic": "\u0600-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufdff\ufe70-\ufeff",
    "hebrew": "\u0590-\u05ff\ufb1d-\ufb4f",
    "devanagari": "\u0900-\u097f\ua8e0-\ua8ff",
    "ja": "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f",
    "ko": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
    "han": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
}
_LETTERS = {script: re.compile(f"[{characters}]") for script, characters in _RANGES.items()}
_WORDS = re.compile(r"[^\W\d_]")
#: So much of a text decides about it: its fonts have Latin letters, too, but those of Latin lack all others.
_SHARE = 1 / 5

_BY_LANGUAGE = {
    "th": "thai",
    "lo": "thai",
    "hi": "devanagari",
    "mr": "devanagari",
    "ne": "devanagari",
    "ja": "ja",
    "ko": "ko",
    "he": "hebrew",
    "yi": "hebrew",
} | dict.fromkeys(("ar", "fa", "ur", "ps", "sd", "ug", "ckb"), "arabic")
#: Where Chinese is written in traditional characters.
_TRADITIONAL = re.compile(r"zh\b.*-(?:hant|tw|hk|mo)\b", re.IGNORECASE)


def script_of(text: str, language: str = "") -> str:
    """Name the script of a text: `thai`, `arabic`, `hebrew`, `devanagari`, `ja`, `ko`, `zh-hans`, `zh-hant`, `latin`.

    `latin` stands for all others, which the same fonts have. A text without letters has the script of its language.
    """
    counts = Counter({script: len(pattern.findall(text)) for script, pattern in _LETTERS.items()})
    letters = max(len(_WORDS.findall(text)), counts.total())
    if letters == 0:
        return _of_language(language)
    if counts["ja"] and counts["ja"] + counts["han"] >= letters * _SHARE:
        return "ja"
    script, count = counts.most_common(1)[0]
    if count < letters * _SHARE:
        return "latin"
    return _of_han(language) if script == "han" else script


def _of_language(language: str) -> str:
    primary = language.partition("-")[0].lower()
    return _of_han(language) if primary == "zh" else _BY_LANGUAGE.get(primary, "latin")


def _of_han(language: str) -> str:
    primary = language.partition("-")[0].lower()
    if primary in {"ja", "ko"}:
        return primary
    return "zh-hant" if _TRADITIONAL.match(language) else "zh-hans"


def direction_of(text: str, default: str = "ltr") -> str:
    """Say `ltr` or `rtl`, as its first strong character does (UAX #9, P2), or else `default`."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in {"L", "R", "AL"}:
            return "ltr" if kind == "L" else "rtl"
    return default
