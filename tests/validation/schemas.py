"""The two schemas that lie here as files: RELAX NG for Atom, JSON Schema for JSON Feed."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped] # it ships no types
from lxml import etree

from tests.validation.values import language, rfc3339, uri

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = Path(__file__).parent
#: The formats of the schema, which is silent about them unless it is told what they mean.
_FORMATS = {"uri": uri, "date-time": rfc3339, "language": language}


@functools.cache
def _atom() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(str(_HERE / "atom.rng")))


@functools.cache
def _json() -> Any:
    schema = json.loads((_HERE / "jsonfeed.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    formats = jsonschema.FormatChecker(formats=())
    for name, check in _FORMATS.items():
        # Whether a date is plausible is for the lint to say.
        formats.checks(name)(
            lambda value, check=check: not [rule for rule, _ in check(str(value)) if rule.startswith("invalid")]
        )
    return jsonschema.Draft202012Validator(schema, format_checker=formats)


def atom(root: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield where and how an Atom document breaks its grammar."""
    schema = _atom()
    if not schema.validate(root):
        for entry in schema.error_log:
            yield f"line {entry.line}", entry.message


def json_feed(document: Any) -> Iterator[tuple[str, str]]:
    """Yield where and how a JSON Feed breaks its schema."""
    for error in _json().iter_errors(document):
        yield "/".join(str(step) for step in error.absolute_path) or ".", error.message
