"""How digests look and rank, and where mail about mail goes: configured, or named by its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publisher import wiring
from publisher.config import load
from publisher.kit.colour import contrast
from publisher.model.errors import ConfigurationError
from publisher.model.ranking import Weights
from publisher.settings import ACCENT, ACCENT_DARK, DARK, LookSettings
from tests.test_config import DIGEST, LEAST

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, text: str) -> Path:
    path = folder / "config" / "publisher.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_weights_are_hours_by_folded_tag_and_source(tmp_path: Path) -> None:
    text = (
        DIGEST
        + '[digests.weights]\ntags = { "World Economy" = 6, sport = -1.5 }\nsources = { "Wire.example.com" = 2 }\n'
    )
    (digest,) = load(written(tmp_path, LEAST + text), {}).digests
    expected = Weights(tags={"world-economy": 6.0, "sport": -1.5}, sources={"wire.example.com": 2.0})
    assert digest.digest().weights == expected


def test_without_weights_every_tag_and_source_is_worth_the_same(tmp_path: Path) -> None:
    (digest,) = load(written(tmp_path, LEAST + DIGEST), {}).digests
    assert digest.digest().weights == Weights()


def test_mail_about_mail_has_addresses_of_its_own(tmp_path: Path) -> None:
    text = LEAST + 'unsubscribe_mailto = "Leave <leave@example.org>"\ncomplaints_to = "fbl@example.org"\n'
    mail = load(written(tmp_path, text), {}).mail
    assert (mail.unsubscribe_mailto, mail.complaints_to) == ("leave@example.org", "fbl@example.org")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[look]\naccent = "red"\n', "look.accent: must be a colour, such as '#9a2617', not 'red'"),
        (
            '[look]\naccent = "#ffcc00"\n',
            "look.accent: must have a contrast of 4.5 to #f3f1ec, so that text in it can be read; #ffcc00 has 1.3",
        ),
        ('[look]\naccent_dark = "#9a2617"\n', "look.accent_dark: must have a contrast of 4.5 to #26221f"),
        ('[look]\nlogo = "logo.png"\n', "look.logo: must be an http or https address"),
        ('[look]\ncolour = "#9a2617"\n', "look.colour: is not known; known are accent, accent_dark, logo, masthead"),
        (DIGEST + "weights = 3\n", "digests[0].weights: must be a table"),
        (DIGEST + "[digests.weights]\ntags = 6\n", "digests[0].weights.tags: must be a table of hours"),
        (
            DIGEST + '[digests.weights]\nsources = { wire = "much" }\n',
            "digests[0].weights.sources: must give 'wire' hours from -10000 to 10000, not 'much'",
        ),
        (DIGEST + "[digests.weights]\ntags = { a = nan }\n", "digests[0].weights.tags: must give 'a' hours"),
        (DIGEST + "[digests.weights]\ntags = { a = true }\n", "digests[0].weights.tags: must give 'a' hours"),
        ('complaints_to = "nobody"\n', "mail.complaints_to: must be an e-mail address, not 'nobody'"),
    ],
)
def test_what_is_configured_wrongly_is_reported_by_its_key(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load(written(tmp_path, LEAST + text), {})
    assert any(each.startswith(problem) for each in raised.value.problems), raised.value.problems


def test_the_accent_that_is_proposed_will_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load(written(tmp_path, LEAST + '[look]\naccent = "#ffcc00"\n'), {})
    (problem,) = raised.value.problems
    nearest = problem.rpartition("'")[0].rpartition("'")[2]
    assert load(written(tmp_path, LEAST + f'[look]\naccent = "{nearest}"\n'), {}).look.accent == nearest


def test_the_accent_on_dark_paper_is_made_of_the_other_and_can_be_read() -> None:
    assert wiring.accents(LookSettings()) == (ACCENT, ACCENT_DARK)
    accent, dark = wiring.accents(LookSettings(accent="#005a9c"))
    assert accent == "#005a9c"
    assert contrast(dark, DARK) >= 4.5
    assert wiring.accents(LookSettings(accent="#005a9c", accent_dark="#aaddff"))[1] == "#aaddff"
