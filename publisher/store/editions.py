"""Editions: frozen with their posts and their recipients, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, String, bindparam, func, literal, or_, select, update
from sqlalchemy.sql.expression import false, true

from publisher.model.delivery import DeliveryState
from publisher.model.edition import Digest, Edition, EditionState, RenderedEdition, Slot
from publisher.model.subscriber import Consent
from publisher.store.columns import Instant
from publisher.store.database import insert
from publisher.store.schema import corrections, deliveries, edition_posts, editions, posts, subscribers, subscriptions

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from publisher.model.edition import Draft


_STATE = select(editions.c.state).where(editions.c.id == bindparam("edition"))


@dataclass(frozen=True, kw_only=True, slots=True)
class EditionSummary:
    """An edition without its content."""

    id: str
    digest: str
    slot: Slot
    language: str
    state: EditionState
    composed: datetime
    subject: str
    recipients: int
    #: Why it is paused or stands still, in a sentence.
    paused_for: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EditionPost:
    """One post of an edition."""

    code: str
    title: str
    story: bool
    #: The code of the post that it is told with.
    told_with: str | None = None


def last_composed(connection: Connection, digest: str) -> datetime | None:
    """Tell the moment of the last slot that has an edition."""
    last: datetime | None = connection.scalar(select(func.max(editions.c.slot_at)).where(editions.c.digest == digest))
    return last


def has_slot(connection: Connection, digest: str, slot: str) -> bool:
    """Say whether a slot of this name has an edition."""
    statement = select(editions.c.id).where(editions.c.digest == digest, editions.c.slot == slot).limit(1)
    return connection.scalar(statement) is not None


def last_composed_of_all(connection: Connection) -> datetime | None:
    """Tell the moment of the last slot that has an edition, of any digest."""
    last: datetime | None = connection.scalar(select(func.max(editions.c.slot_at)))
    return last


def freeze(
    connection: Connection,
    edition: Edition,
    draft: Draft,
    digest: Digest,
    *,
    copies: Sequence[int],
    now: datetime,
    findings: str | None = None,
) -> int:
    """Write an edition with its posts and one delivery for each recipient; returns how many those are.

    `copies` are the subscriber ids of the editors, who get every edition; `now` is the real clock's; `findings` what
    lint found, as JSON.
    """
    content = edition.content
    connection.execute(
        editions.insert(),
        {
            "id": edition.id,
            "digest": edition.digest,
            "slot": edition.slot.name,
            "slot_at": edition.slot.at,
            "language": edition.language,
            "state": edition.state.value,
            "composed": edition.composed,
            "subject": content.subject,
            "preheader": content.preheader,
            "html": content.html,
            "text": content.text,
            "recipients": 0,
            "findings": findings,
        },
    )
    connection.execute(edition_posts.insert(), _rows_of(edition.id, draft))
    if draft.corrections:
        connection.execute(
            corrections.insert(),
            [
                {"edition_id": edition.id, "code": each.code, "kind": each.kind.value, "moment": each.moment}
                for each in draft.corrections
            ],
        )
    _queue_subscribers(connection, edition, digest, now)
    _queue_copies(connection, edition, copies, now)
    recipients = _count(connection, edition.id)
    connection.execute(update(editions).where(editions.c.id == edition.id).values(recipients=recipients))
    return recipients


def _rows_of(edition_id: str, draft: Draft) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for events, story in ((draft.stories, True), (draft.more, False)):
        for event in events:
            for article in (event.article, *event.also):
                told_with = event.article.code if article is not event.article else None
                rows.append(
                    {
                        "edition_id": edition_id,
                        "code": article.code,
                        "position": len(rows),
                        "story": story and told_with is None,
                        "told_with": told_with,
                        "updated": article.updated,
                    }
                )
    return rows


_QUEUED = ["edition_id", "subscriber_id", "copy", "state", "attempts", "doubts", "queued", "due"]


def _queue_subscribers(connection: Connection, edition: Edition, digest: Digest, now: datetime) -> None:
    """Queue every confirmed subscriber, each in their language if the digest has it, else in its first."""
    language = subscribers.c.language == edition.language
    if edition.language == digest.languages[0]:
        language = or_(language, subscribers.c.language.is_(None), subscribers.c.language.not_in(digest.languages))
    chosen = (
        select(*_queued(edition, false(), now))
        .select_from(subscribers.join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id))
        .where(
            subscriptions.c.digest == edition.digest,
            subscriptions.c.consent == Consent.CONFIRMED,
            subscribers.c.suppressed.is_(None),
            language,
        )
        .order_by(subscribers.c.id)
    )
    connection.execute(insert(connection, deliveries).from_select(_QUEUED, chosen))


def _queue_copies(connection: Connection, edition: Edition, copies: Sequence[int], now: datetime) -> None:
    """Queue the editors' own copies; one that subscribes, too, gets one message, whatever becomes of the consent."""
    chosen = (
        select(*_queued(edition, true(), now))
        .where(subscribers.c.id.in_(copies), subscribers.c.suppressed.is_(None))
        .order_by(subscribers.c.id)
    )
    statement = insert(connection, deliveries).from_select(_QUEUED, chosen)
    both = ["edition_id", "subscriber_id"]
    connection.execute(statement.on_conflict_do_update(index_elements=both, set_={"copy": True}))


def _queued(edition: Edition, copy: Any, now: datetime) -> list[Any]:
    return [
        literal(edition.id, String),
        subscribers.c.id,
        copy,
        literal(DeliveryState.QUEUED.value, String),
        literal(0, Integer),
        literal(0, Integer),
        literal(now, Instant),
        literal(None, Instant),
    ]


def _count(connection: Connection, edition_id: str) -> int:
    statement = select(func.count()).select_from(deliveries).where(deliveries.c.edition_id == edition_id)
    return connection.scalar(statement) or 0


def listing(connection: Connection, limit: int) -> list[EditionSummary]:
    """List the newest editions first, without their content."""
    statement = _summaries().order_by(editions.c.slot_at.desc(), editions.c.id).limit(limit)
    return [_summary(row) for row in connection.execute(statement)]


def open_ones(connection: Connection) -> list[EditionSummary]:
    """List the editions that have something to send, or are not yet known to be finished, oldest first."""
    wanted = (EditionState.APPROVED, EditionState.SENDING)
    statement = _summaries().where(editions.c.state.in_(wanted)).order_by(editions.c.slot_at, editions.c.id)
    return [_summary(row) for row in connection.execute(statement)]


def summary(connection: Connection, edition_id: str) -> EditionSummary | None:
    """Find one edition, without its content."""
    row = connection.execute(_summaries().where(editions.c.id == edition_id)).first()
    return _summary(row) if row else None


def _summaries() -> Any:
    columns = editions.c
    return select(
        columns.id,
        columns.digest,
        columns.slot,
        columns.slot_at,
        columns.language,
        columns.state,
        columns.composed,
        columns.subject,
        columns.recipients,
        columns.paused_for,
    )


def _summary(row: Row[Any]) -> EditionSummary:
    return EditionSummary(
        id=row.id,
        digest=row.digest,
        slot=Slot(row.slot_at, row.slot),
        language=row.language,
        state=EditionState(row.state),
        composed=row.composed,
        subject=row.subject,
        recipients=row.recipients,
        paused_for=row.paused_for,
    )


def load(connection: Connection, edition_id: str) -> Edition:
    """Read one edition with its content."""
    row = connection.execute(select(editions).where(editions.c.id == edition_id)).one()
    return Edition(
        id=row.id,
        digest=row.digest,
        language=row.language,
        slot=Slot(row.slot_at, row.slot),
        state=EditionState(row.state),
        composed=row.composed,
        content=RenderedEdition(subject=row.subject, preheader=row.preheader, html=row.html, text=row.text),
    )


def findings(connection: Connection, edition_id: str) -> str | None:
    """Give what lint found when it was frozen, as JSON."""
    found: str | None = connection.scalar(select(editions.c.findings).where(editions.c.id == edition_id))
    return found


def move(
    connection: Connection,
    edition_id: str,
    before: Collection[EditionState],
    to: EditionState,
    *,
    paused_for: str | None = None,
) -> bool:
    """Note where an edition stands from now on, if it stands where it should; says whether it does."""
    chosen = (editions.c.id == edition_id, editions.c.state.in_(before))
    return (
        connection.execute(update(editions).where(*chosen).values(state=to.value, paused_for=paused_for)).rowcount == 1
    )


def is_sending(connection: Connection, edition_id: str) -> bool:
    """Say whether an edition is going out: nobody has paused or cancelled it."""
    return connection.scalar(_STATE, {"edition": edition_id}) == EditionState.SENDING


def posts_of(connection: Connection, edition_id: str) -> list[EditionPost]:
    """List the posts of an edition in its order, with the titles they have now."""
    statement = (
        select(posts.c.code, posts.c.title, edition_posts.c.story, edition_posts.c.told_with)
        .join(edition_posts, edition_posts.c.code == posts.c.code)
        .where(edition_posts.c.edition_id == edition_id)
        .order_by(edition_posts.c.position)
    )
    return [
        EditionPost(code=row.code, title=row.title, story=row.story, told_with=row.told_with)
        for row in connection.execute(statement)
    ]


def with_post(connection: Connection, code: str) -> list[str]:
    """List the editions that a post stands in."""
    statement = (
        select(editions.c.id)
        .join(edition_posts, edition_posts.c.edition_id == editions.c.id)
        .where(edition_posts.c.code == code, editions.c.state != EditionState.CANCELLED)
        .order_by(editions.c.slot_at, editions.c.id)
    )
    return list(connection.scalars(statement))
