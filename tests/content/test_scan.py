"""The walk through the posts folder: what is found, what is passed over, what stands in the way."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from publisher.content.limits import PATH_BYTES
from publisher.content.scan import Look, SourceFile, measure, scan
from publisher.model.errors import PostError, PublisherError
from tests.build import write_post

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LONG_AGO = 1_700_000_000


def looked(folder: Path, stamps: Mapping[str, str] | None = None, *, prefix: str = "") -> Look:
    look = Look()
    scan(folder, {} if stamps is None else stamps, look, prefix=prefix)
    return look


def found(folder: Path) -> list[SourceFile]:
    """Everything that a first look finds, in order of path."""
    look = looked(folder)
    assert look.seen == {file.path for file in look.fresh}
    return sorted(look.fresh, key=lambda file: file.path)


def obstacles(folder: Path) -> dict[str, str | None]:
    return {file.path: file.obstacle for file in found(folder)}


def test_files_of_all_folders_are_found_with_their_posix_path(tmp_path: Path) -> None:
    for code in ["b", "a", "c/a", "c/b/d", "ข่าว/ก"]:
        write_post(tmp_path, code)
    assert list(obstacles(tmp_path)) == ["a.md", "b.md", "c/a.md", "c/b/d.md", "ข่าว/ก.md"]


def test_what_opens_a_file_is_its_full_path(tmp_path: Path) -> None:
    for code in ["a", "c/b/d", "ข่าว/ก"]:
        write_post(tmp_path, code)
    assert all((tmp_path / file.path).samefile(file.full_path) for file in found(tmp_path))


def test_paths_stand_under_their_prefix_in_one_look(tmp_path: Path) -> None:
    write_post(tmp_path / "wire", "c/a")
    write_post(tmp_path / "desk", "a")
    look = Look()
    scan(tmp_path / "wire", {}, look, prefix="wire/")
    scan(tmp_path / "desk", {}, look, prefix="desk/")
    assert [file.path for file in look.fresh] == ["wire/c/a.md", "desk/a.md"]
    assert look.seen == {"wire/c/a.md", "desk/a.md"}


def test_a_file_that_is_as_it_was_is_seen_and_not_fresh(tmp_path: Path) -> None:
    for code in ["a", "b", "c/a", "ข่าว/ก"]:
        write_post(tmp_path, code)
    (tmp_path / "link.md").symlink_to("a.md")
    (tmp_path / "nowhere.md").symlink_to("missing.md")
    (tmp_path / os.fsdecode(b"caf\xe9.md")).touch()
    os.mkfifo(tmp_path / "fifo.md")
    first = looked(tmp_path, prefix="wire/")
    stamps = {file.path: file.stamp for file in first.fresh}
    assert len(stamps) == 8
    again = looked(tmp_path, stamps, prefix="wire/")
    assert (again.seen, again.fresh) == (first.seen, [])
    stamps["wire/b.md"] = ""
    assert [file.path for file in looked(tmp_path, stamps, prefix="wire/").fresh] == ["wire/b.md"]


@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_what_became_something_else_under_its_name_is_fresh(tmp_path: Path, kind: str) -> None:
    path = write_post(tmp_path, "a")
    (tmp_path / "b.txt").touch()
    stamps = {file.path: file.stamp for file in found(tmp_path)}
    path.unlink()
    if kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("b.txt")
    assert [file.path for file in looked(tmp_path, stamps).fresh] == ["a.md"]


def test_a_link_is_as_fresh_as_what_it_leads_to(tmp_path: Path) -> None:
    write_post(tmp_path, "a")
    (tmp_path / "b.md").symlink_to("a.md")
    stamps = {file.path: file.stamp for file in found(tmp_path)}
    write_post(tmp_path, "a", body="Another report, and a longer one.")
    assert {file.path for file in looked(tmp_path, stamps).fresh} == {"a.md", "b.md"}


class Meddler(dict[str, str]):
    """Stamps that take the other file away as soon as they are asked about one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, path: str, default: object = None) -> None:  # type: ignore[override]
        for other in self.folder.iterdir():
            if other.name != path:
                other.unlink()


def test_a_file_that_goes_while_we_look_is_gone(tmp_path: Path) -> None:
    write_post(tmp_path, "a")
    write_post(tmp_path, "b")
    look = looked(tmp_path, Meddler(tmp_path))
    assert len(look.fresh) == 1
    assert look.seen == {path.name for path in tmp_path.iterdir()}


def test_a_path_too_long_for_a_database_is_shown_short_with_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / ("ก" * 80) / ("ข" * 80) / ("ค" * 80) / ("ง" * 80)
    path = write_post(folder, "งาน" * 20)
    (file,) = found(tmp_path)
    assert file.obstacle == "has a path of more than 1,000 bytes"
    assert len(file.path.encode()) <= PATH_BYTES
    assert os.path.relpath(path, tmp_path).startswith(file.path.rpartition("~")[0])
    assert measure(tmp_path, os.path.relpath(path, tmp_path)) == file


@pytest.mark.parametrize("name", ["a.md", "a.MD", "a.markdown", "a.mkd", "a.mkdn", "a.mkdown"])
def test_markdown_is_known_by_its_ending(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert obstacles(tmp_path) == {name: None}


@pytest.mark.parametrize("name", [".a.md", "a.txt", "a.md~", "md", ".git/a.md", "b/.drafts/a.md"])
def test_hidden_and_other_files_are_passed_over(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()
    assert found(tmp_path) == []


def test_a_folder_named_like_a_post_is_a_folder(tmp_path: Path) -> None:
    write_post(tmp_path / "x.md", "inside")
    assert obstacles(tmp_path) == {"x.md/inside.md": None}


def test_a_link_to_a_post_in_the_folder_is_a_post(tmp_path: Path) -> None:
    write_post(tmp_path, "a")
    (tmp_path / "b.md").symlink_to("a.md")
    one, other = found(tmp_path)
    assert (other.path, other.obstacle) == ("b.md", None)
    assert (other.size, other.stamp) == (one.size, one.stamp)


def test_a_posts_folder_may_itself_be_a_link(tmp_path: Path) -> None:
    write_post(tmp_path / "real", "a")
    (tmp_path / "real" / "b.md").symlink_to("a.md")
    (tmp_path / "posts").symlink_to("real")
    assert obstacles(tmp_path / "posts") == {"a.md": None, "b.md": None}


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    write_post(tmp_path / "elsewhere", "a")
    posts = tmp_path / "posts"
    posts.mkdir()
    (posts / "away").symlink_to(tmp_path / "elsewhere")
    (posts / "loop").symlink_to(posts)
    assert found(posts) == []


def test_what_cannot_be_a_post_is_found_with_the_reason(tmp_path: Path) -> None:
    posts = tmp_path / "posts"
    (posts / "folder").mkdir(parents=True)
    # A neighbour whose name begins alike is still outside.
    (tmp_path / "posts-of-others").mkdir()
    write_post(tmp_path / "posts-of-others", "secret")
    os.mkfifo(posts / "fifo.md")
    (posts / "folder.md").symlink_to("folder")
    (posts / "itself.md").symlink_to("itself.md")
    (posts / "nowhere.md").symlink_to("missing.md")
    (posts / "out.md").symlink_to("../posts-of-others/secret.md")
    (posts / "through.md").symlink_to("out.md")
    (posts / "device.md").symlink_to("/dev/zero")
    assert obstacles(posts) == {
        "device.md": "is a link that leads out of the posts folder",
        "fifo.md": "is not a regular file",
        "folder.md": "is not a regular file",
        "itself.md": "is a link that leads nowhere",
        "nowhere.md": "is a link that leads nowhere",
        "out.md": "is a link that leads out of the posts folder",
        "through.md": "is a link that leads out of the posts folder",
    }


def test_a_name_that_is_not_utf_8_is_shown_escaped(tmp_path: Path) -> None:
    for name in [b"caf\xe9.md", b"f\xff/a.md"]:
        path = tmp_path / os.fsdecode(name)
        path.parent.mkdir(exist_ok=True)
        path.touch()
    reason = "has a file name that is not UTF-8"
    # With a mark, for there may be a file that is really called so.
    (tmp_path / "caf\\xe9.md").touch()
    assert obstacles(tmp_path) == {"caf\\xe9.md": None, "caf\\xe9.md~cbd1239b": reason, "f\\xff/a.md~8c6ac091": reason}


def test_measuring_one_file_says_what_the_scan_said(tmp_path: Path) -> None:
    write_post(tmp_path, "c/a")
    os.utime(tmp_path / "c" / "a.md", (LONG_AGO, LONG_AGO))
    (file,) = found(tmp_path)
    measured = measure(tmp_path, file.path)
    assert (measured.path, measured.size, measured.stamp) == (file.path, file.size, file.stamp)
    assert measure(tmp_path, file.path, prefix="wire/").path == f"wire/{file.path}"


def test_a_file_that_is_gone_cannot_be_measured(tmp_path: Path) -> None:
    with pytest.raises(PostError, match="No such file"):
        measure(tmp_path, "a.md")


def test_a_name_that_no_file_can_have_cannot_be_measured(tmp_path: Path) -> None:
    with pytest.raises(PostError, match=r"cannot be opened \(.*null"):
        measure(tmp_path, "a\0.md")


def test_a_folder_cannot_be_measured_as_a_post(tmp_path: Path) -> None:
    (tmp_path / "x.md").mkdir()
    assert measure(tmp_path, "x.md").obstacle == "is not a regular file"


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.touch()], ids=["missing", "a file"])
def test_a_folder_that_cannot_be_read_is_said_with_the_way_out(tmp_path: Path, make: object) -> None:
    assert callable(make)
    make(tmp_path / "posts")
    with pytest.raises(PublisherError, match=r"posts.*posts\.directory"):
        looked(tmp_path / "posts")


def test_a_file_of_this_moment_is_not_settled(tmp_path: Path) -> None:
    path = write_post(tmp_path, "a")
    # A time set by hand does not deceive: the inode's own tells when that was.
    os.utime(path, (LONG_AGO, LONG_AGO))
    assert [file.settled for file in found(tmp_path)] == [False]
    future = time.time() + 3_600
    os.utime(path, (future, future))
    assert [file.settled for file in found(tmp_path)] == [False]


def test_the_stamp_tells_an_edit_of_the_same_size_and_time(tmp_path: Path) -> None:
    path = write_post(tmp_path, "a", body="one")
    os.utime(path, (LONG_AGO, LONG_AGO))
    (before,) = found(tmp_path)
    replacement = write_post(tmp_path / "new", "a", body="two")
    os.utime(replacement, (LONG_AGO, LONG_AGO))
    replacement.rename(path)
    (after,) = found(tmp_path)
    assert before.size == after.size
    assert before.stamp != after.stamp
