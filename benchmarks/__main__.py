"""`make bench`: whole runs over 10,000 generated posts, beside a plain script that makes the same feeds."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generate import BODY_BYTES, CATEGORIES, LANGUAGES, NOW
from benchmarks.measure import Usage, best, environment, run

ROOT = Path(__file__).resolve().parent.parent
#: How many times as fast as the plain script each kind of run should be.
TARGETS = {"full run": 5.0, "nothing changed": None, "one post changed": 10.0}
_STARTS = 5
#: After this many seconds a file that was written counts as settled, and is not read once more.
_SETTLED = 2.1


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One publication of generated posts in a temporary folder."""

    folder: Path
    #: The post that changes.
    newest: Path

    @classmethod
    def prepare(cls, folder: Path, posts: int) -> Bench:
        """Make a publication as `publish init` makes it, with generated posts for its own."""
        python("-m", "publisher", "init", str(folder), folder=ROOT)
        shutil.rmtree(folder / "posts")
        # In a process of its own: the memory of this one is the least that those it starts can show.
        newest = python("-m", "benchmarks.generate", str(folder / "posts"), str(posts), folder=ROOT).strip()
        time.sleep(_SETTLED)
        return cls(folder=folder, newest=Path(newest))

    def publish(self, expected: str) -> Usage:
        """Run `publish` and see that it did what is being timed."""
        config = self.folder / "config" / "publisher.toml"
        command = [sys.executable, "-m", "publisher", "--config", str(config), "--now", NOW.isoformat()]
        usage, said = run(command, ROOT)
        if expected not in said:
            raise SystemExit(f"a run was to say {expected!r}, but said:\n{said}")
        return usage

    def full(self) -> Usage:
        """Publish everything for the first time."""
        for name in ("output", "var"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        return self.publish("new")

    def unchanged(self) -> Usage:
        """Publish when there is nothing to do."""
        return self.publish("Nothing has changed.")

    def changed(self, number: int) -> Usage:
        """Publish after an edit of the newest post, which four feeds show."""
        with self.newest.open("a", encoding="utf-8") as post:
            post.write(f"\nA sentence that came later, number {number}.\n")
        return self.publish("0 new, 1 edited")

    def plain(self) -> Usage:
        """Do the same with the plain script; it does all of it every time."""
        output = self.folder / "plain"
        shutil.rmtree(output, ignore_errors=True)
        return run([sys.executable, "-m", "benchmarks.plain", str(self.folder / "posts"), str(output)], ROOT)[0]

    def compare(self) -> int:
        """See that both made the same feeds of the same posts; returns how many files."""
        ours, theirs = (titles(self.folder / name / "feeds") for name in ("output", "plain"))
        if ours != theirs:
            different = sorted(path for path in ours.keys() | theirs if ours.get(path) != theirs.get(path))
            raise SystemExit(f"the plain script made other feeds: {', '.join(different)}")
        return 3 * len(ours)


def titles(feeds: Path) -> dict[str, list[str]]:
    """Read the titles in every JSON feed."""
    return {
        str(path.relative_to(feeds)): [item["title"] for item in json.loads(path.read_bytes())["items"]]
        for path in feeds.rglob("*.json")
    }


def python(*arguments: str, folder: Path) -> str:
    """Run Python and give what it says."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment(), check=True, capture_output=True, text=True).stdout


def import_time(module: str) -> float:
    """Measure how long an import takes, in seconds, all that it imports included."""
    command = [sys.executable, "-X", "importtime", "-c", f"import {module}"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), check=True, capture_output=True, text=True)
    # The columns are its own microseconds, those with what it imports, and its name; packages it stands in count too.
    top = re.findall(r"^import time: +\d+ \| +(\d+) \| (\S+)$", done.stderr, re.MULTILINE)
    return sum(int(taken) for taken, name in top if name.partition(".")[0] == module.partition(".")[0]) / 1e6


def seconds(value: float) -> str:
    """Write a time."""
    return f"{value:.2f} s" if value >= 10 else f"{value:.3f} s"


def show(results: dict[str, Usage], plain: Usage) -> None:
    """Print one table: a line for each kind of run, beside the plain script, which has but one kind."""
    rows = [("", "wall", "CPU", "memory", "plain wall", "CPU", "memory", "ratio", "CPU ratio", "target", "")]
    for name, usage in results.items():
        target, ratio = TARGETS[name], plain.wall / usage.wall
        rows.append(
            (
                name,
                *cells(usage),
                *cells(plain),
                f"{ratio:.1f}",
                f"{plain.cpu / usage.cpu:.1f}",
                f"{target:.0f}" if target else "",
                ("met" if ratio >= target else "missed") if target else "",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join([row[0].ljust(len(first)), *others]).rstrip())


def cells(usage: Usage) -> tuple[str, str, str]:
    """Write a usage."""
    return seconds(usage.wall), seconds(usage.cpu), f"{usage.memory / 2**20:.0f} MB"


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--posts", type=int, default=10_000, help="how many posts (default: %(default)s)")
    parser.add_argument(
        "--runs", type=int, default=3, help="the best of so many warm runs, and of one less cold (default: %(default)s)"
    )
    return parser.parse_args()


def main() -> None:
    """Time everything and print it."""
    asked = options()
    for package in ("publisher", "benchmarks"):
        python("-m", "compileall", "-q", package, folder=ROOT)
    with tempfile.TemporaryDirectory(prefix="publisher-bench-") as temporary:
        bench = Bench.prepare(Path(temporary).resolve() / "site", asked.posts)
        cold: list[Usage] = []
        plain: list[Usage] = []
        # In turns, so that both have their share of whatever else the machine is doing.
        for _ in range(max(1, asked.runs - 1)):
            cold.append(bench.full())
            plain.append(bench.plain())
        files = bench.compare()
        results = {
            "full run": best(cold),
            "nothing changed": best(bench.unchanged() for _ in range(asked.runs)),
            "one post changed": best(bench.changed(number) for number in range(asked.runs)),
        }
    print(
        f"{asked.posts:,} posts of {BODY_BYTES / 1000:.1f} KB, {len(CATEGORIES)} categories, {len(LANGUAGES)} "
        f"languages; {files} feed files; best of {len(cold)} cold and {asked.runs} warm runs; {os.cpu_count()} "
        "processors. The full run also composes and delivers a digest, which the plain script does not."
    )
    print()
    show(results, best(plain))
    print()
    starts = [run([sys.executable, "-m", "publisher", "--help"], ROOT)[0] for _ in range(_STARTS)]
    print(f"publish --help        {best(starts).wall * 1000:4.0f} ms  (target: 150 ms)")
    print(f"import publisher.app  {min(import_time('publisher.app') for _ in range(_STARTS)) * 1000:4.0f} ms")


if __name__ == "__main__":
    main()
