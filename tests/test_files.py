"""Whole files or none below the output folder, and a manifest of what each one is."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from publisher.files import MANIFEST, Output, OutputFile, Written
from publisher.model.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHANGED = datetime(2024, 11, 10, 12, 0, tzinfo=UTC)
_RSS, _ATOM, _JSON = "feeds/all.rss", "feeds/th/all.atom", "feeds/all.json"


def _file(path: str, content: str = "new", changed: datetime = _CHANGED) -> OutputFile:
    return OutputFile(path, content.encode(), changed)


def _files(content: str) -> list[OutputFile]:
    return [_file(path, content) for path in (_RSS, _ATOM, _JSON)]


def _tree(folder: Path) -> dict[str, str]:
    """Everything that stands in a folder, what is hidden included."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8", "replace")
        for path in folder.rglob("*")
        if path.is_file()
    }


def _entries(output: Output) -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = json.loads((output.folder / MANIFEST).read_bytes())["files"]
    return entries


@pytest.fixture
def output(tmp_path: Path) -> Output:
    """An output folder that is not there yet."""
    return Output(tmp_path / "site" / "output")


def test_files_are_put_into_their_folders(output: Output) -> None:
    assert output.write(_files("one")) == Written(written=(_RSS, _ATOM, _JSON))
    tree = _tree(output.folder)
    assert tree.keys() == {_RSS, _ATOM, _JSON, MANIFEST}
    assert tree[_ATOM] == "one"
    assert output.has(_RSS)
    assert not output.has("feeds/world.rss")


def test_a_folder_without_a_manifest_was_never_published(output: Output) -> None:
    output.folder.mkdir(parents=True)
    (output.folder / "README.md").write_text("What stands here")
    before = output.was_published
    output.write(_files("one"))
    assert (before, output.was_published) == (False, True)


def test_nothing_to_write_makes_an_empty_publication(output: Output) -> None:
    assert output.write([]) == Written()
    assert _entries(output) == {}


def test_a_file_that_is_right_already_is_not_touched(output: Output) -> None:
    output.write(_files("one"))
    written = [path for path in output.folder.rglob("*") if path.is_file()]
    for path in written:
        os.utime(path, (1_000_000_000, 1_000_000_000))
    inodes = {path: path.stat().st_ino for path in written}

    again = Output(output.folder).write(_files("one"))

    assert again == Written(unchanged=(_RSS, _ATOM, _JSON))
    assert {path: path.stat().st_ino for path in written} == inodes
    assert {path.stat().st_mtime for path in written} == {1_000_000_000}


@pytest.mark.parametrize("content", ["two", "longer than before"])
def test_only_what_differs_is_written(output: Output, content: str) -> None:
    output.write(_files("one"))
    assert output.write([_file(_RSS, "one"), _file(_ATOM, content)]) == Written(written=(_ATOM,), unchanged=(_RSS,))
    tree = _tree(output.folder)
    assert (tree[_RSS], tree[_ATOM], tree[_JSON]) == ("one", content, "one")


def test_a_file_that_somebody_deleted_or_spoilt_comes_back(output: Output) -> None:
    output.write(_files("one"))
    before = _tree(output.folder)
    (output.folder / _RSS).unlink()
    (output.folder / _ATOM).write_text("eno")
    assert output.write(_files("one")).written == (_RSS, _ATOM)
    assert _tree(output.folder) == before


def test_the_manifest_has_a_strong_etag_the_size_and_the_last_change_of_every_file(output: Output) -> None:
    output.write([_file(_RSS, "ข่าว")])
    digest = hashlib.sha256("ข่าว".encode()).hexdigest()
    entry = _entries(output)[_RSS]
    assert entry == {"etag": f'"{digest[:32]}"', "bytes": 12, "changed": "2024-11-10T12:00:00+00:00"}


def test_the_manifest_moves_the_last_change_of_what_changed_alone(output: Output) -> None:
    output.write(_files("one"))
    before = _entries(output)
    later = _CHANGED + timedelta(days=1)
    output.write([_file(_RSS, "one", later), _file(_ATOM, "two", later)])
    after = _entries(output)
    assert (after[_RSS], after[_JSON]) == (before[_RSS], before[_JSON])
    assert after[_ATOM]["changed"] == later.isoformat()
    assert after[_ATOM]["etag"] != before[_ATOM]["etag"]


def test_the_manifest_does_not_depend_on_the_order_of_writing(output: Output, tmp_path: Path) -> None:
    other = Output(tmp_path / "other")
    output.write(_files("one"))
    for file in reversed(_files("one")):
        other.write([file])
    assert (output.folder / MANIFEST).read_bytes() == (other.folder / MANIFEST).read_bytes()


@pytest.mark.parametrize(
    "spoilt",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b'{"files": null}',
        b'{"files": ["feeds/all.rss"]}',
        b'{"files": {"feeds/all.rss": {}}}',
        b'{"files": {"feeds/all.rss": "etag"}}',
    ],
)
def test_a_spoilt_manifest_is_made_again(output: Output, spoilt: bytes) -> None:
    output.write(_files("one"))
    before = (output.folder / MANIFEST).read_bytes()
    (output.folder / MANIFEST).write_bytes(spoilt)
    Output(output.folder).write(_files("one"))
    assert (output.folder / MANIFEST).read_bytes() == before


def test_a_rehearsal_says_what_it_would_write_and_writes_nothing(output: Output) -> None:
    rehearsal = Output(output.folder, rehearsal=True)
    assert rehearsal.write(_files("one")) == Written(written=(_RSS, _ATOM, _JSON))
    assert not output.folder.exists()

    output.write(_files("one"))
    before = _tree(output.folder)
    assert rehearsal.write([_file(_RSS, "one"), _file(_ATOM, "two")]) == Written(written=(_ATOM,), unchanged=(_RSS,))
    assert _tree(output.folder) == before


def test_who_has_a_file_open_keeps_reading_the_old_one(output: Output) -> None:
    output.write([_file(_RSS, "the old one")])
    with (output.folder / _RSS).open() as reader:
        assert reader.read(4) == "the "
        output.write([_file(_RSS, "another that is longer")])
        assert reader.read() == "old one"
    assert (output.folder / _RSS).read_text() == "another that is longer"


def test_a_reader_never_sees_half_a_file(output: Output) -> None:
    whole = {letter * 300_000 for letter in "ab"}
    output.write([_file(_RSS, "a" * 300_000)])
    done = threading.Event()
    torn: list[int] = []
    reads = 0

    def read() -> None:
        nonlocal reads
        while not done.is_set():
            content = (output.folder / _RSS).read_text()
            reads += 1
            if content not in whole:
                torn.append(len(content))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(40):
            output.write([_file(_RSS, "ba"[number % 2] * 300_000)])
    finally:
        done.set()
        reader.join()
    assert torn == []
    assert reads


def _in_the_way(output: Output, path: str) -> None:
    """Put something where it hinders even who may do everything."""
    (output.folder / path).parent.mkdir(parents=True, exist_ok=True)
    (output.folder / path).write_text("in the way")


def _check_refused(output: Output, files: list[OutputFile]) -> None:
    """See that writing is one sentence, and changes nothing."""
    before = _tree(output.folder) if output.folder.is_dir() else None
    with pytest.raises(OutputError, match=r"cannot be written .* still stands.* run publish again$") as caught:
        output.write(files)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)
    assert str(output.folder) in str(caught.value)
    if before is not None:
        assert _tree(output.folder) == before


def test_a_file_where_the_output_folder_should_be_is_one_sentence(output: Output) -> None:
    output.folder.parent.mkdir()
    output.folder.write_text("in the way")
    _check_refused(output, _files("new"))
    assert output.folder.read_text() == "in the way"


def test_a_file_where_a_folder_should_be_is_one_sentence_and_nothing_is_changed(output: Output) -> None:
    output.write([_file(_RSS, "old")])
    _in_the_way(output, "feeds/th")
    _check_refused(output, _files("new"))


@pytest.mark.parametrize("path", [_RSS, _ATOM, _JSON])
def test_a_file_that_cannot_be_begun_leaves_all_the_others_as_they_were(output: Output, path: str) -> None:
    output.write(_files("old"))
    # A link that leads nowhere: the folder is not there, and cannot be made.
    (output.folder / "digests").symlink_to(output.folder / "gone" / "away")
    files = _files("new")
    files.insert([file.path for file in files].index(path), _file("digests/world.html"))
    _check_refused(output, files)


@contextmanager
def _files_no_longer_than(length: int) -> Iterator[None]:
    """Let the system refuse longer files, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_halfway_leaves_everything_as_it_was(output: Output) -> None:
    output.write(_files("old"))
    with _files_no_longer_than(20_000):
        _check_refused(output, [_file(_RSS, "new"), _file(_ATOM, "x" * 50_000), _file(_JSON, "new")])
    assert output.write(_files("new")).written == (_RSS, _ATOM, _JSON)


def test_a_disk_that_is_full_at_the_manifest_leaves_whole_files_and_no_rests(output: Output) -> None:
    output.write(_files("old"))
    many = [_file(f"feeds/{number}.rss", "new") for number in range(100)]
    manifest = (output.folder / MANIFEST).read_text()
    with _files_no_longer_than(2_000), pytest.raises(OutputError):
        output.write(many)
    tree = _tree(output.folder)
    assert tree[MANIFEST] == manifest
    assert tree.keys() == {_RSS, _ATOM, _JSON, MANIFEST} | {file.path for file in many}

    assert output.write(many).unchanged == tuple(file.path for file in many)
    assert _entries(output).keys() == {_RSS, _ATOM, _JSON} | {file.path for file in many}


def test_a_folder_where_a_file_should_be_tears_nothing(output: Output) -> None:
    output.write([_file(_RSS, "old")])
    (output.folder / _ATOM).mkdir(parents=True)
    with pytest.raises(OutputError, match=r"all\.atom cannot be written"):
        output.write([_file(_RSS), _file(_ATOM), _file(_JSON)])
    tree = _tree(output.folder)
    assert tree.keys() <= {_RSS, _JSON, MANIFEST}
    assert tree[_RSS] in {"old", "new"}
    assert tree.get(_JSON) in {None, "new"}


_DIES = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from publisher.files import Output, OutputFile

folder, count, *paths = sys.argv[1:]
left = int(count)

def die(event, details):
    global left
    if event == "os.rename":
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(die)
Output(Path(folder)).write([OutputFile(path, b"new", datetime(2024, 11, 11, tzinfo=UTC)) for path in paths])
"""


@pytest.mark.parametrize("renames", [0, 1, 2, 3])
def test_a_crash_leaves_every_file_old_or_new_and_the_next_run_completes_it(output: Output, renames: int) -> None:
    output.write(_files("old"))
    paths = [_RSS, _ATOM, _JSON]
    manifest = (output.folder / MANIFEST).read_text()
    command = [sys.executable, "-c", _DIES, str(output.folder), str(renames), *paths]

    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL

    tree = _tree(output.folder)
    assert [tree[path] for path in paths] == ["new"] * renames + ["old"] * (3 - renames)
    assert tree[MANIFEST] == manifest

    later = Output(output.folder)
    assert later.write(_files("new")).unchanged == tuple(paths[:renames])
    assert _tree(output.folder).keys() == {*paths, MANIFEST}
    digest = hashlib.sha256(b"new").hexdigest()
    assert {entry["etag"] for entry in _entries(later).values()} == {f'"{digest[:32]}"'}
