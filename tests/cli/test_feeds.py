"""`publish feeds --diff` and what `publish check` says of feeds."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.cli.conftest import AT_NOON, tree

if TYPE_CHECKING:
    from tests.cli.conftest import Publish

LATER = ("--now", "2024-11-10T20:00+07:00")


def test_what_a_subscriber_would_notice_is_said_before_anything_is_written(publish: Publish) -> None:
    publish.post("A1")
    publish.post("A2", category="Sport")
    gone = publish.post("A3", category="Sport")
    publish("feeds", *AT_NOON)
    publish.post("A1", title="Another title altogether")
    publish.post("A4", category="Sport")
    gone.unlink()
    files = tree(publish.folder / "output")
    done = publish("feeds", "--diff", *LATER)
    assert done.code == 0
    everything = ["  + Title of A4", "  ~ Another title altogether", "  - Title of A3"]
    sport, world = ["  + Title of A4", "  - Title of A3"], ["  ~ Another title altogether"]
    assert done.out.splitlines() == [
        *("feeds/all", *everything, "feeds/en/all", *everything),
        *("feeds/en/sport", *sport, "feeds/en/world", *world),
        *("feeds/sport", *sport, "feeds/world", *world),
        "+ new, ~ edited, - withdrawn",
    ]
    assert tree(publish.folder / "output") == files
    told = publish("feeds", "--diff", "--json", *LATER).json
    assert set(told) == {"feeds/all", "feeds/en/all", "feeds/en/sport", "feeds/en/world", "feeds/sport", "feeds/world"}
    assert told["feeds/world"] == {
        "new": [],
        "edited": [{"id": "tag:news.example.org,2024:A1", "title": "Another title altogether"}],
        "withdrawn": [],
    }
    assert told["feeds/sport"]["withdrawn"] == [{"id": "tag:news.example.org,2024:A3", "title": "Title of A3"}]


def test_a_typo_that_is_mended_is_nothing_to_notice(publish: Publish) -> None:
    publish.post("A1", body="The reprot, in one sentence.")
    publish("feeds", *AT_NOON)
    publish.post("A1", body="The report, in one sentence.")
    done = publish("feeds", "--diff", *LATER)
    assert (done.code, done.out) == (0, "No subscriber would notice anything.\n")
    assert publish("feeds", "--diff", "--json", *LATER).json == {}


def test_json_stands_with_diff_only(publish: Publish) -> None:
    done = publish("feeds", "--json")
    assert done.code == 2
    assert "--diff" in done.err


def test_check_proves_the_feeds_against_the_ledger(publish: Publish) -> None:
    publish.post("A1")
    publish("feeds", *AT_NOON)
    done = publish("check", *AT_NOON)
    assert (done.code, "12 feed files with 12 entries agree" in done.out) == (0, True)
    path = publish.folder / "output/feeds/all.atom"
    path.write_text(path.read_text("utf-8").replace("2024:A1", "2024:B1"), "utf-8")
    done = publish("check", *AT_NOON)
    assert done.code == 1
    assert "feeds/all.atom: shows tag:news.example.org,2024:B1, which the ledger does not know" in done.out
    assert publish("check", "--json", *AT_NOON).json["feeds"]["files"] == 12


def test_a_lost_var_is_adopted_when_asked_for_and_never_otherwise(publish: Publish) -> None:
    publish.post("A1")
    publish(*AT_NOON)
    before = tree(publish.folder / "output/feeds")
    shutil.rmtree(publish.folder / "var")
    done = publish(*LATER)
    assert (done.code, done.is_one_sentence(), "--adopt" in done.err) == (3, True, True)
    assert publish("feeds", "--adopt", *LATER).code == 2
    assert publish("--adopt", "feeds", *LATER).code == 2
    done = publish("--adopt", *LATER)
    assert (done.code, "0 composed" in done.out) == (0, True)
    assert tree(publish.folder / "output/feeds") == before
    assert publish("--adopt", *LATER).code == 2
