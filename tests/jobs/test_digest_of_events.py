"""One event is told once, and what was wrong is told once more."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller

from publisher.model.edition import NAMED_CORRECTIONS, EditionState
from publisher.settings import SmtpSettings
from publisher.store import corrections, editions
from tests.build import NOW
from tests.jobs.test_compose_editions import DAY, SLOT, cancel, compose, contents, frozen

if TYPE_CHECKING:
    from tests.jobs.conftest import Desk

FIRST = "world-2024-11-10-en"
SECOND = "world-2024-11-11-en"
REPORT = """
The delegates of fourteen countries agreed on Sunday to publish the level of the river every day, for the first time
since the drought began. The talks in Vienna lasted eleven hours, and end a quarrel of three years about the dams in
the north.

Each country sends its figures to a common office, which opens in January with a staff of twenty. The treaty allows
an inspection once a month, and fines of up to two million crowns for those who hold back water.

"We have all lost a harvest to this", said the head of the delegation of the lower river, who signed last.
"""


def told(desk: Desk, edition_id: str) -> dict[str, str]:
    """The corrections of an edition, by code."""
    with desk.open() as publication, publication.database.read() as connection:
        return {code: kind for code, _, kind in corrections.told(connection, edition_id)}


def test_one_event_is_one_story_with_all_who_reported_it(desk: Desk) -> None:
    desk.configure_digest(max_stories=1)
    title = "Fourteen countries agree to share figures of the river"
    desk.post("A1", title=f'"{title}"', body=REPORT, date="2024-11-10T09:00:00Z")
    desk.post(
        "A2",
        title=f'"{title}, after eleven hours"',
        body=REPORT,
        date="2024-11-10T10:00:00Z",
        origin_url='"https://paper.example.com/A2"',
    )
    desk.post("A3", title='"Count goes on after a close vote"', date="2024-11-10T08:00:00Z")
    (composed,) = frozen(desk)
    assert (composed.stories, composed.more) == (1, 1)
    with desk.open() as publication, publication.database.read() as connection:
        found = {each.code: (each.story, each.told_with) for each in editions.posts_of(connection, FIRST)}
    assert found == {"A2": (True, None), "A1": (False, "A2"), "A3": (False, None)}
    html = composed.edition.content.html
    assert "https://wire.example.com/A1" in html
    assert html.count(title) <= 3  # its title, subject and alternative text; not as a story of its own
    # What was told with another is consumed as it is.
    assert compose(desk, SLOT + DAY) == []


@pytest.mark.parametrize("way", ["corrected", "withdrawn"])
def test_a_mailed_story_that_changed_is_told_of_once_in_the_next_edition(desk: Desk, way: str) -> None:
    desk.force = True
    path = desk.post("A1")
    compose(desk)
    if way == "withdrawn":
        path.unlink()
    else:
        desk.post("A1", body=REPORT + "\n\nCorrection: an earlier version said that there were twelve countries.\n")
    desk.post("B1", date="2024-11-10T11:00:00Z")
    (composed,) = frozen(desk, SLOT + DAY)
    assert told(desk, SECOND) == {"A1": way}
    for shown in (composed.edition.content.html, composed.edition.content.text):
        assert "Title of A1" in shown
        assert ("twelve countries" in shown) is (way == "corrected")
    desk.post("C1", date="2024-11-11T11:00:00Z")
    (third,) = frozen(desk, SLOT + 2 * DAY)
    assert told(desk, third.edition.id) == {}
    assert "Title of A1" not in third.edition.content.html


def test_what_was_wrong_may_stand_in_the_front_matter(desk: Desk) -> None:
    desk.post("A1")
    compose(desk)
    desk.post("A1", body=REPORT, correction='"There were fourteen countries, not twelve."')
    desk.post("B1", date="2024-11-10T11:00:00Z")
    (composed,) = frozen(desk, SLOT + DAY)
    assert "There were fourteen countries, not twelve." in composed.edition.content.text.replace("\n", " ")


def test_a_correction_makes_no_edition_by_itself_and_waits(desk: Desk) -> None:
    desk.post("A1")
    compose(desk)
    desk.post("A1", body=REPORT)
    assert compose(desk, SLOT + DAY) == []
    desk.post("B1", date="2024-11-12T11:00:00Z")
    compose(desk, SLOT + 3 * DAY)
    assert told(desk, "world-2024-11-13-en") == {"A1": "corrected"}


def test_of_many_corrections_the_first_are_named_and_all_are_told(desk: Desk) -> None:
    codes = [f"A{number:02}" for number in range(NAMED_CORRECTIONS + 3)]
    for code in codes:
        desk.post(code, body=f"A report of its own, {code}.")
    desk.configure_digest(max_stories=len(codes))
    compose(desk)
    for code in codes:
        desk.post(code, body=REPORT, correction=f'"It was wrong about {code}."')
    desk.post("B1", date="2024-11-10T11:00:00Z")
    (composed,) = frozen(desk, SLOT + DAY)
    text = composed.edition.content.text
    assert text.count("It was wrong about ") == NAMED_CORRECTIONS
    assert "\nAnd 3 more\n" in text
    assert set(told(desk, SECOND)) == set(codes)


def test_a_typo_mended_is_no_correction(desk: Desk) -> None:
    desk.post("A1", body=REPORT)
    compose(desk)
    desk.post("A1", body=REPORT.replace("Vienna", "Wien"))
    desk.post("B1", date="2024-11-10T11:00:00Z")
    compose(desk, SLOT + DAY)
    assert told(desk, SECOND) == {}


def test_a_correction_of_a_cancelled_edition_is_told_by_the_next(desk: Desk) -> None:
    desk.post("A1")
    compose(desk)
    desk.post("A1", body=REPORT)
    desk.post("B1", date="2024-11-10T11:00:00Z")
    compose(desk, SLOT + DAY)
    cancel(desk, SECOND)
    compose(desk, SLOT + 2 * DAY)
    assert told(desk, "world-2024-11-12-en") == {"A1": "corrected"}
    assert set(contents(desk, "world-2024-11-12-en")) == {"B1"}


def test_an_edition_without_the_readers_place_is_refused_and_its_slot_stays_due(desk: Desk) -> None:
    desk.post("A1")
    template = desk.folder / "templates/digest/digest.html"
    template.parent.mkdir(parents=True)
    template.write_text(
        '{% extends "publisher/digest/digest.html" %}{% block reader %}<p>Nobody leaves.</p>{% endblock %}', "utf-8"
    )
    report = desk.run()
    assert report.editions == ()
    assert len(report.troubles) == 1
    assert report.failed
    template.unlink()
    assert [each.edition.id for each in desk.run(NOW + timedelta(hours=1)).editions] == [FIRST]


def messages(desk: Desk, edition_id: str) -> list[str]:
    folder = desk.folder / "var" / "outbox" / edition_id
    return sorted(path.name for path in folder.glob("*.eml")) if folder.is_dir() else []


def test_a_draft_is_mailed_to_the_editors_once_and_to_nobody_else(desk: Desk) -> None:
    desk.configure_digest(approval="manual", copies_to=("desk@example.org", "chief@example.org"))
    desk.post("A1")
    assert desk.run().troubles == ()
    assert messages(desk, FIRST) == ["000000-chief@example.org.eml", "000000-desk@example.org.eml"]
    message = (desk.folder / "var/outbox" / FIRST / "000000-desk@example.org.eml").read_bytes()
    assert b"\r\nSubject: Draft: World briefing: Title of A1\r\n" in message
    assert b"List-Unsubscribe" not in message
    assert not (desk.folder / "output/digests").exists()
    for path in (desk.folder / "var/outbox" / FIRST).iterdir():
        path.unlink()
    desk.run(NOW + timedelta(hours=1))
    assert messages(desk, FIRST) == []
    with desk.open() as publication, publication.database.begin() as connection:
        editions.move(connection, FIRST, [*EditionState], EditionState.APPROVED)
    desk.run(NOW + timedelta(hours=2))
    assert len(messages(desk, FIRST)) == 2
    assert (desk.folder / "output/digests/world/2024-11-10/en.html").is_file()


def test_a_draft_that_cannot_be_mailed_waits_and_says_so(desk: Desk) -> None:
    desk.configure_digest(approval="manual", copies_to=("desk@example.org",))
    desk.post("A1")
    outbox = desk.folder / "var" / "outbox"
    outbox.parent.mkdir(exist_ok=True)
    outbox.write_text("in the way")
    (trouble,) = desk.run().troubles
    assert trouble.startswith(f"the draft {FIRST} could not be mailed to desk@example.org: ")
    outbox.unlink()
    assert desk.run(datetime(2024, 11, 10, 13, tzinfo=UTC)).troubles == ()
    assert messages(desk, FIRST) == ["000000-desk@example.org.eml"]


class Refusing(Controller):
    """A relay that takes no message."""

    def __init__(self) -> None:
        super().__init__(self, hostname="127.0.0.1", port=0)

    def _trigger_server(self) -> None:
        # Only now is it known which port was free.
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call] # aiosmtpd types its front only

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        return "552 5.3.4 too long for us"


def test_a_draft_that_the_relay_refuses_waits_with_its_reply(desk: Desk) -> None:
    desk.configure_digest(approval="manual", copies_to=("desk@example.org",))
    desk.post("A1")
    desk.collect()
    relay = Refusing()
    relay.start()
    try:
        desk.configure("mail", transport="smtp", smtp=SmtpSettings(host="127.0.0.1", port=relay.port, security="none"))
        (trouble,) = desk.run().troubles
    finally:
        relay.stop()
    assert trouble == f"the draft {FIRST} could not be mailed to desk@example.org: 5.3.4 too long for us"


def test_an_edition_asked_for_now_that_cannot_be_rendered_is_a_trouble(desk: Desk) -> None:
    desk.post("A1")
    template = desk.folder / "templates/digest/digest.html"
    template.parent.mkdir(parents=True)
    template.write_text("{{ nobody }}")
    with desk.open() as publication:
        report = publication.run_digest("world", None)
    assert report.editions == ()
    assert "'nobody' is undefined" in report.troubles[0]
