"""The command line itself: options anywhere, exit codes, errors in one sentence."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from publisher import __version__
from publisher.cli.main import _COMMANDS
from tests.cli.conftest import AT_NOON

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Publish

SUBCOMMANDS = [
    *((name,) for name in _COMMANDS),
    *(("editions", name) for name in ("list", "show", "approve")),
    *(("subscribers", name) for name in ("add", "import", "list")),
]


@pytest.mark.parametrize("words", [(), *SUBCOMMANDS], ids=" ".join)
def test_every_command_has_help_that_teaches_by_example(publish: Publish, words: tuple[str, ...]) -> None:
    done = publish(*words, "--help")
    assert done.code == 0
    assert done.out.startswith(f"Usage: publish {' '.join(words)}".rstrip())
    assert "--config" in done.out
    assert "Example" in done.out


def test_the_version_is_told(publish: Publish) -> None:
    assert publish("--version").out == f"publisher, version {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        ("--config", "other/config/publisher.toml", "status"),
        ("status", "--config", "other/config/publisher.toml"),
        ("editions", "--config", "other/config/publisher.toml", "list"),
        ("editions", "list", "--config", "other/config/publisher.toml"),
    ],
)
def test_global_options_stand_before_or_after_the_command(publish: Publish, words: tuple[str, ...]) -> None:
    done = publish(*words)
    assert done.code == 2
    assert "other/config/publisher.toml is not there" in done.err


@pytest.mark.parametrize(
    "words",
    [
        ("publsh",),
        ("--wrong",),
        ("status", "--wrong"),
        ("digest",),
        ("schedule", "--next", "0"),
        ("schedule", "--next", "soon"),
        ("--dry-run", "status"),
        ("subscribers", "import", "nowhere.csv"),
        ("editions", "show", "world-1999-01-01-th"),
        ("editions", "approve", "world-1999-01-01-th"),
        ("explain", "nothing"),
        ("subscribers", "add", "nobody"),
        ("subscribers", "add", "reader@example.org", "--digest", "wrld"),
        ("subscribers", "add", "reader@example.org", "--language", "english please"),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_two_and_says_what_is_wrong(publish: Publish, words: tuple[str, ...]) -> None:
    done = publish(*words)
    assert done.code == 2
    assert done.out == ""
    assert done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("words", [(), ("status",), ("preview", "world"), ("schedule", "--next", "1"), ("schedule",)])
def test_a_wrong_configuration_names_every_mistake_and_exits_with_two(publish: Publish, words: tuple[str, ...]) -> None:
    publish.configure('timezone = "Asia/Bangkok"', 'timezone = "Bangkok"')
    publish.configure("entries = 50", "entres = 50")
    done = publish(*words)
    assert done.code == 2
    lines = done.err.splitlines()
    assert lines[0] == "publish: config/publisher.toml has 2 mistakes:"
    assert [line.split(":")[0] for line in lines[1:]] == ["  site.timezone", "  feeds.entres"]
    assert not (publish.folder / "var").exists()


def test_a_single_mistake_is_a_mistake(publish: Publish) -> None:
    publish.configure("entries = 50", "entries = 0")
    assert publish().err.startswith("publish: config/publisher.toml has a mistake:\n  feeds.entries: must be")


@pytest.mark.parametrize("url", ["nonsense", "mysql://localhost/x", "sqlite://"])
def test_a_store_that_cannot_be_is_no_mistake_of_the_program(publish: Publish, url: str) -> None:
    publish.configure('url = "sqlite:///var/publisher.db"', f'url = "{url}"')
    done = publish("status")
    assert done.code in {2, 3}
    assert "mistake in publisher" not in done.err


def test_a_publication_that_is_not_there_says_how_to_make_one(publish: Publish, tmp_path: Path) -> None:
    done = publish("--config", str(tmp_path / "nowhere.toml"))
    assert (done.code, done.is_one_sentence()) == (2, True)
    assert "publish init DIR" in done.err


def test_a_traceback_is_shown_only_to_who_asks_for_it(publish: Publish) -> None:
    publish.post("A1")
    (publish.folder / "posts").rename(publish.folder / "elsewhere")
    for words in ([], ["-v"]):
        done = publish(*words)
        assert (done.code, done.is_one_sentence()) == (3, True)
    for words in (["-vv"], ["-v", "-v"]):
        done = publish(*words, *AT_NOON)
        assert done.code == 3
        assert "Traceback" in done.err
        assert done.err.splitlines()[-1].startswith("publish: the posts folder")


@pytest.mark.parametrize(("words", "traceback"), [((), False), (("-vv",), True)])
def test_what_nobody_thought_of_is_one_sentence_too(publish: Publish, words: tuple[str, ...], traceback: bool) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError("nobody thought of it")

    publish.post("A1")
    publish.monkeypatch.setattr("os.scandir", fail)
    done = publish(*words)
    assert done.code == 3
    assert done.err.splitlines()[-1].startswith("publish: ZeroDivisionError: nobody thought of it")
    assert ("Traceback" in done.err) is traceback


def test_a_run_that_is_stopped_says_so(publish: Publish) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    publish.monkeypatch.setattr("os.scandir", stop)
    done = publish()
    assert (done.code, done.err.strip()) == (130, "publish: stopped")


def test_the_module_is_the_command(publication: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "publisher", "--version"],
        cwd=publication.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"publisher, version {__version__}\n"


def test_help_imports_nothing_heavy(publication: Path) -> None:
    code = (
        "import sys; sys.argv = ['publish', '--help']\n"
        "from publisher.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'sqlalchemy', 'alembic', 'premailer', 'lxml', 'rich', 'apscheduler', 'jinja2', 'feedgen', 'yaml'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
