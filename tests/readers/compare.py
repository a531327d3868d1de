"""Where a reader and the store disagree, and what no reader could be asked to agree on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import lxml.etree
import lxml.html

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.readers.seen import Entry, Seen

#: In the order of the table's columns.
FIELDS = ("id", "title", "link", "published", "updated", "content")


@dataclass(frozen=True, kw_only=True, slots=True)
class Disagreement:
    """One thing that a reader saw otherwise than the store has it."""

    reader: str
    path: str
    entry: str
    field: str
    seen: object
    expected: object


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """What a format or a reader cannot keep of a field, and why that is none of the feed's doing."""

    readers: tuple[str, ...]
    formats: tuple[str, ...]
    field: str
    #: Makes comparable what the reader saw and what the store has; None if the reader may leave the field out.
    alike: Callable[[str], str] | None
    reason: str


def _tree(html: str) -> str:
    """Write HTML so that only another document differs: quotes, the order of attributes, `<br />` do not count."""
    return lxml.etree.tostring(lxml.html.fromstring(f"<div>{html}</div>"), method="c14n").decode()


def _no_id(link: str) -> str:
    return "" if link.startswith("tag:") else link


_FEEDPARSER = ("feedparser", "reader")

LIMITS = (
    Limit(
        readers=_FEEDPARSER,
        formats=("rss", "atom"),
        field="content",
        alike=_tree,
        reason="it sanitises HTML and writes it anew: attributes sorted, empty elements closed",
    ),
    Limit(
        readers=_FEEDPARSER,
        formats=("atom",),
        field="link",
        alike=_no_id,
        reason="the id of an entry without a link is taken for its link, tag: or not",
    ),
    Limit(
        readers=("feedparser", "reader", "atoma", "fastfeedparser", "feedsmith", "rss-parser", "sfeed", "newsboat"),
        formats=("rss",),
        field="updated",
        alike=None,
        reason="RSS 2.0 has no date of change; some see atom:updated, and then see it right",
    ),
    Limit(
        readers=("rss-parser", "sfeed", "newsboat"),
        formats=("atom",),
        field="updated",
        alike=None,
        reason="it keeps one date an entry, and that is when it was published",
    ),
)


def _differing(seen: Seen, field: str, saw: Any, ought: Any) -> tuple[object, object] | None:
    """Give what was seen and what ought to be seen, both as far as they can be told; None if they are alike."""
    if ought is None:
        return None
    for limit in LIMITS:
        if limit.field == field and seen.reader in limit.readers and seen.path.suffix[1:] in limit.formats:
            if limit.alike is None and saw is None:
                return None
            if limit.alike is not None and saw is not None:
                saw, ought = limit.alike(saw), limit.alike(ought)
    if isinstance(ought, datetime):
        # RFC 822 knows no fractions of a second.
        ought = ought.astimezone(UTC).replace(microsecond=0)
    # Readers say nothing or an empty text where there is none.
    return None if (saw or None) == (ought or None) else (saw, ought)


def compare(seen: Seen, expected: Sequence[Entry]) -> list[Disagreement]:
    """List what a reader saw otherwise than it ought to."""
    path = "/".join(seen.path.parts[-3:])

    def differ(entry: str, field: str, saw: object, ought: object) -> Disagreement:
        return Disagreement(reader=seen.reader, path=path, entry=entry, field=field, seen=saw, expected=ought)

    if seen.trouble:
        return [differ("", "count", seen.trouble, f"{len(expected)} entries")]
    saw, ought = (Counter(each.id for each in entries) for entries in (seen.entries, expected))
    found = [differ("", "count", saw.total(), ought.total())] if saw.total() != ought.total() else []
    found += [
        differ(str(each), "id", saw[each], ought[each])
        for each in sorted(saw | ought, key=str)
        if saw[each] != ought[each]
    ]
    by_id = {entry.id: entry for entry in seen.entries}
    for entry in expected:
        if entry.id in by_id:
            found += [
                differ(str(entry.id), field, *values)
                for field in FIELDS[1:]
                if (values := _differing(seen, field, getattr(by_id[entry.id], field), getattr(entry, field)))
            ]
    return found
