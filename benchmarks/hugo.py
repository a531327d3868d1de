"""Hugo builds only feeds of the same posts: RSS and Atom of the newest 50, of all and of each category."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from benchmarks.measure import environment, run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.measure import Usage

FORMATS = ("rss", "atom")
ENTRIES = 50
_AUTHORITY = "news.example.org"
_ATOM = "{http://www.w3.org/2005/Atom}"
#: No page is rendered, nothing but the lists is made; `published` finds every post all the same.
_SETTINGS = """\
baseURL = "https://{authority}/"
title = "World Desk"
defaultContentLanguage = "{language}"
disableKinds = ["section", "sitemap", "robotsTXT", "404"]
enableGitInfo = false
[taxonomies]
category = "category"
[outputs]
taxonomy = []
home = ["RSS", "ATOM"]
term = ["RSS", "ATOM"]
[services.rss]
limit = {entries}
[mediaTypes."application/atom+xml"]
suffixes = ["atom"]
[outputFormats.ATOM]
mediaType = "application/atom+xml"
baseName = "index"
isPlainText = false
[[cascade]]
[cascade._build]
render = "never"
list = "always"
[cascade._target]
kind = "page"
[[module.mounts]]
source = {posts}
target = "content/posts"
[markup.goldmark.renderer]
unsafe = true
"""
_NEWEST = """\
{{- $pages := .RegularPages -}}{{- if .IsHome -}}{{- $pages = .Site.RegularPages -}}{{- end -}}
{{- printf "<?xml version=\\"1.0\\" encoding=\\"utf-8\\"?>" | safeHTML }}
"""
_RSS = """\
<rss version="2.0"><channel><title>{{ .Title }}</title><link>{{ .Permalink }}</link>
<description>{{ .Title }}</description>
{{- range first ENTRIES $pages }}
<item><guid isPermaLink="false">tag:AUTHORITY,{{ .Date.Format "2006" }}:{{ .Params.code }}</guid>
<title>{{ .Title }}</title><link>{{ .Params.origin_url }}</link>
<pubDate>{{ .Date.Format "Mon, 02 Jan 2006 15:04:05 -0700" }}</pubDate>
<description>{{ .Content | html }}</description></item>
{{- end }}
</channel></rss>
"""
_ATOM_FEED = """\
<feed xmlns="http://www.w3.org/2005/Atom"><id>{{ .Permalink }}</id><title>{{ .Title }}</title>
{{- range first ENTRIES $pages }}
<entry><id>tag:AUTHORITY,{{ .Date.Format "2006" }}:{{ .Params.code }}</id><title>{{ .Title }}</title>
<link href="{{ .Params.origin_url }}"/><updated>{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}</updated>
<summary>{{ .Description }}</summary><content type="html">{{ .Content | html }}</content></entry>
{{- end }}
</feed>
"""


@dataclass(frozen=True, kw_only=True)
class Hugo:
    """A site of Hugo's beside a publication, with the posts of that."""

    program: str
    folder: Path

    @classmethod
    def prepare(cls, folder: Path, posts: Path, language: str) -> Hugo | None:
        """Make the site; None where there is no Hugo."""
        program = shutil.which("hugo")
        if program is None:
            return None
        layouts = folder / "layouts" / "_default"
        layouts.mkdir(parents=True)
        settings = _SETTINGS.format(
            authority=_AUTHORITY, language=language, entries=ENTRIES, posts=json.dumps(str(posts))
        )
        (folder / "hugo.toml").write_text(settings, "utf-8")
        for name, template in (("list.rss.xml", _RSS), ("list.atom.atom", _ATOM_FEED)):
            text = _NEWEST + template.replace("ENTRIES", str(ENTRIES)).replace("AUTHORITY", _AUTHORITY)
            (layouts / name).write_text(text, "utf-8")
        return cls(program=program, folder=folder)

    @property
    def version(self) -> str:
        """Say which Hugo it is."""
        said = subprocess.run([self.program, "version"], env=environment(), check=True, capture_output=True, text=True)
        found = re.match(r"hugo (v[\d.]+)", said.stdout)
        return f"Hugo {found[1] if found else said.stdout.strip()}"

    def cold(self) -> Usage:
        """Build for the first time."""
        for name in ("public", "resources", "cache"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        return self.again()

    def again(self) -> Usage:
        """Build once more; Hugo does all of it every time."""
        usage, said = run([self.program, "--quiet", "--cacheDir", str(self.folder / "cache")], self.folder)
        if said.strip():
            raise SystemExit(f"Hugo was to say nothing, but said:\n{said}")
        return usage

    def compare(self, feeds: Path, categories: Sequence[str]) -> int:
        """See that both made feeds of the same posts in the same order; returns how many.

        Raises SystemExit otherwise: times of different work compare to nothing.
        """
        compared = 0
        for name in ("all", *map(str.lower, categories)):
            place = self.folder / "public" if name == "all" else self.folder / "public" / "category" / name
            for extension, built in zip(FORMATS, ("index.xml", "index.atom"), strict=True):
                ours, theirs = titles(feeds / f"{name}.{extension}"), titles(place / built)
                if not ours or ours != theirs:
                    raise SystemExit(f"Hugo's feed {place / built} has other entries than our {name}.{extension}")
                compared += 1
        return compared


def titles(feed: Path) -> list[str]:
    """Read the titles of the entries of an RSS or Atom feed, in order."""
    root = ET.parse(feed).getroot()
    entries = [*root.iterfind("channel/item"), *root.iterfind(f"{_ATOM}entry")]
    return [entry.findtext("title") or entry.findtext(f"{_ATOM}title") or "" for entry in entries]
