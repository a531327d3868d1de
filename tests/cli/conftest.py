"""The command line as people use it: words in, an exit code and two streams out."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from publisher.cli.main import main
from tests.build import write_post

#: An hour after the newest of the posts that tests write.
AT_NOON = ("--now", "2024-11-10T12:00:00Z")


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def is_one_sentence(self) -> bool:
        """Whether a person is told in one line, and nothing of Python's."""
        return self.err.count("\n") == 1 and "Traceback" not in self.err and "mistake in publisher" not in self.err


@dataclass(frozen=True)
class Publish:
    """Types commands in the folder of a publication."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> Outcome:
        """Run a command in this process."""
        self.monkeypatch.chdir(self.folder)
        self.monkeypatch.setattr(sys, "argv", ["publish", *words])
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        gc.unfreeze()
        out, err = self.capsys.readouterr()
        assert isinstance(left.value.code, int)
        return Outcome(left.value.code, out, err)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command as a process of its own."""
        return start(self.folder, *words)

    def post(self, code: str = "A1", **fields: str) -> Path:
        return write_post(self.folder / "posts", code, **fields)

    def configure(self, before: str, after: str) -> None:
        path = self.folder / "config" / "publisher.toml"
        text = path.read_text("utf-8")
        assert before in text
        path.write_text(text.replace(before, after), "utf-8")


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Start `publish` as a process of its own, in a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "publisher", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent), "PYTHONUTF8": "1"},
    )


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below a folder, with its bytes and the time it was written."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def publish(publication: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Publish:
    """`publish`, typed in the folder of a new publication."""
    for name in list(os.environ):
        if name.startswith("PUBLISHER_"):
            monkeypatch.delenv(name)
    return Publish(publication, monkeypatch, capsys)
