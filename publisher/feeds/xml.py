"""RSS 2.0 and Atom 1.0 through feedgen: the only file that drives it.

feedgen flips the process's locale while it writes a date: feeds are built in one thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feedgen.feed import FeedGenerator

from publisher import __version__
from publisher.feeds.document import TYPES, content, whole_second
from publisher.feeds.repair import EntryRepair, FeedRepair

if TYPE_CHECKING:
    from publisher.feeds.document import FeedDocument
    from publisher.model.post import Article


def build(document: FeedDocument) -> dict[str, bytes]:
    """Write a feed as `rss` and as `atom`; the same document gives the same bytes.

    RSS 2.0 with the RSS Advisory Board's best practices; Atom 1.0 as in RFC 4287.
    """
    generator = _generator(document)
    for article in document.entries:
        _add(generator, article)
    generator.link(replace=True, href=document.home_url, rel="alternate", type="text/html")
    rss = generator.rss_str(pretty=False)
    generator.link(href=document.url("atom"), rel="self", type=TYPES["atom"])
    return {"rss": rss + b"\n", "atom": generator.atom_str(pretty=False) + b"\n"}


def _generator(document: FeedDocument) -> Any:
    generator = FeedGenerator()
    generator.register_extension("publisher", FeedRepair, EntryRepair)
    generator.publisher.document = document
    generator.id(document.id)
    generator.title(document.title)
    generator.description(document.description)
    generator.subtitle(document.description)
    generator.author(name=document.author.name, email=document.author.email)
    if document.language:
        generator.language(document.language)
    generator.generator("publisher", version=__version__)
    generator.docs("https://www.rssboard.org/rss-specification")
    updated = whole_second(document.updated)
    generator.updated(updated)
    generator.lastBuildDate(updated)
    if document.author.email:
        generator.managingEditor(f"{document.author.email} ({document.author.name})")
    return generator


def _add(generator: Any, article: Article) -> None:
    entry = generator.add_entry(order="append")
    entry.publisher.article = article
    entry.id(article.entry_id)
    entry.guid(article.entry_id, permalink=False)
    entry.title(article.title)
    if article.link:
        entry.link(href=article.link, rel="alternate")
    # In this order: summary() after content() leaves the content alone, description() would replace it.
    entry.content(content(article), type="html")
    entry.summary(article.summary or None)
    for slug, name in article.sections:
        # feedgen takes a label that is None for the name in RSS.
        entry.category({"term": name} if name == slug else {"term": name, "label": name})
    for tag in article.tags:
        entry.category(term=tag)
    # RSS `author` asks for an address; the names go into dc:creator.
    for name in article.authors:
        entry.author(name=name)
    entry.published(whole_second(article.published))
    entry.updated(whole_second(article.updated))
