"""An edition becomes plain text: paragraphs in lines, and links as numbers with their addresses at the end."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from publisher.kit.scripts import direction_of
from publisher.kit.text import fit_for_xml, one_line
from publisher.kit.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from publisher.kit.templating import Templating

_COLUMNS = 72
#: A space at which no line ends; what one_line() gives has none.
_TIE = "\u00a0"
#: Each line of plain text is a paragraph of its own to the reader's program, which may begin with a foreign word.
_RIGHT_TO_LEFT_MARK = "\u200f"
_ISOLATES, _END_OF_ISOLATE = "\u2066\u2067\u2068", "\u2069"


class References:
    """Numbers the links of an edition in the order in which they are named."""

    def __init__(self) -> None:
        #: Addresses, each once: the first is number 1.
        self.links: list[str] = []

    def __call__(self, link: str | None) -> str:
        """Give the number of a link, `[1]`, or nothing for none."""
        address = one_line(link or "")
        if not address:
            return ""
        if address not in self.links:
            self.links.append(address)
        return f"[{self.links.index(address) + 1}]"

    def named(self, sources: Iterable[tuple[str, str | None]]) -> str:
        """List who else tells a story, each with its number."""
        return ", ".join(f"{_closed(one_line(name))} {self(link)}".rstrip() for name, link in sources)


def plain(templating: Templating, language: str, values: Mapping[str, object], name: str = "digest/digest.txt") -> str:
    """Render a text, which has `wrap` and `refs` beside the values. Raises TemplateError."""
    text = templating.render(name, language, **values, refs=References(), wrap=partial(_paragraph, language))
    return fit_for_xml(text).strip() + "\n"


def _paragraph(default: str, *parts: str, language: str = "", first: str = "", indent: str = "") -> str:
    """Wrap what is said in `language`, or that of the edition; no line ends between two parts."""
    text = _TIE.join(_closed(one_line(part)) for part in parts if part)
    mark = _RIGHT_TO_LEFT_MARK if direction_of(text) == "rtl" else ""
    return wrap(text, _COLUMNS, language or default, indent=mark + indent, first=mark + first).replace(_TIE, " ")


def _closed(text: str) -> str:
    """End the isolates of direction that a text leaves open: they would turn round what stands behind it."""
    depth = 0
    for character in text:
        depth += (character in _ISOLATES) - (character == _END_OF_ISOLATE and depth > 0)
    return text + _END_OF_ISOLATE * depth
