"""What a subscriber of a feed would notice of a change: new, edited and withdrawn entries, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One entry, as a feed shows it."""

    id: str
    title: str
    link: str | None
    published: datetime
    updated: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """What is to be noticed in one feed."""

    new: tuple[Shown, ...] = ()
    edited: tuple[Shown, ...] = ()
    withdrawn: tuple[Shown, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.edited or self.withdrawn)


def notice(before: Sequence[Shown], after: Sequence[Shown], *, gone: Collection[str], full: int) -> Notice:
    """Compare a feed with what it was; `gone` are the ids of withdrawn posts, `full` is how many entries it may have.

    An entry that moves up from below a full feed, because another left, has been seen by every reader before.
    """
    known = {entry.id: entry for entry in before}
    oldest = min((entry.published for entry in before), default=None) if len(before) >= full else None
    return Notice(
        new=tuple(entry for entry in after if entry.id not in known and (oldest is None or entry.published >= oldest)),
        edited=tuple(entry for entry in after if entry.id in known and entry.updated != known[entry.id].updated),
        withdrawn=tuple(entry for entry in before if entry.id in gone),
    )
