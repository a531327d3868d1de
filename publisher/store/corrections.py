"""Corrections: which stories changed after they were mailed, and which of those readers have been told of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Select, and_, case, func, literal_column, or_, select

from publisher.model.edition import CorrectionKind, EditionState
from publisher.model.post import State
from publisher.store.rows import known_of
from publisher.store.schema import corrections, edition_posts, editions, posts

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection

    from publisher.model.post import KnownPost

#: What nobody has got.
_UNMAILED = (EditionState.DRAFT.value, EditionState.CANCELLED.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """A story that was mailed, and is not any more what it was."""

    post: KnownPost
    kind: CorrectionKind
    #: When the edition was composed that had it last.
    mailed: datetime
    moment: datetime


def untold(connection: Connection, digest: str, language: str) -> list[Changed]:
    """List the stories of a digest's editions in a language that were corrected or withdrawn since.

    What an edition that was not cancelled has told already is missing. Mailed last comes first.
    """
    gone = posts.c.withdrawn.is_not(None)
    moment = case((gone, posts.c.withdrawn), else_=posts.c.updated)
    seen = func.coalesce(edition_posts.c.updated, editions.c.composed)
    other = editions.alias()
    told: Select[Any] = (
        select(literal_column("1"))
        .select_from(corrections.join(other, other.c.id == corrections.c.edition_id))
        .where(
            corrections.c.code == posts.c.code,
            corrections.c.moment >= moment,
            other.c.digest == digest,
            other.c.language == language,
            other.c.state != EditionState.CANCELLED.value,
        )
    )
    statement = (
        select(posts, editions.c.composed.label("mailed"))
        .select_from(
            edition_posts.join(editions, editions.c.id == edition_posts.c.edition_id).join(
                posts, posts.c.code == edition_posts.c.code
            )
        )
        .where(
            editions.c.digest == digest,
            editions.c.language == language,
            editions.c.state.not_in(_UNMAILED),
            edition_posts.c.story,
            or_(gone, and_(posts.c.state == State.PUBLISHED.value, posts.c.updated > seen)),
            ~told.exists(),
        )
        .order_by(editions.c.composed.desc(), edition_posts.c.position)
    )
    found: dict[str, Changed] = {}
    for row in connection.execute(statement):
        known = known_of(row)
        kind = CorrectionKind.WITHDRAWN if known.withdrawn else CorrectionKind.CORRECTED
        changed = known.withdrawn or known.updated or row.mailed
        found.setdefault(known.code, Changed(post=known, kind=kind, mailed=row.mailed, moment=changed))
    return list(found.values())


def told(connection: Connection, edition_id: str) -> list[tuple[str, str, str]]:
    """List the corrections of an edition: code, title of now, kind."""
    statement = (
        select(corrections.c.code, posts.c.title, corrections.c.kind)
        .join(posts, posts.c.code == corrections.c.code)
        .where(corrections.c.edition_id == edition_id)
        .order_by(corrections.c.code)
    )
    return [(row.code, row.title, row.kind) for row in connection.execute(statement)]
