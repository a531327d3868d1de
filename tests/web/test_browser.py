"""The pages behind readers' links in a browser without scripts: accessible, readable, and the buttons act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publisher.model.subscriber import Consent
from tests.end_to_end.screens import browser
from tests.site.test_browser import _HARD_TO_HIT, _OVERFLOWING, _TOO_SMALL, WINDOWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.web.conftest import Served

pytestmark = pytest.mark.chromium

LANGUAGES = ("th", "en", "ja", "ar")


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with browser() as started:
        yield started


def press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()


def links(served: Served, language: str) -> dict[str, str]:
    reader = served.reader(language)
    return {
        "unsubscribe": served.link("unsubscribe", reader),
        "confirm": served.confirm_link(reader),
        "preferences": served.link("preferences", reader),
        "unknown": "/u/nobody",
    }


@pytest.mark.parametrize("window", WINDOWS, ids=["narrow", "narrow dark", "wide", "wide dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_accessible_and_fits_its_window(
    served: Served, opened: Browser, language: str, window: dict[str, Any]
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it has no stubs

    page = opened.new_page(**window)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for name, link in links(served, language).items():
        page.goto(f"{served.client.base_url}{link}")
        # What the browser says of itself: above all, that our own policy does not let our own style in.
        assert [each for each in complaints if "404" not in each] == []
        assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") == "680px"
        violations = Axe().run(page).response["violations"]
        assert [(name, found["id"], found["nodes"][0]["html"]) for found in violations] == []
        assert page.evaluate(_OVERFLOWING) == []
        assert page.evaluate(_TOO_SMALL) == []
        if window["viewport"] == {"width": 360, "height": 900}:
            assert page.evaluate(_HARD_TO_HIT) == []
    page.close()


def test_the_buttons_act_without_a_script(served: Served, opened: Browser) -> None:
    reader = served.reader("en")
    page = opened.new_page(java_script_enabled=False)
    page.goto(f"{served.client.base_url}{served.link('unsubscribe', reader)}")
    press(page, "Unsubscribe")
    assert page.get_by_role("heading", name="You are unsubscribed").is_visible()
    assert served.consent(reader) is Consent.UNSUBSCRIBED

    page.goto(f"{served.client.base_url}{served.confirm_link(reader)}")
    press(page, "Confirm")
    assert page.get_by_role("heading", name="You are subscribed").is_visible()
    assert served.consent(reader) is Consent.CONFIRMED

    page.goto(f"{served.client.base_url}{served.link('preferences', reader)}")
    page.get_by_label("World briefing").uncheck()
    page.get_by_label("Language").select_option("th")
    press(page, "Save")
    assert page.get_by_role("heading", name="บันทึกการตั้งค่าแล้ว").is_visible()
    assert served.consent(reader) is Consent.UNSUBSCRIBED
    assert served.of(reader).language == "th"
    page.get_by_label("สรุปข่าวโลก").check()
    press(page, "บันทึก")
    assert served.consent(reader) is Consent.CONFIRMED
    press(page, "ยกเลิกการรับทั้งหมด")
    assert served.consent(reader) is Consent.UNSUBSCRIBED
    page.close()
