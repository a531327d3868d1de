"""Two whole programs started at once on one publication: each reader has one message."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import select

from publisher.store import schema
from publisher.store.database import Database
from tests.build import NOW
from tests.conftest import empty_database
from tests.end_to_end.conftest import new_site
from tests.jobs.test_deliver import address, freeze, states

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

READERS = 90


def _at_once(folders: Sequence[Path]) -> list[tuple[int, str]]:
    """Run `publish` in each folder at the same time; gives the exit codes, and what was complained of."""
    words = [sys.executable, "-m", "publisher", "--quiet", "--now", NOW.isoformat()]
    processes = [
        subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for folder in folders
    ]
    ended = [(process, process.communicate(timeout=60)[1]) for process in processes]
    return [(process.returncode, complaint) for process, complaint in ended]


def mailed(folders: Sequence[Path]) -> Counter[str]:
    """Count the messages by recipient."""
    found: Counter[str] = Counter()
    for folder in set(folders):
        for path in (folder / "var/outbox").rglob("*.eml"):
            found.update(re.findall(r"^To: .*?([\w.]+@example\.org)", path.read_text("utf-8"), re.MULTILINE)[:1])
    return found


def _send(url: str, folders: Sequence[Path]) -> list[tuple[int, str]]:
    database = Database.open(url, folders[0])
    try:
        freeze(database, READERS)
        ended = _at_once(folders)
        assert states(database) == {"accepted": READERS}
        with database.read() as connection:
            # In one folder a second copy would have the first one's name.
            assert set(connection.scalars(select(schema.deliveries.c.attempts))) == {1}
    finally:
        database.close()
    assert mailed(folders) == Counter(address(number) for number in range(READERS))
    return ended


def test_two_programs_in_one_folder_send_each_message_once(tmp_path: Path) -> None:
    site = new_site(tmp_path / "site")
    ended = _send("sqlite:///var/publisher.db", [site] * 2)
    assert [code for code, _ in ended] == [0, 0]


def test_two_programs_in_two_folders_on_one_server_send_each_message_once(tmp_path: Path, postgresql: str) -> None:
    empty_database(postgresql)
    sites = [new_site(tmp_path / name) for name in ("one", "two")]
    for site in sites:
        config = site / "config/publisher.toml"
        config.write_text(config.read_text("utf-8").replace("sqlite:///var/publisher.db", postgresql), "utf-8")
    ended = _send(postgresql, sites)
    assert [code for code, _ in ended] == [0, 0]
    for _, complaint in ended:
        assert complaint == "" or complaint.startswith("publish: another sender is at work (process ")
