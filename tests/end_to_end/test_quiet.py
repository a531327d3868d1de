"""The output is the same wherever and whenever it is made, and a file that says the same is left alone."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.build import NOW, write_post
from tests.end_to_end.conftest import new_site

if TYPE_CHECKING:
    from pathlib import Path

POSTS = 60
#: Nobody listens there.
HUB = "http://127.0.0.1:9/"
MOMENT = ("feeds", "--quiet", "--now", NOW.isoformat())


def make(folder: Path, *, backwards: bool = False) -> Path:
    """Posts of three months, three categories and two languages, in a publication with archives."""
    site = new_site(folder, archives='["all", "en/world"]', entries="10", hubs=f'["{HUB}"]')
    for number in sorted(range(POSTS), reverse=backwards):
        write_post(
            site / "posts",
            f"A{number:02}",
            language=("th", "en")[number % 2],
            category=("WORLD", "Sport", "ข่าว")[number % 3],
            date=(NOW - timedelta(days=number)).isoformat(),
            tags="[floods, fires]",
            body="<p>Some <b>words</b> of a report.</p>\n\n" * 5,
        )
    return site


def command(site: Path, *before: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Publish the feeds, to the end."""
    return subprocess.run(
        [*before, sys.executable, "-m", "publisher", *MOMENT],
        cwd=site,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )


def tree(site: Path) -> dict[str, bytes]:
    output = site / "output"
    return {str(path.relative_to(output)): path.read_bytes() for path in output.rglob("*") if path.is_file()}


def stamps(site: Path) -> dict[str, int]:
    return {path: (site / "output" / path).stat().st_mtime_ns for path in tree(site)}


def waiting(site: Path) -> set[str]:
    with closing(sqlite3.connect(site / "var" / "publisher.db")) as database:
        return {row[0] for row in database.execute("select topic from pings")}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication after a run that nothing disturbed."""
    site = make(tmp_path_factory.mktemp("quiet") / "site")
    command(site, TZ="UTC", LC_ALL="C", PYTHONHASHSEED="1")
    return site


def test_zone_locale_hashes_processors_and_order_of_files_show_nowhere(published: Path, tmp_path: Path) -> None:
    other = make(tmp_path / "site", backwards=True)
    alone = ["taskset", "-c", str(min(os.sched_getaffinity(0)))] if shutil.which("taskset") else []
    command(other, *alone, TZ="Asia/Bangkok", LC_ALL="C.UTF-8", PYTHONHASHSEED="2")
    one, two = tree(published), tree(other)
    assert one.keys() == two.keys()
    assert [path for path in one if one[path] != two[path]] == []


def test_an_edit_touches_the_feeds_of_the_post_and_no_other_file(published: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(published, site)
    before, stamped = tree(site), stamps(site)
    command(site)
    assert (tree(site), stamps(site)) == (before, stamped)
    path = site / "posts" / "A01.md"
    path.write_text(path.read_text("utf-8").replace("Title of A01", "Another title"), "utf-8")
    command(site)
    after = tree(site)
    touched = {path for path, stamp in stamps(site).items() if stamped.get(path) != stamp}
    month = f"{NOW - timedelta(days=1):%Y-%m}"
    names = ["all", "sport", "en/all", "en/sport", f"archive/all/{month}"]
    expected = {f"feeds/{name}.{each}" for name in names for each in ("rss", "atom", "json")}
    pages = {f"feeds/{name}.html" for name in names if "archive" not in name}
    assert touched == expected | pages | {"index.html", "manifest.json", "sitemap.xml"}
    assert {path for path in before if after[path] != before[path]} == touched


@pytest.mark.parametrize("part", [round(random.Random(n).uniform(0.3, 0.95), 2) for n in range(4)])
def test_a_run_that_is_killed_while_it_writes_feeds_is_made_up_for_and_every_change_is_told(
    published: Path, tmp_path: Path, part: float
) -> None:
    site = make(tmp_path / "site")
    expected = tree(published)
    with subprocess.Popen([sys.executable, "-m", "publisher", *MOMENT], cwd=site, stderr=subprocess.DEVNULL) as process:
        files = part * len(expected)
        while process.poll() is None and sum(len(names) for _, _, names in os.walk(site / "output")) < files:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    assert process.returncode in {0, -signal.SIGKILL}
    command(site)
    assert tree(site) == expected
    assert waiting(site) == waiting(published)
    feeds = [path for path in expected if path.startswith("feeds/") and not path.endswith(".html")]
    assert len(waiting(site)) == len([path for path in feeds if "/archive/" not in path])
