"""What was mailed and is not any more what it was, until readers have been told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from publisher.model.change import Change, Kind
from publisher.model.edition import Correction, CorrectionKind, Draft, EditionState, Slot
from publisher.model.post import State
from publisher.model.ranking import Event
from publisher.store import corrections, editions, posts
from tests.build import NOW, a_digest, article, known
from tests.store.test_editions import an_edition, publish

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from publisher.model.post import KnownPost
    from publisher.store.corrections import Changed
    from publisher.store.database import Database

HOUR = timedelta(hours=1)
MAILED = NOW - HOUR
LATER = NOW + HOUR


def mail(connection: Connection, *codes: str, also: str | None = None, more: str | None = None, **values: Any) -> None:
    """Compose an edition of stories as they are."""
    told_with = (article(also),) if also else ()
    draft = Draft(
        stories=tuple(Event(article=article(code), also=told_with if code == codes[0] else ()) for code in codes),
        more=(Event(article=article(more)),) if more else (),
    )
    edition = an_edition(composed=MAILED, **values)
    editions.freeze(connection, edition, draft, a_digest(), copies=(), now=NOW)


def edit(connection: Connection, code: str, moment: datetime = NOW, **values: Any) -> KnownPost:
    """Let a post be edited so that readers are to hear of it."""
    before = known(code)
    after = replace(before, updated=moment, **values)
    posts.apply(connection, [Change(kind=Kind.EDITED, before=before, after=after)])
    return after


def tell(connection: Connection, slot: Slot, *told: Changed, state: EditionState = EditionState.APPROVED) -> None:
    """Compose an edition that tells of corrections."""
    publish(connection, slot.name)
    listed = [
        Correction(
            code=each.post.code, kind=each.kind, title="", note="", link=None, mailed=each.mailed, moment=each.moment
        )
        for each in told
    ]
    draft = Draft(stories=(Event(article=article(slot.name)),), corrections=tuple(listed))
    editions.freeze(connection, an_edition(slot=slot, state=state), draft, a_digest(), copies=(), now=NOW)


def untold(connection: Connection) -> dict[str, CorrectionKind]:
    return {each.post.code: each.kind for each in corrections.untold(connection, "world", "th")}


def test_only_mailed_stories_that_changed_since_are_to_be_told(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1", "A2", "A3", "A4", "A5")
        mail(connection, "A1", "A2", also="A3", more="A4")
        assert untold(connection) == {}
        for code in ("A1", "A3", "A4", "A5"):
            edit(connection, code)
        (changed,) = corrections.untold(connection, "world", "th")
    assert (changed.post.code, changed.kind) == ("A1", CorrectionKind.CORRECTED)
    assert (changed.mailed, changed.moment) == (MAILED, NOW)


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.DRAFT])
def test_a_story_that_is_not_to_be_read_any_more_was_withdrawn(database: Database, state: State) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        mail(connection, "A1")
        edit(connection, "A1", withdrawn=NOW, state=state)
        assert untold(connection) == {"A1": CorrectionKind.WITHDRAWN}


@pytest.mark.parametrize("state", [EditionState.DRAFT, EditionState.CANCELLED])
def test_what_nobody_got_needs_no_correction(database: Database, state: EditionState) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        mail(connection, "A1", state=state)
        edit(connection, "A1")
        assert untold(connection) == {}


def test_another_digest_and_another_language_have_corrections_of_their_own(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1", "A2")
        mail(connection, "A1", digest="weekly")
        mail(connection, "A2", language="en")
        edit(connection, "A1")
        edit(connection, "A2")
        assert untold(connection) == {}
        assert len(corrections.untold(connection, "weekly", "th")) == 1
        assert len(corrections.untold(connection, "world", "en")) == 1


def test_a_correction_is_told_once_and_the_next_one_again(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        mail(connection, "A1")
        edit(connection, "A1")
        tell(connection, Slot(NOW, "B1"), *corrections.untold(connection, "world", "th"))
        assert untold(connection) == {}
        edit(connection, "A1", LATER)
        assert untold(connection) == {"A1": CorrectionKind.CORRECTED}


def test_an_edition_that_is_cancelled_has_told_nobody(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        mail(connection, "A1")
        edit(connection, "A1")
        found = corrections.untold(connection, "world", "th")
        tell(connection, Slot(NOW, "B1"), *found, state=EditionState.CANCELLED)
        assert corrections.untold(connection, "world", "th") == found
        tell(connection, Slot(LATER, "B2"), *found, state=EditionState.DRAFT)
        assert untold(connection) == {}


def test_a_renamed_post_takes_its_corrections_along(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1", "A2")
        mail(connection, "A1", also="A2")
        edit(connection, "A1")
        tell(connection, Slot(NOW, "B1"), *corrections.untold(connection, "world", "th"))
        posts.rename(connection, "A1", "C1")
        assert untold(connection) == {}
        told = editions.posts_of(connection, an_edition().id)
    assert [(each.code, each.told_with) for each in told] == [("C1", None), ("A2", "C1")]


def test_what_was_mailed_before_this_was_kept_counts_from_its_edition(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1", "A2")
        mail(connection, "A1", "A2")
        connection.exec_driver_sql("update edition_posts set updated = null")
        edit(connection, "A1", MAILED - HOUR)
        edit(connection, "A2", NOW)
        assert untold(connection) == {"A2": CorrectionKind.CORRECTED}
