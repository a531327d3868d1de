"""RSS and Atom: what feedgen gets wrong stays mended, and whatever a post says arrives as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from html import escape, unescape
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from publisher.feeds import xml
from publisher.feeds.document import NEVER, Author, FeedDocument
from publisher.kit.text import fit_for_xml, one_line
from publisher.model.naming import slug
from tests.build import article, post, rendered
from tests.conftest import ROOT

if TYPE_CHECKING:
    from publisher.model.post import Article

NAMES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
}
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def document(*entries: Article, **values: Any) -> FeedDocument:
    made: dict[str, Any] = {
        "id": "tag:news.example.org,2024:feeds/world",
        "title": "World Desk: WORLD",
        "description": "What the desk reports of the world",
        "home_url": "https://news.example.org/",
        "self_url": "https://news.example.org/feeds/world",
        "language": None,
        "author": Author(name="World Desk", email="desk@news.example.org"),
        "entries": entries,
    }
    return FeedDocument(**(made | values))


def rss(*entries: Article, **values: Any) -> Any:
    return etree.fromstring(xml.build(document(*entries, **values))["rss"])


def atom(*entries: Article, **values: Any) -> Any:
    return etree.fromstring(xml.build(document(*entries, **values))["atom"])


def find(element: Any, path: str) -> list[Any]:
    return list(element.findall(path, NAMES))


def texts(element: Any, path: str) -> list[str]:
    return [found.text or "" for found in find(element, path)]


def summaries(element: Any) -> list[str]:
    """What Atom summaries say, whether they say it as text or as HTML."""
    found = find(element, "atom:summary")
    return [unescape(each.text or "") if each.get("type") == "html" else each.text or "" for each in found]


def links(element: Any) -> list[dict[str, str]]:
    return [dict(link.attrib) for link in find(element, "atom:link")]


def test_links_of_an_atom_entry_keep_their_attributes() -> None:
    root = atom(article(link="https://news.example.org/a1", via="https://wire.example.com/a1"))
    assert links(find(root, "atom:entry")[0]) == [
        {"href": "https://news.example.org/a1", "rel": "alternate", "type": "text/html"},
        {"href": "https://wire.example.com/a1", "rel": "via", "type": "text/html"},
    ]


def test_an_entry_without_a_link_has_none_in_either_format() -> None:
    lone = article(link=None, via=None)
    item = find(rss(lone), "channel/item")[0]
    assert find(item, "link") == links(item) == []
    assert links(find(atom(lone), "atom:entry")[0]) == []


def test_the_origin_of_an_rss_item_is_its_via_link() -> None:
    item = find(rss(article(link="https://news.example.org/a1", via="https://wire.example.com/a1")), "channel/item")[0]
    assert texts(item, "link") == ["https://news.example.org/a1"]
    assert links(item) == [{"href": "https://wire.example.com/a1", "rel": "via", "type": "text/html"}]


def test_the_link_of_an_rss_channel_is_the_home_page() -> None:
    assert texts(rss(article()), "channel/link") == ["https://news.example.org/"]


def test_each_format_names_itself_once_and_the_home_page_once() -> None:
    home = {"href": "https://news.example.org/", "rel": "alternate", "type": "text/html"}
    own = {"href": "https://news.example.org/feeds/world.rss", "rel": "self", "type": "application/rss+xml"}
    assert links(find(rss(article()), "channel")[0]) == [own, home]
    own = {"href": "https://news.example.org/feeds/world.atom", "rel": "self", "type": "application/atom+xml"}
    assert links(atom(article())) == [own, home]


def test_entries_keep_the_order_of_the_document() -> None:
    entries = [article(code) for code in ("B", "C", "A")]
    assert texts(rss(*entries), "channel/item/title") == ["Title of B", "Title of C", "Title of A"]
    assert texts(atom(*entries), "atom:entry/atom:title") == ["Title of B", "Title of C", "Title of A"]


def test_a_feed_was_updated_when_its_newest_entry_was() -> None:
    old = article("A1", updated=datetime(2024, 11, 10, 11, 30, 59, 999_999, tzinfo=UTC))
    entries = (article("A2"), old)
    assert texts(atom(*entries), "atom:updated") == ["2024-11-10T11:30:59+00:00"]
    assert texts(rss(*entries), "channel/lastBuildDate") == ["Sun, 10 Nov 2024 11:30:59 +0000"]


def test_an_empty_feed_has_what_the_formats_require_and_no_date_of_today() -> None:
    channel = find(rss(), "channel")[0]
    for required in ("title", "link", "description"):
        assert all(texts(channel, required)), required
    assert find(channel, "item") == []
    assert texts(channel, "lastBuildDate") == ["Sat, 01 Jan 2000 00:00:00 +0000"]
    root = atom()
    assert texts(root, "atom:id") == ["tag:news.example.org,2024:feeds/world"]
    assert texts(root, "atom:updated") == [NEVER.isoformat()]
    assert texts(root, "atom:author/atom:name") == ["World Desk"]
    assert find(root, "atom:entry") == []


def test_dates_of_other_zones_are_written_in_utc() -> None:
    bangkok = datetime.fromisoformat("2024-11-10T17:26:23+07:00")
    entry = article(published=bangkok, updated=bangkok + timedelta(minutes=1))
    assert texts(rss(entry), "channel/item/pubDate") == ["Sun, 10 Nov 2024 10:26:23 +0000"]
    assert texts(atom(entry), "atom:entry/atom:published") == ["2024-11-10T10:26:23+00:00"]
    assert texts(atom(entry), "atom:entry/atom:updated") == ["2024-11-10T10:27:23+00:00"]


def test_content_is_html_and_the_summary_stands_beside_it() -> None:
    entry = article(html="<p>The <b>report</b>.</p>", summary="The summary.")
    (content,) = find(atom(entry), "atom:entry/atom:content")
    assert (content.get("type"), content.text) == ("html", "<p>The <b>report</b>.</p>")
    assert texts(atom(entry), "atom:entry/atom:summary") == ["The summary."]
    item = find(rss(entry), "channel/item")[0]
    assert texts(item, "description") == ["The summary."]
    assert texts(item, "content:encoded") == ["<p>The <b>report</b>.</p>"]
    # Readers that know one of them take whichever comes last; it shall be the whole report.
    assert [child.tag for child in item].index("description") < [child.tag for child in item].index(
        f"{{{NAMES['content']}}}encoded"
    )


def test_an_entry_that_says_nothing_but_its_title_is_still_valid() -> None:
    bare = article(html="", summary="", link=None, via=None)
    # RFC 4287 section 4.1.2: without an alternate link there must be a content.
    assert len(find(atom(bare), "atom:entry/atom:content")) == 1
    assert texts(rss(bare), "channel/item/title") == ["Title of A1"]


def test_authors_are_creators_in_rss_and_authors_in_atom() -> None:
    entry = article(authors=("สมชาย ใจดี", "Jane Roe"))
    item = find(rss(entry), "channel/item")[0]
    assert texts(item, "dc:creator") == ["สมชาย ใจดี", "Jane Roe"]
    assert find(item, "author") == []
    assert texts(atom(entry), "atom:entry/atom:author/atom:name") == ["สมชาย ใจดี", "Jane Roe"]


@pytest.mark.parametrize(("email", "expected"), [("desk@news.example.org", 1), (None, 0)])
def test_the_editor_of_a_channel_is_named_by_an_address_or_not_at_all(email: str | None, expected: int) -> None:
    channel = find(rss(author=Author(name="World Desk", email=email)), "channel")[0]
    assert texts(channel, "managingEditor") == ["desk@news.example.org (World Desk)"][:expected]


def test_the_guid_is_the_entry_id_and_no_address() -> None:
    (guid,) = find(rss(article()), "channel/item/guid")
    assert (guid.text, guid.get("isPermaLink")) == ("tag:news.example.org,2024:A1", "false")


@pytest.mark.parametrize("name", ["WORLD", "world", "เลือกตั้ง", "Asia & Pacific"])
def test_categories_are_called_by_their_names(name: str) -> None:
    entry = article(sections=((slug(name), name),), tags=("vote",))
    assert texts(rss(entry), "channel/item/category") == [name, "vote"]
    assert [category.get("term") for category in find(atom(entry), "atom:entry/atom:category")] == [name, "vote"]


def test_a_picture_is_media_rss() -> None:
    entry = article(image="https://pictures.example.com/a.jpg")
    for element in (find(rss(entry), "channel/item")[0], find(atom(entry), "atom:entry")[0]):
        (content,) = find(element, "media:content")
        assert dict(content.attrib) == {
            "url": "https://pictures.example.com/a.jpg",
            "medium": "image",
            "type": "image/jpeg",
        }
    assert find(rss(article()), ".//media:content") == []


def test_the_credit_of_a_picture_stands_in_it() -> None:
    picture = article(image="https://wire.example.com/a.jpg", credit="Example Wire & Co")
    for element in (rss(picture), atom(picture)):
        assert texts(element, ".//media:content/media:credit") == ["Example Wire & Co"]


def test_languages_of_the_feed_and_of_each_entry_are_said() -> None:
    root = atom(article("A1", language="th"), article("A2", language="en"), language="th")
    assert root.get(XML_LANG) == "th"
    assert [entry.get(XML_LANG) for entry in find(root, "atom:entry")] == ["th", "en"]
    assert atom(article()).get(XML_LANG) is None
    assert texts(rss(language="th"), "channel/language") == ["th"]


def test_namespaces_are_declared_at_the_root_alone() -> None:
    for content in xml.build(
        document(article("A1", image="https://pictures.example.com/a.jpg"), article("A2"))
    ).values():
        root_tag = content.split(b"<channel>")[0].split(b"<id>")[0]
        assert content.count(b"xmlns") == root_tag.count(b"xmlns")


@pytest.mark.parametrize("unfit", ["\x00", "\x0b", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_a_character_that_xml_has_not_is_refused_so_callers_fold_it(unfit: str) -> None:
    with pytest.raises(ValueError, match=r"XML|surrogates"):
        xml.build(document(article(title=f"a{unfit}b")))
    assert texts(rss(article(title=fit_for_xml(f"a{unfit}b"))), "channel/item/title") == ["ab"]


@pytest.mark.parametrize("reference", ["&#1;", "&#x1F;", "&#xFFFE;", "&#xFFFF;", "&#xD800;", "&#0;", "&#x9D;"])
def test_no_character_reference_in_a_body_loses_the_feed(reference: str) -> None:
    body = f'<p title="{reference}">before{reference}after</p>\n\nMore {reference} text.'
    shown = rendered(post(), body)
    entry = article(html=shown.html, summary=shown.lead)
    assert texts(rss(entry), "channel/item/content:encoded") == [fit_for_xml(shown.html)]
    assert summaries(find(atom(entry), "atom:entry")[0]) == [fit_for_xml(shown.lead)]
    assert "before" in shown.lead


@pytest.mark.parametrize(
    "hostile",
    [
        "]]>",
        "]]><script>alert(1)</script>",
        "&amp; &lt; &#0; &nbsp;",
        "<!-- --><![CDATA[",
        "<?xml version='1.0'?>",
        "{{ 7 * 7 }} {% include 'x' %}",
        "%s %(title)s \\1 $&",
        "\u202eevil\u202c 👩‍👩‍👧 é́",
    ],
)
def test_what_looks_like_markup_in_a_title_is_text(hostile: str) -> None:
    entry = article(title=hostile, summary=hostile, html=f"<p>{hostile}</p>", tags=(hostile,), authors=(hostile,))
    item = find(rss(entry), "channel/item")[0]
    assert texts(item, "title") == texts(item, "dc:creator") == [hostile]
    # Of these only RSS's description is HTML.
    assert texts(item, "description") == [escape(hostile, quote=False)]
    assert texts(item, "content:encoded") == [f"<p>{hostile}</p>"]
    found = find(atom(entry), "atom:entry")[0]
    assert texts(found, "atom:title") == summaries(found) == [hostile]
    assert find(found, "atom:category")[-1].get("term") == hostile


def test_a_summary_that_stands_in_for_a_body_is_text() -> None:
    entry = article(html="", summary="1 < 2 <script>alert(1)</script>")
    said = ["1 &lt; 2 &lt;script&gt;alert(1)&lt;/script&gt;"]
    assert texts(rss(entry), "channel/item/content:encoded") == texts(rss(entry), "channel/item/description") == said
    assert texts(atom(entry), "atom:entry/atom:content") == said
    assert texts(atom(entry), "atom:entry/atom:summary") == said


FIT = st.text(st.characters(), max_size=60).map(fit_for_xml)
LINES = FIT.map(one_line)


@settings(max_examples=80, deadline=None)
@given(title=LINES.filter(bool), summary=LINES, html=FIT, names=st.lists(LINES.filter(bool), max_size=3, unique=True))
def test_any_text_that_is_fit_for_xml_comes_back_as_it_was(
    title: str, summary: str, html: str, names: list[str]
) -> None:
    entry = article(title=title, summary=summary, html=html, tags=tuple(names), authors=tuple(names))
    item, found = find(rss(entry), "channel/item")[0], find(atom(entry), "atom:entry")[0]
    assert texts(item, "title") == texts(found, "atom:title") == [title]
    if html and summary:
        assert texts(item, "description") == [escape(summary, quote=False)]
        assert summaries(found) == [summary]
        assert texts(item, "content:encoded") == texts(found, "atom:content") == [html]
    assert texts(item, "dc:creator") == texts(found, "atom:author/atom:name") == names
    assert texts(item, "category") == [category.get("term") for category in find(found, "atom:category")]


SCRIPT = """
import locale, sys
locale.setlocale(locale.LC_ALL, "")
before = locale.setlocale(locale.LC_ALL)
from tests.feeds.test_xml import document
from publisher.model.naming import slug
from tests.build import article, rendered
from publisher.feeds import jsonfeed, xml
made = document(article("A1", tags=("b", "a")), article("A2"), language="th")
built = xml.build(made)
assert locale.setlocale(locale.LC_ALL) == before, "the locale has changed"
sys.stdout.buffer.write(built["rss"] + built["atom"] + jsonfeed.build(made))
"""


def test_the_same_document_gives_the_same_bytes_wherever_it_is_built() -> None:
    places = [
        {"TZ": "UTC", "LANG": "C", "PYTHONHASHSEED": "0"},
        {"TZ": "Asia/Bangkok", "LANG": "C.UTF-8", "PYTHONHASHSEED": "1"},
        {"TZ": "America/New_York", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"},
    ]
    outputs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not name.startswith("LC_")} | place,
            check=True,
            capture_output=True,
        ).stdout
        for place in places
    ]
    assert outputs[0].count(b"tag:news.example.org,2024:A1") == 3
    assert outputs[0] == outputs[1] == outputs[2]
