"""One entry as RSS and as Atom.

feedgen 1.0.0 drops every attribute but `href` of an Atom entry's links, puts addresses into RSS `author`, writes an
enclosure without a length as `None`, and knows neither pictures nor translations. It does take an entry that writes
itself, and this is one: from an article straight to the element.
"""

from __future__ import annotations

from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING, Any

from feedgen.entry import FeedEntry
from lxml.etree import CDATA, Element, SubElement

from publisher.feeds.document import content, entry_links, picture, whole_second

if TYPE_CHECKING:
    from publisher.feeds.document import FeedDocument
    from publisher.model.post import Article

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"

_LINK, _UPDATED = f"{{{ATOM}}}link", f"{{{ATOM}}}updated"
_ENCODED = f"{{{CONTENT}}}encoded"
_CREATOR, _LANGUAGE, _RIGHTS = (f"{{{DC}}}{name}" for name in ("creator", "language", "rights"))
_PICTURE, _CREDIT, _THUMBNAIL = (f"{{{MEDIA}}}{name}" for name in ("content", "credit", "thumbnail"))
_NO_PERMALINK, _HTML = {"isPermaLink": "false"}, {"type": "html"}
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class Entry(FeedEntry):  # type: ignore[misc] # feedgen has no types
    """An article, which feedgen asks for its elements."""

    def __init__(self, article: Article, document: FeedDocument) -> None:
        self.article = article
        self.document = document
        self.links = entry_links(article)
        self.picture = picture(article)
        self.body = _html(content(article))
        self.published = whole_second(article.published)

    def register_extension(self, *_: Any, **__: Any) -> None:
        """Need none: feedgen offers an entry the extensions of its feed."""

    def rss_entry(self, extensions: bool = True) -> Any:  # noqa: ARG002 (feedgen's)
        """Write an item of RSS 2.0, as the RSS Advisory Board's best practices have it."""
        article, document = self.article, self.document
        item = Element("item")
        _text(item, "title", article.title)
        if article.link:
            _text(item, "link", article.link)
        says_more = article.html or article.summary
        body = self.body if document.full and says_more else None
        # A description is HTML to those who read it; the summary is text.
        if article.summary:
            _text(item, "description", escape(article.summary, quote=False))
        if body is not None:
            # The last, because readers that know both take whichever they find last; it shall be the whole report.
            _text(item, _ENCODED if article.summary else "description", body)
        # The element `author` asks for an address.
        for name in article.authors:
            _text(item, _CREATOR, name)
        for _, name in article.sections:
            _text(item, "category", name, {"domain": document.categories_scheme})
        for tag in article.tags:
            _text(item, "category", tag, {"domain": document.tags_scheme})
        _text(item, "guid", article.entry_id, _NO_PERMALINK)
        _text(item, "pubDate", format_datetime(self.published))
        if document.language is None:
            _text(item, _LANGUAGE, article.language)
        self._rarely_in_rss(item)
        self._picture(item)
        return item

    def _rarely_in_rss(self, item: Any) -> None:
        article, extras = self.article, self.article.extras
        if article.updated != article.published:
            _text(item, _UPDATED, whole_second(article.updated).isoformat())
        if extras.replies:
            _text(item, "comments", extras.replies)
        # One at most: readers know no second, and it has to say its length.
        for each in [each for each in extras.enclosures if each.length is not None][:1]:
            SubElement(item, "enclosure", {"url": each.url, "length": str(each.length), "type": each.type})
        if extras.source:
            _text(item, "source", extras.source.title, {"url": extras.source.url})
        if extras.rights:
            _text(item, _RIGHTS, extras.rights)
        for attributes in self.links:
            if attributes["rel"] == "via" or article.translations:
                SubElement(item, _LINK, attributes)

    def atom_entry(self, extensions: bool = True) -> Any:  # noqa: ARG002 (feedgen's)
        """Write an entry of Atom 1.0 (RFC 4287 section 4.1.2)."""
        article, document = self.article, self.document
        entry = Element("entry", {_XML_LANG: article.language})
        _text(entry, "id", article.entry_id)
        _text(entry, "title", article.title)
        _text(entry, "updated", whole_second(article.updated).isoformat())
        _text(entry, "published", self.published.isoformat())
        for attributes in self.links:
            SubElement(entry, "link", attributes)
        for name in article.authors:
            _text(SubElement(entry, "author"), "name", name)
        for _, name in article.sections:
            SubElement(entry, "category", {"term": name, "scheme": document.categories_scheme})
        for tag in article.tags:
            SubElement(entry, "category", {"term": tag, "scheme": document.tags_scheme})
        # An entry that is a title only says it twice rather than nothing.
        summary = article.summary or ("" if document.full or not article.link else article.title)
        if summary:
            # Text that looks like markup is taken for it by half of the readers, unless it says that it is not.
            html = escape(summary, quote=False)
            _text(entry, "summary", html, _HTML if html != summary else None)
        # Without a page to go to there has to be a content (section 4.1.2).
        if document.full or not article.link:
            _text(entry, "content", self.body, _HTML)
        self._rarely_in_atom(entry)
        self._picture(entry)
        return entry

    def _rarely_in_atom(self, entry: Any) -> None:
        extras = self.article.extras
        for each in extras.enclosures:
            said = {"href": each.url, "rel": "enclosure", "type": each.type}
            said |= {"length": str(each.length)} if each.length is not None else {}
            SubElement(entry, "link", said | ({"title": each.title} if each.title else {}))
        if extras.rights:
            _text(entry, "rights", extras.rights)
        if extras.source:
            source = SubElement(entry, "source")
            _text(source, "id", extras.source.url)
            _text(source, "title", extras.source.title)
            _text(source, "updated", whole_second(self.article.updated).isoformat())
            SubElement(source, "link", {"href": extras.source.url, "rel": "self"})

    def _picture(self, element: Any) -> None:
        """Add the picture as Media RSS, after the content: before it, some take its credit for that."""
        if said := self.picture:
            shown = SubElement(element, _PICTURE, said)
            if self.article.credit:
                _text(shown, _CREDIT, self.article.credit)
            small = {name: value for name, value in said.items() if name in {"url", "width", "height"}}
            SubElement(element, _THUMBNAIL, small)


def _html(body: str) -> Any:
    """Let HTML stand as it is where it can: a quarter of the bytes and most of the time go into escaping it."""
    return body if "]]>" in body or "\r" in body else CDATA(body)


def _text(parent: Any, name: str, text: Any, attributes: dict[str, str] | None = None) -> Any:
    element = SubElement(parent, name, attributes)
    element.text = text
    return element
