"""The posts folder is walked and its files measured; nothing is opened."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.content.limits import PATH_BYTES
from publisher.model.errors import PostError, PublisherError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Nanoseconds.
_UNSETTLED = 2_000_000_000
_ENDINGS = (".md", ".markdown", ".mkd", ".mkdn", ".mkdown")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file that ought to be a post."""

    #: POSIX path below the posts folder; what is not UTF-8 in it is escaped.
    path: str
    #: To open it with.
    full_path: str
    size: int
    #: Size, mtime, ctime and inode: equal as long as the file is the same.
    stamp: str
    #: False if it was modified so shortly ago that it may change again without its time changing.
    settled: bool
    #: Why it cannot be a post, seen from outside.
    obstacle: str | None = None


def scan(folder: Path) -> list[SourceFile]:
    """Find every Markdown file below the folder, in order of path.

    Hidden files and folders are passed over, links to folders are not followed, and a file that goes while we look
    is gone. Raises PublisherError if a folder cannot be read: its posts would seem to be withdrawn.
    """
    root = os.path.realpath(folder)
    try:
        entries = sorted(_walk(root, "", time.time_ns()), key=lambda found: found.path)
    except OSError as error:
        where = str(error.filename or folder).rstrip("/")
        raise PublisherError(
            f"the posts folder {where} cannot be read ({error.strerror}): mend it, or name another in posts.directory"
        ) from error
    return entries


def _walk(root: str, prefix: str, scanned: int) -> Iterator[SourceFile]:
    folders = []
    with os.scandir(os.path.join(root, prefix)) as entries:  # noqa: PTH118 (a Path for each of 100,000 files is slow)
        for entry in entries:
            if entry.name.startswith("."):
                continue
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                folders.append(path + "/")
            elif entry.name.lower().endswith(_ENDINGS):
                with contextlib.suppress(FileNotFoundError):
                    yield _measure(root, path, entry, scanned)
    for inner in folders:
        yield from _walk(root, inner, scanned)


def measure(folder: Path, path: str) -> SourceFile:
    """Measure one file by its path below the folder. Raises PostError if it is not there."""
    full_path = folder / path
    try:
        return _measure(os.path.realpath(folder), path, full_path, time.time_ns())
    except OSError as error:
        raise PostError(f"cannot be opened ({error.strerror})") from error


def _measure(root: str, path: str, entry: os.DirEntry[str] | Path, scanned: int) -> SourceFile:
    obstacle = None
    full_path = os.fspath(entry)
    status = entry.stat(follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        target = os.path.realpath(full_path)
        if not target.startswith(root + os.sep):
            obstacle = "is a link that leads out of the posts folder"
        else:
            try:
                status = os.stat(full_path)  # noqa: PTH116 (as above)
            except OSError:
                obstacle = "is a link that leads nowhere"
    if obstacle is None and not stat.S_ISREG(status.st_mode):
        obstacle = "is not a regular file"
    shown = path
    if not path.isascii():
        shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if shown != path:
        obstacle = "has a file name that is not UTF-8"
    if len(shown.encode()) > PATH_BYTES:
        shown, obstacle = shown[: PATH_BYTES // 4], f"has a path of more than {PATH_BYTES:,} bytes"
    return SourceFile(
        path=shown,
        full_path=full_path,
        size=status.st_size,
        stamp=f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}",
        settled=max(status.st_mtime_ns, status.st_ctime_ns) < scanned - _UNSETTLED,
        obstacle=obstacle,
    )
