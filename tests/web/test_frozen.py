"""What a reader decides holds at once: for editions that are frozen already as well."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from publisher.model.change import Change, Kind
from publisher.model.edition import Draft, Edition, EditionState, RenderedEdition, Slot
from publisher.model.ranking import Event
from publisher.store import editions, posts
from tests.build import NOW, a_digest, article, known
from tests.web.conftest import serving

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.store.database import Database

_LINK = "https://reader.invalid/unsubscribe"


def freeze(database: Database) -> None:
    content = RenderedEdition(
        subject="News",
        preheader="",
        html=f'<p>News</p><!--reader--><a href="{_LINK}">x</a><!--/reader-->',
        text=f"News\n-- \n{_LINK}\n",
    )
    edition = Edition(
        id="world-2024-11-10-en",
        digest="world",
        language="en",
        slot=Slot(NOW, "2024-11-10"),
        state=EditionState.APPROVED,
        composed=NOW,
        content=content,
    )
    with database.begin() as connection:
        posts.apply(connection, [Change(kind=Kind.NEW, before=None, after=known("A1"))])
        draft = Draft(stories=(Event(article=article("A1")),))
        editions.freeze(connection, edition, draft, a_digest(), copies=(), now=NOW)


def test_who_unsubscribes_after_the_freeze_gets_no_message(publication: Path) -> None:
    with serving(publication) as served:
        staying, leaving = served.reader("en"), served.reader("en")
        freeze(served.database)
        begun = time.monotonic()
        assert served.client.post(served.link("unsubscribe", leaving)).status_code == 200
        assert time.monotonic() - begun < 1
        # The real clock: the sender takes what was queued before.
        served.publication.clock = lambda: NOW + timedelta(seconds=1)
        served.publication._outgoing.deliver(print)
        folder = publication / "var" / "outbox" / "world-2024-11-10-en"
        messages = [path.read_text("utf-8") for path in folder.glob("*.eml")]
        assert len(messages) == 1
        assert served.of(staying).address in messages[0]
        assert served.of(leaving).address not in messages[0]
