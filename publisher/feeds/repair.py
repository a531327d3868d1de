"""The one extension that makes feedgen 1.0.0 say what the formats ask for.

feedgen drops every attribute but `href` of an Atom entry's links, writes only `rel=self` of an RSS channel's, puts
everybody's address into RSS `author`, and knows no pictures. Both extensions get the finished element and mend it.
"""

from __future__ import annotations

from html import escape
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

    document: FeedDocument

    def __init__(self) -> None:
        pass

    def extend_ns(self) -> dict[str, str]:
        """Declare the namespaces once, at the root."""
        return {"dc": DC, "media": MEDIA}

    def extend_rss(self, root: Any) -> Any:
        """Put the feed's own address and the page it belongs to after the description."""
        channel = root[0]
        position = channel.index(channel.find("description")) + 1
        own = {"href": self.document.url("rss"), "rel": "self", "type": TYPES["rss"]}
        home = {"href": self.document.home_url, "rel": "alternate", "type": "text/html"}
        for offset, attributes in enumerate((own, home)):
            channel.insert(position + offset, etree.Element(f"{{{ATOM}}}link", attributes))
        return root

    def extend_atom(self, root: Any) -> Any:
        """Nothing is wrong with the links of an Atom feed itself."""
        return root


class EntryRepair(BaseEntryExtension):  # type: ignore[misc] # feedgen has no types
    """Mends the item and the entry."""

    article: Article

    def __init__(self) -> None:
        pass

    def extend_ns(self) -> dict[str, str]:
        """Nothing beyond the feed's."""
        return {}

    def extend_rss(self, item: Any) -> Any:
        """Add what RSS itself has no element for: the authors' names, the origin, the picture."""
        if self.article.summary:
            # A description is HTML to those who read it; the summary is text.
            item.find("description").text = escape(self.article.summary, quote=False)
        for name in self.article.authors:
            _sub(item, f"{{{DC}}}creator").text = name
        if self.article.via:
            _sub(item, f"{{{ATOM}}}link", href=self.article.via, rel="via", type="text/html")
        self._picture(item)
        return item

    def extend_atom(self, entry: Any) -> Any:
        """Write the links anew with their attributes, the language, the picture."""
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
        if self.article.image:
            content = _sub(element, f"{{{MEDIA}}}content", url=self.article.image, medium="image")
            if self.article.credit:
                _sub(content, f"{{{MEDIA}}}credit").text = self.article.credit
            _sub(element, f"{{{MEDIA}}}thumbnail", url=self.article.image)


def _sub(parent: Any, name: str, **attributes: str) -> Any:
    return etree.SubElement(parent, name, attributes)
