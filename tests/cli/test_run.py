"""`publish`, `publish feeds`, `publish digest`: what they do, say and leave alone."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import AT_NOON, tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Publish

ID = "world-2024-11-10-en"


def test_a_run_writes_feeds_digest_and_messages_and_says_where_to_look(publish: Publish) -> None:
    publish.post("A1")
    done = publish(*AT_NOON)
    assert (done.code, done.err) == (0, "")
    for expected in ("1 seen, 1 new, 0 edited", "12 written", f"{ID}: 1 story", "1 sent", "output/index.html", ID):
        assert expected in done.out
    assert (publish.folder / "output/feeds/en/world.atom").is_file()
    assert len(list((publish.folder / "var/outbox" / ID).iterdir())) == 1


def test_the_second_run_says_that_nothing_has_changed_and_touches_nothing(publish: Publish) -> None:
    for number in range(20):
        publish.post(f"A{number}", language="th" if number % 2 else "en")
    publish(*AT_NOON)
    output, outbox = tree(publish.folder / "output"), tree(publish.folder / "var/outbox")
    done = publish(*AT_NOON)
    assert done.code == 0
    assert done.out.startswith("Nothing has changed.\n")
    assert tree(publish.folder / "output") == output
    assert tree(publish.folder / "var/outbox") == outbox


@pytest.mark.parametrize("words", [("--dry-run",), ("feeds", "--dry-run"), ("digest", "world", "--dry-run")])
@pytest.mark.parametrize("published", [False, True], ids=["at first", "later"])
def test_a_dry_run_says_what_would_be_and_writes_nothing_at_all(
    publish: Publish, words: tuple[str, ...], published: bool
) -> None:
    publish.post("A1")
    if published:
        publish(*AT_NOON)
    publish.post("A2")
    before = tree(publish.folder)
    done = publish(*words, "--now", "2024-11-11T12:00:00Z")
    assert done.code == 0
    assert f"{'1' if published else '2'} new" in done.out
    assert "12 to write" in done.out
    if "feeds" not in words:
        assert "1 to compose" in done.out
        assert "1 to send" in done.out
    assert tree(publish.folder) == before
    assert (publish.folder / "var").exists() is published


def test_a_quiet_run_says_nothing_but_what_went_wrong(publish: Publish) -> None:
    publish.post("A1")
    assert publish("--quiet", *AT_NOON).out == ""
    publish.post("A2", title="")
    done = publish("feeds", "--quiet", *AT_NOON)
    assert (done.code, done.out) == (1, "")
    assert done.err == "A2.md, line 1: has no title\n"


def test_a_post_that_is_left_out_is_named_and_the_rest_is_published(publish: Publish) -> None:
    publish.post("A1")
    publish.post("A2", date="whenever")
    done = publish(*AT_NOON)
    assert done.code == 1
    assert done.err.startswith("A2.md, line 8: has a date that is none: 'whenever'")
    assert "publish quarantine" in done.out
    assert (publish.folder / "output/feeds/all.rss").is_file()
    assert publish(*AT_NOON).code == 0


def test_a_body_that_cannot_be_rendered_is_named(publish: Publish) -> None:
    publish.post("A1")
    path = publish.post("A2")
    path.write_text(path.read_text("utf-8") + "<div>" * 150, "utf-8")
    done = publish("feeds")
    assert done.code == 1
    assert done.err == "A2.md: has a body nested more than 100 levels deep\n"


def test_a_run_in_which_no_file_can_be_read_publishes_nothing(publish: Publish) -> None:
    publish.post("A1", title="")
    publish.post("A2", date="")
    assert publish(*AT_NOON).code == 3


def test_a_withdrawn_post_is_counted(publish: Publish) -> None:
    path = publish.post("A1")
    publish.post("A2")
    publish("feeds", *AT_NOON)
    path.unlink()
    assert "0 quarantined, 1 withdrawn" in publish("feeds", *AT_NOON).out


def test_an_empty_folder_stops_the_run_unless_somebody_says_so(publish: Publish) -> None:
    path = publish.post("A1")
    publish("feeds", *AT_NOON)
    path.unlink()
    refused = publish("feeds", *AT_NOON)
    assert refused.code == 3
    assert "nothing is withdrawn" in refused.err
    assert "1 withdrawn" in publish("feeds", "--force", *AT_NOON).out


def test_feeds_composes_and_sends_nothing(publish: Publish) -> None:
    publish.post("A1")
    done = publish("feeds", *AT_NOON)
    assert done.code == 0
    assert "0 composed" in done.out
    assert not (publish.folder / "var/outbox").exists()


def test_digest_composes_an_edition_for_this_minute_and_then_has_nothing_more(publish: Publish) -> None:
    publish.post("A1")
    done = publish("digest", "world", *AT_NOON)
    assert done.code == 0
    assert "world-2024-11-10T1900-en: 1 story" in done.out
    again = publish("digest", "world", "--now", "2024-11-10T12:30:00Z")
    assert (again.code, again.err) == (0, "")
    assert "world: no new posts for an edition" in again.out


def test_digest_takes_one_language(publish: Publish) -> None:
    publish.post("A1", language="en")
    publish.post("A2", language="th")
    done = publish("digest", "world", "--language", "th", *AT_NOON)
    assert "T1900-th" in done.out
    assert "T1900-en" not in done.out
    refused = publish("digest", "world", "--language", "fr", *AT_NOON)
    assert refused.code == 2
    assert "it has th, en" in refused.err


def test_a_digest_that_there_is_not_is_wrong_usage(publish: Publish) -> None:
    done = publish("digest", "wrld")
    assert done.code == 2
    assert done.err == "publish: there is no digest 'wrld'; there is world\n"


def test_more_stories_than_are_shown_are_counted(publish: Publish) -> None:
    publish.configure("max_stories = 12", "max_stories = 2")
    for number in range(5):
        publish.post(f"A{number}")
    assert f"{ID}: 2 stories and 3 more by title" in publish(*AT_NOON).out


def test_now_earlier_than_the_last_edition_is_refused_but_for_looking(publish: Publish) -> None:
    publish.post("A1", date="2024-11-08")
    publish(*AT_NOON)
    early = ("--now", "2024-11-09T12:00:00Z")
    for words in ([], ["digest", "world"]):
        done = publish(*words, *early)
        assert done.code == 2
        assert done.is_one_sentence()
        assert "2024-11-10T07:00:00+07:00" in done.err
    for words in (["--dry-run"], ["preview", "world"], ["status"]):
        assert publish(*words, *early).code == 0


@pytest.mark.parametrize(
    ("moment", "slot"),
    [
        ("2024-11-10T07:00", "2024-11-10"),
        ("2024-11-10T06:59", "2024-11-09"),
        ("2024-11-10T00:00:00+00:00", "2024-11-10"),
        ("2024-11-10", "2024-11-09"),
    ],
)
def test_now_is_in_the_publications_zone_unless_it_says_otherwise(publish: Publish, moment: str, slot: str) -> None:
    publish.post("A1", date="2024-11-01")
    assert f"world-{slot}-en" in publish("--now", moment).out


def test_now_that_is_no_moment_is_wrong_usage(publish: Publish) -> None:
    done = publish("--now", "yesterday")
    assert (done.code, done.is_one_sentence()) == (2, True)
    assert "write 2024-11-10T18:00" in done.err


def test_paths_outside_the_current_folder_are_shown_in_full(publish: Publish, tmp_path: Path) -> None:
    publish.post("A1")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    config = str(publish.folder / "config/publisher.toml")
    publish.monkeypatch.setattr("os.getcwd", lambda: str(elsewhere))
    done = publish("--config", config, *AT_NOON)
    assert done.code == 0
    assert str(publish.folder / "output/index.html") in done.out


def test_a_lost_database_stops_before_anything_is_published_anew(publish: Publish) -> None:
    publish.post("A1")
    publish(*AT_NOON)
    shutil.rmtree(publish.folder / "var")
    before = tree(publish.folder / "output")
    for words in ((), ("feeds",), ("--dry-run",), ("digest", "world"), ("status",)):
        done = publish(*words, *AT_NOON)
        assert (done.code, done.is_one_sentence()) == (3, True)
        assert "the database is empty" in done.err
    assert tree(publish.folder / "output") == before


def test_a_file_that_is_no_database_is_one_sentence(publish: Publish) -> None:
    publish.post("A1")
    (publish.folder / "var").mkdir()
    (publish.folder / "var/publisher.db").write_bytes(b"This is not a database." * 100)
    for words in ((), ("--dry-run",), ("status",)):
        done = publish(*words, *AT_NOON)
        assert (done.code, done.is_one_sentence()) == (3, True)
        assert "is not a database" in done.err


def test_a_database_that_is_locked_is_one_sentence_and_nothing_is_lost(publish: Publish) -> None:
    publish.post("A1")
    publish(*AT_NOON)
    before = tree(publish.folder / "output")
    publish.post("A2")
    other = sqlite3.connect(publish.folder / "var/publisher.db", isolation_level=None)
    other.execute("begin immediate")
    done = publish(*AT_NOON)
    other.close()
    assert (done.code, done.is_one_sentence()) == (3, True)
    assert "is locked by another program" in done.err
    assert tree(publish.folder / "output") == before
    assert publish(*AT_NOON).code == 0


@pytest.mark.parametrize("obstacle", ["feeds/en/.publisher-all.rss", "feeds/en/world.atom", ".publisher-manifest.json"])
def test_an_output_that_cannot_be_written_is_one_sentence_and_nothing_is_torn(publish: Publish, obstacle: str) -> None:
    publish.post("A1")
    publish("feeds", *AT_NOON)
    before = tree(publish.folder / "output")
    publish.post("A2")
    # A folder in the place of a file cannot be written by anybody, not even by root.
    blocked = publish.folder / "output" / obstacle
    kept = blocked.rename(publish.folder / "kept") if blocked.exists() else None
    (blocked / "full").mkdir(parents=True)
    done = publish("feeds", *AT_NOON)
    assert (done.code, done.is_one_sentence()) == (3, True)
    assert "cannot be written" in done.err
    after = tree(publish.folder / "output")
    assert not [path for path in after if ".publisher-" in path]
    shutil.rmtree(blocked)
    if kept:
        kept.rename(blocked)
    if obstacle == "feeds/en/.publisher-all.rss":
        assert after == before
    assert publish("feeds", *AT_NOON).code == 0
    assert "Title of A2" in (publish.folder / "output/feeds/en/world.atom").read_text("utf-8")


@pytest.mark.parametrize("place", ["output", "var"])
def test_a_file_where_a_folder_should_be_is_one_sentence(publish: Publish, place: str) -> None:
    publish.post("A1")
    (publish.folder / place).write_text("in the way")
    done = publish(*AT_NOON)
    assert (done.code, done.is_one_sentence()) == (3, True)
    assert f"{publish.folder / place}" in done.err


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ nobody }}", "'nobody' is undefined"),
        ("\n{% if %}", "line 2"),
        ("{% include 'nowhere.html' %}", "nowhere.html is missing"),
        ("{{ 1 / 0 }}", "division by zero"),
        (b"\xff", "digest.html"),
    ],
)
def test_a_broken_template_is_one_sentence_and_the_next_run_goes_on_from_there(
    publish: Publish, template: str | bytes, reason: str
) -> None:
    publish.post("A1")
    path = publish.folder / "templates/digest/digest.html"
    path.parent.mkdir(parents=True)
    path.write_bytes(template.encode() if isinstance(template, str) else template)
    done = publish(*AT_NOON)
    assert (done.code, done.is_one_sentence()) == (1, True)
    assert reason in done.err
    assert (publish.folder / "output/feeds/all.rss").is_file()
    assert not (publish.folder / "var/outbox").exists()
    path.unlink()
    assert f"{ID}: 1 story" in publish(*AT_NOON).out


def test_a_broken_page_stops_neither_feeds_nor_mail(publish: Publish) -> None:
    publish.post("A1")
    path = publish.folder / "templates/site/index.html"
    path.parent.mkdir(parents=True)
    path.write_text("{{ nobody }}")
    done = publish(*AT_NOON)
    assert (done.code, done.is_one_sentence()) == (1, True)
    assert (publish.folder / "output/feeds/all.rss").is_file()
    assert not (publish.folder / "output/index.html").exists()
    assert (publish.folder / "output/digests/world/2024-11-10/en.html").is_file()
    assert len(list((publish.folder / "var/outbox").rglob("*.eml"))) == 1


def test_a_posts_folder_that_is_not_there_is_one_sentence_and_nothing_is_withdrawn(publish: Publish) -> None:
    publish.post("A1")
    publish(*AT_NOON)
    before = tree(publish.folder / "output")
    (publish.folder / "posts").rename(publish.folder / "elsewhere")
    done = publish(*AT_NOON)
    assert (done.code, done.is_one_sentence()) == (3, True)
    assert tree(publish.folder / "output") == before


def test_an_outbox_that_cannot_be_written_keeps_its_messages_for_the_next_run(publish: Publish) -> None:
    publish.post("A1")
    (publish.folder / "var").mkdir()
    (publish.folder / "var/outbox").write_text("in the way")
    done = publish(*AT_NOON)
    assert (done.code, done.is_one_sentence()) == (1, True)
    assert "what was not sent waits" in done.err
    (publish.folder / "var/outbox").unlink()
    assert "1 sent" in publish(*AT_NOON).out


def test_an_empty_secret_signs_nothing(publish: Publish) -> None:
    publish.post("A1")
    (publish.folder / "var").mkdir()
    (publish.folder / "var/secret").write_text("")
    done = publish(*AT_NOON)
    kept = (publish.folder / "var/secret").read_text().strip()
    assert kept or (done.code != 0 and done.is_one_sentence())
