"""What a straightforward script does for the same feeds, with nothing kept between its runs.

python-frontmatter reads every file, markdown-it-py renders and nh3 sanitises every body, feedgen and json write every
feed. Run it as `python -m benchmarks.plain POSTS OUTPUT`.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import frontmatter
import nh3
from feedgen.feed import FeedGenerator
from markdown_it import MarkdownIt

SITE = "https://news.example.org/"
ENTRIES = 50


def main(posts: Path, output: Path) -> None:
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    feeds: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in posts.rglob("*.md"):
        post = frontmatter.load(str(path))
        entry: dict[str, Any] = {**post.metadata, "html": nh3.clean(markdown.render(post.content))}
        category, language = str(entry["category"]).lower(), str(entry["language"])
        for feed in ("all", category, f"{language}/all", f"{language}/{category}"):
            feeds[feed].append(entry)
    for feed, entries in feeds.items():
        entries.sort(key=lambda entry: entry["date"], reverse=True)
        write(output / "feeds" / feed, feed, entries[:ENTRIES])


def write(target: Path, name: str, entries: list[dict[str, Any]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    generator = FeedGenerator()
    generator.id(f"{SITE}feeds/{name}")
    generator.title(f"World Desk: {name}")
    generator.description(f"World Desk: {name}")
    generator.author(name="World Desk", email="desk@news.example.org")
    generator.link(href=SITE, rel="alternate")
    generator.updated(entries[0]["date"])
    for entry in entries:
        item = generator.add_entry(order="append")
        item.id(f"tag:news.example.org,{entry['date'].year}:{entry['code']}")
        item.title(entry["title"])
        item.link(href=entry["origin_url"])
        item.content(entry["html"], type="html")
        item.summary(entry["description"])
        item.category(term=entry["category"])
        item.published(entry["date"])
        item.updated(entry["date"])
    generator.rss_file(f"{target}.rss")
    generator.atom_file(f"{target}.atom")
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"World Desk: {name}",
        "home_page_url": SITE,
        "items": [
            {
                "id": f"tag:news.example.org,{entry['date'].year}:{entry['code']}",
                "url": entry["origin_url"],
                "title": entry["title"],
                "content_html": entry["html"],
                "summary": entry["description"],
                "image": entry["image"],
                "date_published": entry["date"].isoformat(),
                "tags": [entry["category"]],
                "language": entry["language"],
            }
            for entry in entries
        ],
    }
    Path(f"{target}.json").write_text(json.dumps(feed, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
