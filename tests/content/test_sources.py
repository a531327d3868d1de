"""Sources: several folders become one library, each with its own words for what a post does not say."""

from __future__ import annotations

from dataclasses import fields as fields_of
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from publisher.content.fields import FIELDS
from publisher.content.read import read
from publisher.content.sources import Library, Source
from publisher.model.errors import PostError, PublisherError
from publisher.model.post import Origin
from tests.build import source, write_post

if TYPE_CHECKING:
    from publisher.model.post import Post


def a_source(folder: Path, **values: Any) -> Source:
    return source(folder, **({"zone": ZoneInfo("Asia/Bangkok"), "language": "th"} | values))


def silent_post(folder: Path, name: str = "2024-11-10-a.md", *lines: str) -> Path:
    """Write a post that says nothing but its title, and `lines`."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["---", "title: One", *lines, "---", "Body."]), "utf-8")
    return path


def all_posts(*sources: Source) -> dict[str, Post]:
    library = Library(sources)
    return {file.path: read(file, library.source_of(file.path)) for file in library.scan({}).fresh}


def test_files_come_in_order_of_their_path(tmp_path: Path) -> None:
    for code in ["b", "a", "c/a", "c/b/d", "ข่าว/ก"]:
        write_post(tmp_path, code)
    look = Library((a_source(tmp_path),)).scan({})
    assert [file.path for file in look.fresh] == ["a.md", "b.md", "c/a.md", "c/b/d.md", "ข่าว/ก.md"]
    assert look.seen == {file.path for file in look.fresh}


def test_files_of_several_sources_come_in_order_of_their_path(tmp_path: Path) -> None:
    for place in ["wire/b", "wire/a", "desk/c", "desk/w/a"]:
        write_post(tmp_path, place)
    library = Library((a_source(tmp_path / "wire", name="wire"), a_source(tmp_path / "desk", name="desk")))
    assert [file.path for file in library.scan({}).fresh] == ["desk/c.md", "desk/w/a.md", "wire/a.md", "wire/b.md"]


def test_a_path_begins_with_the_name_of_its_source_where_there_are_several(tmp_path: Path) -> None:
    write_post(tmp_path, "a")
    assert list(all_posts(a_source(tmp_path))) == ["a.md"]
    wire, desk = a_source(tmp_path, name="wire"), a_source(tmp_path, name="desk")
    assert list(all_posts(wire, desk)) == ["desk/a.md", "wire/a.md"]


def test_a_source_is_found_by_its_whole_name(tmp_path: Path) -> None:
    # A name that another one begins with, whichever comes first.
    short, long = a_source(tmp_path, name="wire"), a_source(tmp_path, name="wire-asia")
    for library in (Library((short, long)), Library((long, short))):
        assert library.source_of("wire/a.md") is short
        assert library.source_of("wire-asia/a.md") is long


def test_a_path_of_a_source_that_is_configured_no_more_is_refused_by_its_name(tmp_path: Path) -> None:
    library = Library((a_source(tmp_path, name="wire"),))
    with pytest.raises(PostError, match=r"not configured any more: desk$"):
        library.source_of("desk/a.md")
    with pytest.raises(PostError, match="not configured any more"):
        library.measure("desk/a.md")


def test_a_file_is_measured_by_the_path_that_the_scan_gave_it(tmp_path: Path) -> None:
    write_post(tmp_path / "wire", "c/a")
    write_post(tmp_path / "desk", "c/a")
    library = Library((a_source(tmp_path / "wire", name="wire"), a_source(tmp_path / "desk", name="desk")))
    for file in library.scan({}).fresh:
        measured = library.measure(file.path)
        assert (measured.path, measured.stamp, measured.size) == (file.path, file.stamp, file.size)
        assert Path(measured.full_path).samefile(file.full_path)
    with pytest.raises(PostError, match="No such file"):
        library.measure("desk/c/b.md")


def test_only_what_is_not_as_it_was_is_fresh(tmp_path: Path) -> None:
    for place in ["wire/a", "wire/b", "desk/a"]:
        write_post(tmp_path, place)
    library = Library((a_source(tmp_path / "wire", name="wire"), a_source(tmp_path / "desk", name="desk")))
    stamps = {file.path: file.stamp for file in library.scan({}).fresh}
    assert library.scan(stamps).fresh == []
    write_post(tmp_path, "wire/b", body="Another report, and a longer one.")
    look = library.scan(stamps)
    assert [file.path for file in look.fresh] == ["wire/b.md"]
    assert look.seen == {"desk/a.md", "wire/a.md", "wire/b.md"}


def test_each_source_says_what_its_posts_do_not(tmp_path: Path) -> None:
    for name in ("wire", "desk"):
        silent_post(tmp_path / name)
    wire = a_source(
        tmp_path / "wire",
        name="wire",
        language="en-gb",
        zone=ZoneInfo("Europe/Berlin"),
        categories=("World", "Asia"),
        authors=("The Wire",),
    )
    posts = all_posts(wire, a_source(tmp_path / "desk", name="desk"))
    told = {
        path: (post.language, post.categories, post.authors, post.date.isoformat() if post.date else None)
        for path, post in posts.items()
    }
    assert told == {
        "wire/2024-11-10-a.md": ("en-gb", ("World", "Asia"), ("The Wire",), "2024-11-09T23:00:00+00:00"),
        "desk/2024-11-10-a.md": ("th", (), (), "2024-11-09T17:00:00+00:00"),
    }


def test_a_post_goes_before_its_source(tmp_path: Path) -> None:
    silent_post(tmp_path, "a.md", "lang: ja", "category: SPORT", "author: Mara Lind", "date: 2024-11-10T00:00:00Z")
    wire = a_source(tmp_path, categories=("World",), authors=("The Wire",), zone=ZoneInfo("Europe/Berlin"))
    post = all_posts(wire)["a.md"]
    assert (post.language, post.categories, post.authors) == ("ja", ("SPORT",), ("Mara Lind",))
    assert post.date is not None
    assert post.date.isoformat() == "2024-11-10T00:00:00+00:00"


def test_each_source_has_its_own_names_of_fields(tmp_path: Path) -> None:
    for name in ("wire", "desk"):
        path = tmp_path / name / "a.md"
        path.parent.mkdir()
        path.write_text("---\ntitle: The title\nheadline: The headline\ndate: 2024-11-10\n---\n")
    wire = a_source(tmp_path / "wire", name="wire", names=FIELDS | {"title": ("headline",)})
    posts = all_posts(wire, a_source(tmp_path / "desk", name="desk"))
    assert {path: post.title for path, post in posts.items()} == {"wire/a.md": "The headline", "desk/a.md": "The title"}


def test_each_source_has_its_own_site(tmp_path: Path) -> None:
    for name in ("wire", "desk"):
        silent_post(tmp_path / name, "2024-11-10-a.md", "image: /a.jpg", "permalink: /one/")
    wire = a_source(tmp_path / "wire", name="wire", site_url="https://wire.example.org/blog/")
    posts = all_posts(wire, a_source(tmp_path / "desk", name="desk"))
    assert {path: (post.image, post.permalink) for path, post in posts.items()} == {
        "wire/2024-11-10-a.md": ("https://wire.example.org/a.jpg", "https://wire.example.org/one/"),
        "desk/2024-11-10-a.md": ("https://news.example.org/a.jpg", "https://news.example.org/one/"),
    }


@pytest.mark.parametrize("name", ["", "wire"])
def test_a_folder_that_is_empty_and_was_not_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "wire").mkdir()
    write_post(tmp_path / "desk", "a")
    wire = a_source(tmp_path / "wire", name=name)
    library = Library((a_source(tmp_path / "desk", name="desk"), wire) if name else (wire,))
    stamps = {f"{wire.prefix}gone.md": "1 2 3 4"}
    with pytest.raises(PublisherError, match=r"wire is empty, and was not: nothing is withdrawn; .*--force"):
        library.scan(stamps)
    assert f"{wire.prefix}gone.md" not in library.scan(stamps, force=True).seen


def test_a_folder_that_was_always_empty_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "wire").mkdir()
    write_post(tmp_path / "desk", "a")
    library = Library((a_source(tmp_path / "desk", name="desk"), a_source(tmp_path / "wire", name="wire")))
    assert library.scan({}).seen == {"desk/a.md"}
    assert library.scan({"desk/gone.md": "1 2 3 4", "wires/gone.md": "1 2 3 4"}).seen == {"desk/a.md"}


def test_a_folder_that_cannot_be_read_stops_all_of_them(tmp_path: Path) -> None:
    write_post(tmp_path / "desk", "a")
    library = Library((a_source(tmp_path / "desk", name="desk"), a_source(tmp_path / "wire", name="wire")))
    for force in (False, True):
        with pytest.raises(PublisherError, match=r"wire cannot be read"):
            library.scan({}, force=force)


#: Another value for everything that a source says.
OTHER: dict[str, Any] = {
    "name": "desk",
    "names": FIELDS | {"title": ("headline",)},
    "zone": ZoneInfo("Europe/Berlin"),
    "language": "en",
    "site_url": "https://desk.example.org/",
    "page_url": "https://desk.example.org/{slug}",
    "categories": ("World",),
    "authors": ("The Desk",),
    "origin": Origin("Example Wire", "https://wire.example.com/feed.atom"),
    "folder_categories": True,
    "excerpt_separator": "<!--end-->",
    "liquid": False,
}


@pytest.mark.parametrize("name", [field.name for field in fields_of(Source) if field.name != "folder"])
def test_the_fingerprint_tells_whatever_may_change_a_post(tmp_path: Path, name: str) -> None:
    one = a_source(tmp_path)
    other = replace(one, **{name: OTHER[name]})
    assert Library((one,)).fingerprint != Library((other,)).fingerprint
    assert Library((one, one)).fingerprint != Library((one, other)).fingerprint


def test_the_fingerprint_is_the_same_wherever_the_folder_is(tmp_path: Path) -> None:
    here, there = (Library((a_source(tmp_path / place),)) for place in ("here", "there"))
    assert here.fingerprint == there.fingerprint
    assert len(here.fingerprint) == 32
