"""The publication that is killed: small, with two languages, two editions, fourteen messages and history pages."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

from publisher import config
from publisher.app import Publication
from publisher.jobs.subscriptions import Enrolment, subscribe
from tests.build import NOW, write_post
from tests.end_to_end.conftest import new_site

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.settings import Settings

POSTS = 4
READERS = 12
CONNECTIONS = 4
#: The editors get a copy of each of the two editions.
RECIPIENTS = READERS + 2


def prepare(folder: Path) -> Path:
    """Make a publication with posts and readers that has never run."""
    site = new_site(folder, max_age='"52w"', rate='"100000/s"', archives='["all"]', formats='["rss", "json"]')
    for number in range(POSTS):
        write_post(
            site / "posts",
            f"A{number}",
            language=("th", "en")[number % 2],
            date=(NOW - timedelta(hours=number)).isoformat(),
            body="<p>Some <b>words</b> of a report.</p>\n\n" * 4,
        )
    with Publication(folder=site, settings=configure(site, transport="outbox")) as publication:
        for number in range(READERS):
            wanted = Enrolment(
                address=f"reader{number:02}@example.org",
                digest="world",
                language=("th", "en")[number % 2],
                confirmed=True,
            )
            subscribe(publication.database, wanted, now=NOW, fingerprint=str)
    return site


def configure(site: Path, *, transport: str, port: int = 25, hold: bool = False) -> Settings:
    """Say where its messages go, and what is done with those of which nobody knows whether they arrived."""
    path = site / "config" / "publisher.toml"
    original = path.with_suffix(".original")
    if not original.exists():
        shutil.copy(path, original)
    text = original.read_text("utf-8")
    text = text.replace('\ntransport = "outbox"', f'\ntransport = "{transport}"')
    text = text.replace('\non_uncertain = "resend"', f'\non_uncertain = "{"hold" if hold else "resend"}"')
    relay = f'\n[mail.smtp]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nconnections = {CONNECTIONS}\n'
    path.write_text(text + relay, "utf-8")
    return config.load(path, {})
