"""What would go out, on one page for editors: in the inbox, at two widths, light and dark, as text, with its faults."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING

import lxml.html
from lxml import etree

from publisher.digest.budget import LIMIT
from publisher.digest.lint import Severity
from publisher.kit.languages import own_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from publisher.digest.lint import Finding
    from publisher.kit.templating import Templating
    from publisher.model.edition import Edition

_SCHEME_QUERY = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)", re.IGNORECASE)
_SCHEMES = re.compile(r"(?<![\w-])(color-scheme\s*:\s*)light\s+dark", re.IGNORECASE)
#: Media features that hold in every window, and in none.
_ALWAYS, _NEVER = "(min-width: 0)", "(max-width: 0)"
#: Blocks all pictures as mail programs do: what was to be there shows its words.
_NO_PICTURES = {"http-equiv": "Content-Security-Policy", "content": "img-src 'none'"}


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """One way in which readers may see an edition."""

    name: str
    title: str
    #: Of the window, in pixels.
    width: int
    dark: bool = False
    pictures: bool = True


VIEWS = (
    View(name="wide-light", title="Wide, light", width=640),
    View(name="wide-dark", title="Wide, dark", width=640, dark=True),
    View(name="narrow-light", title="Narrow, light", width=360),
    View(name="narrow-dark", title="Narrow, dark", width=360, dark=True),
    View(name="narrow-light-no-pictures", title="Narrow, pictures off", width=360, pictures=False),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Previewed:
    """An edition that is not frozen, and what is wrong with it."""

    edition: Edition
    findings: Sequence[Finding] = ()

    @property
    def language(self) -> str:
        """What the edition's language calls itself."""
        return own_name(self.edition.language)

    @property
    def size(self) -> int:
        """Of the HTML, in bytes."""
        return len(self.edition.content.html.encode())

    @property
    def stops_a_send(self) -> bool:
        """Say whether it would be refused."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def verdict(self) -> str:
        """Sum the findings up: `1 error, 2 warnings`."""
        counts = Counter(str(finding.severity) for finding in self.findings)
        return ", ".join(f"{count} {name}{'s' * (count > 1)}" for name, count in counts.items()) or "nothing found"

    @property
    def frames(self) -> list[tuple[View, str]]:
        """Give the edition's HTML as it is in every view."""
        return [(view, seen(self.edition.content.html, view)) for view in VIEWS]


def seen(html: str, view: View) -> str:
    """Change a copy of an edition so that it looks as in this view, whatever scheme the browser that has it prefers."""
    document = lxml.html.document_fromstring(html)
    scheme = "dark" if view.dark else "light"

    def decide(query: re.Match[str]) -> str:
        return _ALWAYS if query[1].lower() == scheme else _NEVER

    for style in document.iter("style"):
        style.text = _SCHEMES.sub(rf"\g<1>{scheme}", _SCHEME_QUERY.sub(decide, style.text or ""))
    for source in document.iterfind(".//source[@media]"):
        source.set("media", _SCHEME_QUERY.sub(decide, source.get("media", "")))
    for meta in document.iterfind(".//meta[@name='color-scheme']"):
        meta.set("content", scheme)
    # What stands before the head is taken into it; a template need not have one. Links open in windows of their own.
    document.insert(0, document.makeelement("base", {"target": "_blank"}))
    if not view.pictures:
        document.insert(0, document.makeelement("meta", _NO_PICTURES))
    return etree.tostring(document, encoding="unicode", method="html", doctype="<!DOCTYPE html>")


def preview_page(
    templating: Templating, previews: Sequence[Previewed], *, title: str, sender: str, date: datetime
) -> str:
    """Show the editions of one digest on one page, without script and in one file. Raises TemplateError."""
    return templating.render(
        "digest/preview.html",
        "en",
        previews=previews,
        title=title,
        sender=parseaddr(sender)[0] or sender,
        date=date,
        limit=LIMIT,
    )
