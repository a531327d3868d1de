"""Rendering bodies: late, once, and never at the others' expense."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine

from publisher.content.render import BodyRenderer
from publisher.jobs.render_bodies import Bodies
from publisher.model.post import RenderedBody, State
from tests.build import NOW, known

if TYPE_CHECKING:
    from publisher.model.post import Post
    from tests.jobs.conftest import Desk

HOUR = timedelta(hours=1)
TOO_DEEP = "<div>" * 150 + "deep" + "</div>" * 150


class Counting(BodyRenderer):
    """Trips over what says so, and remembers what it rendered."""

    seen: list[str]

    def render(self, post: Post, body: str) -> RenderedBody:
        self.seen.append(post.code)
        if "explode" in body:
            raise RecursionError("too much for a renderer")
        return super().render(post, body)


@pytest.fixture
def renderer() -> Counting:
    made = Counting(site_url="https://news.example.org/")
    object.__setattr__(made, "seen", [])
    return made


def bodies_of(desk: Desk, renderer: BodyRenderer, page_url: str | None = None) -> Bodies:
    return Bodies(folder=desk.folder / "posts", renderer=renderer, page_url=page_url, default_author="World Desk")


def test_a_body_is_rendered_once_and_kept(desk: Desk, renderer: Counting) -> None:
    desk.post("A1")
    desk.collect()
    with desk.open() as publication:
        for _ in range(2):
            articles = bodies_of(desk, renderer).articles(publication.database, [desk.published("A1")], now=NOW)
            assert [article.html for article in articles] == ["<p>The report, in one sentence.</p>"]
    assert renderer.seen == ["A1"]


def test_a_body_that_crashes_the_renderer_is_quarantined_and_the_others_are_shown(
    desk: Desk, renderer: Counting
) -> None:
    desk.post("A1", body="explode")
    desk.post("A2")
    desk.collect()
    bodies = bodies_of(desk, renderer)
    with desk.open() as publication:
        chosen = [desk.published("A1"), desk.published("A2")]
        articles = bodies.articles(publication.database, chosen, now=NOW)
    assert [article.code for article in articles] == ["A2"]
    assert desk.quarantine() == {"A1.md": "cannot be rendered: RecursionError: too much for a renderer"}
    assert set(bodies.broken) == {"A1.md"}


def test_a_body_that_cannot_be_rendered_is_listed_and_the_rest_is_published(desk: Desk) -> None:
    desk.post("A1", body=TOO_DEEP)
    desk.post("A2")
    report = desk.publish()
    assert report.failed
    assert list(report.broken) == ["A1.md"]
    assert desk.titles() == ["Title of A2"]
    again = desk.publish(NOW + HOUR)
    assert not again.failed
    assert list(desk.quarantine()) == ["A1.md"]
    desk.post("A1", body="Flat now.")
    desk.publish(NOW + 2 * HOUR)
    assert desk.quarantine() == {}
    assert desk.titles() == ["Title of A2", "Title of A1"]


def test_an_edit_that_cannot_be_rendered_leaves_the_last_good_body(desk: Desk) -> None:
    desk.post("A1", body="As it was.")
    desk.publish()
    desk.post("A1", body=TOO_DEEP)
    assert desk.publish(NOW + HOUR).failed
    assert list(desk.quarantine()) == ["A1.md"]
    assert "As it was." in (desk.folder / "output/feeds/all.rss").read_text("utf-8")


@pytest.mark.parametrize("way", ["edited", "gone"])
def test_a_file_that_changes_between_reading_and_rendering_waits_for_the_next_run(desk: Desk, way: str) -> None:
    path = desk.post("A1")
    with desk.open() as publication:
        publication.collect()
        desk.post("A1", body="Edited in between.")
        if way == "gone":
            path.unlink()
        publication.publish_feeds()
    assert desk.titles() == []
    desk.post("A1", body="Edited in between.")
    with time_machine.travel(datetime.now(UTC) + HOUR):
        desk.publish(NOW + HOUR)
    assert desk.titles() == ["Title of A1"]
    assert desk.quarantine() == {}


def test_posts_link_to_their_own_page_where_they_have_one(desk: Desk, renderer: Counting) -> None:
    desk.post("A1/é", category="World News")
    desk.post("A2", category="")
    desk.collect()
    pages = bodies_of(desk, renderer, "https://news.example.org/{language}/{category}/{code}")
    with desk.open() as publication:
        chosen = [desk.published("A1/é"), desk.published("A2")]
        articles = pages.articles(publication.database, chosen, now=NOW)
    assert [article.link for article in articles] == [
        "https://news.example.org/en/world-news/A1/%C3%A9",
        "https://news.example.org/en/all/A2",
    ]
    assert articles[0].via == "https://wire.example.com/A1/%C3%A9"


def test_the_summary_is_the_lead_where_the_description_says_nothing_new(desk: Desk, renderer: Counting) -> None:
    desk.post(
        "A1", description='"Title of A1!"', body="A sentence that is long enough to be the beginning of a report."
    )
    desk.collect()
    with desk.open() as publication:
        (article,) = bodies_of(desk, renderer).articles(publication.database, [desk.published("A1")], now=NOW)
    assert article.summary == "A sentence that is long enough to be the beginning of a report."


def test_a_post_that_was_never_published_makes_no_article(desk: Desk, renderer: Counting) -> None:
    desk.post("A1", draft="true")
    desk.collect()
    draft = desk.known("A1")
    assert draft is not None
    with desk.open() as publication, pytest.raises(ValueError, match="A1 was never published"):
        bodies_of(desk, renderer).articles(publication.database, [draft], now=NOW)


def test_a_post_whose_file_nobody_remembers_is_left_out_without_a_word(desk: Desk, renderer: Counting) -> None:
    desk.collect()
    bodies = bodies_of(desk, renderer)
    with desk.open() as publication:
        gone = known("A9", state=State.PUBLISHED)
        assert bodies.articles(publication.database, [gone], now=NOW) == []
    assert bodies.broken == {}
    assert desk.quarantine() == {}
