"""Composing editions: when one is due, which posts make it, who receives it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from publisher.jobs.compose_editions import compose_due
from publisher.jobs.subscriptions import Enrolment, subscribe
from publisher.model.edition import EditionState
from publisher.model.errors import UsageError
from publisher.model.subscriber import Consent
from publisher.store import deliveries, editions, schema, subscribers
from tests.build import NOW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.jobs.compose_editions import Frozen
    from tests.jobs.conftest import Desk

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
#: The digest is due at 07:00 in Bangkok, which is midnight in UTC.
SLOT = datetime(2024, 11, 10, tzinfo=UTC)


def compose(desk: Desk, now: datetime = NOW) -> list[str]:
    """Compose what is due, send nothing; the ids of the editions."""
    return [each.edition.id for each in frozen(desk, now)]


def frozen(desk: Desk, now: datetime = NOW) -> list[Frozen]:
    with desk.open(now) as publication:
        publication.collect()
        digests = list(publication.digests.values())
        composed = compose_due(publication.database, publication.composer, digests, now=now, clock=now)
    assert composed.troubles == ()
    return list(composed.editions)


def contents(desk: Desk, edition_id: str) -> dict[str, bool]:
    """The codes of an edition in order, and whether each is a story."""
    with desk.open() as publication, publication.database.read() as connection:
        return {post.code: post.story for post in editions.posts_of(connection, edition_id)}


def recipients(desk: Desk) -> dict[str, list[str]]:
    """The addresses of each edition."""
    table, people = schema.deliveries, schema.subscribers
    with desk.open() as publication, publication.database.read() as connection:
        rows = connection.execute(table.join(people, people.c.id == table.c.subscriber_id).select()).mappings()
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row["edition_id"], []).append(row["address"])
    return {edition: sorted(addresses) for edition, addresses in found.items()}


def cancel(desk: Desk, edition_id: str) -> None:
    with desk.open() as publication, publication.database.begin() as connection:
        editions.move(connection, edition_id, [*EditionState], EditionState.CANCELLED)


def enrol(desk: Desk, readers: Mapping[str, str | None], *, confirmed: bool = True) -> None:
    with desk.open() as publication:
        for address, language in readers.items():
            wanted = Enrolment(address=address, digest="world", language=language, confirmed=confirmed)
            subscribe(publication.database, wanted, now=NOW, fingerprint=str)


def test_the_first_edition_is_due_whatever_the_age_of_its_slot(desk: Desk) -> None:
    desk.configure_digest(schedule="0 7 1 JAN *")
    desk.post("A1")
    assert compose(desk) == ["world-2024-01-01-en"]


def test_a_slot_has_its_editions_once(desk: Desk) -> None:
    desk.post("A1")
    assert compose(desk) == ["world-2024-11-10-en"]
    desk.post("A2")
    assert compose(desk, NOW + HOUR) == []
    assert compose(desk, SLOT + DAY) == ["world-2024-11-11-en"]


def test_nothing_is_due_before_the_next_slot(desk: Desk) -> None:
    desk.post("A1", date="2024-11-09")
    assert compose(desk, SLOT) == ["world-2024-11-10-en"]
    desk.post("A2", date="2024-11-10T01:00:00Z")
    assert compose(desk, SLOT + DAY - timedelta(seconds=1)) == []


def test_of_several_missed_slots_only_the_newest_is_composed(desk: Desk) -> None:
    desk.post("A1")
    compose(desk)
    desk.post("A2", date="2024-11-11")
    desk.post("A3", date="2024-11-13")
    assert compose(desk, NOW + 4 * DAY) == ["world-2024-11-14-en"]
    assert set(contents(desk, "world-2024-11-14-en")) == {"A2", "A3"}


def test_a_schedule_that_moves_to_a_later_hour_of_the_day_composes_no_second_edition(desk: Desk) -> None:
    desk.post("A1", date="2024-11-09")
    assert compose(desk, SLOT) == ["world-2024-11-10-en"]
    desk.configure_digest(schedule="0 18 * * *")
    desk.post("A2", date="2024-11-10T05:00:00Z")
    assert compose(desk) == []
    assert compose(desk, NOW + DAY) == ["world-2024-11-11-en"]


def test_one_post_too_few_and_nothing_is_consumed(desk: Desk) -> None:
    desk.configure_digest(min_posts=2)
    desk.post("A1")
    assert compose(desk) == []
    desk.post("A2", date="2024-11-10T12:30:00Z")
    assert compose(desk, NOW + HOUR) == ["world-2024-11-10-en"]
    assert contents(desk, "world-2024-11-10-en") == {"A2": True, "A1": True}


def test_the_first_edition_counts_age_from_its_newest_candidate(desk: Desk) -> None:
    for code, date in (("A1", "2014-05-08"), ("A2", "2014-05-02"), ("A3", "2014-05-01")):
        desk.post(code, date=f"{date}T00:00:00Z")
    assert compose(desk) == ["world-2024-11-10-en"]
    assert set(contents(desk, "world-2024-11-10-en")) == {"A1", "A2"}


def test_a_later_edition_counts_age_from_the_moment_of_composition(desk: Desk) -> None:
    desk.post("A1")
    compose(desk)
    moment = SLOT + 10 * DAY
    desk.post("A2", date=(moment - 7 * DAY).isoformat())
    assert compose(desk, moment) == []
    desk.post("A3", date=(moment - 7 * DAY + timedelta(seconds=1)).isoformat())
    compose(desk, moment)
    assert set(contents(desk, "world-2024-11-20-en")) == {"A3"}


def test_every_candidate_is_consumed_once_as_a_story_or_by_its_title(desk: Desk) -> None:
    desk.configure_digest(max_stories=2)
    for hour in range(5):
        desk.post(f"A{hour}", date=f"2024-11-10T0{hour}:00:00Z")
    (first,) = frozen(desk)
    assert (first.stories, first.more) == (2, 3)
    assert contents(desk, first.edition.id) == {"A4": True, "A3": True, "A2": False, "A1": False, "A0": False}
    assert "Title of A0" in first.edition.content.html
    assert "Title of A0" in first.edition.content.text
    assert compose(desk, SLOT + DAY) == []


def test_a_late_arrival_is_mailed_and_an_edit_is_not(desk: Desk) -> None:
    desk.post("A1")
    compose(desk)
    desk.post("A1", title="Another title")
    desk.post("late", date="2024-11-08")
    assert compose(desk, SLOT + DAY) == ["world-2024-11-11-en"]
    assert set(contents(desk, "world-2024-11-11-en")) == {"late"}


def test_only_published_posts_of_the_category_and_language_stand_in_an_edition(desk: Desk) -> None:
    desk.post("A1", category="[Sport, World]")
    desk.post("A2", category="Sport")
    desk.post("A3", language="de")
    desk.post("A4", draft="true")
    desk.post("A5", date="2024-11-10T12:00:01Z")
    assert compose(desk) == ["world-2024-11-10-en"]
    assert set(contents(desk, "world-2024-11-10-en")) == {"A1"}


def test_a_cancelled_edition_gives_its_posts_back(desk: Desk) -> None:
    desk.post("A1")
    compose(desk)
    cancel(desk, "world-2024-11-10-en")
    assert compose(desk, NOW + HOUR) == []
    assert compose(desk, SLOT + DAY) == ["world-2024-11-11-en"]
    assert set(contents(desk, "world-2024-11-11-en")) == {"A1"}


def test_a_digest_of_a_category_that_no_post_has_is_not_composed(desk: Desk) -> None:
    desk.configure_digest(category="Weather")
    desk.post("A1")
    assert compose(desk) == []


def test_an_edition_waits_as_a_draft_where_somebody_must_approve_it(desk: Desk) -> None:
    desk.configure_digest(approval="manual")
    desk.post("A1")
    (composed,) = frozen(desk)
    assert composed.edition.state is EditionState.DRAFT
    assert desk.run(NOW + HOUR).delivered.states.total() == 0


def test_the_editions_of_all_languages_are_recorded_together_or_not_at_all(desk: Desk) -> None:
    desk.post("A1", language="en")
    desk.post("A2", language="th")
    template = desk.folder / "templates/digest/digest.txt"
    template.parent.mkdir(parents=True)
    template.write_text("{% if words.language == 'en' %}{{ nobody }}{% endif %}\n-- \n", "utf-8")
    (trouble,) = desk.run().troubles
    assert "'nobody' is undefined" in trouble
    assert recipients(desk) == {}
    template.unlink()
    assert compose(desk) == ["world-2024-11-10-th", "world-2024-11-10-en"]


def test_a_post_that_cannot_be_rendered_gives_its_place_to_the_next(desk: Desk) -> None:
    desk.configure_digest(max_stories=1)
    desk.post("A1", body="<div>" * 150, date="2024-11-10T11:00:00Z")
    desk.post("A2")
    compose(desk)
    assert contents(desk, "world-2024-11-10-en") == {"A2": True}
    assert set(desk.quarantine()) == {"A1.md"}


def test_an_edition_is_not_composed_of_posts_that_cannot_be_rendered(desk: Desk) -> None:
    desk.post("A1", body="<div>" * 150)
    assert compose(desk) == []


def test_each_reader_gets_one_edition_in_their_language_or_the_first(desk: Desk) -> None:
    desk.configure_digest(copies_to=())
    enrol(desk, {"th@example.org": "th", "en@example.org": "en", "de@example.org": "de", "any@example.org": None})
    enrol(desk, {"pending@example.org": None}, confirmed=False)
    desk.post("A1", language="en")
    desk.post("A2", language="th")
    assert [each.recipients for each in frozen(desk)] == [3, 1]
    assert recipients(desk) == {
        "world-2024-11-10-th": ["any@example.org", "de@example.org", "th@example.org"],
        "world-2024-11-10-en": ["en@example.org"],
    }


def test_there_is_no_substitute_for_an_edition_that_is_skipped(desk: Desk) -> None:
    desk.configure_digest(copies_to=())
    enrol(desk, {"th@example.org": "th", "en@example.org": "en"})
    desk.post("A1", language="en")
    compose(desk)
    assert recipients(desk) == {"world-2024-11-10-en": ["en@example.org"]}


def test_an_editors_address_that_is_none_stops_the_edition_with_its_key(desk: Desk) -> None:
    desk.configure_digest(copies_to=("nobody",))
    desk.post("A1", language="en")
    with pytest.raises(UsageError, match="copies_to has 'nobody'"):
        compose(desk)
    assert recipients(desk) == {}


def test_editors_get_every_language_and_one_message_where_they_subscribe_too(desk: Desk) -> None:
    desk.configure_digest(copies_to=("Desk@example.org", "chief@example.org"))
    enrol(desk, {"desk@example.org": "th"})
    desk.post("A1", language="en")
    desk.post("A2", language="th")
    compose(desk)
    assert recipients(desk) == {
        "world-2024-11-10-th": ["chief@example.org", "desk@example.org"],
        "world-2024-11-10-en": ["chief@example.org", "desk@example.org"],
    }


@pytest.mark.parametrize("copied", [True, False])
def test_suppression_wins_over_every_list(desk: Desk, copied: bool) -> None:
    desk.configure_digest(copies_to=("reader@example.org",) if copied else ())
    enrol(desk, {"reader@example.org": "en", "other@example.org": "en"})
    with desk.open() as publication, publication.database.begin() as connection:
        table = schema.subscribers
        connection.execute(table.update().where(table.c.address == "reader@example.org").values(suppressed=NOW))
    desk.post("A1")
    compose(desk)
    assert recipients(desk) == {"world-2024-11-10-en": ["other@example.org"]}


def test_consent_counts_at_the_freeze(desk: Desk) -> None:
    desk.configure_digest(copies_to=())
    enrol(desk, {"gone@example.org": "en", "stays@example.org": "en"})
    with desk.open() as publication, publication.database.begin() as connection:
        gone = subscribers.ensure(connection, "gone@example.org", "gone@example.org", None, NOW)
        subscribers.set_consent(connection, gone, "world", Consent.UNSUBSCRIBED, NOW)
    desk.post("A1")
    compose(desk)
    enrol(desk, {"late@example.org": "en"})
    assert recipients(desk) == {"world-2024-11-10-en": ["stays@example.org"]}


def test_an_editor_asks_for_an_edition_now_and_for_the_posts_that_no_edition_had(desk: Desk) -> None:
    desk.post("A1")
    compose(desk)
    desk.post("A2")
    with desk.open(NOW + timedelta(seconds=90)) as publication:
        report = publication.run_digest("world", None)
    assert [each.edition.id for each in report.editions] == ["world-2024-11-10T1901-en"]
    assert contents(desk, "world-2024-11-10T1901-en") == {"A2": True}
    assert compose(desk, SLOT + DAY) == []


def test_an_edition_of_this_minute_is_composed_once_even_if_it_was_cancelled(desk: Desk) -> None:
    desk.post("A1")
    for expected in (1, 0):
        with desk.open() as publication:
            assert len(publication.run_digest("world", "en").editions) == expected
        cancel(desk, "world-2024-11-10T1900-en")


def test_a_digest_that_cannot_be_rendered_leaves_the_others_alone(desk: Desk) -> None:
    world = desk.settings.digests[0]
    broken, sound = replace(world, name="broken", languages=("th",)), replace(world, languages=("en",))
    desk.settings = replace(desk.settings, digests=(broken, sound))
    template = desk.folder / "templates/digest/digest.txt"
    template.parent.mkdir(parents=True)
    template.write_text("{% if words.language == 'th' %}{{ nobody }}{% endif %}\n-- \n{{ reader.unsubscribe }}\n")
    desk.post("A1", language="th")
    desk.post("A2", language="en")
    report = desk.run()
    assert [each.edition.id for each in report.editions] == ["world-2024-11-10-en"]
    assert len(report.troubles) == 1


def test_the_editions_of_two_digests_do_not_consume_each_others_posts(desk: Desk) -> None:
    world = desk.settings.digests[0]
    desk.settings = replace(desk.settings, digests=(world, replace(world, name="again")))
    desk.post("A1")
    assert compose(desk) == ["world-2024-11-10-en", "again-2024-11-10-en"]


def test_deliveries_are_queued_by_the_real_clock(desk: Desk) -> None:
    desk.post("A1")
    clock = datetime(2026, 1, 1, tzinfo=UTC)
    with desk.open(NOW, clock) as publication:
        publication.run_digest("world", None)
        with publication.database.read() as connection:
            (queued,) = connection.scalars(schema.deliveries.select().with_only_columns(schema.deliveries.c.queued))
            assert deliveries.count_by_state(connection)["accepted"] == 1
    assert queued == clock
