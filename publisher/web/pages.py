"""What readers see behind their own links: one template, in the language that suits them."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup

from publisher.kit.bundled import bundled
from publisher.kit.catalogues import primary
from publisher.kit.languages import own_name
from publisher.model.naming import language_tag
from publisher.site.wording import wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from publisher.model.edition import Digest
    from publisher.model.subscriber import Wording
    from publisher.site.index import SitePages

View = Literal[
    "unsubscribe", "unsubscribed", "confirm", "confirmed", "refused", "preferences", "saved", "left", "unknown",
    "expired", "failed",
]  # fmt: skip
#: Of Accept-Language: nobody reads more.
_MOST_LANGUAGES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One digest that a reader may have or not."""

    name: str
    title: str
    on: bool


@dataclass(frozen=True, kw_only=True)
class ReaderPages:
    """Renders the pages of one publication."""

    site: SitePages
    digests: Mapping[str, Digest]

    def render(self, view: View, language: str, **values: object) -> str:
        """Render a page. Raises TemplateError."""
        return self.site.templating.render(
            "site/consent.html",
            language,
            view=view,
            style=Markup(self._style),  # noqa: S704 (ours, or the publication's own template)
            site_title=self.site.title,
            site_url=self.site.site_url,
            postal_address=self.site.postal_address,
            **values,
        )

    def title(self, digest: str, language: str) -> str:
        """Give a digest's title; of one that is no longer there, its name."""
        return self.digests[digest].title(language) if digest in self.digests else digest

    def wording(self, language: str, *titles: str, asked: bool) -> Wording:
        """Give the words that a reader agrees to. Raises TemplateError."""
        return wording(self.site.templating, language, *titles, asked=asked)

    def language(self, *wanted: str | None, accepted: str = "") -> str:
        """Choose the language of a page: the first that is wanted and known, else as the browser accepts, or ours."""
        for tag in (*wanted, *_accepted(accepted), self.site.language):
            found = tag and next((name for name in (tag, primary(tag)) if name in self._languages), None)
            if found:
                return found
        return "en"

    def choices(self, tag: str | None) -> list[tuple[str, str]]:
        """List the languages that digests have, and the one that a reader has: tag, and how it calls itself."""
        tags = [language for digest in self.digests.values() for language in digest.languages]
        return [("", ""), *((each, own_name(each)) for each in dict.fromkeys([*tags, *([tag] if tag else [])]))]

    @property
    def style_hash(self) -> str:
        """Name the style sheet as a content security policy does."""
        return f"sha256-{base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()}"

    @cached_property
    def _style(self) -> str:
        return self.site.style_sheet().decode()

    @cached_property
    def _languages(self) -> frozenset[str]:
        """Those that have a catalogue: of any other, a page would name one language and be in another."""
        folders = (self.site.templating.folder, bundled("templates"))
        return frozenset(
            {"en", *(path.parent.name for folder in folders for path in folder.glob("translations/*/messages.po"))}
        )


def _accepted(header: str) -> Iterable[str]:
    """Read Accept-Language (RFC 9110 section 12.5.4): the languages in it, the best first."""
    weighted: list[tuple[float, str]] = []
    for part in header.split(",")[:_MOST_LANGUAGES]:
        name, _, weight = part.partition(";q=")
        tag = language_tag(name.strip())
        try:
            quality = float(weight or 1)
        except ValueError:
            continue
        if tag and quality > 0:
            weighted.append((quality, tag))
    return [tag for _, tag in sorted(weighted, key=lambda each: -each[0])]
