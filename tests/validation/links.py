"""The links of a feed together: which has to be there, which may not, and where they lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.validation.tables import ATOM

if TYPE_CHECKING:
    from lxml import etree

    from tests.validation.rules import Report

_FEEDS = {"application/atom+xml", "application/rss+xml", "application/rdf+xml"}
_HISTORY = {"first", "last", "next", "previous", "prev-archive", "next-archive"}
_FH = "http://purl.org/syndication/history/1.0"


def of_feed(feed: etree._Element, location: str | None, report: Report, place: str) -> None:
    """Look at the links of a channel or a feed."""
    links = feed.findall(f"{{{ATOM}}}link")
    own = [link for link in links if link.get("rel") == "self"]
    if not own:
        report.say("missing-self", place)
    for link in own:
        if location and link.get("href") != location:
            report.say("self-elsewhere", place, f"{link.get('href')}, not {location}")
        if (link.get("type") or "application/atom+xml").partition(";")[0] not in _FEEDS:
            report.say("self-no-feed", place, str(link.get("type")))
    _alternates(links, report, place)
    _replies(links, report, place)
    _history(feed, {str(link.get("rel")): str(link.get("href")) for link in links}, report, place)


def of_entry(entry: etree._Element, report: Report, place: str) -> None:
    """Look at the links of an item or an entry."""
    links = entry.findall(f"{{{ATOM}}}link")
    _alternates(links, report, place)
    _replies(links, report, place)
    for link in links:
        if link.get("rel") in _HISTORY | {"current"}:
            report.say("history-link-in-entry", place, str(link.get("rel")))


def _alternates(links: list[etree._Element], report: Report, place: str) -> None:
    kinds = [(link.get("type"), link.get("hreflang")) for link in links if link.get("rel", "alternate") == "alternate"]
    for kind in sorted({kind for kind in kinds if kinds.count(kind) > 1}, key=str):
        report.say("duplicate-alternate", place, str(kind))


def _replies(links: list[etree._Element], report: Report, place: str) -> None:
    for link in links:
        if link.get("rel") != "replies" and any("thread/1.0}" in str(name) for name in link.attrib):
            report.say("unexpected-attribute", place, "RFC 4685 says it of replies only")


def _history(feed: etree._Element, links: dict[str, str], report: Report, place: str) -> None:
    complete = feed.find(f"{{{_FH}}}complete") is not None
    if complete:
        for rel in sorted(_HISTORY & links.keys()):
            report.say("complete-feed-link", place, rel)
        if links.get("current", links.get("self")) != links.get("self"):
            report.say("complete-feed-link", place, "current")
    elif feed.find(f"{{{_FH}}}archive") is not None:
        if "current" not in links:
            report.say("archive-links", place, "no current")
        if not {"prev-archive", "next-archive"} & links.keys():
            report.say("archive-links", place, "no archive beside it")
