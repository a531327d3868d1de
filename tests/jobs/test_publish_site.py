"""Publishing the site: the directory of feeds, and the editions on the web."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from publisher.files import MANIFEST
from publisher.model.edition import EditionState
from publisher.store import editions
from tests.build import NOW
from tests.jobs.test_publish_feeds import stamps

if TYPE_CHECKING:
    from tests.jobs.conftest import Desk

HOUR = timedelta(hours=1)
WEB = "digests/world/2024-11-10/en.html"


def set_state(desk: Desk, edition_id: str, state: EditionState) -> None:
    with desk.open() as publication, publication.database.begin() as connection:
        editions.move(connection, edition_id, [*EditionState], state)


def test_the_first_page_lists_feeds_posts_and_editions(desk: Desk) -> None:
    desk.post("A1", title='"A <title> & more"')
    desk.run()
    page = (desk.folder / "output/index.html").read_text("utf-8")
    for expected in ("feeds/en/world.atom", "A &lt;title&gt; &amp; more", WEB):
        assert expected in page


def test_an_edition_on_the_web_has_no_links_of_a_reader(desk: Desk) -> None:
    desk.post("A1")
    report = desk.run()
    page = (desk.folder / "output" / WEB).read_text("utf-8")
    assert WEB in report.pages.written
    assert "Title of A1" in page
    assert "reader.invalid" not in page
    assert "/u/" not in page


def test_an_edition_that_is_missing_on_the_web_is_restored(desk: Desk) -> None:
    desk.post("A1")
    desk.run()
    page = desk.folder / "output" / WEB
    before = page.read_bytes()
    page.unlink()
    report = desk.run(NOW + HOUR)
    assert report.pages.written == (WEB,)
    assert page.read_bytes() == before


def test_an_edition_whose_page_stands_and_that_the_manifest_does_not_know_is_recorded(desk: Desk) -> None:
    desk.post("A1")
    desk.run()
    manifest = desk.folder / "output" / MANIFEST
    before = manifest.read_bytes()
    # As a run leaves it that is killed between the two.
    files = json.loads(before)["files"]
    del files[WEB]
    manifest.write_text(json.dumps({"files": files}), "utf-8")
    desk.run(NOW + HOUR)
    assert manifest.read_bytes() == before


@pytest.mark.parametrize("lost", ["index.html", "assets/site.css"])
def test_a_page_that_is_missing_is_restored(desk: Desk, lost: str) -> None:
    desk.post("A1")
    desk.run()
    before = (desk.folder / "output" / lost).read_bytes()
    (desk.folder / "output" / lost).unlink()
    assert desk.run(NOW + HOUR).pages.written == (lost,)
    assert (desk.folder / "output" / lost).read_bytes() == before


def test_a_draft_edition_is_not_public_until_it_is_approved(desk: Desk) -> None:
    desk.configure_digest(approval="manual")
    desk.post("A1")
    report = desk.run()
    page = desk.folder / "output" / WEB
    assert [each.edition.state for each in report.editions] == ["draft"]
    assert not page.exists()
    assert WEB not in (desk.folder / "output/index.html").read_text("utf-8")
    set_state(desk, "world-2024-11-10-en", EditionState.APPROVED)
    desk.run(NOW + HOUR)
    assert page.exists()
    assert WEB in (desk.folder / "output/index.html").read_text("utf-8")


def test_a_cancelled_edition_leaves_the_first_page(desk: Desk) -> None:
    desk.post("A1")
    desk.run()
    set_state(desk, "world-2024-11-10-en", EditionState.CANCELLED)
    desk.run(NOW + timedelta(minutes=1))
    assert WEB not in (desk.folder / "output/index.html").read_text("utf-8")


def test_nothing_is_rewritten_when_nothing_has_changed(desk: Desk) -> None:
    desk.post("A1")
    desk.run()
    before = stamps(desk.folder / "output")
    report = desk.run(NOW + HOUR)
    assert (report.feeds.written, report.pages.written) == ((), ())
    assert stamps(desk.folder / "output") == before


@pytest.mark.parametrize(
    ("values", "shown"),
    [({"postal_address": "2 Other Road, Bangkok"}, "2 Other Road, Bangkok"), ({"language": "en"}, '<html lang="en"')],
)
def test_a_change_of_the_configuration_shows_on_the_first_page(
    desk: Desk, values: dict[str, object], shown: str
) -> None:
    desk.publish()
    desk.configure("site", **values)
    desk.publish()
    assert shown in (desk.folder / "output/index.html").read_text("utf-8")


def test_a_template_of_ones_own_shows_on_the_first_page(desk: Desk) -> None:
    desk.publish()
    template = desk.folder / "templates/site/index.html"
    template.parent.mkdir(parents=True)
    template.write_text("<p>My own page of {{ site_title }}.</p>", "utf-8")
    desk.publish()
    assert (desk.folder / "output/index.html").read_text("utf-8").strip() == "<p>My own page of World Desk.</p>"
