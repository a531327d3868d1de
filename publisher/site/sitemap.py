"""The pages for search engines: `sitemap.xml` as in https://www.sitemaps.org/protocol.html."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

#: What the protocol allows in one file.
_LIMIT = 50_000
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def build(site_url: str, pages: Sequence[tuple[str, datetime | None]], *, limit: int = _LIMIT) -> dict[str, bytes]:
    """List pages, each by its path below the output folder with its last change: files by their paths there.

    More pages than one file may have make several, with `sitemap.xml` as their index.
    """
    ordered = sorted(pages, key=lambda page: page[0])
    parts = [ordered[start : start + limit] for start in range(0, len(ordered), limit)]
    if len(parts) <= 1:
        return {"sitemap.xml": _document("urlset", "url", site_url, ordered)}
    files = {
        f"sitemap-{number}.xml": _document("urlset", "url", site_url, part) for number, part in enumerate(parts, 1)
    }
    newest = [max((changed for _, changed in part if changed), default=None) for part in parts]
    index = _document("sitemapindex", "sitemap", site_url, zip(files, newest, strict=True))
    return files | {"sitemap.xml": index}


def _document(root: str, element: str, site_url: str, entries: Iterable[tuple[str, datetime | None]]) -> bytes:
    lines = [f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{_NAMESPACE}">']
    lines += [f"<{element}>{_location(site_url, path)}{_last_change(at)}</{element}>" for path, at in entries]
    return "\n".join([*lines, f"</{root}>\n"]).encode()


def _location(site_url: str, path: str) -> str:
    # The first page is known by the address of its folder, which is what it calls itself.
    return f"<loc>{escape(site_url + quote('' if path == 'index.html' else path))}</loc>"


def _last_change(moment: datetime | None) -> str:
    return f"<lastmod>{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</lastmod>" if moment else ""
