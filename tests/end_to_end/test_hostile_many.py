"""Many posts, some of them hostile: exactly those are named, and all others are published.

With PUBLISHER_HOSTILE_POSTS=100000 and PUBLISHER_HOSTILE=1000 it is the publication of the requirements.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from publisher.content import limits
from tests.build import write_post
from tests.end_to_end.conftest import new_site
from tests.end_to_end.hostile import Run, watched

if TYPE_CHECKING:
    from pathlib import Path

POSTS = int(os.environ.get("PUBLISHER_HOSTILE_POSTS", "2000"))
HOSTILE = int(os.environ.get("PUBLISHER_HOSTILE", "200"))
NEWEST = datetime(2024, 11, 10, 10, 0, tzinfo=UTC)

_GOOD = b"---\ntitle: A title\ndate: 2024-11-10\n"
#: Found out as soon as the file is read.
_FRONT = (
    b"No front matter.\n",
    b"---\ntitle: A title\n",
    _GOOD + b"a: &a [1]\nb: *a\n---\n",
    _GOOD + b"a: " + b"[" * 30_000 + b"\n---\n",
    _GOOD + b"b: &b {c: d}\ne:\n  <<: *b\n---\n",
    _GOOD + b"---\n\xff\xfe\n",
    (_GOOD + b"---\n").decode().encode("utf-16"),
    b"---\ntitle: A title\ndate: 2024-13-45\n---\n",
    _GOOD + b"language: ../x\n---\n",
    b"---\ndate: 2024-11-10\n---\n",
    _GOOD + b"title: Again\n---\n",
    _GOOD + b"a: " + b"b" * limits.FRONT_MATTER_BYTES + b"\n---\n",
)
#: Found out when they are rendered.
_BODY = (
    "<div>" * 5_000,
    ">" * 10_000 + " deep",
    "1. " * 10_000 + "deep",
    "<b>x</b>" * (limits.HTML_NODES + 1),
    "<p " + " ".join(f"a{number}=1" for number in range(limits.HTML_ATTRIBUTES + 1)) + ">",
    "& " * (limits.HTML_REFERENCES + 1),
    "{% for i in (1..1000) %}{% for j in (1..1000) %}x{% endfor %}{% endfor %}",
    "{% assign a = 'aaaaaaaa' %}" + "{% assign a = a | append: a %}" * 30,
)
KINDS = len(_FRONT) + len(_BODY)


def fill(folder: Path, count: int, hostile: int) -> set[str]:
    """Write `count` posts, of which `hostile` are spread evenly among the others; gives the names of these."""
    names: set[str] = set()
    step = count // hostile
    for number in range(count):
        if number % step or len(names) == hostile:
            date = (NEWEST - timedelta(minutes=number)).isoformat()
            category = ("WORLD", "Sport", "Science")[number % 3]
            write_post(folder, f"A{number:06}", date=date, category=category, body="A sentence of a report.\n\n" * 5)
            continue
        kind = len(names) % KINDS
        names.add(name := f"X{number:06}.md")
        if kind < len(_FRONT):
            (folder / name).write_bytes(_FRONT[kind])
        else:
            front = _GOOD.decode() + f"category: Hostile\ncode: X{number:06}\n---\n"
            (folder / name).write_text(front + _BODY[kind - len(_FRONT)] + "\n", "utf-8")
    return names


def quarantined(run: Run) -> dict[str, str]:
    return {each["path"]: each["reason"] for each in json.loads(run.out)["quarantined"]}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_site(tmp_path_factory.mktemp("many") / "site")


@pytest.fixture(scope="module")
def hostile(site: Path) -> set[str]:
    """The names of the hostile posts of a publication that has been published and checked."""
    return fill(site / "posts", POSTS, HOSTILE)


@pytest.fixture(scope="module")
def runs(site: Path, hostile: set[str]) -> tuple[Run, Run]:
    """A run, and a check of every post after it."""
    return watched(site, "--quiet"), watched(site, "check", "--posts", "--json")


def test_exactly_the_hostile_posts_are_named(hostile: set[str], runs: tuple[Run, Run]) -> None:
    published, checked = runs
    assert (published.code, checked.code) == (1, 1), (published.err, checked.err)
    named = quarantined(checked)
    assert set(named) == hostile
    assert len(named) == HOSTILE
    assert len(set(named.values())) >= 15
    assert [reason for reason in named.values() if "Error" in reason or "ends the process" in reason] == []


def test_all_other_posts_are_published(site: Path, runs: tuple[Run, Run]) -> None:
    posts = json.loads(watched(site, "status", "--json").out)["posts"]
    assert posts["seen"] == POSTS
    assert (posts["published"], posts["quarantined"]) == (POSTS - HOSTILE, HOSTILE)
    items = json.loads((site / "output/feeds/all.json").read_bytes())["items"]
    assert len(items) == 50


def test_no_process_takes_much_memory_or_does_what_it_should_not(site: Path, runs: tuple[Run, Run]) -> None:
    for run in runs:
        assert run.strays(site) == []
        assert run.most("memory") < limits.RENDER_BYTES // 2**20 + 400


def test_the_run_after_it_finds_nothing_new(site: Path, runs: tuple[Run, Run]) -> None:
    again = watched(site, "--quiet")
    assert (again.code, again.err) == (0, "")
