"""The first page: which feeds there are, the latest posts, the latest editions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from publisher.kit.templating import Templating

_FORMAT_NAMES = {"rss": "RSS", "atom": "Atom", "json": "JSON"}


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedLine:
    """One feed in all its formats."""

    #: Below the output folder, without extension.
    path: str
    title: str
    #: The category's name; empty for the feed of everything.
    name: str
    category: str | None
    language: str | None
    updated: datetime | None
    #: Media type by extension.
    types: dict[str, str]

    @property
    def formats(self) -> list[dict[str, str]]:
        """Name, address and type of each format."""
        return [
            {"name": _FORMAT_NAMES[extension], "href": quote(f"{self.path}.{extension}"), "type": media_type}
            for extension, media_type in self.types.items()
        ]


@dataclass(frozen=True, kw_only=True, slots=True)
class PostLine:
    """One of the latest posts."""

    title: str
    link: str | None
    language: str
    sections: tuple[str, ...]
    published: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class EditionLine:
    """One of the latest editions."""

    subject: str
    href: str
    language: str
    composed: datetime


@dataclass(frozen=True, kw_only=True)
class SitePages:
    """Renders the pages of one publication."""

    templating: Templating
    title: str
    language: str
    postal_address: str

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same feeds, posts and editions may look different."""
        return repr((self.templating.fingerprint, self.title, self.language, self.postal_address))

    def index(self, feeds: Sequence[FeedLine], posts: Sequence[PostLine], editions: Sequence[EditionLine]) -> bytes:
        """Render `index.html`. Raises TemplateError."""
        page = self.templating.render(
            "site/index.html",
            self.language,
            site_title=self.title,
            postal_address=self.postal_address,
            changed=max((feed.updated for feed in feeds if feed.updated), default=None),
            feeds=feeds,
            posts=posts,
            editions=editions,
        )
        return page.encode()

    def style_sheet(self) -> bytes:
        """Give the style sheet of all pages. Raises TemplateError."""
        return self.templating.render("site/site.css", self.language).encode()
