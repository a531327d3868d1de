"""What has to hold after every kill, and at the end: each function gives what does not, a sentence each."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import feedparser

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crash.relay import Mailboxes

SETTLED = {"accepted", "failed", "suppressed", "held"}
#: Nothing was sent yet, unless there was a doubt before.
_UNTOUCHED = {"queued", "claimed"}
_TEMPORARY = ".publisher-"


class Row(NamedTuple):
    """One delivery."""

    address: str
    state: str
    doubts: int


@dataclass(frozen=True)
class Ledger:
    """The ledger as it is."""

    rows: tuple[Row, ...]
    #: Of each edition: how many recipients it says it has, and how many rows there are.
    editions: tuple[tuple[str, int, int], ...]
    sound: str

    def those(self, *states: str) -> Counter[str]:
        """Count by recipient what is in one of these states."""
        return Counter(row.address for row in self.rows if row.state in states)


class Window:
    """Who was in flight at which kill: only for these may there be two copies."""

    def __init__(self) -> None:
        self._kills: list[tuple[str, Counter[str]]] = []

    def add(self, kill: str, flying: Counter[str]) -> None:
        """Note what a kill left in flight in the ledger that is left of it."""
        self._kills.append((kill, flying))

    def count(self, address: str) -> int:
        """Say at how many kills a recipient was in flight, each delivery by itself."""
        return sum(flying[address] for _, flying in self._kills)

    def of(self, address: str) -> str:
        """Name the kills at which a recipient was in flight."""
        return "in flight at " + (", ".join(kill for kill, flying in self._kills if flying[address]) or "no kill")

    def __str__(self) -> str:
        return ", ".join(kill for kill, _ in self._kills) or "no kill"


def read_ledger(site: Path, scratch: Path) -> Ledger:
    """Read a copy, for a look at the ledger itself would mend it."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    for path in (site / "var").glob("publisher.db*"):
        if not path.name.endswith("-shm"):
            shutil.copy(path, scratch)
    with closing(sqlite3.connect(scratch / "publisher.db")) as database:
        try:
            rows = database.execute(
                "select address, state, doubts from deliveries join subscribers on subscribers.id = subscriber_id"
                " order by 1, deliveries.id"
            ).fetchall()
            counted = database.execute(
                "select id, recipients, (select count(*) from deliveries where edition_id = editions.id) from editions"
            ).fetchall()
            (sound,) = database.execute("pragma integrity_check").fetchone()
        except sqlite3.DatabaseError as error:
            return Ledger((), (), str(error))
    return Ledger(tuple(Row(*row) for row in rows), tuple(counted), sound)


def output(site: Path) -> dict[str, bytes]:
    """Read what is published."""
    folder = site / "output"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def outbox(site: Path) -> dict[str, bytes]:
    """Read the messages that were written instead of sent."""
    folder = site / "var" / "outbox"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("[!.]*.eml")}


def after_kill(
    site: Path, ledger: Ledger, boxes: Mailboxes, published: dict[str, bytes], connections: int
) -> list[str]:
    """Check what holds at every moment; `published` is what an undisturbed run makes."""
    found = [] if ledger.sound == "ok" else [f"the database is damaged: {ledger.sound}"]
    found += [f"{name} has {rows} of {said} recipients" for name, said, rows in ledger.editions if said != rows]
    flying = ledger.those("inflight").total()
    if flying > connections:
        found.append(f"{flying} messages are in flight over {connections} connections")
    for address, count in ledger.those("accepted").items():
        if len(boxes.messages_of(address)) < count:
            found.append(f"{address} is accepted and has nothing")
    untouched = Counter(row.address for row in ledger.rows if row.state in _UNTOUCHED and not row.doubts)
    rows = Counter(row.address for row in ledger.rows)
    for address in {address for address, _ in boxes.copies}:
        if len(boxes.messages_of(address)) > rows[address] - untouched[address]:
            found.append(f"{address} has a message that the ledger does not know of")
    files = output(site)
    if ledger.those("accepted", "inflight"):
        pages = [path for path in published if path.startswith("digests/") and path not in files]
        found += [f"output/{path} is gone, and messages that lead to it go out" for path in pages]
    return found + [f"output/{path} is half a file" for path in _broken(files, published)]


def forgotten(committed: Ledger, durable: Ledger) -> list[str]:
    """Compare what a killed sender had committed with what a power cut left: what was sent has to be known."""
    left = durable.those("accepted", "inflight")
    return [
        f"{address} was accepted, and the ledger forgot it"
        for address, count in committed.those("accepted").items()
        if left[address] < count
    ]


def _broken(files: dict[str, bytes], published: dict[str, bytes]) -> list[str]:
    shown = {path: each for path, each in files.items() if not path.rpartition("/")[2].startswith(_TEMPORARY)}
    return [path for path, content in shown.items() if content != published.get(path) and not _whole(path, content)]


def _whole(path: str, content: bytes) -> bool:
    if path.endswith(".json"):
        try:
            json.loads(content)
        except ValueError:
            return False
        return True
    if path.endswith((".rss", ".atom")):
        return bool(content) and not feedparser.parse(content).bozo
    return content.rstrip().endswith((b"</html>", b"}", b">"))


def at_end(site: Path, ledger: Ledger, *, recipients: int, published: dict[str, bytes]) -> list[str]:
    """Check that everything is done, and published as an undisturbed run does."""
    found = [f"{row.address} is {row.state} at the end" for row in ledger.rows if row.state not in SETTLED]
    if len(ledger.rows) != recipients:
        found.append(f"the ledger has {len(ledger.rows)} deliveries of {recipients}")
    mine = output(site)
    paths = sorted(mine.keys() | published.keys())
    return found + [f"output/{path} differs" for path in paths if mine.get(path) != published.get(path)]


def deliveries(ledger: Ledger, boxes: Mailboxes, window: Window, *, hold: bool, misdeeds: int) -> list[str]:
    """Check who got what: nobody two outside the window, nobody nothing, and nobody held without a reason.

    `misdeeds` is how often the relay left a sender in doubt.
    """
    found = list[str]()
    held = ledger.those("held")
    unexplained = 0
    for address, wanted in Counter(row.address for row in ledger.rows).items():
        messages = boxes.messages_of(address)
        if len(messages) > wanted:
            found.append(f"{address} has {len(messages)} different messages of {wanted}")
        if len(messages) + held[address] < wanted:
            found.append(f"{address} was skipped")
        copies = sum(len(boxes.copies[key]) for key in messages)
        lost = sum(boxes.unanswered[key] for key in messages)
        if copies > wanted + window.count(address) + lost or (hold and copies > wanted):
            found.append(f"{address} has {copies} copies of {wanted}; {window.of(address)}; {lost} without an answer")
        # Held after one doubt, or where what is uncertain is sent once more, after two.
        unexplained += max(0, held[address] * (1 if hold else 2) - window.count(address))
    if unexplained > misdeeds:
        found.append(f"{held.total()} are held, {unexplained} doubts of it without a kill, {misdeeds} by the relay")
    return found + [f"{who} has copies that differ" for (who, _), each in boxes.copies.items() if len(set(each)) > 1]
