"""What each stage takes for a post, a body or a feed, in microseconds: the program's own functions, in one process.

Processor time, which other programs disturb less; a commit waits for the disk, and is timed by the clock on the wall.
`python -m benchmarks.stages PUBLICATION`, of which the folders `var` and `output` are made anew.
"""

from __future__ import annotations

import gc
import pickle
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from benchmarks.generate import NOW
from publisher import config
from publisher.app import Publication
from publisher.content import frontmatter, kramdown, render
from publisher.content.cleaning.pipeline import Subject, clean
from publisher.content.cleaning.tree import parse, write
from publisher.content.liquid import has_liquid
from publisher.content.read import decode, hash_of, read
from publisher.content.summary import lead
from publisher.feeds import jsonfeed, xml
from publisher.feeds.document import Author, FeedDocument
from publisher.kit.text import fit_for_xml
from publisher.model import change
from publisher.model.feed import FeedKey, in_order
from publisher.model.identity import Claims, identify
from publisher.store import posts, sources
from publisher.store.sources import Remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from publisher.content.scan import SourceFile
    from publisher.model.change import Change
    from publisher.model.post import Article, Post
    from publisher.store.database import Database

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

#: As many as `collect` takes at once, and a child sends at once.
_BATCH, _CHUNK = 2_000, 500
_BODIES = 500
_ENTRIES = 50
_FEEDS = 5


@dataclass(slots=True)
class Clock:
    """Adds up what stages take; prints it for one of so many."""

    taken: dict[str, float] = field(default_factory=dict)

    def each(self, stage: str, work: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
        """Apply `work` to every item, and add what that takes."""
        started = time.process_time()
        results = [work(item) for item in items]
        self.taken[stage] = self.taken.get(stage, 0.0) + time.process_time() - started
        return results

    def show(self, title: str, count: int) -> None:
        """Print every stage for one of `count`, and begin anew."""
        print(f"  {title}")
        for stage, seconds in self.taken.items():
            print(f"    {stage:34} {seconds / count * 1e6:9,.1f}")
        self.taken.clear()


def reading(clock: Clock, publication: Publication) -> tuple[list[SourceFile], list[Post]]:
    """Time what makes posts of files, which the children do."""
    library = publication.library
    look = clock.each("walk", lambda _: library.scan({}), [None])[0]
    files = look.fresh
    (source,) = library.sources
    texts = clock.each("read: open, read, decode", decode, files)
    parsed = clock.each("front matter", frontmatter.parse, (text for text, _ in texts))
    clock.each("hash of the body", hash_of, (body for _, body in parsed))
    del texts, parsed
    found = clock.each("all of it", lambda file: read(file, source), files)
    taken = clock.taken
    known = ("read: open, read, decode", "front matter", "hash of the body")
    taken["fields"] = max(0.0, taken.pop("all of it") - sum(taken[stage] for stage in known))
    chunks = [found[start : start + _CHUNK] for start in range(0, len(found), _CHUNK)]
    sent = clock.each("pickled by a child", lambda chunk: pickle.dumps(chunk, pickle.HIGHEST_PROTOCOL), chunks)
    received: list[list[Post]] = clock.each("unpickled by the parent", pickle.loads, sent)
    return files, [post for chunk in received for post in chunk]


def storing(clock: Clock, publication: Publication, files: Sequence[SourceFile], found: Sequence[Post]) -> None:
    """Time what becomes of posts in the parent, in one transaction."""
    claims = Claims({file.path for file in files}, {file.path for file in files})
    authority = publication.settings.site.authority

    def decide(post: Post) -> Change:
        claims.reading(post.path)
        post = identify(post, None, None, claims.seen)
        claims.settle(post, None)
        return change.decide(None, post, now=NOW, authority=authority)

    database = publication.database
    with database.begin() as connection:
        for start in range(0, len(found), _BATCH):
            batch = slice(start, start + _BATCH)
            decided = clock.each("decide", decide, found[batch])
            clock.each("store posts", lambda part: posts.apply(connection, part), [decided])
            noted = [
                Remembered(file.path, file.stamp, file.settled, post.code)
                for file, post in zip(files[batch], found[batch], strict=True)
            ]
            clock.each("store files", lambda part: sources.remember(connection, part), [noted])
        started = time.perf_counter()
    clock.taken["commit"] = time.perf_counter() - started


def rendering(clock: Clock, publication: Publication, found: Sequence[Post]) -> int:
    """Time what makes HTML of a body, which happens to those that a feed shows. Returns of how many."""
    chosen = found[-_BODIES:]
    (source,) = publication.library.sources
    contents = [frontmatter.parse(decode(publication.library.measure(post.path))[0])[1] for post in chosen]
    clock.each("is there Liquid", has_liquid, contents)
    prepared = clock.each("kramdown into Markdown", kramdown.prepare, contents)
    markup = clock.each("Markdown", render._MARKDOWN.html, prepared)  # noqa: SLF001 (what the program renders with)
    trees = clock.each("parse", parse, markup)
    clock.each("kramdown's marks", kramdown.tidy, trees)
    rules = publication.bodies.renderer.host_rules

    def cleaned(number: int) -> None:
        post = chosen[number]
        host = rules.for_url(post.origin_url)
        clean(trees[number], Subject(title=post.title, image=post.image, origin=post.origin_url, host=host))

    clock.each("clean", cleaned, range(len(chosen)))

    def finished(number: int) -> str:
        base = chosen[number].origin_url or source.site_url
        render._make_absolute(trees[number], base)  # noqa: SLF001 (as above)
        return fit_for_xml(render._SANITISER.clean(write(trees[number])))  # noqa: SLF001 (as above)

    clock.each("absolute, write, sanitise", finished, range(len(chosen)))
    clock.each(
        "lead", lambda number: lead(trees[number], chosen[number].title, chosen[number].language), range(len(chosen))
    )
    return len(chosen)


def writing(clock: Clock, publication: Publication, database: Database) -> None:
    """Time what makes a feed, from the query to the bytes."""
    with database.read() as connection:
        keys = [FeedKey()] * _FEEDS
        chosen = clock.each("choose the newest", lambda key: posts.newest(connection, key, _ENTRIES), keys)
    first, *_ = chosen
    # Children render them, and were timed above for one.
    articles = publication.bodies.articles(database, first, now=NOW)
    clock.each("bodies that are kept", lambda known: publication.bodies.articles(database, known, now=NOW), chosen)
    documents = [_document(articles)] * _FEEDS
    clock.each("RSS and Atom", xml.build, documents)
    clock.each("JSON", jsonfeed.build, documents)


def _document(articles: list[Article]) -> FeedDocument:
    return FeedDocument(
        id="tag:news.example.org,2024:feeds/all",
        title="World Desk",
        description="World Desk",
        home_url="https://news.example.org/",
        self_url="https://news.example.org/feeds/all",
        language=None,
        author=Author(name="World Desk", email="desk@news.example.org"),
        entries=in_order(articles),
    )


def main(folder: Path) -> None:
    """Time every stage and print it."""
    for name in ("var", "output"):
        shutil.rmtree(folder / name, ignore_errors=True)
    # As in a run.
    gc.disable()
    clock = Clock()
    settings = config.load(folder / "config" / "publisher.toml")
    with Publication(folder=folder, settings=settings, now=NOW) as publication:
        files, found = reading(clock, publication)
        storing(clock, publication, files, found)
        clock.show(f"a post, of {len(found):,}", len(found))
        count = rendering(clock, publication, found)
        clock.show(f"a body, of {count:,}", count)
        writing(clock, publication, publication.database)
        clock.show(f"a feed of {_ENTRIES} entries", _FEEDS)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
