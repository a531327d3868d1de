"""Real posts: one as scraped, sentence by sentence, and two Jekyll sites, file by file."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from publisher.content.read import contents, read
from publisher.content.sources import Library
from publisher.kit.text import same_text
from publisher.model.errors import PostError
from tests.build import renderer, source
from tests.content.test_render import UNFIT, harm_in, shown, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from publisher.content.scan import SourceFile
    from publisher.content.sources import Source
    from publisher.model.post import Post, RenderedBody

RENDERER = renderer()

#: Where an author shows what he writes about, and means every character.
CODE = frozenset({"code", "pre", "kbd", "samp"})
#: What nobody reads who reads a post: marks of Liquid and of kramdown, scripts and style sheets.
MARKS = {
    "Liquid": re.compile(r"\{%|%\}|\{\{|\}\}"),
    "kramdown": re.compile(r"\{:[^{}\n]*\}|\{::|\{:/|\{#[\w-]+\}|^\s*\{:|^\*\[[^\]\n]+\]:"),
    "script": re.compile(
        r"\bdocument\.\w|\bfunction\s*\w*\([\w, ]*\)\s*\{|\bvar \w+\s*=|addEventListener|querySelector|dataLayer"
        r"|\bjQuery\(|\bwindow\.\w+|googletag|adsbygoogle"
    ),
    "style": re.compile(r"@media\b|@import\b|@font-face\b|[.#][a-z][\w-]*\s*\{\s*[a-z-]+\s*:|!important"),
}
#: Written by the program where a value is not defined, and taken out again.
PRIVATE = "\U000f5ca1"


def texts(tree: HtmlElement) -> Iterator[str]:
    """Give every piece of text outside code, and what pictures and links say of themselves."""
    code = {inner for element in tree.iter(*CODE) for inner in element.iter()}
    for element in tree.iter():
        if element not in code:
            yield element.text or ""
            yield from (value for name, value in element.attrib.items() if name in {"alt", "title"})
        if element is not tree and element.getparent() not in code:
            yield element.tail or ""


def marks_in(text: str) -> list[str]:
    found = {name: pattern.search(text) for name, pattern in MARKS.items()}
    return [
        f"{name}: {text[max(0, at.start() - 40) : at.end() + 40]!r}" for name, at in found.items() if at is not None
    ] + [f"not defined: {text[:80]!r}"] * (PRIVATE in text)


def unread_in(html: str) -> list[str]:
    """Whatever in a body nobody should see: harm, relative addresses, marks and code outside code."""
    escaped = re.compile(r"%7[BD]|\{|\}|%F3%B5%B2%A1", re.IGNORECASE)
    addresses = [value for _, name, value, _ in tree_of(html).iterlinks() if name in {"href", "src"}]
    return [
        *harm_in(html),
        *(f"address: {address}" for address in addresses if escaped.search(address)),
        *(found for text in texts(tree_of(html)) for found in marks_in(text)),
    ]


@pytest.mark.parametrize(
    "html",
    [
        "<p>{% raw %}</p>",
        "<p>a <b>b</b> {{ c</p>",
        "<p>one</p> }}",
        '<p><img src="https://example.org/a.jpg" alt="{{ a }}"></p>',
        '<a href="https://example.org/%7B%7B%20a%20%7D%7D">a</a>',
        '<a href="/a">a</a>',
        '<img src="a.jpg">',
        "<h2>Title {#title}</h2>",
        "<p>Text {: .lead}</p>",
        "<p>{: lead</p>",
        "<p>{::comment} a</p>",
        "<p>*[HTML]: Hypertext</p>",
        "<p>document.write('a')</p>",
        "<p>a { b } function () { return 1 }</p>",
        "<p>.a { color: red }</p>",
        "<p>\U000f5ca1</p>",
        "<code>a</code> {% b %}",
    ],
)
def test_what_is_unfit_to_be_read_is_found(html: str) -> None:
    assert unread_in(html)


@pytest.mark.parametrize(
    "html",
    [
        "<p>In <code>{% raw %}{{ a }}</code> and <kbd>{: .b}</kbd>, {c} or {d: e}.</p>",
        "<pre><code>.a { color: red } <span>document.write()</span>\n{{ b }}</code></pre>",
        '<p>A document. A function, a var of <a href="mailto:a@example.org">a</a>, <a href="https://example.org/a#b">b</a>.</p>',
    ],
)
def test_what_an_author_meant_to_show_is_fit_to_be_read(html: str) -> None:
    assert unread_in(html) == []


class Scraped:
    """The post as scraped: its paragraphs as they stand in the file, and what became of it."""

    def __init__(self, file: SourceFile, scraper: Source) -> None:
        self.post: Post = read(file, scraper)
        front_matter, body = contents(file)
        self.rendered: RenderedBody = RENDERER.render(self.post, body, scraper, front_matter)
        self.text = shown(self.rendered.html)
        self.paragraphs = [paragraph for paragraph in body.split("\n\n") if paragraph.strip()]

    @property
    def report(self) -> list[str]:
        """The paragraphs that are the report: no mark of Markdown at the start, no code, no promotion."""
        plain = [text for text in self.paragraphs if re.match(r"[\u0e00-\u0e7f]", text)]
        return [text for text in plain if "{" not in text and "Line@" not in text]


def site_of(corpus: Path, name: str) -> Source:
    return source(corpus / "posts" / name, zone=ZoneInfo("Asia/Bangkok"), language="th")


@pytest.fixture(scope="module")
def scraped(corpus: Path) -> Scraped:
    scraper = site_of(corpus, "matichon")
    (file,) = Library((scraper,)).scan({}).fresh
    assert file.settled
    return Scraped(file, scraper)


def test_the_front_matter_of_the_scraped_post_is_read(scraped: Scraped) -> None:
    read = scraped.post
    assert (read.code, read.language, read.categories, read.draft) == ("ART2411101021PJMM6E", "th", ("WORLD",), False)
    assert read.date is not None
    assert read.date.isoformat() == "2024-11-10T10:26:23.043000+00:00"
    assert same_text(read.title, read.description)


def test_every_sentence_of_the_report_remains(scraped: Scraped) -> None:
    assert len(scraped.report) == 7
    lost = [paragraph for paragraph in scraped.report if " ".join(paragraph.split()) not in scraped.text]
    assert lost == []


def test_the_sentences_remain_in_their_order_and_nothing_else_does(scraped: Scraped) -> None:
    credit = next(text for text in scraped.paragraphs if text.startswith("("))
    assert scraped.text.split() == " ".join([credit, *scraped.report]).split()


def test_the_picture_remains_with_its_link_and_credit(scraped: Scraped) -> None:
    assert re.findall(r'<img src="([^"]+)"', scraped.rendered.html) == [scraped.rendered.image]
    assert scraped.rendered.image is not None
    assert scraped.rendered.image.endswith("kjp-728x482.jpg")
    assert 'kjp.jpg">' in scraped.rendered.html
    assert scraped.text.endswith(scraped.report[-1])
    assert scraped.text.startswith("(แฟ้มภาพ) AP")


@pytest.mark.parametrize(
    "junk",
    [
        *(
            "var x",
            "jQuery",
            "innerHeight",
            "document.",
            "querySelectorAll",
            "dataLayer",
            "addEventListener",
            "remove()",
        ),
        *("Advertisement", "ud_screen", "ข่าวที่เกี่ยวข้อง", "news_4860728", "news_4820604", "news_4772241"),
        *("xp.jpg", "vpt.jpg", "ptm.jpg", "QR Code", "lin.ee", "wob1371z", "Line@", "เกาะติด", "Line Image", "th.png"),
    ],
)
def test_the_junk_is_gone(scraped: Scraped, junk: str) -> None:
    assert any(junk.replace("_", "\\_") in text or junk in text for text in scraped.paragraphs), (
        "not in the file either"
    )
    assert junk not in scraped.rendered.html
    assert junk not in scraped.rendered.lead


def test_the_title_is_not_repeated(scraped: Scraped) -> None:
    assert scraped.post.title not in scraped.text
    assert "<h" not in scraped.rendered.html


def test_the_lead_is_the_beginning_of_the_report(scraped: Scraped) -> None:
    report = " ".join(scraped.report)
    assert report.startswith(scraped.rendered.lead.removesuffix("…"))
    assert len(scraped.rendered.lead) > 100


def test_what_was_taken_out_is_reported_rule_by_rule(scraped: Scraped) -> None:
    rules = [removed.rule for removed in scraped.rendered.removed]
    counts = {rule: rules.count(rule) for rule in rules}
    related = counts.pop("related_links")
    assert related >= 2
    assert counts.pop("follow_us") + counts.pop("qr_code", 0) == 3
    assert counts == {"script_text": 3, "advertisement": 1, "repeated_title": 2}


def test_the_credit_of_the_picture_is_known(scraped: Scraped) -> None:
    assert scraped.rendered.credit == "AP"
    assert scraped.rendered.warning is None
    assert unread_in(scraped.rendered.html) == []


def is_true(file: SourceFile, error: PostError) -> bool:
    """Say whether the reason and the line of a refusal are those of the file."""
    text = Path(file.full_path).read_text("utf-8")
    if error.reason == "is empty":
        return not text.strip()
    line = text.splitlines()[error.line - 1]
    if "date that is none" in error.reason:
        return line.startswith("date:") and line.removeprefix("date:").strip() in error.reason
    return False


@pytest.mark.parametrize(
    ("site", "least", "languages"), [("ruby-lang", 1_500, {"en", "ja", "ko", "pt", "zh-cn"}), ("opensuse", 750, {"th"})]
)
def test_every_file_of_a_jekyll_site_is_a_post_or_refused_with_a_true_reason(
    corpus: Path, site: str, least: int, languages: set[str]
) -> None:
    folder = site_of(corpus, site)
    files = Library((folder,)).scan({}).fresh
    posts, refused = [], []
    for file in files:
        try:
            posts.append(read(file, folder))
        except PostError as error:
            refused.append((file, error))
    there = sum(1 for path in folder.folder.rglob("*") if path.is_file())
    assert len(posts) + len(refused) == len(files) == there >= least
    assert len(refused) < len(files) / 100
    assert [str(error) for file, error in refused if not is_true(file, error)] == []
    assert languages <= {post.language for post in posts}
    assert len({post.code for post in posts}) == len(posts)
    assert all(post.title and (post.date or post.draft) for post in posts)


class Rendered(NamedTuple):
    """A post that was written by hand, with its body before and after."""

    post: Post
    body: str
    made: RenderedBody


@pytest.fixture(scope="module", params=["ruby-lang", "opensuse"])
def site(request: pytest.FixtureRequest, corpus: Path) -> list[Rendered]:
    """Every post of a site that was written by hand."""
    return rendered_site(corpus, str(request.param))


def rendered_site(corpus: Path, name: str) -> list[Rendered]:
    folder = site_of(corpus, name)
    made = []
    for file in Library((folder,)).scan({}).fresh:
        try:
            post, (front_matter, body) = read(file, folder), contents(file)
        except PostError:
            continue
        made.append(Rendered(post, body, RENDERER.render(post, body, folder, front_matter)))
    return made


def test_every_body_of_a_jekyll_site_is_fit_to_be_read(site: list[Rendered]) -> None:
    unread = {post.path: unread_in(made.html) + marks_in(made.lead) for post, _, made in site}
    assert {path: found for path, found in unread.items() if found} == {}


def test_every_body_of_a_jekyll_site_is_fit_for_xml(site: list[Rendered]) -> None:
    assert [post.path for post, _, made in site if UNFIT.search(made.html + made.lead)] == []


def test_every_post_of_a_jekyll_site_has_something_to_read(site: list[Rendered]) -> None:
    assert [post.path for post, body, made in site if body.strip() and not (made.html and made.lead)] == []


def test_of_what_was_written_by_hand_next_to_nothing_is_taken_for_junk(site: list[Rendered]) -> None:
    words = taken = 0
    losers = set()
    for post, body, made in site:
        words += len(body.split())
        for removed in made.removed:
            if removed.rule not in {"liquid", "kramdown"} and not same_text(removed.text, post.title):
                losers.add(post.path)
                taken += len(removed.text.split())
    assert taken < words / 100
    assert len(losers) < len(site) / 5


def test_in_what_was_written_by_hand_no_script_is_found(site: list[Rendered]) -> None:
    code_rules = {"script_text", "style_text"}
    assert [(post.path, one.text) for post, _, made in site for one in made.removed if one.rule in code_rules] == []


def test_of_what_was_written_by_hand_next_to_nothing_looks_like_junk_as_a_whole(site: list[Rendered]) -> None:
    assert len([post.path for post, _, made in site if made.warning]) < len(site) / 100


_HIGHLIGHT = re.compile(r"\{%-?\s*highlight[^%]*%\}(.*?)\{%-?\s*endhighlight\s*-?%\}", re.DOTALL)
_FENCED = re.compile(r"^(`{3,}|~{3,})[^\n`]*\n(.*?)^\1[ \t]*$", re.DOTALL | re.MULTILINE)


def listings_of(body: str) -> list[str]:
    """Give the listings of a body: those in Liquid's blocks and those in fences that have no Liquid."""
    fenced = [code for _, code in _FENCED.findall(body) if not MARKS["Liquid"].search(code)]
    return [flush_left(code) for code in [*_HIGHLIGHT.findall(body), *fenced]]


def flush_left(code: str) -> str:
    return textwrap.dedent(code.strip("\n").rstrip())


def test_every_listing_is_complete(site: list[Rendered]) -> None:
    asked, lost = 0, []
    for post, body, made in site:
        shown_code = {flush_left(code.text_content()) for code in tree_of(made.html).iter("code")}
        for listing in listings_of(body):
            asked += 1
            if listing not in shown_code:
                lost.append((post.path, listing[:60]))
    assert asked > 10
    assert lost == []
