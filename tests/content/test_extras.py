"""What few posts say: enclosures, the size of a picture, rights, comments, a source; what is malformed is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.content.read import read
from publisher.content.scan import measure
from publisher.model.post import NO_EXTRAS, Enclosure, Extras, Origin
from tests.build import source

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.model.post import Post

AUDIO = Enclosure("https://media.example.org/a.mp3", "audio/mpeg", 123)
WIRE = Origin("Example Wire", "https://wire.example.com/feed.xml")
SAID = "{url: 'https://media.example.org/a.mp3', type: audio/mpeg, length: 123}"


def post_with(folder: Path, front: str, **values: Any) -> Post:
    (folder / "A1.md").write_text(f"---\ntitle: A\ndate: 2024-11-10\n{front}\n---\n\nBody.\n", "utf-8")
    return read(measure(folder, "A1.md"), source(folder, **values))


def extras(folder: Path, front: str, **values: Any) -> Extras:
    return post_with(folder, front, **values).extras


def test_a_post_that_says_nothing_of_the_kind_has_no_extras(tmp_path: Path) -> None:
    assert extras(tmp_path, "image: https://media.example.org/a.jpg") is NO_EXTRAS


@pytest.mark.parametrize("key", ["enclosure", "enclosures", "attachments"])
@pytest.mark.parametrize("value", [SAID, f"[{SAID}]"])
def test_an_enclosure_is_a_mapping_or_one_of_a_list(tmp_path: Path, key: str, value: str) -> None:
    assert extras(tmp_path, f"{key}: {value}") == Extras(enclosures=(AUDIO,))


def test_an_enclosure_may_be_written_with_the_words_of_other_programs(tmp_path: Path) -> None:
    front = """enclosures:
  - src: " https://media.example.org/a.mp3 "
    mime_type: Audio/MPEG
    size: "123"
    title: |
      The whole
      talk"""
    (found,) = extras(tmp_path, front).enclosures
    assert (found.type, found.length, found.title) == ("audio/mpeg", 123, "The whole talk")
    assert found.url == "https://media.example.org/a.mp3"


@pytest.mark.parametrize(
    "front",
    [
        "image_alt: Boats in   a harbour",
        "image: {path: 'https://media.example.org/a.jpg', alt: Boats in a harbour}",
        "image: {path: 'https://media.example.org/a.jpg', alt: Cars}\nimage_alt: Boats in a harbour",
    ],
)
def test_what_a_picture_shows_is_said_beside_it_or_in_it(tmp_path: Path, front: str) -> None:
    assert extras(tmp_path, front).image_alt == "Boats in a harbour"


def test_what_was_wrong_is_one_line(tmp_path: Path) -> None:
    assert extras(tmp_path, "correction: |\n  Fourteen,\n  not twelve.").correction == "Fourteen, not twelve."
    assert extras(tmp_path, "correction: [a]") is NO_EXTRAS


def test_several_enclosures_keep_their_order_and_those_that_are_none_are_left_out(tmp_path: Path) -> None:
    front = f"enclosures: [{SAID}, 5, null, 'https://media.example.org/b.mp3', [], {SAID.replace('a.mp3', 'c.mp3')}]"
    assert [each.url[-5:] for each in extras(tmp_path, front).enclosures] == ["a.mp3", "c.mp3"]


@pytest.mark.parametrize(
    "length", ["", "0x10", "1e3", "-5", "12 MB", "1.5", "[1]", "{a: 1}", "null", "true", "٣٤", "9" * 16, "9" * 5000]
)
def test_a_length_that_is_none_is_left_out_and_the_enclosure_is_not(tmp_path: Path, length: str) -> None:
    (found,) = extras(tmp_path, f"enclosure: {SAID.replace('123', length)}").enclosures
    assert (found.url, found.length) == (AUDIO.url, None)


def test_the_longest_file_is_what_json_can_count(tmp_path: Path) -> None:
    assert extras(tmp_path, f"enclosure: {SAID.replace('123', str(2**53))}").enclosures[0].length == 2**53
    assert extras(tmp_path, f"enclosure: {SAID.replace('123', str(2**53 + 1))}").enclosures[0].length is None


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:audio/mpeg,x", "/a.mp3", "//media.example.org/a.mp3", "ftp://a.org/a", "", "5"]
)
def test_an_enclosure_at_an_address_that_is_no_page_of_the_web_is_left_out(tmp_path: Path, url: str) -> None:
    assert extras(tmp_path, f"enclosure: {{url: '{url}', type: audio/mpeg}}") == NO_EXTRAS


@pytest.mark.parametrize(
    "kind",
    ["''", "audio", "audio/", "/mpeg", "'audio/mpeg; a=b'", "'a/b/c'", "[audio/mpeg]", "'ไ/x'", "a/" + "b" * 128],
)
def test_an_enclosure_without_a_media_type_is_left_out(tmp_path: Path, kind: str) -> None:
    assert extras(tmp_path, f"enclosure: {{url: 'https://media.example.org/a', type: {kind}}}") == NO_EXTRAS


@pytest.mark.parametrize(
    "value", ["5", "yes", "https://media.example.org/a.mp3", "[[[]]]", "{}", "{url: {a: b}, type: []}"]
)
def test_an_enclosure_that_is_none_is_left_out(tmp_path: Path, value: str) -> None:
    assert extras(tmp_path, f"enclosure: {value}") == NO_EXTRAS


def test_a_post_has_twenty_enclosures_at_most(tmp_path: Path) -> None:
    assert len(extras(tmp_path, f"enclosures: [{', '.join([SAID] * 30)}]").enclosures) == 20


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("width: 640, height: 480", (640, 480)),
        ("width: '640', height: ' 480 '", (640, 480)),
        ("width: 640", None),
        ("height: 480", None),
        ("width: 0, height: 480", None),
        ("width: 640px, height: 480", None),
        ("width: 100001, height: 480", None),
        ("width: 100000, height: 1", (100_000, 1)),
        ("width: 99999999999999999999, height: 1", None),
        ("width: [640], height: {a: 1}", None),
    ],
)
def test_a_picture_may_say_its_size_in_whole_pixels(
    tmp_path: Path, size: str, expected: tuple[int, int] | None
) -> None:
    post = post_with(tmp_path, f"image: {{path: /a.jpg, {size}}}")
    assert post.extras.image_size == expected
    assert post.image == "https://news.example.org/a.jpg"


@pytest.mark.parametrize("key", ["rights", "copyright", "license"])
def test_rights_are_one_line_under_any_of_their_names(tmp_path: Path, key: str) -> None:
    assert extras(tmp_path, f"{key}: |\n  CC BY-SA\n  4.0 ©") == Extras(rights="CC BY-SA 4.0 ©")


@pytest.mark.parametrize("key", ["rights", "license"])
@pytest.mark.parametrize("value", ["[CC BY]", "{name: CC BY}", "''", "null"])
def test_rights_that_are_no_text_are_left_out(tmp_path: Path, key: str, value: str) -> None:
    assert extras(tmp_path, f"{key}: {value}") == NO_EXTRAS


@pytest.mark.parametrize("key", ["comments_url", "replies", "comments"])
def test_comments_are_the_page_where_a_post_is_discussed(tmp_path: Path, key: str) -> None:
    assert extras(tmp_path, f"{key}: https://forum.example.org/1") == Extras(replies="https://forum.example.org/1")


@pytest.mark.parametrize("value", ["true", "false", "yes", "5", "javascript:alert(1)", "/forum/1", "[]", "{url: x}"])
def test_comments_that_name_no_page_are_left_out(tmp_path: Path, value: str) -> None:
    assert extras(tmp_path, f"comments: {value}") == NO_EXTRAS


def test_comments_that_are_switched_on_do_not_hide_the_page_that_is_named(tmp_path: Path) -> None:
    found = extras(tmp_path, "comments: true\ncomments_url: https://forum.example.org/1")
    assert found.replies == "https://forum.example.org/1"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{title: Example Wire, url: 'https://wire.example.com/feed.xml'}", WIRE),
        ("{title: Example Wire, feed: 'https://wire.example.com/feed.xml'}", WIRE),
        ("{url: 'https://wire.example.com/feed.xml'}", Origin("wire.example.com", WIRE.url)),
        ("{title: [], url: 'https://wire.example.com/feed.xml'}", Origin("wire.example.com", WIRE.url)),
        ("{title: Example Wire}", None),
        ("{title: Example Wire, url: 'javascript:alert(1)'}", None),
        ("Example Wire", None),
        ("https://wire.example.com/feed.xml", None),
        ("[{url: 'https://wire.example.com/feed.xml'}]", None),
    ],
)
def test_a_source_is_a_feed_with_its_title_or_its_host(tmp_path: Path, value: str, expected: Origin | None) -> None:
    assert extras(tmp_path, f"source: {value}").source == expected


def test_a_post_of_a_source_with_a_feed_is_from_that_feed_unless_it_says_otherwise(tmp_path: Path) -> None:
    other = "source: {title: Other, url: 'https://other.example.com/feed.xml'}"
    assert extras(tmp_path, "", origin=WIRE) == Extras(source=WIRE)
    assert extras(tmp_path, "source: Nobody", origin=WIRE) == Extras(source=WIRE)
    assert extras(tmp_path, other, origin=WIRE).source == Origin("Other", "https://other.example.com/feed.xml")


@pytest.mark.parametrize("key", ["translation_of", "translation_key", "translationKey"])
def test_a_post_names_the_story_that_it_tells_in_another_language(tmp_path: Path, key: str) -> None:
    assert post_with(tmp_path, f'{key}: "  น้ำท่วม-1 "').story == "น้ำท่วม-1"


@pytest.mark.parametrize("value", ["[a]", "{a: b}", "''", "null"])
def test_a_story_that_is_no_text_is_none(tmp_path: Path, value: str) -> None:
    assert post_with(tmp_path, f"translation_of: {value}").story is None


_ADDRESSES = (
    "'https://[::1'",
    "'http://'",
    "'https://a.example.org:99999/x'",
    "'javascript:alert(1)'",
    "'https://ก.ไทย/'",
    "'https://media.example.org/a.mp3'",
    "'https://media.example.org/\\x7f'",
)
_VALUES = ("5", "true", "null", "''", "~", "99999999999999999999", "-1", ".inf", "2024-11-10", "audio/mpeg", '"a\\0b"')
_LEAVES = st.sampled_from(_VALUES + _ADDRESSES)
_KEYS = st.sampled_from(
    ["url", "src", "type", "mime_type", "length", "size", "title", "feed", "path", "width", "height"]
)
_YAML = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(_KEYS, inner, max_size=4).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"
        )
    ),
    max_leaves=8,
)
_FIELDS = ["enclosure", "rights", "comments", "source", "image", "translation_of"]


@given(st.fixed_dictionaries(dict.fromkeys(_FIELDS, _YAML)))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_front_matter_of_this_kind_loses_the_post(tmp_path: Path, said: dict[str, str]) -> None:
    post = post_with(tmp_path, "\n".join(f"{name}: {value}" for name, value in said.items()))
    assert post.title == "A"
    addresses = [each.url for each in post.extras.enclosures]
    addresses += [each for each in (post.extras.replies, post.extras.source and post.extras.source.url) if each]
    assert all(address.startswith("https://") for address in addresses)
