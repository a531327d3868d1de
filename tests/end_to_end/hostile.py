"""What strangers may write, runs that tell what they did, and pages as a browser reads them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Runs `publish` and writes down every socket, every other program, and every path that is opened to write or moved.
_WATCHED = """
import atexit, json, os, resource, sys
notes = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
sys.argv = ["publish", *sys.argv[2:]]
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
MOVES = {"os." + name for name in "rename mkdir remove rmdir link symlink truncate chmod utime".split()}
# A loop of events wakes itself by a pair of local sockets; a lease says which machine holds it.
OWN, UNIX = {"socket.gethostname"}, 1
RUNS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"}
def note(kind, what):
    what = os.fsdecode(what) if isinstance(what, (str, bytes)) else str(what)
    os.write(notes, (json.dumps([kind, what]) + "\\n").encode())
def watch(event, arguments):
    if event == "open" and not isinstance(arguments[0], int) and arguments[2] & WRITES:
        note("write", arguments[0])
    elif event in MOVES:
        for path in arguments[:2]:
            if isinstance(path, (str, bytes)):
                note("write", path)
    elif event in OWN or (event == "socket.__new__" and arguments[1] == UNIX):
        pass
    elif event.startswith("socket.") or event in RUNS:
        note(event, arguments)
sys.addaudithook(watch)
def spent():
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        used = resource.getrusage(who)
        note("memory", used.ru_maxrss // 1024)
        note("seconds", round(used.ru_utime + used.ru_stime, 1))
atexit.register(spent)
from publisher.cli.main import main
main()
"""


@dataclass(frozen=True)
class Run:
    """What a run of `publish` said and did."""

    code: int
    out: str
    err: str
    #: Kind and argument of everything that was noted.
    notes: list[tuple[str, str]]

    def strays(self, site: Path) -> list[tuple[str, str]]:
        """List what no run may do: sockets, other programs, and writing outside `output/` and `var/`."""
        allowed = [os.path.realpath(site / name) for name in ("output", "var")]
        return [
            (kind, what)
            for kind, what in self.notes
            if kind not in {"memory", "seconds"}
            and what != os.devnull
            and not (
                kind == "write" and any(f"{os.path.realpath(site / what)}/".startswith(f"{top}/") for top in allowed)
            )
        ]

    def most(self, kind: str) -> float:
        """Give the largest of what was measured: `memory` in MB of one process, or `seconds` of processor time."""
        return max(float(what) for name, what in self.notes if name == kind)


def watched(site: Path, *words: str, now: str = "2024-11-10T19:00") -> Run:
    """Run `publish` in a publication, to its end."""
    notes = site.parent / "notes.jsonl"
    notes.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", _WATCHED, str(notes), *words, "--now", now],
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
        timeout=1800,
    )
    lines = [tuple(json.loads(line)) for line in notes.read_text("utf-8").splitlines()]
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode("utf-8", "replace"), lines)


def listed(site: Path, *words: str) -> list[dict[str, str | int]]:
    """Give the quarantine of a publication."""
    return list(json.loads(watched(site, "quarantine", "--json", *words).out))


def quoted(text: str) -> str:
    """Write a text as a YAML scalar in double quotes; what is not printable ASCII as an escape."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if " " <= char <= "~":
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


#: No post may bring these into a page.
FORBIDDEN = frozenset(
    {"script", "style", "iframe", "frame", "frameset", "object", "embed", "applet", "svg", "math", "form", "input"}
    | {"button", "select", "textarea", "meta", "base", "link", "template", "noscript", "audio", "video", "source"}
    | {"portal", "marquee", "isindex", "keygen", "xml", "noembed", "plaintext", "xmp", "title", "body", "head"}
)
#: These hold addresses.
ADDRESSES = frozenset(
    {"href", "src", "srcset", "action", "formaction", "xlink:href", "background", "poster", "data", "cite", "longdesc"}
    | {"lowsrc", "dynsrc", "ping", "manifest", "codebase", "usemap", "profile", "classid", "archive", "icon"}
)
_SAFE = re.compile(r"(?:https?://[^/\s\\]|mailto:|tel:)", re.ASCII)
#: A URL's scheme is read without these (WHATWG URL, 4.4).
_PASSED_OVER = re.compile("[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff]")


#: The one script there is, which a page loads and never holds.
_OWN_SCRIPT = re.compile(r"(?:\.\./)*assets/copy\.js", re.ASCII)


def harm_in(html: str, *, page: bool = False) -> list[str]:
    """List what in the HTML could run or load something, as a browser parses it.

    A whole page of the publisher's own may have a head, style sheets and links to its own files.
    """
    parser = LexborHTMLParser(html if page else f"<!doctype html><div>{html}</div>")
    allowed = {"head", "body", "html", "meta", "title", "link", "style", "button"} if page else {"html", "head", "body"}
    counts: dict[str, int] = {}
    found = []
    for node in parser.root.traverse() if parser.root else ():
        tag = str(node.tag)
        if tag.startswith(("-", "!")) or tag == "_":
            continue
        counts[tag] = counts.get(tag, 0) + 1
        if page and tag == "script" and _OWN_SCRIPT.fullmatch(node.attributes.get("src") or "") and not node.text():
            continue
        if tag in FORBIDDEN - allowed or (":" in tag and not page):
            found.append(f"<{tag}>")
        found += [
            f"<{tag} {name}={value!r}>"
            for name, value in node.attributes.items()
            if _is_harmful(name.lower(), value or "", page=page)
        ]
    if any(counts.get(tag, 0) > 1 for tag in ("html", "head", "body")):
        found.append("a second document")
    return found


def _is_harmful(name: str, value: str, *, page: bool) -> bool:
    if name.startswith("on") or name in {"srcdoc", "style", "http-equiv", "srcset", "ping"}:
        return not (
            page and name == "style" and not re.search(r"url|expression|@import|behaviou?r|\\", value, re.IGNORECASE)
        )
    if name not in ADDRESSES:
        return False
    value = _PASSED_OVER.sub("", value)
    own = page and re.fullmatch(r"[\w%.~-]+(?:/[\w%.~-]+)*|#[\w-]*|", value, re.ASCII)
    return not (_SAFE.match(value) or own)


def _feeds(site: Path) -> list[Path]:
    return [path for path in (site / "output" / "feeds").rglob("*.*") if path.suffix != ".html"]


def entries(site: Path) -> Iterator[tuple[str, str]]:
    """Give every piece of HTML that stands in a feed, with the file's path."""
    for path in sorted(_feeds(site)):
        name = str(path.relative_to(site / "output"))
        if path.suffix == ".json":
            for item in json.loads(path.read_bytes())["items"]:
                yield name, item["content_html"]
        else:
            tree = etree.fromstring(path.read_bytes())
            # The description of a channel is its title again, and text.
            for element in tree.iter("{*}encoded", "{*}description", "{http://www.w3.org/2005/Atom}content"):
                parent = element.getparent()
                if parent is not None and parent.tag != "channel":
                    yield name, element.text or ""


def addresses(site: Path) -> Iterator[tuple[str, str]]:
    """Give every address that stands in a feed outside its HTML, with the file's path."""
    for path in sorted(_feeds(site)):
        name = str(path.relative_to(site / "output"))
        if path.suffix == ".json":
            document = json.loads(path.read_bytes())
            for item in [document, *document["items"]]:
                yield from (
                    (name, item[key])
                    for key in ("url", "external_url", "image", "feed_url", "home_page_url")
                    if key in item
                )
        else:
            for element in etree.fromstring(path.read_bytes()).iter():
                yield from ((name, value) for key in ("href", "url") if (value := element.get(key)))
                if element.tag in {"link", "comments", "docs"} and element.text:
                    yield name, element.text


def pages(site: Path) -> Iterator[tuple[str, str]]:
    """Give every whole page: those for the web, and the HTML of each message."""
    for path in sorted((site / "output").rglob("*.html")):
        yield str(path.relative_to(site)), path.read_text("utf-8")
    for path in sorted((site / "var" / "outbox").rglob("*.eml")):
        part = message_from_bytes(path.read_bytes(), policy=policy.default).get_body(("html",))
        assert part is not None
        yield str(path.relative_to(site)), part.get_content()
