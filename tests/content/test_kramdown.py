"""kramdown: its marks are gone from what a reader sees, code keeps them, and tables and footnotes are real ones."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pyromark
import pytest

from publisher.content.cleaning.tree import parse, write
from publisher.content.kramdown import prepare, tidy
from publisher.content.liquid import Liquid

PAIRS = Path(__file__).parent / "jekyll"
_options = pyromark.Options
MARKDOWN = pyromark.Markdown(
    options=_options.ENABLE_TABLES
    | _options.ENABLE_STRIKETHROUGH
    | _options.ENABLE_FOOTNOTES
    | _options.ENABLE_TASKLISTS
    | _options.ENABLE_DEFINITION_LIST
)


def made(body: str) -> tuple[str, list[str]]:
    tree = parse(MARKDOWN.html(prepare(body)))
    removed = tidy(tree)
    assert {one.rule for one in removed} <= {"kramdown"}
    return write(tree).replace("\n", ""), [one.text for one in removed]


@pytest.mark.parametrize("path", sorted(PAIRS.glob("*.md")), ids=lambda path: path.stem)
def test_a_jekyll_post_comes_out_as_the_file_beside_it_says(path: Path) -> None:
    liquid = Liquid(site={"url": "https://example.org"})
    tree = parse(MARKDOWN.html(prepare(liquid.render(path.read_text("utf-8"), {}, lambda _: None).text)))
    tidy(tree)
    found = [line for line in write(tree).splitlines() if line]
    assert found == [line for line in path.with_suffix(".html").read_text("utf-8").splitlines() if line]


@pytest.mark.parametrize(
    ("body", "html", "removed"),
    [
        ("Text.\n{: .a #b c=\"d e\" f='g' h=1}", "<p>Text.</p>", ["{: .a #b c=\"d e\" f='g' h=1}"]),
        ("{:.a}\n\nText", "<p>Text</p>", ["{:.a}"]),
        ("## A {#b}\n{: .c}", "<h2>A</h2>", ["{: .c}", "{#b}"]),
        ('*a*{: .b}, [c](d){: target="_blank"} e', '<p><em>a</em>, <a href="d">c</a> e</p>', None),
        ("* a\n* b\n{: .c}", "<ul><li>a</li><li>b</li></ul>", ["{: .c}"]),
        ("- a\n  {: .b}\n  c", "<ul><li>ac</li></ul>", ["{: .b}"]),
        ("> a\n{: .b}", "<blockquote><p>a</p></blockquote>", ["{: .b}"]),
        ("1. list\n{:toc}\n\na", "<p>a</p>", ["list {:toc}"]),
        ('{:right: style="a: b;"}\na{: right}', "<p>a</p>", ['{:right: style="a: b;"}', "{: right}"]),
        ('a{::comment}b{:/comment} {::nomarkdown}c{:/} {::options toc="1" /}', "<p>a c </p>", None),
        ("{::comment}\na\n\n* b\n\n{:/comment}\nc\n\nd", "<p>c</p><p>d</p>", ["{::comment} a", "b"]),
        ("{::comment}\na\n\nb\n{:/}", "", ["{::comment} a", "b"]),
        ("{::comment} that never ends\n\na", "<p> that never ends</p><p>a</p>", ["{::comment}"]),
        ("* a\n^\n\n^\n\nb", "<ul><li>a</li></ul><p>b</p>", ["^", "^"]),
        ("*[AB]: Abba\n*[CD]: see [x](y)\n\nAB", "<p>AB</p>", ["*[AB]: Abba", "*[CD]: see x"]),
        ("*[AB]: Abba\nAB", "<p>AB</p>", ["*[AB]: Abba"]),
        ("*[AB]: Abba\n**AB** b", "<p>*[AB]: Abba<strong>AB</strong> b</p>", []),
        ("a $$x_1 = 2$$, $$y^2$$ b\n\n*c* $$z = 1$$ d", None, []),
        ("`{: .a}` {:b=>2, :c=>3} {:ok} {:a 1} $$HOME $$ 2^3 = 8", None, []),
        ("    {: .a}\n\n<kbd>{: .b}</kbd> <samp>{:toc}</samp>", None, []),
    ],
)
def test_marks_go_and_are_reported_and_code_stays(body: str, html: str | None, removed: list[str] | None) -> None:
    html = {
        "a $$": "<p>a <code>x_1 = 2</code>, <code>y^2</code> b</p><p><em>c</em> <code>z = 1</code> d</p>",
        "`{: ": "<p><code>{: .a}</code> {:b=&gt;2, :c=&gt;3} {:ok} {:a 1} $$HOME $$ 2^3 = 8</p>",
        "    ": "<pre><code>{: .a}</code></pre><p><kbd>{: .b}</kbd> <samp>{:toc}</samp></p>",
    }.get(body[:4], html)
    found, reported = made(body)
    assert found == html
    assert removed is None or reported == removed
    assert removed is not None or reported


def test_footnotes_are_numbers_and_a_list_at_the_end() -> None:
    body = "One[^b] two[^a] three[^none].\n\n[^a]: Last\n\n[^b]: First *note*.\n\n    More.\n\nThe end."
    assert made(body)[0] == (
        "<p>One<sup>1</sup> two<sup>2</sup> three[^none].</p><p>The end.</p>"
        "<ol><li><p>First <em>note</em>.</p><p>More.</p></li><li>Last</li></ol>"
    )


def test_what_only_looks_like_a_footnote_stays() -> None:
    body = '<div class="footnote-definition">a</div>\n\n<div class="footnote-definition"><b>x</b></div>'
    assert made(body)[0] == body.replace("\n", "")


def test_definition_lists_and_fenced_code_come_out_right() -> None:
    assert made("A\n: b\n: c")[0] == "<dl><dt>A</dt><dd>b</dd><dd>c</dd></dl>"
    for fence in ("```", "~~~~"):
        assert made(f"{fence}\n<a>\n{fence}")[0] == "<pre><code>&lt;a&gt;</code></pre>"
        assert made(f"{fence} sh\na\n{fence}")[0] == '<pre><code class="language-sh">a</code></pre>'


@pytest.mark.parametrize("path", sorted(PAIRS.glob("*.html")), ids=lambda path: path.stem)
def test_tidying_what_is_tidy_changes_nothing(path: Path) -> None:
    tree = parse(path.read_text("utf-8"))
    before = write(tree)
    assert tidy(tree) == ()
    assert write(tree) == before


SLOW = {
    "braces": "{:" * 500_000,
    "a list that never ends": "{: " + ".a b " * 300_000,
    "comments": "{::comment}\n\n" * 40_000,
    "comments in a line": "{::comment} x " * 50_000,
    "names": "".join(f"{{:n{n}: .a}}\n\n" for n in range(20_000)),
    "formulas": "$$a_1$$ " * 40_000,
    "dollars": "$$ a =" * 200_000,
    "abbreviations": "*[A]: b\n\n" * 20_000,
    "ends": "^\n\n" * 20_000,
    "a rule that is none": "|" + "-" * 1_000_000 + "x\n| a |\n| b |",
    "footnotes": "".join(f"a[^{n}]\n\n[^{n}]: b\n\n" for n in range(10_000)),
}


@pytest.mark.parametrize("name", SLOW)
def test_no_body_takes_long(name: str) -> None:
    started = process_time()
    tidy(parse(MARKDOWN.html(prepare(SLOW[name]))))
    assert process_time() - started < 10
