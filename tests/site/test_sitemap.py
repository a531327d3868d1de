"""The sitemap: absolute addresses, in order, in files no larger than the protocol allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from lxml import etree

from publisher.site.sitemap import build

SITE_URL = "https://news.example.org/"
MOMENT = datetime(2024, 11, 10, 17, 26, 5, 999, tzinfo=timezone(timedelta(hours=7)))


def entries(content: bytes) -> list[tuple[str | None, str | None]]:
    root = etree.fromstring(content)
    return [(entry.findtext("{*}loc"), entry.findtext("{*}lastmod")) for entry in root]


def test_addresses_are_absolute_and_encoded_and_dates_in_utc() -> None:
    files = build(SITE_URL, [("index.html", MOMENT), ("feeds/th/วัฒนธรรม.html", None), ("feeds/a&b.html", None)])
    assert list(files) == ["sitemap.xml"]
    assert entries(files["sitemap.xml"]) == [
        ("https://news.example.org/feeds/a%26b.html", None),
        (
            "https://news.example.org/feeds/th/%E0%B8%A7%E0%B8%B1%E0%B8%92%E0%B8%99%E0%B8%98%E0%B8%A3%E0%B8%A3%E0%B8%A1.html",
            None,
        ),
        (SITE_URL, "2024-11-10T10:26:05Z"),
    ]


def test_more_pages_than_a_file_may_have_make_several_with_an_index() -> None:
    later = MOMENT + timedelta(days=1)
    pages = [(f"feeds/{number}.html", MOMENT if number else later) for number in range(4)] + [("feeds/x.html", None)]
    files = build(SITE_URL, pages, limit=2)
    assert list(files) == ["sitemap-1.xml", "sitemap-2.xml", "sitemap-3.xml", "sitemap.xml"]
    assert entries(files["sitemap.xml"]) == [
        (f"{SITE_URL}sitemap-1.xml", "2024-11-11T10:26:05Z"),
        (f"{SITE_URL}sitemap-2.xml", "2024-11-10T10:26:05Z"),
        (f"{SITE_URL}sitemap-3.xml", None),
    ]
    assert [len(entries(files[f"sitemap-{number}.xml"])) for number in (1, 2, 3)] == [2, 2, 1]
    assert etree.fromstring(files["sitemap.xml"]).tag.endswith("}sitemapindex")


def test_as_many_pages_as_a_file_may_have_stay_in_one() -> None:
    assert list(build(SITE_URL, [("a.html", None), ("b.html", None)], limit=2)) == ["sitemap.xml"]


def test_the_order_of_pages_and_the_clock_make_no_difference() -> None:
    pages = [("b.html", MOMENT), ("a.html", MOMENT.astimezone(UTC))]
    assert build(SITE_URL, pages) == build(SITE_URL, pages[::-1])


def test_a_site_without_pages_has_an_empty_sitemap() -> None:
    assert entries(build(SITE_URL, [])["sitemap.xml"]) == []
