"""Real posts: one as scraped, sentence by sentence, and two Jekyll sites, file by file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from publisher.content import fields
from publisher.content.read import PostReader, body_of
from publisher.content.render import BodyRenderer
from publisher.content.scan import scan
from publisher.kit.text import same_text
from publisher.model.errors import PostError
from tests.content.test_render import UNFIT, harm_in, shown

if TYPE_CHECKING:
    from publisher.content.scan import SourceFile
    from publisher.model.post import Post, RenderedBody

READER = PostReader(
    names=fields.FIELDS, zone=ZoneInfo("Asia/Bangkok"), language="th", site_url="https://news.example.org/"
)
RENDERER = BodyRenderer(site_url=READER.site_url)


class Scraped:
    """The post as scraped: its paragraphs as they stand in the file, and what became of it."""

    def __init__(self, source: SourceFile) -> None:
        self.post: Post = READER.read(source)
        body = body_of(source)
        self.rendered: RenderedBody = RENDERER.render(self.post, body)
        self.text = shown(self.rendered.html)
        self.paragraphs = [paragraph for paragraph in body.split("\n\n") if paragraph.strip()]

    @property
    def report(self) -> list[str]:
        """The paragraphs that are the report: no mark of Markdown at the start, no code, no promotion."""
        plain = [text for text in self.paragraphs if re.match(r"[\u0e00-\u0e7f]", text)]
        return [text for text in plain if "{" not in text and "Line@" not in text]


@pytest.fixture(scope="module")
def scraped(corpus: Path) -> Scraped:
    (source,) = scan(corpus / "posts" / "matichon")
    assert source.settled
    return Scraped(source)


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
    assert counts == {"script_text": 3, "advertisement": 1, "repeated_title": 2, "follow_us": 3}


def is_true(source: SourceFile, error: PostError) -> bool:
    """Say whether the reason and the line of a refusal are those of the file."""
    text = Path(source.full_path).read_text("utf-8")
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
    sources = scan(corpus / "posts" / site)
    posts, refused = [], []
    for source in sources:
        try:
            posts.append(READER.read(source))
        except PostError as error:
            refused.append((source, error))
    files = sum(1 for path in (corpus / "posts" / site).rglob("*") if path.is_file())
    assert len(posts) + len(refused) == len(sources) == files >= least
    assert len(refused) < len(sources) / 100
    assert [str(error) for source, error in refused if not is_true(source, error)] == []
    assert languages <= {post.language for post in posts}
    assert len({post.code for post in posts}) == len(posts)
    assert all(post.title and (post.date or post.draft) for post in posts)


@pytest.fixture(scope="module", params=["ruby-lang", "opensuse"])
def site(request: pytest.FixtureRequest, corpus: Path) -> list[tuple[Post, str, RenderedBody]]:
    """Every post of a site that was written by hand, with its body before and after."""
    posts = []
    for source in scan(corpus / "posts" / str(request.param)):
        try:
            read, body = READER.read(source), body_of(source)
        except PostError:
            continue
        posts.append((read, body, RENDERER.render(read, body)))
    return posts


def test_every_body_of_a_jekyll_site_is_harmless_and_absolute(site: list[tuple[Post, str, RenderedBody]]) -> None:
    harm = {read.path: harm_in(rendered.html) for read, _, rendered in site}
    assert {path: found for path, found in harm.items() if found} == {}


def test_every_body_of_a_jekyll_site_is_fit_for_xml(site: list[tuple[Post, str, RenderedBody]]) -> None:
    assert [read.path for read, _, rendered in site if UNFIT.search(rendered.html + rendered.lead)] == []


def test_of_a_site_written_by_hand_nothing_goes_but_repeated_titles(site: list[tuple[Post, str, RenderedBody]]) -> None:
    # A listing in a Liquid block is no code block before Liquid is read.
    taken = [
        (read.path, removed.text)
        for read, body, rendered in site
        for removed in rendered.removed
        if not same_text(removed.text, read.title) and "{% highlight" not in body
    ]
    assert taken == []
