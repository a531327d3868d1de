"""What few posts say in their front matter: enclosures, the size of a picture, rights, comments, a source."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from publisher.content import fields, limits
from publisher.model.post import NO_EXTRAS, Enclosure, Extras, Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from publisher.content.sources import Source

#: A media type without parameters (RFC 6838 section 4.2).
_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_MOST = 20
#: What no picture is larger than, in pixels, and no file, in bytes.
_PIXELS = 100_000
_BYTES = 2**53


def of(get: Callable[[str], Any], source: Source) -> Extras:
    """Read them; what is malformed is left out, as if it were not there."""
    enclosure, rights, replies, origin = map(get, ("enclosure", "rights", "replies", "source"))
    image_alt, correction = map(get, ("image_alt", "correction"))
    # Nearly every picture is an address and no more.
    image = image if isinstance(image := get("image"), dict) else None
    said = enclosure or image or rights or replies or origin or image_alt or correction
    if not (said or source.origin):
        return NO_EXTRAS
    found = Extras(
        enclosures=tuple(_enclosures(enclosure)),
        image_size=_size(image) if image else None,
        rights=fields.text(rights, limits.DESCRIPTION_CHARS) or None,
        # Jekyll themes write `comments: true`, which names no page.
        replies=fields.url(replies),
        source=_origin(origin) or source.origin,
        image_alt=fields.text(image_alt or (image or {}).get("alt"), limits.DESCRIPTION_CHARS) or None,
        correction=fields.text(correction, limits.DESCRIPTION_CHARS) or None,
    )
    return found if found != NO_EXTRAS else NO_EXTRAS


def _enclosures(value: Any) -> Iterator[Enclosure]:
    for each in (value if isinstance(value, list) else [value])[:_MOST]:
        if isinstance(each, dict):
            url = fields.url(each.get("url") or each.get("src"))
            kind = str(each.get("type") or each.get("mime_type") or "").strip().lower()
            if url and _TYPE.fullmatch(kind):
                length = _whole(each.get("length") or each.get("size"), _BYTES)
                yield Enclosure(url, kind, length, fields.text(each.get("title"), limits.TITLE_CHARS) or None)


def _size(image: dict[str, Any]) -> tuple[int, int] | None:
    width, height = _whole(image.get("width"), _PIXELS), _whole(image.get("height"), _PIXELS)
    return (width, height) if width and height else None


def _origin(value: Any) -> Origin | None:
    if not isinstance(value, dict):
        return None
    url = fields.url(value.get("url") or value.get("feed"))
    return (
        Origin(fields.text(value.get("title"), limits.TITLE_CHARS) or str(urlsplit(url).hostname), url) if url else None
    )


def _whole(value: Any, largest: int) -> int | None:
    """Take a whole number, which YAML gives us as text."""
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 16 and int(text) <= largest else None
