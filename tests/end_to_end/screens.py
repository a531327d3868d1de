"""Pages as a person sees them: opened in chromium, at a width, in a colour scheme.

`python -m tests.end_to_end.screens` renders the sample posts and writes the pictures in docs/.
"""

from __future__ import annotations

import contextlib
import math
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from email import message_from_bytes, policy
from functools import cache
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

ROOT = Path(__file__).parent.parent.parent
Scheme = Literal["dark", "light"]
_SKIES = ((157, 190, 220), (237, 195, 154), (61, 69, 112), (201, 216, 197))
_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Start the system's chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        opened = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield opened
        opened.close()


@contextlib.contextmanager
def shown(opened: Browser, file: Path, *, width: int, scheme: Scheme, asked: list[str] | None = None) -> Iterator[Page]:
    """Open a file; pictures from anywhere are landscapes made here, and nothing else is fetched.

    What the page asks for is added to `asked`.
    """
    page = opened.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.on("request", lambda request: asked.append(request.url) if asked is not None else None)
    page.route("**/*", _answer)
    page.goto(file.as_uri())
    page.wait_for_load_state("networkidle")
    yield page
    page.close()


def _answer(route: Route) -> None:
    url = route.request.url
    if url.startswith("file:"):
        route.continue_()
    elif route.request.resource_type == "image":
        route.fulfill(body=landscape(url), content_type="image/png")
    else:
        route.abort()


@cache
def landscape(seed: str, width: int = 528, height: int = 330) -> bytes:
    """Paint hills under a sky, as a PNG; the same seed gives the same picture."""
    digest = md5(seed.encode(), usedforsecurity=False).digest()
    sky = _SKIES[digest[0] % len(_SKIES)]
    ridges = [[_ridge(x, width, height, hill, digest) for x in range(width)] for hill in range(4)]
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            shade = 0.9 + 0.2 * y / height
            for hill, ridge in enumerate(ridges):
                # The edge of a hill covers a part of its pixel.
                covered = min(1.0, max(0.0, y - ridge[x] + 0.5))
                shade += covered * (0.72 - 0.14 * hill - shade)
            rows += bytes(min(255, int(part * shade)) for part in sky)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def _ridge(x: int, width: int, height: int, hill: int, digest: bytes) -> float:
    wide = math.sin(9 * x / width + digest[hill + 1])
    narrow = math.sin(33 * x / width + digest[hill + 5])
    return height * (0.5 + 0.12 * hill + 0.06 * wide + 0.015 * narrow)


def publish_samples(folder: Path) -> dict[str, Path]:
    """Publish the project's sample posts in `folder`: each mail by language, the first page, a feed with its page."""
    shutil.copytree(ROOT / "posts", folder / "posts")
    (folder / "config").mkdir()
    config = folder / "config" / "publisher.toml"
    shutil.copy(ROOT / "config" / "publisher.toml", config)
    # A process of its own: a browser that is open has the event loop of this one.
    command = [sys.executable, "-m", "publisher", "--config", str(config), "--now", "2024-11-10T18:00", "--quiet"]
    subprocess.run(command, check=True, cwd=ROOT)
    output = folder / "output"
    pages = {
        "index": output / "index.html",
        "feed": output / "feeds" / "en" / "world.html",
        "raw": output / "feeds" / "th" / "world.atom",
    }
    for language in ("th", "en"):
        (message,) = (folder / "var" / "outbox" / f"world-2024-11-10-{language}").glob("*.eml")
        part = message_from_bytes(message.read_bytes(), policy=policy.default).get_body(("html",))
        assert part is not None
        pages[language] = folder / f"mail-{language}.html"
        pages[language].write_text(part.get_content(), "utf-8")
    return pages


def write_editions(folder: Path) -> dict[str, Path]:
    """Write the sample editions, by language, and those of words without end."""
    from tests.digest.samples import LANGUAGES, hostile, sample

    made = {language: sample(language) for language in LANGUAGES} | {"long": hostile("en"), "long-ar": hostile("ar")}
    for name, edition in made.items():
        (folder / f"edition-{name}.html").write_text(edition.html, "utf-8")
    return {f"edition-{name}": folder / f"edition-{name}.html" for name in made}


#: Name, page, width, scheme of each picture in docs/.
_PICTURES: tuple[tuple[str, str, int, Scheme], ...] = (
    ("digest.png", "edition-th", 700, "light"),
    ("digest-narrow.png", "edition-th", 360, "light"),
    ("digest-dark.png", "edition-en", 700, "dark"),
    ("digest-ar.png", "edition-ar", 700, "light"),
    ("index.png", "index", 1200, "light"),
    ("index-dark.png", "index", 360, "dark"),
    ("feed.png", "feed", 1200, "light"),
    ("feed-dark.png", "feed", 360, "dark"),
    ("raw.png", "raw", 1200, "light"),
    ("raw-dark.png", "raw", 360, "dark"),
)


def main() -> None:
    """Write the pictures in docs/."""
    with tempfile.TemporaryDirectory() as folder, browser() as opened:
        pages = publish_samples(Path(folder)) | write_editions(Path(folder))
        for name, page_name, width, scheme in _PICTURES:
            with shown(opened, pages[page_name], width=width, scheme=scheme) as page:
                page.screenshot(path=ROOT / "docs" / name, full_page=page_name.startswith("edition-"))


if __name__ == "__main__":
    main()
