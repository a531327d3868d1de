"""Text that is safe to show: XML characters, cuts that break no character, first sentences, what says something new."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

#: What XML 1.0 (section 2.2) does not allow, plus the C1 controls, which it discourages.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DIRECTION = re.compile("[\u202a-\u202e]")
_SPACE = re.compile(r"\s+")

#: What looks unfinished before an ellipsis.
_LOOSE = " ,;:–—-…、，；：·/([{“„‘«「『（《【"

#: Full stops of all scripts, and the sign that ends a list in Thai, with the quotation marks and brackets they close.
_STOP = re.compile(r"[.!?…।॥۔؟։።။៕。！？｡ฯ]+['\"”’»)\]」』）]*")
_CLOSING = "'\"”’»)]」』）"
#: These need no space behind them.
_WIDE_STOPS = "。！？｡"
#: What stands between a full stop and the letter that shows whether another sentence begins.
_OPENING = " \t\r\n\xa0'\"“”„‘’«»([¿¡"
_LAST_WORD = re.compile(r"[^\s.,;:(\[\"'“„‘«/-]+$")
#: Words that are written with a full stop, in any sentence or before a number.
_ABBREVIATION = re.compile(
    "dr|mrs?|ms|prof|rev|hon|st|sr|jr|gen|col|lt|cpl|sgt|capt|cmdr|sen|rep|gov|pres|inc|ltd|corp?|vs|cf|al|approx|dept|est"
    "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|bzw|ca|evtl|ggf|inkl|str|vgl|sog|hr|fr|mme|mlle|av|env|dhr|mevr|bijv"
    "|sra|srta|dra|uds?|uu|ee|ex|aprox|dott|им|ул|гг|тыс|млн|млрд|руб|см|стр|др|проф|акад|гос|np|ul|tzw|doç|tzv|např"
)
_ABBREVIATION_OF_NUMBER = re.compile("nos?|nr|núm|fig|vol|pp?|pág|art|sec|ch|abs|kap|godz|ст")

#: Descriptions that a form or a script left, without what is no letter.
_PLACEHOLDER = re.compile("|na|none|null|nil|undefined|tbd|todo|description|nodescription|excerpt|summary|untitled")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")
#: As much of a description as is compared with a title.
_COMPARED = 1000


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


def clip(text: str, limit: int, language: str = "") -> str:
    """Cut to at most `limit` characters with an ellipsis: between phrases or words, never inside a character."""
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    from publisher.kit.segment import boundary

    return text[: boundary(text, limit - 1, language)].rstrip(_LOOSE) + "…"


def first_sentences(text: str, limit: int, language: str = "") -> str:
    """Take whole sentences from the beginning while they fit into `limit` characters, or else a clipped one."""
    if len(text) <= limit:
        return text
    ends = [match.end() for match in _STOP.finditer(text, 0, limit)]
    for end in reversed(ends):
        if end < limit // 3:
            break
        if ends_sentence(text, end):
            return text[:end]
    return clip(text, limit, language)


def ends_sentence(text: str, end: int) -> bool:
    """Say whether what stands before `end` ends a sentence, and not an abbreviation, an initial or a number."""
    before = text[max(0, end - 40) : end].rstrip(_CLOSING)
    stop, after = before[-1:], text[end : end + 20]
    if after and not after[0].isspace():
        return stop in _WIDE_STOPS and after[0] not in _CLOSING
    if stop == "ฯ":
        return before.endswith("ฯลฯ")
    following = after.lstrip(_OPENING)[:1]
    return _STOP.match(stop) is not None and not following.islower() and not _abbreviates(before, following)


def _abbreviates(before: str, following: str) -> bool:
    word = _LAST_WORD.search(before[:-1]) if before.endswith(".") else None
    return word is not None and _is_abbreviation(word[0].casefold(), following)


def _is_abbreviation(word: str, following: str) -> bool:
    # An initial; or a number that counts: "am 24. November".
    if len(word) <= 2 and (word.isdecimal() or (len(word) == 1 and word.upper() != word)):
        return True
    if _ABBREVIATION_OF_NUMBER.fullmatch(word):
        return following.isdecimal()
    # In Thai and Lao nothing else has a full stop.
    return _ABBREVIATION.fullmatch(word) is not None or "\u0e00" <= word[-1] <= "\u0eff"


def same_text(one: str, other: str) -> bool:
    """Say whether two texts differ in nothing but case, white space and punctuation."""
    shorter, longer = sorted((len(one), len(other)))
    return longer <= 2 * shorter + 8 and _letters(one) == _letters(other)


def says_more(description: str, title: str) -> bool:
    """Say whether a description has something new: not the title, clipped or with a few words around it."""
    described, titled = _spelled(description[:_COMPARED]).split(), _spelled(title[:_COMPARED]).split()
    if _PLACEHOLDER.fullmatch("".join(described)):
        return False
    repeated = titled and "".join(titled) in "".join(described)
    # Behind a whole title stand the names of a site, a section and an author.
    return _count(_units(described) - _units(titled)) >= (6 if repeated else 3)


def _units(words: list[str]) -> set[str]:
    """Give the words, or pairs of letters where words have no spaces between them, without numbers and initials."""
    units: set[str] = set()
    for word in words:
        if _UNSPACED.search(word):
            units.update(word[index : index + 2] for index in range(len(word) - 1))
        elif len(word) > 1 and not word.isdecimal():
            units.add(word)
    return units


def _count(units: set[str]) -> int:
    """Count as words: of what has no spaces between words, three pairs of letters are about one."""
    pairs = sum(_UNSPACED.search(unit) is not None for unit in units)
    return len(units) - pairs + pairs // 3


def _letters(text: str) -> str:
    return _spelled(text).replace(" ", "")


def _spelled(text: str) -> str:
    """Fold to letters, digits and marks, with a space for all else."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)


class _Letters(dict[int, str | int]):
    def __missing__(self, code: int) -> str | int:
        self[code] = kept = code if unicodedata.category(chr(code))[0] in "LNM" else " "
        return kept


_LETTERS = _Letters()


#: What ends a line that a reader sees.
_LINE_END = re.compile(r"</(?:p|h[1-6]|li|dd|dt|td|th|blockquote|figcaption|pre|div)>|<(?:br|hr)\b[^>]*>")
_TAG = re.compile(r"<[^<>]*>")


def text_of_html(html: str) -> str:
    """Give the text of what was rendered, a line for each paragraph."""
    # Where the lines of the file end means nothing.
    text = unescape(_TAG.sub("", _LINE_END.sub("\n", " ".join(html.split()))))
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())
