"""Complete history: every post is reached once, and only the pages are written that say something else than before."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from publisher.model.archive import PAGE_ENTRIES, Page
from publisher.model.change import Change, Kind
from publisher.model.feed import FeedKey
from publisher.model.post import State
from publisher.store import archives, pings, posts
from tests.build import NOW, known
from tests.jobs.test_render_bodies import TOO_DEEP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.jobs.report import Report
    from tests.jobs.conftest import Desk

HOUR = timedelta(hours=1)
FORMATS = ("rss", "atom", "json")
ATOM, HISTORY = "{http://www.w3.org/2005/Atom}", "{http://purl.org/syndication/history/1.0}"
SITE = "https://news.example.org/"
CODES = ("A08", "A09", "A10", "A11")


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A feed of two entries, with its history, and four posts of four months."""
    desk.configure("feeds", archives=("all",), entries=2)
    for month in range(8, 12):
        desk.post(f"A{month:02}", date=f"2024-{month:02}-05T10:00:00Z")
    desk.publish()
    return desk


def files(desk: Desk) -> dict[str, tuple[bytes, int]]:
    folder = desk.folder / "output" / "feeds" / "archive"
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rewritten(desk: Desk, before: dict[str, tuple[bytes, int]]) -> set[str]:
    """The pages of which any file is another one than before, by its time or its bytes."""
    after = files(desk)
    assert before.keys() <= after.keys()
    return {path.rpartition(".")[0] for path in after if after[path] != before.get(path)}


def xml(desk: Desk, path: str) -> Any:
    return etree.fromstring((desk.folder / "output" / "feeds" / path).read_bytes())


def links(desk: Desk, path: str) -> dict[str, str]:
    """The links of a document to others of the feed, by their relation; whether it is complete, or an archive."""
    root = xml(desk, path)
    channel = root[0] if path.endswith(".rss") else root
    found = {
        link.get("rel"): link.get("href").removeprefix(f"{SITE}feeds/") for link in channel.iterfind(f"{ATOM}link")
    }
    found |= {name: "" for name in ("complete", "archive") if channel.find(f"{HISTORY}{name}") is not None}
    return {name: value for name, value in found.items() if name not in {"self", "alternate", "hub"}}


def reached(desk: Desk, feed: str, feed_format: str) -> Iterator[str]:
    """The ids that a reader finds who follows the links, from the newest document back."""
    path: str | None = f"{feed}.{feed_format}"
    while path:
        if feed_format == "json":
            document = json.loads((desk.folder / "output" / "feeds" / path).read_bytes())
            yield from [item["id"] for item in document["items"]]
            path = (document.get("next_url") or "").removeprefix(f"{SITE}feeds/")
        else:
            root = xml(desk, path)
            entries = [*root.iter("item"), *root.iter(f"{ATOM}entry")]
            yield from [entry.findtext("guid") or entry.findtext(f"{ATOM}id") or "" for entry in entries]
            path = links(desk, path).get("prev-archive")


def codes_on(desk: Desk, page: str, feed: str = "all") -> list[str]:
    items = json.loads((desk.folder / f"output/feeds/archive/{feed}/{page}.json").read_bytes())["items"]
    return [item["id"].rpartition(":")[2] for item in items]


def tombstones(desk: Desk, path: str) -> list[str]:
    document = json.loads((desk.folder / "output" / "feeds" / f"{path}.json").read_bytes())
    withdrawn = document.get("_publisher", {}).get("withdrawn", [])
    in_atom = xml(desk, f"{path}.atom").iterfind("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
    assert [(each["id"], each["when"]) for each in withdrawn] == [
        (each.get("ref"), each.get("when")) for each in in_atom
    ]
    return [each["id"].rpartition(":")[2] for each in withdrawn]


def pages_written(report: Report) -> set[str]:
    """The pages of which every format was written."""
    found = {path.rpartition(".")[0] for path in report.feeds.written if "/archive/" in path}
    assert {f"{page}.{each}" for page in found for each in FORMATS} <= set(report.feeds.written)
    return {page.removeprefix("feeds/archive/") for page in found}


def test_only_feeds_that_ask_for_history_have_it(desk: Desk) -> None:
    assert {path.rpartition(".")[0] for path in files(desk)} == {f"all/2024-{month:02}" for month in range(8, 12)}


def test_pages_are_linked_from_the_newest_back_and_forth(desk: Desk) -> None:
    for each in ("rss", "atom"):
        newest = f"all.{each}"
        assert links(desk, newest) == {"prev-archive": f"archive/all/2024-11.{each}"}
        between = {"current": newest, "archive": ""}
        before, after = f"archive/all/2024-08.{each}", f"archive/all/2024-10.{each}"
        assert links(desk, before) == between | {"next-archive": f"archive/all/2024-09.{each}"}
        assert links(desk, f"archive/all/2024-09.{each}") == between | {"prev-archive": before, "next-archive": after}
        last = links(desk, f"archive/all/2024-11.{each}")
        assert last == between | {"prev-archive": after}


@pytest.mark.parametrize("feed_format", FORMATS)
def test_every_post_is_reached_by_following_the_links_and_stands_on_one_page(desk: Desk, feed_format: str) -> None:
    desk.post("B1", date="2024-09-05T10:00:00Z")
    desk.publish(NOW + HOUR)
    newest, history = 2, list(reached(desk, "all", feed_format))[2:]
    assert len(history) == len(set(history)) == 5
    assert set(list(reached(desk, "all", feed_format))[:newest]) <= set(history)


@pytest.mark.parametrize("feed_format", ["rss", "atom"])
@pytest.mark.parametrize("entries", [3, 4, 5])
def test_the_newest_document_is_complete_exactly_when_all_fits(desk: Desk, entries: int, feed_format: str) -> None:
    desk.configure("feeds", entries=entries)
    desk.publish(NOW + HOUR)
    expected = {"complete": ""} if entries >= 4 else {"prev-archive": f"archive/all/2024-11.{feed_format}"}
    assert links(desk, f"all.{feed_format}") == expected
    document = json.loads((desk.folder / "output/feeds/all.json").read_bytes())
    assert ("next_url" in document) == (entries < 4)


def test_a_document_that_is_cut_by_its_bytes_is_not_complete(desk: Desk) -> None:
    desk.configure("feeds", entries=9, max_bytes=3_000)
    desk.publish(NOW + HOUR)
    assert len(desk.titles()) < 4
    assert links(desk, "all.rss") == {"prev-archive": "archive/all/2024-11.rss"}


def test_a_document_that_turns_out_too_large_only_when_it_is_written_links_to_its_history(desk: Desk) -> None:
    desk.configure("feeds", entries=9, max_bytes=25_000)
    for code in CODES:
        tags = ", ".join(f"a-tag-of-{code}-{number}" for number in range(80))
        desk.post(code, date=f"2024-{code[1:]}-05T10:00:00Z", tags=f"[{tags}]")
    desk.publish(NOW + HOUR)
    assert 1 < len(desk.titles()) < 4
    for each in ("rss", "atom"):
        assert links(desk, f"all.{each}") == {"prev-archive": f"archive/all/2024-11.{each}"}
    assert len(set(reached(desk, "all", "json"))) == 4


def test_a_newest_document_that_is_lost_is_restored_and_no_page_is_touched(desk: Desk) -> None:
    before = files(desk)
    (desk.folder / "output/feeds/all.html").unlink()
    report = desk.publish(NOW + HOUR)
    assert "feeds/all.html" in report.pages.written
    assert rewritten(desk, before) == set()


def test_a_page_without_neighbours_is_complete(desk: Desk) -> None:
    desk.configure("feeds", archives=("all", "sport"))
    desk.post("S1", category="Sport")
    desk.publish(NOW + HOUR)
    assert links(desk, "archive/sport/2024-11.rss") == links(desk, "sport.atom") == {"complete": ""}


def test_a_feed_without_history_says_nothing_of_it(desk: Desk) -> None:
    assert links(desk, "world.rss") == links(desk, "world.atom") == {}
    assert b"history" not in (desk.folder / "output/feeds/world.rss").read_bytes()


def test_a_feed_without_posts_is_complete_and_has_no_pages(desk: Desk) -> None:
    desk.force = True
    desk.configure("feeds", archives=("sport",))
    path = desk.post("S1", category="Sport", draft="no")
    desk.publish(NOW + HOUR)
    desk.post("S1", category="Music")
    desk.publish(NOW + 2 * HOUR)
    assert path.is_file()
    assert links(desk, "sport.rss") == {"complete": ""}
    assert codes_on(desk, "2024-11", "sport") == []


def test_nothing_is_written_when_nothing_has_changed(desk: Desk) -> None:
    before = files(desk)
    assert desk.publish(NOW + 9 * HOUR).feeds.written == ()
    assert rewritten(desk, before) == set()


@pytest.mark.parametrize("code", CODES)
def test_an_edit_rewrites_the_one_page_of_the_post(desk: Desk, code: str) -> None:
    before = files(desk)
    month = f"2024-{code[1:]}"
    desk.post(code, date=f"{month}-05T10:00:00Z", title="Another title")
    report = desk.publish(NOW + HOUR)
    assert pages_written(report) == rewritten(desk, before) == {f"all/{month}"}


def test_a_new_post_rewrites_the_page_of_its_month_only(desk: Desk) -> None:
    before = files(desk)
    desk.post("B1", date="2024-09-06T10:00:00Z")
    assert pages_written(desk.publish(NOW + HOUR)) == rewritten(desk, before) == {"all/2024-09"}
    assert codes_on(desk, "2024-09") == ["B1", "A09"]


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2024-12-05T10:00:00Z", {"2024-11", "2024-12"}),
        ("2024-07-05T10:00:00Z", {"2024-07", "2024-08"}),
        ("2023-07-05T10:00:00Z", {"2023-07", "2024-08"}),
    ],
)
def test_a_post_of_another_month_rewrites_the_neighbours_that_link_to_its_page(
    desk: Desk, date: str, expected: set[str]
) -> None:
    before = files(desk)
    desk.post("B1", date=date)
    desk.publish(datetime(2024, 12, 6, tzinfo=UTC))
    assert rewritten(desk, before) == {f"all/{month}" for month in expected}
    assert set(reached(desk, "all", "json")) == {f"tag:news.example.org,2024:{code}" for code in CODES} | {
        f"tag:news.example.org,{date[:4]}:B1"
    }


def test_a_withdrawn_post_leaves_a_tombstone_on_its_page_for_good(desk: Desk) -> None:
    before = files(desk)
    (desk.folder / "posts" / "A09.md").unlink()
    desk.publish(NOW + HOUR)
    assert rewritten(desk, before) == {"all/2024-09"}
    assert (codes_on(desk, "2024-09"), tombstones(desk, "archive/all/2024-09")) == ([], ["A09"])
    # From the newest document it had gone long before.
    assert tombstones(desk, "all") == []
    assert links(desk, "archive/all/2024-10.rss")["prev-archive"] == "archive/all/2024-09.rss"
    desk.post("B1", date="2024-09-06T10:00:00Z")
    desk.publish(NOW + 2 * HOUR)
    assert (codes_on(desk, "2024-09"), tombstones(desk, "archive/all/2024-09")) == (["B1"], ["A09"])


def test_a_post_that_comes_back_stands_on_its_page_as_before(desk: Desk) -> None:
    before = files(desk)
    text = (desk.folder / "posts" / "A09.md").read_text("utf-8")
    (desk.folder / "posts" / "A09.md").unlink()
    desk.publish(NOW + HOUR)
    (desk.folder / "posts" / "A09.md").write_text(text, "utf-8")
    desk.publish(NOW + 2 * HOUR)
    assert {path: content for path, (content, _) in files(desk).items()} == {
        path: content for path, (content, _) in before.items()
    }


def test_a_post_of_another_category_leaves_the_history_of_the_one_before_without_a_tombstone(desk: Desk) -> None:
    desk.configure("feeds", archives=("world", "sport"))
    desk.publish(NOW + HOUR)
    before = files(desk)
    desk.post("A09", date="2024-09-05T10:00:00Z", category="Sport")
    desk.publish(NOW + 2 * HOUR)
    assert rewritten(desk, before) == {"world/2024-09", "sport/2024-09"}
    assert (codes_on(desk, "2024-09", "world"), codes_on(desk, "2024-09", "sport")) == ([], ["A09"])
    assert tombstones(desk, "archive/world/2024-09") == []
    desk.post("A09", date="2024-09-05T10:00:00Z")
    desk.publish(NOW + 3 * HOUR)
    assert (codes_on(desk, "2024-09", "world"), codes_on(desk, "2024-09", "sport")) == (["A09"], [])


def test_a_post_whose_date_is_edited_stays_on_its_page(desk: Desk) -> None:
    desk.post("A09", date="2024-10-20T10:00:00Z")
    desk.publish(NOW + HOUR)
    assert (codes_on(desk, "2024-09"), codes_on(desk, "2024-10")) == (["A09"], ["A10"])


@pytest.mark.parametrize("feed_format", FORMATS)
def test_a_page_that_is_lost_is_restored_with_the_same_bytes(desk: Desk, feed_format: str) -> None:
    lost = desk.folder / f"output/feeds/archive/all/2024-09.{feed_format}"
    before = lost.read_bytes()
    lost.unlink()
    assert desk.publish(NOW + HOUR).feeds.written == (f"feeds/archive/all/2024-09.{feed_format}",)
    assert lost.read_bytes() == before


def test_more_posts_than_a_page_takes_go_on_in_another_of_the_same_month(desk: Desk) -> None:
    gone = [known(f"W{number}", state=State.WITHDRAWN) for number in range(PAGE_ENTRIES - 1)]
    with desk.open() as publication, publication.database.begin() as connection:
        posts.apply(connection, [Change(kind=Kind.WITHDRAWN, before=None, after=each) for each in gone])
        archives.place(connection, FeedKey(), dict.fromkeys([each.code for each in gone], Page("2024-09")))
    desk.post("B1", date="2024-09-07T10:00:00Z")
    before = files(desk)
    desk.publish(NOW + HOUR)
    assert rewritten(desk, before) == {"all/2024-09", "all/2024-09-2", "all/2024-10"}
    assert (codes_on(desk, "2024-09"), codes_on(desk, "2024-09-2")) == (["A09"], ["B1"])
    assert links(desk, "archive/all/2024-09-2.atom") == {
        "archive": "",
        "current": "all.atom",
        "prev-archive": "archive/all/2024-09.atom",
        "next-archive": "archive/all/2024-10.atom",
    }


@pytest.mark.parametrize(
    ("room", "values"),
    [
        ("site", {"title": "Another Desk"}),
        ("site", {"url": "https://other.example.org/"}),
        ("feeds", {"content": "summary"}),
        ("feeds", {"hubs": ("https://hub.example.org/",)}),
    ],
)
def test_a_change_of_the_configuration_shows_on_every_page(desk: Desk, room: str, values: dict[str, object]) -> None:
    before = files(desk)
    desk.configure(room, **values)
    with desk.open(NOW + HOUR) as publication:
        publication.collect()
        publication.feed_publisher.publish()
    assert rewritten(desk, before) == {path.rpartition(".")[0] for path in before}
    # Where they are told of goes nowhere from here: another job's tests have hubs.
    with desk.open() as publication, publication.database.begin() as connection:
        pings.forget_hubs(connection, ())
    assert desk.publish(NOW + 2 * HOUR).feeds.written == ()


def test_history_that_was_switched_off_for_a_while_is_right_when_it_is_switched_on_again(desk: Desk) -> None:
    desk.configure("feeds", archives=())
    desk.publish(NOW + HOUR)
    desk.post("A09", date="2024-09-05T10:00:00Z", title="Another title")
    desk.post("B1", date="2024-07-05T10:00:00Z")
    desk.publish(NOW + 2 * HOUR)
    assert links(desk, "all.rss") == {}
    desk.configure("feeds", archives=("all",))
    desk.publish(NOW + 3 * HOUR)
    assert desk.titles("archive/all/2024-09") == ["Another title"]
    assert (codes_on(desk, "2024-07"), links(desk, "archive/all/2024-08.rss")["prev-archive"]) == (
        ["B1"],
        "archive/all/2024-07.rss",
    )


def test_a_published_post_that_becomes_a_draft_leaves_its_page_until_it_is_one_no_more(desk: Desk) -> None:
    desk.post("A09", date="2024-09-05T10:00:00Z", draft="yes")
    desk.publish(NOW + HOUR)
    assert codes_on(desk, "2024-09") == []
    desk.post("A09", date="2024-09-05T10:00:00Z")
    desk.publish(NOW + 2 * HOUR)
    assert codes_on(desk, "2024-09") == ["A09"]


def test_pages_have_the_formats_that_are_configured(desk: Desk) -> None:
    desk.configure("feeds", archives=("all", "world"), formats=("atom",))
    report = desk.publish(NOW + HOUR)
    months = [f"2024-{month:02}" for month in range(8, 12)]
    assert {f"feeds/archive/world/{month}.atom" for month in months} <= set(report.feeds.written)
    assert not [path for path in files(desk) if path.startswith("world/") and not path.endswith(".atom")]


def test_a_post_that_cannot_be_shown_yet_stands_on_its_page_once_it_can(desk: Desk) -> None:
    desk.post("B1", date="2024-09-06T10:00:00Z", body=TOO_DEEP)
    report = desk.publish(NOW + HOUR)
    assert list(report.broken) == ["B1.md"]
    assert codes_on(desk, "2024-09") == ["A09"]
    desk.post("B1", date="2024-09-06T10:00:00Z", body="Mended.")
    desk.publish(NOW + 2 * HOUR)
    assert codes_on(desk, "2024-09") == ["B1", "A09"]
