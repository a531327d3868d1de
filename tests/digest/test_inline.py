"""Style sheets become attributes; what mail programs need besides survives, and nothing is fetched."""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.digest.inline import inline
from publisher.digest.render import UNSUBSCRIBE, web_edition
from publisher.model.errors import TemplateError
from tests.build import article
from tests.digest.test_render import by_id, edition, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.model.post import Article


class Listener(ThreadingHTTPServer):
    """Writes down whatever somebody asks it for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/style.css"


class Answer(BaseHTTPRequestHandler):
    """Answers with a style sheet."""

    server: Listener

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/css")
        self.end_headers()
        self.wfile.write(b"p { color: red }")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name in the standard library)
        pass


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def page(style: str = "", body: str = "<p>text</p>", head: str = "") -> str:
    return f"<!DOCTYPE html>\n<html><head>{head}<style>{style}</style></head><body>{body}</body></html>"


def test_rules_become_attributes_and_their_style_sheet_goes() -> None:
    result = inline(
        page("p { color: #123456; margin: 0 !important } .a { padding: 0 }", '<p class="a">text</p>'), required=[]
    )
    assert '<p class="a" style="color:#123456; padding:0; margin:0 !important">text</p>' in result
    assert "<style" not in result


def test_the_bundled_digest_says_its_colours_in_attributes() -> None:
    rendered = edition(article("A1"), article("A2")).html
    styled = rendered.split("<body")[1]
    assert "background-color:#f3f1ec" in styled
    assert "color:#9a2617" in styled
    assert "@media" not in styled


def test_rules_for_clients_that_read_style_sheets_survive_as_they_were() -> None:
    rendered = edition(article()).html
    block, strange = (part.split("</style>")[0] for part in rendered.split("\n<style>")[1:])
    assert "@media (prefers-color-scheme: dark) {" in block
    assert "@media (max-width: 619px) {" in block
    assert "a:hover { text-decoration: underline !important; }" in block
    assert "data-premailer" not in rendered
    # Gmail drops a sheet whole for a selector that it does not know, and all beyond 16 KB.
    assert "[data-og" not in block
    assert "[data-ogsc] .text" in strange
    assert len(block) + len(strange) < 8 * 1024


def test_conditional_comments_survive() -> None:
    rendered = edition(article()).html
    assert '<!--[if mso]><table role="presentation" width="600" align="center"' in rendered
    assert "<!--[if mso]></td></tr></table><![endif]-->" in rendered
    assert "<o:PixelsPerInch>96</o:PixelsPerInch>" in rendered
    assert rendered.count("<!--[if ") == rendered.count("<![endif]-->") == 4


def test_outlook_cuts_no_picture_to_the_height_of_a_line() -> None:
    sheet = edition(article()).html.split("<!--[if mso]><style>")[1].split("</style>")[0]
    exact = sheet.split(" { mso-line-height-rule: exactly; }")[0].splitlines()[-1]
    assert exact == "h2, h3, p"
    assert ".lead-picture { mso-line-height-rule: at-least; }" in sheet


def test_fonts_for_outlook_are_those_of_the_scripts_in_the_edition() -> None:
    sheet = edition(article(title="ข่าว", summary="ข่าว"), language="en").html.split("<!--[if mso]><style>")[1]
    assert ".thai, .thai p" in sheet
    assert ".latin, .latin p" in sheet
    assert ".arabic" not in sheet


def test_links_are_left_as_they_are() -> None:
    href = "https://wire.example.com/a?x=1&amp;y=[2]&amp;z=%E0%B8%81#top"
    assert f'href="{href}"' in inline(page("a { color: red }", f'<a href="{href}">a</a>'), required=[])


def test_text_of_every_script_stays_readable() -> None:
    body = "<p>ข่าวโลก 世界 أخبار 😀 &amp; &lt;b&gt; ]]&gt;</p>"
    assert body in inline(page(body=body), required=[])


@pytest.mark.parametrize(
    "trap",
    [
        '<style>@import url("{url}");</style>',
        "<style>@IMPORT '{url}';</style>",
        "<style>@\\69mport url({url});</style>",
        '<style>@media screen {{ @import "{url}"; }}</style>',
        '<link rel="stylesheet" href="{url}">',
        '<link rel="stylesheet" href="{url}" data-premailer="inline">',
        "<style>@font-face {{ font-family: x; src: url({url}) }} p {{ background: url({url}) }}</style>",
        '<base href="{url}"><style>p {{ background: url(style.css) }}</style>',
    ],
)
def test_nothing_is_fetched_whatever_the_style_sheet_says(listener: Listener, trap: str) -> None:
    with contextlib.suppress(TemplateError):
        inline(page("p { color: blue }", head=trap.format(url=listener.url)), required=[])
    assert listener.asked == []


def test_an_import_is_refused_with_the_way_out() -> None:
    with pytest.raises(TemplateError, match=r"@import.*write it out"):
        inline(page("@import url(https://styles.example.com/a.css); p { color: blue }"), required=[])


def test_the_word_import_in_the_text_is_no_import() -> None:
    result = inline(page("p { color: blue }", "<p>How @import works</p>"), required=["How @import works"])
    assert '<p style="color:blue">How @import works</p>' in result


def test_a_wrong_style_sheet_harms_no_other_rule() -> None:
    result = inline(page("p { colour: ; } } p { color: ; } b { color: blue }", "<p>text <b>bold</b></p>"), required=[])
    assert '<b style="color:blue">bold</b>' in result


def test_what_the_parser_drops_is_missed() -> None:
    # Below some 254 levels it keeps nothing, and says nothing.
    deep = "<div>" * 5_000 + '<p id="story-1">text</p>' + "</div>" * 5_000
    with pytest.raises(TemplateError, match="story-1"):
        inline(page(body=deep), required=['id="story-1"'])


TEXTS = st.text(max_size=60) | st.sampled_from(
    ["</table></body></html>", "<!--/reader-->", "-->", "]]>", "\u202e", "<![endif]-->"]
)
LINKS = st.none() | st.text(max_size=40).map("https://wire.example.com/{}".format) | TEXTS
ARTICLES = st.builds(
    article,
    code=st.just("A1"),
    title=TEXTS,
    summary=TEXTS,
    link=LINKS,
    via=st.none() | st.just("https://wire.example.com/a"),
    image=LINKS,
    authors=st.lists(TEXTS, max_size=2).map(tuple),
    language=st.sampled_from(["th", "en", "ar", "ja"]),
)


@settings(max_examples=40, deadline=None)
@given(told=st.lists(ARTICLES, min_size=1, max_size=4), listed=st.lists(ARTICLES, max_size=3))
def test_whatever_posts_hold_the_stories_the_footer_and_the_way_out_arrive(
    told: list[Article], listed: list[Article]
) -> None:
    try:
        rendered = edition(*told, more=listed)
    except TemplateError:
        return
    for number in range(len(told)):
        assert rendered.html.count(f'id="story-{number + 1}"') == 1
    assert by_id(rendered, f"story-{len(told)}").find(".//h2") is not None
    own = rendered.html.split("<!--reader-->")[-1].split("<!--/reader-->")[0]
    assert f'href="{UNSUBSCRIBE}"' in own
    assert rendered.html.count("reader.invalid") == 2
    assert "reader.invalid" not in web_edition(rendered)
    assert "1 Example Road" in text_of(by_id(rendered, "footer"))
