"""Rendering: whatever a body holds, its HTML is harmless, absolute and fit for XML, and its lead is prose."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from publisher.content.render import LEAD_CHARS, BodyRenderer
from publisher.model.errors import PostError
from tests.build import post

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from publisher.model.post import RenderedBody

ROOT = Path(__file__).parents[2]
RENDERER = BodyRenderer(site_url="https://news.example.org/")
POST = post(origin_url="https://wire.example.com/2024/a", title="The ferry returns")

#: Renders what each expression makes, in a process of its own, and tells what came of it.
ALONE = """
import sys
from publisher.content.render import BodyRenderer
from publisher.model.errors import PostError
from tests.build import post
for expression in sys.argv[1:]:
    try:
        html = BodyRenderer(site_url="https://news.example.org/").render(post(), eval(expression)).html
        print(expression, html[-100:].replace("\\n", " "), sep="\\t", flush=True)
    except PostError as error:
        print(expression, error, sep="\\t", flush=True)
"""

EXECUTABLE = {"script", "style", "iframe", "object", "embed", "svg", "math", "form", "input", "meta", "link", "base"}
URLS = {"href", "src", "srcset", "action", "formaction", "background", "poster", "data", "cite", "longdesc"}
SAFE_URL = re.compile(r"(?:https?://[^/\s]|mailto:|tel:)", re.ASCII)
#: Tab, line feed and carriage return are characters of XML (section 2.2), surrogates and the last two are not.
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def render(body: str, *, title: str = POST.title) -> RenderedBody:
    return RENDERER.render(post(origin_url=POST.origin_url, title=title), body)


def tree_of(html: str) -> HtmlElement:
    return lxml_html.fragment_fromstring(html, create_parent="div")


def harm_in(html: str) -> list[str]:
    """Whatever in the HTML could run, load something unasked, or lead somewhere else on another page."""
    found = []
    for element in tree_of(html).iter():
        if not isinstance(element.tag, str) or element.tag in EXECUTABLE:
            found.append(f"<{element.tag}>")
            continue
        for name, value in element.attrib.items():
            if name.startswith("on") or name in {"style", "srcdoc"}:
                found.append(f"{element.tag} {name}={value!r}")
            if name in URLS and not SAFE_URL.match(value):
                found.append(f"{element.tag} {name}={value!r}")
    return found


def shown(html: str) -> str:
    return " ".join(tree_of(html).text_content().split())


CONTEXTS = [
    "{}",
    "Before {} after.",
    "<p>{}</p>",
    "<div {}>text</div>",
    '<a href="{}">text</a>',
    '<img src="{}" alt="{}">',
    "[text]({})",
    "![text]({})",
    "[text][1]\n\n[1]: {}",
    "> {}",
    "| {} | b |\n|---|---|\n| c | {} |",
]


@pytest.mark.parametrize("context", CONTEXTS)
def test_no_script_survives_whatever_it_stands_in(corpus: Path, context: str) -> None:
    for vector in json.loads((corpus / "hostile" / "xss.json").read_text("utf-8")):
        rendered = render(context.replace("{}", vector))
        assert harm_in(rendered.html) == [], vector
        assert rendered.image is None or SAFE_URL.match(rendered.image), vector


@pytest.mark.parametrize("context", CONTEXTS)
def test_awkward_strings_raise_nothing_but_a_post_error(corpus: Path, context: str) -> None:
    for string in json.loads((corpus / "hostile" / "strings.json").read_text("utf-8")):
        body = context.replace("{}", string).encode("utf-8", "replace").decode()
        try:
            rendered = render(body, title=string)
        except PostError:
            continue
        assert harm_in(rendered.html) == [], string
        assert UNFIT.search(rendered.html + rendered.lead) is None, string


def test_the_same_body_renders_the_same(corpus: Path) -> None:
    for vector in json.loads((corpus / "hostile" / "xss.json").read_text("utf-8"))[:200]:
        assert render(vector) == render(vector)


PIECES = [
    *("<p>", "</p>", "<div>", "</div>", "<li>", "<ul>", "<table>", "<td>", "<b>", "</b>", "</body>", "</html>"),
    *("<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", "<script>", "</script>", "<style>", "<svg>", "<template>"),
    *("<title>", "<pre>", "<textarea>", "<plaintext>", "<frameset>", "<body onload=x>", "<img src=a onerror=x>"),
    *("<a href='http://[x'>", "</a>", "&#0;", "&#1;", "&#128;", "&#x85;", "&#xd800;", "&#xfffe;", "&lt;", "&amp;"),
    *("&nbsp;", "&", "<", ">", '"', "'", "\n", "\n\n", "    ", "# ", "> ", "* ", "1. ", "- [ ] ", "```", "`", "**"),
    *("_", "~~", "|", "---", "[", "](", ")", "![", "[^1]", "[^1]: ", "\\", ": ", "http://[", "//", "javascript:"),
    *("data:,x", "Advertisement", "Related news", "QR", "Follow us on X", "var a = 1;", "ข่าวที่เกี่ยวข้อง"),
    *("เกาะติด Line", "word ", "คำ", "\x00", "\x07", "\x85", "\u2028", "\ufeff", "\ufffe", "😀"),
]
BODIES = st.one_of(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), st.text(max_size=200))


@settings(max_examples=400, deadline=None)
@given(BODIES, st.sampled_from([POST.title, "Advertisement", "", "คำ"]))
@example("<p>&#1;&#128;&#xfffe;</p>", "")
@example('<img src="a" alt="&#7;">', "")
@example("<a href='http://[x'><img src=a></a>", "")
@example("</div>&#1;Advertisement\n\nvar a = document.body; a.b();", "")
def test_any_body_is_harmless_and_fit_for_xml_or_refused(body: str, title: str) -> None:
    try:
        rendered = render(body, title=title)
    except PostError:
        return
    reported = [removed.text for removed in rendered.removed]
    assert [text for text in [rendered.html, rendered.lead, *reported] if UNFIT.search(text)] == []
    assert harm_in(rendered.html) == []
    assert len(rendered.lead) <= LEAD_CHARS
    assert rendered.image is None or rendered.image.startswith(("http://", "https://"))


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("**Bold** and *italic*, ~~gone~~.", "<p><strong>Bold</strong> and <em>italic</em>, <del>gone</del>.</p>"),
        ("[a](b.html)", '<p><a href="https://wire.example.com/2024/b.html">a</a></p>'),
        ("[a](/b?c=ข#d)", '<p><a href="https://wire.example.com/b?c=%E0%B8%82#d">a</a></p>'),
        ("[a](//cdn.example.net/b)", '<p><a href="https://cdn.example.net/b">a</a></p>'),
        ("[a](#part)", '<p><a href="https://wire.example.com/2024/a#part">a</a></p>'),
        ("[a](mailto:desk@example.org)", '<p><a href="mailto:desk@example.org">a</a></p>'),
        ("[a](tel:+6621234567)", '<p><a href="tel:+6621234567">a</a></p>'),
        ("[a](javascript:b)", "<p><a>a</a></p>"),
        ("![a](b.jpg)", '<p><img src="https://wire.example.com/2024/b.jpg" alt="a"></p>'),
        ("![a](data:image/gif;base64,R0) ![b](b.jpg) [c](d)", None),
        ("<p onclick='a()' style='color: red' class='b'>c</p>", "<p>c</p>"),
        ("Hello <script>alert(1)</script>world<style>p{}</style>", "<p>Hello world</p>"),
        ("one<br>two", "<p>one<br>two</p>"),
        ("1 &lt; 2 &amp; <b>3</b>", "<p>1 &lt; 2 &amp; <b>3</b></p>"),
        ("<!-- more --> List&lt;T&gt; is new.", "List&lt;T&gt; is new."),
        ("<!-- a remark -->\n\nText.", "<p>Text.</p>"),
        ("Unbalanced.\n\n</div>\n\nStill here.", None),
        ("", ""),
    ],
)
def test_markdown_becomes_clean_html(body: str, html: str | None) -> None:
    found = render(body).html
    if html is None:
        assert harm_in(found) == []
        assert shown(found) in {"c", "Unbalanced. Still here."}
        assert "data:" not in found
    else:
        assert found == html


@pytest.mark.parametrize(
    "tag", ["</div>", "</body>", "</html>", "</body></html>", "<body>", "<html>", "<head>", "<!doctype html>"]
)
def test_a_stray_tag_loses_no_sentence(tag: str) -> None:
    found = shown(render(f"The first.\n\n{tag}\n\nThe second.\n\nThe third.").html)
    assert found == "The first. The second. The third."


def test_links_of_a_post_without_an_origin_start_from_the_site() -> None:
    html = RENDERER.render(post(origin_url=None), "[a](/b)").html
    assert html == '<p><a href="https://news.example.org/b">a</a></p>'


def test_the_first_picture_is_the_picture_of_the_post() -> None:
    assert render("![](data:,x) ![a](one.jpg) ![b](two.jpg)").image == "https://wire.example.com/2024/one.jpg"
    assert render("No picture.").image is None


FIRST = "The ferry crossed the sound at dawn, a year after a storm had thrown it on the rocks of Orla."
SECOND = "Some 400 people stood on the quay, and the harbour master counted them twice over to be sure."
THAI = "เรือข้ามช่องแคบอีกครั้งเมื่อรุ่งสาง หนึ่งปีหลังพายุพัดเรือขึ้นไปเกยโขดหินที่เกาะออร์ลาเมื่อฤดูหนาวปีก่อน"
FILM = "ภาพยนตร์สารคดีจากเกาะออร์ลาคว้ารางวัลใหญ่ในเทศกาลที่เมืองเซลตาเมื่อคืนวันเสาร์ที่ผ่านมา"


@pytest.mark.parametrize(
    ("body", "lead"),
    [
        pytest.param(f"{FIRST}\n\n{SECOND}", f"{FIRST} {SECOND}", id="whole sentences"),
        pytest.param(f"# The ferry returns\n\n**The ferry returns**\n\n{FIRST}", FIRST, id="not the title"),
        pytest.param(f"(Photo) Example Wire\n\n{FIRST}", FIRST, id="not a credit"),
        pytest.param(f"(แฟ้มภาพ) Example Wire\n\n{THAI}", THAI, id="not a credit in Thai"),
        pytest.param(f"{FILM}\n\n{THAI}", f"{FILM} {THAI}", id="a film is no credit"),
        pytest.param(f"var a = document.body; a.remove();\n\n{FIRST}", FIRST, id="not a script that was text"),
        pytest.param(f"<p>{FIRST}<script>alert(1)</script><style>p{{}}</style></p>", FIRST, id="not a script"),
        pytest.param(f"> {FIRST}", FIRST, id="a quotation"),
        pytest.param(f"```\n{SECOND}\n```\n\n{FIRST}", FIRST, id="not a listing"),
        pytest.param(f"* {SECOND}\n\n<!-- -->\n\n{FIRST}", FIRST, id="not a list"),
        pytest.param("Short.", "Short.", id="a short one if there is no other"),
        pytest.param("* one\n* two", "one two", id="a list if there is no other"),
        pytest.param("<script>var a;</script>", "", id="nothing but a script"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_the_lead_is_the_first_real_sentences(body: str, lead: str) -> None:
    assert render(body).lead == lead


@pytest.mark.parametrize("sentence", [f"{FIRST} ", THAI], ids=["English", "Thai"])
def test_a_long_lead_is_cut_between_characters(sentence: str) -> None:
    lead = render(sentence * 10).lead
    assert LEAD_CHARS / 2 < len(lead) <= LEAD_CHARS
    assert lead.endswith((".", "…"))
    assert (sentence * 10).startswith(lead.removesuffix("…"))
    cut = (sentence * 10)[len(lead.removesuffix("…"))]
    assert unicodedata.category(cut)[0] != "M"


@pytest.mark.parametrize("tag", ["p", "li", "dt"])
def test_tags_that_html_lets_one_leave_open_are_not_depth(tag: str) -> None:
    body = "<section>\n" + f"<{tag}>word\n" * 150 + "</section>"
    assert shown(render(body).html).count("word") == 150


DEEP = [
    "'<div>' * 5_000 + 'deep'",
    "'<div></b>' * 5_000 + 'deep'",
    "'<b title=\"<\">' * 5_000 + 'deep'",
    "'<b><p>' * 5_000 + 'deep'",
    "'>' * 100_000 + ' deep'",
    "'1. ' * 50_000 + 'deep'",
    "'*' * 50_000 + 'deep' + '*' * 50_000",
]
SLOW = [
    "'<div\\n' + '<a ' * 40_000",
    "'[' * 200_000",
    "'![a](' * 50_000",
    "'*a_ ' * 50_000",
    "'<!--' * 50_000",
    "'`' * 100_000 + 'a'",
    "'var (function if( ' * 20_000",
    "'|a' * 10_000 + chr(10) + '|-' * 10_000",
]


@pytest.fixture(scope="module")
def deep() -> dict[str, str]:
    """What came of each body that is too deep."""
    return render_alone(DEEP)


@pytest.mark.parametrize("body", DEEP)
def test_a_body_too_deep_is_refused_and_never_cut(deep: dict[str, str], body: str) -> None:
    assert re.search(r"nested [\d,]+ levels deep", deep[body]), "what is below is lost without a word"


def test_bodies_made_to_be_slow_are_not() -> None:
    # Linear work takes a few seconds for all of them; quadratic work of one such size takes a minute.
    finished = render_alone(SLOW)
    assert [body for body in SLOW if body not in finished] == []


def render_alone(bodies: list[str]) -> dict[str, str]:
    try:
        output = subprocess.run(
            [sys.executable, "-c", ALONE, *bodies], stdout=subprocess.PIPE, timeout=20, check=False, cwd=ROOT
        ).stdout
    except subprocess.TimeoutExpired as expired:
        output = expired.stdout or b""
    return dict(line.split("\t", 1) for line in output.decode().splitlines())


@pytest.mark.parametrize(
    "piece",
    [pytest.param("<b>x</b>", id="tags"), pytest.param("<img src=a>", id="pictures"), pytest.param("a\n\n", id="text")],
)
def test_a_body_of_too_many_elements_is_refused_with_their_number(piece: str) -> None:
    with pytest.raises(PostError, match=r"body of 110,00\d elements; 100,000 are read"):
        render(piece * 110_000)


def test_a_body_of_many_elements_within_the_limit_is_rendered() -> None:
    assert shown(render("<b>x</b>" * 60_000).html).count("x") == 60_000
