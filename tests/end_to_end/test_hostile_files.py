"""Files made to break things: bombs, strange bytes, strange names, and names that lead elsewhere."""

from __future__ import annotations

import json
import os
import re
import socket
from pathlib import Path

from publisher.content import limits
from publisher.kit.text import one_line
from tests.build import write_post
from tests.end_to_end.conftest import new_site
from tests.end_to_end.hostile import Run, listed, quoted, watched

FRONT = "---\ntitle: A title\ndate: 2024-11-10\n"
M = 1_000_000
GOOD = ("A1", "B1", "Z1")
#: Several thousand take minutes.
SECTIONS = int(os.environ.get("PUBLISHER_HOSTILE_CATEGORIES", "300"))

#: Front matter that means more work than it has bytes, with a word of the reason.
BLOCKS = {
    "aliases": ("a: &a [x,x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nd: [*c,*c,*c]", "alias"),
    "flow": ("a: " + "[" * 30_000, "too deep"),
    "flow-closed": ("a: " + "[" * 30_000 + "]" * 30_000, "too deep"),
    "flow-maps": ("a: " + "{a: " * 15_000, "too deep"),
    "block": ("\n".join(f"{' ' * depth}- a:" for depth in range(300)), ""),
    "dashes": ("a:\n  " + "- " * 20_000 + "x", "too deep"),
    "merge": ("a: &a {b: c}\nd:\n  <<: *a", "alias"),
    "merge-bomb": ("a: &a {x: 1}\n" + "".join(f"b{n}: {{<<: [{'*a, ' * 9}*a]}}\n" for n in range(99)), "alias"),
    "large": ("a: " + "b" * limits.FRONT_MATTER_BYTES, "more than 64 KB"),
    "events": ("a: [" + "b, " * limits.YAML_EVENTS + "c]", "too deep or too long"),
    "keys": ("\n".join(f"k{number}: v" for number in range(limits.YAML_EVENTS)), "too deep or too long"),
    "tags": ("a: !!python/object/apply:os.system ['echo']", "not YAML"),
    "quote": ('a: "' + "\\\n" * 20_000, "not YAML"),
    "nul": ('a: "\0"', "not YAML"),
    "documents": ("a: b\n--- \nc: d", ""),
}
#: Bodies as long as their nature needs, and whether they are shown.
BOMBS: dict[str, tuple[str, bool]] = {
    **{
        f"deep-{tag}": (f"<{tag}>" * 254 + "deep" + f"</{tag}>" * 254, False)
        for tag in ("div", "b", "table", "span", "ul", "blockquote", "section")
    },
    **{f"deeper-{tag}": (f"<{tag}>" * 100_000 + "deep", False) for tag in ("div", "b", "a href=x", "table><tr><td")},
    "deep-li": ("<li><p>" * 100_000 + "</x>" * 100_000, False),
    "quotations": (">" * 10_000 + " deep", False),
    "lists": ("- " * 10_000 + "deep", False),
    "numbered": ("1. " * 10_000 + "deep", False),
    "indented": ("\n".join(" " * (2 * depth) + "- x" for depth in range(1_000)), False),
    "emphasis": ("*" * 100_000, True),
    "emphasis-closed": ("*" * 50_000 + "deep" + "*" * 50_000, False),
    "emphases": ("*a_ " * 200_000, True),
    "strikes": ("~a~~b " * 30_000, True),
    "brackets": ("[" * 100_000, True),
    "pictures": ("![" * 100_000, True),
    "links": ("[a](" * 100_000, True),
    "picture-links": ("![a](" * 100_000, True),
    "backticks": ("`" * 100_000 + "a", True),
    "backtick-runs": ("".join("`" * run + " " for run in range(1, 1_000)), True),
    "less-than": ("<" * M, True),
    "tag-starts": ("<a " * 300_000, True),
    "tag-lines": ("<div\n" * 100_000, True),
    "end-tags": ("</p>" * 200_000, True),
    "stray-ends": ("</div>" * 100_000 + "text", True),
    "html-starts": ("<html " * 200_000, True),
    "doctypes": ("<!doctype " * 100_000, True),
    "comments": ("<!--" * 200_000, True),
    "closed-comments": ("<!-- -->" * 100_000, True),
    "cdata": ("<![CDATA[" * 100_000, True),
    "instructions": ("<?" * 300_000, True),
    "ampersands": ("&" * M, False),
    "entities": ("&amp;" * 300_000, False),
    "numeric-entities": ("&#38;" * 300_000, False),
    "control-entities": ("&#1;" * 90_000, True),
    "digits": ("&#" + "1" * M, True),
    "attributes": ("<p " + " ".join(f"a{number}=1" for number in range(100_000)) + ">text</p>", False),
    "quoted-attributes": ("<p " + " ".join(f'a{number}=">"' for number in range(20_000)) + ">text</p>", True),
    "columns": ("|a" * 50_000 + "\n" + "|-" * 50_000 + "\n" + "|b" * 50_000, False),
    "rows": ("|a|b|\n|-|-|\n" + "|c|d|\n" * 60_000, False),
    "bars": ("|" * M, True),
    "rules": ("|-\n" * 200_000, False),
    "definitions": ("".join(f"[r{number}]: /u{number}\n" for number in range(50_000)) + "\n[r1]", True),
    "one-definition": (f"[r]: /{'u' * 100_000}\n\n" + "[r]" * 100_000, True),
    "long-title": (f"[r]: /u '{'t' * M}'\n\n" + "[r] " * 100_000, True),
    "footnotes": ("".join(f"[^{number}]: [^{number + 1}]\n\n" for number in range(10_000)) + "[^0]", True),
    "one-footnote": ("[^1]: note\n\n" + "[^1]" * 100_000, False),
    "elements": ("<b>x</b>" * (limits.HTML_NODES + 1), False),
    "paragraphs": ("a\n\n" * (limits.HTML_NODES + 1), False),
    "many-paragraphs": ("a\n\n" * 50_000, True),
    "paragraph": ("word " * (3_900_000 // 5), True),
    "word": ("a" * 3_900_000, True),
    "thai": ("ข่าว" * 300_000, True),
    "spaces": ("x" + " " * 3_900_000 + "x", True),
    "blank-lines": ("x" + "\n" * 3_900_000 + "x", True),
    "tabs": ("\t" * M + "x", True),
    "hashes": ("#" * M, True),
    "colons": (": " * 400_000, True),
    "definition-lists": ("a\n: b\n" * 20_000, True),
    "combining": ("a" + "\u0301" * M, True),
    "controls": ("\x00\x01\x1b" * 300_000, True),
    "joiners": ("\U0001f468\u200d" * 200_000, True),
    "overrides": ("\u202e" * 300_000, True),
    "scripts": ("<script>" * 100_000, True),
    "code-starts": ("var (function if( " * 50_000, True),
    "style-starts": (".a{b:" * 100_000, True),
    "marks": ("{:" * 300_000, True),
    "mark": ("{:" + ".a" * 300_000, True),
    "liquid-starts": ("{{" * 300_000, False),
    "liquid-tags": ("{% if x %}" * 50_000, False),
    "liquid-loops": ("{% for i in (1..9999999) %}{% for j in (1..9999999) %}x{% endfor %}{% endfor %}", False),
    "liquid-growth": ("{% assign a = 'aaaaaaaa' %}" + "{% assign a = a | append: a %}" * 60, False),
    "liquid-range": ("{{ (1..99999999999) | size }}", False),
}


def snapshot(site: Path) -> dict[str, tuple[int, int]]:
    """Note everything in the folder above a publication, but for what runs may write."""
    found = {}
    for folder, folders, files in os.walk(site.parent):
        folders[:] = [name for name in folders if Path(folder, name) not in {site / "output", site / "var"}]
        for path in (Path(folder, name) for name in [*folders, *files] if name != "notes.jsonl"):
            status = path.lstat()
            found[str(path)] = (0, 0) if path.is_dir() else (status.st_size, status.st_mtime_ns)
    return found


def new_publication(folder: Path, **changes: str) -> Path:
    """Make a publication of three good posts, beside files that are nobody's business."""
    site = new_site(folder / "around" / "site", **{"entries": "1_000", "max_bytes": "1_000_000_000", **changes})
    for code in GOOD:
        write_post(site / "posts", code)
    (folder / "around" / "secret.md").write_text(f"{FRONT}---\nA secret.\n", "utf-8")
    (folder / "around" / "elsewhere").mkdir()
    return site


def run(site: Path) -> Run:
    """Publish everything in one feed: nothing fails, is written elsewhere or sent, and no good post is left out."""
    before = snapshot(site)
    done = watched(site)
    assert done.code in {0, 1}, done.err
    assert "mistake in publisher" not in done.err + done.out
    assert "Traceback" not in done.err
    assert done.strays(site) == []
    assert snapshot(site) == before
    manifest = json.loads((site / "output" / "manifest.json").read_bytes())["files"]
    files = {str(path.relative_to(site / "output")) for path in (site / "output").rglob("*") if not path.is_dir()}
    assert files == {*manifest, "manifest.json"}
    assert all((site / "output" / name).resolve() == (site / "output").resolve() / name for name in files)
    ids = [item["id"] for item in items(site)]
    assert len(set(ids)) == len(ids)
    assert {f"Title of {code}" for code in GOOD} <= {item["title"] for item in items(site)}
    return done


def items(site: Path) -> list[dict[str, str]]:
    return list(json.loads((site / "output/feeds/all.json").read_bytes())["items"])


def reasons(site: Path) -> dict[str, str]:
    """Give why each file in quarantine is there; a sentence each, on one line."""
    found = {str(each["path"]): str(each["reason"]) for each in listed(site)}
    assert [reason for reason in found.values() if reason != one_line(reason) or "Error" in reason] == []
    return found


def test_front_matter_bombs_are_named_for_what_they_are(tmp_path: Path) -> None:
    site = new_publication(tmp_path)
    for name, (block, _) in BLOCKS.items():
        (site / "posts" / f"{name}.md").write_text(f"{FRONT}{block}\n---\nBody.\n", "utf-8")
    done = run(site)
    found = reasons(site)
    assert {name for name, (_, word) in BLOCKS.items() if word} <= {Path(path).stem for path in found}
    assert [path for path, reason in found.items() if BLOCKS[Path(path).stem][1] not in reason] == []
    assert done.most("seconds") < 10


def test_body_bombs_are_shown_or_refused_by_a_limit_and_never_by_the_clock(tmp_path: Path) -> None:
    site = new_publication(tmp_path)
    for name, (body, _) in BOMBS.items():
        (site / "posts" / f"{name}.md").write_text(f"{FRONT}language: en\n---\n{body}\n", "utf-8")
    done = run(site)
    found = {Path(path).stem: reason for path, reason in reasons(site).items()}
    assert {name: found.get(name) for name, (_, shown) in BOMBS.items() if shown is (name in found)} == {}
    by_the_clock = re.compile(r"more than \d+ (?:s|MB)|ends the process")
    assert {name: reason for name, reason in found.items() if by_the_clock.search(reason)} == {}
    assert done.most("memory") < limits.RENDER_BYTES / 2**20 + 200


HEAD = f"{FRONT}---\n".encode()
#: The bytes of a file, and a word of the reason; none for those that are posts.
BYTES: dict[str, tuple[bytes, str | None]] = {
    "utf-16": (f"{FRONT}---\nBody".encode("utf-16"), "not UTF-8"),
    "utf-16-le": (f"{FRONT}---\nBody".encode("utf-16-le"), "no front matter"),
    "utf-16-be": (f"{FRONT}---\nBody".encode("utf-16-be"), "no front matter"),
    "utf-32": (f"{FRONT}---\nBody".encode("utf-32"), "not UTF-8"),
    "utf-32-le": (f"{FRONT}---\nBody".encode("utf-32-le"), "no front matter"),
    "latin-1": (HEAD + "Café".encode("latin-1"), "not UTF-8"),
    "cesu-8": (HEAD + b"\xed\xa0\xbd\xed\xb8\x80", "not UTF-8"),
    "surrogate": (HEAD + b"\xed\xa0\x80", "not UTF-8"),
    "overlong": (HEAD + b"\xc0\xafetc", "not UTF-8"),
    "beyond": (HEAD + b"\xf4\x90\x80\x80", "not UTF-8"),
    "cut": (HEAD + "ข".encode()[:2], "not UTF-8"),
    "bom-only": (b"\xef\xbb\xbf", "is empty"),
    "nul-only": (b"\0" * 1000, "no front matter"),
    "nul-title": (b'---\ntitle: "a\0b"\ndate: 2024-11-10\n---\n', "not YAML"),
    "paragraph-of-20-mb": (HEAD + b"word " * (4 * M), "bytes; a post may have"),
    "nul-body": (HEAD + b"a\0b", None),
    "bom": (b"\xef\xbb\xbf" + HEAD + b"Body", None),
    "carriage-returns": (HEAD.replace(b"\n", b"\r") + b"Body\r\rMore", None),
    "windows": (HEAD.replace(b"\n", b"\r\n") + b"Body\r\n", None),
    "no-body": (HEAD, None),
}


def test_bytes_that_are_no_text_are_named_and_the_others_are_posts(tmp_path: Path) -> None:
    site = new_publication(tmp_path)
    for name, (content, _) in BYTES.items():
        (site / "posts" / f"{name}.md").write_bytes(content)
    run(site)
    found = {Path(path).stem: reason for path, reason in reasons(site).items()}
    assert set(found) == {name for name, (_, word) in BYTES.items() if word}
    assert {name: reason for name, reason in found.items() if str(BYTES[name][1]) not in reason} == {}


def test_what_is_no_regular_file_is_named_and_links_lead_nowhere_else(tmp_path: Path) -> None:
    site = new_publication(tmp_path)
    posts = site / "posts"
    with (posts / "sparse.md").open("wb") as file:
        file.truncate(10 * 2**30)
    os.mkfifo(posts / "fifo.md")
    (posts / "folder.md").mkdir()
    write_post(posts / "folder.md", "inner")
    links = {
        "inside.md": posts / "A1.md",
        "outside.md": site.parent / "secret.md",
        "device.md": Path("/dev/zero"),
        "folder-link.md": posts / "folder.md",
        "elsewhere.md": site.parent / "elsewhere",
        "loop.md": posts / "loop.md",
        "nowhere.md": posts / "nothing.md",
        "up.md": Path("../../secret.md"),
    }
    for name, target in links.items():
        (posts / name).symlink_to(target)
    (posts / "linked-folder").symlink_to(site.parent)
    with socket.socket(socket.AF_UNIX) as listening:
        # A path of a socket has 107 bytes at most.
        there = os.open(posts, os.O_RDONLY)
        listening.bind(f"/proc/self/fd/{there}/socket.md")
        os.close(there)
        run(site)
    found = reasons(site)
    expected = {"sparse.md", "fifo.md", "socket.md", *links}
    # A link to a post is that post once more: the one whose path is first has its code.
    assert set(found) == expected
    assert "A secret" not in (site / "output/feeds/all.json").read_text("utf-8")
    assert "Title of inner" in {item["title"] for item in items(site)}


#: Names of files, as bytes: each is a post or is named.
NAMES = (
    *(b"a\nb.md", b"a" * 252 + b".md", b"\xff\xfe.md", "\u202egnp.md".encode(), b"-rf.md", b"--config.md", b"A.md"),
    *(b"a.md", b" .md", b"a'b\"c.md", b"$(id).md", b"con.md", b"CON.MD", b"a:b.md", b"a\\b.md", b"%2e%2e.md", b"?#.md"),
    *(
        "é.md".encode(),
        "e\u0301.md".encode(),
        "\U0001f600.md".encode(),
        b"*.md",
        b"a\tb.md",
        b"\x1b[31m.md",
        b"a..md.md",
    ),
)
CODES = (
    *(
        "../../etc/passwd",
        "..",
        ".",
        "/",
        "//",
        "con",
        "a/../../b",
        "%2e%2e",
        "%00",
        "\0",
        "a\nb",
        "x" * 301,
        "x" * 300,
    ),
    *("abc", "ABC", "a b", "\u202e", "é", "e\u0301", "C:\\x", "?a=b", "#", "<b>", "index.html", "manifest.json", "~"),
)
CATEGORIES = (
    *(
        "..",
        ".",
        "/",
        "all",
        "CON",
        "archive",
        "nul",
        "ข่าว",
        "x" * 5_000,
        "\U0001f600",
        "a/b",
        "../../x",
        "%2e%2e",
        "Ａ",
    ),
    *("a", "\0", "a\nb", "world.json", "com1", "é", "e\u0301", "\u0301", "-", "feeds"),
)
LANGUAGES = {"../x": False, "TH": True, "zh_CN": True, "x" * 100: False, "all": False, "en-": False, "..": False}


def test_names_of_files_codes_and_categories_never_lead_out_of_the_output(tmp_path: Path) -> None:
    site = new_publication(tmp_path)
    posts = os.fsencode(site / "posts")
    for name in NAMES:
        Path(os.fsdecode(posts + b"/" + name)).write_text(f"{FRONT}---\nBody.\n", "utf-8")
    for field, values in (("code", CODES), ("category", CATEGORIES), ("language", tuple(LANGUAGES))):
        for number, value in enumerate(values):
            front = f"{FRONT}{field}: {quoted(value)}\n---\nBody.\n"
            (site / "posts" / f"{field}-{number}.md").write_text(front, "utf-8")
    run(site)
    found = reasons(site)
    assert len(items(site)) + len(found) == len(GOOD) + len(NAMES) + len(CODES) + len(CATEGORIES) + len(LANGUAGES)
    for number, good in enumerate(LANGUAGES.values()):
        assert (f"language-{number}.md" in found) is not good
    assert not [path for path in found if path.startswith("category-")]
    by_folder: dict[Path, list[str]] = {}
    for path in (site / "output").rglob("*"):
        by_folder.setdefault(path.parent, []).append(path.name.casefold())
        assert len(os.fsencode(path.name)) <= 255
        assert path.stem.casefold() not in {"con", "nul", "com1", "archive", "", ".."}
    assert all(len(set(names)) == len(names) for names in by_folder.values())


def test_many_categories_each_have_a_feed_of_their_own(tmp_path: Path) -> None:
    site = new_publication(tmp_path, formats='["json"]')
    for start in range(0, SECTIONS, limits.LIST_ITEMS):
        names = ", ".join(f"Category {number}" for number in range(start, start + limits.LIST_ITEMS))
        write_post(site / "posts", f"C{start}", category=f"[{names}]")
    run(site)
    assert reasons(site) == {}
    assert len(list((site / "output/feeds").glob("category-*.json"))) == SECTIONS
