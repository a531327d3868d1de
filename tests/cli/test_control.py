"""What becomes of an edition is for the operator to say, where it can still be said."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import AT_NOON

if TYPE_CHECKING:
    from tests.cli.conftest import Publish

ID = "world-2024-11-10-en"


@pytest.fixture
def published(publish: Publish) -> Publish:
    """A publication with one edition, which is out."""
    publish.post("A1")
    publish(*AT_NOON)
    return publish


def test_a_draft_goes_out_when_it_is_approved_and_is_approved_once(publish: Publish) -> None:
    publish.configure('approval = "auto"', 'approval = "manual"')
    publish.post("A1")
    first = publish(*AT_NOON).out
    assert f"{ID}: 1 story, a draft that waits for approval\n" in first
    assert "0 sent" in first
    done = publish("editions", "approve", ID)
    assert (done.code, done.out) == (0, f"{ID} goes out with the next run of publish.\n")
    assert "1 sent" in publish(*AT_NOON).out
    again = publish("editions", "approve", ID)
    assert again.code == 2
    assert "only a draft can be approved" in again.err


def test_a_draft_that_is_called_off_gives_its_posts_back(publish: Publish) -> None:
    publish.configure('approval = "auto"', 'approval = "manual"')
    publish.post("A1")
    publish(*AT_NOON)
    done = publish("editions", "cancel", ID)
    assert (done.code, done.out) == (0, f"{ID} is cancelled; its posts wait for the next edition.\n")
    assert "1 composed" in publish("--now", "2024-11-11T12:00:00Z").out
    again = publish("editions", "cancel", ID)
    assert (again.code, again.is_one_sentence()) == (2, True)
    assert f"{ID} is cancelled: only one that is not yet out can be cancelled" in again.err


def bring(publish: Publish, *, edition: str | None = None, **delivery: object) -> None:
    """Bring the one edition and its one delivery where a test wants them."""
    with contextlib.closing(sqlite3.connect(publish.folder / "var" / "publisher.db")) as database, database:
        if edition:
            database.execute("update editions set state = ?", [edition])
        for column, value in delivery.items():
            database.execute(f"update deliveries set {column} = ?", [value])


def test_an_edition_is_paused_and_goes_on_when_it_is_resumed(publish: Publish) -> None:
    publish.configure('approval = "auto"', 'approval = "manual"')
    publish.post("A1")
    publish(*AT_NOON)
    publish("editions", "approve", ID)
    done = publish("editions", "pause", ID)
    assert (done.code, done.out) == (0, f"{ID} is paused: publish editions resume {ID} lets it go on.\n")
    assert "0 sent" in publish(*AT_NOON).out
    assert "it was paused by hand" in publish("editions", "show", ID).out
    assert publish("editions", "show", ID, "--json").json["paused_for"] == "it was paused by hand"
    done = publish("editions", "resume", ID)
    assert (done.code, done.out) == (0, f"{ID} goes on with the next run of publish.\n")
    assert "1 sent" in publish(*AT_NOON).out
    assert publish("editions", "show", ID, "--json").json["paused_for"] is None


@pytest.mark.parametrize(
    ("verb", "sentence"),
    [
        ("approve", "is finished: only a draft can be approved"),
        ("pause", "is finished: only an edition that is going out can be paused"),
        ("resume", "is finished: only a paused edition can be resumed"),
        ("cancel", "is finished: only one that is not yet out can be cancelled"),
        ("retry", "nothing of {} has failed: see `publish editions show {}`"),
    ],
)
def test_what_cannot_be_done_to_a_finished_edition_is_said_in_a_sentence(
    published: Publish, verb: str, sentence: str
) -> None:
    done = published("editions", verb, ID)
    assert (done.code, done.is_one_sentence()) == (2, True)
    assert sentence.format(ID, ID) in done.err


@pytest.mark.parametrize("verb", ["approve", "pause", "resume", "cancel", "retry", "resolve"])
def test_an_edition_that_is_not_there_cannot_be_told_anything(publish: Publish, verb: str) -> None:
    done = publish("editions", verb, ID, *(["--sent"] if verb == "resolve" else []))
    assert (done.code, done.is_one_sentence()) == (2, True)
    assert f"there is no edition '{ID}'" in done.err


@pytest.mark.parametrize("state", ["approved", "sending", "paused"])
def test_an_edition_that_is_going_out_can_be_called_off(published: Publish, state: str) -> None:
    bring(published, edition=state, state="queued")
    assert published("editions", "cancel", ID).code == 0
    assert "0 sent" in published(*AT_NOON).out
    found = published("editions", "show", ID, "--json").json
    assert (found["state"], found["waiting"], found["adds_up"]) == ("cancelled", 1, True)


def test_what_has_failed_is_sent_again(published: Publish) -> None:
    bring(published, state="failed", attempts=4)
    done = published("editions", "retry", ID)
    assert (done.code, done.out) == (0, f"{ID}: 1 delivery to go out with the next run of publish.\n")
    assert published("editions", "show", ID, "--json").json["state"] == "sending"
    assert "1 sent" in published(*AT_NOON).out


@pytest.mark.parametrize(
    ("answer", "said", "state", "edition"),
    [
        ("--sent", "settled", "accepted", "finished"),
        ("--not-sent", "settled", "failed", "finished"),
        ("--resend", "to go out with the next run of publish", "queued", "sending"),
    ],
)
def test_what_is_held_becomes_what_somebody_says(
    published: Publish, answer: str, said: str, state: str, edition: str
) -> None:
    bring(published, state="held", doubts=1)
    done = published("editions", "resolve", ID, answer)
    assert (done.code, done.out) == (0, f"{ID}: 1 delivery {said}.\n")
    found = published("editions", "show", ID, "--json").json
    assert (found[state], found["held"], found["state"]) == (1, 0, edition)
    again = published("editions", "resolve", ID, answer)
    assert (again.code, again.is_one_sentence()) == (2, True)
    assert f"nothing of {ID} is held" in again.err


def test_what_became_of_held_messages_has_to_be_said(published: Publish) -> None:
    done = published("editions", "resolve", ID)
    assert (done.code, done.is_one_sentence()) == (2, True)
    assert "--sent, --not-sent or --resend" in done.err


@pytest.mark.parametrize("words", [("retry",), ("resolve", "--resend")])
def test_nothing_of_a_cancelled_edition_is_sent_again(published: Publish, words: tuple[str, ...]) -> None:
    bring(published, edition="cancelled", state="failed" if words == ("retry",) else "held")
    done = published("editions", words[0], ID, *words[1:])
    assert (done.code, done.is_one_sentence()) == (2, True)
    assert "nothing of it is sent any more" in done.err
