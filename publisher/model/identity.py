"""Which file is which post: codes, files that moved, and several files with one code."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from publisher.model.post import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Set as AbstractSet

    from publisher.model.post import KnownPost, Post


def identify(post: Post, code_before: str | None, owner: KnownPost | None, seen: AbstractSet[str]) -> Post:
    """Give a post without a code of its own the one under which it is known.

    `code_before` is the code that its file had last time, `owner` the post that has its code now. A file that stays
    where it is stays the post it was, even after a rename; one whose path is the code of a post that has moved
    elsewhere becomes another.
    """
    if post.own_code:
        return post
    if code_before is not None:
        return post if post.code == code_before else replace(post, code=code_before)
    moved = owner is not None and owner.post.path != post.path and owner.post.path in seen
    return replace(post, code=f"{post.code}-2") if moved else post


def has_got_code(post: Post, before: KnownPost | None) -> bool:
    """Say whether a post that was known by its path only, and stays there, has been given a code of its own."""
    return post.own_code and before is not None and not before.post.own_code and before.post.path == post.path


def lost_its_code(post: Post, before: KnownPost | None) -> bool:
    """Say whether a file no longer says the code that it had: another may say it now."""
    return not post.own_code and before is not None and before.post.own_code


@dataclass(slots=True)
class Claims:
    """Who has which code, while files are read in order of path: of several, the one that had it, else the first."""

    #: Every file that is there, and those of them that are still to be read.
    seen: AbstractSet[str]
    unread: set[str]
    #: The file that has a code, of all codes that were met.
    holders: dict[str, str] = field(default_factory=dict)
    #: The files that were read; the others are as they were, and so are their codes.
    _read: set[str] = field(default_factory=set)
    #: The first file that waits for a code.
    _waiting: dict[str, str] = field(default_factory=dict)

    def reading(self, path: str) -> None:
        """Take note that a file has its turn."""
        if path in self.unread:
            self.unread.remove(path)
            self._read.add(path)

    def keep(self, code: str, path: str) -> None:
        """Let a file keep its code unless another has it: one that broke stays the post it was."""
        self.holders.setdefault(code, path)

    def settle(self, post: Post, owner: KnownPost | None) -> str | None:
        """Say which file has the code of a post; None if that cannot be told before another file is read."""
        holder = self.holders.get(post.code)
        if holder is None and owner is not None and owner.post.path != post.path and owner.state is not State.WITHDRAWN:
            path = owner.post.path
            if path in self.unread:
                self._waiting.setdefault(post.code, post.path)
                return None
            holder = path if path in self.seen and path not in self._read else self._waiting.get(post.code)
        return self.holders.setdefault(post.code, holder or post.path)


def match_renames(gone: Iterable[KnownPost], come: Iterable[Post]) -> dict[str, str]:
    """Find the posts that only moved: the path that came, and the code that went, by equal bodies.

    Only posts without a code of their own can lose their identity with their path; they may be given a code with it.
    """
    lost = sorted((known for known in gone if not known.post.own_code), key=lambda known: known.code)
    arrived = sorted(come, key=lambda post: (post.own_code, post.path))
    # Of several with one body, the one with the same title is meant; a new title gets what is left.
    renamed = _match(lost, arrived, lambda post: (post.body_hash, post.title))
    taken = set(renamed.values())
    left = [known for known in lost if known.code not in taken]
    return renamed | _match(left, [post for post in arrived if post.path not in renamed], lambda post: post.body_hash)


def _match(lost: list[KnownPost], arrived: list[Post], key: Callable[[Post], object]) -> dict[str, str]:
    waiting: defaultdict[object, deque[str]] = defaultdict(deque)
    for known in lost:
        waiting[key(known.post)].append(known.code)
    return {post.path: waiting[key(post)].popleft() for post in arrived if waiting[key(post)]}
