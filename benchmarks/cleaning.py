"""How well cleaning tells junk from report, over posts in which every piece of junk stands between ⟦ and ⟧.

`python -m benchmarks.cleaning` prints precision and recall by language, `--misses` also what went wrong. Rules are
written with the posts of `TUNED`; of those in `unseen/` only numbers are for reading, or they would measure nothing.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pyromark
from lxml import etree

from publisher.content import frontmatter
from publisher.content.cleaning.pipeline import Subject, clean
from publisher.content.cleaning.tree import BLOCKS, parse

if TYPE_CHECKING:
    from lxml.html import HtmlElement

LABELLED = Path(__file__).parent / "labelled"
#: The folders that rules are written with.
TUNED = ("dev", "held-out", "fresh")
#: What both precision and recall ought to be at the least.
TARGET = 0.98
_JUNK = re.compile("⟦([^⟧]*)⟧")
#: Words; of scripts without spaces, their characters.
_TOKEN = re.compile(
    r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|(?:(?![\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])\w)+"
)
_MARKDOWN = pyromark.Markdown(options=pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH)


@dataclass(kw_only=True)
class Score:
    """How many tokens were junk, were removed, and were both."""

    posts: int = 0
    junk: int = 0
    removed: int = 0
    both: int = 0
    #: (tokens, post, "kept junk" or "lost report", what) of each mistake.
    misses: list[tuple[int, str, str, str]] = field(default_factory=list, repr=False)

    @property
    def precision(self) -> float:
        """Give the part of what was removed that was junk."""
        return self.both / self.removed if self.removed else 1.0

    @property
    def recall(self) -> float:
        """Give the part of the junk that was removed."""
        return self.both / self.junk if self.junk else 1.0

    def add(self, other: Score) -> None:
        """Add what was counted elsewhere."""
        self.posts += other.posts
        self.junk += other.junk
        self.removed += other.removed
        self.both += other.both
        self.misses += other.misses


def measure(*folders: Path) -> dict[str, Score]:
    """Score every post below some folders, by language, and all of them under ``all``."""
    scores: dict[str, Score] = defaultdict(Score)
    for path in sorted(path for folder in folders for path in folder.glob("*.md")):
        score = score_of(path)
        scores[path.stem.partition("-")[0]].add(score)
        scores["all"].add(score)
    return dict(scores)


def score_of(path: Path) -> Score:
    """Compare what cleaning leaves of a post with what its label leaves of it."""
    fields, body = frontmatter.parse(path.read_text("utf-8"))
    marked = _tree(_JUNK.sub(r"\1", body))
    whole = _tokens(marked)
    gold = _tokens(_tree(_JUNK.sub("", body)))
    origin, image = fields.get("origin_url"), fields.get("image")
    clean(marked, Subject(title=str(fields["title"]), image=image, origin=origin))
    left = _tokens(marked)
    junk, removed = whole - gold, whole - left
    score = Score(posts=1, junk=junk.total(), removed=removed.total(), both=(junk & removed).total())
    for kind, wrong in (("kept junk", junk - removed), ("lost report", removed - junk)):
        if wrong:
            score.misses.append((wrong.total(), f"{path.parent.name}/{path.name}", kind, " ".join(wrong.elements())))
    return score


def _tree(body: str) -> HtmlElement:
    return parse(_MARKDOWN.html(body))


def _tokens(tree: HtmlElement) -> Counter[str]:
    pieces: list[str] = []
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if element.tag in BLOCKS or element.tag == "br":
            pieces.append("\n")
        pieces.append((element.text if event == "start" else element.tail) or "")
    tokens = Counter(_TOKEN.findall("".join(pieces)))
    tokens.update(f"picture:{picture.get('src')}" for picture in tree.iter("img"))
    return tokens


def show(name: str, scores: dict[str, Score]) -> None:
    """Print one table: a line for each language."""
    print(f"{name:10} posts  precision  recall")
    for language, score in sorted(scores.items(), key=lambda item: (item[0] == "all", item[0])):
        print(f"{language:10} {score.posts:5}  {score.precision:9.4f}  {score.recall:6.4f}")


def main() -> int:
    """Print precision and recall; 1 where one of them is too low over all sets."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cleaning", description=__doc__)
    parser.add_argument("--misses", action="store_true", help="list what went wrong in the tuned sets, worst first")
    asked = parser.parse_args()
    sets = {name: [LABELLED / name] for name in (*TUNED, "unseen") if (LABELLED / name).is_dir()}
    found = {name: measure(*folders) for name, folders in sets.items()}
    found["all"] = measure(*(LABELLED / name for name in (*TUNED, "unseen")))
    for name, scores in found.items():
        show(name, scores)
        print()
    if asked.misses:
        for size, post, kind, what in sorted(measure(*(LABELLED / name for name in TUNED))["all"].misses, reverse=True):
            print(f"{size:4} {post} {kind}: {what[:400]}")
    total = found["all"]["all"]
    print(f"target: {TARGET} both, over all: {'met' if min(total.precision, total.recall) >= TARGET else 'missed'}")
    return int(min(total.precision, total.recall) < TARGET)


if __name__ == "__main__":
    raise SystemExit(main())
