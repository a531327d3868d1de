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

from publisher.content.cleaning.hosts import HostRule, HostRules
from publisher.content.summary import LEAD_CHARS, LONGEST
from publisher.kit.text import text_of_html
from publisher.model.errors import PostError
from tests.build import post, rendered, renderer, source

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from publisher.model.post import RenderedBody

ROOT = Path(__file__).parents[2]
POST = post(origin_url="https://wire.example.com/2024/a", title="The ferry returns")

#: Renders what each expression makes, in a process of its own, and tells what came of it.
ALONE = """
import sys
from publisher.model.errors import PostError
from tests.build import post, rendered
for expression in sys.argv[1:]:
    try:
        html = rendered(post(), eval(expression)).html
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
    return rendered(post(origin_url=POST.origin_url, title=title), body)


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
        found = render(context.replace("{}", vector))
        assert harm_in(found.html) == [], vector
        assert found.image is None or SAFE_URL.match(found.image), vector


@pytest.mark.parametrize("context", CONTEXTS)
def test_awkward_strings_raise_nothing_but_a_post_error(corpus: Path, context: str) -> None:
    for string in json.loads((corpus / "hostile" / "strings.json").read_text("utf-8")):
        body = context.replace("{}", string).encode("utf-8", "replace").decode()
        try:
            found = render(body, title=string)
        except PostError:
            continue
        assert harm_in(found.html) == [], string
        assert UNFIT.search(found.html + found.lead) is None, string


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
    *("<!--more-->", "{{ a }}", "{{", "}}", "{% raw %}", "{% endraw %}", "{% if a %}", "{% endif %}", "{%", "%}"),
    *(
        "{% highlight ruby %}",
        "{% endhighlight %}",
        "{% link a.md %}",
        "{: .a #b}",
        "{::comment}",
        "{:/}",
        "{:",
        "{#a}",
    ),
    *(
        "$$",
        "*[a]: ",
        "|a|b|",
        "^",
        "เกาะติด Line",
        "word ",
        "คำ",
        "\x00",
        "\x07",
        "\x85",
        "\u2028",
        "\ufeff",
        "\ufffe",
        "😀",
    ),
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
        found = render(body, title=title)
    except PostError:
        return
    reported = [removed.text for removed in found.removed]
    assert [text for text in [found.html, found.lead, *reported] if UNFIT.search(text)] == []
    assert harm_in(found.html) == []
    assert len(found.lead) <= (LONGEST if "<!--more-->" in body else LEAD_CHARS)
    assert found.image is None or found.image.startswith(("http://", "https://"))


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
    html = rendered(post(origin_url=None), "[a](/b)", site_url="https://example.org/blog/").html
    assert html == '<p><a href="https://example.org/b">a</a></p>'


def test_links_of_a_post_start_from_its_origin_or_else_from_its_own_page() -> None:
    page = "https://news.example.org/2024/ferry/"
    found = [rendered(post(origin_url=origin, permalink=page), "[a](b)").html for origin in (POST.origin_url, None)]
    assert found == [
        '<p><a href="https://wire.example.com/2024/b">a</a></p>',
        '<p><a href="https://news.example.org/2024/ferry/b">a</a></p>',
    ]


def test_the_first_picture_is_the_picture_of_the_post() -> None:
    assert render("![](data:,x) ![a](one.jpg) ![b](two.jpg)").image == "https://wire.example.com/2024/one.jpg"
    assert render("![Boats\nin a harbour](one.jpg) ![b](two.jpg)").image_alt == "Boats in a harbour"
    assert render("![](one.jpg)").image_alt is None
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


@pytest.mark.parametrize(
    ("body", "lead"),
    [
        pytest.param(f"In short.\n\n<!--more-->\n\n{FIRST}", "In short.", id="before the separator"),
        pytest.param(f"{FIRST} {SECOND}\n<!--more-->\n{FIRST}", f"{FIRST} {SECOND}", id="whole"),
        pytest.param(f"# In short\n\n* one\n* two\n\n<!--more-->\n\n{FIRST}", "In short one two", id="whatever it is"),
        pytest.param(f"{SECOND}\n\n<!--more-->\n\n{FIRST}\n\n<!--more-->", SECOND, id="the first of several"),
        pytest.param(f"<!--more-->\n\n{FIRST}", FIRST, id="none before it"),
        pytest.param(f" \n<!--more-->\n\n{FIRST}", FIRST, id="blank before it"),
        pytest.param(f"![](a.jpg)\n\n<!--more-->\n\n{FIRST}", FIRST, id="a picture before it"),
        pytest.param(f"<div>{SECOND}<!--more--></div>\n\n{FIRST}", SECOND, id="inside an element"),
        pytest.param(f"Advertisement\n\n{SECOND}\n\n<!--more-->\n\n{FIRST}", SECOND, id="without junk"),
        pytest.param(f"var a = document.body; a.remove();\n\n{SECOND}<!--more-->", SECOND, id="without a script"),
        pytest.param(f"{SECOND}\n{{: .lead}}\n\n<!--more-->\n\n{FIRST}", SECOND, id="without attributes"),
        pytest.param(f"{FIRST} {SECOND}", f"{FIRST} {SECOND}", id="absent"),
    ],
)
def test_the_lead_is_the_excerpt_where_the_author_ended_one(body: str, lead: str) -> None:
    assert render(body).lead == lead


def test_an_excerpt_ends_where_the_source_or_else_the_post_says() -> None:
    body = f"One.\n\n***\n\nTwo.\n\n<!--end-->\n\n{FIRST}\n\n<!--more-->"
    assert rendered(POST, body, excerpt_separator="<!--end-->").lead == "One. Two."
    for said in ({"excerpt_separator": "***"}, {"excerpt_separator": "***", "excerpt": "x"}):
        assert renderer().render(POST, body, source(excerpt_separator="<!--end-->"), said).lead == "One."
    assert renderer().render(POST, body, source(excerpt_separator="***"), {"excerpt_separator": None}).lead == "One."


def test_an_excerpt_is_not_longer_than_a_summary_may_be() -> None:
    lead = render(f"{FIRST} {SECOND} " * 10 + "\n\n<!--more-->\n\nThe rest.").lead
    assert LEAD_CHARS < len(lead) <= LONGEST


def test_a_body_is_a_template_that_knows_its_site_its_post_and_other_posts() -> None:
    body = "{{ site.title }}, {{ site.url }}, {{ page.title }}, {{ page.place }}: {% link _posts/2024-11-09-b.md %}"
    known = {"_posts/2024-11-09-b.md": "https://a.example"}
    made = renderer(site={"title": "World Desk"}).render(
        POST, body, source(), {"place": "Orla", "title": "Another"}, known.get
    )
    assert shown(made.html) == f"World Desk, https://news.example.org, {POST.title}, Orla: https://a.example"
    assert made.removed == ()


def test_a_template_knows_the_date_of_its_post_even_from_the_file_name() -> None:
    body = "In {{ page.date | date: '%Y' }}."
    assert shown(rendered(post(), body).html) == "In 2024."
    assert shown(renderer().render(post(), body, source(), {"date": "2019-01-01"}).html) == "In 2019."
    assert shown(rendered(post(date=None, draft=True), body).html) == "In ."


@pytest.mark.parametrize(
    ("tag", "path", "default"),
    [
        ("{% link news/_posts/2024-11-09-b.md %}", "news/_posts/2024-11-09-b.md", "/news/2024/11/09/b.html"),
        ("{%link about.md%}", "about.md", "/about.html"),
        ("{% post_url 2024-11-09-b %}", "2024-11-09-b", "/2024/11/09/b.html"),
    ],
)
def test_the_address_of_another_post_is_found_by_its_path_or_guessed(tag: str, path: str, default: str) -> None:
    known = {path: "https://news.example.org/known/"}
    for link, href in ((known.get, known[path]), (lambda _: None, f"https://wire.example.com{default}")):
        made = renderer().render(POST, f"[b]({tag})", source(), {}, link)
        assert made.html == f'<p><a href="{href}">b</a></p>'


def test_what_a_template_does_not_know_is_left_out_and_reported() -> None:
    made = render("One {{ page.nothing }}two.{% include a.html %}")
    assert made.html == "<p>One two.</p>"
    assert {(one.rule, one.text) for one in made.removed} == {
        ("liquid", "page.nothing is not defined"),
        ("liquid", "{% include a.html %}"),
    }


def test_where_bodies_are_no_templates_braces_are_text() -> None:
    body = "Write {{ page.title }}, {% raw %} or {% nothing."
    made = rendered(POST, body, liquid=False)
    assert made.html == f"<p>{body}</p>"
    assert made.removed == ()


def test_what_a_listing_shows_is_no_template_and_no_mark() -> None:
    body = (
        "{% highlight liquid %}\n{% raw %}{{ a }}{% endraw %} {: .b}\n{% endhighlight %}\n\n`{: .c}` {: .d}\n\n    {:e}"
    )
    assert tree_of(render(body).html).xpath("//code//text()") == ["{{ a }} {: .b}", "{: .c}", "{:e}"]


@pytest.mark.parametrize("folder", ["posts", "site/_posts"])
def test_a_template_knows_the_data_beside_its_posts(tmp_path: Path, folder: str) -> None:
    posts = tmp_path / folder
    posts.mkdir(parents=True)
    data = (posts.parent if posts.name == "_posts" else posts) / "_data"
    data.mkdir()
    (data / "ports.yml").write_text("orla: Orla Harbour\n")
    assert rendered(POST, "At {{ site.data.ports.orla }}.", folder=posts).html == "<p>At Orla Harbour.</p>"


def test_data_beside_a_folder_of_another_name_is_not_the_sources(tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "_data").mkdir()
    (tmp_path / "_data" / "ports.yml").write_text("orla: Orla Harbour\n")
    assert rendered(POST, "At {{ site.data.ports.orla }}", folder=tmp_path / "posts").html == "<p>At</p>"


def test_each_source_has_its_own_data_and_address(tmp_path: Path) -> None:
    renders = renderer()
    texts = []
    for name in ("wire", "desk"):
        (tmp_path / name / "_data").mkdir(parents=True)
        (tmp_path / name / "_data" / "desk.yml").write_text(f"name: The {name}\n")
        its = source(tmp_path / name, name=name, site_url=f"https://{name}.example.org/")
        body = "{{ site.data.desk.name }}, {{ site.url }}"
        texts += [shown(renders.render(POST, body, its, {}).html) for _ in range(2)]
    assert texts == ["The wire, https://wire.example.org"] * 2 + ["The desk, https://desk.example.org"] * 2


def test_the_fingerprint_of_templates_changes_with_their_site_and_data(tmp_path: Path) -> None:
    its = source(tmp_path)
    before = renderer()
    first = before.liquid_fingerprint(its)
    (tmp_path / "_data").mkdir()
    (tmp_path / "_data" / "a.yml").write_text("a: 1\n")
    assert before.liquid_fingerprint(its) == first, "looked up once a run"
    assert renderer().liquid_fingerprint(its) != first
    assert renderer(site={"title": "World Desk"}).liquid_fingerprint(source()) != first
    assert renderer().liquid_fingerprint(source(site_url="https://example.org/")) != first
    assert renderer().liquid_fingerprint(source()) == first


def test_the_fingerprint_of_the_pipeline_changes_with_the_rules_of_hosts() -> None:
    assert renderer().fingerprint == renderer().fingerprint
    assert renderer().fingerprint != renderer(host_rules=HostRules(fingerprint="a")).fingerprint


def test_the_rules_of_a_host_are_for_its_posts() -> None:
    rules = HostRules(by_host={"wire.example.com": HostRule(drop_matching=(re.compile("^Tides today"),))})
    body = f"{FIRST}\n\nTides today are as high as they were in spring."
    renders = renderer(host_rules=rules)
    assert shown(renders.render(POST, body, source(), {}).html) == FIRST
    assert "Tides" in renders.render(post(origin_url="https://example.org/a"), body, source(), {}).html
    assert "Tides" in renders.render(post(origin_url=None), body, source(), {}).html


def test_a_credit_an_author_and_a_warning_come_with_the_body() -> None:
    found = render(f"By Mara Lind\n\n![](a.jpg)\n\nPhoto: Orla Press\n\n{FIRST}\n\n{SECOND}")
    assert (found.authors, found.credit, found.warning) == (("Mara Lind",), "Orla Press", None)
    found = render("Advertisement")
    assert found.warning is not None
    assert shown(found.html) == "Advertisement"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One <b>two</b>.</p><p>Three</p>", "One two.\nThree"),
        ("one<br>two<hr>three", "one\ntwo\nthree"),
        ("<ul>\n<li>one</li>\n<li>two &amp; &lt;three&gt;</li></ul>", "one\ntwo & <three>"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\nb"),
        ("<p> one\n\ttwo </p>\n\n", "one two"),
        ("", ""),
    ],
)
def test_the_text_of_a_body_has_a_line_for_each_paragraph(html: str, text: str) -> None:
    assert text_of_html(html) == text


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
    assert re.search(r"nested more than 100 levels deep", deep[body]), "what is below is lost without a word"


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
