"""Which posts of a digest tell the same story: copies, shortened or re-titled ones, those with another lead.

Of every telling, the title and the beginning of the text are read as words. Two tell the same story if all this holds:

1. Most of the runs of three words in the shorter text are in the longer one, too, and they are more than a sentence.
   Of a text of one paragraph nearly all are, for two names put in another's place are a small part of it already.
2. What a title says and its own text takes up, the other text has, too, and one of the titles is answered by both:
   what shares only the lines that stand below every article fails here.
3. Not both have many numbers that the other lacks, nor numbers of their own in their titles: forecasts, draws and
   matches that are told by one pattern fail here.
4. Where the titles are one pattern with other words in it ("Kellin reach the final", "Rosk reach the final"), not both
   texts take up words that only they have.

What is in doubt stays apart: a story that is told twice is a lesser evil than one that nobody sees.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING

from publisher.kit.segment import words

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

#: So many characters of a title and of a text are read: the most important stands first in news.
_TITLE, _BEGINNING = 300, 1200
#: So many runs of words two texts share at the least.
_SHARED = 16
#: The part of the shorter text's runs that the longer one has; and where they are fewer than a paragraph's.
_CONTAINED, _PARAGRAPH_CONTAINED = 0.6, 0.8
_PARAGRAPH = 80
#: Of the words of a title that its own text takes up, the part by letters that the other text has: of either title, and
#: of both on average. And the part of a whole title that both texts have, of one title at the least.
_KEPT, _BOTH_KEPT, _ANSWERED = 0.25, 0.5, 0.5
#: From this part of their numbers on, those that the other lacks are many.
_MANY_NUMBERS = 1 / 3
#: Two values of a sketch are a band, and texts with a band in common are compared: of those that share a ninth of their
#: runs four in five, of those that share a fifth all but one in two hundred. A fixed seed finds the same every time.
_SKETCH, _BANDS, _SEED = 256, 128, 1

#: Typographic marks would have a text segmented in another way than its copy without them.
_MARK = re.compile("[‘’“”–—]")
_PLAIN_MARKS = dict(zip("‘’“”–—", "''\"\"--", strict=True))
_THOUSANDS = re.compile(r",(?=\d{3})")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """A post as far as it matters here."""

    title: str
    #: Plain text of the body, of any length.
    text: str


def alike(tellings: Sequence[Telling], language: str = "") -> list[tuple[int, int]]:
    """Give the sorted pairs of positions that tell the same story, the smaller position first.

    That the first is like the second and the second like the third does not make the first like the third.
    """
    spelling = _Spelling()
    positions: dict[_Words, list[int]] = {}
    for position, telling in enumerate(tellings):
        title, text = telling.title[:_TITLE], telling.text[:_BEGINNING]
        positions.setdefault((spelling.words(title, language), spelling.words(text, language)), []).append(position)
    # A text is compared once, however many have it.
    read = [_Read.of(each, spelling.numbers) for each in positions]
    at = list(positions.values())
    pairs = [pair for number in _long(read) for pair in combinations(at[number], 2)]
    for one, other in _candidates(read):
        if _same_story(read[one], read[other]):
            pairs += [(min(pair), max(pair)) for pair in product(at[one], at[other])]
    return sorted(pairs)


#: Of a title, and of a text.
_Words = tuple[tuple[str, ...], tuple[str, ...]]


class _Spelling(dict[str, str]):
    """How words are compared: without case, forms of letters and digits, and nothing if they are marks."""

    def __init__(self) -> None:
        super().__init__()
        #: Those with digits, of all that were asked for.
        self.numbers: set[str] = set()

    def words(self, text: str, language: str) -> tuple[str, ...]:
        plain = _THOUSANDS.sub("", _MARK.sub(lambda mark: _PLAIN_MARKS[mark[0]], text))
        return tuple(filter(None, map(self.__getitem__, words(plain, language))))

    def __missing__(self, piece: str) -> str:
        # No sketch is made of surrogates.
        spelled = unicodedata.normalize("NFKC", _SURROGATE.sub("\ufffd", piece)).casefold()
        spelled = "".join([str(unicodedata.digit(each, each)) for each in spelled])
        self[piece] = spelled = spelled if any(map(str.isalnum, spelled)) else ""
        if any(map(str.isdigit, spelled)):
            self.numbers.add(spelled)
        return spelled


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    title: tuple[str, ...]
    #: The words of the text.
    text: frozenset[str]
    #: Of title and text.
    numbers: frozenset[str]
    #: Three words of the text that follow one another, with spaces between them.
    runs: frozenset[str]

    @classmethod
    def of(cls, title_and_text: _Words, numbers: set[str]) -> _Read:
        title, text = title_and_text
        known = frozenset(text)
        runs = frozenset(map(" ".join, zip(text, text[1:], text[2:], strict=False)))
        return cls(title=title, text=known, numbers=known.union(title) & numbers, runs=runs)


def _long(read: Sequence[_Read]) -> list[int]:
    return [number for number, each in enumerate(read) if len(each.runs) >= _SHARED]


def _candidates(read: Sequence[_Read]) -> Iterator[tuple[int, int]]:
    """Give the pairs that may share enough, by MinHash and locality-sensitive hashing; some share little."""
    from rensa import RMinHash, RMinHashLSH

    long = _long(read)
    sketches = RMinHash.from_token_sets([list(read[number].runs) for number in long], _SKETCH, _SEED)
    index = RMinHashLSH(0.0, _SKETCH, _BANDS)
    index.insert_pairs(list(zip(long, sketches, strict=True)))
    for number, near in zip(long, index.query_all(sketches), strict=True):
        yield from ((number, other) for other in near if other > number)


def _same_story(one: _Read, other: _Read) -> bool:
    if _differ_in_numbers(one, other):
        return False
    shared, shorter = len(one.runs & other.runs), min(len(one.runs), len(other.runs))
    if shared < max(_SHARED, (_CONTAINED if shorter >= _PARAGRAPH else _PARAGRAPH_CONTAINED) * shorter):
        return False
    return one.title == other.title or (_answered(one, other) and not _differ_in_title(one, other))


def _differ_in_numbers(one: _Read, other: _Read) -> bool:
    return all(
        len(here.numbers - there.numbers) >= max(1, _MANY_NUMBERS * len(here.numbers))
        for here, there in ((one, other), (other, one))
    )


def _answered(one: _Read, other: _Read) -> bool:
    both = one.text & other.text
    kept, answered = [], []
    for each in (one, other):
        shared, own = _letters(each.title, both), _letters(each.title, each.text)
        kept.append(shared / own if own else 1.0)
        answered.append(shared >= _ANSWERED * _letters(each.title, each.title))
    return min(kept) >= _KEPT and sum(kept) / 2 >= _BOTH_KEPT and any(answered)


def _letters(title: Iterable[str], known: Container[str]) -> int:
    """Count the letters of words that are known: long words say more than short ones."""
    return sum(len(word) for word in title if word in known)


def _differ_in_title(one: _Read, other: _Read) -> bool:
    """Say whether both titles have a number, or a word, of their own that is not just another name of the same."""
    pattern = _one_pattern(one.title, other.title)
    numbers, taken_up = [], []
    for here, there in ((one, other), (other, one)):
        own = set(here.title).difference(there.title)
        lacked = own - there.text
        numbers.append(here.numbers & (own if pattern else lacked))
        taken_up.append(here.text & lacked)
    return all(numbers) or (pattern and all(taken_up))


def _one_pattern(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Say whether two titles are the same words, half of the shorter at the least, with other words between them."""
    frame = [word for word in one if word in other]
    return frame == [word for word in other if word in one] and 2 * len(frame) >= min(len(one), len(other))
