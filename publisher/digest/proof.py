"""A draft becomes what its editors get: the edition as readers would see it, below a report on it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from publisher.digest.render import web_edition
from publisher.kit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publisher.digest.lint import Finding
    from publisher.kit.templating import Templating
    from publisher.model.edition import Edition, RenderedEdition

_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)


def proof(templating: Templating, edition: Edition, findings: Sequence[Finding], recipients: int) -> RenderedEdition:
    """Render the proof of a draft; nobody's own links are in it. Raises TemplateError."""
    content, language = edition.content, edition.language
    values = {"edition_id": edition.id, "findings": findings, "recipients": recipients}
    report = templating.render("digest/proof.html", language, **values)
    page = web_edition(content)
    body = _BODY.search(page)
    at = body.end() if body else 0
    told, _, _ = content.text.rpartition("\n-- \n")
    return replace(
        content,
        subject=one_line(templating.render("digest/proof-subject.txt", language, subject=content.subject)),
        html=page[:at] + "\n" + report.strip() + page[at:],
        text=templating.render("digest/proof.txt", language, **values) + told.strip() + "\n",
    )
