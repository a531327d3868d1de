"""The filters of Jekyll that posts use, and those of Liquid that need another hand here."""

from __future__ import annotations

import json
import re
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from publisher.content.jekyll.sandbox import Context

_MARKUP = re.compile(r"<[^<>]*>")
_ZONE = re.compile(r"\s+(?:UTC|([+-]\d\d):?(\d\d))$")
#: Of a format of dates, in characters.
_FORMAT_CHARS = 100


def shown(value: object) -> str:
    """Write a value as Liquid does; nothing of a mapping or a list, which would be Python's."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, range):
        return f"{value.start}..{value.stop - 1}"
    return "" if value is None or isinstance(value, dict | list | tuple) else str(value)


def _moment(value: object) -> datetime | None:
    """Read a date as Jekyll writes one; never the clock, which no output may depend on."""
    try:
        return datetime.fromisoformat(_ZONE.sub(r"\1\2", str(value).strip()))
    except ValueError:
        return None


def _date(value: object, form: object = "%Y-%m-%d") -> object:
    moment = _moment(value)
    if moment is None or len(str(form)) > _FORMAT_CHARS:
        return "" if str(value) in {"now", "today"} else value
    return moment.strftime(str(form))


def _xmlschema(value: object) -> object:
    moment = _moment(value)
    return value if moment is None else moment.isoformat()


def _rfc822(value: object) -> object:
    moment = _moment(value)
    return value if moment is None else format_datetime(moment)


def _where(value: object, key: str, wanted: object) -> object:
    """Choose items as Jekyll does: by what their property looks like."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return value
    return [item for item in value if isinstance(item, dict) and _matches(item.get(key), wanted)]


def _matches(found: object, wanted: object) -> bool:
    if isinstance(found, list):
        return any(shown(item) == shown(wanted) for item in found)
    return found is not None and shown(found) == shown(wanted)


def _uniq(value: Iterable[object]) -> list[object]:
    # Without comparing each with each: what is no plain value is the same only as itself.
    keys = ((type(item), item if isinstance(item, str | int | float) else id(item)) for item in value)
    return list(dict(zip(keys, value, strict=True)).values())


def _join(value: Iterable[object], separator: object = " ") -> str:
    return shown(separator).join(shown(item) for item in value)


def _sentence(value: Iterable[object], connector: str = "and") -> str:
    *most, last = [shown(item) for item in value] or [""]
    return f"{', '.join(most)}{',' if len(most) > 1 else ''} {connector} {last}" if most else last


def _slug(value: object, mode: object = "default") -> str:  # noqa: ARG001 (its modes differ in accents only)
    return re.sub(r"[\W_]+", "-", str(value).lower()).strip("-")


def _from_root(value: object, base: object = "") -> str:
    path = str(value)
    return path if "//" in path else f"{str(base).rstrip('/')}/{path.lstrip('/')}"


def _relative(value: object, *, context: Context) -> str:
    return _from_root(value, context.site.get("baseurl", ""))


def _absolute(value: object, *, context: Context) -> str:
    return _from_root(value, f"{context.site.get('url', '')}{context.site.get('baseurl', '')}")


# python-liquid asks a filter whether it wants these.
_relative.with_context = _absolute.with_context = True  # type: ignore[attr-defined]

FILTERS: dict[str, Callable[..., object]] = {
    "relative_url": _relative,
    "absolute_url": _absolute,
    "date": _date,
    "date_to_string": lambda value, *_: _date(value, "%d %b %Y"),
    "date_to_long_string": lambda value, *_: _date(value, "%d %B %Y"),
    "date_to_xmlschema": _xmlschema,
    "date_to_rfc822": _rfc822,
    "markdownify": lambda value: value,
    "smartify": lambda value: value,
    "slugify": _slug,
    "where": _where,
    "uniq": _uniq,
    "join": _join,
    "jsonify": lambda value: json.dumps(value, ensure_ascii=False, default=str),
    "xml_escape": lambda value: escape(shown(value)),
    "cgi_escape": lambda value: quote_plus(shown(value)),
    "uri_escape": lambda value: quote(shown(value), safe="/:?#[]@!$&'()*+,;=%"),
    "number_of_words": lambda value, *_: len(shown(value).split()),
    "array_to_sentence_string": _sentence,
    "normalize_whitespace": lambda value: " ".join(shown(value).split()),
    "strip_html": lambda value: _MARKUP.sub("", shown(value)),
}
