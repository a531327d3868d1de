"""A post: as its file says it, and as the publication has known it ever since."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class State(enum.StrEnum):
    """Where a post stands."""

    PUBLISHED = "published"
    DRAFT = "draft"
    FUTURE = "future"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """One Markdown file, read: its front matter, typed, and the hash of its body."""

    code: str
    #: False when no field names it: then `code` is the path as first seen.
    own_code: bool
    #: POSIX path below the posts folder.
    path: str
    title: str
    description: str
    #: Lower-case BCP 47 tag.
    language: str
    #: Names as written, in order; no two with one slug.
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    authors: tuple[str, ...]
    #: Where the post was first published; http or https.
    origin_url: str | None
    image: str | None
    #: Aware UTC; None only in a draft.
    date: datetime | None
    #: The front matter's own date of the last edit.
    updated: datetime | None
    draft: bool
    body_hash: str

    @property
    def body_key(self) -> str:
        """Everything that the rendered body depends on, but for the pipeline."""
        parts = (self.body_hash, self.title, self.origin_url or "")
        return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownPost:
    """A post with what was decided about it once and for all."""

    post: Post
    state: State
    #: Aware UTC: when the publication first saw it.
    collected: datetime
    #: Permanent; None until it is first published. `published` likewise.
    entry_id: str | None = None
    published: datetime | None = None
    #: Moves only with a significant edit.
    updated: datetime | None = None
    #: What decides whether a feed shows it: `published`, or the moment a late arrival was collected.
    rank: datetime | None = None
    withdrawn: datetime | None = None

    @property
    def code(self) -> str:
        """The identity of the post."""
        return self.post.code


@dataclass(frozen=True, kw_only=True, slots=True)
class Article:
    """A published post with its rendered body: what a feed or a digest shows."""

    code: str
    entry_id: str
    title: str
    #: Plain text.
    summary: str
    #: Sanitised; every URL absolute.
    html: str
    language: str
    #: (slug, name) of each.
    sections: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    authors: tuple[str, ...]
    published: datetime
    updated: datetime
    #: The page to link to, if there is one.
    link: str | None
    #: Where it comes from, if elsewhere.
    via: str | None
    image: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Removed:
    """What cleaning took out of a body, and the rule that did."""

    rule: str
    #: Plain text, or the address of a picture.
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderedBody:
    """A body ready to show."""

    #: Sanitised; every URL absolute.
    html: str
    #: The first sentences, as plain text.
    lead: str
    #: The first picture in it.
    image: str | None
    removed: tuple[Removed, ...]
