"""Every limit holds at its number: what is just within it is read, one more is refused with a reason."""

from __future__ import annotations

import os
import re
import signal
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from publisher import config
from publisher.app import Publication
from publisher.content import frontmatter, limits
from publisher.content.cleaning.tree import parse
from publisher.content.read import read
from publisher.content.render import BodyRenderer
from publisher.content.scan import Look, scan
from publisher.kit.parallel import Bounds, within
from publisher.model.errors import PostError
from publisher.store import sources
from tests.build import NOW, source, write_post

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from publisher.content.sources import Source
    from publisher.model.post import Post, RenderedBody

MARKUP: dict[str, tuple[Callable[[int], str], int, str]] = {
    "depth": (lambda n: "<div>" * n + "x" + "</div>" * n, limits.HTML_DEPTH, "levels deep"),
    "depth in lists": (lambda n: "<ul><li>" * (n // 2) + "<b>" * (n % 2), limits.HTML_DEPTH, "levels deep"),
    "elements": (lambda n: "<b>x</b>" * n, limits.HTML_NODES, "elements"),
    "void elements": (lambda n: "<br>" * n, limits.HTML_NODES, "elements"),
    "attributes": (
        lambda n: f"<p{''.join(f' a{each}' for each in range(n - 1))}>x</p>",
        limits.HTML_ATTRIBUTES,
        "attrib",
    ),
    "references": (lambda n: "&amp; " * n, limits.HTML_REFERENCES, "references"),
    "numeric references": (lambda n: "&#38; " * n, limits.HTML_REFERENCES, "references"),
}
BLOCKS: dict[str, tuple[Callable[[int], str], int, str]] = {
    "depth": (lambda n: "a: " + "[" * (n - 1) + "]" * (n - 1), limits.YAML_DEPTH, "too deep"),
    "events": (lambda n: "a: [" + "b, " * (n - 9) + "c]", limits.YAML_EVENTS, "too long"),
    "bytes": (lambda n: "a: " + "b" * (n - 4), limits.FRONT_MATTER_BYTES, "more than 64 KB"),
    "bytes of many to a character": (
        lambda n: "a: " + "ข" * ((n - 4) // 3) + "b" * ((n - 4) % 3),
        limits.FRONT_MATTER_BYTES,
        "64 KB",
    ),
}


@pytest.mark.parametrize("kind", MARKUP)
def test_a_body_at_a_limit_is_parsed_and_one_beyond_is_refused(kind: str) -> None:
    make, limit, word = MARKUP[kind]
    parse(make(limit))
    with pytest.raises(PostError, match=word):
        parse(make(limit + 1))


def test_brackets_and_quotation_marks_are_no_references_that_count() -> None:
    assert len(parse("&lt;&gt;&quot; " * limits.HTML_REFERENCES).text or "") > 3 * limits.HTML_REFERENCES


@pytest.mark.parametrize(
    "markup", ["<html " * 100_000, "<!doctype " * 100_000, "</body " * 100_000, "<p a='>' " * 50_000]
)
def test_tags_that_never_end_take_no_more_time_than_their_length(markup: str) -> None:
    # Of time in proportion to its square, one of them would take minutes.
    started = time.process_time()
    parse(markup + "x")
    assert time.process_time() - started < 3


@pytest.mark.parametrize("kind", BLOCKS)
def test_front_matter_at_a_limit_is_read_and_what_is_beyond_is_refused(kind: str) -> None:
    make, limit, word = BLOCKS[kind]
    frontmatter.parse(f"---\n{make(limit)}\n---\n")
    with pytest.raises(PostError, match=word):
        frontmatter.parse(f"---\n{make(limit + 4)}\n---\n")


def read_only(folder: Path) -> Post:
    look = Look()
    scan(folder, {}, look)
    (file,) = look.fresh
    return read(file, source(folder))


def test_a_file_at_the_limit_is_read_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    path = write_post(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole + b"x" * (limits.FILE_BYTES - len(whole)))
    assert read_only(tmp_path).code == "A1"
    with path.open("ab") as file:
        file.write(b"x")
    with pytest.raises(PostError, match=r"has 4,194,305 bytes; a post may have 4,194,304"):
        read_only(tmp_path)


def test_a_path_longer_than_a_database_can_index_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "/".join(["x" * 200] * 5)
    write_post(folder, "A1")
    with pytest.raises(PostError, match="path of more than 1,000 bytes"):
        read_only(tmp_path)


def test_long_fields_are_cut_and_long_lists_end(tmp_path: Path) -> None:
    many = ", ".join(f"name-{number}" for number in range(limits.LIST_ITEMS + 1))
    long = "x" * 5_001
    names = dict.fromkeys(("category", "tags", "author"), f"[{many}, {long}]")
    path = write_post(tmp_path, **names, title=long, description=long)
    path.write_text(path.read_text("utf-8").replace('code: "A1"', f"code: {long}"), "utf-8")
    found = read_only(tmp_path)
    assert (len(found.title), len(found.description)) == (limits.TITLE_CHARS, limits.DESCRIPTION_CHARS)
    assert len(found.code) == limits.CODE_CHARS
    assert {len(found.categories), len(found.tags), len(found.authors)} == {limits.LIST_ITEMS}
    write_post(tmp_path, tags=f"[{long}]")
    assert len(read_only(tmp_path).tags[0]) == limits.ITEM_CHARS


def _work(item: str) -> str:
    match item:
        case "endless":
            # Inside of a library, where no handler of Python's is ever called.
            re.match(r"(a*)*b", "a" * 64)
        case "huge":
            return str(len(bytearray(2**30)))
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
    return f"{item} is done"


def test_work_that_breaks_its_bounds_is_named_and_its_neighbours_are_done() -> None:
    items = ["one", "endless", "two", "huge", "three", "killed", "four"]
    bounds = Bounds(seconds=0.3, memory=64 * 2**20)
    found = list(within(_work, items, lambda item, reason: f"{item} {reason}", bounds=bounds))
    assert found[1:6:2] == [
        "endless takes more than 0.3 s",
        "huge takes more than 64 MB",
        "killed ends the process that works on it (SIGKILL)",
    ]
    assert found[0::2] == ["one is done", "two is done", "three is done", "four is done"]


@dataclass(frozen=True, kw_only=True)
class Greedy(BodyRenderer):
    """Renders as always, but for two bodies that do what no body is known to do."""

    def render(
        self,
        post: Post,
        body: str,
        source: Source,
        front_matter: Mapping[str, object],
        link: Callable[[str], str | None] = lambda _path: None,
    ) -> RenderedBody:
        """Take all the time, or all the memory, that a body asks for."""
        if "endless" in body:
            re.match(r"(a*)*b", "a" * 64)
        if "huge" in body:
            body = "x" * (2 * limits.RENDER_BYTES)
        return super().render(post, body, source, front_matter, link)


def test_a_body_that_takes_too_much_is_named_and_its_neighbours_are_published(publication: Path) -> None:
    for code, body in (("A1", "Good."), ("B1", "An endless one."), ("C1", "A huge one."), ("D1", "Good.")):
        write_post(publication / "posts", code, body=body)
    settings = config.load(publication / "config" / "publisher.toml", {})
    with Publication(folder=publication, settings=settings, now=NOW) as opened:
        opened.bodies = replace(opened.bodies, make_renderer=lambda rules: Greedy(site={}, host_rules=rules))
        report = opened.run_feeds()
        with opened.database.read() as connection:
            left_out = {each.path: each.reason for each in sources.quarantine(connection)}
    assert report.broken == left_out
    assert left_out == {"B1.md": "takes more than 5 s to render", "C1.md": "takes more than 512 MB to render"}
    feed = (publication / "output/feeds/all.json").read_text("utf-8")
    assert [code for code in ("A1", "B1", "C1", "D1") if f"Title of {code}" in feed] == ["A1", "D1"]
