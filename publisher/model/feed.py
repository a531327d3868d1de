"""Which feeds there are, which of them a change touches, and which posts make one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.model.naming import EXTRA, language_tag, slug
from publisher.model.post import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from publisher.model.change import Change
    from publisher.model.post import Article, KnownPost, Post


@dataclass(frozen=True, slots=True)
class FeedKey:
    """One feed in all its formats: a category, a language, both, or neither; or one that is configured by hand."""

    category: str | None = None
    language: str | None = None
    #: The name of a `Selection`.
    extra: str | None = None

    @property
    def path(self) -> str:
        """Where it stands below the output folder, without the extension."""
        return f"feeds/{self.name}"

    @property
    def name(self) -> str:
        """What the configuration calls it: `all`, `world`, `th/all`, `th/world`, `extra/asia`."""
        folder = EXTRA if self.extra else self.language
        leaf = self.extra or self.category or "all"
        return f"{folder}/{leaf}" if folder else leaf

    @classmethod
    def named(cls, name: str) -> FeedKey | None:
        """Find the feed that the configuration calls so, however it is written; None for what names none."""
        folder, slash, leaf = name.strip().rpartition("/")
        base, language = slug(leaf), language_tag(folder) if slash else None
        if not base or (slash and language is None and folder != EXTRA):
            return None
        if slash and folder == EXTRA:
            return cls(extra=base)
        return cls(None if base == "all" else base, language)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sieve:
    """Posts of any of these languages, categories, tags and authors; an empty set lets none through."""

    languages: frozenset[str] = frozenset()
    #: Folded to slugs, as the tags are.
    categories: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    #: Case-folded.
    authors: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """A feed by configuration: what it takes, and what of that it leaves out."""

    name: str
    title: str
    taken: Sieve
    left_out: Sieve

    @property
    def key(self) -> FeedKey:
        """The feed it makes."""
        return FeedKey(extra=self.name)

    def takes(self, post: Post) -> bool:
        """Say whether a post belongs into it: it has to match everything that is asked for, and nothing left out."""
        has = _traits(post)
        wanted, unwanted = _sets(self.taken), _sets(self.left_out)
        return all(not want or want & have for want, have in zip(wanted, has, strict=True)) and not any(
            unwant & have for unwant, have in zip(unwanted, has, strict=True)
        )


def _sets(sieve: Sieve) -> tuple[frozenset[str], ...]:
    return sieve.languages, sieve.categories, sieve.tags, sieve.authors


def _traits(post: Post) -> tuple[frozenset[str], ...]:
    return (
        frozenset({post.language}),
        frozenset(map(slug, post.categories)),
        frozenset(map(slug, post.tags)),
        frozenset(name.casefold() for name in post.authors),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """How much a feed shows: whichever of the first two comes first."""

    entries: int
    max_bytes: int
    #: Whole bodies, or summaries only.
    full: bool = True


def feeds_of(post: Post, sections: Iterable[str], selections: Iterable[Selection] = ()) -> set[FeedKey]:
    """Name every feed that a post of these categories may stand in."""
    found = {FeedKey(category, tongue) for category in (None, *sections) for tongue in (None, post.language)}
    return found | {selection.key for selection in selections if selection.takes(post)}


def touched(
    changes: Iterable[Change], sections: Callable[[KnownPost], Iterable[str]], selections: Sequence[Selection] = ()
) -> set[FeedKey]:
    """Name the feeds that would look different after these changes."""
    found: set[FeedKey] = set()
    # Many posts stand in the same few feeds.
    kinds: set[tuple[str, tuple[str, ...]]] = set()
    for change in changes:
        if change.before == change.after:
            continue
        for known in (change.before, change.after):
            if known is None or known.state is not State.PUBLISHED:
                continue
            kind = (known.post.language, tuple(sections(known)))
            if kind not in kinds or selections:
                kinds.add(kind)
                found |= feeds_of(known.post, kind[1], selections)
    return found


def in_order(articles: Iterable[Article]) -> list[Article]:
    """Sort as a feed shows them: newest first, and by code where two share a second."""
    return sorted(articles, key=lambda article: (article.published, article.code), reverse=True)


def within(articles: Sequence[Article], max_bytes: int, *, full: bool = True) -> list[Article]:
    """Leave out the oldest that cannot fit the budget, whatever the format; one article stays at least.

    Only what every format has to write is counted: what is left may still be too much.
    """
    total = 0
    for count, article in enumerate(articles):
        total += len(article.html.encode()) if full else 0
        total += len(article.title.encode()) + len(article.summary.encode())
        if total > max_bytes and count:
            return list(articles[:count])
    return list(articles)
