"""The one extension that makes feedgen 1.0.0 say what the formats ask for.

feedgen drops every attribute but `href` of an Atom entry's links, writes only `rel=self` of an RSS channel's, puts
everybody's address into RSS `author`, and knows no pictures. Both extensions get the finished element and mend it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from lxml import etree

from publisher.feeds.document import TYPES

if TYPE_CHECKING:
    from publisher.feeds.document import FeedDocument
    from publisher.model.post import Article

ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class FeedRepair(BaseExtension):  # type: ignore[misc] # feedgen has no types
    """Mends the channel and the feed element."""

    def __init__(self) -> None:
        self.document: FeedDocument | None = None

    def extend_ns(self) -> dict[str, str]:
        """Declare the namespaces once, at the root."""
        return {"dc": DC, "media": MEDIA}

    def extend_rss(self, root: Any) -> Any:
        """Put the links after the description: where else this feed is, and in which formats."""
        channel = root[0]
        for link in channel.findall(f"{{{ATOM}}}link"):
            channel.remove(link)
        if self.document is not None:
            position = channel.index(channel.find("description")) + 1
            for offset, attributes in enumerate(_feed_links(self.document, "rss")):
                channel.insert(position + offset, etree.Element(f"{{{ATOM}}}link", attributes))
        return root

    def extend_atom(self, root: Any) -> Any:
        """Nothing is wrong with the links of an Atom feed itself."""
        return root


def _feed_links(document: FeedDocument, own: str) -> list[dict[str, str]]:
    links = [{"href": document.url(own), "rel": "self", "type": TYPES[own]}]
    links.append({"href": document.home_url, "rel": "alternate", "type": "text/html"})
    return links


class EntryRepair(BaseEntryExtension):  # type: ignore[misc] # feedgen has no types
    """Mends the item and the entry."""

    def __init__(self) -> None:
        self.article: Article | None = None

    def extend_ns(self) -> dict[str, str]:
        """Nothing beyond the feed's."""
        return {}

    def extend_rss(self, item: Any) -> Any:
        """Add what RSS itself has no element for: the authors' names, the origin, the picture."""
        if self.article is None:
            return item
        for name in self.article.authors:
            _sub(item, f"{{{DC}}}creator").text = name
        if self.article.via:
            _sub(item, f"{{{ATOM}}}link", href=self.article.via, rel="via", type="text/html")
        self._picture(item)
        return item

    def extend_atom(self, entry: Any) -> Any:
        """Write the links anew with their attributes, the language, the picture."""
        if self.article is None:
            return entry
        entry.set(_XML_LANG, self.article.language)
        for link in entry.findall("link"):
            entry.remove(link)
        position = entry.index(entry.find("updated")) + 1
        for rel, href in (("via", self.article.via), ("alternate", self.article.link)):
            if href:
                entry.insert(position, etree.Element("link", href=href, rel=rel, type="text/html"))
        self._picture(entry)
        return entry

    def _picture(self, element: Any) -> None:
        if self.article is not None and self.article.image:
            _sub(element, f"{{{MEDIA}}}content", url=self.article.image, medium="image")
            _sub(element, f"{{{MEDIA}}}thumbnail", url=self.article.image)


def _sub(parent: Any, name: str, **attributes: str) -> Any:
    return etree.SubElement(parent, name, attributes)
