"""RSS 2.0 and Atom 1.0 through feedgen: the only file that drives it.

feedgen flips the process's locale while it writes a date: feeds are built in one thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feedgen.ext.base import BaseExtension
from feedgen.feed import FeedGenerator
from lxml.etree import Element, ProcessingInstruction, SubElement

from publisher.feeds.document import picture_type, whole_second
from publisher.feeds.entry import ATOM, DC, MEDIA, Entry

if TYPE_CHECKING:
    from collections.abc import Collection

    from publisher.feeds.document import FeedDocument

HISTORY = "http://purl.org/syndication/history/1.0"
SYNDICATION = "http://purl.org/rss/1.0/modules/syndication/"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"

#: RSS has no other pictures than these.
_RSS_PICTURES = frozenset({"image/jpeg", "image/png", "image/gif"})

#: The longest period of which a whole number fits into an update's interval, with its minutes.
_PERIODS = (("hourly", 60), ("daily", 1440), ("weekly", 10_080), ("monthly", 43_200), ("yearly", 525_600))


def build(document: FeedDocument, formats: Collection[str] = ("rss", "atom")) -> dict[str, bytes]:
    """Write a feed as `rss`, as `atom`, or as both; the same document gives the same bytes.

    RSS 2.0 with the RSS Advisory Board's best practices; Atom 1.0 as in RFC 4287; history as in RFC 5005; tombstones
    as in RFC 6721.
    """
    generator = _generator(document)
    for article in document.entries:
        generator.add_entry(Entry(article, document), order="append")
    writers = {"rss": generator.rss_str, "atom": generator.atom_str}
    return {name: write(pretty=False) + b"\n" for name, write in writers.items() if name in formats}


def _generator(document: FeedDocument) -> Any:
    generator = FeedGenerator()
    generator.register_extension("channel", _Channel, atom=False)
    generator.register_extension("feed", _Feed, rss=False)
    generator.channel.document = generator.feed.document = document
    generator.id(document.id)
    generator.title(document.title)
    generator.link(href=document.home_url, rel="alternate", type="text/html", replace=True)
    generator.description(document.description)
    generator.subtitle(document.description)
    generator.author(name=document.author.name, email=document.author.email)
    generator.language(document.language)
    # Without its version: a new one is no news to any reader.
    generator.generator("publisher")
    generator.docs("http://www.rssboard.org/rss-specification")
    updated = whole_second(document.updated)
    generator.updated(updated)
    generator.lastBuildDate(updated)
    generator.rights(document.rights)
    generator.ttl(document.ttl)
    generator.icon(document.icon)
    if document.author.email:
        generator.managingEditor(f"{document.author.email} ({document.author.name})")
    return generator


class _Extension(BaseExtension):  # type: ignore[misc] # feedgen has no types
    """What both formats want: links with all their attributes, history, the style sheet."""

    document: FeedDocument

    def __init__(self) -> None:
        pass

    def extend_ns(self) -> dict[str, str]:
        """Declare at the root what is used, once."""
        return {"media": MEDIA} | ({"fh": HISTORY} if self.document.history else {})

    def _link(self, element: Any, after: str, name: str, feed_format: str) -> None:
        position = element.index(element.find(after)) + 1
        for offset, attributes in enumerate(self.document.links(feed_format)):
            element.insert(position + offset, Element(name, attributes))

    def _finish(self, root: Any, element: Any) -> None:
        history = self.document.history
        if history is not None and (history.current or history.complete):
            SubElement(element, f"{{{HISTORY}}}{'archive' if history.current else 'complete'}")
        if self.document.style:
            style = ProcessingInstruction("xml-stylesheet", f'type="text/css" href="{self.document.style}"')
            root.addprevious(style)


class _Channel(_Extension):
    """Mends the channel of RSS."""

    def extend_ns(self) -> dict[str, str]:
        """Declare at the root what is used, once."""
        return super().extend_ns() | {"dc": DC, "sy": SYNDICATION}

    def extend_rss(self, root: Any) -> Any:
        """Add the links, of which feedgen writes one, and how often it is worth to look."""
        channel = root[0]
        self._link(channel, "description", f"{{{ATOM}}}link", "rss")
        self._image(channel)
        period, frequency = how_often(self.document.ttl)
        SubElement(channel, f"{{{SYNDICATION}}}updatePeriod").text = period
        SubElement(channel, f"{{{SYNDICATION}}}updateFrequency").text = str(frequency)
        self._finish(root, channel)
        return root

    def _image(self, channel: Any) -> None:
        """Add a picture that RSS knows; feedgen would make it the logo of Atom as well."""
        document = self.document
        pictures = (url for url in (document.logo, document.icon) if url and picture_type(url) in _RSS_PICTURES)
        if picture := next(pictures, None):
            image = SubElement(channel, "image")
            for name, text in (("url", picture), ("title", document.title), ("link", document.home_url)):
                SubElement(image, name).text = text


class _Feed(_Extension):
    """Mends the feed element of Atom."""

    def extend_ns(self) -> dict[str, str]:
        """Declare at the root what is used, once."""
        return super().extend_ns() | ({"at": TOMBSTONES} if self.document.tombstones else {})

    def extend_atom(self, root: Any) -> Any:
        """Write the links anew, and what was withdrawn before the entries."""
        for link in root.findall("link"):
            root.remove(link)
        self._link(root, "updated", "link", "atom")
        if self.document.logo:
            SubElement(root, "logo").text = self.document.logo
        for tombstone in self.document.tombstones:
            when = whole_second(tombstone.when).isoformat()
            SubElement(root, f"{{{TOMBSTONES}}}deleted-entry", {"ref": tombstone.entry_id, "when": when})
        self._finish(root, root)
        return root


def how_often(minutes: int) -> tuple[str, int]:
    """Say an interval as `sy:updatePeriod` and `sy:updateFrequency`: so many times in a period."""
    for period, length in _PERIODS:
        if minutes <= length:
            return period, max(1, round(length / minutes))
    return "yearly", 1
