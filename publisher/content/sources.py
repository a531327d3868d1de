"""Where posts come from: one folder or several, each with its own way of saying things."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.content.scan import Look, SourceFile, measure, scan
from publisher.model.errors import PostError, PublisherError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from publisher.model.post import Origin

#: Raised by one whenever the same file would be read as another post.
_READER = 4
#: Where a summary ends, if nobody says otherwise; blanks may stand in it.
DEFAULT_SEPARATOR = "<!--more-->"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One folder of posts; what stands here is for posts that do not say it themselves."""

    #: Stands before its paths; empty where there is but one source.
    name: str
    folder: Path
    #: Where front matter says what; see `fields.FIELDS`.
    names: Mapping[str, tuple[str, ...]]
    #: Of dates without one.
    zone: ZoneInfo
    language: str
    #: What relative addresses of posts without an origin are relative to.
    site_url: str
    #: A post's own page, with places such as `{code}`; None where posts have none.
    page_url: str | None = None
    categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    #: The feed that its posts are taken from, where they are.
    origin: Origin | None = None
    #: Whether the folders above a post are its categories, as Jekyll has it.
    folder_categories: bool = False
    #: Where the summary of a post ends in its body.
    excerpt_separator: str = DEFAULT_SEPARATOR
    #: Whether bodies are Liquid templates, as Jekyll has it.
    liquid: bool = True

    @property
    def prefix(self) -> str:
        """What stands before every path of this source."""
        return f"{self.name}/" if self.name else ""


@dataclass(frozen=True)
class Library:
    """All sources of a publication."""

    sources: tuple[Source, ...]

    def scan(self, stamps: Mapping[str, str], *, force: bool = False) -> Look:
        """Look at every file; those that are not as `stamps` has them are fresh, in order of path.

        Raises PublisherError if a folder cannot be read, or, unless with `force`, if one is empty that was not.
        """
        look = Look()
        for source in self.sources:
            before = len(look.seen)
            scan(source.folder, stamps, look, prefix=source.prefix)
            if not force and len(look.seen) == before and any(path.startswith(source.prefix) for path in stamps):
                raise PublisherError(
                    f"the posts folder {source.folder} is empty, and was not: nothing is withdrawn; put the posts "
                    "back, or say --force if they are meant to be gone"
                )
        look.fresh.sort(key=lambda source: source.path)
        return look

    def source_of(self, path: str) -> Source:
        """Find the source of a path. Raises PostError if it is configured no more."""
        for source in self.sources:
            if path.startswith(source.prefix):
                return source
        raise PostError(f"is of a source that is not configured any more: {path.partition('/')[0]}")

    def measure(self, path: str) -> SourceFile:
        """Measure one file. Raises PostError if it is not there."""
        source = self.source_of(path)
        return measure(source.folder, path.removeprefix(source.prefix), prefix=source.prefix)

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same file would be read as another post."""
        words = repr(
            [
                _READER,
                *(
                    sorted((name, repr(value)) for name, value in vars(source).items() if name != "folder")
                    for source in self.sources
                ),
            ]
        )
        return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
