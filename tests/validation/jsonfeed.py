"""JSON Feed 1.1, beyond what its schema says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.validation.markup import html
from tests.validation.values import both, filled, language, media_type, plain, rfc3339, uri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.validation.rules import Report
    from tests.validation.values import Check

#: What the value of a member has to be, wherever it stands.
_VALUES: dict[str, Check] = {
    **dict.fromkeys(
        ("home_page_url", "feed_url", "next_url", "icon", "favicon", "url", "external_url", "avatar", "image"), uri
    ),
    "banner_image": uri,
    "title": both(filled, plain),
    "summary": filled,
    "content_html": both(filled, html),
    "content_text": filled,
    "date_published": rfc3339,
    "date_modified": rfc3339,
    "language": language,
    "mime_type": media_type,
}


def check(feed: dict[str, Any], location: str | None, report: Report) -> None:
    """Look at a feed in JSON."""
    for place, name, value in _members(feed, ""):
        if name in _VALUES and isinstance(value, str):
            report.take(place, _VALUES[name](value))
    if not feed.get("feed_url"):
        report.say("missing-self", "feed_url")
    elif location and feed["feed_url"] != location:
        report.say("self-elsewhere", "feed_url", feed["feed_url"])
    seen: set[str] = set()
    for number, item in enumerate(_dicts(feed.get("items")), 1):
        if str(item.get("id")) in seen:
            report.say("duplicate-id", f"items[{number}]", str(item.get("id")))
        seen.add(str(item.get("id")))


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _members(value: dict[str, Any], place: str) -> Iterator[tuple[str, str, Any]]:
    for name, member in value.items():
        # What an extension says is its own business.
        if name.startswith("_"):
            continue
        yield f"{place}{name}", name, member
        for number, each in enumerate(_dicts(member), 1):
            yield from _members(each, f"{place}{name}[{number}]/")
