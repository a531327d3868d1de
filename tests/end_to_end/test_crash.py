"""A run that is killed at any moment: the next one ends with what an undisturbed run would have made."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import feedparser
import pytest

from publisher import config
from publisher.app import Publication
from publisher.jobs.subscriptions import Enrolment, subscribe
from tests.build import NOW, write_post
from tests.end_to_end.conftest import new_site, publish

if TYPE_CHECKING:
    from pathlib import Path

MOMENT = ("--now", NOW.isoformat())
POSTS = 300
READERS = 30


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication with posts and readers that has never run."""
    site = new_site(tmp_path_factory.mktemp("crash") / "site", max_age='"52w"')
    for number in range(POSTS):
        write_post(
            site / "posts",
            f"A{number:03}",
            language=("th", "en")[number % 2],
            category=("WORLD", "Sport", "Science")[number % 3],
            date=(NOW - timedelta(hours=number)).isoformat(),
            body="<p>Some <b>words</b> of a report.</p>\n\n" * 20,
        )
    settings = config.load(site / "config/publisher.toml", {})
    with Publication(folder=site, settings=settings) as publication:
        for number in range(READERS):
            reader = f"reader{number:02}@example.org"
            language = ("th", "en")[number % 2]
            wanted = Enrolment(address=reader, digest="world", language=language, confirmed=True)
            subscribe(publication.database, wanted, now=NOW, fingerprint=str)
    return site


@dataclass(frozen=True)
class Undisturbed:
    """A publication after a run, and how long that took."""

    site: Path
    seconds: float


@pytest.fixture(scope="module")
def undisturbed(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """The same publication after one run that nothing disturbed."""
    site = tmp_path_factory.mktemp("undisturbed") / "site"
    shutil.copytree(prepared, site)
    started = time.monotonic()
    done = publish(site, "--quiet", *MOMENT)
    assert (done.returncode, done.stderr) == (0, "")
    return Undisturbed(site, time.monotonic() - started)


def output(site: Path) -> dict[str, bytes]:
    folder = site / "output"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def outbox(site: Path) -> list[str]:
    return sorted(str(path.relative_to(site)) for path in (site / "var/outbox").rglob("*.eml"))


# Moments as parts of the length of a run; the seed makes them the same every time.
@pytest.mark.parametrize("part", [round(random.Random(n).uniform(0.2, 1.0), 2) for n in range(5)])
def test_a_killed_run_loses_nothing_and_doubles_nothing(
    prepared: Path, undisturbed: Undisturbed, tmp_path: Path, part: float
) -> None:
    site = tmp_path / "site"
    shutil.copytree(prepared, site)
    with subprocess.Popen(
        [sys.executable, "-m", "publisher", "--quiet", *MOMENT],
        cwd=site,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            process.wait(part * undisturbed.seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    _whole_at_every_moment(site)
    # What was on its way is uncertain, and sent once more after a while by the real clock.
    later = datetime.now(UTC) + timedelta(hours=1)
    settings = config.load(site / "config/publisher.toml", {})
    for clock in (lambda: datetime.now(UTC), lambda: later):
        with Publication(folder=site, settings=settings, now=NOW, clock=clock) as publication:
            assert not publication.run().failed
    assert output(site) == output(undisturbed.site)
    assert outbox(site) == outbox(undisturbed.site)
    assert len(outbox(site)) == READERS + 2
    with closing(sqlite3.connect(site / "var/publisher.db")) as database:
        assert database.execute("select state, count(*) from deliveries group by state").fetchall() == [
            ("accepted", READERS + 2)
        ]
        assert database.execute("select distinct state from editions").fetchall() == [("finished",)]


def _whole_at_every_moment(site: Path) -> None:
    """No reader ever sees half a file."""
    for path, content in output(site).items():
        if path.rpartition("/")[2].startswith(".publisher-"):
            continue
        if path.endswith(".json"):
            json.loads(content)
        elif path.endswith((".rss", ".atom")):
            assert not feedparser.parse(content).bozo
        else:
            assert content.endswith(b"\n") or content.rstrip().endswith((b"</html>", b"}"))
