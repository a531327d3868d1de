"""Every body is rendered, and what cannot be is named, although no feed asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.jobs.check_posts import check_posts
from publisher.store import posts
from tests.build import NOW

if TYPE_CHECKING:
    from tests.jobs.conftest import Desk

TOO_DEEP = "<div>" * 150 + "deep" + "</div>" * 150
JUNK = "".join(f"Advertisement var a{number} = document.body; a{number}.remove();\n\n" for number in range(3))


def test_every_post_is_rendered_and_the_broken_ones_are_quarantined(desk: Desk) -> None:
    desk.configure("feeds", entries=1)
    desk.post("A1", body=TOO_DEEP, date="2024-11-01T00:00:00Z")
    desk.post("A2", draft="true", body=TOO_DEEP)
    for number in range(3, 20):
        desk.post(f"A{number}")
    assert not desk.publish().failed
    with desk.open() as publication:
        found = check_posts(publication.database, publication.bodies, now=NOW)
        with publication.database.read() as connection:
            assert posts.count_unshown(connection) == 1
    assert found.rendered == 17
    assert {path: line for path, (line, _) in found.broken.items()} == {"A1.md": 1, "A2.md": 1}
    assert list(desk.quarantine()) == ["A1.md", "A2.md"]


def test_a_second_check_finds_the_same(desk: Desk) -> None:
    desk.post("A1", body=TOO_DEEP)
    desk.collect()
    with desk.open() as publication:
        first = check_posts(publication.database, publication.bodies, now=NOW)
        assert check_posts(publication.database, publication.bodies, now=NOW) == first


def test_what_an_editor_should_look_at_is_named(desk: Desk) -> None:
    related = "\n".join(
        f"- [Another report, number {number}](https://wire.example.com/{number})" for number in range(30)
    )
    desk.post("A1", body=f"A short report.\n\n## Related news\n\n{related}")
    desk.collect()
    with desk.open() as publication:
        found = check_posts(publication.database, publication.bodies, now=NOW)
    assert list(found.warnings) == ["A1.md"]


def test_a_withdrawn_post_has_no_file_to_check(desk: Desk) -> None:
    desk.force = True
    path = desk.post("A1")
    desk.publish()
    path.unlink()
    desk.publish()
    with desk.open() as publication:
        assert check_posts(publication.database, publication.bodies, now=NOW).rendered == 0
