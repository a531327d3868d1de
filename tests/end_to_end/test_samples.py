"""The editions of the sample posts, as they are mailed and as they stand on the web."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from publisher.digest.lint import lint
from publisher.store import editions
from publisher.store.database import Database
from tests.conftest import ROOT
from tests.end_to_end.conftest import new_site, publish

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.model.edition import RenderedEdition
    from tests.conftest import Golden


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication of the sample posts, published once."""
    folder = new_site(tmp_path_factory.mktemp("samples") / "site")
    shutil.copytree(ROOT / "posts", folder / "posts", dirs_exist_ok=True)
    assert publish(folder, "--now", "2024-11-10T19:00").returncode == 0
    return folder


def content(site: Path, language: str) -> RenderedEdition:
    database = Database.open("sqlite:///var/publisher.db", site)
    with database.read() as connection:
        found = editions.load(connection, f"world-2024-11-10-{language}").content
    database.close()
    return found


@pytest.mark.parametrize("language", ["th", "en"])
def test_golden_samples(golden: Golden, site: Path, language: str) -> None:
    page = (site / f"output/digests/world/2024-11-10/{language}.html").read_bytes()
    golden.check(f"samples/{language}.html", page)
    golden.check(f"samples/{language}.txt", content(site, language).text.encode())


@pytest.mark.parametrize("language", ["th", "en"])
def test_nothing_is_found_wrong_with_the_samples(site: Path, language: str) -> None:
    assert lint(content(site, language)) == []
