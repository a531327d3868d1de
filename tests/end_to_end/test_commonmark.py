"""CommonMark's examples come out as its authors expect, apart from what sanitising must take away."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.build import post, rendered

if TYPE_CHECKING:
    from pathlib import Path

    from selectolax.lexbor import LexborNode

POST = post(origin_url="https://wire.example.com/2024/a", title="The ferry returns")
#: What sanitising takes away with everything in it, and the elements and attributes it lets stand; others go, and
#: leave what is in them. Addresses become absolute, and those with a scheme that leads nowhere go.
GONE = frozenset({"script", "style", "iframe", "textarea", "title", "head", "svg", "-comment", "!doctype"})
KEPT = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "a", "img", "em", "strong", "del", "b", "i", "code", "pre"})
KEPT |= {"blockquote", "ul", "ol", "li", "hr", "br", "table", "thead", "tbody", "tr", "td", "th", "div", "ins", "span"}
#: What is seen though nothing is in it; anything else that is empty goes, as does the rest of a link nobody has ended.
SEEN = frozenset({"img", "hr", "br", "td", "th"})
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}}
#: What is different, and why that is right or does not matter.
DIFFERENT = {161: "text that stands in no block, here behind an empty one that goes, becomes a paragraph"}
_SCHEME = re.compile(r"(?:https?:/|mailto:|tel:)", re.IGNORECASE)


def shape(html: str) -> list[str]:
    """List tags and text as a browser parses them, without what sanitising takes away."""
    parser = LexborHTMLParser(f"<!doctype html><body>{html}")
    body = parser.body
    assert body is not None
    found: list[str] = []
    for child in body.iter(include_text=True):
        _walk(child, found, pre=False)
    text = "".join(part if part[0] != "<" else f"\0{part}\0" for part in found if part)
    # White space between blocks, and at the ends of lines, is nobody's business; nor is it in an empty text.
    text = re.sub(r"\s*\0(<(?!/?(?:a|img|em|strong|del|b|i|code|ins|span)\b)[^\0]*)\0\s*", r"\0\1\0", text)
    return [part for part in text.strip().split("\0") if part.strip()]


def _walk(node: LexborNode, found: list[str], *, pre: bool) -> None:
    tag = str(node.tag)
    if tag == "-text":
        text = node.text_content or ""
        text = text if pre else re.sub(r"\s+", " ", text)
        found.append(text.replace("<", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}"))
        return
    if tag in GONE:
        return
    inner: list[str] = []
    for child in node.iter(include_text=True):
        _walk(child, inner, pre=pre or tag == "pre")
    if tag not in KEPT:
        found += inner
    elif tag in SEEN or "".join(inner).strip():
        found += [f"<{tag}{_attributes(tag, node.attributes)}>", *inner, f"</{tag}>"]


def _attributes(tag: str, attributes: dict[str, Any]) -> str:
    shown = ""
    for name in sorted(ATTRIBUTES.get(tag, set()) | {"title"}):
        if (value := attributes.get(name)) is None:
            continue
        if name in {"href", "src"}:
            value = unquote(urljoin(POST.origin_url or "", value))
            if not _SCHEME.match(value):
                continue
        shown += f" {name}={value!r}"
    return shown


def examples(corpus: Path) -> list[dict[str, Any]]:
    return list(json.loads((corpus / "hostile" / "commonmark.json").read_text("utf-8")))


def test_every_example_is_shown_as_expected_but_for_those_named_here(corpus: Path) -> None:
    found = {}
    for example in examples(corpus):
        html = rendered(POST, example["markdown"]).html
        if shape(html) != shape(example["html"]):
            found[example["number"]] = (example["markdown"], example["html"], html)
    if set(found) != set(DIFFERENT):
        pytest.fail(
            "\n".join(
                f"{number}: {found.get(number, 'is as expected now')}" for number in sorted(set(found) ^ set(DIFFERENT))
            )
        )
