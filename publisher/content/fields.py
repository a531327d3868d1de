"""Front matter's strings become dates, lists and addresses; what an editor may write is decided here."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime, timedelta, timezone
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from publisher.content import limits
from publisher.kit.text import clip, one_line
from publisher.kit.urls import web_url
from publisher.model.errors import PostError
from publisher.model.naming import slug

if TYPE_CHECKING:
    from datetime import tzinfo

#: Where front matter says what, unless the configuration says otherwise; the first key that has a value counts.
FIELDS: dict[str, tuple[str, ...]] = {
    "code": ("code", "id", "guid"),
    "title": ("title",),
    "description": ("description", "excerpt", "summary"),
    "date": ("date",),
    "updated": ("last_modified_at", "updated", "lastmod"),
    "language": ("language", "lang"),
    "category": ("category", "categories"),
    "tags": ("tags", "tag"),
    "author": ("author", "authors"),
    "origin_url": ("origin_url", "link"),
    "image": ("image",),
    "published": ("published",),
    "draft": ("draft",),
    "permalink": ("permalink",),
    "significant": ("significant",),
    "translation": ("translation_of", "translation_key", "translationKey"),
    "enclosure": ("enclosure", "enclosures", "attachments"),
    "rights": ("rights", "copyright", "license"),
    "replies": ("comments_url", "replies", "comments"),
    "source": ("source",),
    "image_alt": ("image_alt",),
    "correction": ("correction",),
}

_DATE = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:(?:[Tt]|\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<zone>[Zz]|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?"
)
#: What nearly every post has; Python reads it ten times as fast, and no other way. A test holds the two ways equal.
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3}(?:\d{3})?)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_PLACE = re.compile(r":([a-z_]+)")
_FILE_DATE = re.compile(r"(?:^|/)(\d{4}-\d{1,2}-\d{1,2})-[^/]+$")
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def text(value: Any, limit: int) -> str:
    """Take one line of text; a list, a mapping or nothing gives none."""
    return clip(one_line(value), limit) if isinstance(value, str) else ""


def date(value: Any, zone: tzinfo) -> datetime | None:
    """Read a date, with or without time and numeric zone; without a zone it is in the publication's.

    Raises PostError if it is there and is none.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str) and _ISO.fullmatch(value):
        with contextlib.suppress(ValueError, OverflowError):
            return datetime.fromisoformat(value).astimezone(UTC)
    match = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        moment = _moment(match.groupdict(), zone) if match else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        shown = clip(one_line(str(value)), 40)
        raise PostError(f"has a date that is none: {shown!r}; write 2024-11-10 or 2024-11-10T17:26:23+07:00")
    return moment


def _moment(part: dict[str, str | None], zone: tzinfo) -> datetime:
    return datetime(
        int(part["year"] or 0),
        int(part["month"] or 0),
        int(part["day"] or 0),
        int(part["hour"] or 0),
        int(part["minute"] or 0),
        # A leap second is the last of its minute.
        59 if part["second"] == "60" else int(part["second"] or 0),
        int((part["fraction"] or "0")[:6].ljust(6, "0")),
        tzinfo=_zone(part["zone"]) or zone,
    ).astimezone(UTC)


def _zone(written: str | None) -> tzinfo | None:
    if written is None:
        return None
    if written.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    digits = written[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if written[0] == "-" else offset)


def date_of_file(path: str, zone: tzinfo) -> datetime | None:
    """Read the date from a file name as Jekyll has it, `2024-11-10-some-title.md`."""
    match = _FILE_DATE.search(path)
    try:
        return date(match[1], zone) if match else None
    except PostError:
        return None


def flag(value: Any, *, default: bool) -> bool:
    """Read yes or no, in the words that YAML has for them."""
    word = value.strip().lower() if isinstance(value, str) else ""
    return True if word in _TRUE else False if word in _FALSE else default


def words(value: Any, *, by_space: bool = False) -> tuple[str, ...]:
    """Take a list of names: a YAML list, or one string with commas; Jekyll also separates by spaces."""
    if isinstance(value, str):
        value = value.split(",") if "," in value else value.split() if by_space else [value]
    if not isinstance(value, list):
        return ()
    # Scraped lists have `r&amp;d`.
    names = [
        text(unescape(item) if isinstance(item, str) else item, limits.ITEM_CHARS)
        for item in value[: limits.LIST_ITEMS]
    ]
    return tuple(dict.fromkeys(name for name in names if name))


def categories(value: Any, *, by_space: bool) -> tuple[str, ...]:
    """Take the categories: of several with one slug the first, and none without a letter."""
    if isinstance(value, str) and not by_space:
        value = [value]
    by_slug: dict[str, str] = {}
    for name in words(value, by_space=by_space):
        by_slug.setdefault(slug(name), name)
    by_slug.pop("", None)
    return tuple(by_slug.values())


def authors(value: Any) -> tuple[str, ...]:
    """Take the authors: a name, a list, or mappings with a `name`."""
    items = value if isinstance(value, list) else [value]
    names = [text(item.get("name") if isinstance(item, dict) else item, limits.ITEM_CHARS) for item in items]
    return tuple(dict.fromkeys(name for name in names[: limits.LIST_ITEMS] if name))


def permalink(pattern: Any, path: str, date: datetime | None, categories: tuple[str, ...]) -> str | None:
    """Fill the places of a Jekyll permalink, such as `/:categories/:year/:month/:title/`; None where there is none."""
    if not isinstance(pattern, str) or not pattern.strip():
        return None
    # What a file may be named and an address may not, such as `c#`, is escaped.
    name = quote(slug_of_file(path), safe="!$&'()*+,;=:@~")
    places = {
        "title": name,
        "slug": name,
        "name": name,
        "categories": "/".join(map(slug, categories)),
        "output_ext": ".html",
    }
    if date is not None:
        places |= {"year": f"{date:%Y}", "month": f"{date:%m}", "day": f"{date:%d}", "short_year": f"{date:%y}"}
        places |= {"i_month": str(date.month), "i_day": str(date.day), "hour": f"{date:%H}", "minute": f"{date:%M}"}
    filled = _PLACE.sub(lambda match: places.get(match[1], match[0]), pattern.strip())
    return re.sub(r"(?<!:)/{2,}", "/", filled)


def slug_of_file(path: str) -> str:
    """Take the name of a file without its date and its ending: `some-title` of `news/2024-11-10-some-title.md`."""
    return re.sub(r"^\d{4}-\d{1,2}-\d{1,2}-", "", path.rpartition("/")[2]).rpartition(".")[0]


def categories_of_folder(path: str) -> tuple[str, ...]:
    """Take the folders above `_posts` as categories, as Jekyll does, or else all folders of a path."""
    folders = path.split("/")[:-1]
    above = folders[: folders.index("_posts")] if "_posts" in folders else folders
    return tuple(dict.fromkeys(name for name in above if slug(name) and not name.startswith("_")))


def url(value: Any) -> str | None:
    """Take an absolute http or https URL; anything else is left out."""
    return web_url(value) if isinstance(value, str) else None
