"""Where text may be cut, in every script: between words, and between characters as readers see them."""

from __future__ import annotations

import re
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Letters below this have no marks that join them, and spaces between words: no library need be asked about them.
_PLAIN_END = "\u0300"
_PLAIN_WORD = re.compile(r"\w+(?:['’.]\w+)*|\s+|.", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")

_CHINESE_OR_JAPANESE = re.compile("[\u3001-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_CLAUSE_MARKS = "、，；。！？"
_CLOSING = "'\"”’»)]」』）》】"
#: Words that begin a phrase: before one of these a cut in Thai hurts least.
_LINK = re.compile("ที่|ซึ่ง|และ|หรือ|แต่|โดย|เพื่อ|จาก|ใน|กับ|ของ|เมื่อ|เพราะ|ตาม|ให้|ว่า|ระหว่าง|สำหรับ")
#: What belongs to the letter behind it.
_LEADING = frozenset("เแโใไເແໂໃໄ\u200d")
#: What belongs to the letter before it.
_TRAILING = frozenset("ะาำๅๆฯະາຳໆຯ")
#: In Latin, Thai, Lao, Chinese and Japanese no word ends inside a character; elsewhere it may.
_ORDINARY = re.compile("[\0-\u02ff\u0e00-\u0eff\u2010-\u2027\u3000-\u3029\u3030-\u3098\u309b-\u9fff\uff00-\uff9d]*")
#: Scripts whose words no line may end within: ICU would part Korean anywhere, and Thai names into single consonants.
_WHOLE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\uac00-\ud7a3]")
_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))

#: A cut is looked for in so many characters before the limit; the library sees some more, which it needs to be right.
_REACH = 240
_CONTEXT = 32
#: As far back as this the beginning of a character is looked for.
_LONGEST_CHARACTER = 1000


def words(text: str, language: str = "") -> list[str]:
    """Split into words, and into the spaces and marks between them: joined they are the text again."""
    if not text or max(text) < _PLAIN_END:
        return _PLAIN_WORD.findall(text)
    pieces = _pieces("WordBreaker", text, language)
    ends = accumulate(map(len, pieces))
    kept = [
        end
        for end, (one, other) in zip(ends, pairwise(pieces), strict=False)
        if (len(one) > 1 and len(other) > 1) or not _belong(one, other)
    ]
    return [text[start:end] for start, end in pairwise([0, *kept, len(text)])]


def _belong(one: str, other: str) -> bool:
    """Say whether one of two pieces is a single Thai consonant, which is no word but what is left of a name."""
    return (_is_consonant(one) and not other.isspace()) or (_is_consonant(other) and not one.isspace())


def _is_consonant(piece: str) -> bool:
    return len(piece) == 1 and "ก" <= piece <= "ฮ" and piece != "ณ"


def graphemes(text: str) -> list[str]:
    """Split into characters as readers see them (UAX #29): joined they are the text again."""
    if not text or (max(text) < _PLAIN_END and "\r" not in text):
        return list(text)
    return _pieces("CharacterBreaker", text, "")


def unbroken(text: str, language: str = "") -> list[str]:
    """Split wherever a line may end (UAX #14, strict for Japanese): joined they are the text again.

    Spaces and closing marks stand behind what they follow.
    """
    characters = set(_ends(graphemes(text), 0))
    whole = set(_ends(words(text, language), 0)) if _WHOLE.search(text) else characters
    ends = [
        end
        for end in accumulate(map(len, _pieces("LineBreaker", text, "")))
        if end in characters
        and (end in whole or not (_WHOLE.match(text, end - 1) and _WHOLE.match(text, end)))
        and (end == len(text) or separable(text, end))
    ]
    return [text[start:end] for start, end in pairwise([0, *ends])]


def _pieces(breaker: str, text: str, language: str) -> list[str]:
    # Loading it takes longer than most cuts: a run without any need never pays.
    from icu4py import breakers

    # It refuses surrogates, in the text as in the name of a language.
    fit = _SURROGATE.sub("\ufffd", text)
    pieces = list(getattr(breakers, breaker)(fit, language if language.isascii() else ""))
    if fit == text:
        return pieces
    return [text[start:end] for start, end in pairwise(_ends(pieces, 0))]


def boundary(text: str, limit: int, language: str = "") -> int:
    """Give the best place at or before `limit` to cut a longer text; 0 if not one whole character fits.

    That is a space in the last third, or else the end of a clause or a word there, or of a character anywhere.
    """
    floor = max(limit * 2 // 3, limit - _REACH, 1)
    around = text[floor : limit + 1]
    space = around.rfind(" ")
    if space >= 0 and not _CHINESE_OR_JAPANESE.search(around):
        return floor + space
    if limit < 1:
        return 0
    sides = text[limit - 1 : limit + 1]
    if max(around + sides) < _PLAIN_END and sides != "\r\n":
        return limit
    return _word_end(text, floor, limit, language) or _character_end(text, limit)


def _word_end(text: str, floor: int, limit: int, language: str) -> int:
    """Give the end of a clause between the two, or else of the last word before a phrase, or of the last word, or 0."""
    start = _known(text, floor - _CONTEXT)
    window = text[start : limit + _CONTEXT]
    pieces = words(window, language)
    whole = None if _ORDINARY.fullmatch(window) else set(_ends(graphemes(window), start))
    best = (0, 0)
    for end, (before, after) in zip(_ends(pieces, start), pairwise(["", *pieces]), strict=False):
        if floor <= end <= limit and separable(text, end) and (whole is None or end in whole):
            clause = before in _CLAUSE_MARKS and after not in _CLOSING
            best = max(best, (2 if clause else _LINK.fullmatch(after) is not None, end))
    return best[1]


def _character_end(text: str, limit: int) -> int:
    start = _known(text, limit - _LONGEST_CHARACTER)
    ends = list(_ends(graphemes(text[start : limit + _CONTEXT]), start))[1:]
    whole = [end for end in ends if end <= limit and separable(text, end)]
    # Where no character ends in all that was looked at, a cut has to be somewhere.
    return whole[-1] if whole else 0 if start == 0 else limit


def _ends(pieces: list[str], start: int) -> Iterator[int]:
    return accumulate(map(len, pieces), initial=start)


def separable(text: str, end: int) -> bool:
    """Say whether the signs on both sides of `end` can do without each other: a vowel of Thai needs its consonant."""
    return text[end - 1] not in _LEADING and text[end : end + 1] not in _TRAILING


def _known(text: str, position: int) -> int:
    """Give a place near `position` that halves no flag, which is two letters of their own kind (UAX #29, GB12)."""
    before = text[: max(0, position)]
    return len(before) - (len(before) - len(before.rstrip(_FLAG_LETTERS))) % 2
