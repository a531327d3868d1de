"""What a feed says, before any format: one choice of entries for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publisher.model.post import Article

#: Media type by format, which is also the file's extension.
TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}

#: The `updated` of a feed that never had an entry.
NEVER = datetime(2000, 1, 1, tzinfo=UTC)

#: Media types of pictures by the ending of their addresses: nothing is fetched to find out.
_PICTURES = {
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "png": "png",
    "gif": "gif",
    "webp": "webp",
    "avif": "avif",
    "svg": "svg+xml",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Author:
    """Who speaks for the whole feed."""

    name: str
    email: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tombstone:
    """The record that a post was withdrawn (RFC 6721)."""

    entry_id: str
    when: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """Where one document of a feed with complete history (RFC 5005) stands among the others.

    All addresses are absolute and without the extension that the format adds.
    """

    #: The document that readers subscribe to; None in that document itself.
    current: str | None = None
    previous: str | None = None
    following: str | None = None
    #: Whether this one document has every entry; then it links to no other (section 2).
    complete: bool = False

    @property
    def older(self) -> str | None:
        """Where to read on."""
        return None if self.complete else self.previous


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedDocument:
    """One feed, or one page of its history."""

    #: Permanent tag URI.
    id: str
    title: str
    description: str
    #: The page for people.
    home_url: str
    #: Absolute, without the extension that the format adds.
    self_url: str
    language: str | None
    author: Author
    #: In the order in which they are shown.
    entries: Sequence[Article]
    #: Name the taxonomies that categories and tags are of; a tag URI each.
    categories_scheme: str = ""
    tags_scheme: str = ""
    rights: str | None = None
    icon: str | None = None
    logo: str | None = None
    #: WebSub hubs.
    hubs: tuple[str, ...] = ()
    #: Minutes until it is worth to look again.
    ttl: int = 60
    #: Whole bodies, or summaries only.
    full: bool = True
    tombstones: Sequence[Tombstone] = ()
    history: History | None = None
    #: The style sheet for browsers, relative to the document.
    style: str | None = None

    def url(self, feed_format: str) -> str:
        """Give the address of this feed in one format."""
        return f"{self.self_url}.{feed_format}"

    @property
    def updated(self) -> datetime:
        """The newest change of any entry; nothing here depends on the clock."""
        return max((entry.updated for entry in self.entries), default=NEVER)

    def links(self, feed_format: str) -> list[dict[str, str]]:
        """List the links of the document itself, as attributes of `atom:link`."""
        kind = TYPES[feed_format]
        found = [
            {"href": self.url(feed_format), "rel": "self", "type": kind},
            {"href": self.home_url, "rel": "alternate", "type": "text/html"},
            *({"href": hub, "rel": "hub"} for hub in self.hubs),
        ]
        if self.history is not None:
            places = (
                ("current", self.history.current),
                ("prev-archive", self.history.older),
                ("next-archive", self.history.following),
            )
            found += [{"href": f"{url}.{feed_format}", "rel": rel, "type": kind} for rel, url in places if url]
        return found


def content(article: Article) -> str:
    """Give the HTML of an article: its body or, where that is empty, its summary or title, which are text."""
    return article.html or escape(article.summary or article.title, quote=False)


def entry_links(article: Article) -> list[dict[str, str]]:
    """List the links of an entry, as attributes of `atom:link`.

    Its own page comes before those of its translations and, with its language, once more after them: half of the
    readers take the first alternate for the entry's link, and half the last. RFC 4287 section 4.1.2 wants no two of
    one type and one language, which these are not.
    """
    found: list[dict[str, str]] = []
    if article.link:
        own = {"href": article.link, "rel": "alternate", "type": "text/html"}
        others = [
            {"href": each.url, "rel": "alternate", "type": "text/html", "hreflang": each.language}
            for each in article.translations
        ]
        found = [own, *others, own | {"hreflang": article.language}] if others else [own]
    for rel, url in (("via", article.via), ("replies", article.extras.replies)):
        if url:
            found.append({"href": url, "rel": rel, "type": "text/html"})
    return found


def picture(article: Article) -> dict[str, str]:
    """Give the attributes of `media:content` for the picture of an article; none where it has none."""
    if article.image is None:
        return {}
    said = {"url": article.image, "medium": "image"}
    if kind := picture_type(article.image):
        said["type"] = kind
    if article.extras.image_size:
        said["width"], said["height"] = map(str, article.extras.image_size)
    return said


def picture_type(url: str) -> str | None:
    """Tell the media type of a picture by its address, where that has an ending."""
    ending = url.partition("?")[0].partition("#")[0].rpartition(".")[2].lower()
    return f"image/{_PICTURES[ending]}" if ending in _PICTURES else None


def whole_second(moment: datetime) -> datetime:
    """Cut to seconds: RFC 822 dates have no fractions, and all formats shall say the same."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.replace(microsecond=0) if moment.microsecond else moment
