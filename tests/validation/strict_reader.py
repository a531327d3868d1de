"""An independent reader that refuses what RSS 2.0 and RFC 4287 refuse: Ruby's own library (Debian: `ruby`)."""

from __future__ import annotations

import functools
import shutil
import subprocess
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: What it knows; it refuses every other element of a namespace, so those are taken out first.
_ATOM = {"http://www.w3.org/2005/Atom", "http://www.w3.org/1999/xhtml"}
_RSS = {None, "http://purl.org/rss/1.0/modules/content/"}
_LONG = 1000
# Validate; do not ignore unknown elements.
_PROGRAM = """
require "rss"
ARGV.each do |path|
  RSS::Parser.parse(File.read(path, encoding: "UTF-8"), true, false)
rescue RSS::Error => error
  puts "#{path}: #{error.class}: #{error.message}"
end
"""


@functools.cache
def is_here() -> bool:
    """Tell whether Ruby is installed, with its library."""
    ruby = shutil.which("ruby")
    return (
        bool(ruby)
        and subprocess.run([str(ruby), "-e", 'require "rss"'], capture_output=True, check=False).returncode == 0
    )


def refusals(paths: Sequence[Path], folder: Path) -> list[str]:
    """Say which files it refuses, and why; `folder` is for copies without what it does not know."""
    copies = [_core(path, folder / f"{number}{path.suffix}") for number, path in enumerate(paths)]
    names = dict(zip(map(str, copies), paths, strict=True))
    done = subprocess.run(["ruby", "-e", _PROGRAM, *names], capture_output=True, text=True, check=True)
    lines = [line.partition(": ") for line in done.stdout.splitlines()]
    return [f"{names.get(copy, copy)}: {reason}" for copy, _, reason in lines]


def _core(path: Path, copy: Path) -> Path:
    tree = etree.parse(str(path))
    root = tree.getroot()
    known = _ATOM if etree.QName(root).namespace else _RSS
    for element in list(root.iter("{*}*")):
        parent = element.getparent()
        if etree.QName(element).namespace not in known and parent is not None:
            parent.remove(element)
        # What stands in bodies is not its business, and reading them takes most of its time.
        elif element.text and len(element.text) > _LONG:
            element.text = element.text[:_LONG]
    etree.cleanup_namespaces(tree)
    tree.write(str(copy), encoding="UTF-8", xml_declaration=True)
    return copy
