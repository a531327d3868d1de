"""The walk through the posts folder: what is found, what is passed over, what stands in the way."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from publisher.content.scan import measure, scan
from publisher.model.errors import PostError, PublisherError
from tests.build import write_post

if TYPE_CHECKING:
    from pathlib import Path

LONG_AGO = 1_700_000_000


def obstacles(folder: Path) -> dict[str, str | None]:
    return {source.path: source.obstacle for source in scan(folder)}


def test_files_come_in_order_of_their_path(tmp_path: Path) -> None:
    for code in ["b", "a", "c/a", "c/b/d", "ข่าว/ก"]:
        write_post(tmp_path, code)
    assert [source.path for source in scan(tmp_path)] == ["a.md", "b.md", "c/a.md", "c/b/d.md", "ข่าว/ก.md"]


@pytest.mark.parametrize("name", ["a.md", "a.MD", "a.markdown", "a.mkd", "a.mkdn", "a.mkdown"])
def test_markdown_is_known_by_its_ending(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert obstacles(tmp_path) == {name: None}


@pytest.mark.parametrize("name", [".a.md", "a.txt", "a.md~", "md", ".git/a.md", "b/.drafts/a.md"])
def test_hidden_and_other_files_are_passed_over(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()
    assert scan(tmp_path) == []


def test_a_folder_named_like_a_post_is_a_folder(tmp_path: Path) -> None:
    write_post(tmp_path / "x.md", "inside")
    assert obstacles(tmp_path) == {"x.md/inside.md": None}


def test_a_link_to_a_post_in_the_folder_is_a_post(tmp_path: Path) -> None:
    write_post(tmp_path, "a")
    (tmp_path / "b.md").symlink_to("a.md")
    found = {source.path: source for source in scan(tmp_path)}
    assert found["b.md"].obstacle is None
    assert found["b.md"].size == found["a.md"].size


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
    assert scan(posts) == []


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
    assert obstacles(tmp_path) == {"caf\\xe9.md": reason, "f\\xff/a.md": reason}


def test_measuring_one_file_says_what_the_scan_said(tmp_path: Path) -> None:
    write_post(tmp_path, "c/a")
    os.utime(tmp_path / "c" / "a.md", (LONG_AGO, LONG_AGO))
    (found,) = scan(tmp_path)
    measured = measure(tmp_path, found.path)
    assert (measured.path, measured.size, measured.stamp) == (found.path, found.size, found.stamp)


def test_a_file_that_is_gone_cannot_be_measured(tmp_path: Path) -> None:
    with pytest.raises(PostError, match="No such file"):
        measure(tmp_path, "a.md")


def test_a_folder_cannot_be_measured_as_a_post(tmp_path: Path) -> None:
    (tmp_path / "x.md").mkdir()
    assert measure(tmp_path, "x.md").obstacle == "is not a regular file"


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.touch()], ids=["missing", "a file"])
def test_a_folder_that_cannot_be_read_is_said_with_the_way_out(tmp_path: Path, make: object) -> None:
    assert callable(make)
    make(tmp_path / "posts")
    with pytest.raises(PublisherError, match=r"posts.*posts\.directory"):
        scan(tmp_path / "posts")


def test_a_file_of_this_moment_is_not_settled(tmp_path: Path) -> None:
    path = write_post(tmp_path, "a")
    # A time set by hand does not deceive: the inode's own tells when that was.
    os.utime(path, (LONG_AGO, LONG_AGO))
    assert [source.settled for source in scan(tmp_path)] == [False]
    future = time.time() + 3_600
    os.utime(path, (future, future))
    assert [source.settled for source in scan(tmp_path)] == [False]


def test_the_stamp_tells_an_edit_of_the_same_size_and_time(tmp_path: Path) -> None:
    path = write_post(tmp_path, "a", body="one")
    os.utime(path, (LONG_AGO, LONG_AGO))
    (before,) = scan(tmp_path)
    replacement = write_post(tmp_path / "new", "a", body="two")
    os.utime(replacement, (LONG_AGO, LONG_AGO))
    replacement.rename(path)
    (after,) = scan(tmp_path)
    assert before.size == after.size
    assert before.stamp != after.stamp
