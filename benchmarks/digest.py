"""What an edition takes to compose, render, inline and lint, beside other programs that inline styles.

`python -m benchmarks.digest`
"""

from __future__ import annotations

import gc
import json
import logging
import shutil
import subprocess
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import css_inline
import premailer

from benchmarks.__main__ import met, print_table
from benchmarks.feeds import articles
from benchmarks.generate import NOW
from publisher.digest.inline import inline
from publisher.digest.lint import Severity, lint
from publisher.digest.render import DigestRenderer
from publisher.kit.similar import Telling, alike
from publisher.kit.templating import Templating
from publisher.kit.text import text_of_html
from publisher.model.edition import compose
from tests.build import a_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from publisher.model.edition import Digest, Draft, RenderedEdition
    from publisher.model.post import Article

#: How many rounds, by the number of stories.
ROUNDS = {10: 15, 30: 15, 100: 6}
#: Of one edition of so many stories, in seconds, everything in it.
TARGET, JUDGED = 0.3, 30
_NODE = Path(__file__).parent / "node"


class _Recording(Templating):
    """Keeps the pages that it renders, as they are before their styles are inlined."""

    def render(self, name: str, language: str, **values: object) -> str:
        made = super().render(name, language, **values)
        if name.endswith(".html"):
            _PAGES.append(made)
        return made


_PAGES: list[str] = []


def main() -> None:
    """Measure and print."""
    print("Editions, in milliseconds (best of the rounds; of everything the median, too)\n")
    rows: list[tuple[str, ...]] = [
        ("stories", "compose", "render", "of it inline", "lint", "all", "median", "KB", "told")
    ]
    pages: dict[int, str] = {}
    for count, rounds in ROUNDS.items():
        times, edition = _measure(articles(count), rounds)
        pages[count] = _PAGES[-1]
        best = {name: min(each[name] for each in times) for name in times[0]}
        middle = median(each["all"] for each in times)
        size = f"{len(edition.html.encode()) / 1024:.0f}"
        rows.append((str(count), *map(_ms, best.values()), _ms(middle), size, str(edition.stories)))
        if count == JUDGED:
            verdict = met(best["all"] <= TARGET)
            note = f"{count} stories: {_ms(best['all'])} ms of at most {_ms(TARGET)} ({verdict})"
    print_table(rows)
    print(f"\n{note}\n\nInlining the same pages, in milliseconds (best of the rounds)\n")
    print_table([("stories", "ours", "premailer's defaults", "css-inline", "juice"), *map(_beside, pages.items())])


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f}"


def _measure(told: Sequence[Article], rounds: int) -> tuple[list[dict[str, float]], RenderedEdition]:
    """Time the stages, round by round."""
    renderer = DigestRenderer(
        templating=_Recording(Path("no-templates-of-our-own"), ZoneInfo("Asia/Bangkok")),
        site_title="World Desk",
        postal_address="1 Example Road, Bangkok",
    )
    digest = a_digest(max_stories=len(told))
    times: list[dict[str, float]] = []
    for _ in range(rounds + 1):
        gc.collect()
        clock = [time.perf_counter()]
        draft = _compose(told, digest)
        clock.append(time.perf_counter())
        edition = _render(renderer, draft)
        clock.append(time.perf_counter())
        findings = lint(edition)
        clock.append(time.perf_counter())
        inline(_PAGES[-1], required=[])
        clock.append(time.perf_counter())
        composing, rendering, linting, inlining = (after - before for before, after in pairwise(clock))
        times.append(
            {
                "compose": composing,
                "render": rendering,
                "inline": inlining,
                "lint": linting,
                "all": composing + rendering + linting,
            }
        )
        if any(finding.severity is Severity.ERROR for finding in findings):
            raise SystemExit(f"the edition is not sound: {findings[0]}")
    # The first round imports.
    return times[1:], edition


def _compose(told: Sequence[Article], digest: Digest) -> Draft:
    tellings = [Telling(title=article.title, text=text_of_html(article.html)) for article in told]
    draft = compose(digest, told, alike(tellings, "en"))
    if draft is None:
        raise SystemExit("there is nothing to compose")
    return draft


def _render(renderer: DigestRenderer, draft: Draft) -> RenderedEdition:
    return renderer.render(
        digest_title="World briefing",
        language="en",
        draft=draft,
        date=NOW,
        web_url="https://news.example.org/digests/world/2024-11-10/en.html",
        feed_url="https://news.example.org/feeds/en/world.html",
    )


def _beside(page: tuple[int, str]) -> tuple[str, ...]:
    """Inline one page with each program."""
    count, html = page
    rounds = ROUNDS[count]
    return (
        str(count),
        _ms(_best(lambda: inline(html, required=[]), rounds)),
        _ms(_best(lambda: premailer.transform(html, cssutils_logging_level=logging.CRITICAL), rounds)),
        f"{1000 * _best(lambda: css_inline.inline(html), rounds):.1f}",
        _juice(html, rounds),
    )


def _best(work: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def _juice(html: str, rounds: int) -> str:
    """Ask juice, where npm has installed it."""
    if not (_NODE / "node_modules").is_dir() or shutil.which("node") is None:
        return "not there: npm ci in benchmarks/node"
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".html") as file:
        file.write(html)
        file.flush()
        command = ["node", str(_NODE / "juice.mjs"), file.name, str(rounds)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return _ms(min(json.loads(done.stdout)))


if __name__ == "__main__":
    main()
