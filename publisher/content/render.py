"""A body becomes HTML that is fit to show: Liquid, Markdown, cleaning, absolute URLs, and sanitising last of all."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import nh3
import pyromark

from publisher.content import kramdown
from publisher.content.cleaning.pipeline import Subject, clean
from publisher.content.cleaning.tree import HEADINGS, parse, write
from publisher.content.liquid import Liquid, has_liquid
from publisher.content.sources import DEFAULT_SEPARATOR
from publisher.content.summary import lead
from publisher.kit.text import fit_for_xml, one_line
from publisher.kit.urls import absolute
from publisher.model.post import RenderedBody

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lxml.html import HtmlElement

    from publisher.content.cleaning.hosts import HostRules
    from publisher.content.sources import Source
    from publisher.model.post import Post, Removed

#: Raised by one whenever the same body would come out differently.
PIPELINE = 4

#: As people write the default mark that ends a summary.
_MORE = re.compile(r"<!--[ \t]{0,9}more[ \t]{0,9}-->", re.IGNORECASE)

_PIXELS = re.compile(r"[1-9][0-9]{0,4}")

_options = pyromark.Options
_MARKDOWN = pyromark.Markdown(
    options=_options.ENABLE_TABLES
    | _options.ENABLE_STRIKETHROUGH
    | _options.ENABLE_FOOTNOTES
    | _options.ENABLE_TASKLISTS
    | _options.ENABLE_DEFINITION_LIST
)

#: A body with a little of everything that rules look for.
_SAMPLE = (
    "<h1>A title</h1><p>By Mara Ellison</p><p>Advertisement</p><p>The ferry is back.</p><p>Share this: Facebook</p>"
    '<p>Read also: <a href="https://news.example.org/a">A report</a></p><p>Subscribe to our newsletter.</p>'
    '<h2>Related news</h2><ul><li><a href="https://news.example.org/b">Another report</a></li></ul>'
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

    #: What templates in bodies see as `site.*`.
    site: Mapping[str, Any]
    host_rules: HostRules
    _liquids: dict[str, Liquid] = field(default_factory=dict)
    _fingerprints: dict[str, str] = field(default_factory=dict)

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever the same body would come out differently."""
        return f"{PIPELINE}:{self.host_rules.fingerprint}"

    def liquid(self, source: Source) -> Liquid:
        """Give what carries out the Liquid of a source's posts."""
        if source.name not in self._liquids:
            site = {**self.site, "url": source.site_url.rstrip("/")}
            self._liquids[source.name] = Liquid(site=site, data_folder=_data_folder(source))
        return self._liquids[source.name]

    def warm_up(self) -> None:
        """Get ready whatever the first body would have to wait for: patterns are compiled when they are first used."""
        clean(parse(_SAMPLE), Subject(title="A title"))

    def liquid_fingerprint(self, source: Source) -> str:
        """Give what changes whenever the same template might come out differently; looked up once a run."""
        if source.name not in self._fingerprints:
            self._fingerprints[source.name] = self.liquid(source).fingerprint
        return self._fingerprints[source.name]

    def render(
        self,
        post: Post,
        body: str,
        source: Source,
        front_matter: Mapping[str, Any],
        link: Callable[[str], str | None] = lambda _path: None,
    ) -> RenderedBody:
        """Render one body. Raises PostError if it is more than a parser should take.

        `link` gives the address of another post, as tags name it.
        """
        removed: tuple[Removed, ...] = ()
        if source.liquid and has_liquid(body):
            page = {"date": post.date and post.date.isoformat(), **front_matter}
            page |= {"title": post.title, "url": post.permalink or post.origin_url}
            rendered = self.liquid(source).render(body, page, link)
            body, removed = rendered.text, rendered.removed
        tree, tidied = _tree(body)
        subject = Subject(
            title=post.title, image=post.image, origin=post.origin_url, host=self.host_rules.for_url(post.origin_url)
        )
        cleaned = clean(tree, subject)
        _make_absolute(tree, post.origin_url or post.permalink or source.site_url)
        # Once more: the parser has made characters of references such as &#1;, which no feed may have.
        html = fit_for_xml(_SANITISER.clean(write(tree))).strip()
        picture = next((each for each in tree.iter("img") if each.get("src")), None)
        separator = str(front_matter.get("excerpt_separator") or source.excerpt_separator)
        return RenderedBody(
            html=html,
            lead=_lead(subject, post.language, body, tree, separator),
            image=picture.get("src") if picture is not None else None,
            image_size=_size(picture) if picture is not None else None,
            image_alt=one_line(picture.get("alt") or "") or None if picture is not None else None,
            removed=removed + tidied + cleaned.removed,
            credit=cleaned.credit,
            authors=cleaned.authors,
            warning=cleaned.warning,
        )


def _tree(body: str) -> tuple[HtmlElement, tuple[Removed, ...]]:
    if not kramdown.has_marks(body):
        return parse(_MARKDOWN.html(body)), ()
    tree = parse(_MARKDOWN.html(kramdown.prepare(body)))
    return tree, kramdown.tidy(tree)


def _lead(subject: Subject, language: str, body: str, tree: HtmlElement, separator: str) -> str:
    if separator == DEFAULT_SEPARATOR:
        body = _MORE.sub(separator, body)
    excerpt, found, _ = body.partition(separator)
    if found and excerpt.strip():
        begun, _ = _tree(excerpt)
        clean(begun, subject)
        if told := lead(begun, subject.title, language, whole=True):
            return told
    return lead(tree, subject.title, language)


def _data_folder(source: Source) -> Path | None:
    """Find Jekyll's `_data`: in the folder of the posts or, where that is `_posts`, beside it."""
    folder = source.folder
    places = (folder / "_data", *((folder.parent / "_data",) if folder.name == "_posts" else ()))
    return next((place for place in places if place.is_dir()), None)


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


def _size(picture: HtmlElement) -> tuple[int, int] | None:
    """Read the size of a picture, in pixels, where its attributes say so."""
    width, height = (picture.get(name, "") for name in ("width", "height"))
    return (int(width), int(height)) if _PIXELS.fullmatch(width) and _PIXELS.fullmatch(height) else None
