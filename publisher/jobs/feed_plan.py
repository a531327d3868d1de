"""What all feeds of a publication have in common, and how each is named and shaped."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from publisher.feeds.document import TYPES, Author, FeedDocument
from publisher.model.naming import entry_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from publisher.feeds.document import History, Tombstone
    from publisher.model.archive import Page
    from publisher.model.feed import FeedKey, Selection, Shape
    from publisher.model.post import Article

#: Raised by one whenever the same posts would give other bytes.
FORMAT = 3
#: Feeds have had this year in their ids from the beginning.
_YEAR = 2024
#: The style sheet of feeds that are opened in a browser.
STYLE = "assets/feed.css"


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedPlan:
    """How the feeds of a publication are made."""

    site_title: str
    site_url: str
    authority: str
    author_name: str
    author_email: str | None
    formats: tuple[str, ...]
    #: Of feeds that are not named in `shapes`.
    shape: Shape
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    #: The feeds that are configured by hand, by name.
    selections: Mapping[str, Selection] = field(default_factory=dict)
    #: The names of those with complete history.
    archives: frozenset[str] = frozenset()
    #: By language; the one without a language is for all others.
    descriptions: Mapping[str, str] = field(default_factory=dict)
    rights: str | None = None
    icon: str | None = None
    logo: str | None = None
    hubs: tuple[str, ...] = ()
    #: Minutes.
    ttl: int = 60
    #: What else decides about entries and pages: addresses and marks of the sources, rules of cleaning, templates.
    rendering: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Changes whenever every feed has to be written again."""
        words = json.dumps([FORMAT, asdict(self)], sort_keys=True, default=sorted)
        return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()

    def shape_of(self, key: FeedKey) -> Shape:
        """Say how much a feed shows."""
        return self.shapes.get(key.name, self.shape)

    def selection_of(self, key: FeedKey) -> Selection | None:
        """Give the selection of a feed that is configured by hand."""
        return self.selections[key.extra] if key.extra else None

    def has_history(self, key: FeedKey) -> bool:
        """Say whether a feed has complete history."""
        return key.name in self.archives

    def title(self, key: FeedKey, names: Mapping[str, str]) -> str:
        """Name a feed for people: `World Desk: WORLD (th)`."""
        name = self.name(key, names)
        title = f"{self.site_title}: {name}" if name else self.site_title
        return title if key.language is None else f"{title} ({key.language})"

    def name(self, key: FeedKey, names: Mapping[str, str]) -> str:
        """Say what a feed is of: a category as the posts write it; nothing for everything."""
        return self.selections[key.extra].title if key.extra else names[key.category] if key.category else ""

    def url(self, path: str) -> str:
        """Give the address of a path below the output folder."""
        return self.site_url + quote(path)

    def paths(self, path: str) -> list[str]:
        """Name the files of a document in all its formats."""
        return [f"{path}.{extension}" for extension in TYPES if extension in self.formats]

    def document(
        self,
        key: FeedKey,
        names: Mapping[str, str],
        articles: Sequence[Article],
        *,
        tombstones: Sequence[Tombstone] = (),
        history: History | None = None,
        page: Page | None = None,
    ) -> FeedDocument:
        """Say what the newest document of a feed says or, with `page`, one of its history."""
        path = archive_path(key, page) if page else key.path
        title = self.title(key, names)
        return FeedDocument(
            id=entry_id(self.authority, _YEAR, key.path),
            title=title,
            description=self.descriptions.get(key.language or "") or self.descriptions.get("") or title,
            home_url=self.url(f"{key.path}.html"),
            self_url=self.url(path),
            language=key.language,
            author=Author(name=self.author_name, email=self.author_email),
            entries=articles,
            categories_scheme=f"tag:{self.authority},{_YEAR}:categories",
            tags_scheme=f"tag:{self.authority},{_YEAR}:tags",
            rights=self.rights,
            icon=self.icon,
            logo=self.logo,
            hubs=self.hubs,
            ttl=self.ttl,
            full=self.shape_of(key).full,
            tombstones=tombstones,
            history=history,
            style="../" * path.count("/") + STYLE,
        )


def archive_path(key: FeedKey, page: Page) -> str:
    """Name a page of a feed's history below the output folder, without the extension."""
    return f"feeds/archive/{key.name}/{page.name}"
