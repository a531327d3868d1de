"""Adopt: a publication whose store was lost learns from its own feeds which ids and dates readers know."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from publisher.model.naming import code_of_entry_id
from publisher.store import facts, guids
from publisher.store.guids import Guid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.files import Output
    from publisher.model.notice import Shown
    from publisher.store.database import Transaction

#: The fact that says until when posts count as mailed.
_FACT = "adopted"


def read_back(output: Output) -> dict[str, Shown]:
    """Read every entry of every feed that stands, by its id, as it was last updated; what is broken is passed over."""
    from publisher.feeds import reading

    found: dict[str, Shown] = {}
    for path in output.paths():
        feed_format = path.rpartition(".")[2]
        if path.startswith("feeds/") and feed_format in reading.FORMATS:
            try:
                entries = reading.read(output.read(path) or b"", feed_format)
            except ValueError:
                continue
            for entry in entries:
                known = found.setdefault(entry.id, entry)
                found[entry.id] = replace(known, updated=max(known.updated, entry.updated))
    return found


def adopt(connection: Transaction, shown: Mapping[str, Shown], *, now: datetime) -> None:
    """Write these ids into the ledger, and count every post that is collected by now as mailed."""
    codes = {entry_id: code_of_entry_id(entry_id) for entry_id in shown}
    guids.adopt(
        connection, [Guid(entry_id, code, shown[entry_id].published, now) for entry_id, code in codes.items() if code]
    )
    facts.put(connection, _FACT, now.isoformat())


def mailed_until(connection: Transaction) -> datetime | None:
    """Say until when collected posts count as mailed; None where no store was ever lost."""
    adopted = facts.get(connection, _FACT)
    return datetime.fromisoformat(adopted) if adopted else None
