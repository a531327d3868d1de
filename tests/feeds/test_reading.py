"""Feeds read back say what the document said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from publisher.feeds import reading
from publisher.feeds.encode import encode
from publisher.model.notice import Shown
from tests.build import article
from tests.feeds.test_xml import document

LATER = datetime(2024, 11, 10, 11, 0, tzinfo=UTC)
EVERY = document(article("A1", title="1 < 2 & ข่าว", updated=LATER), article("A2", link=None, via=None))


@pytest.mark.parametrize("feed_format", ["rss", "atom", "json"])
def test_every_format_comes_back_alike(feed_format: str) -> None:
    content = encode(EVERY, ("rss", "atom", "json"))[feed_format]
    assert reading.read(content, feed_format) == [
        Shown(id=each.entry_id, title=each.title, link=each.link, published=each.published, updated=each.updated)
        for each in EVERY.entries
    ]


@pytest.mark.parametrize(
    ("feed_format", "content"),
    [
        ("rss", b""),
        ("rss", b"<rss><channel><item><title>x</title></item></channel></rss>"),
        ("rss", b"<rss><channel><item><guid>x</guid><title>x</title><pubDate>soon</pubDate></item></channel></rss>"),
        ("atom", b"<feed"),
        ("atom", b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>x</id></entry></feed>'),
        ("json", b"{}"),
        ("json", b"[1]"),
        ("json", b'{"items": [{"id": "x"}]}'),
        ("json", b'{"items": [7]}'),
        ("json", b"\xff"),
    ],
)
def test_what_is_no_feed_is_refused(feed_format: str, content: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        reading.read(content, feed_format)
