"""JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from publisher.feeds.document import content, whole_second

if TYPE_CHECKING:
    from publisher.feeds.document import FeedDocument
    from publisher.model.post import Article


def build(document: FeedDocument) -> bytes:
    """Write a feed as JSON; the same document gives the same bytes."""
    history = document.history
    withdrawn = [
        {"id": tombstone.entry_id, "when": whole_second(tombstone.when).isoformat()}
        for tombstone in document.tombstones
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": document.title,
        "home_page_url": document.home_url,
        "feed_url": document.url("json"),
        "description": document.description,
        "next_url": f"{history.older}.json" if history and history.older else None,
        "icon": document.icon or document.logo,
        "favicon": document.icon,
        "authors": [{"name": document.author.name}],
        "language": document.language,
        "hubs": [{"type": "WebSub", "url": hub} for hub in document.hubs] or None,
        "_publisher": _said({"rights": document.rights, "withdrawn": withdrawn or None}) or None,
        "items": [_item(article, full=document.full) for article in document.entries],
    }
    return (json.dumps(_said(feed), ensure_ascii=False) + "\n").encode()


def _item(article: Article, *, full: bool) -> dict[str, Any]:
    extras = article.extras
    attachments = [
        _said({"url": each.url, "mime_type": each.type, "title": each.title, "size_in_bytes": each.length})
        for each in extras.enclosures
    ]
    own = {
        "translations": [{"language": each.language, "url": each.url} for each in article.translations] or None,
        "rights": extras.rights,
        "replies": extras.replies,
        "source": {"title": extras.source.title, "url": extras.source.url} if extras.source else None,
        "credit": article.credit,
    }
    return _said(
        {
            "id": article.entry_id,
            "url": article.link,
            "external_url": article.via,
            "title": article.title,
            "content_html": content(article) if full else None,
            # One of the two there has to be.
            "content_text": None if full else article.summary or article.title,
            "summary": article.summary or None,
            "image": article.image,
            "date_published": whole_second(article.published).isoformat(),
            "date_modified": whole_second(article.updated).isoformat(),
            "authors": [{"name": name} for name in article.authors] or None,
            "tags": [*(name for _, name in article.sections), *article.tags] or None,
            "language": article.language,
            "attachments": attachments or None,
            "_publisher": _said(own) or None,
        }
    )


def _said(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
