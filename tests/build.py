"""Values to test with: each has what a test does not care about, and takes what it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from publisher.content.cleaning.hosts import HostRules
from publisher.content.fields import FIELDS
from publisher.content.render import BodyRenderer
from publisher.content.sources import Source
from publisher.model.edition import Digest
from publisher.model.post import Article, KnownPost, Post, State

if TYPE_CHECKING:
    from publisher.model.post import RenderedBody

#: The moment at which tests happen, unless they say otherwise: an hour after the newest of their posts.
NOW = datetime(2024, 11, 10, 12, 0, tzinfo=UTC)


def post(code: str = "A1", **values: Any) -> Post:
    """A post as read from its file."""
    known: dict[str, Any] = {
        "code": code,
        "own_code": True,
        "path": f"{code}.md",
        "title": f"Title of {code}",
        "description": f"What {code} is about, in a sentence.",
        "language": "en",
        "categories": ("WORLD",),
        "tags": (),
        "authors": (),
        "origin_url": f"https://wire.example.com/{code}",
        "image": None,
        "date": datetime(2024, 11, 10, 10, 0, tzinfo=UTC),
        "updated": None,
        "draft": False,
        "body_hash": f"hash-{code}",
    }
    return Post(**(known | values))


def source(folder: Path = Path("posts"), **values: Any) -> Source:
    """A folder of posts written as the program expects them."""
    made: dict[str, Any] = {
        "name": "",
        "folder": folder,
        "names": FIELDS,
        "zone": ZoneInfo("UTC"),
        "language": "en",
        "site_url": "https://news.example.org/",
    }
    return Source(**(made | values))


def renderer(**values: Any) -> BodyRenderer:
    """What renders bodies, without rules for any host."""
    made: dict[str, Any] = {"site": {}, "host_rules": HostRules()}
    return BodyRenderer(**(made | values))


def rendered(of: Post, body: str, **values: Any) -> RenderedBody:
    """A body as readers see it; `values` are those of its source."""
    return renderer().render(of, body, source(**values), {})


def known(code: str = "A1", *, state: State = State.PUBLISHED, **values: Any) -> KnownPost:
    """A post that was published when it was dated; `values` are those of the post."""
    made = post(code, **values)
    published = made.date if state in {State.PUBLISHED, State.WITHDRAWN} else None
    return KnownPost(
        post=made,
        state=state,
        collected=made.date or NOW,
        entry_id=f"tag:news.example.org,2024:{code}" if published else None,
        published=published,
        updated=published,
        rank=published,
        withdrawn=NOW if state is State.WITHDRAWN else None,
    )


def article(code: str = "A1", **values: Any) -> Article:
    """A post with its rendered body."""
    made: dict[str, Any] = {
        "code": code,
        "entry_id": f"tag:news.example.org,2024:{code}",
        "title": f"Title of {code}",
        "summary": f"What {code} is about, in a sentence.",
        "html": f"<p>The report of {code}.</p>",
        "language": "en",
        "sections": (("world", "WORLD"),),
        "tags": (),
        "authors": ("World Desk",),
        "published": datetime(2024, 11, 10, 10, 0, tzinfo=UTC),
        "updated": datetime(2024, 11, 10, 10, 0, tzinfo=UTC),
        "link": f"https://wire.example.com/{code}",
        "via": f"https://wire.example.com/{code}",
        "image": None,
    }
    return Article(**(made | values))


def a_digest(**values: Any) -> Digest:
    """A digest in Thai and English, Thai first."""
    made: dict[str, Any] = {
        "name": "world",
        "titles": {"th": "สรุปข่าวโลก", "en": "World briefing"},
        "category": "world",
        "languages": ("th", "en"),
        "schedule": "0 7 * * *",
        "max_age": timedelta(days=7),
        "max_stories": 12,
        "min_posts": 1,
        "approval": "auto",
        "copies_to": (),
    }
    return Digest(**(made | values))


def write_post(folder: Path, code: str = "A1", *, body: str = "The report, in one sentence.", **fields: str) -> Path:
    """Write a post into a folder; a field that is empty is left out."""
    front: dict[str, str] = {
        "code": f'"{code}"',
        "origin_url": f'"https://wire.example.com/{code}"',
        "title": f'"Title of {code}"',
        "description": f'"What {code} is about, in a sentence."',
        "category": '"WORLD"',
        "language": '"en"',
        "date": "2024-11-10T10:00:00Z",
    }
    lines = [f"{name}: {value}" for name, value in (front | fields).items() if value]
    path = folder / f"{code}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("---\n" + "\n".join(lines) + f"\n---\n\n{body}\n", "utf-8")
    return path


def changed(value: Post, **values: Any) -> Post:
    """The same post, edited."""
    return replace(value, **values)
