"""Collecting, whatever is in the folders: no order matters, twice is once, and a post keeps its id."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.content.sources import Library
from publisher.jobs.collect import Collected, collect
from publisher.model.post import State
from publisher.store import feeds, posts, sources
from publisher.store.database import Database
from tests.build import NOW, source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publisher.model.post import KnownPost, Post
    from publisher.store.database import Transaction

few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

NAMES = ["a", "b", "c", "2024-11-09-d", "2024-11-10-e", "ข่าว", "A", "é"]
FOLDERS = ["wire", "wire/asia", "desk", "desk/_drafts", "desk/_posts/2024"]


@dataclass(frozen=True)
class File:
    """A file to write: where, and what it says."""

    path: str
    text: str


def _file(path: str, number: int, values: dict[str, str], body: str, broken: str) -> File:
    lines = [f"title: Title {number}", *(f"{key}: {value}" for key, value in values.items() if value)]
    return File(path, broken or "\n".join(["---", *lines, "---", f"{body} {number}"]))


PATHS = st.builds("{}/{}.md".format, st.sampled_from(FOLDERS), st.sampled_from(NAMES))
VALUES = st.fixed_dictionaries(
    {
        "date": st.sampled_from(["2024-11-08", "2024-11-10T10:00:00Z", "2024-12-24", ""]),
        "code": st.sampled_from(["", "", "", "ONE", "TWO"]),
        "category": st.sampled_from(["", "World", "WORLD", "world!", "[World, Asia]"]),
        "lang": st.sampled_from(["", "th", "zh_CN"]),
        "draft": st.sampled_from(["", "", "true"]),
    }
)
BROKEN = st.sampled_from(["", "", "", "", "", "No front matter.", "---\ntitle: One\ndate: soon\n---\n"])
FILES = st.lists(PATHS, min_size=1, max_size=8, unique=True).flatmap(
    lambda paths: st.tuples(
        *(
            st.builds(_file, st.just(path), st.integers(0, 3), VALUES, st.sampled_from(["One.", "Two."]), BROKEN)
            for path in paths
        )
    )
)
#: Posts that are published, each with a body of its own and no code.
PUBLISHED = st.lists(PATHS.filter(lambda path: "_drafts" not in path), min_size=1, max_size=6, unique=True).map(
    lambda paths: tuple(
        _file(path, number, {"date": "2024-11-08", "category": "World"}, "A body of its own.", "")
        for number, path in enumerate(paths)
    )
)


class Site:
    """Two folders of posts and a ledger."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("wire", "desk"):
            (folder / name).mkdir()
        self.library = Library(
            (source(folder / "wire", name="wire", categories=("News",)), source(folder / "desk", name="desk"))
        )
        self.database = Database.open("sqlite:///var/publisher.db", folder)

    def write(self, files: Sequence[File]) -> None:
        for age, file in enumerate(files):
            path = self.folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, "utf-8")
            os.utime(path, (1_700_000_000 + age, 1_700_000_000 + age))

    def collect(self) -> Collected:
        return collect(self.database, self.library, _unweighed, authority="news.example.org", now=NOW, force=True)

    @property
    def known(self) -> list[KnownPost]:
        with self.database.read() as connection:
            codes = posts.codes_with_a_file(connection)
            return sorted(posts.known(connection, codes).values(), key=lambda known: known.code)

    @property
    def state(self) -> tuple[Any, ...]:
        """Everything that readers could ever notice."""
        with self.database.read() as connection:
            refused = [(file.path, file.line, file.reason) for file in sources.quarantine(connection)]
            slugs, names = posts.section_slugs(connection), posts.section_names(connection)
            stale = [feed.key for feed in feeds.everything(connection) if feed.stale]
        return self.known, refused, slugs, names, stale


def _unweighed(connection: Transaction, edits: Sequence[tuple[KnownPost, Post]]) -> dict[str, bool]:
    return {}


@contextlib.contextmanager
def a_site() -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp())
    site = Site(folder)
    try:
        yield site
    finally:
        site.database.close()
        shutil.rmtree(folder)


@few
@given(FILES, st.randoms())
def test_the_order_in_which_files_were_written_does_not_matter(files: tuple[File, ...], random: Any) -> None:
    shuffled = list(files)
    random.shuffle(shuffled)
    with a_site() as one, a_site() as other:
        one.write(files)
        # Folders that were there before, and files that came and went, change the order of a folder's entries, too.
        other.write([File(f"{folder}/{name}.md", "") for folder in reversed(FOLDERS) for name in NAMES[::2]])
        other.write(shuffled)
        for path in set(other.folder.rglob("*.md")) - {other.folder / file.path for file in files}:
            path.unlink()
        # The stamps in it are the files' own.
        assert replace(one.collect(), newly_quarantined=()) == replace(other.collect(), newly_quarantined=())
        assert one.state == other.state


@few
@given(FILES)
def test_collecting_twice_changes_nothing(files: tuple[File, ...]) -> None:
    with a_site() as site:
        site.write(files)
        first, before = site.collect(), site.state
        again = site.collect()
        assert site.state == before
        assert again == replace(first, new=0, newly_quarantined=())
        assert first.seen == len(files)


@few
@given(PUBLISHED, st.data())
def test_a_file_that_is_renamed_or_moved_keeps_its_id(files: tuple[File, ...], data: st.DataObject) -> None:
    with a_site() as site:
        site.write(files)
        site.collect()
        before = {known.post.body_hash: (known.entry_id, known.published) for known in site.known}
        taken = {file.path for file in files}
        for file in files:
            # What is written to the path of another post is an edit of that one.
            wanted = data.draw(PATHS.filter(lambda path: "_drafts" not in path))
            if wanted not in taken:
                taken.add(wanted)
                target = site.folder / wanted
                target.parent.mkdir(parents=True, exist_ok=True)
                (site.folder / file.path).rename(target)
        moved = site.collect()
        assert {known.post.body_hash: (known.entry_id, known.published) for known in site.known} == before
        assert (moved.new, moved.withdrawn) == (0, 0)
        assert {known.state for known in site.known} == {State.PUBLISHED}
        assert {known.post.path for known in site.known} == {
            path.relative_to(site.folder).as_posix() for path in site.folder.rglob("*.md")
        }


@few
@given(st.lists(FILES, min_size=2, max_size=3))
def test_what_is_collected_step_by_step_is_what_is_collected_at_once(steps: list[tuple[File, ...]]) -> None:
    with a_site() as slow, a_site() as fast:
        for files in steps:
            for path in slow.folder.rglob("*.md"):
                path.unlink()
            slow.write(files)
            slow.collect()
        fast.write(steps[-1])
        fast.collect()
        # Which post of two with one code has it, and when each was first published, is history; all else is not.
        assert _told(slow) == _told(fast)


def _told(site: Site) -> tuple[object, ...]:
    with site.database.read() as connection:
        refused = {
            (file.path, file.line, file.reason)
            for file in sources.quarantine(connection)
            if file.reason and "has the code" not in file.reason
        }
    # A post whose file broke stays as it was when it could last be read.
    broken = {path for path, _, _ in refused}
    return refused, {
        (known.post.path, known.post.title, known.post.body_hash, known.post.language, known.post.categories)
        for known in site.known
        if not known.post.own_code and known.post.path not in broken
    }
