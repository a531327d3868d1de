"""`publish preview`: what it shows of what would go out, and that nothing goes out or is recorded."""

from __future__ import annotations

import json
import os
import struct
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import AT_NOON, tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Publish

ID = "world-2024-11-10-en"
VIEWS = ("wide-light", "wide-dark", "narrow-light", "narrow-dark", "narrow-light-no-pictures")


@pytest.fixture
def preview(publish: Publish) -> Publish:
    """A publication with a post in each language of its digest."""
    publish.post("A1")
    publish.post("A2", language="th", title='"ข่าวของ A2"')
    return publish


def spoil(publish: Publish) -> None:
    """Give the digest's template what mail programs take out."""
    path = publish.folder / "templates" / "digest" / "digest.html"
    path.parent.mkdir(parents=True)
    path.write_text(
        '{% extends "publisher/digest/digest.html" %}{% block masthead %}{{ super() }}<form></form>{% endblock %}'
    )


def test_the_editions_and_a_page_of_all_are_written_and_nothing_is_recorded(preview: Publish) -> None:
    done = preview("preview", "world", *AT_NOON)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "สรุปข่าวโลก: ข่าวของ A2",
        "  var/preview/world-2024-11-10-th.html",
        "  var/preview/world-2024-11-10-th.txt",
        "World briefing: Title of A1",
        "  var/preview/world-2024-11-10-en.html",
        "  var/preview/world-2024-11-10-en.txt",
        "Look at var/preview/world.html",
    ]
    folder = preview.folder / "var/preview"
    names = {f"world-2024-11-10-{language}.{kind}" for language in ("th", "en") for kind in ("html", "txt")}
    assert {path.name for path in folder.iterdir()} == {*names, "world.html"}
    assert "Title of A1" in (folder / f"{ID}.html").read_text("utf-8")
    assert "Title of A1" in (folder / f"{ID}.txt").read_text("utf-8")
    page = (folder / "world.html").read_text("utf-8")
    assert "<h1>World briefing</h1>" in page
    assert page.count("ข่าวของ A2") > 5 < page.count("Title of A1")
    assert {path.name for path in (preview.folder / "var").iterdir()} == {"preview"}
    assert not (preview.folder / "output").exists()


def test_the_next_edition_is_shown_after_one_that_went_out(publish: Publish) -> None:
    publish.post("A1")
    publish(*AT_NOON)
    before = tree(publish.folder)
    for words in ((), ("--open",), ("--png", "pictures")):
        done = publish("preview", "world", *words, *AT_NOON)
        assert (done.code, done.out) == (0, "world: no new posts for an edition\n")
    assert publish("preview", "world", "--json", *AT_NOON).json == []
    assert tree(publish.folder) == before


def test_a_digest_that_there_is_not_is_wrong_usage(publish: Publish) -> None:
    done = publish("preview", "wrld")
    assert (done.code, done.err) == (2, "publish: there is no digest 'wrld'; there is world\n")


def test_one_language_is_shown_alone(preview: Publish) -> None:
    done = preview("preview", "world", "--language", "TH", *AT_NOON)
    assert done.code == 0
    assert "world-2024-11-10-th" in done.out
    assert not (preview.folder / f"var/preview/{ID}.html").exists()
    assert "Title of A1" not in (preview.folder / "var/preview/world.html").read_text("utf-8")


def test_a_language_that_the_digest_has_not_is_wrong_usage(preview: Publish) -> None:
    done = preview("preview", "world", "--language", "fr", *AT_NOON)
    assert (done.code, done.out) == (2, "")
    assert done.err == "publish: the digest 'world' has no edition in 'fr'; it has th, en\n"


def test_lint_lists_what_would_stop_a_send_and_exits_with_one(preview: Publish) -> None:
    spoil(preview)
    done = preview("preview", "world", "--lint", *AT_NOON)
    assert done.code == 1
    heading = next(line for line in done.out.splitlines() if "severity" in line)
    assert heading.split() == ["edition", "severity", "line", "rule", "message"]
    page = (preview.folder / f"var/preview/{ID}.html").read_text("utf-8").splitlines()
    line = next(number for number, line in enumerate(page, start=1) if "<form" in line)
    found = next(line for line in done.out.splitlines() if line.startswith(f" {ID}"))
    assert found.split()[:4] == [ID, "error", str(line), "forbidden-element"]
    assert preview("preview", "world", *AT_NOON).code == 0


def test_lint_lists_warnings_and_exits_with_zero(preview: Publish) -> None:
    preview.post("A1", origin_url='"http://wire.example.com/A1"')
    done = preview("preview", "world", "--lint", "--language", "en", *AT_NOON)
    assert done.code == 0
    assert "http-link" in done.out
    assert "error" not in done.out


def test_lint_that_finds_nothing_says_so(preview: Publish) -> None:
    done = preview("preview", "world", "--lint", *AT_NOON)
    assert (done.code, done.out.splitlines()[-1]) == (0, "nothing found")


def test_json_has_the_findings_of_every_edition(preview: Publish) -> None:
    spoil(preview)
    preview.post("A1", origin_url='"http://wire.example.com/A1"')
    done = preview("preview", "world", "--json", "--lint", *AT_NOON)
    assert (done.code, done.err) == (1, "")
    thai, english = done.json
    page = preview.folder / english["path"]
    assert (english["edition"], english["size"]) == (ID, page.stat().st_size)
    assert english["subject"] == "World briefing: Title of A1"
    assert all(set(finding) == {"rule", "severity", "line", "message"} for finding in english["findings"])
    first, *others = [(finding["rule"], finding["severity"]) for finding in english["findings"]]
    assert first == ("forbidden-element", "error")
    assert set(others) == {("http-link", "warning")}
    assert [finding["severity"] for finding in thai["findings"]] == ["error"]
    assert all(isinstance(finding["line"], int) for finding in english["findings"])


def test_quiet_says_nothing_and_exits_as_otherwise(preview: Publish) -> None:
    spoil(preview)
    done = preview("preview", "world", "--quiet", "--lint", *AT_NOON)
    assert (done.code, done.out, done.err) == (1, "", "")


def test_titles_that_command_the_terminal_are_shown_harmless(publish: Publish) -> None:
    publish.post("A1", title='"Red \\e[31m alert"')
    assert "\x1b" not in publish("preview", "world", *AT_NOON).out


def test_open_opens_the_one_page(preview: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opener = tmp_path / "xdg-open"
    opener.write_text('#!/bin/sh\necho "opened $1"\n')
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    out, err = preview.start("preview", "world", "--open", "--quiet", *AT_NOON).communicate()
    assert (out, err) == (f"opened {preview.folder / 'var/preview/world.html'}\n", "")


def test_where_nothing_opens_pages_it_says_which_to_open(preview: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    done = preview("preview", "world", "--open", *AT_NOON)
    assert done.code == 0
    assert done.err == "publish: nothing here opens pages: open var/preview/world.html in a browser yourself\n"


@pytest.mark.chromium
def test_png_writes_a_picture_of_every_view(preview: Publish) -> None:
    done = preview("preview", "world", "--png", "pictures/today", *AT_NOON)
    assert done.code == 0
    names = [f"pictures/today/world-2024-11-10-{language}-{view}.png" for language in ("th", "en") for view in VIEWS]
    assert done.out.splitlines()[-10:] == names
    pictures = {name: (preview.folder / name).read_bytes() for name in names}
    for name, png in pictures.items():
        assert png.startswith(b"\x89PNG")
        assert struct.unpack(">I", png[16:20]) == (640 if "wide" in name else 360,)
    for language in ("th", "en"):
        start = f"pictures/today/world-2024-11-10-{language}"
        for width in ("wide", "narrow"):
            assert pictures[f"{start}-{width}-light.png"] != pictures[f"{start}-{width}-dark.png"]


@pytest.mark.chromium
def test_png_leaves_json_alone(preview: Publish) -> None:
    done = preview("preview", "world", "--language", "en", "--png", "pictures", "--json", *AT_NOON)
    assert [each["edition"] for each in json.loads(done.out)] == [ID]
    assert {path.name for path in (preview.folder / "pictures").iterdir()} == {f"{ID}-{view}.png" for view in VIEWS}


def test_png_without_a_browser_says_how_to_get_one(
    preview: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    monkeypatch.delenv("CHROMIUM", raising=False)
    done = preview("preview", "world", "--png", "pictures", *AT_NOON)
    assert (done.code, done.is_one_sentence()) == (2, True)
    assert "install chromium, name one in the variable CHROMIUM, or run `playwright install chromium`" in done.err


def test_pictures_that_cannot_be_written_are_one_sentence(preview: Publish) -> None:
    (preview.folder / "notes").touch()
    done = preview("preview", "world", "--png", "notes/pictures", *AT_NOON)
    assert (done.code, done.is_one_sentence()) == (3, True)
    assert "notes/pictures cannot be written (Not a directory)" in done.err
