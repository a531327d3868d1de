"""Status, explain, quarantine and editions: the same facts for people and for programs."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import AT_NOON, tree

if TYPE_CHECKING:
    from tests.cli.conftest import Publish

ID = "world-2024-11-10-en"
STATES = {"queued", "claimed", "inflight", "accepted", "deferred", "failed", "suppressed", "uncertain", "held"}


@pytest.fixture
def published(publish: Publish) -> Publish:
    """A publication with one post of each kind, and one edition."""
    publish.post("A1", description='"A summary of its own."')
    publish.post("A2", draft="true")
    publish.post("A3", date="2031-01-01")
    publish.post("A4", title="")
    gone = publish.post("A5", date="2024-11-10T09:00:00Z")
    publish(*AT_NOON)
    gone.unlink()
    publish("feeds", *AT_NOON)
    return publish


def test_status_accounts_for_every_file(published: Publish) -> None:
    status = published("status", "--json").json
    assert status["posts"] == {"seen": 4, "published": 1, "draft": 1, "future": 1, "withdrawn": 1, "quarantined": 1}
    assert status["feeds"] == 4
    assert status["editions"] == [{"id": ID, "state": "finished"}]
    assert set(status["deliveries"]) == STATES
    assert status["deliveries"]["accepted"] == 1


def test_status_is_a_table_for_people(published: Publish) -> None:
    done = published("status")
    assert done.code == 0
    for expected in ("4 seen", "1 published", "1 quarantined", "1 accepted", f"{ID}  finished"):
        assert expected in done.out


def test_status_of_a_new_publication_is_all_zero(publish: Publish) -> None:
    assert publish("status", "--json").json["posts"]["seen"] == 0
    assert "none" in publish("status").out


def test_looking_changes_nothing_that_is_published(published: Publish) -> None:
    before = tree(published.folder / "output")
    for words in (("status",), ("explain", "A1"), ("quarantine",), ("editions",), ("editions", "show", ID)):
        assert published(*words).code == 0
    assert tree(published.folder / "output") == before


def test_explain_tells_where_a_post_is(published: Publish) -> None:
    found = published("explain", "A1", "--json").json
    assert found["code"] == "A1"
    assert found["path"] == "A1.md"
    assert found["state"] == "published"
    assert found["id"] == "tag:news.example.org,2024:A1"
    assert "feeds/en/world.rss" in found["feeds"]
    assert found["editions"] == [ID]
    assert found["cleaning"] == []
    shown = published("explain", "A1").out
    for expected in ("published", "feeds/en/world.rss", ID, "nothing"):
        assert expected in shown


def test_explain_tells_what_cleaning_removed(publish: Publish) -> None:
    path = publish.post("A1")
    path.write_text(path.read_text("utf-8") + "\n# Title of A1\n", "utf-8")
    publish("feeds", *AT_NOON)
    (removed,) = publish("explain", "A1", "--json").json["cleaning"]
    assert set(removed) == {"rule", "removed"}
    assert removed["removed"] == "Title of A1"
    shown = publish("explain", "A1", "--cleaning").out
    assert "repeated_title" in shown
    assert "feeds" not in shown


def test_explain_renders_what_no_feed_has_shown(publish: Publish) -> None:
    path = publish.post("A1", draft="true")
    path.write_text(path.read_text("utf-8") + "\n# Title of A1\n", "utf-8")
    publish.post("A2", draft="true")
    publish("feeds", *AT_NOON)
    assert "repeated_title" in publish("explain", "A1", "--cleaning").out
    assert "nothing was cleaned" in publish("explain", "A2", "--cleaning").out


def test_explain_tells_of_bylines_credits_and_warnings(publish: Publish) -> None:
    path = publish.post("A1")
    picture = "![A ferry](https://wire.example.com/f.jpg)\n\nPhoto: Example Wire\n"
    report = "The ferry between the two towns is running again after a year, the council said on Monday.\n"
    path.write_text(path.read_text("utf-8") + f"\nBy Mara Ellison\n\n{picture}\n{report}", "utf-8")
    links = "\n".join(f"- [Another report, number {number}](https://wire.example.com/{number})" for number in range(30))
    other = publish.post("A2")
    other.write_text(other.read_text("utf-8") + f"\n## Related news\n\n{links}\n", "utf-8")
    publish("feeds", *AT_NOON)
    found = publish("explain", "A1", "--json").json
    assert (found["authors"], found["credit"]) == (["Mara Ellison"], "Example Wire")
    assert "Mara Ellison" in publish("explain", "A1").out
    assert publish("explain", "A2", "--json").json["warning"]
    assert "warning" in publish("explain", "A2").out
    assert "A2: " in publish("explain", "A2", "--cleaning").out
    assert "Title of A1" in publish("explain", "A1").out


def test_explain_tells_why_a_post_is_left_out(published: Publish) -> None:
    found = published("explain", "A4.md", "--json").json
    assert (found["state"], found["feeds"], found["reason"]) == ("quarantined", [], "has no title")
    assert "line 1: has no title" in published("explain", "A4.md").out


def test_explain_of_what_nobody_has_seen_says_where_else_to_look(published: Publish) -> None:
    done = published("explain", "A9")
    assert done.code == 2
    assert "publish quarantine" in done.err


def test_quarantine_names_path_line_and_reason(published: Publish) -> None:
    assert published("quarantine", "--json").json == [{"path": "A4.md", "line": 1, "reason": "has no title"}]
    assert "A4.md" in published("quarantine").out


def test_an_empty_quarantine_says_so(publish: Publish) -> None:
    assert publish("quarantine", "--json").json == []
    assert publish("quarantine").out == "No post is left out.\n"


def test_what_a_file_name_says_is_not_for_the_terminal_to_obey(publish: Publish) -> None:
    path = publish.post("A1", title="")
    path.rename(path.with_name("[red]\x1b[31mloud.md"))
    publish("feeds")
    shown = publish("quarantine").out
    assert "[red]" in shown
    assert "\x1b" not in shown


def test_editions_are_listed_newest_first(published: Publish) -> None:
    published.post("A6")
    published("--now", "2024-11-11T12:00:00Z")
    found = published("editions", "list", "--json").json
    assert [each["id"] for each in found] == ["world-2024-11-11-en", ID]
    assert found[0]["state"] == "finished"
    for words in (("editions",), ("editions", "list")):
        assert published(*words).out.index("2024-11-11") < published(*words).out.index(ID)


def test_editions_that_are_not_there_yet_are_none(publish: Publish) -> None:
    assert publish("editions").out == "No edition has been composed yet.\n"
    assert publish("editions", "list", "--json").json == []


def test_an_edition_is_shown_with_its_recipients_and_posts(published: Publish) -> None:
    found = published("editions", "show", ID, "--json").json
    assert found["id"] == ID
    assert found["state"] == "finished"
    assert found["recipients"] == found["accepted"] == 1
    assert all(found[state] == 0 for state in STATES - {"accepted"})
    assert [post["code"] for post in found["posts"]] == ["A1", "A5"]
    shown = published("editions", "show", ID).out
    account = "1 accepted + 0 failed + 0 suppressed + 0 held + 0 waiting = 1 of 1 recipients"
    for expected in (ID, "finished", "1: 1 accepted", account, "A5  Title of A5"):
        assert expected in shown


REPORT = " ".join(f"Sentence number {number} of a report that two papers had in the same words." for number in range(9))


def test_an_edition_shows_who_told_the_same_what_was_corrected_and_what_the_check_found(publish: Publish) -> None:
    publish.post("A0")
    publish(*AT_NOON)
    publish.post("A0", title='"Another title"', correction='"It was another."')
    for code, source in (("A1", "wire"), ("A2", "paper")):
        publish.post(
            code,
            title='"Two papers have one report"',
            origin_url=f'"http://{source}.example.com/{code}"',
            date="2024-11-11T10:00:00Z",
            body=REPORT,
        )
    publish("--now", "2024-11-11T12:00:00Z")
    later = "world-2024-11-11-en"
    shown = publish("editions", "show", later, "--json").json
    assert shown["posts"] == [
        {"code": "A1", "title": "Two papers have one report", "story": True, "told_with": None},
        {"code": "A2", "title": "Two papers have one report", "story": False, "told_with": "A1"},
    ]
    assert shown["corrections"] == [{"code": "A0", "kind": "corrected"}]
    assert {finding["rule"] for finding in shown["findings"]} == {"http-link"}
    told = publish("editions", "show", later).out
    for line in (
        "A2  Two papers have one report (told with A1)",
        "A0  Another title (corrected)",
        "warning, http-link:",
    ):
        assert line in told


def test_an_edition_that_does_not_add_up_says_so(published: Publish) -> None:
    with contextlib.closing(sqlite3.connect(published.folder / "var" / "publisher.db")) as database, database:
        database.execute("update editions set recipients = 2")
    assert "1 of 2 recipients, which does not add up" in " ".join(published("editions", "show", ID).out.split())
    assert published("editions", "show", ID, "--json").json["adds_up"] is False
