"""Rendering bodies: late, once, and never at the others' expense."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from publisher.content.cleaning.hosts import HostRules
from publisher.content.render import BodyRenderer
from publisher.content.sources import Library
from publisher.jobs.render_bodies import Bodies
from publisher.model.post import RenderedBody, State
from tests.build import NOW, known, source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publisher.model.errors import PostError
    from publisher.model.post import Post
    from publisher.store.database import Transaction
    from tests.jobs.conftest import Desk

HOUR = timedelta(hours=1)
TOO_DEEP = "<div>" * 150 + "deep" + "</div>" * 150


@dataclass(frozen=True)
class Clumsy(BodyRenderer):
    """Trips over what says so."""

    def render(self, post: Post, body: str, *arguments: Any) -> RenderedBody:
        if "explode" in body:
            raise RecursionError("too much for a renderer")
        if "devour" in body:
            raise MemoryError
        if "dawdle" in body:
            signal.raise_signal(signal.SIGPROF)
        if "crash" in body:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().render(post, body, *arguments)


@dataclass(frozen=True)
class Counting(Bodies):
    """Remembers what it rendered."""

    seen: list[str] = field(default_factory=list)

    def render(self, connection: Transaction, chosen: Sequence[Post]) -> Iterator[RenderedBody | PostError]:
        self.seen.extend(post.code for post in chosen)
        return super().render(connection, chosen)


def bodies_of(desk: Desk, **values: Any) -> Counting:
    library = Library((source(desk.folder / "posts", zone=ZoneInfo("Asia/Bangkok"), **values),))
    return Counting(
        library=library,
        host_rules=HostRules(),
        make_renderer=lambda rules: Clumsy(site={}, host_rules=rules),
        default_author="World Desk",
    )


def test_a_body_is_rendered_once_and_kept(desk: Desk) -> None:
    desk.post("A1")
    desk.collect()
    bodies = bodies_of(desk)
    with desk.open() as publication:
        for _ in range(2):
            articles = bodies.articles(publication.database, [desk.published("A1")], now=NOW)
            assert [article.html for article in articles] == ["<p>The report, in one sentence.</p>"]
    assert bodies.seen == ["A1"]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("explode", "cannot be rendered: RecursionError: too much for a renderer"),
        ("devour", "takes more than 512 MB to render"),
        ("dawdle", "takes more than 5 s to render"),
        ("crash", "ends the process that works on it (SIGKILL) to render"),
    ],
)
def test_a_body_that_is_too_much_for_the_renderer_is_quarantined_and_the_others_are_shown(
    desk: Desk, word: str, reason: str
) -> None:
    desk.post("A1", body=word)
    desk.post("A2")
    desk.post("A3")
    desk.collect()
    bodies = bodies_of(desk)
    with desk.open() as publication:
        chosen = [desk.published(code) for code in ("A2", "A1", "A3")]
        articles = bodies.articles(publication.database, chosen, now=NOW)
    assert [article.code for article in articles] == ["A2", "A3"]
    assert desk.quarantine() == {"A1.md": reason}
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
        publication.feed_publisher.publish()
    assert desk.titles() == []
    desk.post("A1", body="Edited in between.")
    with time_machine.travel(datetime.now(UTC) + HOUR):
        desk.publish(NOW + HOUR)
    assert desk.titles() == ["Title of A1"]
    assert desk.quarantine() == {}


def test_posts_link_to_their_own_page_where_they_have_one(desk: Desk) -> None:
    desk.post("A1/é", category="World News")
    desk.post("A2", category="")
    desk.collect()
    pages = bodies_of(desk, page_url="https://news.example.org/{language}/{category}/{code}")
    with desk.open() as publication:
        chosen = [desk.published("A1/é"), desk.published("A2")]
        articles = pages.articles(publication.database, chosen, now=NOW)
    assert [article.link for article in articles] == [
        "https://news.example.org/en/world-news/A1/%C3%A9",
        "https://news.example.org/en/all/A2",
    ]
    assert articles[0].via == "https://wire.example.com/A1/%C3%A9"


def test_the_summary_is_the_lead_where_the_description_says_nothing_new(desk: Desk) -> None:
    desk.post(
        "A1", description='"Title of A1!"', body="A sentence that is long enough to be the beginning of a report."
    )
    desk.collect()
    with desk.open() as publication:
        (article,) = bodies_of(desk).articles(publication.database, [desk.published("A1")], now=NOW)
    assert article.summary == "A sentence that is long enough to be the beginning of a report."


def test_a_post_that_was_never_published_makes_no_article(desk: Desk) -> None:
    desk.post("A1", draft="true")
    desk.collect()
    draft = desk.known("A1")
    assert draft is not None
    with desk.open() as publication, pytest.raises(ValueError, match="A1 was never published"):
        bodies_of(desk).articles(publication.database, [draft], now=NOW)


def test_a_post_whose_file_nobody_remembers_is_left_out_without_a_word(desk: Desk) -> None:
    desk.collect()
    bodies = bodies_of(desk)
    with desk.open() as publication:
        gone = known("A9", state=State.PUBLISHED)
        assert bodies.articles(publication.database, [gone], now=NOW) == []
    assert bodies.broken == {}
    assert desk.quarantine() == {}


def test_a_page_may_be_named_by_the_file_and_its_day_in_the_zone_of_the_posts(desk: Desk) -> None:
    path = desk.post("A1", date="2024-11-09T20:00:00Z")
    path.rename(path.with_name("2024-11-10-river talks.md"))
    desk.collect()
    pages = bodies_of(desk, page_url="https://news.example.org/{language}/{year}/{month}/{day}/{slug}/")
    with desk.open() as publication:
        (article,) = pages.articles(publication.database, [desk.published("A1")], now=NOW)
    assert article.link == "https://news.example.org/en/2024/11/10/river%20talks/"


@pytest.mark.parametrize(
    ("page_url", "fields", "link"),
    [
        (None, {}, "https://wire.example.com/A1"),
        (None, {"origin_url": ""}, "https://news.example.org/talks/2024/"),
        ("https://news.example.org/{code}", {}, "https://news.example.org/talks/2024/"),
    ],
)
def test_a_permalink_is_the_page_of_a_post_that_has_one(
    desk: Desk, page_url: str | None, fields: dict[str, str], link: str
) -> None:
    desk.post("A1", permalink="/talks/:year/", **fields)
    desk.collect()
    with desk.open() as publication:
        bodies = bodies_of(desk, page_url=page_url)
        (article,) = bodies.articles(publication.database, [desk.published("A1")], now=NOW)
    assert article.link == link


def test_templates_link_to_other_posts_by_their_paths(desk: Desk) -> None:
    for folder, code in (("en", "E1"), ("th", "T1")):
        made = desk.post(code)
        target = desk.folder / "posts" / folder / "2024-11-10-talks.md"
        target.parent.mkdir()
        made.rename(target)
    links = "[a]({% post_url 2024-11-10-talks %}) [b]({% link th/2024-11-10-talks.md %}) [c]({% link nowhere.md %})"
    desk.post("A1", body=links)
    desk.collect()
    with desk.open() as publication:
        (article,) = bodies_of(desk).articles(publication.database, [desk.published("A1")], now=NOW)
    assert 'href="https://wire.example.com/E1"' in article.html
    assert 'href="https://wire.example.com/T1"' in article.html
    assert 'href="https://wire.example.com/nowhere.html"' in article.html


def test_a_template_is_rendered_again_when_its_data_change(desk: Desk) -> None:
    data = desk.folder / "posts" / "_data" / "ports.yml"
    data.parent.mkdir(parents=True)
    data.write_text("- Baymor\n", "utf-8")
    desk.post("A1", body="Port of {{ site.data.ports[0] }}.")
    desk.collect()
    for name in ("Baymor", "Karenz"):
        data.write_text(f"- {name}\n", "utf-8")
        with desk.open() as publication:
            (article,) = bodies_of(desk).articles(publication.database, [desk.published("A1")], now=NOW)
        assert article.html == f"<p>Port of {name}.</p>"


def test_a_byline_and_a_credit_become_fields(desk: Desk) -> None:
    body = "By Mara Ellison, Example Wire\n\n![A ferry](https://wire.example.com/f.jpg)\n\nPhoto: Example Wire\n\n"
    desk.post("A1", body=body + "The ferry between the two towns is running again after a year, the council said.")
    desk.collect()
    with desk.open() as publication:
        (article,) = bodies_of(desk).articles(publication.database, [desk.published("A1")], now=NOW)
    assert article.authors == ("Mara Ellison",)
    assert article.credit == "Example Wire"


def test_an_edit_is_weighed_by_what_readers_saw(desk: Desk) -> None:
    desk.post("A1", body="The harbor opened on Monday.")
    desk.post("A2", body="Never rendered.")
    desk.collect()
    bodies = bodies_of(desk)
    befores = [desk.published("A1"), desk.published("A2")]
    with desk.open() as publication:
        bodies.articles(publication.database, befores[:1], now=NOW)
    outcomes = []
    for body in ("The harbour opened on Monday.", "Quite another report, of which nobody has read a word.", TOO_DEEP):
        desk.post("A1", body=body)
        desk.collect(NOW + HOUR)
        edits = [(before, desk.published(before.code).post) for before in befores]
        with desk.open() as publication, publication.database.read() as connection:
            outcomes.append(bodies.weigh(connection, edits))
    assert outcomes == [{"A1": False}, {"A1": True}, {}]


def test_a_process_of_several_threads_renders_alike_by_itself(desk: Desk) -> None:
    desk.post("A1", body="explode")
    desk.post("A2", body="devour")
    desk.post("A3", body=TOO_DEEP)
    desk.post("A4", body="[a]({% link A5.md %}) [b]({% link A9.md %}) [c]({% link A5 %})")
    desk.post("A5", category="")
    desk.post("A9", origin_url="")
    desk.post("A6", body="As it was.")
    desk.collect()
    bodies = bodies_of(desk)
    chosen = [desk.published(f"A{number}") for number in range(1, 7)]
    desk.post("A6", body="Edited in between.")
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        with desk.open() as publication:
            articles = bodies.articles(publication.database, chosen, now=NOW)
    finally:
        done.set()
        other.join()
    assert [article.code for article in articles] == ["A4", "A5"]
    assert articles[0].html.count("https://wire.example.com/A5") == 2
    assert set(bodies.broken) == {"A1.md", "A2.md", "A3.md", "A6.md"}
    assert bodies.broken["A2.md"] == "takes more than 512 MB to render"


@pytest.mark.parametrize(
    ("fields", "size", "alt"),
    [
        ({}, (640, 480), "From the body"),
        ({"image_alt": '"Said"'}, (640, 480), "Said"),
        ({"image": '"https://wire.example.com/other.jpg"'}, None, None),
        ({"image": '"https://wire.example.com/other.jpg"', "image_alt": '"Said"'}, None, "Said"),
    ],
)
def test_the_picture_of_the_body_brings_its_size_and_words_along(
    desk: Desk, fields: dict[str, str], size: tuple[int, int] | None, alt: str | None
) -> None:
    desk.post("A1", body='<img src="b.jpg" alt="From the body" width="640" height="480">', **fields)
    desk.collect()
    with desk.open() as publication:
        (article,) = publication.bodies.articles(publication.database, [desk.published("A1")], now=NOW)
    assert (article.extras.image_size, article.extras.image_alt) == (size, alt)
