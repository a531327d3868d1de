"""What lists feeds and pages: OPML 2.0, and sitemaps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.validation.values import language, rfc822, uri

if TYPE_CHECKING:
    from lxml import etree

    from tests.validation.rules import Report

_SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
#: sitemaps.org: W3C Datetime, which may end after the year, the month, the day or the minute.
_W3C_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?")
_MOST_URLS = 50_000


def opml(root: etree._Element, _location: str | None, report: Report) -> None:
    """Look at a list of subscriptions."""
    if root.get("version") != "2.0":
        report.say("opml", "opml", "version is not 2.0")
    if not (root.findtext("head/title") or "").strip():
        report.say("opml", "head", "no title")
    for name in ("dateCreated", "dateModified"):
        for date in root.findall(f"head/{name}"):
            report.take(f"head/{name}", rfc822(date.text or ""))
    if root.find("body/outline") is None:
        report.say("opml", "body", "no outline")
    seen: set[str] = set()
    for number, outline in enumerate(root.iter("outline"), 1):
        _outline(outline, seen, report, f"outline[{number}]")


def _outline(outline: etree._Element, seen: set[str], report: Report, place: str) -> None:
    if not (outline.get("text") or "").strip():
        report.say("opml", place, "no text")
    address = outline.get("xmlUrl")
    if outline.get("type") == "rss":
        report.take(place, uri(address or ""))
        if address in seen:
            report.say("opml", place, f"{address} a second time")
        seen.add(str(address))
        if outline.get("htmlUrl"):
            report.take(place, uri(str(outline.get("htmlUrl"))))
    elif address:
        report.say("opml", place, "has an xmlUrl, but not the type rss")
    elif outline.find("outline") is None:
        report.say("opml", place, "an empty group")
    if outline.get("language"):
        report.take(place, language(str(outline.get("language"))))


def sitemap(root: etree._Element, location: str | None, report: Report) -> None:
    """Look at a sitemap: its addresses are of the host it lies on, and below its folder."""
    addresses = [(url.findtext(f"{_SITEMAP}loc") or "").strip() for url in root.findall(f"{_SITEMAP}url")]
    if not 0 < len(addresses) <= _MOST_URLS:
        report.say("sitemap", "urlset", f"{len(addresses):,} addresses")
    if len(set(addresses)) != len(addresses):
        report.say("sitemap", "urlset", "an address twice")
    hosts = {urlsplit(address).netloc for address in [*addresses, *([location] if location else [])]}
    if len(hosts) > 1:
        report.say("sitemap", "urlset", f"hosts: {', '.join(sorted(hosts))}")
    for number, address in enumerate(addresses, 1):
        report.take(f"url[{number}]", uri(address))
    for date in root.iter(f"{_SITEMAP}lastmod"):
        if not _W3C_DATE.fullmatch((date.text or "").strip()):
            report.say("invalid-date", "lastmod", date.text or "")
