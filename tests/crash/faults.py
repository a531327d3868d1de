"""Faults that the harness has to find: each is a mistake that a sender could well have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def checkpoint_at_fetch() -> None:
    """What is claimed counts as delivered."""
    from sqlalchemy import update

    from publisher.store import deliveries
    from publisher.store.schema import deliveries as table

    claim = deliveries.claim

    def claiming(connection: Any, *parts: Any, **named: Any) -> Any:
        found = claim(connection, *parts, **named)
        done = update(table).where(table.c.id.in_([each.id for each in found]))
        connection.execute(done.values(state="accepted", due=None))
        return found

    def marking(_connection: Any, ids: Sequence[int], *, lease: int) -> list[int]:
        return sorted(ids)

    _plant(deliveries, claim=claiming, mark_inflight=marking)


def commit_after_data() -> None:
    """That something is in flight is written when it has landed."""
    from publisher.store import deliveries

    mark, settle = deliveries.mark_inflight, deliveries.settle

    def marking(_connection: Any, ids: Sequence[int], *, lease: int) -> list[int]:
        return sorted(ids)

    def settling(connection: Any, settlements: Sequence[Any], *, lease: int, now: Any) -> None:
        mark(connection, [done.delivery_id for done in settlements], lease=lease)
        settle(connection, settlements, lease=lease, now=now)

    _plant(deliveries, mark_inflight=marking, settle=settling)


def synchronous_normal() -> None:
    """SQLite returns from a commit before it is on the disk."""
    from publisher.store import database

    write_ahead = database._write_ahead

    def writing_ahead(connection: Any) -> None:
        write_ahead(connection)
        connection.execute("pragma synchronous = normal")

    _plant(database, _write_ahead=writing_ahead)


def written_in_place() -> None:
    """Published files are written where readers see them."""
    from publisher import files
    from publisher.kit.durable import write_synced

    def writing(path: Path, content: bytes) -> None:
        write_synced(path.with_name(path.name.removeprefix(files._TEMPORARY)), content)
        write_synced(path, content)

    _plant(files, write_synced=writing)


def renamed_before_synced() -> None:
    """Published files get their names before their bytes are on the disk."""
    from publisher import files

    def writing(path: Path, content: bytes) -> None:
        path.write_bytes(content)

    _plant(files, write_synced=writing)


def folder_not_synced() -> None:
    """The ledger knows of renames that are not on the disk."""
    from publisher import files

    def syncing(folder: Path) -> None:
        pass

    _plant(files, sync_folder=syncing)


def outbox_not_synced() -> None:
    """The ledger knows of messages whose names are not on the disk."""
    from publisher.mail import outbox

    def syncing(folder: Path) -> None:
        pass

    _plant(outbox, sync_folder=syncing)


def hold_ignored() -> None:
    """What is uncertain is sent again, whatever the configuration says."""
    from publisher.jobs import flight
    from publisher.model.delivery import settle
    from publisher.store import deliveries

    recover = deliveries.recover

    def recovering(connection: Any, *, now: Any, hold: bool) -> dict[str, int]:
        return recover(connection, now=now, hold=False)

    def settling(*parts: Any, now: Any, hold: bool) -> Any:
        return settle(*parts, now=now, hold=False)

    _plant(deliveries, recover=recovering)
    _plant(flight, settle=settling)


def _plant(owner: Any, **functions: Callable[..., Any]) -> None:
    """Put functions in the place of others; the process that this is done in ends with its run."""
    for name, function in functions.items():
        assert hasattr(owner, name)
        setattr(owner, name, function)


FAULTS: dict[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        checkpoint_at_fetch,
        commit_after_data,
        synchronous_normal,
        written_in_place,
        renamed_before_synced,
        folder_not_synced,
        outbox_not_synced,
        hold_ignored,
    )
}
