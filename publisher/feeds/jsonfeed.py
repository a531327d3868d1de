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
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": document.title,
        "home_page_url": document.home_url,
        "feed_url": document.url("json"),
        "description": document.description,
        "authors": [_without_none({"name": document.author.name})],
        "language": document.language,
        "items": [_item(article) for article in document.entries],
    }
    return (json.dumps(_without_none(feed), ensure_ascii=False) + "\n").encode()


def _item(article: Article) -> dict[str, Any]:
    return _without_none(
        {
            "id": article.entry_id,
            "url": article.link,
            "external_url": article.via,
            "title": article.title,
            "content_html": content(article),
            "summary": article.summary or None,
            "image": article.image,
            "date_published": whole_second(article.published).isoformat(),
            "date_modified": whole_second(article.updated).isoformat(),
            "authors": [{"name": name} for name in article.authors] or None,
            "tags": [*(name for _, name in article.sections), *article.tags] or None,
            "language": article.language,
        }
    )


def _without_none(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
