"""Each rule of cleaning, before and after, as files below `cleaning/`: a folder a rule, and one for what stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.content.cleaning.rules import RULES
from publisher.content.render import BodyRenderer
from tests.build import post

PAIRS = Path(__file__).parent / "cleaning"
#: Of every post below that folder, by its language.
TITLES = {"en": "Brannel ferry returns after a year", "th": "เรือข้ามฟากกลับมาให้บริการหลังหยุดไปหนึ่งปี"}
#: Folders whose posts cleaning has nothing to report of.
SILENT = {"kept", "empty"}

RENDERER = BodyRenderer(site_url="https://news.example.org/")


def lines(html: str) -> list[str]:
    return [line for line in html.splitlines() if line]


@pytest.mark.parametrize("path", sorted(PAIRS.glob("*/*.md")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_body_comes_out_as_the_file_beside_it_says(path: Path) -> None:
    rule, language = path.parent.name, path.stem.rpartition(".")[2]
    rendered = RENDERER.render(post(title=TITLES[language], language=language), path.read_text("utf-8"))
    fired = {removed.rule for removed in rendered.removed}
    assert lines(rendered.html) == lines(path.with_suffix(".html").read_text("utf-8"))
    assert not fired if rule in SILENT else rule in fired


@pytest.mark.parametrize("rule", [rule.__name__ for rule in RULES] + ["kept"])
def test_every_rule_is_shown_in_both_languages(rule: str) -> None:
    assert {path.stem.rpartition(".")[2] for path in (PAIRS / rule).glob("*.md")} == {"en", "th"}


def test_what_was_removed_is_reported_in_words_a_reader_saw() -> None:
    body = "Rain.\n\nAdvertisement var a = document.body; a.remove();\n\n[![QR Code](/qr.png)](https://lin.ee/x)"
    removed = RENDERER.render(post(), body).removed
    assert [(one.rule, one.text) for one in removed] == [
        ("script_text", "var a = document.body; a.remove();"),
        ("advertisement", "Advertisement"),
        ("follow_us", "QR Code"),
    ]


def test_a_long_script_is_reported_in_short() -> None:
    body = 'var a = "' + "x = 1; " * 200 + '";'
    (removed,) = RENDERER.render(post(), body).removed
    assert len(removed.text) <= 300
    assert removed.text.endswith("…")


@pytest.mark.parametrize("path", sorted(PAIRS.glob("*/*.html")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_cleaning_what_was_cleaned_changes_nothing(path: Path) -> None:
    before = path.read_text("utf-8").strip()
    once = RENDERER.render(post(title=TITLES[path.stem.rpartition(".")[2]]), before)
    assert lines(once.html) == lines(before)
    assert once.removed == ()
