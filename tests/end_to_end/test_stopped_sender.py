"""A sender that is stopped past its lease, and wakes: what it had only marked as in flight is not sent by it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

from publisher.store import deliveries
from publisher.store.database import Database
from tests.conftest import empty_database
from tests.jobs.test_deliver import address, freeze

if TYPE_CHECKING:
    from pathlib import Path

READERS = 40
#: A sender whose lease lasts a second, and whose slots are a long way apart: what is marked waits for its slot.
SENDER = """
import sys, time, os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from publisher.jobs import deliver, pace, turns
from publisher.model.rate import Rate
from publisher.store.database import Database
from tests.jobs.test_deliver import OK, SENDER, WORLD
SECONDS = float(sys.argv[3])
turns.LEASE = deliver.LEASE = timedelta(seconds=SECONDS)
turns._RENEWAL = timedelta(seconds=SECONDS / 2)

class Log:
    connections = 8
    async def __aenter__(self): return self
    async def __aexit__(self, *_): pass
    async def send(self, message):
        with open(sys.argv[2], "a") as file:
            file.write(message.recipient + "\\n")
        return OK

database = Database.open(sys.argv[1], Path("."))
# Between the commit and the sending: here the process is stopped. In a turn, not in a message.
take = turns.Turns.take
def slow(self, request):
    answer = take(self, request)
    if len(answer.going) and sys.argv[4] == "stop" and not hasattr(turns, "stopped") and request.settled:
        turns.stopped = True
        print("marked", len(answer.going), flush=True)
        os.kill(os.getpid(), 19)
    return answer
turns.Turns.take = slow
report = deliver.Deliverer(database=database, transport=Log(), sender=SENDER, digests={"world": WORLD},
    clock=lambda: datetime.now(UTC), remark=lambda said: print(said, flush=True)).deliver()
print(report.trouble, dict(report.states), flush=True)
"""


def test_a_sender_that_wakes_after_its_lease_was_taken_sends_nothing_that_it_had_only_marked(
    tmp_path: Path, postgresql: str
) -> None:
    empty_database(postgresql)
    database = Database.open(postgresql, tmp_path)
    freeze(database, READERS)
    logs = [tmp_path / "one.log", tmp_path / "two.log"]
    first = subprocess.Popen(
        [sys.executable, "-c", SENDER, postgresql, str(logs[0]), "1", "stop"], stdout=subprocess.PIPE, text=True
    )
    assert first.stdout is not None
    try:
        marked = first.stdout.readline()
        assert marked.startswith("marked "), marked
        time.sleep(1.5)
        second = subprocess.run(
            [sys.executable, "-c", SENDER, postgresql, str(logs[1]), "60", "go"],
            stdout=subprocess.PIPE,
            text=True,
            timeout=60,
            check=True,
        )
        os.kill(first.pid, signal.SIGCONT)
        said, _ = first.communicate(timeout=60)
    finally:
        if first.poll() is None:
            first.kill()
    assert "another sender has taken over" in said, (said, second.stdout)
    before, after = (Counter(log.read_text().split()) for log in logs)
    with database.read() as connection:
        states = {state: count for state, count in deliveries.count_by_state(connection).items() if count}
    database.close()
    # What was in flight is in doubt for the second sender, which waits; the first does not send it behind its back.
    uncertain = states.get("uncertain", 0)
    assert uncertain == int(marked.split()[1])
    assert not set(before) & set(after)
    assert len(set(before) | set(after)) == READERS - uncertain, (before, after, states)
    assert len(set(before) | set(after)) + uncertain == len({address(n) for n in range(READERS)})
