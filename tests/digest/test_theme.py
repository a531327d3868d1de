"""A publication's own look: accent, logo, words, and templates that differ in one block; all of it can be read."""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING, Any

import pytest

from publisher.digest.look import Look
from publisher.kit.colour import contrast, rgb
from publisher.model.errors import TemplateError
from tests.build import article
from tests.digest.test_render import ARABIC, ENGLISH, MORE, THAI, WRONG, by_id, edition, parsed, text_of, write_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from publisher.model.edition import RenderedEdition

EXTENDS = '{% extends "publisher/digest/digest.html" %}\n'
BLOCKS = ("preheader", "masthead", "lead", "stories", "story", "corrections", "more", "footer", "reader")
ACCENTS = ("#9a2617", "#005a9c", "#ffd400", "#00ffcc", "#ffffff", "#000000", "#7f7f7f")


def whole(**values: Any) -> RenderedEdition:
    """An edition that has something of everything."""
    return edition(*ENGLISH, *THAI, *ARABIC, more=MORE, corrections=WRONG, **values)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_template_of_ones_own_changes_one_block_and_has_the_others_from_the_program(
    tmp_path: Path, block: str
) -> None:
    write_template(
        tmp_path, "digest.html", EXTENDS + f"{{% block {block} %}}{{{{ super() }}}}<i>Ours</i>{{% endblock %}}"
    )
    ours, theirs = whole(folder=tmp_path).html, whole().html
    assert ours.count("<i>Ours</i>") == (7 if block == "story" else 1)
    assert _bare(ours.replace("<i>Ours</i>", "")) == _bare(theirs)


def _bare(html: str) -> str:
    return "".join(html.split())


def test_a_block_of_one_story_has_the_story_its_number_and_the_programs_macros(tmp_path: Path) -> None:
    write_template(
        tmp_path,
        "digest.html",
        EXTENDS
        + '{% block story %}<div id="story-{{ number }}"><b>{{ headline(story) }}</b>{{ meta(story) }}</div>'
        + "{% endblock %}",
    )
    rendered = edition(article("A1"), article("A2"), article("A3"), folder=tmp_path)
    assert text_of(by_id(rendered, "story-3")) == "Title of A3wire.example.com · 17:00"
    assert by_id(rendered, "story-3").find("b/a").get("href") == "https://wire.example.com/A3"
    assert text_of(by_id(rendered, "story-1").find(".//h2")) == "Title of A1"


def test_rules_of_ones_own_come_after_the_programs_and_are_inlined(tmp_path: Path) -> None:
    write_template(
        tmp_path, "digest.html", EXTENDS + "{% block styles %}{{ super() }}.name { color: #123456; }{% endblock %}"
    )
    (name,) = parsed(edition(article(), folder=tmp_path)).find_class("name")
    assert name.get("style") == "margin:0; font-size:30px; line-height:1.4; font-weight:700; color:#123456"


def test_the_head_and_the_rules_for_clients_can_be_changed_too(tmp_path: Path) -> None:
    write_template(
        tmp_path,
        "digest.html",
        EXTENDS
        + '{% block head %}{{ super() }}<meta name="theme" content="ours">{% endblock %}'
        + "{% block client_styles %}{% endblock %}",
    )
    rendered = edition(article(), folder=tmp_path)
    assert '<meta name="theme" content="ours">' in rendered.html
    assert "@media" not in rendered.html


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("{% block lead %}\n{% if %}\n{% endblock %}", 3),
        ("{% block lead %}\n\n{{ stroy.title }}\n{% endblock %}", 4),
        ("{% block lead %}\n{{ stories[0].titel }}\n{% endblock %}", 3),
        ("{% block lead %}{{ super() }}{{ headline() }}\n{% endblock %}", 2),
    ],
)
def test_an_error_in_a_block_of_ones_own_names_the_file_and_the_line(tmp_path: Path, content: str, line: int) -> None:
    path = write_template(tmp_path, "digest.html", EXTENDS + content)
    with pytest.raises(TemplateError) as raised:
        edition(article(), folder=tmp_path)
    assert str(raised.value).startswith(f"{path}, line {line}")


def test_a_block_that_drops_the_way_to_unsubscribe_is_refused(tmp_path: Path) -> None:
    write_template(tmp_path, "digest.html", EXTENDS + "{% block reader %}{% endblock %}")
    with pytest.raises(TemplateError, match=r"reader\.invalid/unsubscribe"):
        edition(article(), folder=tmp_path)


def test_a_logo_stands_for_the_name_and_says_it() -> None:
    rendered = edition(article(), look=Look(logo="https://news.example.org/logo.png", masthead="The Desk"))
    (logo,) = by_id_class(rendered, "name").iter("img")
    assert (logo.get("src"), logo.get("alt")) == ("https://news.example.org/logo.png", "World Desk")
    assert text_of(by_id_class(rendered, "name")) == ""


def test_the_words_of_the_masthead_stand_for_the_name() -> None:
    rendered = edition(article(), look=Look(masthead="The Desk <daily>"))
    assert text_of(by_id_class(rendered, "name")) == "The Desk <daily>"
    assert rendered.text.startswith("The Desk <daily>\n")
    assert "World Desk, 1 Example Road" in text_of(by_id(rendered, "footer"))


def by_id_class(rendered: RenderedEdition, name: str) -> Any:
    (found,) = parsed(rendered).find_class(name)
    return found


def test_the_accent_is_the_bars_and_that_of_words_is_the_nearest_shade_that_can_be_read() -> None:
    rendered = whole(look=Look(accent="#ffd400", accent_dark="#552200"))
    assert "border-top:8px solid #ffd400" in by_id_class(rendered, "inside").get("style")
    (onward,) = parsed(rendered).find_class("onward")
    assert "#ffd400" not in onward.get("style")
    sheet = rendered.html.split("prefers-color-scheme: dark")[1].split("</style>")[0]
    assert "border-color: #552200" in sheet
    assert "color: #552200 " not in sheet.replace("border-color", "")


@pytest.mark.parametrize("accent", ACCENTS)
def test_an_accent_of_any_colour_can_be_read_in_both_schemes(accent: str) -> None:
    look = Look(accent=accent, accent_dark=accent)
    for colour, paper in ((look.accent_text, "#f7f3ea"), (look.accent_text, "#ffffff")):
        assert contrast(colour, paper) >= 4.5
    for colour, paper in ((look.accent_dark_text, "#26221f"), (look.accent_dark_text, "#1b1c20")):
        assert contrast(colour, paper) >= 4.5
    assert contrast(look.accent_ink, look.accent_text) >= 4.5
    assert contrast(look.accent_dark_ink, look.accent_dark_text) >= 4.5


def as_it_is(colour: str, *, ground: bool) -> str:
    return colour


def turned_round(colour: str, *, ground: bool) -> str:
    """As a program does that inverts the lightness of everything."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in rgb(colour)))
    return "#" + bytes(round(part * 255) for part in colorsys.hls_to_rgb(hue, 1 - lightness, saturation)).hex()


def turned_where_wanted(colour: str, *, ground: bool) -> str:
    """As a program does that darkens light grounds and lightens dark words, each by itself."""
    light = colorsys.rgb_to_hls(*(part / 255 for part in rgb(colour)))[1] > 0.5
    return turned_round(colour, ground=ground) if light == ground else colour


@pytest.mark.parametrize("turn", [as_it_is, turned_round, turned_where_wanted])
@pytest.mark.parametrize("accent", ACCENTS[:3])
def test_words_can_be_read_however_a_program_turns_colours_round(turn: Callable[..., str], accent: str) -> None:
    pairs = {(colour, ground) for _, colour, ground in _words_of(whole(look=Look(accent=accent)))}
    assert len(pairs) >= 6
    for colour, ground in pairs:
        assert contrast(turn(colour, ground=False), turn(ground, ground=True)) >= 4.5, (colour, ground)


def test_the_ground_of_words_is_said_in_their_own_cell() -> None:
    for cell, _, ground in _words_of(whole()):
        assert _said(cell, "background-color") == ground


def _words_of(rendered: RenderedEdition) -> Iterator[tuple[Any, str, str]]:
    """Give the cell, the colour and the ground of every run of words."""
    for element in parsed(rendered).find(".//table").iter():
        shown = [element.text, *(child.tail for child in element)] if isinstance(element.tag, str) else []
        if "".join(text or "" for text in shown).strip():
            lineage = [element, *element.iterancestors()]
            cell = next(each for each in lineage if each.tag == "td")
            yield (
                cell if element.tag != "a" else _nearest(lineage),
                _first(lineage, "color"),
                _first(lineage, "background-color"),
            )


def _nearest(lineage: list[Any]) -> Any:
    return next(each for each in lineage if each.tag == "td" or _said(each, "background-color"))


def _first(lineage: list[Any], name: str) -> str:
    return next(value for each in lineage if (value := _said(each, name)))


def _said(element: Any, name: str) -> str | None:
    rules = [rule.split(":", 1) for rule in (element.get("style") or "").split("; ") if rule]
    return next((value for key, value in rules if key == name), None)
