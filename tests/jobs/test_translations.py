"""The same story in several languages: each of its posts points to the others, in every feed, as they are now."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from publisher.settings import SourceSettings
from tests.build import NOW, write_post

if TYPE_CHECKING:
    from tests.jobs.conftest import Desk

HOUR = timedelta(hours=1)
LINK = "{http://www.w3.org/2005/Atom}link"


def links(desk: Desk, code: str, feed: str = "all") -> list[tuple[str, str]]:
    """Where an entry points to, with the language of each; all formats agree about it."""
    folder = desk.folder / "output/feeds"
    entry_id = desk.published(code).entry_id

    def alternates(entry: Any) -> list[tuple[str, str]]:
        found = [(link.get("href"), link.get("hreflang", "")) for link in entry if link.get("rel") == "alternate"]
        return [(url.removeprefix("https://wire.example.com/"), language) for url, language in found]

    rss = etree.fromstring((folder / f"{feed}.rss").read_bytes())
    (item,) = [item for item in rss.iter("item") if item.findtext("guid") == entry_id]
    atom = etree.fromstring((folder / f"{feed}.atom").read_bytes())
    (entry,) = [each for each in atom if each.findtext("{http://www.w3.org/2005/Atom}id") == entry_id]
    (json_item,) = [each for each in _items(desk, feed) if each["id"] == entry_id]
    found = alternates(entry)
    # An RSS item has its own address in `link`, and those of Atom only where there is something to tell apart.
    assert alternates(item) == (found if len(found) > 1 else [])
    said = json_item.get("_publisher", {}).get("translations", [])
    assert [(each["url"].rpartition("/")[2], each["language"]) for each in said] == found[1:-1]
    return found


def _items(desk: Desk, feed: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads((desk.folder / f"output/feeds/{feed}.json").read_bytes())["items"]
    return items


def test_a_post_alone_points_to_itself(desk: Desk) -> None:
    desk.post("A1")
    desk.publish()
    assert links(desk, "A1") == [("A1", "")]


def test_a_translation_that_comes_later_shows_in_both_and_moves_no_date(desk: Desk) -> None:
    desk.post("A1", language="en")
    desk.publish()
    before = desk.published("A1")
    desk.post("A2", language="th", translation_of="A1")
    report = desk.publish(NOW + HOUR)
    assert links(desk, "A1") == links(desk, "A1", "en/world") == [("A1", ""), ("A2", "th"), ("A1", "en")]
    assert links(desk, "A2") == links(desk, "A2", "th/all") == [("A2", ""), ("A1", "en"), ("A2", "th")]
    assert desk.published("A1") == before
    assert {"feeds/en/all.rss", "feeds/en/world.json", "feeds/th/world.atom"} <= set(report.feeds.written)
    assert desk.publish(NOW + 2 * HOUR).feeds.written == ()


@pytest.mark.parametrize("key", ["translation_key", "translationKey", "translation_of"])
def test_posts_of_a_common_key_are_translations_of_each_other(desk: Desk, key: str) -> None:
    for code, language in (("A1", "en"), ("A2", "th"), ("A3", "de")):
        desk.post(code, language=language, **{key: "floods"})
    desk.publish()
    assert links(desk, "A1") == [("A1", ""), ("A3", "de"), ("A2", "th"), ("A1", "en")]
    assert links(desk, "A2") == [("A2", ""), ("A3", "de"), ("A1", "en"), ("A2", "th")]


def test_translations_of_one_post_know_each_other(desk: Desk) -> None:
    desk.post("A1", language="en")
    for code, language in (("A2", "th"), ("A3", "de")):
        desk.post(code, language=language, translation_of="A1")
    desk.publish()
    assert links(desk, "A2") == [("A2", ""), ("A3", "de"), ("A1", "en"), ("A2", "th")]


def test_a_translation_that_is_withdrawn_is_pointed_to_no_more(desk: Desk) -> None:
    desk.post("A1", language="en")
    path = desk.post("A2", language="th", translation_of="A1")
    desk.publish()
    path.unlink()
    desk.publish(NOW + HOUR)
    assert links(desk, "A1") == links(desk, "A1", "en/all") == [("A1", "")]


@pytest.mark.parametrize("fields", [{"draft": "yes"}, {"date": "2024-11-10T12:30:00Z"}])
def test_a_translation_is_pointed_to_once_it_is_published(desk: Desk, fields: dict[str, str]) -> None:
    desk.post("A1", language="en")
    desk.post("A2", language="th", translation_of="A1", **fields)
    desk.publish()
    assert links(desk, "A1") == [("A1", "")]
    if "draft" in fields:
        desk.post("A2", language="th", translation_of="A1")
    desk.publish(NOW + HOUR)
    assert links(desk, "A1") == [("A1", ""), ("A2", "th"), ("A1", "en")]


def test_of_two_posts_in_one_language_the_first_that_was_published_counts(desk: Desk) -> None:
    desk.post("A1", language="en", translation_key="floods")
    desk.post("A2", language="th", translation_key="floods", date="2024-11-10T09:00:00Z")
    desk.post("A3", language="th", translation_key="floods", date="2024-11-10T08:00:00Z")
    desk.post("A0", language="en", translation_key="floods")
    desk.publish()
    assert links(desk, "A1") == [("A1", ""), ("A3", "th"), ("A1", "en")]
    assert links(desk, "A3") == [("A3", ""), ("A0", "en"), ("A3", "th")]


def test_a_post_that_changes_its_story_leaves_one_for_another(desk: Desk) -> None:
    for code, language, key in (("A1", "en", "one"), ("A2", "th", "one"), ("B1", "en", "two")):
        desk.post(code, language=language, translation_key=key)
    desk.publish()
    desk.post("A2", language="th", translation_key="two")
    desk.publish(NOW + HOUR)
    assert links(desk, "A1") == [("A1", "")]
    assert links(desk, "B1") == [("B1", ""), ("A2", "th"), ("B1", "en")]


def test_a_translation_that_changes_its_address_is_found_there(desk: Desk) -> None:
    desk.post("A1", language="en")
    desk.post("A2", language="th", translation_of="A1")
    desk.publish()
    desk.post("A2", language="th", translation_of="A1", origin_url="https://wire.example.com/moved")
    desk.publish(NOW + HOUR)
    assert links(desk, "A1")[1] == ("moved", "th")


def test_a_translation_without_a_page_is_not_pointed_to(desk: Desk) -> None:
    desk.post("A1", language="en")
    desk.post("A2", language="th", translation_of="A1", origin_url="")
    desk.publish()
    assert links(desk, "A1") == [("A1", "")]


def test_pages_of_history_show_a_translation_that_comes_later(desk: Desk) -> None:
    desk.configure("feeds", archives=("en/all",))
    desk.post("A1", language="en", date="2024-01-10")
    desk.publish()
    desk.post("A2", language="th", translation_of="A1")
    desk.publish(NOW + HOUR)
    assert links(desk, "A1", "archive/en/all/2024-01") == [("A1", ""), ("A2", "th"), ("A1", "en")]


def test_posts_of_several_sources_are_translations_of_each_other(desk: Desk) -> None:
    write_post(desk.folder / "wire", "W1", language="", translation_of="B1")
    write_post(desk.folder / "blog", "B1", language="")
    feed_url = "https://wire.example.com/feed.xml"
    desk.configure(
        "posts",
        sources=(
            SourceSettings(name="wire", directory="wire", language="en", feed_url=feed_url, author="Example Wire"),
            SourceSettings(name="blog", directory="blog", language="th"),
        ),
    )
    desk.publish()
    assert links(desk, "W1") == [("W1", ""), ("B1", "th"), ("W1", "en")]
    said = {each["id"].rpartition(":")[2]: each["_publisher"] for each in _items(desk, "all")}
    assert said["W1"]["source"] == {"title": "Example Wire", "url": feed_url}
    assert "source" not in said["B1"]


def test_a_translation_finds_its_original_by_the_path_that_was_its_code(desk: Desk) -> None:
    original = desk.post_without_code("talks")
    desk.post("A2", language='"th"', translation_of='"talks.md"')
    desk.publish()
    assert len(links(desk, "A2")) == 3
    original.write_text(original.read_text("utf-8").replace("---\n", '---\ncode: "T1"\n', 1), "utf-8")
    desk.publish(NOW + HOUR)
    assert len(links(desk, "A2")) == len(links(desk, "T1")) == 3
    # Also when the translation is read once more, with the path in it.
    desk.post("A2", language='"th"', translation_of='"talks.md"', title='"Another title of the report"')
    desk.publish(NOW + 2 * HOUR)
    assert len(links(desk, "A2")) == len(links(desk, "T1")) == 3
