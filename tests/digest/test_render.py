"""An edition as readers get it: everything of every post is in it, as text, in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from publisher.digest.render import PREFERENCES, UNSUBSCRIBE, DigestRenderer, web_edition
from publisher.kit.templating import Templating
from publisher.model.errors import TemplateError
from tests.build import NOW, article

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publisher.model.edition import RenderedEdition
    from publisher.model.post import Article
    from tests.conftest import Golden

NO_TEMPLATES = Path("no-templates-of-our-own")
TITLES = {"th": "ข่าวโลก", "en": "World briefing"}


def edition(
    *stories: Article, more: Sequence[Article] = (), language: str = "en", folder: Path = NO_TEMPLATES, **values: Any
) -> RenderedEdition:
    renderer = DigestRenderer(
        templating=Templating(folder, ZoneInfo("Asia/Bangkok")),
        site_title="World Desk",
        postal_address="1 Example Road, Bangkok",
    )
    made: dict[str, Any] = {
        "digest_title": TITLES.get(language, "World briefing"),
        "date": NOW,
        "web_url": f"https://news.example.org/digests/world/2024-11-10/{language}.html",
    }
    return renderer.render(language=language, stories=stories, more=more, **(made | values))


def write_template(folder: Path, name: str, content: str) -> Path:
    path = folder / "digest" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")
    return path


def parsed(rendered: RenderedEdition) -> Any:
    return html.document_fromstring(rendered.html)


def by_id(rendered: RenderedEdition, name: str) -> Any:
    return parsed(rendered).get_element_by_id(name)


def text_of(element: Any) -> str:
    return " ".join(str(element.text_content()).split())


THAI = (
    article(
        "29001",
        title="ผลเลือกตั้งวันแรก “คะแนน” สูสี & ตึงเครียด",
        summary="ผู้มีสิทธิออกมาใช้สิทธิมากที่สุดในรอบสิบปี เจ้าหน้าที่นับคะแนนข้ามคืน",
        language="th",
        published=datetime(2024, 11, 10, 10, 26, tzinfo=UTC),
        link="https://news.example.org/world/29001?a=1&b=2",
        image="https://pictures.example.com/a.jpg?w=1&h=2",
    ),
    article("29002", title="น้ำท่วมภาคใต้", summary="", language="th", published=datetime(2024, 11, 8, 3, 0, tzinfo=UTC)),
    article("29003", title="ข่าวไม่มีลิงก์", language="th", link=None, via=None),
)
ENGLISH = (
    article("A1", title="Count goes on <after> a close vote", image="https://pictures.example.com/b.png"),
    article("A2", image="https://pictures.example.com/c.jpg", published=datetime(2024, 11, 9, 10, 0, tzinfo=UTC)),
)
MORE = (article("A8"), article("A9", title="A title & no link", link=None, via=None))


@pytest.mark.parametrize(("language", "stories"), [("th", THAI), ("en", ENGLISH)])
def test_golden_edition(golden: Golden, language: str, stories: Sequence[Article]) -> None:
    rendered = edition(*stories, more=MORE, language=language)
    golden.check(f"digest/{language}.html", rendered.html.encode())
    golden.check(f"digest/{language}.txt", rendered.text.encode())
    golden.check(f"digest/{language}.web.html", web_edition(rendered).encode())
    golden.check(f"digest/{language}.subject.txt", f"{rendered.subject}\n{rendered.preheader}\n".encode())


def test_every_story_stands_in_its_place_in_order() -> None:
    rendered = edition(*(article(f"A{number}") for number in range(1, 31)))
    for number in range(1, 31):
        assert f"Title of A{number} What A{number} is about" in text_of(by_id(rendered, f"story-{number}"))
    places = [rendered.text.index(f"Title of A{number}\n") for number in range(1, 31)]
    assert places == sorted(places)


def test_the_readers_own_links_stand_between_their_marks_in_the_footer() -> None:
    rendered = edition(article())
    own = rendered.html.split("<!--reader-->")[1].split("<!--/reader-->")[0]
    assert f'href="{UNSUBSCRIBE}"' in own
    assert f'href="{PREFERENCES}"' in own
    assert rendered.html.count("reader.invalid") == own.count("reader.invalid") == 2
    assert "1 Example Road, Bangkok" in text_of(by_id(rendered, "footer"))
    footer = rendered.text.split("\n-- \n")[1]
    assert UNSUBSCRIBE in footer
    assert PREFERENCES in footer


def test_the_web_edition_is_the_mail_less_the_readers_own_links() -> None:
    rendered = edition(article("A1"), article("A2"), more=[article("A3")])
    page = web_edition(rendered)
    before, rest = rendered.html.split("<!--reader-->")
    assert page == before + rest.split("<!--/reader-->")[1]
    assert "reader.invalid" not in page
    assert "Unsubscribe" not in page


@pytest.mark.parametrize(
    "title",
    [
        "<b>bold</b> <script>alert(1)</script>",
        "{{ 7 * 7 }} {% include 'site/site.css' %} {# #}",
        "<!--reader--> <!--/reader--> <!--[if mso]>",
        'id="story-1" href="https://reader.invalid/unsubscribe"',
        "</td></tr></table></body>",
        "CSS in depth: what @import really costs",
        "x" * 5_000,
        "👩‍👩‍👧‍👦 é́ \u202eright to left\u202c \u2067isolated\u2069",
        "a & b &amp; c",
    ],
)
def test_a_title_is_text_whatever_it_holds(title: str) -> None:
    rendered = edition(article("A1", title=title, summary=title), article("A2", title=title), more=[article("A3")])
    lead, second = by_id(rendered, "story-1"), by_id(rendered, "story-2")
    assert text_of(lead.find(".//h2")) == text_of(second.find(".//h2")) == title
    assert text_of(by_id(rendered, "more")).startswith("And 1 more")
    assert "Unsubscribe" in text_of(by_id(rendered, "footer"))
    assert f"\n{title}\n" in rendered.text
    assert "World Desk, 1 Example Road, Bangkok" in web_edition(rendered)


def test_subject_and_preheader_are_one_short_line_each() -> None:
    rendered = edition(article("A1", title="long\r\nwords " * 500), article("A2", title="x" * 5_000))
    assert rendered.subject.startswith("World briefing: long words long")
    assert len(rendered.subject) <= 150
    assert len(rendered.preheader) <= 140
    assert rendered.subject.isprintable()


def test_the_preheader_tells_what_comes_after_the_lead() -> None:
    assert edition(*(article(f"A{n}") for n in range(1, 6))).preheader == "Title of A2 · Title of A3 · Title of A4"
    assert edition(article("A1", summary="What it is about.")).preheader == "What it is about."
    assert edition(article("A1", summary="")).preheader == "World briefing"


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        ("https://pictures.example.com/a.jpg", True),
        ("https://pictures.example.com/a?size=large", True),
        ("https://pictures.example.com/a.svg.png", True),
        ("https://pictures.example.com/a.svg", False),
        ("https://pictures.example.com/a.WEBP?w=600", False),
        ("https://pictures.example.com/a.avif#top", False),
        (None, False),
    ],
)
def test_a_picture_is_shown_where_mail_programs_can_show_it(image: str | None, shown: bool) -> None:
    rendered = edition(article("A1", image=image), article("A2", image=image))
    for place in ("story-1", "story-2"):
        assert [img.get("src") for img in by_id(rendered, place).iter("img")] == [image] * shown


def test_a_story_without_a_page_of_its_own_links_to_its_origin_or_to_nothing() -> None:
    rendered = edition(
        article("A1", link=None, via="https://www.wire.example.com/a1"), article("A2", link=None, via=None)
    )
    assert {a.get("href") for a in by_id(rendered, "story-1").iter("a")} == {"https://www.wire.example.com/a1"}
    assert list(by_id(rendered, "story-2").iter("a")) == []
    assert "https://www.wire.example.com/a1\n" in rendered.text


def test_the_source_is_the_origins_host_or_else_the_author() -> None:
    rendered = edition(
        article("A1", via="https://www.wire.example.com/a1"),
        article("A2", via=None, authors=("Jane Roe", "Another")),
        article("A3", via=None, authors=()),
    )
    for place, source in (("story-1", "wire.example.com · "), ("story-2", "Jane Roe · "), ("story-3", "World Desk · ")):
        assert source in text_of(by_id(rendered, place).find(".//p[@class='meta']"))


@pytest.mark.parametrize(
    ("published", "language", "shown"),
    [
        # NOW is 19:00 on 10 November in Bangkok.
        ("2024-11-10T10:26:00+00:00", "en", "17:26"),
        ("2024-11-10T10:26:00+00:00", "th", "17:26 น."),
        ("2024-11-09T17:00:00+00:00", "en", "00:00"),
        ("2024-11-09T16:59:59+00:00", "en", "9 Nov 2024"),
        ("2024-11-09T16:59:59+00:00", "th", "9 พ.ย. 2567"),
    ],
)
def test_a_story_of_today_shows_its_time_and_an_earlier_one_its_date(published: str, language: str, shown: str) -> None:
    rendered = edition(article("A1", published=datetime.fromisoformat(published)), language=language)
    meta = text_of(by_id(rendered, "story-1").find(".//p[@class='meta']"))
    assert f"wire.example.com · {shown}" in meta
    assert f"wire.example.com · {shown}\n" in rendered.text


def test_what_is_over_the_number_of_stories_is_named_and_linked() -> None:
    rendered = edition(article("A1"), more=[article("A2"), article("A3", link=None, via=None)])
    more = by_id(rendered, "more")
    assert text_of(more) == "And 2 more Title of A2 Title of A3"
    assert [a.get("href") for a in more.iter("a")] == ["https://wire.example.com/A2"]
    assert "And 2 more\n\n- Title of A2\n  https://wire.example.com/A2\n- Title of A3\n" in rendered.text


def test_without_more_posts_nothing_is_said_of_them() -> None:
    rendered = edition(article("A1"))
    assert 'id="more"' not in rendered.html
    assert "more\n" not in rendered.text


def test_a_long_summary_is_clipped() -> None:
    paragraph = by_id(edition(article("A1", summary="word " * 1_000)), "story-1").find(".//p[@class='lead-summary']")
    assert len(text_of(paragraph)) <= 280
    assert text_of(paragraph).endswith("word…")


def test_every_story_says_its_language_and_the_page_its_direction() -> None:
    rendered = edition(article("A1", language="en"), article("A2", language="fa"), language="ar")
    root = parsed(rendered)
    assert (root.get("lang"), root.get("dir")) == ("ar", "rtl")
    assert [by_id(rendered, f"story-{n}").get("lang") for n in (1, 2)] == ["en", "fa"]


def test_the_same_edition_gives_the_same_bytes() -> None:
    assert edition(*THAI, more=MORE, language="th") == edition(*THAI, more=MORE, language="th")


def test_a_template_of_ones_own_replaces_the_bundled_one(tmp_path: Path) -> None:
    write_template(
        tmp_path,
        "digest.html",
        "<html><head><style>b { color: #123456 }</style></head><body>"
        '{% for story in stories %}<b id="story-{{ loop.index }}">{{ story.title }}</b>{% endfor %}'
        '<div id="footer"><!--reader--><a href="{{ reader.unsubscribe }}">Go</a><!--/reader--></div></body></html>',
    )
    rendered = edition(article("A1", title="<1>"), folder=tmp_path)
    assert '<b id="story-1" style="color:#123456">&lt;1&gt;</b>' in rendered.html
    assert "Read on the web" not in rendered.html
    assert "Read on the web" in rendered.text


def test_a_style_sheet_of_ones_own_is_inlined_into_the_bundled_template(tmp_path: Path) -> None:
    write_template(tmp_path, "digest.css", ".name { color: #123456; }")
    (name,) = parsed(edition(article(), folder=tmp_path)).find_class("name")
    assert name.get("style") == "color:#123456"


def test_words_of_ones_own_replace_the_bundled_ones(tmp_path: Path) -> None:
    catalogue = tmp_path / "translations" / "th" / "messages.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Unsubscribe"\nmsgstr "เลิกรับ"\n',
        "utf-8",
    )
    footer = text_of(by_id(edition(article(), language="th", folder=tmp_path), "footer"))
    assert "เลิกรับ" in footer
    assert "ปรับการรับข่าว" in footer


@pytest.mark.parametrize("name", ["digest.html", "digest.txt"])
@pytest.mark.parametrize("broken", ["{% if %}", "{{ stroy.title }}", "{{ words.date() }}"])
def test_a_broken_template_is_named_with_its_line(tmp_path: Path, name: str, broken: str) -> None:
    write_template(tmp_path, name, f"<p>\n</p>\n{broken}\n")
    with pytest.raises(TemplateError, match=rf"{name}.*line 3"):
        edition(article(), folder=tmp_path)


@pytest.mark.parametrize("content", ["", "{# nothing #}", '<p id="story-1">{{ stories[0].title }}</p>'])
def test_a_template_without_a_way_to_unsubscribe_is_refused(tmp_path: Path, content: str) -> None:
    write_template(tmp_path, "digest.html", content)
    with pytest.raises(TemplateError, match="digest's template"):
        edition(article(), folder=tmp_path)


def test_a_missing_include_is_named_with_the_way_out(tmp_path: Path) -> None:
    write_template(tmp_path, "digest.html", '{% include "digest/house.css" %}')
    with pytest.raises(TemplateError, match=r"digest/house\.css is missing"):
        edition(article(), folder=tmp_path)
