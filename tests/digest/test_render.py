"""An edition as readers get it: everything of every post is in it, as text, in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from publisher.digest.look import Look
from publisher.digest.render import PREFERENCES, UNSUBSCRIBE, DigestRenderer, web_edition
from publisher.kit.templating import Templating
from publisher.kit.text import clip
from publisher.kit.wrap import width
from publisher.model.edition import Correction, CorrectionKind, Draft
from publisher.model.errors import TemplateError
from publisher.model.post import Article, Extras
from publisher.model.ranking import Event
from tests.build import NOW, article

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publisher.model.edition import RenderedEdition
    from tests.conftest import Golden

NO_TEMPLATES = Path("no-templates-of-our-own")
TITLES = {"th": "ข่าวโลก", "en": "World briefing"}


def edition(
    *stories: Article | Event,
    more: Sequence[Article] = (),
    corrections: Sequence[Correction] = (),
    language: str = "en",
    folder: Path = NO_TEMPLATES,
    look: Look | None = None,
    **values: Any,
) -> RenderedEdition:
    renderer = DigestRenderer(
        templating=Templating(folder, ZoneInfo("Asia/Bangkok")),
        site_title="World Desk",
        postal_address="1 Example Road, Bangkok",
        look=look or Look(),
    )
    told, listed = (
        tuple(Event(article=each) if isinstance(each, Article) else each for each in some) for some in (stories, more)
    )
    made: dict[str, Any] = {
        "digest_title": TITLES.get(language, "World briefing"),
        "date": NOW,
        "web_url": f"https://news.example.org/digests/world/2024-11-10/{language}.html",
        "feed_url": f"https://news.example.org/feeds/{language}/world.html",
        "draft": Draft(stories=told, more=listed, corrections=tuple(corrections)),
    }
    return renderer.render(language=language, **(made | values))


def correction(**values: Any) -> Correction:
    made: dict[str, Any] = {
        "code": "C1",
        "kind": CorrectionKind.CORRECTED,
        "title": "Fourteen nations meet on water",
        "note": "",
        "link": "https://wire.example.com/C1",
        "mailed": NOW - timedelta(days=1),
        "moment": NOW,
    }
    return Correction(**(made | values))


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
        extras=Extras(image_alt="คนเข้าแถวหน้าหน่วยเลือกตั้ง", image_size=(1056, 704)),
    ),
    Event(
        article=article(
            "29002", title="น้ำท่วมภาคใต้", summary="", language="th", published=datetime(2024, 11, 8, 3, 0, tzinfo=UTC)
        ),
        also=(article("29004", via="https://other.example/29004"),),
    ),
    article("29003", title="ข่าวไม่มีลิงก์", language="th", link=None, via=None),
)
ENGLISH = (
    article("A1", title="Count goes on <after> a close vote", image="https://pictures.example.com/b.png"),
    article("A2", image="https://pictures.example.com/c.jpg", published=datetime(2024, 11, 9, 10, 0, tzinfo=UTC)),
)
ARABIC = (
    article(
        "B1",
        title="أسعار الأرز تبلغ أعلى مستوى",
        summary="خبر",
        language="ar",
        image="https://pictures.example.com/d.jpg",
    ),
    article(
        "B2", title="المتحف يفتح أرشيفه", summary="خبر آخر", language="ar", image="https://pictures.example.com/e.jpg"
    ),
    article("B3", title="A story in English", language="en"),
)
MORE = (article("A8"), article("A9", title="A title & no link", link=None, via=None))
WRONG = (
    correction(note="The report said twelve."),
    correction(kind=CorrectionKind.WITHDRAWN, title="Fares to double", link=None),
)


@pytest.mark.parametrize(("language", "stories"), [("th", THAI), ("en", ENGLISH), ("ar", ARABIC)])
def test_golden_edition(golden: Golden, language: str, stories: Sequence[Article | Event]) -> None:
    rendered = edition(*stories, more=MORE, corrections=WRONG, language=language)
    golden.check(f"digest/{language}.html", rendered.html.encode())
    golden.check(f"digest/{language}.txt", rendered.text.encode())
    golden.check(f"digest/{language}.web.html", web_edition(rendered).encode())
    golden.check(f"digest/{language}.subject.txt", f"{rendered.subject}\n{rendered.preheader}\n".encode())


def test_every_story_stands_in_its_place_in_order() -> None:
    rendered = edition(*(article(f"A{number}") for number in range(1, 21)))
    for number in range(1, 21):
        assert f"Title of A{number} What A{number} is about" in text_of(by_id(rendered, f"story-{number}"))
    places = [rendered.text.index(f"What A{number} is about") for number in range(1, 21)]
    assert places == sorted(places)
    assert rendered.stories == 20


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
    assert text_of(lead.find(".//h2")) == text_of(second.find(".//h2")) == clip(title, 240)
    assert text_of(by_id(rendered, "more")).startswith("And 1 more")
    assert "Unsubscribe" in text_of(by_id(rendered, "footer"))
    assert "World Desk, 1 Example Road, Bangkok" in web_edition(rendered)


@pytest.mark.parametrize(
    ("title", "language", "columns"),
    [
        ("A headline that fits", "en", range(36, 37)),
        ("Nine nations open talks on sharing the Velanda after the worst drought in forty years", "en", range(70, 79)),
        ("ผู้แทนเก้าชาติลุ่มน้ำเปิดเจรจาแบ่งน้ำ" * 9, "th", range(50, 79)),
        ("北部で洪水、住民が避難" * 9, "ja", range(60, 79)),
        ("👩‍👩‍👧‍👦" * 90, "en", range(60, 79)),
    ],
)
def test_a_subject_has_as_many_columns_as_are_shown(title: str, language: str, columns: range) -> None:
    rendered = edition(article("A1", title=title, language=language), language=language)
    assert width(rendered.subject) in columns
    assert rendered.subject.endswith("…") is (title != "A headline that fits")


def test_subject_and_preheader_are_one_short_line_each() -> None:
    rendered = edition(article("A1", title="long\r\nwords " * 500), article("A2", title="x" * 5_000))
    assert rendered.subject.startswith("World briefing: long words long")
    assert width(rendered.subject) <= 78
    assert len(rendered.preheader) <= 140
    assert rendered.subject.isprintable()


def test_the_preheader_tells_what_comes_after_the_lead() -> None:
    assert edition(*(article(f"A{n}") for n in range(1, 6))).preheader == "Title of A2 · Title of A3 · Title of A4"
    assert edition(article("A1", summary="What it is about.")).preheader == "What it is about."
    assert edition(article("A1", summary="")).preheader == "wire.example.com: Title of A1"


def test_nothing_of_the_edition_stands_beside_the_preheader_in_a_list_of_mails() -> None:
    shown = str(parsed(edition(article("A1"), article("A2"))).find_class("preheader")[0].text_content())
    assert shown.startswith("Title of A2\u034f\u200c\u00a0\u034f")
    assert len(shown) > 200
    assert set(shown.removeprefix("Title of A2")) == {"\u034f", "\u200c", "\u00a0"}


def test_a_correction_says_what_was_wrong_and_which_edition_had_it() -> None:
    rendered = edition(article(), corrections=[*WRONG, correction(title="A third", note="")])
    block = by_id(rendered, "corrections")
    assert text_of(block) == (
        "Corrections Fourteen nations meet on water The report said twelve. In the edition of 9 Nov 2024 "
        "Fares to double This story has been withdrawn. In the edition of 9 Nov 2024 "
        "A third This story has been updated. In the edition of 9 Nov 2024"
    )
    assert [a.get("href") for a in block.iter("a")] == ["https://wire.example.com/C1"] * 2
    assert "The report said twelve." in rendered.text


def test_a_story_that_was_withdrawn_says_so_before_it_says_why() -> None:
    gone = correction(kind=CorrectionKind.WITHDRAWN, note="Nobody could confirm it.")
    block = by_id(edition(article(), corrections=[gone]), "corrections")
    assert "This story has been withdrawn. Nobody could confirm it. In the edition of" in text_of(block)


def test_an_edition_that_mailed_nothing_wrong_has_no_corrections() -> None:
    assert 'id="corrections"' not in edition(article()).html


def test_what_does_not_fit_is_listed_before_what_was_to_be_listed_and_the_rest_is_in_the_feed() -> None:
    long = [article(f"A{n}", title=f"{n} {'ข่าว' * 60}", summary="ย่อ" * 90, language="th") for n in range(1, 101)]
    rendered = edition(*long, more=[article(f"M{n}", title=f"M{n} {'ข่าว' * 60}") for n in range(1, 401)])
    assert len(rendered.html.encode()) <= 70 * 1024
    assert 10 < rendered.stories < 100
    assert f'id="story-{rendered.stories}"' in rendered.html
    assert f'id="story-{rendered.stories + 1}"' not in rendered.html
    more = by_id(rendered, "more")
    titles = [text_of(item) for item in more.find_class("item")]
    assert titles[0].startswith(f"{rendered.stories + 1} ข่าว")
    assert text_of(more).startswith(f"And {500 - rendered.stories} more")
    assert titles[-1] == f"{500 - rendered.stories - (len(titles) - 1)} of them in the feed"
    assert more.find_class("beyond")[0].find("a").get("href") == "https://news.example.org/feeds/en/world.html"
    assert titles[-1] in rendered.text
    assert "Unsubscribe" in text_of(by_id(rendered, "footer"))


def test_a_button_leads_to_the_web_where_more_is_listed() -> None:
    rendered = edition(article(), more=[article("A2")])
    (button,) = by_id(rendered, "more").find_class("push")
    assert button.find("a").get("href") == "https://news.example.org/digests/world/2024-11-10/en.html"
    assert button.get("bgcolor") == "#9a2617"
    assert "mso-padding-alt:12px 24px" in button.get("style")


@pytest.mark.parametrize("shown", ["<svg", "base64", "@font-face", "@import", "<script", "url("])
def test_nothing_is_in_an_edition_that_mail_programs_drop_or_that_follows_readers(shown: str) -> None:
    rendered = edition(*THAI, more=MORE, corrections=WRONG, language="th")
    assert shown not in rendered.html
    assert [img.get("src") for img in parsed(rendered).iter("img")] == ["https://pictures.example.com/a.jpg?w=1&h=2"]


def test_what_is_over_the_number_of_stories_is_named_and_linked() -> None:
    rendered = edition(article("A1"), more=[article("A2"), article("A3", link=None, via=None)])
    more = by_id(rendered, "more")
    assert text_of(more) == "And 2 more Title of A2 Title of A3 Read on the web"
    assert [a.get("href") for item in more.find_class("item") for a in item.iter("a")] == [
        "https://wire.example.com/A2"
    ]
    assert rendered.stories == 1


def test_without_more_posts_nothing_is_said_of_them() -> None:
    rendered = edition(article("A1"))
    assert 'id="more"' not in rendered.html
    assert "more\n" not in rendered.text


@pytest.mark.parametrize(
    ("language", "stories", "start", "end"), [("en", ENGLISH, "left", "right"), ("ar", ARABIC, "right", "left")]
)
def test_sides_go_by_the_direction(language: str, stories: Sequence[Article], start: str, end: str) -> None:
    rendered = edition(*stories, corrections=WRONG, language=language)
    second = by_id(rendered, "story-2")
    assert f"text-align:{start}" in second.find_class("beside")[0].get("style")
    gap = "24px 0 0 20px" if start == "left" else "24px 20px 0 0"
    assert f"padding:{gap}" in second.find_class("beside")[0].get("style")
    assert f"border-{start}:6px solid" in parsed(rendered).find_class("note")[0].get("style")
    assert f"text-align:{end}" in parsed(rendered).find_class("aside")[0].get("style")


def test_words_of_another_direction_keep_it_within_a_line() -> None:
    rendered = edition(*ARABIC[:2], language="ar")
    (meta,) = by_id(rendered, "story-2").find_class("meta")
    assert meta.find("span").get("dir") == "ltr"
    assert text_of(meta.find("span")) == "wire.example.com"


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


def test_a_thousand_corrections_do_not_fill_an_edition() -> None:
    corrections = [correction(code=f"C{number}", title=f"Corrected {number}.") for number in range(1_000)]
    rendered = edition(article("A1"), corrections=corrections)
    shown = text_of(by_id(rendered, "corrections"))
    assert "Corrected 19." in shown
    assert "Corrected 20." not in shown
    assert shown.endswith("And 980 more")
    assert "\nAnd 980 more\n" in rendered.text
    assert len(rendered.html.encode()) <= 70 * 1024


def test_of_five_hundred_stories_those_that_fit_are_told_and_nobody_is_forgotten() -> None:
    rendered = edition(*(article(f"A{number}", summary="") for number in range(500)))
    count = int(text_of(by_id(rendered, "more")).split()[1])
    assert 20 < rendered.stories <= 80
    assert rendered.stories + count == 500
