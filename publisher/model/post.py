"""A post: as its file says it, and as the publication has known it ever since."""

from __future__ import annotations

import enum
import hashlib
import operator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


class State(enum.StrEnum):
    """Where a post stands."""

    PUBLISHED = "published"
    DRAFT = "draft"
    FUTURE = "future"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that belongs to a post, such as a recording."""

    url: str
    #: Media type.
    type: str
    #: In bytes, where the post says so: nothing is fetched to find out.
    length: int | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The feed that a syndicated post was taken from."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Extras:
    """What few posts say."""

    enclosures: tuple[Enclosure, ...] = ()
    #: Width and height of the picture, in pixels.
    image_size: tuple[int, int] | None = None
    #: Under which terms it may be used.
    rights: str | None = None
    #: The page where it is discussed.
    replies: str | None = None
    source: Origin | None = None
    #: What the picture shows, for those who do not see it.
    image_alt: str | None = None
    #: What was wrong in it before it was corrected, in a sentence.
    correction: str | None = None


NO_EXTRAS = Extras()


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """One Markdown file, read: its front matter, typed, and the hash of its body."""

    code: str
    #: False when no field names it: then `code` is the path as first seen.
    own_code: bool
    #: POSIX path below the posts folder; with several sources, below the name of its source.
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
    #: Its own page, where the front matter says so itself.
    permalink: str | None = None
    #: Whether an edit is one that readers should hear of, where the front matter says so itself.
    significant: bool | None = None
    #: Hash of the front matter, of a post whose body asks for it; else empty.
    context: str = ""
    #: What it has in common with its translations: the code of one of them, or a word of their own.
    story: str | None = None
    extras: Extras = NO_EXTRAS

    @property
    def body_key(self) -> str:
        """Everything that the rendered body depends on, but for the pipeline."""
        parts = (self.body_hash, self.title, self.origin_url, self.image, self.permalink, self.context)
        return hashlib.blake2b("\0".join(part or "" for part in parts).encode(), digest_size=16).hexdigest()

    def __reduce__(self) -> tuple[Any, ...]:
        """Say how to make it again: a hundred thousand of them come from other processes, in a third of the time."""
        return _post, _VALUES(self)


def stories_of(post: Post) -> set[str]:
    """Name what a post may have in common with its translations."""
    return {post.code, post.story} if post.story else {post.code}


_VALUES = operator.attrgetter(*(field.name for field in fields(Post)))
_SETTERS = [getattr(Post, field.name).__set__ for field in fields(Post)]


def _post(*values: Any) -> Post:
    post = object.__new__(Post)
    for put, value in zip(_SETTERS, values, strict=True):
        put(post, value)
    return post


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
    #: Since when readers are not to see it any more: its file is gone, or it is a draft again.
    withdrawn: datetime | None = None

    @property
    def code(self) -> str:
        """The identity of the post."""
        return self.post.code


@dataclass(frozen=True, slots=True)
class Translation:
    """The same story in another language."""

    language: str
    url: str


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
    #: Whose picture that is.
    credit: str | None = None
    extras: Extras = NO_EXTRAS
    #: One a language, the post's own not among them.
    translations: tuple[Translation, ...] = ()


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
    #: The first picture in it, and whose it is.
    image: str | None
    removed: tuple[Removed, ...]
    #: Width and height of that picture, in pixels, where the body says so.
    image_size: tuple[int, int] | None = None
    image_alt: str | None = None
    credit: str | None = None
    #: Whom a byline in it names.
    authors: tuple[str, ...] = ()
    #: What an editor should look at.
    warning: str | None = None
