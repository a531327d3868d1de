"""HTML in feeds: well-formed, of elements and attributes that readers keep, without a relative address."""

from __future__ import annotations

import functools
import re
from html.entities import html5
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.validation.rules import Fault


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VOID = _words("area br col embed hr img input link meta source track wbr base param")
#: Nothing of these may stand inside a paragraph: it would end there.
_BLOCKS = _words("""
    address article aside blockquote details dir div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header
    hgroup hr main menu nav ol p pre section summary table ul
""")
_RISKS = _words("""
    script style iframe object embed applet param link meta base html head body title frame frameset
""")
#: Every element of the HTML Standard, and those that it calls obsolete.
ELEMENTS = (
    _VOID
    | _BLOCKS
    | _RISKS
    | _words("""
        a abbr acronym audio b bdi bdo big button canvas caption center cite code colgroup data datalist dd del dfn
        dialog dt em font i ins kbd label legend li map mark meter noframes noscript optgroup option output picture
        progress q rp rt ruby s samp search select small span strike strong sub sup tbody td template textarea tfoot th
        thead time tr tt u var video
    """)
)
_ATTRIBUTES = _words("""
    abbr align alt border cite class colspan compact coords datetime dir download headers height href hreflang id ismap
    label lang loading media name open poster preload rel reversed rowspan rules scope sizes span src srclang srcset
    start summary tabindex target title translate type usemap valign value width
""")
_ADDRESSES = {"href", "src", "cite", "poster"}


class _Reader(HTMLParser):
    """Collects faults while it reads."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.faults: list[Fault] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._element(tag)
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.faults.append(("not-html", f"an attribute twice in <{tag}>"))
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(("not-html", f"</{tag}> ends nothing"))

    def handle_entityref(self, name: str) -> None:
        if f"{name};" not in html5:
            self.faults.append(("not-html", f"&{name}; is no character"))

    def _element(self, tag: str) -> None:
        if tag not in ELEMENTS:
            self.faults.append(("not-html", f"<{tag}> is no element"))
        elif tag in _RISKS:
            self.faults.append(("security-risk", f"<{tag}>"))
        if (tag in _BLOCKS and "p" in self.open) or (tag == "a" and "a" in self.open):
            self.faults.append(("not-html", f"<{tag}> inside <{self.open[-1]}>"))

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name not in _ATTRIBUTES and not name.startswith("data-"):
            self.faults.append(("security-risk", f"{name} of <{tag}>"))
        elif name in _ADDRESSES and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", value):
            self.faults.append(("relative-reference", value))
        elif name == "href" and value.lower().startswith(("javascript:", "vbscript:", "data:")):
            self.faults.append(("security-risk", value))


def html(value: str) -> Iterator[Fault]:
    """Allow HTML that every reader shows as it is."""
    return iter(_faults(value))


# The same body stands in several feeds, in three formats.
@functools.lru_cache(maxsize=5000)
def _faults(value: str) -> tuple[Fault, ...]:
    reader = _Reader()
    reader.feed(value)
    reader.close()
    return (*reader.faults, *(("not-html", f"<{tag}> has no end") for tag in reader.open))
