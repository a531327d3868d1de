"""`make bench`: whole runs over generated posts, beside Hugo and beside a plain script that make the same feeds."""

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
from typing import TYPE_CHECKING

from benchmarks.generate import BODY_BYTES, CATEGORIES, LANGUAGES, NOW
from benchmarks.hugo import FORMATS, Hugo
from benchmarks.measure import Usage, best, environment, imports, run, watch

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
SIZES = (10_000, 100_000)
COLD, UNCHANGED, CHANGED = "cold", "nothing changed", "one post changed"
#: How many times as fast as Hugo each kind of run should be, by the number of posts.
HUGO_TARGETS = {10_000: {COLD: 1.2, CHANGED: 2.0}, 100_000: {COLD: 2.0, CHANGED: 10.0}}
#: And as the plain script, which takes too long for more posts than that.
PLAIN_TARGETS = {COLD: 5.0, CHANGED: 10.0}
_PLAIN_POSTS = 10_000
#: The most memory that 100,000 posts should take.
_MEMORY_POSTS, _MEMORY = 100_000, 256 * 2**20
_HELP_SECONDS = 0.150
_STARTS = 5
#: Benchmarks of their own, and what they tell.
_FURTHER = {
    "digest": "What an edition takes",
    "messages": "What a signed message takes to make",
    "delivery": "What a delivery to 50,000 readers takes",
    "smtp": "What SMTP takes of it",
    "similar": "How fast and how well posts that tell one story are found",
    "cleaning": "How well cleaning tells junk from report",
}
_DEAREST = 10
#: After this many seconds a file that was written counts as settled, and is not read once more.
_SETTLED = 2.1
#: What a post takes on the disk, with its part of the database.
_DISK_BYTES = 12_000


@dataclass(frozen=True, kw_only=True)
class Site:
    """One publication of generated posts in a temporary folder."""

    folder: Path
    #: The post that changes.
    newest: Path
    #: What stands behind `publish` on the command line.
    command: tuple[str, ...]

    @classmethod
    def prepare(
        cls, folder: Path, posts: int, *, languages: tuple[str, ...], formats: tuple[str, ...], command: tuple[str, ...]
    ) -> Site:
        """Make a publication as `publish init` makes it, with generated posts for its own."""
        free = shutil.disk_usage(folder.parent).free
        if free < posts * _DISK_BYTES:
            raise SystemExit(
                f"{folder.parent} has {free / 1e6:.0f} MB left; {posts * _DISK_BYTES / 1e6:.0f} are needed"
            )
        python("-m", "publisher", "init", str(folder))
        config = folder / "config" / "publisher.toml"
        settings = config.read_text("utf-8")
        config.write_text(re.sub(r"(?m)^formats = .*$", f"formats = {json.dumps(formats)}", settings), "utf-8")
        shutil.rmtree(folder / "posts")
        # In a process of its own: the memory of this one is the least that those it starts can show.
        newest = python("-m", "benchmarks.generate", str(folder / "posts"), str(posts), ",".join(languages)).strip()
        time.sleep(_SETTLED)
        return cls(folder=folder, newest=Path(newest), command=command)

    @property
    def _publish(self) -> list[str]:
        config = self.folder / "config" / "publisher.toml"
        return [sys.executable, "-m", "publisher", "--config", str(config), "--now", NOW.isoformat(), *self.command]

    def publish(self, expected: str) -> Usage:
        """Run `publish` and see that it did what is being timed."""
        usage, said = run(self._publish, ROOT)
        if expected not in said:
            raise SystemExit(f"a run was to say {expected!r}, but said:\n{said}")
        return usage

    def forget(self) -> None:
        """Let nothing ever have been published."""
        for name in ("output", "var"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def cold(self) -> Usage:
        """Publish everything for the first time."""
        self.forget()
        return self.publish("new")

    def unchanged(self) -> Usage:
        """Publish when there is nothing to do."""
        return self.publish("Nothing has changed.")

    def edit(self, number: int) -> None:
        """Add a sentence to the newest post, which four feeds show."""
        with self.newest.open("a", encoding="utf-8") as post:
            post.write(f"\nA sentence that came later, number {number}.\n")

    def changed(self) -> Usage:
        """Publish after an edit."""
        return self.publish("0 new, 1 edited")

    def show_memory(self) -> None:
        """Run once more from nothing, and print what all its processes held together."""
        self.forget()
        held = watch(self._publish, ROOT)
        if held is not None:
            children = f"{held.children} children at once, the largest {megabytes(held.child)}"
            print(f"A cold run and its children held {megabytes(held.total)} together; {children}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One kind of run, beside what another program takes for the same."""

    name: str
    ours: Usage
    other: Usage | None = None
    target: float | None = None


def beside_hugo(folder: Path, posts: int, runs: int, *, without: bool) -> None:
    """Time `publish feeds` and Hugo: RSS and Atom of everything and of each category."""
    language = "en"
    site = Site.prepare(folder / "site", posts, languages=(language,), formats=FORMATS, command=("feeds",))
    hugo = None if without else Hugo.prepare(folder / "hugo", site.folder / "posts", language)
    cold: list[Usage] = []
    other_cold: list[Usage] = []
    changed: list[Usage] = []
    other_again: list[Usage] = []
    compared = 0
    # In turns, so that both have their share of whatever else the machine is doing.
    for _ in range(max(1, runs - 1)):
        cold.append(site.cold())
        if hugo:
            other_cold.append(hugo.cold())
            compared = hugo.compare(site.folder / "output" / "feeds", CATEGORIES)
    unchanged = [site.unchanged() for _ in range(runs)]
    for number in range(runs):
        site.edit(number)
        changed.append(site.changed())
        if hugo:
            other_again.append(hugo.again())
            hugo.compare(site.folder / "output" / "feeds", CATEGORIES)
    targets = HUGO_TARGETS.get(posts, {})
    again = best(other_again) if other_again else None
    print(
        f"{posts:,} posts of {BODY_BYTES / 1000:.1f} KB in one language, {len(CATEGORIES)} categories: `publish feeds`"
    )
    if hugo:
        print(
            f"and {hugo.version} write RSS and Atom of the newest 50; the {compared} files of everything and of each "
            f"category hold the same titles in the same order. We write as many once more, by language; {hugo.version} "
            f"builds everything again for every change. Best of {len(cold)} cold and {runs} warm runs, in turns."
        )
    else:
        print("alone: there is no Hugo here to compare with." if not without else "alone, as --no-hugo asks.")
    print()
    show(
        "Hugo",
        [
            Line(name=COLD, ours=best(cold), other=best(other_cold) if other_cold else None, target=targets.get(COLD)),
            Line(name=UNCHANGED, ours=best(unchanged), other=again),
            Line(name=CHANGED, ours=best(changed), other=again, target=targets.get(CHANGED)),
        ],
    )
    if posts >= _MEMORY_POSTS:
        most = max(usage.memory for usage in (*cold, *unchanged, *changed))
        print(
            f"\nMemory of one process: at most {megabytes(most)} (target: {megabytes(_MEMORY)}, {met(most < _MEMORY)})."
        )
    site.show_memory()
    print()


def beside_plain(folder: Path, posts: int, runs: int, *, without: bool) -> None:
    """Time whole runs and the plain script: three formats, two languages, and a digest of ours besides."""
    formats = (*FORMATS, "json")
    site = Site.prepare(folder / "site", posts, languages=LANGUAGES, formats=formats, command=())
    cold: list[Usage] = []
    plain: list[Usage] = []
    for _ in range(max(1, runs - 1)):
        cold.append(site.cold())
        if not without:
            plain.append(run_plain(site.folder))
    unchanged = [site.unchanged() for _ in range(runs)]
    changed: list[Usage] = []
    for number in range(runs):
        site.edit(number)
        changed.append(site.changed())
    print(f"{posts:,} posts in {len(LANGUAGES)} languages: `publish`, with JSON feeds and a digest that is delivered,")
    print(
        "alone, as --no-plain asks." if without else "and a plain script that makes the same feeds, all of them again."
    )
    print()
    other = best(plain) if plain else None
    targets = PLAIN_TARGETS if posts == _PLAIN_POSTS else {}
    kinds = {COLD: cold, UNCHANGED: unchanged, CHANGED: changed}
    show("script", [Line(name=name, ours=best(kinds[name]), other=other, target=targets.get(name)) for name in kinds])
    print("\nMicroseconds of processor time for each stage, in one process:\n")
    site.forget()
    sys.stdout.flush()
    subprocess.run(
        [sys.executable, "-m", "benchmarks.stages", str(site.folder)], cwd=ROOT, env=environment(), check=True
    )
    print()


def run_plain(folder: Path) -> Usage:
    """Run the plain script; it does all of it every time. Raises SystemExit if its feeds are not ours."""
    output = folder / "plain"
    shutil.rmtree(output, ignore_errors=True)
    usage, _ = run([sys.executable, "-m", "benchmarks.plain", str(folder / "posts"), str(output)], ROOT)
    ours, theirs = (titles(folder / name / "feeds") for name in ("output", "plain"))
    if ours != theirs:
        different = sorted(path for path in ours.keys() | theirs if ours.get(path) != theirs.get(path))
        raise SystemExit(f"the plain script made other feeds: {', '.join(different)}")
    return usage


def titles(feeds: Path) -> dict[str, list[str]]:
    """Read the titles in every JSON feed."""
    return {
        str(path.relative_to(feeds)): [item["title"] for item in json.loads(path.read_bytes())["items"]]
        for path in feeds.rglob("*.json")
    }


def python(*arguments: str) -> str:
    """Run Python and give what it says."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(), check=True, capture_output=True, text=True).stdout


def show_starts() -> None:
    """Print what it takes before anything is done: imports are most of a small run."""
    help_takes = best([run([sys.executable, "-m", "publisher", "--help"], ROOT)[0] for _ in range(_STARTS)]).wall
    judged = met(help_takes < _HELP_SECONDS)
    print(f"publish --help: {help_takes * 1000:.0f} ms (target: {_HELP_SECONDS * 1000:.0f}, {judged})")
    for module in ("publisher.app", "publisher.cli.main"):
        first, *others = min((imports(module, ROOT) for _ in range(_STARTS)), key=lambda found: found[0].all_in_all)
        print(f"\nimport {module}: {first.all_in_all / 1000:.0f} ms; the dearest packages, in ms:\n")
        rows = [("", "all in all", "its own")]
        rows += [(each.package, f"{each.all_in_all / 1000:.1f}", f"{each.own / 1000:.1f}") for each in (first, *others)]
        print_table(rows[: _DEAREST + 1])


def show(other: str, lines: list[Line]) -> None:
    """Print one table: a line for each kind of run."""
    rows = [("", "wall", "CPU", "memory", f"{other} wall", "CPU", "memory", "ratio", "CPU ratio", "target", "")]
    for line in lines:
        ratio = line.other.wall / line.ours.wall if line.other else None
        judged = line.target is not None and ratio is not None
        rows.append(
            (
                line.name,
                *cells(line.ours),
                *(cells(line.other) if line.other else ("", "", "")),
                f"{ratio:.1f}" if ratio else "",
                f"{line.other.cpu / line.ours.cpu:.1f}" if line.other else "",
                f"{line.target:g}" if line.target else "",
                met((ratio or 0) >= (line.target or 0)) if judged else "",
            )
        )
    print_table(rows)


def print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows of as many cells each, the first to the left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join([row[0].ljust(len(first)), *others]).rstrip())


def cells(usage: Usage) -> tuple[str, str, str]:
    """Write a usage."""
    return seconds(usage.wall), seconds(usage.cpu), megabytes(usage.memory)


def seconds(value: float) -> str:
    """Write a time."""
    return f"{value:.2f} s" if value >= 10 else f"{value:.3f} s"


def megabytes(value: int) -> str:
    """Write a size."""
    return f"{value / 2**20:.0f} MB"


def met(reached: bool) -> str:
    """Say whether a target was reached."""
    return "met" if reached else "missed"


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, epilog="A quick look: --posts 1000 --runs 1"
    )
    parser.add_argument("--posts", type=int, nargs="+", default=SIZES, help="how many posts (default: 10000 100000)")
    parser.add_argument(
        "--runs", type=int, default=3, help="the best of so many warm runs, and of one less cold (default: %(default)s)"
    )
    parser.add_argument("--no-hugo", action="store_true", help="leave Hugo out")
    parser.add_argument("--no-plain", action="store_true", help="leave the plain script out")
    return parser.parse_args()


def main() -> None:
    """Time everything and print it."""
    asked = options()
    for package in ("publisher", "benchmarks"):
        python("-m", "compileall", "-q", package)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; files are in the page cache.\n")
    for posts in asked.posts:
        with tempfile.TemporaryDirectory(prefix="publisher-bench-") as temporary:
            beside_hugo(Path(temporary).resolve(), posts, asked.runs, without=asked.no_hugo)
        if posts <= _PLAIN_POSTS:
            with tempfile.TemporaryDirectory(prefix="publisher-bench-") as temporary:
                beside_plain(Path(temporary).resolve(), posts, asked.runs, without=asked.no_plain)
    sys.stdout.flush()
    feeds = [sys.executable, "-m", "benchmarks.feeds", "--posts", str(min(6_000, *asked.posts))]
    subprocess.run(feeds, cwd=ROOT, env=environment(), check=True)
    print()
    show_starts()
    for name, heading in _FURTHER.items():
        print(f"\n{heading}:\n", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=ROOT, env=environment(), check=False)


if __name__ == "__main__":
    main()
