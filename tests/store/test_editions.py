"""An edition is frozen with its posts and its recipients, all of it or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import exc, func, select, update

from publisher.model.change import Change, Kind
from publisher.model.edition import Draft, Edition, EditionState, RenderedEdition, Slot, edition_id
from publisher.model.ranking import Event
from publisher.model.subscriber import Consent
from publisher.store import deliveries, editions, posts, schema, subscribers
from publisher.store.editions import EditionPost, EditionSummary
from tests.build import NOW, a_digest, article, changed, known

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from publisher.store.database import Database

SLOT = Slot(datetime(2024, 11, 10, 0, 0, tzinfo=UTC), "2024-11-10")
CONTENT = RenderedEdition(
    subject="น้ำท่วมเชียงใหม่ 🌊", preheader="และอีก 3 ข่าว", html="<p>ข่าว & more</p>", text="ข่าว\r\nmore"
)
THAI = "world-2024-11-10-th"
ENGLISH = "world-2024-11-10-en"


def an_edition(digest: str = "world", language: str = "th", slot: Slot = SLOT, **values: Any) -> Edition:
    """An edition that may be sent."""
    made: dict[str, Any] = {
        "id": edition_id(digest, slot.name, language),
        "digest": digest,
        "language": language,
        "slot": slot,
        "state": EditionState.APPROVED,
        "composed": NOW,
        "content": CONTENT,
    }
    return Edition(**(made | values))


def freeze(connection: Connection, edition: Edition, codes: Iterable[str] = ("A1",), copies: Sequence[int] = ()) -> int:
    """Freeze an edition with stories that are published already."""
    draft = Draft(stories=tuple(Event(article=article(code)) for code in codes))
    digest = a_digest(name=edition.digest)
    return editions.freeze(connection, edition, draft, digest, copies=copies, now=NOW)


def publish(connection: Connection, *codes: str) -> None:
    """Let posts be known."""
    posts.apply(connection, [Change(kind=Kind.NEW, before=None, after=known(code)) for code in codes])


def subscribe(
    connection: Connection,
    address: str,
    language: str | None,
    *,
    digest: str = "world",
    consent: Consent = Consent.CONFIRMED,
    now: datetime = NOW,
) -> int:
    """Put an address on the list."""
    reader = subscribers.ensure(connection, address, address, language, now)
    subscribers.set_consent(connection, reader, digest, consent, now)
    return reader


def suppress(connection: Connection, reader: int) -> None:
    """Let nothing be mailed to an address any more."""
    connection.execute(update(schema.subscribers).where(schema.subscribers.c.id == reader).values(suppressed=NOW))


def editor(connection: Connection, address: str = "desk@example.org") -> int:
    """Note an address that gets copies, and subscribes to nothing."""
    return subscribers.ensure(connection, address, address, None, NOW)


def _recipients(connection: Connection, edition: str = THAI) -> list[str]:
    claimed = deliveries.claim(connection, edition, 100, now=NOW, lease=1)
    return [delivery.address.partition("@")[0] for delivery in claimed]


def test_an_edition_comes_back_as_it_was_frozen(database: Database) -> None:
    edition = an_edition(state=EditionState.DRAFT)
    with database.begin() as connection:
        publish(connection, "A1")
        subscribe(connection, "reader@example.org", "th")
        assert freeze(connection, edition) == 1
    with database.read() as connection:
        assert editions.load(connection, edition.id) == edition
        assert editions.summary(connection, edition.id) == _summary(edition, recipients=1)
        assert editions.summary(connection, "world-2024-11-11-th") is None


def _summary(edition: Edition, recipients: int = 0) -> EditionSummary:
    return EditionSummary(
        id=edition.id,
        digest=edition.digest,
        slot=edition.slot,
        language=edition.language,
        state=edition.state,
        composed=edition.composed,
        subject=edition.content.subject,
        recipients=recipients,
    )


def test_the_posts_of_an_edition_keep_their_order_and_have_the_titles_of_now(database: Database) -> None:
    second = known("C")
    with database.begin() as connection:
        publish(connection, "A", "B", "C", "D")
        b, c, a, d = (article(code) for code in "BCAD")
        draft = Draft(stories=(Event(article=b), Event(article=c, also=(d,))), more=(Event(article=a),))
        editions.freeze(connection, an_edition(), draft, a_digest(), copies=(), now=NOW)
        renamed = replace(second, post=changed(second.post, title="Another"))
        posts.apply(connection, [Change(kind=Kind.EDITED, before=second, after=renamed)])
        assert editions.posts_of(connection, THAI) == [
            EditionPost(code="B", title="Title of B", story=True),
            EditionPost(code="C", title="Another", story=True),
            EditionPost(code="D", title="Title of D", story=False, told_with="C"),
            EditionPost(code="A", title="Title of A", story=False),
        ]


def test_a_post_knows_its_editions_but_for_cancelled_ones(database: Database) -> None:
    later = Slot(SLOT.at + timedelta(days=1), "2024-11-11")
    with database.begin() as connection:
        publish(connection, "A1", "A2")
        freeze(connection, an_edition(slot=later))
        freeze(connection, an_edition(digest="weekly"))
        freeze(connection, an_edition(language="en", state=EditionState.CANCELLED))
        freeze(connection, an_edition(), ["A2"])
        assert editions.with_post(connection, "A1") == ["weekly-2024-11-10-th", "world-2024-11-11-th"]


def test_editions_are_listed_newest_first_and_sent_oldest_first(database: Database) -> None:
    days = [Slot(SLOT.at + timedelta(days=day), f"2024-11-1{day}") for day in range(3)]
    with database.begin() as connection:
        publish(connection, "A1")
        made = [an_edition(slot=slot, language=language) for slot in days for language in ("en", "th")]
        for edition in reversed(made):
            freeze(connection, edition)
        listed = [made[4], made[5], made[2], made[3], made[0], made[1]]
        assert editions.listing(connection, 9) == [_summary(edition) for edition in listed]
        assert editions.listing(connection, 2) == [_summary(edition) for edition in listed[:2]]
        assert editions.open_ones(connection) == [_summary(edition) for edition in made]


def test_only_what_is_approved_or_being_sent_is_open(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        for state in EditionState:
            freeze(connection, an_edition(digest=state))
            editions.move(connection, edition_id(state, SLOT.name, "th"), [*EditionState], state)
        assert [(each.digest, each.state) for each in editions.open_ones(connection)] == [
            ("approved", EditionState.APPROVED),
            ("sending", EditionState.SENDING),
        ]


def test_the_last_slot_of_a_digest_is_told_whatever_became_of_it(database: Database) -> None:
    later = Slot(SLOT.at + timedelta(days=1), "2024-11-11")
    with database.begin() as connection:
        assert editions.last_composed(connection, "world") is editions.last_composed_of_all(connection) is None
        publish(connection, "A1")
        freeze(connection, an_edition(slot=later, state=EditionState.CANCELLED))
        freeze(connection, an_edition())
        freeze(connection, an_edition(digest="weekly"))
        assert editions.last_composed(connection, "world") == later.at
        assert editions.last_composed(connection, "weekly") == SLOT.at
        assert editions.last_composed_of_all(connection) == later.at


@pytest.mark.parametrize(("language", "expected"), [("th", ["thai", "french", "nobody"]), ("en", ["english"])])
def test_each_gets_their_language_or_else_the_first(database: Database, language: str, expected: list[str]) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        for name, tongue in [("thai", "th"), ("english", "en"), ("french", "fr"), ("nobody", None)]:
            subscribe(connection, f"{name}@example.org", tongue)
        edition = an_edition(language=language)
        assert freeze(connection, edition) == len(expected)
        assert _recipients(connection, edition.id) == expected


def test_only_confirmed_subscribers_of_the_digest_get_it(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        for consent in Consent:
            subscribe(connection, f"{consent}@example.org", "th", consent=consent)
        subscribe(connection, "other@example.org", "th", digest="weekly")
        assert freeze(connection, an_edition()) == 1
        assert _recipients(connection) == ["confirmed"]


def test_the_editors_get_a_copy_in_every_language(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        desk = editor(connection)
        for language in ("th", "en"):
            edition = an_edition(language=language)
            assert freeze(connection, edition, copies=[desk]) == 1
            assert _recipients(connection, edition.id) == ["desk"]


def test_an_editor_who_subscribes_gets_one_message_of_each_edition(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        desk = subscribe(connection, "desk@example.org", "th")
        for language in ("th", "en"):
            edition = an_edition(language=language)
            assert freeze(connection, edition, copies=[desk, desk]) == 1
            assert _recipients(connection, edition.id) == ["desk"]


def test_suppression_wins_over_subscription_and_copy(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        both = subscribe(connection, "both@example.org", "th")
        desk = editor(connection)
        suppress(connection, both)
        suppress(connection, desk)
        suppress(connection, subscribe(connection, "reader@example.org", "th"))
        assert freeze(connection, an_edition(), copies=[both, desk]) == 0
        assert _recipients(connection) == []


def test_who_comes_after_the_freeze_waits_for_the_next(database: Database) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        freeze(connection, an_edition())
        subscribe(connection, "late@example.org", "th")
        assert _recipients(connection) == []
        summary = editions.summary(connection, THAI)
        assert summary is not None
        assert summary.recipients == 0


@pytest.mark.parametrize("trouble", ["a post that is not known", "the second language", "what comes after"])
def test_an_error_in_the_middle_of_a_freeze_leaves_nothing(database: Database, trouble: str) -> None:
    with database.begin() as connection:
        publish(connection, "A1")
        subscribe(connection, "reader@example.org", "th")
    with pytest.raises((exc.IntegrityError, LookupError)):
        _freeze_with(database, trouble)
    with database.read() as connection:
        tables = (schema.editions, schema.edition_posts, schema.deliveries)
        assert [connection.scalar(select(func.count()).select_from(table)) for table in tables] == [0, 0, 0]
        assert {post.code for post in posts.candidates(connection, "world", "world", "en", NOW)} == {"A1"}


def _freeze_with(database: Database, trouble: str) -> None:
    with database.begin() as connection:
        freeze(connection, an_edition(), ["A1", "A2"] if trouble == "a post that is not known" else ["A1"])
        if trouble == "the second language":
            freeze(connection, an_edition())
        raise LookupError


def test_an_edition_moves_only_from_where_it_should_be(database: Database) -> None:
    going, paused = [EditionState.APPROVED, EditionState.SENDING], EditionState.PAUSED
    with database.begin() as connection:
        publish(connection, "A1")
        freeze(connection, an_edition())
        assert not editions.is_sending(connection, THAI)
        assert editions.move(connection, THAI, going, EditionState.SENDING)
        assert editions.is_sending(connection, THAI)
        assert editions.move(connection, THAI, going, paused, paused_for="the relay says no")
        assert not editions.move(connection, THAI, going, EditionState.FINISHED)
        found = editions.summary(connection, THAI)
        assert found is not None
        assert (found.state, found.paused_for) == (paused, "the relay says no")
        assert editions.move(connection, THAI, [paused], EditionState.SENDING)
        found = editions.summary(connection, THAI)
        assert found is not None
        assert found.paused_for is None
        assert not editions.move(connection, ENGLISH, going, paused)
