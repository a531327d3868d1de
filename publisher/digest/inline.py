"""Style sheets move into style attributes, for the mail programs that read nothing else. The only user of premailer."""

from __future__ import annotations

import functools
import logging
import re
import sys
import threading
import types
from typing import TYPE_CHECKING, Any

from publisher.model.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Iterable

_IMPORT = re.compile(r"<style[^>]*>[^<]*@import", re.IGNORECASE)
#: premailer and cssutils keep state of their own: one caller at a time.
_LOCK = threading.Lock()


def inline(html: str, *, required: Iterable[str]) -> str:
    """Inline the style sheets of a page.

    Each text in `required` must stand in the result: the parser under premailer drops what is too long or too deep
    without a word. Raises TemplateError otherwise.
    """
    required = list(required)
    if _IMPORT.search(html):
        raise TemplateError("the digest's style sheet has an @import, which mail programs do not read: write it out")
    require(required, html)
    with _LOCK:
        result = str(_transformer()(html))
    _require(required, result, "the digest is too long or too deep: {!r} is lost when its styles are inlined")
    return result


def require(texts: Iterable[str], html: str) -> None:
    """Raise TemplateError unless each text stands in the page, which is not inlined yet."""
    _require(texts, html, "the digest's template does not have {!r}: see templates/digest/digest.html")


def _require(wanted: Iterable[str], html: str, sentence: str) -> None:
    for text in wanted:
        if text not in html:
            raise TemplateError(sentence.format(text))


@functools.cache
def _transformer() -> Any:
    # premailer imports requests to fetch style sheets, which it must not: an empty module in its place leaves nothing
    # to fetch with, and saves a tenth of a second.
    absent = "requests" not in sys.modules
    if absent:
        sys.modules["requests"] = types.ModuleType("requests")
    try:
        import cssutils
        import premailer
    finally:
        if absent:
            del sys.modules["requests"]

    # premailer's allow_network does not cover what cssutils fetches by itself for an @import.
    cssutils.util._defaultFetcher = _fetch_nothing  # noqa: SLF001 (there is no public place to say it)

    def transform(html: str) -> Any:
        return premailer.Premailer(
            html,
            base_url=None,
            allow_network=False,
            allow_loading_external_files=False,
            strip_important=False,
            keep_style_tags=False,
            remove_classes=False,
            disable_validation=True,
            align_floating_images=False,
            disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
            cssutils_logging_level=logging.CRITICAL,
        ).transform()

    return transform


def _fetch_nothing(_url: str) -> tuple[None, bytes]:
    return None, b""
