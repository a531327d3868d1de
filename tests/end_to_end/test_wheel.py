"""The wheel has all that a publication needs, and works from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the content of the wheel, as pip would unpack it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = (folder / "dist").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def run(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run what was installed, with no other copy of the program in sight."""
    code = (
        "import runpy, sys\n"
        f"sys.path[:] = [{str(installed)!r}, *(p for p in sys.path if p != {str(ROOT)!r})]\n"
        "import publisher\n"
        f"assert publisher.__file__.startswith({str(installed)!r}), publisher.__file__\n"
        "runpy.run_module('publisher', run_name='__main__', alter_sys=True)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )


@pytest.mark.parametrize(
    "path",
    [
        "publisher/py.typed",
        "publisher/bundled/config/publisher.toml",
        "publisher/bundled/templates/digest/digest.html",
        "publisher/bundled/templates/digest/digest.txt",
        "publisher/bundled/templates/site/index.html",
        "publisher/bundled/templates/translations/th/messages.po",
        "publisher/store/migrations/env.py",
    ],
)
def test_the_wheel_has_what_the_program_reads(installed: Path, path: str) -> None:
    assert (installed / path).is_file()


def test_the_wheel_has_nothing_else(installed: Path) -> None:
    assert {path.name.partition("-")[0] for path in installed.iterdir()} == {"publisher"}
    assert not [path for path in installed.rglob("*") if path.suffix in {".pyc", ".db"}]


def test_a_publication_made_and_published_from_the_wheel_works(installed: Path, tmp_path: Path) -> None:
    made = run(installed, tmp_path, "init", "site")
    assert (made.returncode, made.stderr) == (0, "")
    site = tmp_path / "site"
    done = run(installed, site, "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert (site / "output/index.html").is_file()
    assert list((site / "var/outbox").rglob("*.eml"))
    again = run(installed, site)
    assert again.stdout.startswith("Nothing has changed.")
