"""The whole program on a PostgreSQL server: what SQLite lets pass shows here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.build import NOW, write_post
from tests.conftest import empty_database
from tests.end_to_end.conftest import new_site, publish

if TYPE_CHECKING:
    from pathlib import Path

AT_NOON = ("--now", NOW.isoformat())


def test_a_publication_lives_on_postgresql(tmp_path: Path, postgresql: str) -> None:
    empty_database(postgresql)
    site = new_site(tmp_path / "site")
    config = site / "config/publisher.toml"
    config.write_text(config.read_text("utf-8").replace("sqlite:///var/publisher.db", postgresql), "utf-8")
    post = write_post(site / "posts", "A1")
    write_post(site / "posts", "A2", title="")
    write_post(site / "posts", "A3")
    assert "1 to compose" in publish(site, "--dry-run", *AT_NOON).stdout
    assert not (site / "output").exists()
    first = publish(site, *AT_NOON)
    assert (first.returncode, first.stderr) == (1, "A2.md, line 1: has no title\n")
    assert len(list((site / "var/outbox").rglob("*.eml"))) == 1
    second = publish(site, *AT_NOON)
    assert (second.returncode, second.stdout.splitlines()[0]) == (0, "Nothing has changed.")
    post.unlink()
    assert publish(site, *AT_NOON).returncode == 0
    status = json.loads(publish(site, "status", "--json").stdout)
    assert (status["posts"]["withdrawn"], status["posts"]["quarantined"]) == (1, 1)
    assert status["editions"] == [{"id": "world-2024-11-10-en", "state": "finished"}]
    assert json.loads((site / "output/feeds/all.json").read_bytes())["items"][0]["title"] == "Title of A3"
