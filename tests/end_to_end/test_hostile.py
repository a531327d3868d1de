"""What strangers write into their posts: nothing of it runs, and nothing of it ends a run."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import yaml
from lxml import etree

from publisher.content.fields import FIELDS
from publisher.content.limits import TITLE_CHARS
from publisher.kit.text import clip, one_line
from tests.end_to_end.conftest import new_site
from tests.end_to_end.hostile import addresses, entries, harm_in, listed, pages, quoted, watched
from tests.end_to_end.screens import browser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Dialog, Route

EVERYTHING = {"entries": "10_000", "max_bytes": "1_000_000_000", "max_stories": "1_500", "max_age": '"520w"'}
#: What a body may make of a vector; `{}` stands for it.
BODIES = (
    "{}",
    "<p>{}</p>\n\nA paragraph after it.",
    '<a href="{}">link</a> <img src="{}" alt="{}">\n\n[link]({}) ![picture]({})\n\n[link][1]\n\n[1]: {}',
    "> {}\n\n- {}\n\n| {} | b |\n|---|---|\n| c | {} |\n\n<div {}>text</div>",
)


def write(site: Path, name: str, front: str, body: str = "The report, in one sentence.") -> None:
    """Write a file whose front matter is `front`, word for word."""
    content = f"---\n{front}\n---\n{body}\n"
    (site / "posts" / name).write_bytes(content.encode("utf-8", "surrogatepass"))


@pytest.fixture(scope="module")
def vectors(corpus: Path) -> list[str]:
    return list(json.loads((corpus / "hostile" / "xss.json").read_text("utf-8")))


@pytest.fixture(scope="module")
def injected(vectors: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication in which every vector stands in every field and in bodies of four kinds."""
    site = new_site(tmp_path_factory.mktemp("xss") / "site", **EVERYTHING)
    for number, vector in enumerate(vectors):
        said = quoted(vector)
        behind = quoted(f"https://wire.example.com/{vector}")
        category = said if number % 8 == 0 else '"WORLD"'
        texts = [f"title: {said}", f"description: {said}", f"tags: [{said}]", f"author: {said}"]
        for kind, body in enumerate(BODIES):
            url = said if kind % 2 else behind
            front = [
                *(texts if kind < 2 else ["title: A title"]),
                f"code: x-{number}-{kind}",
                f"date: 2024-11-10T{number // 60 % 10:02}:{number % 60:02}:00Z",
                f"category: [WORLD, {category}]",
                f"origin_url: {url if number % 2 else ''}",
                f"permalink: {url}",
                f"image: {url}",
                "language: en",
            ]
            # An empty body shows the description in its place.
            write(site, f"x-{number}-{kind}.md", "\n".join(front), body.replace("{}", vector) if kind else "")
    run = watched(site)
    assert run.code in {0, 1}, run.err
    assert run.strays(site) == []
    return site


def test_what_could_run_is_seen_where_nothing_is_taken_out(vectors: list[str]) -> None:
    assert sum(bool(harm_in(vector)) for vector in vectors) > 500


def test_every_vector_ends_as_a_post_or_is_named(injected: Path, vectors: list[str]) -> None:
    items = json.loads((injected / "output/feeds/all.json").read_bytes())["items"]
    left_out = listed(injected)
    assert len(items) + len(left_out) == len(BODIES) * len(vectors)
    assert len(left_out) <= len(BODIES)
    assert all(each["reason"] for each in left_out)


def test_no_entry_of_any_feed_can_run_or_load_anything_unasked(injected: Path) -> None:
    seen: dict[str, str] = {}
    for name, html in entries(injected):
        seen.setdefault(html, name)
    assert len(seen) > 2_000
    assert {name: found for html, name in seen.items() if (found := harm_in(html))} == {}


def test_every_address_in_a_feed_is_of_the_web(injected: Path) -> None:
    found = set(addresses(injected))
    assert len(found) > 1_000
    assert [each for each in found if not re.match(r"https?://[a-z0-9.:\[\]-]+(?:/|\?|$)", each[1])] == []


def test_no_page_and_no_mail_has_anything_of_a_post_that_could_run(injected: Path) -> None:
    found = dict(pages(injected))
    assert {"output/index.html"} < set(found)
    assert sum(path.endswith(".eml") for path in found) == 1
    assert {path: harm for path, html in found.items() if (harm := harm_in(html, page=True))} == {}


def test_a_title_is_the_same_text_in_every_format(injected: Path, vectors: list[str]) -> None:
    feeds = injected / "output" / "feeds"
    said = {clip(one_line(vector), TITLE_CHARS) for vector in vectors}
    rss = [each.text for each in etree.parse(feeds / "all.rss").iterfind(".//item/title")]
    atom = [each.text for each in etree.parse(feeds / "all.atom").iterfind("{*}entry/{*}title")]
    titles = [item["title"] for item in json.loads((feeds / "all.json").read_bytes())["items"]]
    assert rss == atom == titles
    assert said <= {*titles, ""}


#: What a page tries that should not: every way to be heard of.
_TRAP = """window.ran = [];
for (const name of ['alert', 'prompt', 'confirm', 'print', 'open', 'fetch', 'postMessage'])
  window[name] = (...said) => { window.ran.push(name + ' ' + said); };
"""
#: Touches everything, as a reader's mouse and keyboard might, and lists schemes as the browser reads them.
_TOUCH = """() => {
  for (const element of document.querySelectorAll('*'))
    for (const name of ['mouseover', 'pointerover', 'focus', 'focusin', 'toggle', 'error', 'load', 'keydown'])
      element.dispatchEvent(new Event(name, {bubbles: true}));
  const schemes = [...document.querySelectorAll('a[href], area[href]')].map(link => link.protocol);
  return [window.ran, [...new Set(schemes)]];
}"""


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.mark.chromium
def test_in_a_browser_nothing_runs_and_nothing_but_pictures_is_fetched(injected: Path, opened: Browser) -> None:
    items = json.loads((injected / "output/feeds/all.json").read_bytes())["items"]
    sample = [item["content_html"] for item in items[:: len(items) // 80]]
    fetched: list[str] = []

    def answer(route: Route) -> None:
        request = route.request
        if request.url == page.url or (request.url.startswith("file:") and request.resource_type == "stylesheet"):
            route.continue_()
        else:
            if request.resource_type != "image":
                fetched.append(f"{request.resource_type} {request.url}")
            route.abort()

    def refuse(dialog: Dialog) -> None:
        fetched.append(f"dialog {dialog.message}")
        dialog.dismiss()

    page = opened.new_page()
    page.add_init_script(_TRAP)
    page.on("dialog", refuse)
    page.goto((injected / "output/index.html").as_uri())
    page.route("**/*", answer)
    shown = [page.content(), "<!doctype html>" + "<hr>".join(f"<article>{html}</article>" for html in sample)]
    shown += [html for path, html in pages(injected) if path.endswith(".eml")]
    for html in shown:
        page.set_content(html, wait_until="load")
        ran, schemes = page.evaluate(_TOUCH)
        page.wait_for_timeout(200)
        assert (ran, fetched) == ([], [])
        assert set(schemes) <= {"http:", "https:", "mailto:", "tel:", "file:", "about:"}
    page.set_content("<img src='x:' onerror=alert(1)>", wait_until="load")
    assert page.evaluate(_TOUCH)[0], "the trap catches nothing"
    page.close()


@pytest.fixture(scope="module")
def strings(corpus: Path) -> list[str]:
    return list(json.loads((corpus / "hostile" / "strings.json").read_text("utf-8")))


def check_all(site: Path, names: set[str], *, seconds: int) -> dict[str, str]:
    """Publish everything in one feed: each file is a post or named with a line of its own; gives the reasons."""
    for words in ([], ["check"]):
        run = watched(site, *words)
        assert run.code in {0, 1}, run.err
        assert "mistake in publisher" not in run.err
        assert run.strays(site) == []
        assert run.most("seconds") < seconds
    left_out = {str(each["path"]): each for each in listed(site)}
    posts = json.loads(watched(site, "status", "--json").out)["posts"]
    assert set(left_out) <= names
    assert posts["seen"] == len(names)
    assert sum(posts[state] for state in ("published", "draft", "future")) >= len(names) - len(left_out)
    for path, each in left_out.items():
        lines = (site / "posts" / path).read_bytes().replace(b"\r", b"\n").count(b"\n") + 1
        assert 1 <= int(each["line"]) <= lines, each
        reason = str(each["reason"])
        assert reason == one_line(reason), each
        assert "Error" not in reason, each
    for file in (path for path in (site / "output" / "feeds").rglob("*.*") if path.suffix != ".html"):
        if file.suffix == ".json":
            json.loads(file.read_bytes())
        else:
            etree.parse(file)
    return {path: str(each["reason"]) for path, each in left_out.items()}


def test_every_awkward_string_in_every_field_ends_as_a_post_or_is_named(
    strings: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    site = new_site(tmp_path_factory.mktemp("strings") / "site", **EVERYTHING)
    names = set()
    good = {"title": "A title", "date": "2024-11-10", "language": "en"}
    for number, string in enumerate(strings):
        for field in [*FIELDS, "body"]:
            for way, value in (("quoted", quoted(string)), ("raw", string)):
                front = {**good, field: value} if field != "body" else good
                name = f"{number}-{field}-{way}.md"
                lines = "\n".join(f"{key}: {said}" for key, said in front.items())
                write(site, name, lines, string if field == "body" else f"Text of {name}.")
                names.add(name)
    reasons = check_all(site, names, seconds=60)
    quoted_ones = [path for path in reasons if path.endswith("-quoted.md")]
    # A date and a language must be such, and a title must be something.
    assert {path.split("-")[1] for path in quoted_ones} <= {"date", "updated", "language", "title", "code"}
    assert not [path for path in reasons if "-body-" in path]


_MARKS = {"␣": " ", "↵": "", "∎\n": "", "←": "\r", "⇔": "\ufeff"}


def cases(path: Path) -> Iterator[str]:
    """Give the YAML of each test in a file, in which what cannot be seen is written as signs."""
    for case in yaml.safe_load(path.read_text("utf-8")):
        text = re.sub("—*»", "\t", str(case.get("yaml", "")))
        for mark, meant in _MARKS.items():
            text = text.replace(mark, meant)
        yield text


def test_every_yaml_case_as_front_matter_ends_as_a_post_or_is_named(
    corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    site = new_site(tmp_path_factory.mktemp("yaml") / "site", **EVERYTHING)
    names = set()
    files = sorted((corpus / "hostile" / "yaml").glob("*.yaml"))
    assert len(files) == 113
    for path in files:
        for number, text in enumerate(cases(path)):
            for kind, before in (("alone", ""), ("titled", "title: A title\ndate: 2024-11-10\n")):
                write(site, name := f"{path.stem}-{number}-{kind}.md", before + text)
                names.add(name)
    assert len(names) > 226
    reasons = check_all(site, names, seconds=20)
    assert 100 < len(reasons) < len(names)


UNFIT = {*map(chr, range(0x80, 0xA0)), "\ufffe", "\uffff"}
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\u202a-\u202e]")


def test_every_code_point_in_every_field_arrives_or_is_dropped_in_all_formats_alike(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    site = new_site(tmp_path_factory.mktemp("points") / "site", **EVERYTHING)
    points = [*range(0xD800), *range(0xE000, 0x110000)]
    chunks = ["".join(map(chr, points[start : start + 950])) for start in range(0, len(points), 950)]
    names = set()
    for number, text in enumerate(chunks):
        tags = ", ".join(quoted(text[start : start + 190]) for start in range(0, len(text), 190))
        said = quoted(text)
        front = (
            f"code: c{number:04}\ntitle: {quoted('T' + text)}\ndescription: {said}\ntags: [{tags}]\nauthor: [{tags}]"
        )
        write(
            site,
            f"c{number:04}.md",
            f"{front}\ndate: 2024-11-10\nlanguage: en\nimage: {said}\norigin_url: {said}",
            text,
        )
        raw = text.replace("\\", "").replace('"', "")
        write(site, f"raw{number:04}.md", f'title: "T{raw}"\ndate: 2024-11-09\nlanguage: en', "Text.")
        names |= {f"c{number:04}.md", f"raw{number:04}.md"}
    write(site, "surrogates.md", f"title: {quoted('T' + chr(0xD800))}\ndate: 2024-11-10")
    reasons = check_all(site, names | {"surrogates.md"}, seconds=90)
    # YAML has none of these but as an escape.
    assert reasons.pop("surrogates.md")
    assert all(path.startswith("raw") for path in reasons)
    assert len(reasons) <= 3

    feeds = site / "output" / "feeds" / "en"
    items = json.loads((feeds / "all.json").read_bytes())["items"]
    rss, atom = list(etree.parse(feeds / "all.rss").iter("item")), etree.parse(feeds / "all.atom").findall("{*}entry")
    assert len(items) == len(rss) == len(atom) == len(names) - len(reasons)
    for item, one, other in zip(items, rss, atom, strict=True):
        names_of = [tag.text for tag in one.findall("category")]
        assert item["title"] == one.findtext("title") == other.findtext("{*}title")
        assert item["content_html"] == one.findtext("{*}encoded") == other.findtext("{*}content")
        assert item.get("tags", []) == names_of == [tag.get("term") for tag in other.findall("{*}category")]
        assert [each["name"] for each in item["authors"]] == [each.text for each in one.findall("{*}creator")]
    shown = {item["id"].rpartition(":")[2]: item for item in items}
    for number, text in enumerate(chunks):
        expected = " ".join(_UNFIT.sub("", "T" + text).split())
        assert shown[f"c{number:04}"]["title"] == expected
        # Of a body, ASCII is for Markdown to read.
        written = {char for char in text if ord(char) > 127 and not char.isspace()} - UNFIT
        assert written <= {*shown[f"c{number:04}"]["content_html"]}
