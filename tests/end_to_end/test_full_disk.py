"""A whole program whose database can grow no more in the middle of a delivery: one sentence, then the rest."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

from publisher.store.database import Database
from tests.build import NOW
from tests.end_to_end.conftest import new_site
from tests.end_to_end.test_two_senders import mailed
from tests.jobs.test_deliver import address, freeze, states

READERS = 1500
#: In bytes: the log of the database grows by more than this and its own size while all of that is sent.
ROOM = 100_000
#: The outbox takes so many messages at a time, at most.
AT_ONCE = 64
PROGRAM = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
runpy.run_module("publisher", run_name="__main__", alter_sys=True)
"""


def publish(site: Path, *, room: int) -> tuple[int, str]:
    """Run the program with files of so many bytes at most; gives the exit code, and what it complained of."""
    words = [sys.executable, "-c", PROGRAM, str(room), "--quiet", "--now", NOW.isoformat()]
    done = subprocess.run(words, cwd=site, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


def test_a_database_that_cannot_grow_ends_the_run_with_a_sentence_and_the_next_sends_the_rest(tmp_path: Path) -> None:
    site = new_site(tmp_path / "site")
    # Stays open: whoever closes a database last empties its log.
    database = Database.open("sqlite:///var/publisher.db", site)
    freeze(database, READERS)
    with contextlib.closing(sqlite3.connect(database.name)) as other:
        other.execute("pragma wal_checkpoint(truncate)")
    size = Path(database.name).stat().st_size
    code, complaint = publish(site, room=size + ROOM)
    assert (code, complaint.count("\n")) == (1, 1), complaint
    assert complaint.startswith(f"publish: {database.name} cannot be used (")
    assert (site / "output/index.html").exists()
    assert 0 < mailed([site]).total() < READERS
    assert publish(site, room=100 * size) == (0, "")
    found = states(database)
    database.close()
    # What was in flight when it happened may have arrived, and waits.
    assert found["uncertain"] <= AT_ONCE
    assert found == {"accepted": READERS - found["uncertain"], "uncertain": found["uncertain"]}
    reached = mailed([site])
    assert set(reached.values()) == {1}
    missing = {address(number) for number in range(READERS)} - set(reached)
    assert len(missing) <= found["uncertain"]
