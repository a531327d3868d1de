"""Whole publications, published by whole processes."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from publisher.store.database import Database
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def new_site(folder: Path, **changes: str) -> Path:
    """Make a publication with the shipped configuration, and change some of its lines."""
    (folder / "config").mkdir(parents=True)
    (folder / "posts").mkdir()
    target = folder / "config" / "publisher.toml"
    shutil.copy(ROOT / "config" / "publisher.toml", target)
    for key, value in changes.items():
        lines = target.read_text("utf-8").splitlines()
        changed = [f"{key} = {value}" if line.startswith(f"{key} = ") else line for line in lines]
        assert changed != lines
        target.write_text("\n".join(changed), "utf-8")
    return folder


def publish(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `publish` in a folder, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "publisher", *words], cwd=folder, capture_output=True, text=True, check=False
    )


@contextlib.contextmanager
def ledger(folder: Path) -> Iterator[Database]:
    """Open the database of a publication."""
    database = Database.open("sqlite:///var/publisher.db", folder)
    try:
        yield database
    finally:
        database.close()
