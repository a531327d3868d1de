"""Pages become pictures, in whatever kind of Chromium there is. The only user of Playwright, an optional extra."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Playwright, Route

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "brave")
#: For the pictures of one page to arrive, in milliseconds; without those that have not, the page is shown all the same.
_PATIENCE = 15_000
#: Of a window, in pixels, before the page has its full height.
_HEIGHT = 900


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """A picture to be taken: a page at a width in pixels, as whoever prefers this scheme of colours sees it."""

    html: str
    path: Path
    width: int
    dark: bool = False


def photograph(shots: Iterable[Shot]) -> Iterator[Path]:
    """Write the pictures as PNG, of the whole page each, and give their paths one by one.

    Of the web only pictures are loaded, and no script runs. Raises UsageError where Playwright or a browser is missing.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise UsageError(
            "pictures need Playwright, which is not installed: pip install 'publisher[pictures]', or use --open"
        ) from error
    with sync_playwright() as playwright, contextlib.closing(_launch(playwright)) as browser:
        for shot in shots:
            _take(browser, shot)
            yield shot.path


def _launch(playwright: Playwright) -> Browser:
    from playwright.sync_api import Error

    try:
        return playwright.chromium.launch(executable_path=_program())
    except Error as error:
        reason = error.message.removeprefix("BrowserType.launch: ").splitlines()[0]
        raise UsageError(
            "pictures need a browser, and none starts: install chromium, name one in the variable CHROMIUM, or run "
            f"`playwright install chromium` ({reason})"
        ) from error


def _program() -> str | None:
    """Find the browser: the one that is named, else one of the system's, else None for Playwright's own."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) or named if named else next(filter(None, map(shutil.which, _PROGRAMS)), None)


def _take(browser: Browser, shot: Shot) -> None:
    from playwright.sync_api import TimeoutError as TooSlow

    context = browser.new_context(viewport={"width": shot.width, "height": _HEIGHT}, java_script_enabled=False)
    with contextlib.closing(context):
        page = context.new_page()
        page.emulate_media(color_scheme="dark" if shot.dark else "light")
        page.route("**/*", _answer)
        with contextlib.suppress(TooSlow):
            page.set_content(shot.html, wait_until="load", timeout=_PATIENCE)
        page.screenshot(path=shot.path, full_page=True)


def _answer(route: Route) -> None:
    wanted = route.request
    is_picture = wanted.resource_type == "image" and wanted.url.startswith(("https:", "http:"))
    (route.continue_ if is_picture else route.abort)()
