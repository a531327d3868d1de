"""The mail and the first page, opened in a browser: nothing overflows, nothing is too small to read or to hit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.screens import Scheme, browser, publish_samples, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

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


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return publish_samples(tmp_path_factory.mktemp("samples"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 700])
@pytest.mark.parametrize("name", ["th", "en", "index"])
def test_a_page_fits_its_window_and_can_be_read(
    opened: Browser, pages: dict[str, Path], name: str, width: int, scheme: Scheme
) -> None:
    with shown(opened, pages[name], width=width, scheme=scheme) as page:
        assert page.evaluate(_OVERFLOWING) == []
        texts = page.evaluate(_TEXTS)
        assert len(texts) > 15
        assert [text for text in texts if text["size"] < 13] == []
        assert [text for text in texts if text["contrast"] < 4.5] == []


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
