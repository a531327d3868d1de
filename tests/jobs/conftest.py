"""A publication in a folder of its own, worked on job by job."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from publisher import config
from publisher.app import Publication
from publisher.store import posts, sources
from tests.build import NOW, write_post

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from publisher.jobs.collect import Collected
    from publisher.jobs.report import Report
    from publisher.model.post import KnownPost
    from publisher.settings import Settings


@dataclass
class Desk:
    """Each call is a run of its own, on what the runs before left behind."""

    folder: Path
    settings: Settings
    #: Posts may disappear in any number, the last one, too.
    force: bool = False

    @contextlib.contextmanager
    def open(self, now: datetime = NOW, clock: datetime | None = None) -> Iterator[Publication]:
        with Publication(
            folder=self.folder, settings=self.settings, now=now, clock=lambda: clock or now
        ) as publication:
            publication.force = self.force
            yield publication

    def configure(self, room: str, **values: Any) -> None:
        changed = replace(getattr(self.settings, room), **values)
        self.settings = replace(self.settings, **{room: changed})

    def configure_digest(self, **values: Any) -> None:
        self.settings = replace(self.settings, digests=(replace(self.settings.digests[0], **values),))

    def post(self, code: str = "A1", *, body: str = "The report, in one sentence.", **fields: str) -> Path:
        return write_post(self.folder / "posts", code, body=body, **fields)

    def post_without_code(self, name: str, *, body: str = "The report, in one sentence.") -> Path:
        path = self.post(name, body=body)
        lines = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith("code:")), "utf-8")
        return path

    def collect(self, now: datetime = NOW) -> Collected:
        with self.open(now) as publication:
            return publication.collect()

    def publish(self, now: datetime = NOW) -> Report:
        with self.open(now) as publication:
            return publication.run_feeds()

    def run(self, now: datetime = NOW, clock: datetime | None = None) -> Report:
        with self.open(now, clock) as publication:
            return publication.run()

    def known(self, code: str) -> KnownPost | None:
        with self.open() as publication, publication.database.read() as connection:
            return posts.known(connection, [code]).get(code)

    def published(self, code: str) -> KnownPost:
        found = self.known(code)
        assert found is not None
        assert found.state == "published"
        return found

    def quarantine(self) -> dict[str, str]:
        with self.open() as publication, publication.database.read() as connection:
            return {file.path: file.reason or "" for file in sources.quarantine(connection)}

    def titles(self, feed: str = "all") -> list[str]:
        document = json.loads((self.folder / "output" / "feeds" / f"{feed}.json").read_bytes())
        return [item["title"] for item in document["items"]]


@pytest.fixture
def desk(publication: Path) -> Desk:
    """A publication with the shipped configuration, and no posts yet."""
    return Desk(publication, config.load(publication / "config" / "publisher.toml", {}))
