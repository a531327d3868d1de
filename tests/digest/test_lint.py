"""Whatever is wrong with an edition is found by name, line and place; a sound one has no findings."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.digest.budget import LIMIT
from publisher.digest.lint import Severity, lint
from publisher.digest.render import UNSUBSCRIBE
from publisher.model.edition import RenderedEdition
from publisher.model.post import Extras
from tests.build import article
from tests.digest.test_render import correction, edition

if TYPE_CHECKING:
    from collections.abc import Callable

    Break = Callable[[RenderedEdition], RenderedEdition]

WORDS = {"en": "Count goes on", "th": "ผลเลือกตั้งวันแรก", "ja": "開票が続く", "ar": "استمرار فرز الأصوات"}
HEADER = "<!DOCTYPE html>\n<html lang='en'><body>\n<h1>World</h1>\n"
FOOTER = f"<div id='footer'><!--reader--><a href='{UNSUBSCRIBE}'>Unsubscribe</a><!--/reader--></div>\n</body></html>\n"


def sample(language: str = "en") -> RenderedEdition:
    words = WORDS[language]
    stories = (
        article("A1", title=words, summary=words, language=language, image="https://pictures.example.com/a.jpg"),
        article(
            "A2",
            title=words,
            language=language,
            image="https://pictures.example.com/b.jpg",
            extras=Extras(image_alt="A river & a bridge", image_size=(600, 450)),
        ),
        article("A3", title=words, language=language, link=None, via=None, image="https://pictures.example.com/c.jpg"),
    )
    corrections = [correction(title=words)]
    return edition(
        *stories, more=[article("A8"), article("A9", link=None, via=None)], corrections=corrections, language=language
    )


def page(content: str, **values: Any) -> RenderedEdition:
    """An edition of a page of one's own, with one story on line 4."""
    html = f'{HEADER}<div id="story-1"><h2>Story</h2>\n{content}</div>\n{FOOTER}'
    return replace(
        RenderedEdition(subject="News", preheader="And more", html=html, text=UNSUBSCRIBE, stories=1), **values
    )


@pytest.mark.parametrize("language", WORDS)
def test_the_bundled_edition_has_no_findings(language: str) -> None:
    assert lint(sample(language)) == []


def test_a_page_of_ones_own_has_no_findings_either() -> None:
    assert (
        lint(page("<p style='color: white; background: black'>Words <a href='#story-1' style='color: #fff'>up</a></p>"))
        == []
    )


#: What is put into the story, or changed about it; the line of it, and what the finding says.
ERRORS = {
    "script": ("forbidden-element", "<script>1</script>", "<script>"),
    "svg": ("forbidden-element", "<svg></svg>", "in story 1: use a PNG"),
    "form": ("forbidden-element", "<form></form>", "<form>"),
    "iframe": ("forbidden-element", "<iframe></iframe>", "<iframe>"),
    "object": ("forbidden-element", "<object></object>", "<object>"),
    "video": ("forbidden-element", "<video></video>", "<video>"),
    "style sheet elsewhere": (
        "forbidden-element",
        '<link rel="StyleSheet" href="https://example.org/a.css">',
        "include it",
    ),
    "data": ("data-picture", '<img src="data:image/png;base64,AAAA" alt="River">', "“River”"),
    "data in CSS": ("data-picture", "<p style=\"list-style: none; x: url('data:image/png,A')\">A</p>", "“A”"),
    "font": ("webfont", "<style>@font-face { font-family: X }</style>", "in story 1: name fonts that devices have"),
    "import": (
        "webfont",
        "<style>@IMPORT 'https://example.org/a.css';</style>",
        "in story 1: name fonts that devices have",
    ),
    "handler": ("event-handler", "<p onclick='x()'>A</p>", "<p>"),
    "javascript": ("script-link", "<a href=' JavaScript:x()'>A</a>", "link to a page"),
    "pixel": (
        "tracking-pixel",
        "<img src='https://example.org/a.gif' alt='' width='1' height='1'>",
        "example.org/a.gif",
    ),
    "flat picture": ("tracking-pixel", "<img src='https://example.org/a.gif' alt='' height='0px'>", "leave it out"),
    "reader's link": ("reader-place", f"<a href='{UNSUBSCRIBE}'>Bye</a>", "outside the reader comments"),
}
WARNINGS = {
    "no alt": ("alt", "<img src='https://example.org/a.png'>", "in story 1, “https://example.org/a.png”"),
    "link of a picture": (
        "alt",
        "<a href='https://example.org'><img src='https://example.org/a.png' alt=''></a>",
        "no words",
    ),
    "relative link": ("relative-link", "<a href='/about'>About</a>", "“/about”"),
    "relative picture": ("relative-link", "<img src='a.png' alt='River'>", "“a.png”"),
    "no scheme": ("relative-link", "<a href='//example.org/a'>A</a>", "whole address"),
    "no host": ("relative-link", "<a href='https:///a'>A</a>", "whole address"),
    "no URL": ("relative-link", "<a href='https://[/'>A</a>", "whole address"),
    "no address": ("relative-link", "<a href=''>A</a>", "whole address"),
    "http link": ("http-link", "<a href='HTTP://example.org/'>A</a>", "HTTP://example.org/"),
    "http picture": ("http-link", "<img src='http://example.org/a.png' alt='River'>", "use https"),
    "contrast": ("contrast", "<p style='color: #777777'>Words</p>", "#777777 on #ffffff has a contrast of 4.48"),
    "inherited": ("contrast", "<p style='background-color: #111'><i><b>A</b></i></p>", "#000000 on #111"),
    "from above": ("contrast", "<div style='color: #777'><p bgcolor='#fff'>A</p></div>", "“A”: 4.5 is the least"),
    "after a child": ("contrast", "<p style='color: #777'><b style='color: #000'>A</b> b</p>", "“A b”"),
    "a link's blue": ("contrast", "<p style='background-color: #333333'><a href='#'>A</a></p>", "#0000ee on #333333"),
    "large": ("contrast", "<p style='color: #999; font-size: 24px'>A</p>", "3.0 is the least"),
    "large and bold": (
        "contrast",
        "<p style='color: #999; font-size: 14pt; font-weight: 700'>A</p>",
        "3.0 is the least",
    ),
    "bold but small": ("contrast", "<p style='color: #777; font-size: 18px'><b>A</b></p>", "4.5 is the least"),
    "picture of words": ("words-in-picture", "<h3><img src='https://example.org/a.png' alt=' '></h3>", "a heading"),
    "unsupported": (
        "css-unsupported",
        "<p style='padding-inline-end: 4px'>A</p>",
        "fails in Gmail, Outlook for Windows, Yahoo",
    ),
    "element": ("css-unsupported", "<section>A</section>", "<section> fails in"),
    "kind of picture": (
        "css-unsupported",
        "<img src='https://example.org/a.webp' alt='River'>",
        "<img> fails in Gmail, Outlook for Windows (image-webp) in story 1, “River”: use a JPEG",
    ),
    "sheet": ("css-unsupported", "<style>p { color: rgb(1 2 3) }</style>", "“rgb(1 2”"),
    "C1": ("c1-control", "caf\x82", "the html has U+0082"),
    "replacement": ("c1-control", "caf\ufffd", "the html has U+FFFD"),
    "heading": ("heading-order", "<h4>A</h4>", "level 4 follows level 2 in story 1, “A”"),
    "table": ("table-role", "<table><tr><td>A</td></tr></table>", 'role="presentation"'),
}


@pytest.mark.parametrize("name", ERRORS | WARNINGS)
def test_what_is_wrong_in_a_story_is_found_with_its_line(name: str) -> None:
    rule, content, said = (ERRORS | WARNINGS)[name]
    (finding,) = lint(page(f"\n<i>x</i>\n{content}"))
    assert (finding.rule, finding.line) == (rule, 7)
    assert finding.severity is (Severity.ERROR if name in ERRORS else Severity.WARNING)
    assert said in finding.message


@pytest.mark.parametrize(
    "content",
    [
        "<p style='color: #767676'>A</p>",
        "<p style='color: #949494; font-size: 24px'>A</p>",
        "<p style='color: #949494; font-size: 18.7px'><strong>A</strong></p>",
        "<h3 style='color: #949494; font-size: 20px'>A</h3>",
        # Nobody sees it.
        "<div style='display: none; color: #fff'>A<p>b</p></div>",
        "<p style='color: #fff'> <b style='color: #000'>A</b> </p>",
        # Nobody can tell.
        "<p style='color: red'>A</p><p style='background-color: silver; color: #888'>A</p>",
        "<p style='background-color: transparent'>A</p>",
        "<a href='https://example.org' aria-hidden='true'><img src='https://example.org/a.png' alt=''></a>",
        "<a href='https://example.org' aria-label='A'><img src='https://example.org/a.png' alt=''></a>",
        "<img src='https://example.org/a.png' alt=''>",
        "<h3><img src='https://example.org/a.png' alt='Words'></h3>",
        "<h3><img src='https://example.org/a.png' alt=''>Words</h3>",
        "<table><tr><th>A</th><td>1</td></tr></table>",
        "<a href='mailto:desk@example.org'>A</a><a href='tel:+66'>B</a><a href='#footer'>C</a>",
        "<!-- <script>1</script> --><!--[if mso]><table><tr><td><![endif]-->",
        "<p>https://reader.invalid/unsubscribe @import javascript:x()</p>",
        "<style>a:hover { color: #fff } @media (max-width: 600px) { p { color: red } } p { color: red }</style>",
    ],
)
def test_what_is_sound_is_not_found(content: str) -> None:
    assert lint(page(content)) == []


def test_lines_are_those_of_the_html() -> None:
    findings = lint(page("<p>\n</p>\n<script></script>\n<img src='https://example.org/a.png'>"))
    assert [(finding.rule, finding.line) for finding in findings] == [("forbidden-element", 7), ("alt", 8)]


def test_errors_come_first_then_lines_and_nothing_is_said_twice() -> None:
    twice = "<p style='padding: 4px'>A</p>\n<p style='padding: 4px'>A</p>\n<script></script>"
    findings = lint(page(twice, preheader="", subject=""))
    assert [(finding.rule, finding.line) for finding in findings] == [
        ("subject-empty", None),
        ("forbidden-element", 7),
        ("preheader-missing", None),
        ("css-unsupported", 5),
    ]


def changed(pattern: str, by: str) -> Break:
    def change(rendered: RenderedEdition) -> RenderedEdition:
        html, count = re.subn(pattern, by, rendered.html, flags=re.DOTALL)
        assert count
        return replace(rendered, html=html)

    return change


@pytest.mark.parametrize(
    ("broken", "rule", "said"),
    [
        (changed('id="story-2"', ""), "story-missing", "story 2 is lost"),
        (changed('id="story-3"', 'id="story-2"'), "story-missing", "story 2 stands 2 times"),
        (lambda rendered: replace(rendered, stories=4), "story-missing", "story 4 is lost"),
        (changed("<body", '<body id="footer"'), "footer-missing", "there are 2 footers"),
        (changed(UNSUBSCRIBE, "https://example.org/"), "unsubscribe-missing", "not in its place"),
        (changed("<!--/reader-->", ""), "unsubscribe-missing", "not in its place"),
        (changed("<!--reader-->", "<!--reader--><!--reader-->"), "unsubscribe-missing", "not in its place"),
        (changed("</body>", "x" * LIMIT + "</body>"), "too-large", "71,680 are the most"),
        (lambda rendered: replace(rendered, text=" \n"), "text-missing", "the plain text is empty"),
        (lambda rendered: replace(rendered, text="News"), "text-missing", "no link to unsubscribe"),
        (lambda rendered: replace(rendered, subject=" "), "subject-empty", "the subject is empty"),
        (lambda rendered: replace(rendered, subject="News\r\nBcc: all@example.org"), "subject-control", "a line break"),
        (lambda rendered: replace(rendered, subject="News\0"), "subject-control", "a NUL"),
        (lambda rendered: replace(rendered, subject="x" * 79), "subject-long", "79 columns"),
        (lambda rendered: replace(rendered, subject="選" * 40), "subject-long", "80 columns"),
        (lambda rendered: replace(rendered, preheader=""), "preheader-missing", "no preheader"),
        (lambda rendered: replace(rendered, subject="caf\x82"), "c1-control", "the subject has U+0082"),
        (lambda rendered: replace(rendered, text=f"{rendered.text}\x9f"), "c1-control", "the text has U+009F"),
        (changed('<html lang="en"', "<html"), "lang-missing", "its language"),
        (changed(r"<h1([^>]*)>(.*?)</h1>", r"<p\1>\2</p>"), "heading-order", "level 2 follows level 0"),
        (changed(r"<(/?)h\d", r"<\1p"), "heading-order", "there are no headings"),
        (changed("https://pictures.example.com/a", "http://pictures.example.com/a"), "http-link", "in story 1"),
    ],
)
def test_a_broken_edition_has_the_one_finding(broken: Break, rule: str, said: str) -> None:
    findings = lint(broken(sample()))
    assert {finding.rule for finding in findings} == {rule}
    assert said in findings[0].message


def test_an_edition_without_its_footer_says_so() -> None:
    assert {finding.rule for finding in lint(changed('id="footer"', "")(sample()))} == {
        "footer-missing",
        "unsubscribe-missing",
        "reader-place",
    }


def test_a_story_without_words_is_only_a_picture() -> None:
    rendered = page("")
    bare = replace(
        rendered, html=rendered.html.replace("<h2>Story</h2>", "<img src='https://example.org/a.png' alt='Words'>")
    )
    assert [(finding.rule, finding.line) for finding in lint(bare)] == [("words-in-picture", 4)]


@given(st.text(max_size=200).map(lambda text: "".join(c for c in text if c.isprintable() or c.isspace())))
@settings(max_examples=50, deadline=None)
def test_any_page_is_looked_at_and_refused_when_it_is_no_edition(content: str) -> None:
    rules = {
        finding.rule
        for finding in lint(RenderedEdition(subject="News", preheader="", html=content, text="", stories=1))
        if finding.severity is Severity.ERROR
    }
    assert rules >= {"story-missing", "footer-missing", "unsubscribe-missing", "text-missing"}


@given(title=st.text(max_size=300), summary=st.text(max_size=300), note=st.text(max_size=100))
@settings(max_examples=25, deadline=None)
def test_nothing_that_a_post_says_stops_an_edition(title: str, summary: str, note: str) -> None:
    stories = [article(f"A{number}", title=title, summary=summary) for number in range(1, 3)]
    rendered = edition(*stories, more=stories, corrections=[correction(title=title, note=note)])
    assert [finding for finding in lint(rendered) if finding.severity is Severity.ERROR] == []
