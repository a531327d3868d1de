"""Text that is safe to show: XML characters, cuts that break no character, first sentences."""

from __future__ import annotations

import re
import unicodedata

#: What XML 1.0 (section 2.2) does not allow, plus the C1 controls, which it discourages.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DIRECTION = re.compile("[\u202a-\u202e]")
_SPACE = re.compile(r"\s+")
#: Where a sentence ends: a full stop of some script, with a space after it where the script has spaces.
_SENTENCE_END = re.compile(r"(?:[.!?…]['\"”’»)\]]*(?=\s)|[。！？]['\"”’」』）]*|[।۔؟]+(?=\s)|[ฯ]ลฯ(?=\s))")
#: Marks and joiners that must stay with the character before them.
_JOINERS = frozenset("\u200d\u200c\ufe0e\ufe0f")


def fit_for_xml(text: str) -> str:
    """Drop the characters that no XML document may have."""
    return _UNFIT.sub("", text)


def one_line(text: str) -> str:
    """Fold white space, line breaks among it, to single spaces, and drop what is unfit to show.

    Embeddings and overrides of direction go, too: one that is left open would turn round what stands behind it.
    """
    # Nothing that str.isprintable() lets pass is unfit, and nearly every text is such.
    if text.isprintable() and "  " not in text:
        return text.strip()
    return _SPACE.sub(" ", _DIRECTION.sub("", fit_for_xml(text.replace("\x85", " ")))).strip()


def clip(text: str, limit: int) -> str:
    """Cut to at most `limit` characters with an ellipsis: at a space if one is near, never inside a character."""
    if len(text) <= limit:
        return text
    end = limit - 1
    space = text.rfind(" ", end * 2 // 3, end + 1)
    if space > 0:
        end = space
    while end > 0 and _continues(text, end):
        end -= 1
    return text[:end].rstrip(" ,;:–—-") + "…"


def _continues(text: str, index: int) -> bool:
    """Say whether the character at `index` belongs to the one before it (UAX #29 in outline)."""
    char, before = text[index], text[index - 1]
    joined = unicodedata.category(char)[0] == "M" or char in _JOINERS or before == "\u200d"
    # Thai and Lao: a vowel written before its consonant (เ แ โ ใ ไ) must not be left alone at the end.
    return (
        joined
        or char in "ะาำະາຳ"
        or before in "เแโใไເແໂໃໄ"
        or _splits_flag(text, index)
        or 0x1F3FB <= ord(char) <= 0x1F3FF
    )


def _splits_flag(text: str, index: int) -> bool:
    """Say whether a flag, which is two letters of their own kind, would be halved (UAX #29, GB12)."""
    start = index
    while start and "\U0001f1e6" <= text[start - 1] <= "\U0001f1ff":
        start -= 1
    return "\U0001f1e6" <= text[index] <= "\U0001f1ff" and (index - start) % 2 == 1


def first_sentences(text: str, limit: int) -> str:
    """Take whole sentences from the beginning while they fit into `limit` characters, or else a clipped one."""
    if len(text) <= limit:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, limit + 1) if match.end() <= limit]
    if ends and ends[-1] >= limit // 3:
        return text[: ends[-1]]
    return clip(text, limit)


def same_text(one: str, other: str) -> bool:
    """Say whether two texts differ in nothing but case, white space and punctuation."""
    shorter, longer = sorted((len(one), len(other)))
    return longer <= 2 * shorter + 8 and _letters(one) == _letters(other)


def _letters(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)


class _Letters(dict[int, int | None]):
    def __missing__(self, code: int) -> int | None:
        self[code] = kept = code if unicodedata.category(chr(code))[0] in "LNM" else None
        return kept


_LETTERS = _Letters()
