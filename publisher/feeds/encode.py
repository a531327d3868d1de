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
    encoded = xml.build(document) if {"rss", "atom"} & set(formats) else {}
    if "json" in formats:
        encoded["json"] = jsonfeed.build(document)
    return {extension: encoded[extension] for extension in TYPES if extension in formats}


def within(document: FeedDocument, formats: Collection[str], max_bytes: int) -> tuple[FeedDocument, dict[str, bytes]]:
    """Write a feed with as many of its entries as fit, one at least; the same ones in all formats."""
    while True:
        encoded = encode(document, formats)
        largest, count = max(map(len, encoded.values())), len(document.entries)
        if largest <= max_bytes or count <= 1:
            return document, encoded
        # Down to what should fit; a guess that is still too large is followed by another.
        keep = max(1, min(count - 1, count * max_bytes // largest))
        history = replace(document.history, complete=False) if document.history else None
        document = replace(document, entries=document.entries[:keep], history=history)
