"""Compose: a digest that is due becomes editions, frozen with their posts and their recipients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from publisher.jobs.adopt import mailed_until
from publisher.kit.addresses import parse_address
from publisher.model.edition import Digest, Draft, Edition, EditionState, Slot, compose, edition_id, is_due, web_path
from publisher.model.errors import UsageError
from publisher.slots import Schedule, slot_for_minute
from publisher.store import editions, posts, subscribers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from publisher.digest.render import DigestRenderer
    from publisher.jobs.render_bodies import Bodies
    from publisher.store.database import Database, Transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class Composition:
    """An edition with the choice of posts behind it, before it is frozen."""

    edition: Edition
    draft: Draft


@dataclass(frozen=True, kw_only=True, slots=True)
class Frozen:
    """An edition that was composed in this run."""

    edition: Edition
    stories: int
    more: int
    recipients: int


@dataclass(frozen=True, kw_only=True)
class Composer:
    """Composes the editions of one publication."""

    bodies: Bodies
    renderer: DigestRenderer
    site_url: str
    zone: ZoneInfo

    def due(self, database: Database, digest: Digest, *, now: datetime) -> Slot | None:
        """Give the slot for which a digest wants its editions, if there is one."""
        newest = Schedule(digest.schedule, self.zone).newest(now)
        with database.read() as connection:
            last = editions.last_composed(connection, digest.name)
            # A schedule that moves to a later hour names the same day once more.
            done = newest is not None and editions.has_slot(connection, digest.name, newest.name)
        return newest if is_due(newest, last) and not done else None

    def compose(
        self, database: Database, digest: Digest, slot: Slot, *, now: datetime, languages: Sequence[str] = ()
    ) -> list[Composition]:
        """Compose the editions of a slot, one a language; none where there are too few posts. Raises TemplateError."""
        return [
            composed
            for language in languages or digest.languages
            if (composed := self._compose(database, digest, slot, language, now)) is not None
        ]

    def _compose(
        self, database: Database, digest: Digest, slot: Slot, language: str, now: datetime
    ) -> Composition | None:
        with database.read() as connection:
            first = editions.last_composed(connection, digest.name) is None
            section = posts.section_slugs(connection).get(digest.category, digest.category)
            since = mailed_until(connection)
            candidates = posts.candidates(connection, digest.name, section, language, now, since)
        draft = compose(digest, candidates, now=now, first=first)
        if draft is None:
            return None
        # A post whose body cannot be rendered goes to quarantine, and its place to the next.
        articles = {
            article.code: article for article in self.bodies.articles(database, draft.stories + draft.more, now=now)
        }
        shown = [post for post in draft.stories + draft.more if post.code in articles]
        if len(shown) < max(1, digest.min_posts):
            return None
        draft = Draft(stories=tuple(shown[: digest.max_stories]), more=tuple(shown[digest.max_stories :]))
        state = EditionState.APPROVED if digest.approval == "auto" else EditionState.DRAFT
        content = self.renderer.render(
            digest_title=digest.title(language),
            language=language,
            stories=[articles[post.code] for post in draft.stories],
            more=[articles[post.code] for post in draft.more],
            date=now,
            web_url=self.site_url + quote(web_path(digest.name, slot.name, language)),
        )
        edition = Edition(
            id=edition_id(digest.name, slot.name, language),
            digest=digest.name,
            language=language,
            slot=slot,
            state=state,
            composed=now.replace(microsecond=0),
            content=content,
        )
        return Composition(edition=edition, draft=draft)


def freeze(database: Database, digest: Digest, compositions: Sequence[Composition], *, clock: datetime) -> list[Frozen]:
    """Record the editions of one slot with their posts and recipients, all or none of them."""
    if not compositions:
        return []
    with database.begin() as connection:
        copies = [_editor(connection, address, clock) for address in digest.copies_to]
        return [
            Frozen(
                edition=composed.edition,
                stories=len(composed.draft.stories),
                more=len(composed.draft.more),
                recipients=editions.freeze(
                    connection, composed.edition, composed.draft, digest, copies=copies, now=clock
                ),
            )
            for composed in compositions
        ]


def _editor(connection: Transaction, address: str, clock: datetime) -> int:
    try:
        parsed = parse_address(address)
    except ValueError as error:
        raise UsageError(f"digests.copies_to has {address!r}, to which no mail can go: {error}") from error
    return subscribers.ensure(connection, parsed.address, parsed.key, None, clock)


def compose_due(
    database: Database, composer: Composer, digests: Sequence[Digest], *, now: datetime, clock: datetime
) -> list[Frozen]:
    """Compose and freeze whatever is due now; `clock` is the real time, by which deliveries are queued."""
    frozen = []
    for digest in digests:
        slot = composer.due(database, digest, now=now)
        if slot is not None:
            frozen += freeze(database, digest, composer.compose(database, digest, slot, now=now), clock=clock)
    return frozen


def compose_now(
    database: Database,
    composer: Composer,
    digest: Digest,
    *,
    languages: Sequence[str] = (),
    now: datetime,
    clock: datetime,
) -> list[Frozen]:
    """Compose and freeze a digest for this minute, whatever its schedule says."""
    slot = slot_for_minute(now, composer.zone)
    compositions = composer.compose(database, digest, slot, now=now, languages=languages)
    with database.read() as connection:
        compositions = [each for each in compositions if editions.summary(connection, each.edition.id) is None]
    return freeze(database, digest, compositions, clock=clock)
