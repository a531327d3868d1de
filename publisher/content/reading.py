"""All files that are not as they were are read, by all processors, while somebody else does something with them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from publisher.content.read import read
from publisher.kit.parallel import stream
from publisher.model.errors import PostError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.content.scan import Look, SourceFile
    from publisher.content.sources import Library
    from publisher.model.post import Post

#: How many files are worth another process.
_WORTH_SHARING = 1_000

#: A file that was read: the post it is, or the line and the reason why it is none.
Outcome: TypeAlias = "Post | tuple[int, str]"


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the folders, and what comes of each file that is fresh, in order of path."""

    look: Look
    outcomes: Iterator[tuple[SourceFile, Outcome]]


def start(library: Library, stamps: Mapping[str, str], *, force: bool = False) -> Reading:
    """Look at every file, and begin to read those that are not as `stamps` has them.

    Raises PublisherError if a folder cannot be read, or, unless with `force`, if one is empty that was not.
    """
    look = library.scan(stamps, force=force)
    outcomes = stream(functools.partial(_attempt, library), look.fresh, worth=_WORTH_SHARING)
    return Reading(look, zip(look.fresh, outcomes, strict=True))


def _attempt(library: Library, file: SourceFile) -> Outcome:
    """Read one file: the post, or the line and the reason why it is none."""
    try:
        return read(file, library.source_of(file.path))
    except PostError as error:
        return error.line, error.reason
    except Exception as error:  # noqa: BLE001 (the wall: whatever one post does, the others are published)
        return 1, f"cannot be read: {type(error).__name__}: {error}"
