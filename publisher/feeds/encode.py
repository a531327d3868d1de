"""A feed in all its formats, within its budget of bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from publisher.feeds import jsonfeed, xml
from publisher.feeds.document import TYPES

if TYPE_CHECKING:
    from collections.abc import Collection

    from publisher.feeds.document import FeedDocument


def encode(document: FeedDocument, formats: Collection[str]) -> dict[str, bytes]:
    """Write a feed as bytes, by the extension of each format."""
    encoded = xml.build(document, formats) if {"rss", "atom"} & set(formats) else {}
    if "json" in formats:
        encoded["json"] = jsonfeed.build(document)
    return {extension: encoded[extension] for extension in TYPES if extension in formats}


def within(document: FeedDocument, formats: Collection[str], max_bytes: int) -> tuple[FeedDocument, dict[str, bytes]]:
    """Write a feed with as many of its entries as fit, one at least; the same ones in all formats."""
    encoded = encode(document, formats)
    if _fits(encoded, max_bytes) or len(document.entries) <= 1:
        return document, encoded
    # As many as `most` do not fit, and one always does.
    least, most = 1, len(document.entries)
    best = _first(document, least)
    encoded = encode(best, formats)
    while most - least > 1:
        middle = (least + most) // 2
        tried = _first(document, middle)
        written = encode(tried, formats)
        if _fits(written, max_bytes):
            least, best, encoded = middle, tried, written
        else:
            most = middle
    return best, encoded


def _fits(encoded: dict[str, bytes], max_bytes: int) -> bool:
    return all(len(content) <= max_bytes for content in encoded.values())


def _first(document: FeedDocument, count: int) -> FeedDocument:
    history = replace(document.history, complete=False) if document.history else None
    return replace(document, entries=document.entries[:count], history=history)
