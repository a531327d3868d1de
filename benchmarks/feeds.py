"""What a feed takes to write, beside plain feedgen and Django, and that a post that changes touches only its feeds.

`python -m benchmarks.feeds`; with `--posts 0` only the former.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import tempfile
import time
from collections import Counter
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from feedgen.feed import FeedGenerator
from lxml import etree

from benchmarks.__main__ import COLD, UNCHANGED, Site, cells, met, print_table
from benchmarks.generate import BODY_BYTES, NOW, generate
from publisher.content import frontmatter
from publisher.feeds import jsonfeed, xml
from publisher.feeds.entry import Entry
from publisher.jobs.feed_plan import FeedPlan
from publisher.model.feed import FeedKey, Shape
from tests.build import article, post, rendered

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from benchmarks.measure import Usage
    from publisher.feeds.document import FeedDocument
    from publisher.model.post import Article

#: How many rounds, by the number of entries.
ROUNDS = {20: 60, 50: 60, 500: 8, 5_000: 3}
#: At the most, the time of RSS and Atom of so many entries to that of plain feedgen.
TARGET, JUDGED = 1.3, 50
#: So many different bodies take turns.
_BODIES, _SITE = 100, "https://news.example.org/"
_PLAN = FeedPlan(
    site_title="World Desk",
    site_url=_SITE,
    authority="news.example.org",
    author_name="World Desk",
    author_email="desk@news.example.org",
    formats=("rss", "atom", "json"),
    shape=Shape(entries=50, max_bytes=2**30),
)
_CODES = "ar bg bn cs da de el en es et fa fi fr he hi hu id it ja ko lt nl pl pt ro ru sv th uk vi"
LANGUAGES, CATEGORIES = _CODES.split(), 20
#: What tells of the whole publication.
_OF_ALL = {"index.html", "feeds.opml", "sitemap.xml", "manifest.json"}


def articles(count: int) -> list[Article]:
    """Give so many reports, Thai and English in turns, with all that most reports say."""
    known = []
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), _BODIES)
        for path in sorted(Path(folder).rglob("*.md")):
            fields, body = frontmatter.parse(path.read_text("utf-8"))
            said = {name: str(fields[name]) for name in ("title", "language", "image")}
            said["summary"] = str(fields["description"])
            known.append(said | {"html": rendered(post(title=said["title"]), body).html})
    return [
        article(
            f"A{number:05}",
            authors=("Ann Harbour", "สมชาย ใจดี")[: 1 + number % 2],
            tags=("harbours", "เรือข้ามฟาก"),
            credit="Photo: Example Wire",
            link=f"{_SITE}world/A{number:05}",
            published=NOW - timedelta(minutes=number + 9),
            updated=NOW - timedelta(minutes=number),
            **known[number % _BODIES],
        )
        for number in range(count)
    ]


def ours(document: FeedDocument, formats: Sequence[str]) -> list[bytes]:
    """Write RSS and Atom together, as the program does, or JSON, or one of the former, which it never does alone."""
    if len(formats) > 1:
        return list(xml.build(document).values())
    if "json" in formats:
        return [jsonfeed.build(document)]
    generator = xml._generator(document)  # noqa: SLF001 (what the program builds with)
    for each in document.entries:
        generator.add_entry(Entry(each, document), order="append")
    return [getattr(generator, f"{name}_str")(pretty=False) for name in formats]


def feedgen(document: FeedDocument, formats: Sequence[str]) -> list[bytes]:
    """Say all that feedgen can say of the articles without an extension, as its documentation shows it."""
    generator = FeedGenerator()
    generator.id(document.id)
    generator.title(document.title)
    generator.description(document.description)
    generator.author(name=document.author.name, email=document.author.email)
    generator.link(href=f"{document.self_url}.atom", rel="self")
    generator.link(href=document.home_url, rel="alternate")
    generator.updated(document.updated)
    for each in document.entries:
        item = generator.add_entry(order="append")
        item.id(each.entry_id)
        item.title(each.title)
        item.link(href=each.link)
        item.link(href=each.via, rel="via")
        item.content(each.html, type="html")
        item.summary(each.summary)
        item.author([{"name": name} for name in each.authors])
        item.category([{"term": term, "scheme": document.tags_scheme} for term in (each.sections[0][1], *each.tags)])
        item.published(each.published)
        item.updated(each.updated)
    return [getattr(generator, f"{name}_str")() for name in formats]


def django(document: FeedDocument, formats: Sequence[str]) -> list[bytes]:
    """Write feeds with Django, which has one place for the body or the summary, and one for an author."""
    written = []
    for kind in ({"rss": Rss201rev2Feed, "atom": Atom1Feed}[name] for name in formats):
        feed = kind(document.title, document.home_url, document.description, author_name=document.author.name)
        for each in document.entries:
            feed.add_item(
                *(each.title, each.link, each.html),
                author_name=", ".join(each.authors),
                pubdate=each.published,
                updateddate=each.updated,
                unique_id=each.entry_id,
                unique_id_is_permalink=False,
                categories=(each.sections[0][1], *each.tags),
            )
        written.append(feed.writeString("utf-8").encode())
    return written


def plain_json(document: FeedDocument, _: Sequence[str]) -> list[bytes]:
    """Write JSON as a script does: a dictionary each, and `json.dumps`."""
    items = [
        {
            "id": each.entry_id,
            "url": each.link,
            "external_url": each.via,
            "title": each.title,
            "content_html": each.html,
            "summary": each.summary,
            "image": each.image,
            "date_published": each.published.isoformat(),
            "date_modified": each.updated.isoformat(),
            "authors": [{"name": name} for name in each.authors],
            "tags": [each.sections[0][1], *each.tags],
            "language": each.language,
        }
        for each in document.entries
    ]
    return [json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}, ensure_ascii=False).encode()]


#: Which formats, and who writes them how; the first two are compared.
CONTESTANTS: list[tuple[tuple[str, ...], str, Callable[[FeedDocument, Sequence[str]], list[bytes]]]] = [
    (formats, name, write)
    for formats in (("rss", "atom"), ("rss",), ("atom",))
    for name, write in (("publisher", ours), ("feedgen", feedgen), ("Django", django))
]
CONTESTANTS += [(("json",), "publisher", ours), (("json",), "json.dumps", plain_json)]


def time_all(document: FeedDocument, rounds: int) -> list[list[float]]:
    """Let all write a feed in turns. Returns the microseconds for an entry in every round, by contestant."""
    taken: list[list[float]] = [[] for _ in CONTESTANTS]
    for _ in range(rounds):
        for (formats, _, write), times in zip(CONTESTANTS, taken, strict=True):
            # The program runs without the collector; so do all of them here.
            gc.collect()
            started = time.process_time()
            write(document, formats)
            times.append((time.process_time() - started) / len(document.entries) * 1e6)
    return taken


def show_speed() -> None:
    """Print what an entry takes, at every size, and judge the pair."""
    gc.disable()
    documents = {count: _PLAN.document(FeedKey(), {}, articles(count)) for count in ROUNDS}
    taken = {count: time_all(documents[count], rounds) for count, rounds in ROUNDS.items()}
    print(
        f"\nMicroseconds of processor time for an entry of {BODY_BYTES / 1000:.1f} KB: the best round and the median,"
    )
    print(f"in turns; bytes, elements, attributes of one of {JUDGED}. Django has no place for summaries.\n")
    rows = [("", *(f"{count:,} entries" for count in ROUNDS), "bytes", "elements", "attributes")]
    written = [write(documents[JUDGED], formats) for formats, _, write in CONTESTANTS]
    for place, (formats, name, _) in enumerate(CONTESTANTS):
        times = [f"{min(each[place]):.0f}  {median(each[place]):.0f}" for each in taken.values()]
        size, counted = sum(map(len, written[place])), said(written[place])
        attributes = sum(count for what, count in counted.items() if "@" in what)
        counts = [size / JUDGED, (counted.total() - attributes) / JUDGED, attributes / JUDGED]
        label = f"{' and '.join(formats)}: {name}"
        rows.append((label, *times, *(f"{count:,.0f}" if count else "" for count in counts)))
    print_table(rows)
    mine, other, *_ = taken[JUDGED]
    ratio, usual = min(mine) / min(other), median(a / b for a, b in zip(mine, other, strict=True))
    print(
        f"\nRSS and Atom of {JUDGED} entries take {ratio:.2f} times as long as with plain feedgen, {usual:.2f} in the"
    )
    print(f"median round (target: {TARGET}, {met(ratio <= TARGET)}). They say more of an entry:")
    more = (said(written[0]) - said(written[1])).most_common()
    print(", ".join(f"{name} {count / JUDGED:g}" for name, count in more if "@" not in name) + ".")


def said(feeds: Collection[bytes]) -> Counter[str]:
    """Count the elements in the entries of feeds, and their attributes, by name; nothing of those that are JSON."""
    counted: Counter[str] = Counter()
    for root in (etree.fromstring(feed) for feed in feeds if feed.startswith(b"<")):
        for element in (*root.iterfind("channel/item//*"), *root.iterfind("{*}entry//*")):
            tag = ":".join(filter(None, (element.prefix, etree.QName(element).localname)))
            counted.update([tag, *(f"{tag}@{name!s}" for name in element.attrib)])
    return counted


def prepare(folder: Path, posts: int, archives: Sequence[str]) -> Site:
    """Make a publication of posts that take turns through all languages and categories."""
    site = Site.prepare(folder, posts, languages=("th", "en"), formats=_PLAN.formats, command=("feeds",))
    for number, path in enumerate(sorted((folder / "posts").rglob("*.md"))):
        put(path, "language: ", LANGUAGES[number % len(LANGUAGES)])
        put(path, "category: ", f"DESK {number // len(LANGUAGES) % CATEGORIES + 1:02}")
    put(folder / "config" / "publisher.toml", "archives = ", archives)
    time.sleep(3)  # or the newest files would be read once more
    return site


def put(path: Path, start: str, value: object) -> None:
    """Give the first line that starts so another value."""
    line = start + json.dumps(value, ensure_ascii=False)
    path.write_text(re.sub(f"(?m)^{start}.*$", line, path.read_text("utf-8"), count=1), "utf-8")


def touched(site: Site, publish: Callable[[], Usage], code: str | None = None) -> tuple[Usage, list[str]]:
    """Publish. Returns what that took, and which files of the output are others than before, or newer.

    Raises SystemExit where a feed was touched that does not show the post, or one was not that does.
    """
    output = site.folder / "output"
    before = files(output)
    usage = publish()
    after = files(output)
    found = {name for name in before | after if before.get(name) != after.get(name)}
    if before:
        feeds = [path for path in output.rglob("*.json") if f':{code}"' in path.read_text("utf-8")]
        names = [path.relative_to(output).with_suffix("").as_posix() for path in feeds]
        wanted = {f"{name}.{extension}" for name in names for extension in _PLAN.formats}
        others = {f"{name}.html" for name in names} | (_OF_ALL if names else set())
        if wrong := (found - others) ^ wanted:
            raise SystemExit(f"when {code} changed, touched or not by mistake: {sorted(wrong)}")
    return usage, sorted(found)


def files(output: Path) -> dict[str, tuple[int, int, bytes]]:
    """Tell of every file of the output which one it is, when it changed, and its bytes."""
    found = ((path.relative_to(output).as_posix(), path, path.stat()) for path in output.rglob("*.*"))
    return {name: (stat.st_ino, stat.st_mtime_ns, sha256(path.read_bytes()).digest()) for name, path, stat in found}


def show_changes(posts: int, archives: Sequence[str]) -> None:
    """Print what whole runs over some 650 feeds take, and which files they touch."""
    with tempfile.TemporaryDirectory(prefix="publisher-bench-") as folder:
        site = prepare(Path(folder).resolve() / "site", posts, archives)
        runs = {COLD: touched(site, site.cold), UNCHANGED: touched(site, site.unchanged)}
        every = sorted((site.folder / "posts").rglob("*.md"))
        for name, post in (("newest post changed", every[-1]), ("oldest post changed", every[0])):
            put(post, "title: ", "A title that came later")
            runs[name] = touched(site, site.changed, post.stem.rpartition("-")[2])
    print(f"\n{posts:,} posts in {len(LANGUAGES)} languages and {CATEGORIES} categories, {len(archives)} archives:\n")
    rows = [(name, *cells(usage), f"{len(found):,}") for name, (usage, found) in runs.items()]
    print_table([("", "wall", "CPU", "memory", "files touched"), *rows])
    for name in list(runs)[1:]:
        print(f"\n{name}: {', '.join(runs[name][1]) or 'no file'}")


def main() -> None:
    """Time everything and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.feeds", description=__doc__)
    parser.add_argument("--posts", type=int, default=6_000, help="how many for 600 feeds (default: %(default)s)")
    asked = parser.parse_args()
    settings.configure(USE_TZ=True)
    # First: what this process holds is the least that those it starts can show.
    for archives in ([], ["all"]) if asked.posts else ():
        show_changes(asked.posts, archives)
    show_speed()


if __name__ == "__main__":
    main()
