"""Compose: a digest that is due becomes editions, frozen with their posts and their recipients."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from publisher.digest.lint import Finding, Severity, lint
from publisher.jobs.adopt import mailed_until
from publisher.jobs.find_corrections import find_corrections
from publisher.kit.addresses import parse_address
from publisher.kit.similar import Telling, alike
from publisher.kit.text import text_of_html
from publisher.model.edition import (
    Digest,
    Draft,
    Edition,
    EditionState,
    Slot,
    candidates,
    compose,
    edition_id,
    is_due,
    web_path,
)
from publisher.model.errors import RefusedError, TemplateError, UsageError
from publisher.model.feed import FeedKey
from publisher.slots import Schedule, slot_for_minute
from publisher.store import editions, posts, proofs, subscribers

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
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Frozen:
    """An edition that was composed in this run."""

    edition: Edition
    stories: int
    more: int
    recipients: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Composed:
    """What one run composed, and why it could not compose the rest: a sentence each."""

    editions: tuple[Frozen, ...] = ()
    troubles: tuple[str, ...] = ()


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
        draft = self._draft(database, digest, language, now)
        if draft is None:
            return None
        content = self.renderer.render(
            digest_title=digest.title(language),
            language=language,
            draft=draft,
            date=now,
            web_url=self.site_url + quote(web_path(digest.name, slot.name, language)),
            feed_url=self.site_url + quote(f"{FeedKey(digest.category, language).path}.html"),
        )
        edition = Edition(
            id=edition_id(digest.name, slot.name, language),
            digest=digest.name,
            language=language,
            slot=slot,
            state=EditionState.APPROVED if digest.approval == "auto" else EditionState.DRAFT,
            composed=now.replace(microsecond=0),
            content=content,
        )
        return Composition(edition=edition, draft=draft.told(content.stories), findings=tuple(lint(content)))

    def _draft(self, database: Database, digest: Digest, language: str, now: datetime) -> Draft | None:
        with database.read() as connection:
            first = editions.last_composed(connection, digest.name) is None
            section = posts.section_slugs(connection).get(digest.category, digest.category)
            since = mailed_until(connection)
            found = posts.candidates(connection, digest.name, section, language, now, since)
        young = candidates(digest, found, now=now, first=first)
        if len(young) < max(1, digest.min_posts):
            return None
        # A post whose body cannot be rendered goes to quarantine.
        articles = self.bodies.articles(database, young, now=now)
        tellings = [Telling(title=article.title, text=text_of_html(article.html)) for article in articles]
        corrections = find_corrections(database, self.bodies, digest.name, language, now=now)
        return compose(digest, articles, alike(tellings, language), corrections)


def freeze(database: Database, digest: Digest, compositions: Sequence[Composition], *, clock: datetime) -> list[Frozen]:
    """Record the editions of one slot with their posts and recipients, all or none of them.

    Raises RefusedError if one of them would not arrive as it should.
    """
    for composed in compositions:
        refuse(composed)
    if not compositions:
        return []
    with database.begin() as connection:
        copies = [_editor(connection, address, clock) for address in digest.copies_to]
        return [_freeze(connection, digest, composed, copies, clock) for composed in compositions]


def refuse(composed: Composition) -> None:
    """Raise RefusedError if an edition would not arrive as it should."""
    errors = [finding for finding in composed.findings if finding.severity is Severity.ERROR]
    if errors:
        others = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise RefusedError(
            f"the edition {composed.edition.id} is not sent: {errors[0].message}{others}; "
            f"see `publish preview {composed.edition.digest} --lint`"
        )


def _freeze(
    connection: Transaction, digest: Digest, composed: Composition, copies: Sequence[int], clock: datetime
) -> Frozen:
    edition, draft = composed.edition, composed.draft
    findings = json.dumps([asdict(finding) for finding in composed.findings], ensure_ascii=False)
    recipients = editions.freeze(
        connection, edition, draft, digest, copies=copies, now=clock, findings=findings if composed.findings else None
    )
    if edition.state is EditionState.DRAFT:
        proofs.add(connection, edition.id, digest.copies_to)
    return Frozen(edition=edition, stories=len(draft.stories), more=len(draft.more), recipients=recipients)


def _editor(connection: Transaction, address: str, clock: datetime) -> int:
    try:
        parsed = parse_address(address)
    except ValueError as error:
        raise UsageError(f"digests.copies_to has {address!r}, to which no mail can go: {error}") from error
    return subscribers.ensure(connection, parsed.address, parsed.key, None, clock)


def compose_due(
    database: Database, composer: Composer, digests: Sequence[Digest], *, now: datetime, clock: datetime
) -> Composed:
    """Compose and freeze whatever is due now; `clock` is the real time, by which deliveries are queued."""
    frozen: list[Frozen] = []
    troubles: list[str] = []
    for digest in digests:
        slot = composer.due(database, digest, now=now)
        if slot is None:
            continue
        try:
            frozen += freeze(database, digest, composer.compose(database, digest, slot, now=now), clock=clock)
        except (TemplateError, RefusedError) as error:
            # The slot stays due; the other digests go out.
            troubles.append(str(error))
    return Composed(editions=tuple(frozen), troubles=tuple(troubles))


def compose_now(
    database: Database,
    composer: Composer,
    digest: Digest,
    *,
    languages: Sequence[str] = (),
    now: datetime,
    clock: datetime,
) -> Composed:
    """Compose and freeze a digest for this minute, whatever its schedule says."""
    slot = slot_for_minute(now, composer.zone)
    try:
        compositions = composer.compose(database, digest, slot, now=now, languages=languages)
        with database.read() as connection:
            compositions = [each for each in compositions if editions.summary(connection, each.edition.id) is None]
        return Composed(editions=tuple(freeze(database, digest, compositions, clock=clock)))
    except (TemplateError, RefusedError) as error:
        return Composed(troubles=(str(error),))
