"""A folder of posts is walked and its files measured; nothing is opened."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.content.limits import PATH_BYTES
from publisher.model.errors import PostError, PublisherError

if TYPE_CHECKING:
    from collections.abc import Mapping
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


@dataclass(slots=True)
class Look:
    """What a walk finds: every path, and the files that are not as they were."""

    seen: set[str] = field(default_factory=set)
    fresh: list[SourceFile] = field(default_factory=list)


def scan(folder: Path, stamps: Mapping[str, str], look: Look, *, prefix: str = "") -> None:
    """Find every Markdown file below the folder, and add it to `look` under `prefix`.

    Files whose stamp is the one in `stamps` are seen and not fresh. Hidden files and folders are passed over, links to
    folders are not followed, and a file that goes while we look is gone. Raises PublisherError if a folder cannot be
    read: its posts would seem to be withdrawn.
    """
    root = os.path.realpath(folder)
    now = time.time_ns()
    folders = [""]
    try:
        while folders:
            inner = folders.pop()
            folders += _look_into(os.path.join(root, inner), root, inner, prefix, stamps, look, now)  # noqa: PTH118 (a Path for each of 100,000 files is slow)
    except OSError as error:
        where = str(error.filename or folder).rstrip("/")
        raise PublisherError(
            f"the posts folder {where} cannot be read ({error.strerror}): mend it, or name another in posts.directory"
        ) from error


def _look_into(
    folder: str, root: str, inner: str, prefix: str, stamps: Mapping[str, str], look: Look, now: int
) -> list[str]:
    """Look at the files of one folder, and list the folders in it."""
    folders = []
    seen, fresh, get = look.seen.add, look.fresh.append, stamps.get
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name[0] == ".":
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(f"{inner}{name}/")
            elif name.endswith(_ENDINGS) or name.lower().endswith(_ENDINGS):
                path = prefix + inner + name
                try:
                    status = entry.stat(follow_symlinks=False)
                    # What nearly every file is: as it was, and nothing strange about it.
                    if get(path) == _stamp(status) and stat.S_ISREG(status.st_mode):
                        seen(path)
                        continue
                    source = _measure(root, path, entry.path, status, now)
                except FileNotFoundError:
                    continue
                seen(source.path)
                if get(source.path) != source.stamp:
                    fresh(source)
    return folders


def measure(folder: Path, inner: str, *, prefix: str = "") -> SourceFile:
    """Measure one file by its path below the folder. Raises PostError if it is not there."""
    full_path = os.fspath(folder / inner)
    try:
        status = os.lstat(full_path)
        root = os.path.realpath(folder) if stat.S_ISLNK(status.st_mode) else ""
        return _measure(root, prefix + inner, full_path, status, time.time_ns())
    except (OSError, ValueError) as error:
        raise PostError(f"cannot be opened ({getattr(error, 'strerror', error)})") from error


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def _told_apart(shown: str, path: str) -> str:
    """Mark a path that cannot be shown as it is, so that no other file is shown like it."""
    return f"{shown}~{hashlib.blake2b(os.fsencode(path), digest_size=4).hexdigest()}"


def _measure(root: str, path: str, full_path: str, status: os.stat_result, scanned: int) -> SourceFile:
    """Make what is known of a file; `root`, without links in it, is needed for links only."""
    obstacle = None
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
        shown, obstacle = _told_apart(shown, path), "has a file name that is not UTF-8"
    if len(shown.encode()) > PATH_BYTES:
        obstacle = f"has a path of more than {PATH_BYTES:,} bytes"
        shown = _told_apart(shown[: PATH_BYTES // 4], path)
    return SourceFile(
        path=shown,
        full_path=full_path,
        size=status.st_size,
        stamp=_stamp(status),
        settled=max(status.st_mtime_ns, status.st_ctime_ns) < scanned - _UNSETTLED,
        obstacle=obstacle,
    )
