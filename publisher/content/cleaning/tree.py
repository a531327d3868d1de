"""The parsed document that rules work on, and the few questions they all ask of it."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from lxml import etree, html

from publisher.content import limits
from publisher.kit.text import fit_for_xml
from publisher.model.errors import PostError

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_OPENING = re.compile(r"<[a-zA-Z]")
#: A tag, as far as it goes on without a bracket, that is long enough for more attributes than are read.
_LONG_TAG = re.compile(rf"<[a-zA-Z][^<>]{{{2 * limits.HTML_ATTRIBUTES},}}")
#: References that the sanitiser is quick with.
_CHEAP = ("&lt;", "&gt;", "&quot;")
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
#: Elements that end where the next of their kind begins, or with what they stand in.
_UNENDED = frozenset({"p", "li", "dt", "dd", "td", "th", "tr", "tbody", "thead", "tfoot", "option"})
#: What a body has no business with: a stray </body> would end it.
_DOCUMENT = re.compile(r"<!doctype[^>]*>|</?(?:html|head|body)\b[^>]*>", re.IGNORECASE)
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
#: Elements whose text nobody reads.
_UNREAD = ("script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "math", "title", "head")
_RAW_NAMES = "script|style|textarea|title|iframe|noscript|noembed|noframes|xmp|plaintext|template"
_RAW = re.compile(rf"<({_RAW_NAMES})\b", re.IGNORECASE)
_RAW_END = re.compile(rf"</({_RAW_NAMES})\b", re.IGNORECASE)
_ESCAPED_END = re.compile(rf"<\\{{1,2}}/({_RAW_NAMES})\b", re.IGNORECASE)
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: Elements that hold one run of text, as a reader sees it.
BLOCKS = HEADINGS | {"p", "li", "td", "th", "dd", "dt", "figcaption", "blockquote", "div", "pre", "figure", "ul", "ol"}
BLOCKS |= {"section", "article", "aside", "center", "nav", "header", "footer", "form", "address"}
#: What there is to see that is not text.
MEDIA = frozenset({"img", "video", "audio", "iframe", "picture", "table", "hr", "pre"})
#: What stays when nothing is left in it: a table keeps its shape.
STAYS = frozenset({"td", "th", "tr", "tbody", "thead", "tfoot", "table", "caption", "dt", "dd", *MEDIA})


def parse(markup: str) -> HtmlElement:
    """Parse the HTML of a body into one `div`. Raises PostError where it is too deep or too large."""
    # Behind the last > there is no tag, and a search for the end of each in vain.
    end = markup.rfind(">") + 1
    markup = _close_raw(_fit(_DOCUMENT.sub("", markup[:end]) + markup[end:]))
    _check_size(markup)
    _check_repetition(markup)
    parser = html.HTMLParser(huge_tree=True, encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(f"<div>{markup}</div>".encode(), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise PostError(f"has a body that cannot be parsed: {error}") from error
    body = root.find("body")
    if body is None:
        raise PostError("has a body without any content")
    etree.strip_elements(body, *_UNREAD, with_tail=False)
    # A stray </div> in the body closes ours: whatever there is then goes into one again.
    if len(body) == 1 and body[0].tag == "div" and not (body[0].tail or "").strip():
        return body[0]
    body.tag = "div"
    return body


def _close_raw(markup: str) -> str:
    """See that no element swallows the rest of a post: those whose text is raw end, or are text themselves."""
    if not _RAW.search(markup):
        return markup
    # As scripts write it that write scripts.
    markup = _ESCAPED_END.sub(r"</\1", markup)
    ends: dict[str, int] = {}
    for match in _RAW_END.finditer(markup):
        ends[match[1].lower()] = match.start()
    return _RAW.sub(
        lambda match: match[0] if ends.get(match[1].lower(), -1) > match.start() else f"&lt;{match[1]}", markup
    )


def _fit(markup: str) -> str:
    """Drop what no XML document may have, written as a character or as a reference to one."""

    def kept(reference: re.Match[str]) -> str:
        digits = reference[1] or reference[2]
        code = int(digits, 16 if reference[1] else 10) if len(digits) < 8 else 0
        return reference[0] if 0 < code < 0x110000 and fit_for_xml(chr(code)) else ""

    markup = fit_for_xml(markup)
    return _REFERENCE.sub(kept, markup) if "&#" in markup else markup


def _check_size(markup: str) -> None:
    """Count elements and their depth as a parser would, or deeper where the markup is broken."""
    # No deeper than it has opening tags, which are cheaper to count.
    if markup.count("<") - markup.count("</") <= limits.HTML_DEPTH:
        return
    opened: list[str] = []
    count = position = 0
    while (match := _TAG.search(markup, position)) and (end := markup.find(">", match.end())) > 0:
        position = end + 1
        name = match[2].lower()
        if match[1]:
            _close(opened, name)
            continue
        count += 1
        if name not in _VOID:
            if name in _UNENDED and opened and opened[-1] == name:
                opened.pop()
            opened.append(name)
        if len(opened) > limits.HTML_DEPTH:
            raise PostError(f"has a body nested more than {limits.HTML_DEPTH} levels deep")
        if count > limits.HTML_NODES:
            count = len(_OPENING.findall(markup))
            raise PostError(f"has a body of {count:,} elements; {limits.HTML_NODES:,} are read")


def _check_repetition(markup: str) -> None:
    """Count what parsers compare or copy with all before it: references in a text, attributes of an element."""
    if len(markup) < limits.HTML_ATTRIBUTES:
        return
    references = markup.count("&") - sum(map(markup.count, _CHEAP))
    if references > limits.HTML_REFERENCES:
        raise PostError(f"has a body of {references:,} references; {limits.HTML_REFERENCES:,} are read")
    for tag in _LONG_TAG.finditer(markup):
        if (attributes := len(tag[0].split())) > limits.HTML_ATTRIBUTES:
            raise PostError(
                f"has an element with {attributes:,} attributes in its body; {limits.HTML_ATTRIBUTES:,} are read"
            )


def _close(opened: list[str], name: str) -> None:
    """Close the element `name` if nothing stands open in it that wants an end of its own; else ignore the end."""
    for position in range(len(opened) - 1, -1, -1):
        if opened[position] == name:
            del opened[position:]
            return
        if opened[position] not in _UNENDED:
            return


def write(tree: HtmlElement) -> str:
    """Write the content of the tree as HTML, without the `div` around it."""
    inner = [etree.tostring(child, encoding="unicode", method="html") for child in tree]
    return escape((tree.text or "").lstrip(), quote=False) + "".join(inner)


def text_of(element: HtmlElement) -> str:
    """Give the text of an element on one line."""
    return on_one_line("".join(element.itertext()) if len(element) else element.text or "")


def on_one_line(text: str) -> str:
    """Fold white space to single spaces; most texts have no other."""
    return text.strip() if text.isprintable() and "  " not in text else " ".join(text.split())
