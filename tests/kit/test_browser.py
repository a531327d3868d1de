"""Pictures of pages: as wide as asked, in the scheme that is asked, and of nothing but the page and its pictures."""

from __future__ import annotations

import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from publisher.kit.browser import Shot, photograph
from publisher.model.errors import UsageError
from tests.conftest import CHROMIUM
from tests.end_to_end.screens import landscape

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HTML = (
    "<!DOCTYPE html><style>body { margin: 0; height: 1200px; background: #fff }"
    "@media (prefers-color-scheme: dark) { body { background: #111 } }</style><body>"
)


def take(folder: Path, html: str = HTML, *, name: str = "page", width: int = 360, dark: bool = False) -> bytes:
    (path,) = photograph([Shot(html=html, path=folder / f"{name}.png", width=width, dark=dark)])
    assert path == folder / f"{name}.png"
    return path.read_bytes()


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


class Site(ThreadingHTTPServer):
    """A site that is asked for a picture and for what else a page may want, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "image/png" if self.path.endswith(".png") else "text/css")
        self.end_headers()
        self.wfile.write(landscape("a") if self.path.endswith(".png") else b"body { background: red !important }")

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.chromium
def test_a_picture_has_its_width_and_the_whole_page(tmp_path: Path) -> None:
    shots = [Shot(html=HTML, path=tmp_path / f"{width}.png", width=width) for width in (360, 640)]
    assert list(photograph(shots)) == [tmp_path / "360.png", tmp_path / "640.png"]
    assert [size((tmp_path / f"{width}.png").read_bytes()) for width in (360, 640)] == [(360, 1200), (640, 1200)]


@pytest.mark.chromium
def test_a_page_is_seen_in_the_scheme_that_is_asked_for(tmp_path: Path) -> None:
    white = take(tmp_path, HTML.replace("#111", "#fff"), dark=True)
    assert take(tmp_path, dark=False) == white
    assert take(tmp_path, dark=True) != white


@pytest.mark.chromium
def test_of_the_web_only_pictures_are_loaded_and_no_script_runs(tmp_path: Path, site: Site) -> None:
    picture = f"<img src='{site.url}/a.png' width=360 height=225>"
    others = (
        f"<link rel=stylesheet href='{site.url}/a.css'><script src='{site.url}/a.js'></script>"
        f"<iframe hidden src='{site.url}/a.html'></iframe><script>document.body.style.background = 'red'</script>"
    )
    assert take(tmp_path, HTML + picture + others) == take(tmp_path, HTML + picture) != take(tmp_path, HTML)
    assert set(site.asked) == {"/a.png"}


@pytest.mark.chromium
def test_files_of_this_machine_are_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(landscape("a"))
    image = "<img alt='' src='{}' width=360 height=225>"
    shown = take(tmp_path, HTML + image.format((tmp_path / "a.png").as_uri()))
    assert shown == take(tmp_path, HTML + image.format((tmp_path / "b.png").as_uri()))


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any browser, and the folder in which its programs would be."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    monkeypatch.delenv("CHROMIUM", raising=False)
    return programs


def install(path: Path) -> None:
    """Put a browser here that leaves a note when it is started."""
    path.write_text(f'#!/bin/sh\nPATH=/usr/bin:/bin\n: > "{path}.started"\nexec "{CHROMIUM}" "$@"\n')
    path.chmod(0o755)


@pytest.mark.chromium
@pytest.mark.parametrize("name", ["google-chrome", "brave"])
def test_any_browser_of_the_family_will_do(tmp_path: Path, bare: Path, name: str) -> None:
    install(bare / name)
    assert size(take(tmp_path)) == (360, 1200)
    assert (bare / f"{name}.started").exists()


@pytest.mark.chromium
@pytest.mark.parametrize("by_path", [True, False], ids=["by its path", "by its name"])
def test_the_browser_that_is_named_comes_first(
    tmp_path: Path, bare: Path, monkeypatch: pytest.MonkeyPatch, by_path: bool
) -> None:
    for name in ("chromium", "mine"):
        install(bare / name)
    monkeypatch.setenv("CHROMIUM", str(bare / "mine") if by_path else "mine")
    assert size(take(tmp_path)) == (360, 1200)
    assert not (bare / "chromium.started").exists()


@pytest.mark.parametrize("named", [None, "/no/such/browser"])
def test_without_a_browser_there_is_a_sentence_with_the_ways_out(
    tmp_path: Path, bare: Path, monkeypatch: pytest.MonkeyPatch, named: str | None
) -> None:
    if named:
        monkeypatch.setenv("CHROMIUM", named)
    with pytest.raises(UsageError, match=r"install chromium, name one in the variable CHROMIUM, or run") as told:
        take(tmp_path)
    assert "\n" not in str(told.value)
    assert (named or "") in str(told.value)


def test_without_playwright_there_is_a_sentence_that_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(UsageError, match=r"pip install 'publisher\[pictures\]'"):
        take(tmp_path)
