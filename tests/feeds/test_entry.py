"""What few entries say, in all formats; and what every document says of itself."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from publisher.feeds import jsonfeed, xml
from publisher.feeds.document import History, Tombstone, picture_type
from publisher.feeds.xml import how_often
from publisher.model.post import Enclosure, Extras, Origin, Translation
from tests.build import NOW, article
from tests.feeds.test_xml import XML_LANG, atom, document, find, links, rss, texts
from tests.validation.lint import Format, findings

if TYPE_CHECKING:
    from publisher.feeds.document import FeedDocument
    from publisher.model.post import Article

AUDIO = Enclosure("https://media.example.org/a.mp3", "audio/mpeg", 123, "The talk")
STREAM = Enclosure("https://media.example.org/a.ogg", "audio/ogg")
WIRE = Origin("Example Wire & Co", "https://wire.example.com/feed.xml")
FORMATS: tuple[Format, ...] = ("rss", "atom", "json")


def item_of(entry: Article, **values: Any) -> Any:
    return find(rss(entry, **values), "channel/item")[0]


def entry_of(entry: Article, **values: Any) -> Any:
    return find(atom(entry, **values), "atom:entry")[0]


def json_of(*entries: Article, **values: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(jsonfeed.build(document(*entries, **values)))
    return made


def json_item(entry: Article, **values: Any) -> dict[str, Any]:
    (item,) = json_of(entry, **values)["items"]
    assert isinstance(item, dict)
    return item


def broken_rules(made: FeedDocument) -> list[str]:
    """What a strict validator finds, in all formats."""
    built = xml.build(made) | {"json": jsonfeed.build(made)}
    found: list[str] = []
    for each in FORMATS:
        location = f"{made.self_url}.{each}"
        said = findings(built[each], each, location=location, now=NOW)
        # Of RFC 6721 validators know nothing yet.
        found += [f"{each}: {finding}" for finding in said if finding.rule != "tombstone-namespace"]
    return found


def test_an_item_of_rss_has_one_enclosure_and_it_says_its_length() -> None:
    several = article(extras=Extras(enclosures=(STREAM, AUDIO, AUDIO)))
    (enclosure,) = find(item_of(several), "enclosure")
    assert dict(enclosure.attrib) == {"url": AUDIO.url, "length": "123", "type": "audio/mpeg"}
    assert find(item_of(article(extras=Extras(enclosures=(STREAM,)))), "enclosure") == []


def test_an_entry_of_atom_and_of_json_has_all_enclosures() -> None:
    several = article(extras=Extras(enclosures=(STREAM, AUDIO)))
    assert [link for link in links(entry_of(several)) if link["rel"] == "enclosure"] == [
        {"href": STREAM.url, "rel": "enclosure", "type": "audio/ogg"},
        {"href": AUDIO.url, "rel": "enclosure", "type": "audio/mpeg", "length": "123", "title": "The talk"},
    ]
    assert json_item(several)["attachments"] == [
        {"url": STREAM.url, "mime_type": "audio/ogg"},
        {"url": AUDIO.url, "mime_type": "audio/mpeg", "title": "The talk", "size_in_bytes": 123},
    ]


def test_an_enclosure_of_no_bytes_is_one() -> None:
    empty = article(extras=Extras(enclosures=(Enclosure(AUDIO.url, AUDIO.type, 0),)))
    assert find(item_of(empty), "enclosure")[0].get("length") == "0"
    assert json_item(empty)["attachments"][0]["size_in_bytes"] == 0


def test_the_page_where_a_post_is_discussed_is_said_in_every_format() -> None:
    discussed = article(extras=Extras(replies="https://forum.example.org/1"))
    assert texts(item_of(discussed), "comments") == ["https://forum.example.org/1"]
    assert {"href": "https://forum.example.org/1", "rel": "replies", "type": "text/html"} in links(entry_of(discussed))
    assert json_item(discussed)["_publisher"] == {"replies": "https://forum.example.org/1"}


def test_the_feed_that_a_post_is_from_is_said_in_every_format() -> None:
    syndicated = article(extras=Extras(source=WIRE), updated=NOW)
    (source,) = find(item_of(syndicated), "source")
    assert (source.text, source.get("url")) == (WIRE.title, WIRE.url)
    (source,) = find(entry_of(syndicated), "atom:source")
    assert texts(source, "atom:id") == [WIRE.url]
    assert texts(source, "atom:title") == [WIRE.title]
    assert texts(source, "atom:updated") == [NOW.isoformat()]
    assert links(source) == [{"href": WIRE.url, "rel": "self"}]
    assert json_item(syndicated)["_publisher"] == {"source": {"title": WIRE.title, "url": WIRE.url}}


def test_rights_are_said_of_an_entry_and_of_a_feed() -> None:
    licensed = article(extras=Extras(rights="CC BY-SA 4.0 & ©"))
    assert texts(item_of(licensed), "dc:rights") == ["CC BY-SA 4.0 & ©"]
    assert texts(entry_of(licensed), "atom:rights") == ["CC BY-SA 4.0 & ©"]
    assert json_item(licensed)["_publisher"] == {"rights": "CC BY-SA 4.0 & ©"}
    assert texts(rss(rights="© World Desk"), "channel/copyright") == ["© World Desk"]
    assert texts(atom(rights="© World Desk"), "atom:rights") == ["© World Desk"]
    assert json_of(rights="© World Desk")["_publisher"] == {"rights": "© World Desk"}
    assert find(rss(), "channel/copyright") == find(atom(), "atom:rights") == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example.org/a.JPG", "image/jpeg"),
        ("https://a.example.org/a.jpeg?w=1#x.png", "image/jpeg"),
        ("https://a.example.org/a.webp", "image/webp"),
        ("https://a.example.org/a.svg", "image/svg+xml"),
        ("https://a.example.org/jpg", None),
        ("https://a.example.org/a.php?f=a.jpg", None),
        ("https://a.example.org/a.tiff", None),
        ("https://a.example.org/", None),
    ],
)
def test_a_picture_has_the_media_type_of_its_ending(url: str, expected: str | None) -> None:
    assert picture_type(url) == expected
    for element in (item_of(article(image=url)), entry_of(article(image=url))):
        assert find(element, "media:content")[0].get("type") == expected


def test_a_picture_says_its_size_and_has_a_thumbnail_in_both_formats() -> None:
    pictured = article(image="https://a.example.org/a.png", extras=Extras(image_size=(640, 480)), credit="Jane Roe")
    for element in (item_of(pictured), entry_of(pictured)):
        (content,), (thumbnail,) = find(element, "media:content"), find(element, "media:thumbnail")
        size = {"url": "https://a.example.org/a.png", "width": "640", "height": "480"}
        assert dict(thumbnail.attrib) == size
        assert dict(content.attrib) == size | {"medium": "image", "type": "image/png"}
    assert json_item(pictured)["image"] == "https://a.example.org/a.png"
    assert json_item(pictured)["_publisher"] == {"credit": "Jane Roe"}


def test_an_item_says_its_language_where_the_feed_has_none() -> None:
    assert texts(item_of(article(language="th")), "dc:language") == ["th"]
    assert find(item_of(article(language="th"), language="th"), "dc:language") == []
    assert entry_of(article(language="th"), language="th").get(XML_LANG) == "th"
    assert json_item(article(language="th"), language="th")["language"] == "th"


def test_categories_and_tags_say_what_taxonomy_they_are_of() -> None:
    said = article(sections=(("world", "WORLD"),), tags=("vote",))
    schemes = {"categories_scheme": "tag:news.example.org,2024:categories", "tags_scheme": "tag:a.org,2024:tags"}
    expected = [("WORLD", schemes["categories_scheme"]), ("vote", schemes["tags_scheme"])]
    found = find(item_of(said, **schemes), "category")
    assert [(each.text, each.get("domain")) for each in found] == expected
    found = find(entry_of(said, **schemes), "atom:category")
    assert [(each.get("term"), each.get("scheme")) for each in found] == expected
    assert json_item(said, **schemes)["tags"] == ["WORLD", "vote"]


def test_alternates_begin_and_end_with_the_own_page_and_only_translations_stand_between() -> None:
    others = (Translation("de", "https://a.example.org/de"), Translation("en", "https://a.example.org/en"))
    translated = article(language="th", link="https://a.example.org/th", translations=others, via=None)
    expected = [
        ("https://a.example.org/th", None),
        ("https://a.example.org/de", "de"),
        ("https://a.example.org/en", "en"),
        ("https://a.example.org/th", "th"),
    ]
    for element in (entry_of(translated), item_of(translated)):
        assert [(link["href"], link.get("hreflang")) for link in links(element)] == expected
        assert {link["type"] for link in links(element)} == {"text/html"}
    assert json_item(translated)["_publisher"]["translations"][0] == {
        "language": "de",
        "url": "https://a.example.org/de",
    }
    assert links(entry_of(article(link=None, via=None, translations=others))) == []


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (1, ("hourly", 60)),
        (5, ("hourly", 12)),
        (60, ("hourly", 1)),
        (61, ("daily", 24)),
        (90, ("daily", 16)),
        (1440, ("daily", 1)),
        (10_080, ("weekly", 1)),
        (43_200, ("monthly", 1)),
        (525_600, ("yearly", 1)),
        (10 * 525_600, ("yearly", 1)),
    ],
)
def test_how_often_it_is_worth_to_look_is_said_twice(minutes: int, expected: tuple[str, int]) -> None:
    assert how_often(minutes) == expected
    channel = find(rss(ttl=minutes), "channel")[0]
    assert texts(channel, "ttl") == [str(minutes)]
    said = {child.tag.rpartition("}")[2]: child.text for child in channel if "syndication" in child.tag}
    assert said == {"updatePeriod": expected[0], "updateFrequency": str(expected[1])}


@pytest.mark.parametrize(
    ("icon", "logo", "expected"),
    [
        ("icon.png", "logo.gif", "logo.gif"),
        ("icon.svg", "logo.jpg", "logo.jpg"),
        (None, "logo.jpeg?width=200", "logo.jpeg?width=200"),
        ("icon.jpg", "logo.svg", "icon.jpg"),
        (None, "logo.webp", None),
        ("icon.ico", None, None),
        (None, None, None),
    ],
)
def test_the_picture_of_a_channel_is_one_that_rss_knows(
    icon: str | None, logo: str | None, expected: str | None
) -> None:
    site = "https://news.example.org/"
    pictures = {name: site + url if url else None for name, url in (("icon", icon), ("logo", logo))}
    assert texts(rss(**pictures), "channel/image/url") == ([site + expected] if expected else [])
    assert texts(atom(**pictures), "atom:icon") == ([site + icon] if icon else [])
    assert texts(atom(**pictures), "atom:logo") == ([site + logo] if logo else [])
    said = json_of(**pictures)
    shown = icon or logo
    assert (said.get("icon"), said.get("favicon")) == (shown and site + shown, icon and site + icon)


def test_a_document_has_a_style_sheet_before_its_root_or_none() -> None:
    for content in xml.build(document(style="../assets/feed.css")).values():
        assert b'?>\n<?xml-stylesheet type="text/css" href="../assets/feed.css"?>' in content
    assert not [each for each in xml.build(document()).values() if b"xml-stylesheet" in each]


def test_json_says_more_than_the_format_only_where_there_is_more_to_say() -> None:
    assert "_publisher" not in json_of(article())
    assert "_publisher" not in json_item(article())


def test_nothing_that_was_withdrawn_shows_in_rss() -> None:
    gone = [Tombstone(entry_id="tag:news.example.org,2024:B1", when=NOW + timedelta(microseconds=9))]
    assert b"B1" not in xml.build(document(article(), tombstones=gone))["rss"]
    root = atom(article(), tombstones=gone)
    names = [child.tag.rpartition("}")[2] for child in root]
    (tombstone,) = [child for child in root if child.tag.endswith("}deleted-entry")]
    assert names.index("deleted-entry") < names.index("entry")
    assert dict(tombstone.attrib) == {"ref": "tag:news.example.org,2024:B1", "when": "2024-11-10T12:00:00+00:00"}
    said = json_of(tombstones=gone)["_publisher"]["withdrawn"]
    assert said == [{"id": "tag:news.example.org,2024:B1", "when": "2024-11-10T12:00:00+00:00"}]


EVERYTHING: dict[str, Any] = {
    "rights": "© World Desk",
    "icon": "https://news.example.org/icon.png",
    "logo": "https://news.example.org/logo.png",
    "hubs": ("https://hub.example.org/", "https://hub.example.com/"),
    "tombstones": [Tombstone(entry_id="tag:news.example.org,2024:B1", when=NOW - timedelta(hours=1))],
    "style": "../assets/feed.css",
    "categories_scheme": "tag:news.example.org,2024:categories",
    "tags_scheme": "tag:news.example.org,2024:tags",
    "home_url": "https://news.example.org/feeds/world.html",
}
RICH: dict[str, Any] = {
    "extras": Extras(
        enclosures=(AUDIO, STREAM),
        image_size=(640, 480),
        rights="CC BY",
        replies="https://forum.example.org/1",
        source=WIRE,
    ),
    "image": "https://a.example.org/a.png",
    "credit": "Jane Roe",
    "tags": ("vote", "a < b & c"),
    "translations": (Translation("th", "https://wire.example.com/th/A1"),),
    "via": "https://origin.example.com/A1",
}


@pytest.mark.parametrize(
    ("html", "summary", "full"),
    [
        ("<p>The report.</p>", "The summary.", True),
        ("<p>The report.</p>", "The summary.", False),
        ("<p>The report.</p>", "", True),
        ("", "The summary.", True),
        ("", "The summary.", False),
        ("", "1 < 2 & 3", True),
        ("<p>a ]]&gt; b</p>", "1 < 2 & 3", False),
        ("<p>a ]]&gt; b</p>", "", True),
        ("", "", True),
        ("", "", False),
        ("<p>The report.</p>", "", False),
    ],
)
@pytest.mark.parametrize("link", ["https://wire.example.com/A1", None])
@pytest.mark.parametrize("values", [{}, RICH], ids=["bare", "rich"])
def test_an_entry_of_any_kind_is_valid_in_every_format(
    html: str, summary: str, full: bool, link: str | None, values: dict[str, Any]
) -> None:
    entry = article(**({"via": None} | values | {"html": html, "summary": summary, "link": link}))
    page = "https://news.example.org/feeds/archive/world/2024"
    history = History(current="https://news.example.org/feeds/world", previous=f"{page}-09", following=f"{page}-11")
    if values:
        made = document(entry, full=full, **EVERYTHING, history=history)
    else:
        made = document(entry, full=full, **EVERYTHING | {"tombstones": ()}, history=History(complete=True))
    assert broken_rules(made) == []
