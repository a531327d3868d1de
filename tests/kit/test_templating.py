"""Templates of the publication's own and the bundled ones, in the words and dates of a language."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from publisher.kit.bundled import bundled
from publisher.kit.templating import Limits, Templating
from publisher.model.errors import TemplateError

if TYPE_CHECKING:
    from pathlib import Path

_BANGKOK = ZoneInfo("Asia/Bangkok")


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


def test_a_publication_without_templates_has_the_bundled_ones(templating: Templating) -> None:
    assert templating.render("site/copy.js", "en") == _shipped("site/copy.js")


def test_a_template_of_the_publication_replaces_the_bundled_one_of_its_name_alone(templating: Templating) -> None:
    other = templating.render("site/copy.js", "en")
    _own(templating, "site/site.css", "body { color: {{ colour }} }\n")
    assert templating.render("site/site.css", "en", colour="teal") == "body { color: teal }\n"
    assert templating.render("site/copy.js", "en") == other


def test_a_template_of_the_publication_may_include_a_bundled_one(templating: Templating) -> None:
    _own(templating, "page.html", "<script>{% include 'site/copy.js' %}</script>")
    assert templating.render("page.html", "en") == f"<script>{_shipped('site/copy.js')}</script>"


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


def test_a_template_may_extend_the_bundled_one_that_it_stands_for(templating: Templating) -> None:
    _own(
        templating,
        "site/page.html",
        "{% extends 'publisher/site/page.html' %}{% block main %}<p>{{ mine }}</p>{% endblock %}",
    )
    _own(templating, "site/index.html", "{% extends 'site/page.html' %}")
    values = {"up": "", "site_title": "World Desk", "canonical": "", "postal_address": "1 Example Road", "mine": "Ours"}
    page = templating.render("site/index.html", "th", **values)
    assert page.startswith('<!DOCTYPE html>\n<html lang="th"')
    assert "<p>Ours</p>" in page


def test_what_a_bundled_template_builds_on_may_be_the_publications_own(templating: Templating) -> None:
    _own(templating, "site/page.html", "Our page")
    assert templating.render("publisher/site/index.html", "en") == "Our page"


def test_a_bundled_template_has_a_name_that_no_other_can_take(templating: Templating) -> None:
    before = templating.render("publisher/site/copy.js", "en")
    for name in ("site/copy.js", "publisher/site/copy.js"):
        _own(templating, name, "// ours")
    assert templating.render("publisher/site/copy.js", "en") == before
    assert templating.render("site/copy.js", "en") == "// ours"


def test_phrases_that_count_have_the_forms_of_their_language(templating: Templating) -> None:
    _own(templating, "page.txt", "{{ ngettext('{count} story', '{count} stories', n, count=n) }}")
    _own(
        templating,
        "translations/ar/messages.po",
        'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n==2 ? 1 : 2);\\n"\n\n'
        'msgid "{count} story"\nmsgid_plural "{count} stories"\n'
        'msgstr[0] "خبر"\nmsgstr[1] "خبران"\nmsgstr[2] "{count} أخبار"\n',
    )
    _own(templating, "translations/ja/messages.po", 'msgid "{count} story"\nmsgstr "{count}件"\n')
    said = {
        language: [templating.render("page.txt", language, n=n) for n in (1, 2, 5)] for language in ("en", "ar", "ja")
    }
    assert said == {
        "en": ["1 story", "2 stories", "5 stories"],
        "ar": ["خبر", "خبران", "5 أخبار"],
        "ja": ["1件", "2件", "5件"],
    }


def test_the_words_of_a_region_come_before_those_of_its_language(templating: Templating) -> None:
    _own(templating, "page.txt", "{{ gettext('Read more') }}, {{ _('Subscribe') }}")
    _own(
        templating,
        "translations/pt/messages.po",
        'msgid "Read more"\nmsgstr "Ler mais"\n\nmsgid "Subscribe"\nmsgstr "Subscrever"\n',
    )
    _own(templating, "translations/pt-br/messages.po", 'msgid "Subscribe"\nmsgstr "Assinar"\n')
    assert templating.render("page.txt", "pt-br") == "Ler mais, Assinar"
    assert templating.render("page.txt", "pt") == "Ler mais, Subscrever"


_MISTAKES = {
    "unknown name": ("{{ nobody }}", "'nobody' is undefined: mend it"),
    "unknown filter": ("{{ 1 | shout }}", "No filter named 'shout': mend it"),
    "syntax": ("{% if %}", "Expected an expression, got 'end of statement block': mend it"),
    "type": ("{{ 'x' + 1 }}", 'can only concatenate str (not "int") to str: mend it'),
    "no message": ("{{ [].pop() }}", "pop from empty list: mend it"),
    "power": ("{{ 9 ** 2000 }}", "powers above 1000 are not for templates: mend it"),
    "range": ("{% for _ in range(10 ** 9) %}{% endfor %}", "Range too big"),
    "no template": ("{% include 'gone.html' %}", "the template gone.html is missing: put it into "),
    "itself": ("{% include 'page.html' %}", "this comes round to itself without end; "),
    "macro": ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "this comes round to itself without end; "),
    "loop": (
        "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}",
        "this takes more than 0.3 s, as a loop without end does: mend it",
    ),
    "memory": ("{{ 'x' * 10 ** 10 }}", "this takes more than 64 MB of memory, as a loop without end does: mend it"),
}


@pytest.mark.parametrize(("mistake", "said"), _MISTAKES.values(), ids=_MISTAKES.keys())
@pytest.mark.parametrize("nested", [False, True])
def test_every_mistake_is_one_sentence_with_its_file_and_line(
    templating: Templating, mistake: str, said: str, nested: bool
) -> None:
    page = _own(templating, "page.html", f"<p>\n{mistake}\n</p>\n")
    _own(templating, "outer.html", "\n\n\n{% include 'page.html' %}")
    hasty = Templating(templating.folder, _BANGKOK, Limits(seconds=0.3, memory=64 * 2**20))
    with pytest.raises(TemplateError) as caught:
        hasty.render("outer.html" if nested else "page.html", "en")
    assert str(caught.value).startswith(f"{page}, line 2: {said}")
    assert "\n" not in str(caught.value)


def test_a_template_without_end_is_waited_for_once(templating: Templating) -> None:
    loop = _own(templating, "page.html", _MISTAKES["loop"][0])
    hasty = Templating(templating.folder, _BANGKOK, Limits(seconds=0.05))
    with pytest.raises(TemplateError) as first:
        hasty.render("page.html", "en")
    loop.write_text("mended")
    with pytest.raises(TemplateError) as second:
        hasty.render("page.html", "th")
    assert str(second.value) == str(first.value)
    assert Templating(templating.folder, _BANGKOK).render("page.html", "en") == "mended"


def test_more_than_any_page_has_is_refused_with_the_line_that_makes_it(templating: Templating) -> None:
    page = _own(templating, "page.html", "\n{% for _ in range(2000) %}{{ 'x' * 99 }}{% endfor %}")
    with pytest.raises(TemplateError) as caught:
        Templating(templating.folder, _BANGKOK, Limits(output=100_000)).render("page.html", "en")
    said = "this makes more than 100,000 characters, as a loop without end does"
    assert str(caught.value) == f"{page}, line 2: {said}: mend it"


def test_what_is_not_utf_8_is_named_with_its_line(templating: Templating) -> None:
    page = _own(templating, "page.html", b"<p>\ncaf\xe9\n")
    for path, name in ((page, "page.html"), (page, "outer.html")):
        _own(templating, "outer.html", "{% include 'page.html' %}")
        with pytest.raises(TemplateError) as caught:
            templating.render(name, "en")
        assert str(caught.value) == f"{path}, line 2: this is not UTF-8: mend it"


def test_who_brings_a_bundled_template_into_trouble_is_named_first(templating: Templating) -> None:
    page = _own(templating, "site/index.html", "\n{% extends 'publisher/site/index.html' %}")
    with pytest.raises(TemplateError) as caught:
        templating.render("site/index.html", "en")
    assert str(caught.value).startswith(f"{page}, line 2 (by way of {bundled('templates')}/site/")
    assert str(caught.value).endswith(" is undefined: mend it, or take the file away to have the bundled one")


def test_a_translation_with_a_place_that_nothing_fills_names_its_file(templating: Templating) -> None:
    page = _own(templating, "page.txt", "\n{{ _('And {count} more', count=3) }}")
    path = _own(templating, "translations/th/messages.po", 'msgid "And {count} more"\nmsgstr "อีก {number}"\n')
    with pytest.raises(TemplateError) as caught:
        templating.render("page.txt", "th")
    assert str(caught.value) == (
        f"{page}, line 2: {path} translates 'And {{count}} more' with a place that nothing fills: use {{count}}"
    )


def test_the_phrases_are_those_of_all_templates_each_once_in_order(templating: Templating) -> None:
    _own(templating, "mine.html", "{{ _('Ours') }}{{ _(title) }}{{ gettext('Read more') }}{{ ngettext('One', n) }}")
    _own(
        templating,
        "other.txt",
        "{{ _('Ours') }}\n{{ ngettext('{n} of ours', 'all {n} of ours', 2, n=2) }}{{ other('No') }}",
    )
    _own(templating, "third.txt", "{{ _('{n} of ours', n=1) }}")
    _own(templating, "starter/post.html", "{{ _('Not this') }}")
    _own(templating, "notes.md", "{{ _('Nor this') }}")
    phrases = templating.phrases
    assert phrases[-2:] == ("Ours", ("{n} of ours", "all {n} of ours"))
    assert "Read more" in phrases[:-2]
    assert len(set(phrases)) == len(phrases)


def test_the_phrases_of_a_broken_template_cannot_be_listed(templating: Templating) -> None:
    path = _own(templating, "mine.html", "\n{% if %}")
    with pytest.raises(TemplateError) as caught:
        templating.missing("en")
    assert str(caught.value).startswith(f"{path}, line 2: ")
    path.write_bytes(b"caf\xe9")
    with pytest.raises(TemplateError, match=r"mine\.html: .* mend it"):
        templating.missing("en")
