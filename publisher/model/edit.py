"""An edit, weighed: whether those who have read a text before would want to hear of it."""

from __future__ import annotations

import re
from collections import Counter

#: More words than this, put in or taken out, are more than a typo mended.
FEW_WORDS = 5
#: Scripts without spaces between words are counted by characters, so many to a word.
_CHARACTERS = 3
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_CHARACTER = re.compile(f"[{_UNSPACED}]")
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
#: How a note to the reader begins that something was wrong: "Correction (10 November): …".
_NOTE = re.compile(
    r"\W*(?:(?:corrections?|clarification|editor[’']s note|updated?|หมายเหตุ|แก้ไข|แก้ข่าว|อัปเดต|อัพเดต|訂正|追記|更正|勘误"
    r"|勘誤|编者按|編者按|정정|바로잡습니다|korrektur|berichtigung|anmerkung der redaktion|correcci[óo]n|fe de errores"
    r"|actualizaci[óo]n|correctif|mise à jour|correção|errata|исправление|уточнение|виправлення|уточнення|đính chính"
    r"|cập nhật|ralat|koreksi|pembaruan)[^:：—–]{0,40}[:：—–]"
    r"|(?:this (?:article|story|report) (?:has been|was) (?:corrected|updated|amended)|an earlier version of this)\b)",
    re.IGNORECASE,
)


def is_news(before: str, after: str) -> bool:
    """Say whether `after` differs from `before` by more than a few words, or by a correction note.

    Both are plain text with a paragraph a line. Words that only moved do not count.
    """
    if before == after:
        return False
    told = set(before.splitlines())
    if any(line not in told and _NOTE.match(line) for line in after.splitlines()):
        return True
    old, new = _tokens(before), _tokens(after)
    return max(_words(new - old), _words(old - new)) > FEW_WORDS


def correction_note(text: str) -> str:
    """Give the paragraph in which a report says that something was wrong in it, or nothing."""
    return next((line for line in text.splitlines() if _NOTE.match(line)), "")


def _tokens(text: str) -> Counter[str]:
    return Counter(match[0] for match in _TOKEN.finditer(text.casefold()))


def _words(tokens: Counter[str]) -> float:
    characters = sum(count for token, count in tokens.items() if _CHARACTER.fullmatch(token))
    return tokens.total() - characters + characters / _CHARACTERS
