"""Proofs: which drafts are still to be mailed to which editors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from publisher.model.edition import EditionState
from publisher.store.schema import editions, proofs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection


def add(connection: Connection, edition_id: str, addresses: Sequence[str]) -> None:
    """Note that a draft is to be mailed to these addresses."""
    rows = [{"edition_id": edition_id, "address": address, "sent": None} for address in dict.fromkeys(addresses)]
    if rows:
        connection.execute(proofs.insert(), rows)


def unsent(connection: Connection) -> list[tuple[str, str]]:
    """List the drafts and addresses that wait; what is approved or cancelled meanwhile waits no more."""
    statement = (
        select(proofs.c.edition_id, proofs.c.address)
        .join(editions, editions.c.id == proofs.c.edition_id)
        .where(proofs.c.sent.is_(None), editions.c.state == EditionState.DRAFT.value)
        .order_by(editions.c.slot_at, proofs.c.edition_id, proofs.c.address)
    )
    return [(row.edition_id, row.address) for row in connection.execute(statement)]


def mark_sent(connection: Connection, edition_id: str, address: str, now: datetime) -> None:
    """Note that one was sent, by the real clock."""
    chosen = (proofs.c.edition_id == edition_id, proofs.c.address == address)
    connection.execute(update(proofs).where(*chosen).values(sent=now))
