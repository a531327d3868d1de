"""What editors get of a draft: the edition as readers would, below a report, and nobody's own links."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from publisher.digest.lint import Finding, Severity
from publisher.digest.proof import proof
from publisher.kit.templating import Templating
from publisher.model.edition import Edition, EditionState, RenderedEdition, Slot
from tests.build import NOW, article
from tests.digest.test_render import edition

ID = "world-2024-11-10-en"
WARNING = Finding(rule="http-link", severity=Severity.WARNING, line=12, message="The link <a> is not https.")


def drafted(content: RenderedEdition, language: str = "en") -> Edition:
    return Edition(
        id=ID,
        digest="world",
        language=language,
        slot=Slot(NOW, "2024-11-10"),
        state=EditionState.DRAFT,
        composed=NOW,
        content=content,
    )


def proved(*findings: Finding, language: str = "en", **values: Any) -> RenderedEdition:
    content = edition(article("A1", language=language, **values), language=language)
    templating = Templating(Path("no-templates-of-our-own"), ZoneInfo("Asia/Bangkok"))
    return proof(templating, drafted(content, language), findings, 12)


def _parsed(content: RenderedEdition) -> Any:
    return html.document_fromstring(content.html)


def test_a_proof_tells_how_to_decide_and_what_was_found_above_the_edition() -> None:
    content = proved(WARNING)
    assert content.subject == "Draft: World briefing: Title of A1"
    for shown in (" ".join(_parsed(content).text_content().split()), content.text):
        place = [
            shown.index(text)
            for text in (
                "it goes out to 12 recipients",
                f"publish editions approve {ID}",
                f"publish editions cancel {ID}",
                "warning, line 12, http-link: The link <a> is not https.",
                "What A1 is about",
            )
        ]
        assert place == sorted(place)


def test_a_proof_without_findings_says_so() -> None:
    content = proved()
    assert "The check found nothing." in content.html
    assert "The check found nothing." in content.text


def test_a_proof_has_nobodys_own_links() -> None:
    content = proved(WARNING)
    assert "reader.invalid" not in content.html + content.text
    assert "Unsubscribe" not in content.html + content.text


@pytest.mark.parametrize("language", ["th", "ja", "ar"])
def test_a_proof_speaks_the_language_of_the_edition(language: str) -> None:
    content = proved(language=language)
    assert "The check found" not in content.html + content.text
    assert "Draft:" not in content.subject
    assert content.subject.endswith("Title of A1")
