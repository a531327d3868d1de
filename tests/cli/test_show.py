"""How results and progress look: plain where nobody is watching."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from publisher.cli.show import progress, table

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets seconds pass."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def passing(seconds: float) -> None:
        now[0] += seconds

    return passing


def test_progress_is_a_line_every_few_seconds_where_there_is_no_terminal(
    wait: Callable[[float], None], capsys: pytest.CaptureFixture[str]
) -> None:
    report = progress(quiet=False)
    for done in range(12):
        report("reading posts", done * 1000, 12_000)
        wait(1)
    wait(10)
    report("reading posts", 12_000, 12_000)
    assert capsys.readouterr().err == "reading posts: 6,000 of 12,000\n"


def test_quiet_progress_says_nothing(wait: Callable[[float], None], capsys: pytest.CaptureFixture[str]) -> None:
    report = progress(quiet=True)
    wait(60)
    report("reading posts", 1, 2)
    assert capsys.readouterr().err == ""


def test_progress_is_a_bar_on_a_terminal_and_only_of_long_work(
    wait: Callable[[float], None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    report = progress(quiet=False)
    report("reading posts", 0, 200)
    assert capsys.readouterr().err == ""
    wait(3)
    report("reading posts", 100, 200)
    report("writing feeds", 0, 2)
    report("reading posts", 200, 200)
    report("writing feeds", 2, 2)
    assert "reading posts" in capsys.readouterr().err


def test_a_table_has_its_numbers_to_the_right_and_no_space_at_the_ends(capsys: pytest.CaptureFixture[str]) -> None:
    table(["name", "count"], [("a", "1"), ("bb", "1,000")], right=[1])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in (lines[0], *lines[-2:])] == [["name", "count"], ["a", "1"], ["bb", "1,000"]]
    assert lines[-2].endswith("    1")
    assert all(line == line.rstrip() for line in lines)
