"""Give the audience out as CSV, so that a spreadsheet shows it and `import` takes it back."""

from __future__ import annotations

import csv
from typing import IO, TYPE_CHECKING

from publisher.kit.csv_cells import guarded
from publisher.model.subscriber import Consent
from publisher.store import subscribers

if TYPE_CHECKING:
    from publisher.store.database import Database

COLUMNS = ("email", "digest", "language", "state", "since", "confirmed_at")


def export(database: Database, file: IO[str], digest: str | None = None) -> int:
    """Write the subscriptions, of one digest or of all; returns how many those are."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    count = 0
    with database.read() as connection:
        for each in subscribers.listing(connection, digest):
            count += 1
            since = each.since.isoformat()
            confirmed = since if each.consent is Consent.CONFIRMED else ""
            writer.writerow(
                (guarded(each.address), each.digest, each.language or "", each.consent.value, since, confirmed)
            )
    return count
