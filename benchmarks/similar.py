"""How fast posts that tell the same story are found, and how well, over invented news with labels.

`python -m benchmarks.similar` prints milliseconds, and precision and recall of pairs: a set of a language is asked as
one window of a digest. Rules are written with the posts of `tests/kit/similar/`; of those in `unseen/` and `fresh/`
only numbers are for reading, or they would measure nothing. `--misses` lists what went wrong in the others.
"""

from __future__ import annotations

import argparse
import random
import time
import tomllib
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.kit.segment import words
from publisher.kit.similar import Telling, alike

if TYPE_CHECKING:
    from collections.abc import Iterable

LABELLED = Path(__file__).parent.parent / "tests" / "kit" / "similar"
#: `unseen` was written before the first version of the rules, `fresh` after the second.
SETS = {
    "tuned": sorted(LABELLED.glob("*.toml")),
    "unseen": sorted(LABELLED.glob("unseen/*.toml")),
    "fresh": sorted(LABELLED.glob("fresh/*.toml")),
}
SIZES = (100, 500, 1000)
#: Seconds for 500 tellings, at the most.
TARGET = 0.3
_LENGTH = 3000
#: One telling of so many is a copy of the one before, without its last third.
_COPY_EVERY = 10
_REPEATS = 5


@dataclass(kw_only=True)
class Score:
    """How many pairs tell the same story, how many were found, and how many were both."""

    same: int = 0
    found: int = 0
    both: int = 0
    #: "false" or "missed", and the titles of the pair.
    misses: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Give the part of what was found that is right."""
        return self.both / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Give the part of what is there that was found."""
        return self.both / self.same if self.same else 1.0


def score_of(path: Path) -> Score:
    """Compare the pairs that are found in a labelled file with those of the same group and event."""
    labelled = tomllib.loads(path.read_text("utf-8"))
    known = [(at, each) for at, group in enumerate(labelled["group"]) for each in group["telling"]]
    tellings = [Telling(title=each["title"], text=each["text"]) for _, each in known]
    events = [(at, each["event"]) for at, each in known]
    same = {(i, j) for i, j in combinations(range(len(events)), 2) if events[i] == events[j]}
    found = set(alike(tellings, labelled["language"]))
    wrong = [("false", pair) for pair in sorted(found - same)] + [("missed", pair) for pair in sorted(same - found)]
    misses = [f"{kind}: {tellings[i].title} | {tellings[j].title}" for kind, (i, j) in wrong]
    return Score(same=len(same), found=len(found), both=len(same & found), misses=misses)


def show(name: str, paths: Iterable[Path]) -> list[str]:
    """Print a table, a line for each language and one for all. Returns what went wrong."""
    total = Score()
    print(f"{name:8} pairs  found  precision  recall")
    for path in paths:
        score = score_of(path)
        print(f"{path.stem:8} {score.same:5}  {score.found:5}  {score.precision:9.3f}  {score.recall:6.3f}")
        total.same += score.same
        total.found += score.found
        total.both += score.both
        total.misses += score.misses
    print(f"{'all':8} {total.same:5}  {total.found:5}  {total.precision:9.3f}  {total.recall:6.3f}\n")
    return total.misses


def generated(count: int, language: str) -> list[Telling]:
    """Make tellings of some 3,000 characters from words and phrases of the labelled news, a tenth of them copies."""
    labelled = tomllib.loads((LABELLED / f"{language}.toml").read_text("utf-8"))
    pieces = [
        piece for group in labelled["group"] for each in group["telling"] for piece in words(each["text"], language)
    ]
    chance = random.Random(5)
    made: list[Telling] = []
    while len(made) < count:
        if len(made) % _COPY_EVERY == _COPY_EVERY - 1:
            made.append(Telling(title=made[-1].text[100:160], text=made[-1].text[: _LENGTH * 2 // 3]))
            continue
        text = ""
        while len(text) < _LENGTH:
            start = chance.randrange(len(pieces))
            text += "".join(pieces[start : start + chance.randint(1, 4)])
        made.append(Telling(title=text[:70], text=text))
    return made


def seconds(tellings: list[Telling], language: str) -> float:
    """Time one call, the best of several."""
    took = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        alike(tellings, language)
        took.append(time.perf_counter() - started)
    return min(took)


def main() -> int:
    """Print times and scores; 1 where 500 tellings take too long or a look-alike was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.similar", description=__doc__)
    parser.add_argument("--misses", action="store_true", help="list what went wrong in the tuned set")
    asked = parser.parse_args()
    misses = {name: show(name, paths) for name, paths in SETS.items()}
    if asked.misses:
        print(*misses["tuned"], sep="\n", end="\n\n")
    slowest = 0.0
    for language in ("en", "th"):
        for size in SIZES:
            took = seconds(generated(size, language), language)
            slowest = max(slowest, took if size == SIZES[1] else 0.0)
            print(f"{language} {size:5} tellings {took * 1000:6.0f} ms")
    wrong = any(each.startswith("false") for found in misses.values() for each in found)
    met = slowest <= TARGET and not wrong
    print(f"target: {SIZES[1]} in {TARGET * 1000:.0f} ms, no look-alike taken for a copy: {'met' if met else 'missed'}")
    return int(not met)


if __name__ == "__main__":
    raise SystemExit(main())
