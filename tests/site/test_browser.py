"""The pages and the raw feeds in a browser: accessible, readable, and the copy button copies."""

from __future__ import annotations

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.screens import browser, landscape
from tests.site.samples import write_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, Route

pytestmark = pytest.mark.chromium

PAGES = ("index.html", "feeds/{}/world.html")
ADDRESS = "https://news.example.org/feeds/en/world.rss"

_TOO_SMALL = """() => [...document.body.querySelectorAll('*')]
  .filter(e => e.checkVisibility() && e.innerText.trim() && parseFloat(getComputedStyle(e).fontSize) < 13)
  .map(e => e.outerHTML)"""
_HARD_TO_HIT = """() => [...document.querySelectorAll('a, button, summary')]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML)"""
_OVERFLOWING = """() => [...document.documentElement.querySelectorAll('*')]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML)
  .concat(document.documentElement.scrollWidth > innerWidth ? ['the page'] : [])"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample sites in `/th/` and `/en/`, on loopback: there pages may use the clipboard."""
    folder = tmp_path_factory.mktemp("sites")
    for language in ("th", "en"):
        write_site(folder / language, language)
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def context(opened: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A window as wide as a phone, unless a test gives other options."""
    options = {"viewport": {"width": 360, "height": 900}} | getattr(request, "param", {})
    made = opened.new_context(**options)
    made.route(lambda url: "://127.0.0.1" not in url, _picture)
    yield made
    made.close()


def _picture(route: Route) -> None:
    if route.request.resource_type == "image":
        route.fulfill(body=landscape(route.request.url), content_type="image/png")
    else:
        route.abort()


def show(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url, wait_until="networkidle")
    return page


WINDOWS = [
    {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    for width in (360, 1200)
    for scheme in ("light", "dark")
]


@pytest.mark.parametrize("context", WINDOWS, indirect=True, ids=["narrow", "narrow dark", "wide", "wide dark"])
@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_and_fits_its_window(
    context: BrowserContext, address: str, path: str, language: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it has no stubs

    page = show(context, f"{address}/{language}/{path.format(language)}")
    violations = Axe().run(page).response["violations"]
    assert [(found["id"], found["impact"], found["nodes"][0]["html"]) for found in violations] == []
    assert page.evaluate(_OVERFLOWING) == []
    assert page.evaluate(_TOO_SMALL) == []


@pytest.mark.parametrize("path", PAGES)
def test_everything_can_be_hit_on_a_phone(context: BrowserContext, address: str, path: str) -> None:
    page = show(context, f"{address}/th/{path.format('th')}")
    assert page.evaluate(_HARD_TO_HIT) == []


@pytest.mark.parametrize("context", [{"java_script_enabled": False}], indirect=True, ids=["no script"])
@pytest.mark.parametrize("path", PAGES)
def test_without_a_script_there_are_no_buttons_and_all_else(context: BrowserContext, address: str, path: str) -> None:
    page = show(context, f"{address}/en/{path.format('en')}")
    assert page.locator("button").count() > 0
    assert page.locator("button:visible").count() == 0
    assert page.locator("h2:visible").count() == 3
    assert page.get_by_text("Harbour reopens after nine days").first.is_visible()


@pytest.mark.parametrize(("language", "copied"), [("en", "Copied"), ("th", "คัดลอกแล้ว")])
def test_the_copy_button_copies_the_address_and_says_so(
    context: BrowserContext, address: str, language: str, copied: str
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = show(context, f"{address}/{language}/feeds/{language}/world.html")
    button = page.locator("button").first
    assert button.get_attribute("aria-label") == ("Copy: RSS" if language == "en" else "คัดลอก: RSS")
    button.click()
    page.get_by_role("status").get_by_text(copied).wait_for(state="attached")
    assert button.inner_text() == copied
    assert page.evaluate("navigator.clipboard.readText()") == ADDRESS.replace("/en/", f"/{language}/")


def test_the_address_is_copied_where_the_clipboard_is_out_of_reach(context: BrowserContext, address: str) -> None:
    context.add_init_script(
        "delete Navigator.prototype.clipboard;"
        "document.addEventListener('copy', () => { window.seen = document.activeElement.value; });"
    )
    page = show(context, f"{address}/en/index.html")
    row = page.locator("li", has=page.locator('a[href="feeds/en/world.html"]'))
    row.get_by_role("button").click()
    page.get_by_role("status").get_by_text("Copied").wait_for(state="attached")
    assert page.evaluate("window.seen") == ADDRESS
    assert page.locator("textarea").count() == 0


def test_a_page_opened_as_a_file_has_its_style_and_script(
    context: BrowserContext, opened: Browser, tmp_path: Any
) -> None:
    write_site(tmp_path, "en")
    page = opened.new_page()
    page.goto((tmp_path / "index.html").as_uri())
    assert page.locator("button:visible").count() > 0
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") == "680px"
    page.close()


_SHOWN = """() => [...document.documentElement.querySelectorAll('*')]
  .filter(e => e.checkVisibility() && (e.childElementCount === 0)).map(e => [e.localName, e.textContent])"""


@pytest.mark.parametrize("extension", ["rss", "atom"])
def test_a_feed_in_a_browser_is_read_and_not_deciphered(context: BrowserContext, address: str, extension: str) -> None:
    page = show(context, f"{address}/th/world-{extension}.xml")
    shown = page.evaluate(_SHOWN)
    names = {name for name, _ in shown}
    texts = [text for _, text in shown]
    assert {"title", "link"} <= names
    assert names <= {"title", "link", "description", "subtitle", "summary", "pubDate", "published", "creator", "name"}
    assert "What A2 is about, in a sentence." in texts
    assert [text for text in texts if "<p>" in text or text.startswith("tag:")] == []
    assert page.evaluate(_OVERFLOWING) == []
    assert "ฟีด" in page.evaluate("getComputedStyle(document.documentElement, '::before').content")
    sizes = page.evaluate(
        "() => [...document.querySelectorAll('*')].filter(e => e.checkVisibility())"
        ".map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 13


def test_the_addresses_in_an_atom_feed_are_seen(context: BrowserContext, address: str) -> None:
    page = show(context, f"{address}/en/world-atom.xml")
    contents = page.evaluate(
        "() => [...document.querySelectorAll('entry > link')].filter(e => e.checkVisibility())"
        ".map(e => getComputedStyle(e, '::after').content)"
    )
    assert any("https://wire.example.com/A2" in content for content in contents)
