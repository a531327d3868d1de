"""The page for editors: everything of every edition, as each reader has it, and nothing that acts."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import lxml.html
import pytest

from publisher.digest.lint import Finding, Severity
from publisher.digest.preview import VIEWS, Previewed, View, preview_page, seen
from publisher.kit.templating import Templating
from publisher.model.edition import Edition, EditionState, RenderedEdition, Slot
from tests.build import NOW
from tests.end_to_end.screens import Scheme, browser, landscape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

LIGHT, DARK = "rgb(255, 255, 255)", "rgb(17, 18, 20)"
PICTURE = "data:image/png;base64," + b64encode(landscape("river")).decode()
AT_NIGHT = "data:image/png;base64," + b64encode(landscape("river at night")).decode()
HTML = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Edition</title>
<style>:root {{ color-scheme: light dark; supported-color-schemes: light dark }}
@media ( Prefers-color-scheme:dark ) {{ body {{ background: #111214 !important }} }}
@media (max-width: 619px) and (prefers-color-scheme: light) {{ p {{ color: #6a675f }} }}</style></head>
<body style="background: #ffffff">
<picture><source media="(prefers-color-scheme: dark)" srcset="{AT_NIGHT}">
<img src="{PICTURE}" alt="A river in spate" width="300"></picture>
<p>How (prefers-color-scheme: dark) came to be.</p>{"<p>A line of the report.</p>" * 60}</body></html>
"""
ALT = Finding("img-alt", Severity.WARNING, 61, "the picture has no words")
LOST = Finding("lost", Severity.ERROR, None, "story 3 is lost: shorten <what> stands above it")
WIDE_LIGHT, WIDE_DARK, NARROW_LIGHT, NARROW_DARK, NO_PICTURES = VIEWS


def previewed(language: str = "en", *findings: Finding, **content: Any) -> Previewed:
    values: dict[str, Any] = {
        "subject": f"World briefing in {language}",
        "preheader": f"Rice at a high, in {language}",
        "html": HTML,
        "text": f"The text in {language}\n\n  1. Harbour reopens",
    }
    edition = Edition(
        id=f"world-2024-11-10-{language}",
        digest="world",
        language=language,
        slot=Slot(NOW, "2024-11-10"),
        state=EditionState.APPROVED,
        composed=NOW,
        content=RenderedEdition(**(values | content)),
    )
    return Previewed(edition=edition, findings=findings)


def page_of(*previews: Previewed, sender: str = "World Desk <digest@news.example.org>") -> str:
    templating = Templating(Path("none"), ZoneInfo("Asia/Bangkok"))
    return preview_page(templating, previews, title="World briefing", sender=sender, date=NOW)


def parsed(html: str) -> Any:
    return lxml.html.document_fromstring(html)


def test_each_language_has_all_that_an_editor_looks_at() -> None:
    page = parsed(page_of(previewed("th", ALT, LOST), previewed("en")))
    for language, name in (("th", "ไทย"), ("en", "English")):
        (section,) = page.xpath(f"//section[@id='{language}']")
        shown = " ".join(section.text_content().split())
        assert section.findtext("h2") == name
        assert f"world-2024-11-10-{language} · {len(HTML.encode()) / 1024:.1f} of 70 KB" in shown
        assert shown.count(f"World DeskWorld briefing in {language}Rice at a high, in {language}") == 2
        assert section.xpath("string(.//pre)") == f"The text in {language}\n\n  1. Harbour reopens"
        assert [frame.get("width") for frame in section.iter("iframe")] == ["640", "640", "360", "360", "360"]
        assert [link.get("href") for link in section.iter("a")] == [
            f"world-2024-11-10-{language}.html",
            f"world-2024-11-10-{language}.txt",
        ]
    assert [link.text_content() for link in page.xpath("//nav/a")] == [
        "ไทย 1 warning, 1 error",
        "English nothing found",
    ]
    assert "Preview of Sunday, 10 November 2024, 19:00" in page.text_content()


def test_findings_stand_with_severity_rule_line_and_message() -> None:
    page = parsed(page_of(previewed("th", LOST, ALT), previewed("en")))
    assert [[part.text_content() for part in finding] for finding in page.iter("li")] == [
        ["error", "lost", "", "story 3 is lost: shorten <what> stands above it"],
        ["warning", "img-alt", "line 61", "the picture has no words"],
    ]
    assert [heading.text for heading in page.xpath("//section[@id='en']/h3")] == ["In the inbox", "Opened"]


@pytest.mark.parametrize(
    ("findings", "verdict", "stops"),
    [
        ((), "nothing found", False),
        ((ALT,), "1 warning", False),
        ((ALT, ALT), "2 warnings", False),
        ((LOST, ALT, ALT), "1 error, 2 warnings", True),
    ],
)
def test_only_errors_stop_a_send(findings: tuple[Finding, ...], verdict: str, stops: bool) -> None:
    preview = previewed("en", *findings)
    assert (preview.verdict, preview.stops_a_send) == (verdict, stops)


@pytest.mark.parametrize(
    ("sender", "shown"),
    [("World Desk <digest@news.example.org>", "World Desk"), ("digest@news.example.org", "digest@news.example.org")],
)
def test_the_inbox_shows_the_senders_name_or_else_the_address(sender: str, shown: str) -> None:
    page = parsed(page_of(previewed(), sender=sender))
    assert [name.text for name in page.find_class("from")] == [shown, shown]


def test_the_page_is_one_file_that_runs_nothing_and_fetches_only_pictures() -> None:
    hostile = HTML.replace("A line", "&quot;&gt;</iframe><script>alert(1)</script>", 1)
    content = page_of(
        previewed(html=hostile, subject="</title><script>", text='"></pre><script>', preheader="<img src=x>")
    )
    page = parsed(content)
    assert [element.tag for element in page.iter("script", "link", "img", "object", "embed", "base")] == []
    assert {frame.get("sandbox") for frame in page.iter("iframe")} == {"allow-popups allow-popups-to-escape-sandbox"}
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:"


def test_a_story_about_colour_schemes_keeps_its_words() -> None:
    assert "How (prefers-color-scheme: dark) came to be." in seen(HTML, WIDE_DARK)


def test_a_template_without_a_head_is_shown_all_the_same() -> None:
    shown = parsed(seen("<p>Bare</p>", NO_PICTURES))
    assert shown.findtext(".//p") == "Bare"
    assert shown.find(".//base").get("target") == "_blank"


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture
def window(opened: Browser) -> Iterator[Page]:
    page = opened.new_page(viewport={"width": 360, "height": 900})
    yield page
    page.close()


@pytest.mark.chromium
@pytest.mark.parametrize("preferred", ["light", "dark"])
@pytest.mark.parametrize("view", [NARROW_LIGHT, NARROW_DARK], ids=lambda view: view.name)
def test_a_view_has_its_scheme_whatever_the_browser_prefers(window: Page, view: View, preferred: Scheme) -> None:
    window.emulate_media(color_scheme=preferred)
    window.set_content(seen(HTML, view))
    found = window.evaluate(
        "() => { const style = (name) => getComputedStyle(document.querySelector(name));"
        " return [style('body').backgroundColor, style('p').color, style(':root').colorScheme,"
        " document.querySelector('img').currentSrc] }"
    )
    assert found == (
        [DARK, "rgb(255, 255, 255)", "dark", AT_NIGHT] if view.dark else [LIGHT, "rgb(106, 103, 95)", "light", PICTURE]
    )


@pytest.mark.chromium
@pytest.mark.parametrize(("view", "width"), [(NARROW_LIGHT, 528), (NO_PICTURES, 0)], ids=["on", "off"])
def test_with_pictures_off_their_words_stand_in_their_place(window: Page, view: View, width: int) -> None:
    window.set_content(seen(HTML, view), wait_until="load")
    image = window.get_by_role("img", name="A river in spate")
    assert image.evaluate("image => image.naturalWidth") == width
    assert image.is_visible()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The page, opened as it is: as a file."""
    long = previewed("th", LOST, ALT, subject="สรุปข่าวโลก: ผู้แทนสิบสี่ประเทศเริ่มเจรจา" * 4, preheader="ข้าว " * 60)
    path = tmp_path / "world.html"
    path.write_text(page_of(long, previewed("en")), "utf-8")
    return path


@pytest.mark.chromium
def test_the_views_are_seen_in_the_page(window: Page, file: Path) -> None:
    window.set_viewport_size({"width": 1400, "height": 900})
    window.goto(file.as_uri())
    seen_in = [
        frame.evaluate("[innerWidth, getComputedStyle(document.body).backgroundColor]") for frame in window.frames[1:6]
    ]
    assert seen_in == [[640, LIGHT], [640, DARK], [360, LIGHT], [360, DARK], [360, LIGHT]]


@pytest.mark.chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1400])
def test_the_page_is_accessible_and_fits_its_window(opened: Browser, file: Path, width: int, scheme: Scheme) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it has no stubs

    page = opened.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(file.as_uri())
    violations = Axe().run(page).response["violations"]
    assert [(found["id"], found["nodes"][0]["html"][:200]) for found in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(
        "[...document.querySelectorAll('p, a, b, pre, code, span')].every(e => "
        "parseFloat(getComputedStyle(e).fontSize) >= 13)"
    )
    page.close()


@pytest.mark.chromium
def test_the_inbox_cuts_a_subject_as_inboxes_do(window: Page, file: Path) -> None:
    window.set_viewport_size({"width": 1400, "height": 900})
    window.goto(file.as_uri())
    cut = "(element) => element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight"
    assert window.locator("#th .desktop .line, #th .phone .subject, #th .phone .preheader").evaluate_all(
        f"(elements) => elements.map({cut})"
    ) == [True, True, True]
    assert window.locator("#en .desktop .line, #en .phone .subject").evaluate_all(
        f"(elements) => elements.map({cut})"
    ) == [False, False]
