"""Render: the bodies that a changed feed or a due edition shows, each once, the last good one kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from publisher.content import limits
from publisher.content.fields import slug_of_file
from publisher.content.read import contents, hash_of
from publisher.kit.parallel import Bounds, within
from publisher.kit.text import text_of_html
from publisher.kit.urls import web_url
from publisher.model.errors import PostError
from publisher.model.naming import slug
from publisher.model.post import Article, KnownPost, Post, RenderedBody, Translation, stories_of
from publisher.store import posts, sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from publisher.content.cleaning.hosts import HostRules
    from publisher.content.render import BodyRenderer
    from publisher.content.sources import Library
    from publisher.store.database import Database, Transaction

#: No body may take more, whatever is in it.
_BOUNDS = Bounds(seconds=limits.RENDER_SECONDS, memory=limits.RENDER_BYTES)

#: Of bodies without templates, which never ask.
_NOWHERE: Mapping[str, str] = {}

_Outcome: TypeAlias = "RenderedBody | PostError"


@dataclass(frozen=True, kw_only=True)
class Bodies:
    """Turns posts into articles, with the page that each links to."""

    library: Library
    host_rules: HostRules
    #: Called when the first body is to be rendered: it takes a tenth of a small run to import.
    make_renderer: Callable[[HostRules], BodyRenderer]
    #: Of posts that name no author.
    default_author: str
    #: Paths of posts that were found broken only now, with the reason.
    broken: dict[str, str] = field(default_factory=dict)

    @cached_property
    def renderer(self) -> BodyRenderer:
        """What renders the bodies."""
        return self.make_renderer(self.host_rules)

    def articles(self, database: Database, chosen: Iterable[KnownPost], *, now: datetime) -> list[Article]:
        """Render posts in their order; one that cannot be rendered now and never could is quarantined and left out."""
        chosen = list(chosen)
        with database.read() as connection:
            kept = posts.rendered(connection, [known.code for known in chosen])
            slugs = posts.section_slugs(connection)
            names = posts.section_names(connection)
            wanted = [known for known in chosen if known.code not in kept or kept[known.code][0] != self._key(known)]
            outcomes = list(self.render(connection, [known.post for known in wanted]))
            translations = self._translations(connection, chosen, slugs)
        fresh: dict[str, tuple[str, RenderedBody]] = {}
        rejected: dict[str, PostError] = {}
        for known, outcome in zip(wanted, outcomes, strict=True):
            if isinstance(outcome, PostError):
                rejected[known.post.path] = outcome
            else:
                fresh[known.code] = (self._key(known), outcome)
        if wanted:
            with database.begin() as connection:
                posts.keep_rendered(connection, fresh)
                self.quarantine(connection, rejected, now)
        bodies = {code: body for code, (_, body) in (kept | fresh).items()}
        return [
            self._article(known, bodies[known.code], slugs, names, translations.get(known.code, ()))
            for known in chosen
            if known.code in bodies
        ]

    def weigh(self, connection: Transaction, edits: Sequence[tuple[KnownPost, Post]]) -> dict[str, bool]:
        """Say of edited posts whether what readers see of the body differs by more than a few words.

        What no feed has shown was read by nobody; it is missing, as is what cannot be rendered.
        """
        from publisher.model.edit import is_news

        kept = posts.rendered(connection, [known.code for known, _ in edits])
        shown = [post for known, post in edits if known.code in kept]
        return {
            post.code: is_news(text_of_html(kept[post.code][1].html), text_of_html(body.html))
            for post, body in zip(shown, self.render(connection, shown), strict=True)
            if isinstance(body, RenderedBody)
        }

    def render(self, connection: Transaction, chosen: Sequence[Post]) -> Iterator[_Outcome]:
        """Render posts in their order, each within its bounds: the body, or the reason why not."""
        if not chosen:
            return iter(())
        link = self._links(connection) if any(post.context for post in chosen) else _NOWHERE.get
        # Here, or every child would have to import and compile for itself.
        renderer = self.renderer
        renderer.warm_up()

        def attempt(post: Post) -> _Outcome:
            return self._attempt(renderer, post, link)

        return within(attempt, chosen, _lost, bounds=_BOUNDS)

    def _attempt(self, renderer: BodyRenderer, post: Post, link: Callable[[str], str | None]) -> _Outcome:
        try:
            source = self.library.source_of(post.path)
            front_matter, body = contents(self.library.measure(post.path))
            if hash_of(body) != post.body_hash:
                return PostError("has changed since it was collected: the next run reads it again")
            return renderer.render(post, body, source, front_matter, link)
        except PostError as error:
            return error
        except MemoryError:
            return _lost(post, f"takes more than {_BOUNDS.memory // 2**20} MB")
        except Exception as error:  # noqa: BLE001 (the wall: whatever one post does, the others are published)
            return PostError(f"cannot be rendered: {type(error).__name__}: {error}")

    def quarantine(self, connection: Transaction, rejected: dict[str, PostError], now: datetime) -> None:
        """Note which posts turned out to be broken."""
        noted = []
        for path, error in rejected.items():
            before = sources.find(connection, path)
            if before is not None and before.reason is None:
                noted.append(before.rejected(error.line, error.reason, now))
                self.broken[path] = error.reason
        sources.remember(connection, noted)

    def _key(self, known: KnownPost) -> str:
        """Name what a rendering was made of."""
        source = self.library.source_of(known.post.path)
        parts = [self.renderer.fingerprint, known.post.body_key, source.site_url, source.excerpt_separator]
        if known.post.context:
            parts.append(self.renderer.liquid_fingerprint(source))
        return hash_of(":".join(parts))

    def _translations(
        self, connection: Transaction, chosen: Sequence[KnownPost], slugs: dict[str, str]
    ) -> dict[str, tuple[Translation, ...]]:
        """Find the same stories in other languages: of each the first that was published and has a page."""
        if not posts.anything_translated(connection):
            return {}
        by_story: dict[str, list[KnownPost]] = {}
        for other in posts.of_stories(connection, {name for known in chosen for name in stories_of(known.post)}):
            for name in stories_of(other.post):
                by_story.setdefault(name, []).append(other)
        found: dict[str, tuple[Translation, ...]] = {}
        for known in chosen:
            others = {other.code: other for name in stories_of(known.post) for other in by_story.get(name, ())}
            languages: dict[str, Translation] = {}
            for other in sorted(others.values(), key=lambda other: (other.published or other.collected, other.code)):
                address = self._address(other.post, _section(other.post, slugs))
                if address and other.post.language != known.post.language:
                    languages.setdefault(other.post.language, Translation(other.post.language, address))
            if languages:
                found[known.code] = tuple(languages[language] for language in sorted(languages))
        return found

    def _article(
        self,
        known: KnownPost,
        body: RenderedBody,
        slugs: dict[str, str],
        names: dict[str, str],
        translations: tuple[Translation, ...],
    ) -> Article:
        from publisher.content.summary import summarise

        post = known.post
        if known.entry_id is None or known.published is None:
            raise ValueError(f"{known.code} was never published")
        sections = tuple((found, names[found]) for found in (slugs[slug(name)] for name in post.categories))
        image = post.image or body.image
        extras = post.extras
        if image == body.image:
            extras = replace(
                extras, image_size=extras.image_size or body.image_size, image_alt=extras.image_alt or body.image_alt
            )
        return Article(
            code=known.code,
            entry_id=known.entry_id,
            title=post.title,
            summary=summarise(post.description, post.title, body.lead),
            html=body.html,
            language=post.language,
            sections=sections,
            tags=post.tags,
            authors=post.authors or body.authors or (self.default_author,),
            published=known.published,
            updated=known.updated or known.published,
            link=self._address(post, _section(post, slugs)),
            via=post.origin_url,
            image=image,
            credit=body.credit,
            extras=extras,
            translations=translations,
        )

    def _address(self, post: Post, section: str) -> str | None:
        """Give the page of a post: its own where posts have such, else its origin."""
        source = self.library.source_of(post.path)
        if source.page_url is None:
            return post.origin_url or post.permalink
        return post.permalink or web_url(source.page_url.format_map(self._places(post, section)))

    def _places(self, post: Post, section: str) -> dict[str, str]:
        local = post.date.astimezone(self.library.source_of(post.path).zone) if post.date else None
        return {
            "code": quote(post.code, safe="/"),
            "language": quote(post.language),
            "category": quote(section),
            "slug": quote(slug_of_file(post.path)),
            "year": f"{local:%Y}" if local else "",
            "month": f"{local:%m}" if local else "",
            "day": f"{local:%d}" if local else "",
        }

    def _links(self, connection: Transaction) -> Callable[[str], str | None]:
        """Make what finds the address of another post by its path, as a template names it."""
        slugs = posts.section_slugs(connection)
        by_name: dict[str, list[tuple[str, str]]] = {}
        for post in posts.published(connection):
            address = self._address(post, _section(post, slugs))
            if address:
                path = _without_ending(post.path)
                by_name.setdefault(path.rpartition("/")[2], []).append((path, address))

        def find(named: str) -> str | None:
            named = _without_ending(named.strip("/"))
            alike = by_name.get(named.rpartition("/")[2], [])
            # Of several of one name, the one whose folders are named, too.
            return next((address for path, address in alike if path.endswith(named)), alike[0][1] if alike else None)

        return find


def _section(post: Post, slugs: dict[str, str]) -> str:
    """Name the category that stands in the address of a post."""
    return slugs[slug(post.categories[0])] if post.categories else "all"


def _without_ending(path: str) -> str:
    return path.rpartition(".")[0] if path.endswith((".md", ".markdown", ".html")) else path


def _lost(_post: Post, reason: str) -> PostError:
    return PostError(f"{reason} to render")
