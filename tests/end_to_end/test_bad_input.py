"""Bad input, all of it at once: each file named with line and reason, and every other post published."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.build import write_post
from tests.end_to_end.conftest import new_site, publish

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

FRONT = b"---\ntitle: A title\ndate: 2024-11-10\n"
#: The bytes of each bad file, the line, and a word of the reason.
BAD: dict[str, tuple[bytes, int, str]] = {
    "colon.md": (b"---\ndate: 2024-11-10\ntitle: Good: or not\n---\nBody\n", 3, "not YAML"),
    "unended-front.md": (b"---\ntitle: Good\nBody\n", 1, "never ends"),
    "no-front.md": (b"# Just a heading\n", 1, "has no front matter"),
    "no-date.md": (b"---\ntitle: Good\n---\nBody\n", 1, "has no date"),
    "bad-date.md": (b"---\ntitle: Good\ndate: 2024-13-45\n---\nBody\n", 3, "date that is none"),
    "no-title.md": (b"---\ndate: 2024-11-10\n---\nBody\n", 1, "has no title"),
    "bad-utf8.md": (FRONT + b"---\nBody\nof \xff\xfe bytes\n", 6, "is not UTF-8"),
    "empty.md": (b"", 1, "is empty"),
    "blank.md": (b"\xef\xbb\xbf\n \n", 1, "is empty"),
    "bomb.md": (
        b"---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b]\n---\n",
        3,
        "alias",
    ),
    "deep.md": (b"---\na: " + b"[" * 30_000 + b"\n---\n", 2, ""),
    "duplicate-key.md": (FRONT + b"title: Again\n---\n", 4, "comes twice"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication of three good posts among everything that is bad."""
    made = new_site(tmp_path_factory.mktemp("bad") / "site")
    posts = made / "posts"
    for code in ("A1", "B1", "Z1"):
        write_post(posts, code)
    for name, (content, _, _) in BAD.items():
        (posts / name).write_bytes(content)
    with (posts / "huge.md").open("wb") as file:
        file.truncate(50_000_000)
    os.mkfifo(posts / "fifo.md")
    (made / "secret.md").write_bytes(FRONT + b"---\nOutside.\n")
    (posts / "out.md").symlink_to(made / "secret.md")
    (posts / "nowhere.md").symlink_to(posts / "is-not-there.md")
    (posts / "loop.md").symlink_to(posts / "loop.md")
    (posts / "folder.md").mkdir()
    return made


@pytest.fixture(scope="module")
def first(site: Path) -> subprocess.CompletedProcess[str]:
    """The first run over it."""
    return publish(site, "--now", "2024-11-10T19:00")


OTHERS = {
    "huge.md": "50,000,000 bytes",
    "fifo.md": "not a regular file",
    "out.md": "leads out of the posts folder",
    "nowhere.md": "",
    "loop.md": "",
}


def test_every_other_post_is_published_and_the_run_says_that_something_was_left_out(
    site: Path, first: subprocess.CompletedProcess[str]
) -> None:
    assert first.returncode == 1
    items = json.loads((site / "output/feeds/all.json").read_bytes())["items"]
    assert sorted(item["title"] for item in items) == ["Title of A1", "Title of B1", "Title of Z1"]
    assert len(list((site / "var/outbox").rglob("*.eml"))) == 1
    assert "Traceback" not in first.stderr
    assert "Outside" not in (site / "output/feeds/all.rss").read_text("utf-8")


def test_each_bad_file_is_named_with_its_line_and_a_true_reason(
    site: Path, first: subprocess.CompletedProcess[str]
) -> None:
    found = {each["path"]: each for each in json.loads(publish(site, "quarantine", "--json").stdout)}
    assert set(found) == BAD.keys() | OTHERS.keys()
    for name, (_, line, word) in BAD.items():
        assert (name, found[name]["line"]) == (name, line)
        assert word in found[name]["reason"]
        assert f"{name}, line {line}: " in first.stderr
    for name, word in OTHERS.items():
        assert word in found[name]["reason"]


def test_what_was_bad_before_is_no_news(site: Path, first: subprocess.CompletedProcess[str]) -> None:
    again = publish(site, "--now", "2024-11-10T19:00")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith("Nothing has changed.")
