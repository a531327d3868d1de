"""Says of one file what a strict validator would: the door to everything here."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from lxml import etree

from tests.validation import atom, jsonfeed, outlines, rss, schemas, values
from tests.validation.rules import Report
from tests.validation.tables import namespaces

if TYPE_CHECKING:
    from tests.validation.rules import Finding

Format = Literal["rss", "atom", "json", "opml", "sitemap"]
_XML = {"rss": rss.check, "atom": atom.check, "opml": outlines.opml, "sitemap": outlines.sitemap}
_ROOTS = {"rss": "rss", "atom": "feed", "opml": "opml", "sitemap": "urlset"}
_BAD = re.compile("[\x80-\x9f�]")


def findings(
    data: bytes, feed_format: Format, *, location: str | None = None, now: datetime | None = None
) -> list[Finding]:
    """List every rule that a file breaks; `location` is the address at which readers get it, `now` the clock."""
    values.now.set(now or datetime.now(UTC))
    report = Report()
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        report.say("encoding", "", str(error))
        text = data.decode(errors="ignore")
    if found := _BAD.search(text):
        report.say("bad-characters", "", repr(text[max(0, found.start() - 20) : found.end() + 20]))
    if feed_format == "json":
        _json(text, location, report)
    else:
        _xml(data, feed_format, location, report)
    return report.findings


def _json(text: str, location: str | None, report: Report) -> None:
    try:
        document = json.loads(text)
    except ValueError as error:
        report.say("not-well-formed", "", str(error))
        return
    for place, what in schemas.json_feed(document):
        report.say("schema", place, what)
    if isinstance(document, dict):
        jsonfeed.check(document, location, report)


def _xml(data: bytes, feed_format: str, location: str | None, report: Report) -> None:
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        report.say("not-well-formed", "", str(error))
        return
    if etree.QName(root).localname != _ROOTS[feed_format]:
        report.say("undefined-element", "", str(root.tag))
        return
    if (root.getroottree().docinfo.encoding or "UTF-8").upper() != "UTF-8":
        report.say("encoding", "", str(root.getroottree().docinfo.encoding))
    if feed_format in {"rss", "atom"}:
        namespaces(root, report)
    if feed_format == "atom":
        for place, what in schemas.atom(root):
            report.say("schema", place, what)
    _XML[feed_format](root, location, report)
    if feed_format == "rss":
        report.findings[:] = [each for each in report.findings if not _as_the_profile_asks(each, data)]


def _as_the_profile_asks(finding: Finding, data: bytes) -> bool:
    # Profile, "Character data": & and < of text are hexadecimal references, which readers do not decode twice.
    written = finding.what.replace("&", "&#x26;").replace("<", "&#x3C;")
    return finding.rule == "contains-html" and written.replace(">", "&#x3E;").encode() in data.replace(b">", b"&#x3E;")
