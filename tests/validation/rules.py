"""The rules by name, each with its level and where it comes from; and the findings that tell of a broken one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Level = Literal["error", "warning"]
#: What a check of one value yields: the name of a rule, and what breaks it.
Fault = tuple[str, str]

#: By name: its level, and the reason. "Profile" is the RSS Advisory Board's best practices profile.
RULES: dict[str, tuple[Level, str]] = {
    "not-well-formed": ("error", "XML 1.0; RFC 8259"),
    "schema": ("error", "RFC 4287 appendix B; jsonfeed.org/version/1.1"),
    "encoding": ("warning", "UTF-8 is what every reader reads"),
    "bad-characters": ("warning", "C1 controls and U+FFFD come of a wrong decoding"),
    "unknown-namespace": ("warning", "readers know nothing of it"),
    "tombstone-namespace": ("warning", "RFC 6721, which validators do not know"),
    "reserved-prefix": ("warning", "readers that know prefixes only"),
    "undefined-element": ("error", "RSS 2.0; RFC 4287 section 6; the module of its namespace"),
    "duplicate-element": ("error", "RSS 2.0; RFC 4287 section 4.1; the module of its namespace"),
    "missing-element": ("error", "RSS 2.0; RFC 4287 section 4.1"),
    "unexpected-attribute": ("error", "RSS 2.0; RFC 4287 section 4.2"),
    "extension-attribute": ("warning", "RSS 2.0 speaks of elements in namespaces only"),
    "missing-attribute": ("error", "RSS 2.0; RFC 4287 section 4.2"),
    "unexpected-text": ("error", "an element that holds elements, or nothing"),
    "not-blank": ("warning", "an element that says nothing is left out"),
    "invalid-value": ("error", "a value that its module does not know"),
    "invalid-uri": ("error", "RFC 3986: absolute, ASCII, a registered scheme"),
    "invalid-tag": ("error", "RFC 4151"),
    "canonical-id": ("warning", "RFC 4287 section 4.2.6.1"),
    "invalid-date": ("error", "RFC 822 with four digits for RSS, RFC 3339 elsewhere"),
    "implausible-date": ("warning", "before 1990, or in the future"),
    "invalid-number": ("error", "a whole number, within its bounds"),
    "invalid-language": ("error", "BCP 47"),
    "invalid-type": ("error", "RFC 6838: the name of a media type"),
    "email-format": ("warning", "Profile: an address, and a name in parentheses"),
    "contains-html": ("warning", "Profile: text where no HTML is read; RFC 4287 section 3.1.1.1"),
    "not-html": ("warning", "HTML Standard: a parse error or an unknown element"),
    "security-risk": ("warning", "readers take it out"),
    "relative-reference": ("warning", "a body has no base"),
    "missing-self": ("warning", "Profile: atom:link; RFC 4287 section 4.1.1"),
    "self-elsewhere": ("warning", "RFC 4287 section 4.2.7.2: the address it was got from"),
    "self-no-feed": ("warning", "RFC 4287 section 4.2.7.2: the type of a feed"),
    "unregistered-relation": ("warning", "RFC 8288 section 2.1"),
    "duplicate-alternate": ("error", "RFC 4287 section 4.1.1: one per type and language"),
    "misplaced-metadata": ("error", "Profile: items last; RFC 4287 appendix B: entries last"),
    "missing-author": ("error", "RFC 4287 section 4.1.2"),
    "missing-alternate": ("error", "RFC 4287 section 4.1.2: where there is no content"),
    "missing-summary": ("error", "RFC 4287 section 4.1.2: where content is elsewhere or in Base64"),
    "missing-text": ("warning", "neither content nor summary"),
    "duplicate-id": ("error", "RSS 2.0 guid; RFC 4287 section 4.1.1; JSON Feed id"),
    "same-updated": ("warning", "RFC 4287 section 4.1.1: readers cannot tell which is newer"),
    "history-link-in-entry": ("warning", "RFC 5005: links of a feed"),
    "complete-feed-link": ("error", "RFC 5005 section 2"),
    "archive-links": ("warning", "RFC 5005 section 4: current, and a neighbour"),
    "tombstone": ("error", "RFC 6721 section 3"),
    "title-or-description": ("error", "RSS 2.0: all elements of an item are optional, but for one of these"),
    "description-first": ("warning", "Profile: description before content:encoded"),
    "duplicate-semantics": ("warning", "the same said in RSS and in a module"),
    "missing-guid": ("warning", "Profile: guid"),
    "guid-permalink": ("error", "RSS 2.0: a guid is an address unless it says it is none"),
    "enclosures": ("warning", "Profile: one enclosure"),
    "image-differs": ("warning", "Profile: title and link of the channel"),
    "image-format": ("warning", "RSS 2.0: GIF, JPEG or PNG"),
    "image-size": ("error", "RSS 2.0: up to 144 by 400"),
    "opml": ("error", "OPML 2.0"),
    "sitemap": ("error", "sitemaps.org/protocol.html"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that is broken in one place."""

    level: Level
    rule: str
    #: The path of elements or members, counted from 1.
    place: str
    what: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found so far."""

    findings: list[Finding] = field(default_factory=list)

    def say(self, rule: str, place: str, what: str = "") -> None:
        """Tell of a broken rule."""
        self.findings.append(Finding(RULES[rule][0], rule, place, what[:120]))

    def take(self, place: str, faults: Iterable[Fault]) -> None:
        """Tell of everything that a check of one value yields."""
        for rule, what in faults:
            self.say(rule, place, what)
