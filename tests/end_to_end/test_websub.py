"""Hubs are told by a whole process: once of each topic that changed, and only when its bytes are in place."""

from __future__ import annotations

import http.server
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from tests.build import NOW, write_post
from tests.end_to_end.conftest import new_site, publish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SITE = "https://news.example.org/"
MOMENT = ("--now", NOW.isoformat())


class Hub(http.server.ThreadingHTTPServer):
    """A hub that reads the file of each topic in the moment in which it is told of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Told)
        self.folder = folder
        self.status = 204
        self.told: list[tuple[str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def topics(self) -> list[str]:
        """What was told since the last question."""
        found = sorted(topic for topic, _ in self.told)
        self.told.clear()
        return found


class Told(http.server.BaseHTTPRequestHandler):
    server: Hub

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        assert form["hub.mode"] == ["publish"]
        topic = form["hub.topic"][0].removeprefix(SITE)
        self.server.told.append((topic, (self.server.folder / "output" / topic).read_bytes()))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path / "site") as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def site(hub: Hub, tmp_path: Path) -> Path:
    """Two posts of two categories, and a hub to be told of them."""
    site = new_site(tmp_path / "site", hubs=f'["{hub.url}"]')
    write_post(site / "posts", "A1")
    write_post(site / "posts", "A2", category="Sport")
    return site


def feeds(site: Path) -> dict[str, bytes]:
    output = site / "output"
    return {
        path.relative_to(output).as_posix(): path.read_bytes()
        for path in output.rglob("*")
        if path.suffix in {".rss", ".atom", ".json"} and path.name != "manifest.json"
    }


def run(site: Path, *words: str) -> str:
    """Publish; gives what was said to the operator."""
    done = publish(site, "feeds", "--quiet", *words, *MOMENT)
    assert done.returncode == 0
    return done.stderr


def make_due(site: Path) -> None:
    with closing(sqlite3.connect(site / "var" / "publisher.db")) as database, database:
        database.execute("update pings set due = 0")


def waiting(site: Path) -> list[str]:
    with closing(sqlite3.connect(site / "var" / "publisher.db")) as database:
        return sorted(row[0].removeprefix(SITE) for row in database.execute("select topic from pings"))


def test_a_hub_is_told_once_of_each_feed_that_changed_and_its_bytes_are_in_place(site: Path, hub: Hub) -> None:
    assert run(site) == ""
    before = feeds(site)
    assert dict(hub.told) == before
    assert hub.topics() == sorted(before)
    assert run(site) == ""
    assert hub.topics() == []
    write_post(site / "posts", "A2", category="Sport", title="Another title")
    assert run(site) == ""
    after = feeds(site)
    assert dict(hub.told).items() <= after.items()
    changed = sorted(path for path in after if after[path] != before[path])
    assert hub.topics() == changed
    assert 0 < len(changed) < len(after)


@pytest.mark.parametrize("down", [True, False])
def test_a_hub_that_fails_is_one_sentence_and_is_told_later(site: Path, hub: Hub, *, down: bool) -> None:
    hub.status = 500
    if down:
        config = site / "config" / "publisher.toml"
        text = config.read_text("utf-8")
        # Nobody listens at the port of discard.
        config.write_text(text.replace(hub.url, "http://127.0.0.1:9/"), "utf-8")
    said = run(site)
    assert (said.count("\n"), "the hub http://127.0.0.1" in said) == (1, True)
    assert waiting(site) == sorted(feeds(site))
    hub.status = 204
    hub.topics()
    assert run(site) == ""
    assert hub.topics() == []
    if not down:
        make_due(site)
        assert run(site) == ""
        assert hub.topics() == sorted(feeds(site))
        assert waiting(site) == []


def test_a_rehearsal_tells_nobody(site: Path, hub: Hub) -> None:
    run(site, "--dry-run")
    assert hub.topics() == []
