"""Whatever is done to the posts, ids stay, histories are complete, and only what says something else is written."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from publisher import config
from tests.build import NOW
from tests.conftest import ROOT
from tests.jobs.conftest import Desk
from tests.jobs.test_publish_archives import reached
from tests.validation.__main__ import files_in
from tests.validation.lint import findings

few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CODES = ["A1", "A2", "A3", "A4", "A5", "A6"]
DATES = [f"2024-{month:02}-05T10:00:00Z" for month in (7, 8, 8, 9, 10, 11)]
OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "edit", "rename", "recode", "move", "date", "withdraw"]),
        st.sampled_from(CODES),
        st.integers(0, 5),
    ),
    min_size=6,
    max_size=10,
)


class History:
    """Posts that are worked on, and all that subscribers have ever seen of them."""

    def __init__(self, folder: Path) -> None:
        (folder / "config").mkdir()
        (folder / "posts").mkdir()
        shutil.copy(ROOT / "config" / "publisher.toml", folder / "config")
        self.desk = Desk(folder, config.load(folder / "config" / "publisher.toml", {}), force=True)
        self.desk.configure("feeds", archives=("all", "en/world"), entries=3)
        self.posts: dict[str, dict[str, str]] = {}
        self.files: dict[str, str] = {}
        self.seen: dict[str, tuple[str, Any]] = {}
        self.ledger: set[tuple[Any, ...]] = set()
        self.now = NOW

    def do(self, what: str, code: str, number: int) -> None:
        post = self.posts.get(code)
        if what == "add" or post is None:
            self.posts[code] = post or {"date": DATES[number], "body": f"The body of {code}."}
            self.files.setdefault(code, code)
        elif what == "edit":
            post["title"] = f'"Title {number} of {code}"'
        elif what == "rename":
            (self.desk.folder / "posts" / f"{self.files[code]}.md").unlink()
            self.files[code] = f"{code}-{number}"
        elif what == "recode":
            post["code"] = f'"{code}-c{number}"'
        elif what == "move":
            post["category"] = ("WORLD", "Sport", "[World, Sport]")[number % 3]
        elif what == "date":
            post["date"] = DATES[number]
        self._save(code, withdrawn=what == "withdraw" and post is not None)

    def _save(self, code: str, *, withdrawn: bool) -> None:
        if withdrawn:
            (self.desk.folder / "posts" / f"{self.files[code]}.md").unlink()
            del self.posts[code], self.files[code]
        else:
            values = {"title": f'"Title of {code}"', "code": f'"{code}"'} | self.posts[code]
            body = values.pop("body")
            self.write(self.files[code], body, values)

    def write(self, name: str, body: str, values: dict[str, str]) -> None:
        path = self.desk.post(name, body=body, **{key: value for key, value in values.items() if key != "code"})
        text = path.read_text("utf-8")
        path.write_text(text.replace(f'code: "{name}"', f"code: {values['code']}"), "utf-8")

    def publish(self) -> None:
        self.now += timedelta(hours=1)
        self.desk.publish(self.now)

    def tree(self) -> dict[str, tuple[bytes, int]]:
        output = self.desk.folder / "output"
        return {
            str(path.relative_to(output)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in output.rglob("*")
            if path.is_file()
        }

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.desk.folder / "var" / "publisher.db")) as database:
            return database.execute(statement).fetchall()


def check(past: History) -> None:
    rows = past.rows("select code, entry_id, published, state from posts where entry_id is not null")
    for code, entry_id, published, _ in rows:
        assert past.seen.setdefault(code, (entry_id, published)) == (entry_id, published)
    ledger = set(past.rows("select * from guids"))
    assert past.ledger <= ledger
    past.ledger = ledger
    expected = {entry_id for _, entry_id, _, state in rows if state == "published"}
    assert {row[1] for row in rows} <= {row[0] for row in ledger} | {row[1] for row in ledger}
    for each in ("rss", "atom", "json"):
        found = list(reached(past.desk, "all", each))
        newest = ids(past, f"all.{each}")
        assert len(newest) == len(set(newest))
        archived = found[len(newest) :]
        assert len(archived) == len(set(archived)), (each, archived)
        assert set(found) == expected, (each, set(found) ^ expected)
        if archived:
            assert set(archived) == expected


def ids(past: History, path: str) -> list[str]:
    content = (past.desk.folder / "output" / "feeds" / path).read_bytes()
    if path.endswith(".json"):
        return [item["id"] for item in json.loads(content)["items"]]
    root = etree.fromstring(content)
    atom = "{http://www.w3.org/2005/Atom}"
    return [
        e.findtext("guid") or e.findtext(f"{atom}id") or "" for e in [*root.iter("item"), *root.iter(f"{atom}entry")]
    ]


@few
@given(OPERATIONS)
def test_whatever_happens_to_posts_ids_stay_and_archives_are_complete(operations: list[tuple[str, str, int]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        past = History(folder)
        before: dict[str, tuple[bytes, int]] = {}
        for operation in operations:
            past.do(*operation)
            past.publish()
            check(past)
            tree = past.tree()
            for path, (content, stamp) in tree.items():
                if path in before and before[path][0] == content:
                    assert before[path][1] == stamp, f"{path} was touched and says the same"
            past.publish()
            assert past.tree() == tree
            before = tree
        for file, kind in files_in(folder / "output"):
            assert [f for f in findings(file.read_bytes(), kind) if f.level == "error"] == []
