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


@dataclass(frozen=True, kw_only=True, slots=True)
class Author:
    """Who speaks for the whole feed."""

    name: str
    email: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedDocument:
    """One feed."""

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

    def url(self, feed_format: str) -> str:
        """Give the address of this feed in one format."""
        return f"{self.self_url}.{feed_format}"

    @property
    def updated(self) -> datetime:
        """The newest change of any entry; nothing here depends on the clock."""
        return max((entry.updated for entry in self.entries), default=NEVER)


def content(article: Article) -> str:
    """Give the HTML of an article: its body or, where that is empty, its summary, which is text."""
    return article.html or escape(article.summary, quote=False)


def whole_second(moment: datetime) -> datetime:
    """Cut to seconds: RFC 822 dates have no fractions, and all formats shall say the same."""
    return moment.astimezone(UTC).replace(microsecond=0)
