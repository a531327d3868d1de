"""The first page: which feeds there are, the latest posts, the latest editions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from publisher.kit.urls import web_url
from publisher.site.directory import groups
from publisher.site.feed_page import FORMAT_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from publisher.kit.templating import Templating
    from publisher.site.feed_page import FeedPage


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
    #: Absolute, without extension; with it, the feed has a page and an address to copy.
    url: str = ""

    @property
    def page(self) -> str:
        """The address of the page for people."""
        return f"{quote(self.path)}.html"

    @property
    def copied(self) -> str:
        """The address to copy: that of the first format."""
        return f"{self.url}.{next(iter(self.types))}"

    @property
    def formats(self) -> list[dict[str, str]]:
        """Name, address and type of each format."""
        return [
            {"name": FORMAT_NAMES[extension], "href": quote(f"{self.path}.{extension}"), "type": media_type}
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
    #: Where the output is served, with a slash at the end.
    site_url: str = ""
    #: On light paper, and on dark.
    accents: tuple[str, str] = ("#9a2617", "#ff9d8a")

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same feeds, posts and editions may look different."""
        return repr(
            (self.templating.fingerprint, self.title, self.language, self.postal_address, self.site_url, self.accents)
        )

    def index(self, feeds: Sequence[FeedLine], posts: Sequence[PostLine], editions: Sequence[EditionLine]) -> bytes:
        """Render `index.html`. Raises TemplateError."""
        return self._render(
            "site/index.html",
            self.language,
            up="",
            canonical=self.site_url,
            changed=max((feed.updated for feed in feeds if feed.updated), default=None),
            feeds=feeds,
            groups=groups(feeds, self.language),
            posts=posts,
            editions=editions,
            web_url=web_url,
        )

    def feed(self, page: FeedPage) -> bytes:
        """Render the page of a feed, in the language of the feed. Raises TemplateError."""
        language = page.language or self.language
        months = page.months(language)
        return self._render(
            "site/feed.html", language, up=page.up, canonical=f"{page.url}.html", page=page, months=months
        )

    def style_sheet(self) -> bytes:
        """Give the style sheet of all pages. Raises TemplateError."""
        return self._render("site/site.css", self.language)

    def feed_style_sheet(self) -> bytes:
        """Give the style sheet of feeds that a browser shows as they are. Raises TemplateError."""
        return self._render("site/feed.css", self.language)

    def script(self) -> bytes:
        """Give the script of all pages, which makes the copy buttons work. Raises TemplateError."""
        return self._render("site/copy.js", self.language)

    def _render(self, name: str, language: str, **values: object) -> bytes:
        accent, accent_dark = self.accents
        fixed = {"site_title": self.title, "postal_address": self.postal_address}
        fixed |= {"accent": accent, "accent_dark": accent_dark}
        return self.templating.render(name, language, **fixed, **values).encode()
