"""What a post says in short: its description if that is worth reading, else the first sentences of its prose."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from publisher.kit.text import clip, ends_sentence, first_sentences, one_line, same_text, says_more

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

#: The length of a summary, in characters; a description or an excerpt may be longer before it is cut.
LEAD_CHARS = 280
LONGEST = 500
#: As much of a paragraph as is looked at.
_ENOUGH = 2000

#: A paragraph shorter than this is a label if it is no sentence; words of some scripts are shorter.
_LABEL_CHARS, _DENSE_LABEL_CHARS = 60, 30
_DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_SENTENCE_WORDS = 4
#: So many paragraphs, or items of lists, are looked at.
_FIRST = 100
#: The longest paragraph that may be a credit or a link to another report.
_NOTE_CHARS = 120

_LETTER = re.compile(r"[^\W\d_]")
_ASIDES = frozenset({"table", "pre", "figure", "li", "dl", "details", "aside", "nav", "header", "footer", "address"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: Elements that begin or end a line.
_BREAKS = frozenset(
    _HEADINGS | {"br", "hr", "p", "div", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "tr", "td"}
)

#: How a line begins that says where a picture or a report is from.
_CREDIT = re.compile(
    r"[(（\[【]?\s*(?:แฟ้มภาพ|(?:ที่มา|เครดิต|เรียบเรียง|รายงาน)(?:ภาพ|โดย|\s*[:：])|(?:ขอบคุณ)?ภาพ(?=$|[\s:/)]|จาก|โดย)"
    r"|(?:file\s+)?(?:photo(?:graph)?s?|pictures?|images?|illustrations?|graphics?|video|fotos?|bild|cr[eé]dit(?:o|s)?"
    r"|source|quelle|fuente|фото|источник)\s*(?:$|[:：/|)\]–—-]|(?:by|von|par|por|courtesy)\b)"
    r"|(?:reporting|editing|writing|text)\s+by\b|(?:写真|图片?|圖片?|摄影|撮影|来源|來源|出典)\s*(?:$|[:：/＝]))",
    re.IGNORECASE,
)
#: A full stop in a text that is not behind an initial.
_FULL_STOP = re.compile(r"\w\w\. ")
_BYLINE = re.compile(r"(?:by|von|par|por|di|door)\s+(?=\S)", re.IGNORECASE)
#: How a line begins that leads to another page.
_ELSEWHERE = re.compile(
    r"\W*(?:read\s+(?:more|also|next|the\s+full|on\b)|see\s+also|also\s+read|related\s*(?::|\w+$)|click\s+here|continue\s+reading"
    r"|(?:watch|listen|more)\s*:|อ่าน(?:เพิ่ม|ต่อ|ข่าว|เรื่อง|ประกอบ)|คลิก|ข่าวที่เกี่ยวข้อง|(?:à\s+)?lire\s+(?:aussi|la\s+suite)"
    r"|le[ea]r?\s+(?:también|más)|weiterlesen|lesen\s+sie|mehr\s+(?:zum|dazu)|lees\s+(?:ook|meer)|leggi\s+anche"
    r"|читайте|подробнее|続きを読む|関連記事|阅读(?:更多|全文)|相关阅读|延伸閱讀|閱讀更多)",
    re.IGNORECASE,
)


def summarise(description: str, title: str, lead: str) -> str:
    """Choose between what a post says about itself and the lead of its body."""
    if not says_more(description, title):
        return lead
    return first_sentences(description, LEAD_CHARS) if len(description) > LONGEST else description


def lead(tree: HtmlElement, title: str, language: str, *, whole: bool = False) -> str:
    """Take the first sentences of a body; or, of an excerpt that its author ended, the `whole` text."""
    if whole:
        return clip(one_line(_text_of(tree)), LONGEST, language)
    chosen = _paragraphs(tree, title) or _items(tree) or [_text_of(tree)]
    return first_sentences(one_line(" ".join(chosen)), LEAD_CHARS, language)


def _paragraphs(tree: HtmlElement, title: str) -> list[str]:
    """Give the first paragraphs that are prose, or else those quoted, or else the short ones."""
    prose: list[str] = []
    quoted: list[str] = []
    short: list[str] = []
    for paragraph in islice(tree.iter("p"), _FIRST):
        around = {element.tag for element in paragraph.iterancestors()}
        text = _text_of(paragraph)
        if not _LETTER.search(text) or not around.isdisjoint(_ASIDES) or _is_note(paragraph, text, title):
            continue
        (short if _is_label(text) else quoted if "blockquote" in around else prose).append(text)
        if sum(map(len, prose)) > LEAD_CHARS:
            break
    return prose or quoted or short


def _items(tree: HtmlElement) -> list[str]:
    return [text for item in islice(tree.iter("li"), _FIRST) if _LETTER.search(text := _text_of(item))]


def _is_note(paragraph: HtmlElement, text: str, title: str) -> bool:
    """Say whether a paragraph is something beside the report: a credit, a link, its title or a heading again."""
    if (len(text) < _NOTE_CHARS and _is_credit(text)) or _is_linked(paragraph, text):
        return True
    before = paragraph.getprevious()
    if before is not None and before.tag in _HEADINGS and same_text(text, _text_of(before)):
        return True
    return bool(title) and (
        same_text(text, title) or (title.casefold() in text.casefold() and not says_more(text, title))
    )


def _is_linked(paragraph: HtmlElement, text: str) -> bool:
    links = [_text_of(link) for link in paragraph.iter("a")] if len(paragraph) else []
    outside = len(text) - sum(map(len, links))
    return bool(links) and (outside <= 2 * len(links) or (outside < _NOTE_CHARS and _ELSEWHERE.match(text) is not None))


def _is_credit(text: str) -> bool:
    if _ELSEWHERE.match(text) or (_CREDIT.match(text) and not _FULL_STOP.search(text)):
        return True
    byline = _BYLINE.match(text)
    # Nothing but names, and the short words between them.
    return byline is not None and not any(word.islower() and len(word) > 3 for word in text[byline.end() :].split())


def _is_label(text: str) -> bool:
    """Say whether a short text is a label or a dateline, and not a sentence."""
    dense = _DENSE.search(text) is not None
    if len(text) >= (_DENSE_LABEL_CHARS if dense else _LABEL_CHARS):
        return False
    return not ends_sentence(text, len(text)) or (not dense and text.count(" ") + 1 < _SENTENCE_WORDS)


def _text_of(element: HtmlElement) -> str:
    """Give the beginning of the text of an element on one line."""
    text = "".join(_texts(element)) if len(element) else element.text or ""
    return " ".join(text.lstrip()[:_ENOUGH].split())


def _texts(element: HtmlElement) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        space = " " if child.tag in _BREAKS else ""
        yield space
        yield from _texts(child)
        yield space + (child.tail or "")
