"""A feed for people: what it is, how to subscribe, its posts, its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

from publisher.kit.languages import own_name
from publisher.kit.urls import host_of, web_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from publisher.model.post import Article

FORMAT_NAMES = {"rss": "RSS", "atom": "Atom", "json": "JSON"}


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedPage:
    """One feed in all its formats, with its posts."""

    #: Below the output folder, without extension.
    path: str
    title: str
    #: What the feed is of; empty for everything.
    name: str
    language: str | None
    description: str
    updated: datetime | None
    #: Media type by extension; the first is the one to take when in doubt.
    types: Mapping[str, str]
    #: Absolute, without extension.
    url: str
    #: Newest first.
    posts: Sequence[Article]
    #: The months of the complete history, newest first, each below the output folder, without extension.
    archives: Sequence[str] = ()

    @property
    def up(self) -> str:
        """The way from the page to the output folder."""
        return "../" * self.path.count("/")

    @property
    def language_name(self) -> str:
        """What the language calls itself; empty for the feeds of every language."""
        return own_name(self.language) if self.language else ""

    @property
    def formats(self) -> list[dict[str, str]]:
        """Name, type, relative and absolute address of each format."""
        return [
            {
                "name": FORMAT_NAMES[extension],
                "type": media_type,
                "href": f"{self.up}{quote(self.path)}.{extension}",
                "url": f"{self.url}.{extension}",
            }
            for extension, media_type in self.types.items()
        ]

    @property
    def about(self) -> str:
        """The description, where it says more than the title."""
        return "" if self.description == self.title else self.description

    def months(self, language: str) -> list[dict[str, str]]:
        """Name and relative address of each month of the history."""
        # Of the formats the one that a browser shows best.
        extension = "atom" if "atom" in self.types else next(iter(self.types))
        return [
            {"name": month_name(path.rpartition("/")[2], language), "href": f"{self.up}{quote(path)}.{extension}"}
            for path in self.archives
        ]

    def stories(self) -> list[dict[str, object]]:
        """Each post with what may be followed and loaded of it: nothing but web addresses."""
        return [
            {
                "post": post,
                "link": (link := web_url(post.link or "")),
                "image": web_url(post.image or ""),
                "source": host_of(post.via or link or ""),
            }
            for post in self.posts
        ]


def month_name(month: str, language: str) -> str:
    """Name a month such as `2024-11` in a language: `November 2024`, `พฤศจิกายน 2567`; or leave what is none."""
    from babel import Locale, UnknownLocaleError
    from babel.dates import format_date, format_skeleton

    try:
        day, locale = date.fromisoformat(f"{month}-01"), Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return month
    if locale.language == "th":
        # Babel has no Buddhist calendar.
        return f"{format_date(day, 'LLLL', locale=locale)} {day.year + 543}"
    return str(format_skeleton("yMMMM", day, locale=locale))
