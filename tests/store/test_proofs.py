"""Drafts wait to be mailed to each editor, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publisher.model.edition import EditionState
from publisher.store import editions, proofs
from tests.build import NOW
from tests.store.test_editions import THAI, an_edition, freeze, publish

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from publisher.store.database import Database


def draft(connection: Connection) -> None:
    publish(connection, "A1")
    freeze(connection, an_edition(state=EditionState.DRAFT))


def test_a_draft_waits_for_each_editor_until_it_is_sent(database: Database) -> None:
    with database.begin() as connection:
        draft(connection)
        proofs.add(connection, THAI, ["desk@example.org", "chief@example.org", "desk@example.org"])
        assert proofs.unsent(connection) == [(THAI, "chief@example.org"), (THAI, "desk@example.org")]
        proofs.mark_sent(connection, THAI, "chief@example.org", NOW)
        assert proofs.unsent(connection) == [(THAI, "desk@example.org")]


@pytest.mark.parametrize("state", [EditionState.APPROVED, EditionState.CANCELLED])
def test_what_was_decided_already_needs_no_proof(database: Database, state: EditionState) -> None:
    with database.begin() as connection:
        draft(connection)
        proofs.add(connection, THAI, ["desk@example.org"])
        editions.move(connection, THAI, [*EditionState], state)
        assert proofs.unsent(connection) == []


def test_without_editors_nothing_waits(database: Database) -> None:
    with database.begin() as connection:
        draft(connection)
        proofs.add(connection, THAI, [])
        assert proofs.unsent(connection) == []
