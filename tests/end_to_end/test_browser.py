"""The mail and the first page, opened in a browser: nothing overflows, nothing is too small to read or to hit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.digest.samples import LANGUAGES
from tests.end_to_end.screens import Scheme, browser, publish_samples, shown, write_editions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.chromium

#: Every visible run of text: its size, and its contrast with what is painted under it (WCAG 2.2, 1.4.3).
_TEXTS = """() => {
  const light = (c) => { const v = c.map(x => x / 255).map(x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
    return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
  const rgb = (s) => s.match(/[\\d.]+/g).map(Number);
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility() || element.closest('.preheader')) continue;
    let under = element;
    while (under && (rgb(getComputedStyle(under).backgroundColor)[3] ?? 1) === 0) under = under.parentElement;
    const style = getComputedStyle(element);
    const [a, b] = [light(rgb(style.color)), light(rgb(getComputedStyle(under || document.body).backgroundColor))];
    found.push({text: walker.currentNode.textContent.trim().slice(0, 40), size: parseFloat(style.fontSize),
      contrast: (Math.max(a, b) + .05) / (Math.min(a, b) + .05)});
  }
  return found;
}"""

#: What stands outside the page, or is cut off by its own box.
_OVERFLOWING = """() => [...document.body.querySelectorAll('*')]
  .filter(e => e.checkVisibility() && !e.closest('.preheader'))
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1)
  .map(e => e.outerHTML.slice(0, 80))"""


#: Whose lines are lower than the ink of their letters, marks above and below among it, or whose box cuts them off.
_CLIPPED = """() => {
  const canvas = document.createElement('canvas').getContext('2d');
  return [...document.querySelectorAll('h1, h2, h3, p, a, td')].filter(e => e.checkVisibility() && e.textContent.trim())
    .filter(e => {
      const style = getComputedStyle(e);
      canvas.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
      const ink = canvas.measureText(e.textContent);
      const cut = style.overflowY !== 'visible' && e.scrollHeight > e.clientHeight + 1;
      return cut || ink.actualBoundingBoxAscent + ink.actualBoundingBoxDescent > parseFloat(style.lineHeight) + .5;
    }).map(e => e.outerHTML.slice(0, 200));
}"""

_HARD_TO_HIT = """() => [...document.querySelectorAll('a')].filter(e => e.checkVisibility())
  .filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return publish_samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_editions(tmp_path_factory.mktemp("editions"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 700])
@pytest.mark.parametrize("name", ["th", "en", "index"])
def test_a_page_fits_its_window_and_can_be_read(
    opened: Browser, pages: dict[str, Path], name: str, width: int, scheme: Scheme
) -> None:
    with shown(opened, pages[name], width=width, scheme=scheme) as page:
        assert len(_texts_that_can_be_read(page)) > 15


def _texts_that_can_be_read(page: Page) -> list[str]:
    assert page.evaluate(_OVERFLOWING) == []
    texts = page.evaluate(_TEXTS)
    assert [text for text in texts if text["size"] < 13] == []
    assert [text for text in texts if text["contrast"] < 4.5] == []
    return [text["text"] for text in texts]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 600, 1200])
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_edition_fits_can_be_read_and_used_by_everybody(
    opened: Browser, editions: dict[str, Path], language: str, width: int, scheme: Scheme
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it has no stubs

    with shown(opened, editions[f"edition-{language}"], width=width, scheme=scheme) as page:
        assert len(_texts_that_can_be_read(page)) > 30
        assert page.evaluate(_CLIPPED) == []
        assert width > 619 or page.evaluate(_HARD_TO_HIT) == []
        violations = Axe().run(page).response["violations"]
        grave = [(found["id"], found["nodes"][0]["html"]) for found in violations if found["impact"] in _GRAVE]
        assert grave == []


_GRAVE = {"serious", "critical"}


@pytest.mark.parametrize("width", [320, 600, 1200])
@pytest.mark.parametrize("name", ["edition-long", "edition-long-ar"])
def test_words_without_end_break(opened: Browser, editions: dict[str, Path], name: str, width: int) -> None:
    with shown(opened, editions[name], width=width, scheme="light") as page:
        assert page.evaluate(_OVERFLOWING) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_edition_asks_for_its_pictures_and_for_nothing_else(opened: Browser, editions: dict[str, Path]) -> None:
    asked: list[str] = []
    with shown(opened, editions["edition-en"], width=360, scheme="dark", asked=asked):
        pictures = {f"https://pictures.example.com/en/{name}.jpg" for name in ("water", "market", "port")}
        assert {url for url in asked if not url.startswith("file:")} == pictures


@pytest.mark.parametrize(("language", "mirrored"), [("en", False), ("ar", True)])
def test_an_edition_that_is_read_from_the_right_is_a_mirror_image(
    opened: Browser, editions: dict[str, Path], language: str, mirrored: bool
) -> None:
    with shown(opened, editions[f"edition-{language}"], width=700, scheme="light") as page:
        picture, title, link = (
            page.locator(place).first.bounding_box() for place in ("#story-2 img", "#story-2 h2", ".aside a")
        )
        assert picture
        assert title
        assert link
        assert (picture["x"] > title["x"]) is mirrored
        assert (link["x"] < 350) is mirrored
        assert (picture["width"], picture["height"]) == (140, 105)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_story_fits_on_the_screen_of_a_phone(opened: Browser, editions: dict[str, Path], language: str) -> None:
    with shown(opened, editions[f"edition-{language}"], width=360, scheme="light") as page:
        heights = page.evaluate("() => [...document.querySelectorAll('.story')].map(e => e.offsetHeight)")
        assert len(heights) == 4
        assert max(heights[0] - 640, *(height - 300 for height in heights[1:])) < 0


@pytest.mark.parametrize("name", ["th", "en"])
def test_the_readers_own_links_are_large_enough_to_hit_on_a_phone(
    opened: Browser, pages: dict[str, Path], name: str
) -> None:
    with shown(opened, pages[name], width=360, scheme="light") as page:
        heights = page.evaluate("() => [...document.querySelectorAll('#footer a')].map(a => a.offsetHeight)")
        assert len(heights) == 2
        assert min(heights) >= 43


def test_a_wide_mail_stands_in_the_middle(opened: Browser, pages: dict[str, Path]) -> None:
    with shown(opened, pages["th"], width=700, scheme="light") as page:
        box = page.locator(".paper").bounding_box()
        assert box is not None
        assert (box["x"], box["width"]) == (50, 600)


def test_a_mail_without_pictures_still_tells_every_story(opened: Browser, pages: dict[str, Path]) -> None:
    with shown(opened, pages["en"], width=700, scheme="light") as page:
        page.add_style_tag(content="img { display: none }")
        headlines = page.locator("h2:visible").all_inner_texts()
        assert headlines[0] == "Nine nations open talks on sharing the Velanda after worst drought in 40 years"
        assert len(headlines) == 4
