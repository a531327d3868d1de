"""Render: the bodies that a changed feed or a due edition shows, each once, the last good one kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from publisher.content.read import body_of, hash_of
from publisher.content.render import PIPELINE
from publisher.content.scan import measure
from publisher.kit.parallel import spread
from publisher.kit.text import same_text
from publisher.kit.urls import web_url
from publisher.model.errors import PostError
from publisher.model.naming import slug
from publisher.model.post import Article, KnownPost, RenderedBody
from publisher.store import posts, sources

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from publisher.content.render import BodyRenderer
    from publisher.store.database import Database, Transaction


#: How many bodies are worth another process.
_WORTH_SHARING = 100


@dataclass(frozen=True, kw_only=True)
class Bodies:
    """Turns posts into articles, with the page that each links to."""

    folder: Path
    renderer: BodyRenderer
    #: A post's own page, with `{category}`, `{language}` and `{code}`; None where posts have none.
    page_url: str | None
    #: Of posts that name no author.
    default_author: str
    #: Paths of posts that were found broken only now, with the reason.
    broken: dict[str, str] = field(default_factory=dict)

    def articles(self, database: Database, chosen: Iterable[KnownPost], *, now: datetime) -> list[Article]:
        """Render posts in their order; one that cannot be rendered now and never could is quarantined and left out."""
        chosen = list(chosen)
        with database.read() as connection:
            kept = posts.rendered(connection, [known.code for known in chosen])
            slugs = posts.section_slugs(connection)
            names = posts.section_names(connection)
        wanted = [known for known in chosen if known.code not in kept or kept[known.code][0] != _key(known)]
        fresh: dict[str, tuple[str, RenderedBody]] = {}
        rejected: dict[str, PostError] = {}
        for known, outcome in zip(wanted, spread(self._attempt, wanted, worth=_WORTH_SHARING), strict=True):
            if isinstance(outcome, PostError):
                rejected[known.post.path] = outcome
            else:
                fresh[known.code] = (_key(known), outcome)
        if wanted:
            with database.begin() as connection:
                posts.keep_rendered(connection, fresh)
                self._quarantine(connection, rejected, now)
        bodies = {code: body for code, (_, body) in (kept | fresh).items()}
        return [self._article(known, bodies[known.code], slugs, names) for known in chosen if known.code in bodies]

    def _attempt(self, known: KnownPost) -> RenderedBody | PostError:
        """Render one body: the body, or the reason why not."""
        try:
            body = body_of(measure(self.folder, known.post.path))
            if hash_of(body) != known.post.body_hash:
                return PostError("has changed since it was collected: the next run reads it again")
            return self.renderer.render(known.post, body)
        except PostError as error:
            return error
        except Exception as error:  # noqa: BLE001 (the wall: whatever one post does, the others are published)
            return PostError(f"cannot be rendered: {type(error).__name__}: {error}")

    def _quarantine(self, connection: Transaction, rejected: dict[str, PostError], now: datetime) -> None:
        noted = []
        for path, error in rejected.items():
            before = sources.find(connection, path)
            if before is not None and before.reason is None:
                noted.append(before.rejected(error.line, error.reason, now))
                self.broken[path] = error.reason
        sources.remember(connection, noted)

    def _article(self, known: KnownPost, body: RenderedBody, slugs: dict[str, str], names: dict[str, str]) -> Article:
        post = known.post
        if known.entry_id is None or known.published is None:
            raise ValueError(f"{known.code} was never published")
        sections = tuple((found, names[found]) for found in (slugs[slug(name)] for name in post.categories))
        says_more = post.description and not same_text(post.description, post.title)
        return Article(
            code=known.code,
            entry_id=known.entry_id,
            title=post.title,
            summary=post.description if says_more else body.lead,
            html=body.html,
            language=post.language,
            sections=sections,
            tags=post.tags,
            authors=post.authors or (self.default_author,),
            published=known.published,
            updated=known.updated or known.published,
            link=self._page(known, sections) or post.origin_url,
            via=post.origin_url,
            image=post.image or body.image,
        )

    def _page(self, known: KnownPost, sections: tuple[tuple[str, str], ...]) -> str | None:
        if self.page_url is None:
            return None
        values = {
            "code": quote(known.code, safe="/"),
            "language": quote(known.post.language),
            "category": quote(sections[0][0] if sections else "all"),
        }
        return web_url(self.page_url.format_map(values))


def _key(known: KnownPost) -> str:
    """Name what a rendering was made of."""
    return f"{PIPELINE}:{known.post.body_key}"
