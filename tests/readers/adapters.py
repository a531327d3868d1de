"""The readers: each takes a batch of feed files and says what it saw of every one."""

from __future__ import annotations

import calendar
import contextlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.readers.seen import Entry, Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NODE = Path(__file__).parent / "node"
#: Seconds for one batch of a program that is not Python.
_PATIENCE = 300
#: What sfeed writes for a tab, a line's end and a backslash.
_ESCAPED = re.compile(r"\\([tn\\])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """A feed reader, what it reads, and how it is asked."""

    name: str
    #: Where it comes from: `pypi`, `npm` or `debian`.
    source: str
    formats: tuple[str, ...]
    read: Callable[[Sequence[Path]], list[Seen]]
    #: How many files it is shown at once.
    batch: int = 25

    def missing(self) -> str | None:
        """Say in one line what is to be done before this reader can be asked; None if it is here."""
        if self.source == "debian" and shutil.which(self.name) is None:
            return f"{self.name} is not installed: apt-get install {self.name}"
        if self.source == "npm" and shutil.which("node") is None:
            return f"{self.name} wants node, which is not installed: apt-get install nodejs npm"
        if self.source == "npm" and not (NODE / "node_modules" / self.name).is_dir():
            return f"{self.name} is not installed: make readers, or npm ci in tests/readers/node"
        return None


def _each(name: str, one: Callable[[Path], list[Entry]]) -> Callable[[Sequence[Path]], list[Seen]]:
    """Ask a reader for one file after another."""

    def attempt(path: Path) -> Seen:
        try:
            return Seen(reader=name, path=path, entries=tuple(one(path)))
        except Exception as error:  # noqa: BLE001 (whatever a reader dies of is what the matrix is to show)
            return Seen(reader=name, path=path, trouble=f"{type(error).__name__}: {error}")

    return lambda paths: [attempt(path) for path in paths]


def _feedparser(path: Path) -> list[Entry]:
    import feedparser

    parsed = feedparser.parse(path.read_bytes())
    if parsed.bozo:
        raise parsed.bozo_exception
    return [
        Entry(
            each.id,
            each.get("title"),
            each.get("link"),
            _of_tuple(each.get("published_parsed")),
            # Its own get() gives the date of publication where there is none of a change.
            _of_tuple(dict.get(each, "updated_parsed")),
            each.content[0].value if "content" in each else each.get("summary"),
        )
        for each in parsed.entries
    ]


def _of_tuple(moment: Any) -> datetime | None:
    return datetime.fromtimestamp(calendar.timegm(moment), UTC) if moment else None


def _reader(path: Path) -> list[Entry]:
    # It brings a feedparser of its own, which asks for sgmllib; today's feedparser brings that under another name.
    import feedparser_sgmllib

    sys.modules.setdefault("sgmllib", feedparser_sgmllib)
    from reader import make_reader

    with make_reader(":memory:", feed_root=str(path.parent)) as reader:
        reader.add_feed(path.name)
        reader.update_feed(path.name)
        return [
            Entry(
                each.id,
                each.title,
                each.link,
                each.published,
                each.updated,
                each.content[0].value if each.content else each.summary,
            )
            for each in reader.get_entries()
        ]


def _atoma(path: Path) -> list[Entry]:
    from atoma import simple

    return [
        Entry(each.id, each.title, each.link, each.published_at, each.updated_at, each.content)
        for each in simple.simple_parse_bytes(path.read_bytes()).articles
    ]


def _fastfeedparser(path: Path) -> list[Entry]:
    import fastfeedparser

    return [
        Entry(
            each["id"],
            each.get("title"),
            each.get("link"),
            _of_text(each.get("published")),
            _of_text(each.get("updated")),
            each["content"][0]["value"] if each.get("content") else each.get("description"),
        )
        for each in fastfeedparser.parse(path.read_bytes())["entries"]
    ]


def _of_text(moment: str | None) -> datetime | None:
    if not moment:
        return None
    return datetime.fromisoformat(moment) if moment[:1].isdigit() else parsedate_to_datetime(moment)


def _npm(name: str) -> Callable[[Sequence[Path]], list[Seen]]:
    def read(paths: Sequence[Path]) -> list[Seen]:
        done = subprocess.run(
            ["node", "read.mjs", name],
            cwd=NODE,
            input=json.dumps([str(path) for path in paths]),
            capture_output=True,
            encoding="utf-8",
            check=True,
            timeout=_PATIENCE,
        )
        return [_of_answer(name, path, answer) for path, answer in zip(paths, json.loads(done.stdout), strict=True)]

    return read


def _of_answer(name: str, path: Path, answer: Any) -> Seen:
    if isinstance(answer, str):
        return Seen(reader=name, path=path, trouble=answer)
    return Seen(reader=name, path=path, entries=tuple(map(_of_item, answer)))


def _of_item(item: dict[str, str]) -> Entry:
    published, updated = (_of_text(item.get(field)) for field in ("published", "updated"))
    return Entry(item.get("id", ""), item.get("title"), item.get("link"), published, updated, item.get("content"))


def _sfeed(path: Path) -> list[Entry]:
    with path.open("rb") as feed:
        done = subprocess.run(["sfeed"], stdin=feed, capture_output=True, check=True, timeout=_PATIENCE)
    rows = [line.split("\t") for line in done.stdout.decode().split("\n") if line]
    return [Entry(row[5], row[1], row[2], _of_seconds(row[0]), None, _ESCAPED.sub(_unescape, row[3])) for row in rows]


def _of_seconds(moment: str | int) -> datetime | None:
    return datetime.fromtimestamp(int(moment), UTC) if moment else None


def _unescape(mark: re.Match[str]) -> str:
    return {"t": "\t", "n": "\n"}.get(mark[1], mark[1])


def _newsboat(path: Path) -> list[Entry]:
    # One cache a feed: newsboat knows an entry by its guid alone, whichever of its feeds that came with.
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        (folder / "urls").write_text(f"{path.resolve().as_uri()}\n", "utf-8")
        (folder / "config").write_text("max-items 0\nkeep-articles-days 0\n", "utf-8")
        subprocess.run(
            ["newsboat", "-u", "urls", "-c", "cache.db", "-C", "config", "-q", "-x", "reload"],
            cwd=home,
            env={"HOME": home, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            capture_output=True,
            check=True,
            timeout=_PATIENCE,
        )
        with contextlib.closing(sqlite3.connect(folder / "cache.db")) as cache:
            rows = cache.execute("select guid, title, url, pubDate, content from rss_item order by id").fetchall()
    return [Entry(guid, title, url, _of_seconds(moment), None, content) for guid, title, url, moment, content in rows]


_XML = ("rss", "atom")
_ALL = (*_XML, "json")

READERS = (
    Reader(name="feedparser", source="pypi", formats=_XML, read=_each("feedparser", _feedparser)),
    Reader(name="reader", source="pypi", formats=_ALL, read=_each("reader", _reader)),
    Reader(name="atoma", source="pypi", formats=_ALL, read=_each("atoma", _atoma)),
    Reader(name="fastfeedparser", source="pypi", formats=_ALL, read=_each("fastfeedparser", _fastfeedparser)),
    Reader(name="feedsmith", source="npm", formats=_ALL, read=_npm("feedsmith")),
    Reader(name="rss-parser", source="npm", formats=_XML, read=_npm("rss-parser")),
    Reader(name="sfeed", source="debian", formats=_XML, read=_each("sfeed", _sfeed)),
    Reader(name="newsboat", source="debian", formats=_XML, read=_each("newsboat", _newsboat)),
)
