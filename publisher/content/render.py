"""A body becomes HTML that is fit to show: Markdown, cleaning, absolute URLs, and sanitising last of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import nh3
import pyromark

from publisher.content.cleaning import phrases
from publisher.content.cleaning.rules import clean
from publisher.content.cleaning.tree import HEADINGS, parse, text_of, write
from publisher.kit.text import first_sentences, fit_for_xml, one_line, same_text
from publisher.kit.urls import absolute
from publisher.model.post import RenderedBody

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from publisher.model.post import Post

#: Raised by one whenever the same body would come out differently.
PIPELINE = 1

#: The length of a lead, in characters.
LEAD_CHARS = 280
_LEAD_PARAGRAPHS = 4
#: A paragraph shorter than this is a credit or a dateline if there are longer ones.
_PARAGRAPH_CHARS = 60

_options = pyromark.Options
_MARKDOWN = pyromark.Markdown(
    options=_options.ENABLE_TABLES
    | _options.ENABLE_STRIKETHROUGH
    | _options.ENABLE_FOOTNOTES
    | _options.ENABLE_TASKLISTS
    | _options.ENABLE_DEFINITION_LIST
)

_SANITISER = nh3.Cleaner(
    tags=HEADINGS
    | {"a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del"}
    | {"details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "hr", "i", "img", "ins", "kbd", "li", "mark"}
    | {"ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "summary", "sup"}
    | {"table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul", "var", "wbr"},
    clean_content_tags={"script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "math", "title"},
    attributes={
        "*": {"lang", "dir", "title"},
        "a": {"href", "hreflang"},
        "img": {"src", "alt", "width", "height"},
        "ol": {"start"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan", "scope"},
        "time": {"datetime"},
    },
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,
    url_relative="deny",
)


@dataclass(frozen=True, kw_only=True)
class BodyRenderer:
    """Renders the bodies of one publication."""

    #: What relative links of posts without an origin are relative to.
    site_url: str

    def render(self, post: Post, body: str) -> RenderedBody:
        """Render one body. Raises PostError if it is more than a parser should take."""
        tree = parse(_MARKDOWN.html(body))
        removed = clean(tree, post.title)
        _make_absolute(tree, post.origin_url or self.site_url)
        # Once more: the parser has made characters of references such as &#1;, which no feed may have.
        html = fit_for_xml(_SANITISER.clean(write(tree))).strip()
        return RenderedBody(html=html, lead=_lead(tree, post.title), image=_first_picture(tree), removed=removed)


def _make_absolute(tree: HtmlElement, base: str) -> None:
    for element in tree.iter("a", "img"):
        name = "href" if element.tag == "a" else "src"
        reference = element.get(name)
        if reference is None or reference.lower().startswith(("mailto:", "tel:")):
            continue
        url = absolute(base, reference)
        if url is not None:
            element.set(name, url)
        elif element.tag == "img":
            element.drop_tree()
        else:
            del element.attrib[name]


def _lead(tree: HtmlElement, title: str) -> str:
    paragraphs: list[str] = []
    whole: list[str] = []
    for paragraph in tree.iter("p"):
        if _is_aside(paragraph) or not (text := text_of(paragraph)) or same_text(text, title):
            continue
        paragraphs.append(text)
        if len(text) >= _PARAGRAPH_CHARS and not _is_credit(text):
            whole.append(text)
            if len(whole) == _LEAD_PARAGRAPHS:
                break
    chosen = whole or paragraphs[:_LEAD_PARAGRAPHS] or [text_of(tree)]
    return first_sentences(one_line(" ".join(chosen)), LEAD_CHARS)


def _is_aside(paragraph: HtmlElement) -> bool:
    return next(paragraph.iterancestors("table", "pre", "figure", "li"), None) is not None


def _is_credit(text: str) -> bool:
    return len(text) < 2 * _PARAGRAPH_CHARS and phrases.CREDIT.match(text) is not None and "." not in text[:-1]


def _first_picture(tree: HtmlElement) -> str | None:
    return next((source for picture in tree.iter("img") if (source := picture.get("src"))), None)
