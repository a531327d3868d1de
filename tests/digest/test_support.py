"""The table of what mail programs support says what caniemail.com says, and decides about what the digest uses."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from publisher.digest import support
from publisher.digest.page import declarations
from tests.build import article
from tests.digest.test_render import correction, edition

DATA = Path(__file__).parent / "node" / "node_modules" / "caniemail" / "data" / "caniemail.json"
#: The programs of each client, as the data names their platforms.
PROGRAMS = {
    "apple-mail": ("ios", "macos"),
    "gmail": ("android", "desktop-webmail", "ios", "mobile-webmail"),
    "outlook": ("windows",),
    "samsung-email": ("android",),
    "yahoo": ("android", "desktop-webmail", "ios"),
}
WORDS = {"en": "Count goes on", "th": "ผลเลือกตั้งวันแรก", "ja": "開票が続く", "ar": "استمرار فرز الأصوات"}


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    """The data of caniemail.com."""
    if not DATA.is_file():
        pytest.skip("the data of caniemail is not here: run npm ci in tests/digest/node")
    content: dict[str, Any] = json.loads(DATA.read_text("utf-8"))
    return content


def clients(stats: dict[str, dict[str, dict[str, str]]]) -> str:
    """Whoever lacks a feature, or with `~` has it in part, in the newest version of any of their programs."""
    found = set()
    for client, platforms in PROGRAMS.items():
        for versions in (stats.get(client, {}).get(platform) for platform in platforms):
            if versions:
                newest = max(versions, key=lambda version: [int(number) for number in re.findall(r"\d+", version)])
                found |= {client + sign for mark, sign in (("n", ""), ("a", "~")) if versions[newest].startswith(mark)}
    return " ".join(sorted(found))


def _written_after() -> date:
    """Give the date of the data that the table was written after."""
    written: date = support._table()["date"]
    return written


def test_the_table_is_that_of_caniemail(published: dict[str, Any]) -> None:
    stats = {feature["slug"]: feature["stats"] for feature in published["data"]}
    assert support.features() == {name: clients(stats[name]) for name in support.features()}
    assert published["last_update_date"].startswith(_written_after().isoformat())


def test_the_table_names_its_date_and_clients() -> None:
    assert _written_after() >= date(2025, 1, 1)
    named = {client.rstrip("~") for clients in support.features().values() for client in clients.split()}
    assert named == set(support.CLIENTS) == set(PROGRAMS)


@pytest.mark.parametrize("kind", ["css", "html", "sheet"])
def test_every_rule_has_a_feature_and_says_why_or_what_instead(kind: str) -> None:
    for rule in support.rules(kind):
        assert rule.feature in support.features() or rule.of in {"color", "font-family", "mso-*"}, rule
        assert not (rule.without and rule.instead), rule
        # What a client lacks altogether may be used for its looks only, or not at all.
        lacked = any(not client.endswith("~") for client in support.features().get(rule.feature, "").split())
        assert not lacked or rule.without or rule.instead, rule
    assert {rule.feature for kind in ("css", "html", "sheet") for rule in support.rules(kind)} - {""} == set(
        support.features()
    )


@pytest.mark.parametrize("language", WORDS)
def test_the_digest_uses_nothing_that_the_table_does_not_know_or_rules_out(language: str) -> None:
    words = WORDS[language]
    stories = [
        article(f"A{number}", title=words, summary=words, language=language, image="https://pictures.example.com/a.jpg")
        for number in range(3)
    ]
    rendered = edition(*stories, more=stories, corrections=[correction(title=words)], language=language)
    used = {
        (name, value, str(element.tag), support.ATTRIBUTES & set(element.keys()))
        for element in html.document_fromstring(rendered.html).iter("*")
        for name, value in declarations(element.get("style")).items()
    }
    assert len(used) > 50
    decided = {each: support.rule_for(*each) for each in used}
    assert [each for each, rule in decided.items() if rule is None or rule.instead] == []


@pytest.mark.parametrize(
    ("declaration", "element", "attributes", "ruled_out"),
    [
        ("padding: 8px", "td", (), False),
        ("padding: 8px", "p", (), True),
        ("padding-left: 0", "p", (), False),
        ("padding-inline-end: 8px", "td", (), True),
        ("text-align: start", "td", (), True),
        ("text-align: LEFT", "td", (), False),
        ("margin: 0 auto", "table", ("align",), False),
        ("margin: 0 auto", "table", (), True),
        ("margin-top: -4px", "p", (), True),
        ("margin: 4px 0", "p", (), False),
        ("border-top: 8px solid #9a2617", "td", (), False),
        ("border-left-width: 12px", "td", (), True),
        ("width: 140px", "img", ("width",), False),
        ("width: 140px", "img", (), True),
        ("font-size: 1rem", "td", (), True),
        ("color: rgb(0 0 0 / 50%)", "td", (), True),
        ("color: rgba(0, 0, 0, 0.5)", "td", (), True),
        ("color: var(--ink)", "td", (), True),
        ("color: #1b1b1f !important", "td", (), True),
        ("background: url(https://example.org/a.png)", "td", (), True),
        ("display: flex", "td", (), True),
        ("display: none", "div", (), False),
        ("border-radius: 4px", "td", (), False),
        ("mso-line-height-rule: exactly", "td", (), False),
    ],
)
def test_a_declaration_is_ruled_out_by_its_value_and_element(
    declaration: str, element: str, attributes: tuple[str, ...], ruled_out: bool
) -> None:
    ((name, value),) = declarations(declaration).items()
    rule = support.rule_for(name, value, element, frozenset(attributes))
    assert rule is not None
    assert bool(rule.instead) == ruled_out


def test_who_lacks_a_feature_is_named_once() -> None:
    (gap,) = (rule for rule in support.rules("css") if rule.feature == "css-gap")
    assert support.lacking(gap) == "Gmail, Outlook for Windows, Yahoo"


def test_the_table_does_not_know_what_nobody_wrote_down() -> None:
    assert support.rule_for("scroll-snap-align", "start", "td") is None
