"""What kramdown has beyond Markdown: its tables become Markdown's before, its marks go out of the tree after."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import html

from publisher.content.cleaning.tree import HEADINGS, text_of
from publisher.kit.text import clip, one_line
from publisher.model.post import Removed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml.html import HtmlElement

_CODE = ("code", "pre", "kbd", "samp", "script", "style", "textarea")

#: One attribute; a key wants its value at once, so that Ruby's `{:b=>2}` has none.
_ATTRIBUTE = r"""(?:[.#][\w:.#-]+|[\w:-]+=(?:"[^"{}]*"|'[^'{}]*'|[^\s"'{}>][^\s"'{}]*))"""
_ATTRIBUTES = rf"{_ATTRIBUTE}(?:\s+(?:{_ATTRIBUTE}|[\w-]+))*"
_TOC = re.compile(rf"\{{:\s*toc(?:\s+{_ATTRIBUTES})?\s*\}}\s*$")
#: A name for attributes, which `{: name}` then stands for.
_NAMED = re.compile(rf"\{{:([\w-]+):\s*{_ATTRIBUTES}\s*\}}")
#: So many names are known in one body, and so much is reported of it.
_NAMES = 50
_REPORTS = 200
_EXTENSION = (
    r"\{::comment\}(?:(?!\{::comment)[\s\S])*?\{:/(?:comment)?\}"
    r"|\{::(?:options|nomarkdown|comment)\b[^{}]*\}|\{:/(?:options|nomarkdown|comment)?\}"
)
_HEADER_ID = re.compile(rf"(?<![ \t])[ \t]*+\{{#[\w:.-]+(?:\s+{_ATTRIBUTES})?\s*\}}\s*$")
_BLOCK_END = re.compile(r"\n\^[ \t]*(?=\n|$)|^\s*\^\s*$")
_COMMENT = "{::comment}"
_COMMENT_END = re.compile(r"\{:/(?:comment)?\}\s*")
_ABBREVIATION = re.compile(r"^\*\[[^\]\n]+\]:[^\n]*(?:\n|$)", re.MULTILINE)
_MATH = re.compile(r"\$\$((?=[^$]*[\\^_=+<>{}\d])[^$]*+)\$\$")
#: Where none of these is, there is nothing to do but for footnotes and tables.
_MARK = re.compile(r"\{[:#]|\$\$|\*\[|^[^\S\n]*+\^", re.MULTILINE)

_FENCE = re.compile(r" *(?:[>*+-] +|\d+[.)] +)*(`{3,}|~{3,})")
_ROW = re.compile(r" {0,3}\|")
_RULE = frozenset(" \t|:+=-")
_BAR = re.compile(r"(?<!\\)\|")


def prepare(markdown: str) -> str:
    """Give every table the header row and the one rule below it that Markdown wants."""
    if "\n|" not in markdown and "\n |" not in markdown and not markdown.startswith("|"):
        return markdown
    kept: list[str] = []
    rows: list[str] = []
    code = ""
    for line in [*markdown.split("\n"), ""]:
        if not code and _ROW.match(line):
            rows.append(line)
            continue
        kept += _table(rows)
        rows = []
        kept.append(line)
        code = _code_after(line, code)
    return "\n".join(kept[:-1])


def _code_after(line: str, code: str) -> str:
    """Say what ends the code that goes on behind a line; nothing where there is none."""
    if code:
        return "" if line.strip().casefold().startswith(code) or (code[0] == "<" and code in line.casefold()) else code
    if fence := _FENCE.match(line):
        return fence[1]
    return "</pre>" if "<pre" in line.casefold() and "</pre>" not in line.casefold() else ""


def _table(rows: list[str]) -> list[str]:
    rules = [row for row in rows if _is_rule(row)]
    cells = [row for row in rows if not _is_rule(row)]
    if not cells or (len(rows) < 2 and not rules):
        return rows
    columns = max(len(_cells(row)) for row in cells)
    headed = len(rows) > 1 and rows[0] == cells[0] and rows[1] in rules
    if headed and len(rules) == 1 and "=" not in rules[0] and len(_cells(rules[0])) == len(_cells(rows[0])):
        return rows
    given = _cells(rules[0]) if rules else []
    ends = [(cell[0] == ":", cell[-1] == ":") for cell in given if cell] if len(given) == columns else []
    rule = [f"{':' * left}---{':' * right}" for left, right in ends] or ["---"] * columns
    head = [*_cells(cells[0]), *[""] * columns][:columns] if headed else [""] * columns
    return [_row(head), _row(rule), *cells[headed:]]


def _is_rule(row: str) -> bool:
    return _RULE.issuperset(row) and ("-" in row or "=" in row)


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in _BAR.split(row.strip().removeprefix("|").removesuffix("|"))]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def has_marks(markdown: str) -> bool:
    """Say whether there may be anything of kramdown's, or a footnote, in a body; nearly none has."""
    return any(mark in markdown for mark in ("|", "{", "$$", "^", "*[", "<thead"))


def tidy(tree: HtmlElement) -> tuple[Removed, ...]:
    """Take kramdown's marks out of the tree, in place; make its footnotes a list at the end."""
    found: list[str] = []
    text = "".join(tree.itertext())
    if _MARK.search(text):
        _drop_comments(tree, found.append)
        _drop_contents(tree, found.append)
        names = [re.escape(name) for name in _NAMED.findall(text)[:_NAMES]]
        bare = "".join(rf"|\{{:\s*{name}\s*\}}" for name in names)
        lists = rf"\{{:\s*(?:toc\b\s*)?(?:{_ATTRIBUTES})?\s*(?<![\s:])\s*\}}|{_NAMED.pattern}{bare}|{_EXTENSION}"
        _cut(tree, re.compile(rf"(?:\n[ \t]*)?(?:{lists})"), found.append)
        _cut(tree, _BLOCK_END, found.append)
        _cut(tree, _HEADER_ID, found.append, only=HEADINGS)
        _drop_abbreviations(tree, found.append)
        _mark_math(tree)
    _list_footnotes(tree)
    for head in list(tree.iter("thead")):
        if _is_empty(head):
            head.drop_tree()
    return tuple(Removed(rule="kramdown", text=clip(one_line(text), 300)) for text in found[:_REPORTS])


def _slots(tree: HtmlElement) -> Iterator[tuple[HtmlElement, str, str]]:
    """Give every piece of text outside code, and where it is."""
    code = {inner for element in tree.iter(*_CODE) for inner in element.iter()}
    for element in list(tree.iter()):
        if element.text and element not in code:
            yield element, "text", element.text
        if element.tail and element is not tree and element.getparent() not in code:
            yield element, "tail", element.tail


def _cut(
    tree: HtmlElement, pattern: re.Pattern[str], report: Callable[[str], None], only: frozenset[str] | None = None
) -> None:
    for element, place, text in _slots(tree):
        holder = element if place == "text" else element.getparent()
        if holder is None or (only and holder.tag not in only) or not pattern.search(text):
            continue
        for match in pattern.finditer(text):
            report(match[0])
        setattr(element, place, pattern.sub("", text))
        _drop_if_empty(holder)


def _drop_if_empty(element: HtmlElement) -> None:
    row = next(element.iterancestors("tr"), None) if element.tag in {"td", "th"} else None
    element = element if row is None else row
    if element.tag in {"p", "tr"} and _is_empty(element):
        # Else the space behind each of many would be moved up with all that was moved before.
        element.tail = element.tail if (element.tail or "").strip() else None
        element.drop_tree()


def _is_empty(element: HtmlElement) -> bool:
    return not text_of(element) and next(element.iter("img", "video", "audio", "iframe", "hr"), None) is None


def _drop_comments(tree: HtmlElement, report: Callable[[str], None]) -> None:
    """Drop comments that go over several blocks."""
    hidden: list[HtmlElement] = []
    for element in list(tree):
        text = element.text or ""
        end = _COMMENT_END.search(text)
        if hidden and end:
            element.text = text[end.end() :]
            for comment in hidden:
                report(text_of(comment))
                comment.drop_tree()
            hidden = []
            if before := text[: end.start()].strip():
                report(before)
            _drop_if_empty(element)
        elif hidden or (text.startswith(_COMMENT) and not end):
            hidden.append(element)


def _drop_contents(tree: HtmlElement, report: Callable[[str], None]) -> None:
    """Drop lists that stand for a table of contents."""
    for element in list(tree.iter("ul", "ol")):
        if len(element) and _TOC.search(text_of(element[-1])):
            report(text_of(element))
            element.drop_tree()


def _drop_abbreviations(tree: HtmlElement, report: Callable[[str], None]) -> None:
    for paragraph in list(tree.iter("p")):
        text = paragraph.text or ""
        if not text.startswith("*[") and "\n*[" not in text:
            continue
        whole = paragraph.text_content()
        rest = _ABBREVIATION.sub("", whole)
        if rest == whole or (len(paragraph) and rest.strip()):
            continue
        for match in _ABBREVIATION.finditer(whole):
            report(match[0])
        paragraph.text = rest
        if not rest.strip():
            paragraph.drop_tree()


def _mark_math(tree: HtmlElement) -> None:
    """Mark formulas as code, which is what they look like in a feed reader."""
    for element, place, text in list(_slots(tree)):
        pieces = _MATH.split(text)
        if len(pieces) == 1:
            continue
        setattr(element, place, pieces[0])
        before = element if place == "tail" else None
        for formula, after in zip(pieces[1::2], pieces[2::2], strict=True):
            code = html.Element("code")
            code.text, code.tail = formula.strip(), after
            if before is None:
                element.insert(0, code)
            else:
                tail, before.tail = before.tail, None
                before.addnext(code)
                before.tail = tail
            before = code


def _list_footnotes(tree: HtmlElement) -> None:
    """Write footnotes as numbers without links, which would lead nowhere in a feed reader."""
    notes = [note for note in tree.iter("div") if note.get("class") == "footnote-definition" and _number(note)]
    for reference in tree.iter("sup"):
        if reference.get("class") == "footnote-reference":
            del reference.attrib["class"]
            for link in list(reference):
                link.drop_tag()
    if not notes:
        return
    listed = html.Element("ol")
    for note in sorted(notes, key=_number):
        note[0].drop_tree()
        note.drop_tree()
        note.tag, note.tail = "li", None
        note.attrib.clear()
        note.text = (note.text or "").lstrip("\n")
        if len(note) == 1 and note[0].tag == "p":
            note[0].drop_tag()
        listed.append(note)
    tree.append(listed)


def _number(note: HtmlElement) -> int:
    """Give the number of a footnote; zero if its author only made it look like one."""
    label = note[0] if len(note) and note[0].get("class") == "footnote-definition-label" else None
    text = "" if label is None else text_of(label)
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0
