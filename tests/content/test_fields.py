"""Fields: dates with and without zones, flags, lists of names, authors and addresses as editors write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.content import fields, limits
from publisher.model.errors import PostError

BANGKOK = ZoneInfo("Asia/Bangkok")
BERLIN = ZoneInfo("Europe/Berlin")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("2024-11-10", utc(2024, 11, 9, 17), id="a bare date is local midnight"),
        pytest.param("2024-1-2", utc(2024, 1, 1, 17), id="without leading noughts"),
        pytest.param("2024-11-10 05:08", utc(2024, 11, 9, 22, 8), id="without seconds, in the zone"),
        pytest.param("2024-11-10 05:08:11", utc(2024, 11, 9, 22, 8, 11), id="naive is in the zone"),
        pytest.param("2024-11-10T05:08:11", utc(2024, 11, 9, 22, 8, 11), id="naive, with a T"),
        pytest.param("2024-11-10t05:08:11z", utc(2024, 11, 10, 5, 8, 11), id="in lower case"),
        pytest.param("2024-11-10T10:26:23.043Z", utc(2024, 11, 10, 10, 26, 23, 43_000), id="milliseconds"),
        pytest.param("2024-11-10T10:26:23.123456789Z", utc(2024, 11, 10, 10, 26, 23, 123_456), id="nanoseconds"),
        pytest.param("2024-11-10 05:08:11 +0000", utc(2024, 11, 10, 5, 8, 11), id="a numeric zone after a space"),
        pytest.param("2024-11-10 05:08:11 -0330", utc(2024, 11, 10, 8, 38, 11), id="a zone west with half an hour"),
        pytest.param("2024-11-10T05:08:11+07:00", utc(2024, 11, 9, 22, 8, 11), id="a zone with a colon"),
        pytest.param("2024-11-10T05:08:11+07", utc(2024, 11, 9, 22, 8, 11), id="a zone in hours"),
        pytest.param("2024-11-10 05:08 UTC", utc(2024, 11, 10, 5, 8), id="UTC"),
        pytest.param("2024-11-10 05:08 GMT", utc(2024, 11, 10, 5, 8), id="GMT"),
        pytest.param("  2024-11-10T05:08:11Z ", utc(2024, 11, 10, 5, 8, 11), id="with spaces around"),
        pytest.param("2016-12-31T23:59:60Z", utc(2016, 12, 31, 23, 59, 59), id="a leap second"),
    ],
)
def test_a_date_is_read_in_the_zone_of_the_publication(written: str, meant: datetime) -> None:
    read = fields.date(written, BANGKOK)
    assert read == meant
    assert read is not None
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-07-01", utc(2024, 6, 30, 22)),
        ("2024-12-01", utc(2024, 11, 30, 23)),
        ("2024-10-27 02:30", utc(2024, 10, 27, 0, 30)),
    ],
)
def test_a_zone_with_summer_time_is_taken_as_of_that_day(written: str, meant: datetime) -> None:
    assert fields.date(written, BERLIN) == meant


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_date_is_none(nothing: str | None) -> None:
    assert fields.date(nothing, BANGKOK) is None


@pytest.mark.parametrize(
    "written",
    [
        "yesterday",
        "2024-13-01",
        "2024-02-30",
        "2024-11-10T25:00",
        "2024-11-10T10:61",
        "2024-11-10T10:00+99:00",
        "2024-11-10 10:00 ICT",
        "2024-11-10 16:30-:00+16:30",
        "0000-01-01",
        "0001-01-01T00:00+07:00",
        "10/11/2024",
        "2024-11-10 and more",
        "2024",
        ["2024-11-10"],
        {"date": "2024-11-10"},
    ],
)
def test_a_date_that_is_none_is_refused_and_shown(written: Any) -> None:
    with pytest.raises(PostError, match="date that is none") as caught:
        fields.date(written, BANGKOK)
    assert str(written)[:20] in caught.value.reason


def test_a_long_or_broken_date_is_shown_short_and_on_one_line() -> None:
    with pytest.raises(PostError) as caught:
        fields.date("no\ndate\x07 " * 50, BANGKOK)
    assert len(caught.value.reason) < 200
    assert caught.value.reason.isprintable()


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40), st.from_regex(r"\A\d{1,5}-\d{1,3}-\d{1,3}([T ]\d{1,2}:\d\d(:\d\d)?[Z+-]?\d{0,5})?\Z")
    )
)
def test_a_date_is_aware_or_none_or_refused(written: str) -> None:
    try:
        read = fields.date(written, BANGKOK)
    except PostError:
        return
    assert read is None or read.tzinfo is UTC


@settings(max_examples=200, deadline=None)
@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))  # noqa: DTZ001 (naive is the point)
def test_a_date_in_iso_8601_comes_back(moment: datetime) -> None:
    assert fields.date(moment.isoformat() + "Z", BANGKOK) == moment.replace(tzinfo=UTC)


def carefully(written: str) -> datetime | None:
    """Read a date the slow way only."""
    match = fields._DATE.fullmatch(written.strip())
    try:
        return fields._moment(match.groupdict(), BANGKOK) if match else None
    except (ValueError, OverflowError):
        return None


ISO_DATES = st.builds(
    "{}-{:02}-{:02}T{:02}:{:02}:{:02}{}{}".format,
    st.integers(0, 9999).map("{:04}".format),
    st.integers(0, 13),
    st.integers(0, 32),
    st.integers(0, 25),
    st.integers(0, 61),
    st.integers(0, 61),
    st.sampled_from(["", ".0", ".12", ".043", ",043", ".999999", ".1234567", ".000001", "."]),
    st.one_of(
        st.sampled_from(["", "Z", "z", " UTC", "+00:00", "-00:00", "+0700", "+07", "+23:59", "-23:59", "+24:00"]),
        st.builds("{}{:02}:{:02}".format, st.sampled_from("+-"), st.integers(0, 25), st.integers(0, 61)),
    ),
)


@settings(max_examples=1_000, deadline=None)
@given(st.one_of(ISO_DATES, st.from_regex(fields._ISO, fullmatch=True)))
@example("2024-11-10T24:00:00Z")
@example("2016-12-31T23:59:60Z")
@example("2016-12-31T23:59:61Z")
@example("0001-01-01T00:00:00+07:00")
@example("9999-12-31T23:59:59-07:00")
@example("0000-01-01T00:00:00Z")
@example("2024-11-10T00:00:00+07:60")
@example("2024-02-29T00:00:00.043000+14:00")
def test_the_fast_way_reads_a_date_as_the_careful_way_does(written: str) -> None:
    try:
        fast = fields.date(written, BANGKOK)
    except PostError:
        fast = None
    slow = carefully(written)
    assert fast == slow
    assert fast is None or (fast.tzinfo is UTC and fast.isoformat() == (slow or fast).isoformat())


def test_the_fast_way_is_the_way_of_nearly_every_date() -> None:
    scraped = ["2024-11-10T10:26:23.043Z", "2024-11-10T10:26:23Z", "2024-11-10T17:26:23+07:00"]
    assert all(fields._ISO.fullmatch(written) for written in scraped)


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("2024-11-10-title.md", utc(2024, 11, 9, 17)),
        ("en/news/_posts/2024-1-2-title.md", utc(2024, 1, 1, 17)),
        ("2024-11-10-ข่าว.md", utc(2024, 11, 9, 17)),
        ("2024-11-10.md", None),
        ("2024-13-10-title.md", None),
        ("2024-11-10-folder/title.md", None),
        ("no-2024-11-10-title.md", None),
        ("title.md", None),
    ],
)
def test_a_file_name_tells_its_date_as_jekyll_has_it(path: str, meant: datetime | None) -> None:
    assert fields.date_of_file(path, BANGKOK) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ("Yes", True),
        (" on ", True),
        ("1", True),
        ("FALSE", False),
        ("no", False),
        ("off", False),
        ("0", False),
    ],
)
def test_a_flag_is_yes_or_no_in_the_words_of_yaml(written: str, meant: bool) -> None:
    assert fields.flag(written, default=not meant) is meant


@pytest.mark.parametrize("written", [None, "", "perhaps", ["true"], {}])
@pytest.mark.parametrize("default", [True, False])
def test_a_flag_that_says_neither_is_its_default(written: Any, default: bool) -> None:
    assert fields.flag(written, default=default) is default


@pytest.mark.parametrize(
    ("written", "by_space", "meant"),
    [
        ("one two", True, ("one", "two")),
        ("one two", False, ("one two",)),
        ("one two, three", True, ("one two", "three")),
        (["one two", "one two", " three "], True, ("one two", "three")),
        (["one", None, ["two"], {"three": "3"}, ""], True, ("one",)),
        ({"one": "two"}, True, ()),
        (None, True, ()),
        ("", True, ()),
        (",,", False, ()),
    ],
)
def test_names_come_as_a_list_or_in_one_string(written: Any, by_space: bool, meant: tuple[str, ...]) -> None:
    assert fields.words(written, by_space=by_space) == meant


def test_names_are_limited_in_number_and_length() -> None:
    assert len(fields.words([f"name {number}" for number in range(1_000)])) == limits.LIST_ITEMS
    assert len(fields.authors([f"name {number}" for number in range(1_000)])) == limits.LIST_ITEMS
    assert len(fields.words(["x" * 10_000])[0]) == limits.ITEM_CHARS


@pytest.mark.parametrize(
    ("written", "by_space", "meant"),
    [
        ("World News", False, ("World News",)),
        ("Fish, Chips", False, ("Fish, Chips",)),
        ("world asia", True, ("world", "asia")),
        (["World", "WORLD", "world!", "Asia"], True, ("World", "Asia")),
        (["ข่าวต่างประเทศ", "!!!"], False, ("ข่าวต่างประเทศ",)),
        ("--", False, ()),
    ],
)
def test_of_categories_with_one_slug_the_first_counts(written: Any, by_space: bool, meant: tuple[str, ...]) -> None:
    assert fields.categories(written, by_space=by_space) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Mara Lind", ("Mara Lind",)),
        ("Lind, Mara", ("Lind, Mara",)),
        (["Mara Lind", "มาลี ใจดี", "Mara Lind"], ("Mara Lind", "มาลี ใจดี")),
        ({"name": "Mara Lind", "email": "mara@example.org"}, ("Mara Lind",)),
        ([{"name": "Mara Lind"}, "มาลี ใจดี", {"email": "x@example.org"}, ["nested"]], ("Mara Lind", "มาลี ใจดี")),
        (None, ()),
        ("", ()),
    ],
)
def test_authors_come_as_a_name_a_list_or_mappings(written: Any, meant: tuple[str, ...]) -> None:
    assert fields.authors(written) == meant


LOCAL = datetime(2024, 3, 9, 7, 5, tzinfo=BANGKOK)


@pytest.mark.parametrize(
    ("pattern", "filled"),
    [
        ("/about/", "/about/"),
        ("about.html", "about.html"),
        ("  /about/ ", "/about/"),
        ("/:title/", "/ferry-returns/"),
        ("/:slug.html", "/ferry-returns.html"),
        ("/:name:output_ext", "/ferry-returns.html"),
        ("/:categories/:title", "/world/south-asia/ferry-returns"),
        ("/:year/:month/:day/", "/2024/03/09/"),
        ("/:short_year/:i_month/:i_day/", "/24/3/9/"),
        ("/:hour:minute/", "/0705/"),
        ("/:nonsense/:title", "/:nonsense/ferry-returns"),
        ("//:title//x///", "/ferry-returns/x/"),
        ("https://blog.example.org//:year/:title", "https://blog.example.org/2024/ferry-returns"),
        ("https://blog.example.org:8000/:title", "https://blog.example.org:8000/ferry-returns"),
    ],
)
def test_a_permalink_has_its_places_filled(pattern: str, filled: str) -> None:
    categories = ("World", "South Asia")
    assert fields.permalink(pattern, "en/_posts/2024-3-9-ferry-returns.md", LOCAL, categories) == filled


def test_a_permalink_of_a_post_without_categories_has_no_empty_folder() -> None:
    assert fields.permalink("/:categories/:title/", "a.md", LOCAL, ()) == "/a/"


def test_a_permalink_of_a_post_without_a_date_keeps_those_places() -> None:
    assert fields.permalink("/:year/:title/", "_drafts/a.md", None, ()) == "/:year/a/"


@pytest.mark.parametrize(
    ("name", "filled"), [("c#", "/c%23/"), ("what?", "/what%3F/"), ("50%", "/50%25/"), (":year", "/:year/")]
)
def test_a_permalink_is_an_address_whatever_a_file_is_named(name: str, filled: str) -> None:
    assert fields.permalink("/:title/", f"2024-11-10-{name}.md", LOCAL, ()) == filled


@pytest.mark.parametrize("written", [None, "", "  ", ["/a/"], {"a": "/a/"}])
def test_a_permalink_that_is_no_text_is_none(written: Any) -> None:
    assert fields.permalink(written, "a.md", LOCAL, ()) is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("2024-11-10-some-title.md", "some-title"),
        ("news/2024-1-2-some-title.markdown", "some-title"),
        ("some-title.md", "some-title"),
        ("2024-11-10.md", "2024-11-10"),
        ("2024-11-10-folder/a.b.md", "a.b"),
        ("2024-11-10-ข่าว.md", "ข่าว"),
    ],
)
def test_the_name_of_a_file_is_without_its_date_and_its_ending(path: str, name: str) -> None:
    assert fields.slug_of_file(path) == name


@pytest.mark.parametrize(
    ("path", "folders"),
    [
        ("a.md", ()),
        ("world/a.md", ("world",)),
        ("World/South Asia/a.md", ("World", "South Asia")),
        ("world/asia/_posts/2024/11/a.md", ("world", "asia")),
        ("_posts/2024/a.md", ()),
        ("world/_drafts/a.md", ("world",)),
        ("world/asia/world/a.md", ("world", "asia")),
        ("!!!/ข่าว/a.md", ("ข่าว",)),
    ],
)
def test_the_folders_above_the_posts_are_categories(path: str, folders: tuple[str, ...]) -> None:
    assert fields.categories_of_folder(path) == folders


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://wire.example.com/a", "https://wire.example.com/a"),
        ("javascript:alert(1)", None),
        ("/relative", None),
        ("http://[", None),
        (["https://wire.example.com/a"], None),
        (None, None),
    ],
)
def test_an_address_is_absolute_http_or_left_out(written: Any, meant: str | None) -> None:
    assert fields.url(written) == meant


@pytest.mark.parametrize("written", [None, ["title"], {"title": "x"}])
def test_text_that_is_no_text_is_none(written: Any) -> None:
    assert fields.text(written, 10) == ""


def test_text_is_one_line_of_limited_length() -> None:
    assert fields.text(" two\n lines\x00 ", 100) == "two lines"
    assert len(fields.text("word " * 100, 20)) <= 20
