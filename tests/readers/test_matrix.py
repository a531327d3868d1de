"""Feed readers see in every feed what the store has; those that are not on PyPI are asked where they are installed."""

from __future__ import annotations

import tomllib
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.readers.adapters import NODE, READERS, Reader
from tests.readers.compare import FIELDS
from tests.readers.expected import expected
from tests.readers.matrix import Matrix, published, strangers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.readers.seen import Entry

_MARKS = {"pypi": (), "npm": (pytest.mark.npm_readers,), "debian": (pytest.mark.debian_readers,)}


@pytest.fixture(params=[pytest.param(reader, id=reader.name, marks=_MARKS[reader.source]) for reader in READERS])
def reader(request: pytest.FixtureRequest) -> Reader:
    asked: Reader = request.param
    if lacking := asked.missing():
        pytest.skip(lacking)
    return asked


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, tuple[Entry, ...]]:
    """What the feeds of the sample posts ought to say."""
    folder = tmp_path_factory.mktemp("readers") / "samples"
    return expected(published(folder, ROOT / "posts", archives='["all", "world"]'))


@pytest.fixture(scope="session")
def real(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Path, tuple[Entry, ...]]:
    """What every fifth feed of real posts ought to say: some of each format, in no more than a few seconds."""
    folder = tmp_path_factory.mktemp("readers") / "ruby-lang"
    site = published(folder, corpus / "posts" / "ruby-lang", pages=True, language='"en"')
    return dict(list(expected(site).items())[::5])


@pytest.fixture(scope="session")
def translated(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, tuple[Entry, ...]]:
    """What the feeds of one post in three languages ought to say."""
    posts = tmp_path_factory.mktemp("posts")
    for language in ("th", "en", "ja"):
        matter = f"code: {language}\ntitle: {language}\nlanguage: {language}\ntranslation_key: river\ndate: 2024-11-10"
        (posts / f"{language}.md").write_text(f"---\n{matter}\n---\nWater.\n", "utf-8")
    return expected(published(tmp_path_factory.mktemp("readers") / "translated", posts, pages=True))


def ask(reader: Reader, said: Mapping[Path, Sequence[Entry]]) -> Matrix:
    matrix = Matrix()
    matrix.ask(reader, said, lambda count: None)
    return matrix


def test_a_reader_sees_the_sample_posts_as_the_store_has_them(
    reader: Reader, samples: dict[Path, tuple[Entry, ...]]
) -> None:
    matrix = ask(reader, samples)
    assert matrix.disagreements == []
    assert {extension for _, extension in matrix.tallies} == set(reader.formats)
    assert all(tally.entries > len(READERS) for tally in matrix.tallies.values())


def test_a_reader_sees_real_posts_as_the_store_has_them(reader: Reader, real: dict[Path, tuple[Entry, ...]]) -> None:
    matrix = ask(reader, real)
    assert matrix.disagreements == []
    assert {extension for _, extension in matrix.tallies} == set(reader.formats)


def test_a_reader_takes_the_page_of_a_post_for_its_link_not_that_of_a_translation(
    reader: Reader, translated: dict[Path, tuple[Entry, ...]]
) -> None:
    named = {path.read_text("utf-8").count('hreflang="') for path in translated if path.match("feeds/all.atom")}
    assert named == {9}, "each of three names two translations and, once more, itself"
    assert ask(reader, translated).disagreements == []


def test_every_feed_file_is_one_that_the_store_knows(samples: dict[Path, tuple[Entry, ...]]) -> None:
    site = next(iter(samples)).parents[2]
    assert strangers(site, samples) == []
    path, *rest = samples
    assert [(each.path, each.seen) for each in strangers(site, dict.fromkeys(rest, ()))] == [(str(path), True)]


@pytest.mark.parametrize("field", FIELDS)
def test_a_feed_that_says_something_else_is_found_out(
    field: str, samples: dict[Path, tuple[Entry, ...]], tmp_path: Path
) -> None:
    right = next(path for path in samples if path.match("feeds/all.atom"))
    entry = next(entry for entry in samples[right] if entry.link)
    value = getattr(entry, field)
    # The beginning of HTML is <p> and its first word.
    before = f"{value:%Y-%m-%dT%H:%M}" if isinstance(value, datetime) else value[3:].split()[0]
    after = "2001-01-01T00:00" if isinstance(value, datetime) else "otherwise"
    wrong = tmp_path / "all.atom"
    wrong.write_text(right.read_text("utf-8").replace(before, after), "utf-8")
    assert field in {each.field for each in ask(READERS[0], {wrong: samples[right]}).disagreements}


def test_a_feed_that_a_reader_refuses_or_finds_empty_is_a_disagreement(
    reader: Reader, samples: dict[Path, tuple[Entry, ...]], tmp_path: Path
) -> None:
    right = next(path for path in samples if path.match("feeds/all.rss"))
    broken = tmp_path / "all.rss"
    broken.write_text("<rss version='2.0'><channel><title>Broken</title></channel></rss>", "utf-8")
    assert "count" in {each.field for each in ask(reader, {broken: samples[right]}).disagreements}


def test_no_reader_is_asked_in_vain(samples: dict[Path, tuple[Entry, ...]]) -> None:
    dev = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]["dev"]
    assert {reader.name for reader in READERS if reader.source == "pypi"} <= set(dev)
    locked = (NODE / "package-lock.json").read_text("utf-8")
    assert all(f'"node_modules/{reader.name}"' in locked for reader in READERS if reader.source == "npm")
    assert '"resolved"' not in locked
    installed = (ROOT / ".ci" / "run").read_text("utf-8")
    assert all(f" {reader.name}" in installed for reader in READERS if reader.source == "debian")
