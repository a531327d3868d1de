"""Templates of the publication's own and the bundled ones, in the words and dates of a language."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from publisher.kit.bundled import bundled
from publisher.kit.templating import Templating, Words
from publisher.model.errors import TemplateError

if TYPE_CHECKING:
    from pathlib import Path

_BANGKOK = ZoneInfo("Asia/Bangkok")
#: In Bangkok it is the eleventh already.
_EVENING = datetime(2024, 11, 10, 18, 30, tzinfo=UTC)


@pytest.fixture
def templating(tmp_path: Path) -> Templating:
    """The templates of a publication that has none of its own yet."""
    return Templating(tmp_path / "templates", _BANGKOK)


def _own(templating: Templating, name: str, content: str | bytes) -> Path:
    path = templating.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _shipped(name: str) -> str:
    return (bundled("templates") / name).read_text("utf-8")


def _words(language: str) -> Words:
    return Words(language=language, zone=_BANGKOK, messages={})


def test_a_publication_without_templates_has_the_bundled_ones(templating: Templating) -> None:
    assert templating.render("site/site.css", "en") == _shipped("site/site.css")


def test_a_template_of_the_publication_replaces_the_bundled_one_of_its_name_alone(templating: Templating) -> None:
    other = templating.render("digest/clients.css", "en")
    _own(templating, "site/site.css", "body { color: {{ colour }} }\n")
    assert templating.render("site/site.css", "en", colour="teal") == "body { color: teal }\n"
    assert templating.render("digest/clients.css", "en") == other


def test_a_template_of_the_publication_may_include_a_bundled_one(templating: Templating) -> None:
    _own(templating, "page.html", "<style>{% include 'site/site.css' %}</style>")
    assert templating.render("page.html", "en") == f"<style>{_shipped('site/site.css')}</style>"


def test_html_is_escaped_and_text_is_not(templating: Templating) -> None:
    for name in ("page.html", "page.txt"):
        _own(templating, name, "{{ title }}")
    assert templating.render("page.html", "en", title="R&D <b>") == "R&amp;D &lt;b&gt;"
    assert templating.render("page.txt", "en", title="R&D <b>") == "R&D <b>"


def test_a_value_is_never_a_template(templating: Templating) -> None:
    _own(templating, "page.txt", "{{ title }}")
    assert templating.render("page.txt", "en", title="{{ 6 * 7 }}{% raw %}") == "{{ 6 * 7 }}{% raw %}"


@pytest.mark.parametrize("template", ["page.html", "../page.html", "parts/gone.html"])
def test_a_missing_template_is_named_with_the_folder_it_belongs_into(templating: Templating, template: str) -> None:
    _own(templating, "outer.html", f"{{% include '{template}' %}}")
    _own(templating, "../page.html", "outside")
    for name in (template, "outer.html"):
        with pytest.raises(TemplateError) as caught:
            templating.render(name, "en")
        assert f"the template {template} is missing" in str(caught.value)
        assert str(templating.folder) in str(caught.value)


def test_a_mistake_in_a_template_is_named_with_its_file_and_line(templating: Templating) -> None:
    path = _own(templating, "page.html", "<p>\n{% include 'part.html' %}\n")
    part = _own(templating, "part.html", "<p>\n\n{% if %}\n")
    with pytest.raises(TemplateError) as caught:
        templating.render("page.html", "en")
    assert str(caught.value).startswith(f"{part}, line 3: ")
    path.write_text("{{ title | shout }}")
    with pytest.raises(TemplateError) as caught:
        Templating(templating.folder, _BANGKOK).render("page.html", "en", title="x")
    assert str(caught.value).startswith(f"{path}, line 1: ")


@pytest.mark.parametrize(
    "content",
    [
        "{{ nobody }}",
        "{{ title.nothing.more }}",
        "{{ title.__class__.__mro__ }}",
        "{{ title + 1 }}",
        "{{ 1 / 0 }}",
        "{{ _('And {count} more', number=3) }}",
        b"caf\xe9",
    ],
    ids=["unknown name", "unknown part", "sandbox", "type", "sum", "place of a phrase", "not UTF-8"],
)
def test_whatever_a_template_does_wrong_is_one_error_that_names_it(
    templating: Templating, content: str | bytes
) -> None:
    _own(templating, "page.html", content)
    with pytest.raises(TemplateError, match=r"page\.html"):
        templating.render("page.html", "en", title="x")


_PHRASE = "{{ _('Read more') }}|{{ _('And {count} more', count=3) }}|{{ _('Nobody translated this') }}"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Read more|And 3 more|Nobody translated this"),
        ("th", "อ่านต่อ|และอีก 3 เรื่อง|Nobody translated this"),
        ("th-th", "อ่านต่อ|และอีก 3 เรื่อง|Nobody translated this"),
        ("xx", "Read more|And 3 more|Nobody translated this"),
    ],
)
def test_fixed_words_are_said_in_the_language_or_else_in_english(
    templating: Templating, language: str, said: str
) -> None:
    _own(templating, "page.txt", _PHRASE)
    assert templating.render("page.txt", language) == said


def test_a_catalogue_of_the_publication_replaces_the_words_it_has(templating: Templating) -> None:
    _own(templating, "page.txt", _PHRASE)
    _own(
        templating,
        "translations/th/messages.po",
        'msgid "Read more"\nmsgstr "อ่านเพิ่ม"\n\nmsgid "And {count} more"\nmsgstr ""\n',
    )
    assert templating.render("page.txt", "th") == "อ่านเพิ่ม|และอีก 3 เรื่อง|Nobody translated this"


def test_a_publication_may_bring_a_language(templating: Templating) -> None:
    _own(templating, "page.txt", "{{ _('Read more') }}")
    _own(templating, "translations/lo/messages.po", 'msgid "Read more"\nmsgstr "ອ່ານຕໍ່"\n')
    assert templating.render("page.txt", "lo") == "ອ່ານຕໍ່"


@pytest.mark.parametrize(
    "content", [b"hello", b'msgid "Read more"\nmsgstr "\xff"\n'], ids=["no catalogue", "not UTF-8"]
)
def test_a_spoilt_catalogue_is_named_every_time(templating: Templating, content: bytes) -> None:
    _own(templating, "page.txt", _PHRASE)
    path = _own(templating, "translations/th/messages.po", content)
    for _ in range(2):
        with pytest.raises(TemplateError) as caught:
            templating.render("page.txt", "th")
        assert str(path) in str(caught.value)


def test_a_phrase_translated_with_a_wrong_place_is_one_error(templating: Templating) -> None:
    _own(templating, "page.txt", _PHRASE)
    _own(templating, "translations/th/messages.po", 'msgid "And {count} more"\nmsgstr "และอีก {จำนวน} เรื่อง"\n')
    with pytest.raises(TemplateError):
        templating.render("page.txt", "th")


@pytest.mark.parametrize(
    ("language", "date", "day", "time"),
    [
        ("en", "Monday, 11 November 2024", "11 Nov 2024", "01:30"),
        ("en-us", "Monday, 11 November 2024", "11 Nov 2024", "01:30"),
        ("th", "วันจันทร์ที่ 11 พฤศจิกายน 2567", "11 พ.ย. 2567", "01:30 น."),
        ("th-th", "วันจันทร์ที่ 11 พฤศจิกายน 2567", "11 พ.ย. 2567", "01:30 น."),
        ("de", "Montag, 11. November 2024", "11.11.2024", "01:30"),
        ("zh-tw", "2024年11月11日 星期一", "2024年11月11日", "01:30"),
        ("de-nonsense", "Montag, 11. November 2024", "11.11.2024", "01:30"),
        ("tlh", "Monday, 11 November 2024", "11 Nov 2024", "01:30"),
    ],
)
def test_dates_are_those_of_the_zone_and_the_language(language: str, date: str, day: str, time: str) -> None:
    words = _words(language)
    assert (words.date(_EVENING), words.day(_EVENING), words.time(_EVENING)) == (date, day, time)


def test_the_buddhist_year_turns_with_the_local_one() -> None:
    words = _words("th")
    assert words.day(datetime(2024, 12, 31, 16, 59, tzinfo=UTC)) == "31 ธ.ค. 2567"
    assert words.day(datetime(2024, 12, 31, 17, 0, tzinfo=UTC)) == "1 ม.ค. 2568"


@pytest.mark.parametrize(
    ("language", "direction", "script"),
    [
        ("en", "ltr", "latin"),
        ("th", "ltr", "thai"),
        ("lo", "ltr", "thai"),
        ("ja", "ltr", "cjk"),
        ("zh-hant", "ltr", "cjk"),
        ("hi", "ltr", "devanagari"),
        ("ar-eg", "rtl", "latin"),
        ("ckb", "rtl", "latin"),
    ],
)
def test_a_language_has_a_direction_and_a_script(language: str, direction: str, script: str) -> None:
    assert (_words(language).direction, _words(language).script) == (direction, script)
