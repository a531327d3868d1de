"""`publish translations`: files for translators, as the templates need them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from publisher.kit.bundled import bundled
from publisher.kit.catalogues import name_of
from publisher.kit.templating import Templating
from tests.cli.conftest import tree
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Publish

BUNDLED = ("ar", "en", "ja", "th")


def _own(publish: Publish, name: str, content: str) -> Path:
    path = publish.folder / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")
    return path


def _bundled() -> Templating:
    return Templating(bundled("templates"), ZoneInfo("UTC"))


def _names() -> list[str]:
    return [name_of(phrase) for phrase in _bundled().phrases]


@pytest.mark.parametrize("language", BUNDLED)
def test_what_travels_with_the_program_is_translated_whole(language: str) -> None:
    (catalogue,) = _bundled().words(language).catalogues
    assert list(catalogue.messages) == _names()
    for phrase, forms in catalogue.messages.items():
        # A form for two, say, may leave the number out; the one for most numbers never does.
        assert sorted(re.findall(r"{\w+}", forms[-1])) == sorted(re.findall(r"{\w+}", phrase))
        assert (phrase.endswith(" "), phrase.startswith(" ")) == (forms[-1].endswith(" "), forms[-1].startswith(" "))


def test_the_catalogues_of_this_repository_are_up_to_date(publish: Publish) -> None:
    done = publish("translations", "--check", "--config", str(ROOT / "config" / "publisher.toml"), "--json")
    found = {each["language"]: (each["missing"], each["changed"]) for each in done.json["translations"]}
    assert found == dict.fromkeys(BUNDLED, ([], False))
    assert done.code == 0


def test_a_publication_without_words_of_its_own_needs_no_file(publish: Publish) -> None:
    done = publish("translations")
    assert done.code == 0
    assert [line.partition(": ")[0] for line in done.out.splitlines()] == ["en", "th"]
    assert done.out.count(" 0 missing; no file needed") == 2
    assert not (publish.folder / "templates").exists()


def test_a_new_language_gets_every_word_once_and_is_left_alone_then(publish: Publish) -> None:
    done = publish("translations", "fr", "fr")
    count = len(_names())
    assert done.out == f"fr: {count} words, {count} missing; templates/translations/fr/messages.po is written\n"
    before = tree(publish.folder)
    again = publish("translations", "fr")
    assert again.out.endswith("messages.po stays as it is\n")
    assert publish("translations", "fr", "--check").code == 0
    assert tree(publish.folder) == before


def test_the_file_of_a_bundled_language_has_only_what_differs(publish: Publish) -> None:
    _own(publish, "mine.html", "{{ _('Ours') }}")
    path = _own(
        publish, "translations/th/messages.po", 'msgid "Read more"\nmsgstr "อ่านเพิ่ม"\n\nmsgid "Copy"\nmsgstr ""\n'
    )
    assert publish("translations").code == 0
    assert (
        path.read_text("utf-8").partition('\n\nmsgid "')[2]
        == 'Read more"\nmsgstr "อ่านเพิ่ม"\n\nmsgid "Ours"\nmsgstr ""\n'
    )
    assert not (path.parent.parent / "en").exists()
    assert publish("translations", "en", "--json").json["translations"][0]["changed"]


def test_a_check_writes_nothing_and_exits_with_one(publish: Publish) -> None:
    before = tree(publish.folder)
    done = publish("translations", "fr", "--check")
    assert done.code == 1
    assert done.out.endswith("messages.po would be written\n")
    assert publish("translations", "fr", "--check", "--quiet").out == ""
    assert tree(publish.folder) == before


def test_programs_are_told_every_word_that_is_missing(publish: Publish) -> None:
    _own(publish, "mine.html", "{{ _('Ours') }}")
    done = publish("translations", "th", "--check", "--json")
    path = "templates/translations/th/messages.po"
    said = {"language": "th", "path": path, "words": len(_names()) + 1, "missing": ["Ours"], "changed": True}
    assert done.json == {"translations": [said]}


def test_what_is_no_language_is_refused(publish: Publish) -> None:
    done = publish("translations", "french please")
    assert done.code == 2
    assert done.is_one_sentence()
    assert "language tag" in done.err


@pytest.mark.parametrize(
    ("name", "content"), [("mine.html", "{% if %}"), ("translations/th/messages.po", "hello")], ids=["template", "file"]
)
def test_what_cannot_be_read_is_one_sentence(publish: Publish, name: str, content: str) -> None:
    path = _own(publish, name, content)
    done = publish("translations")
    assert done.code == 3
    assert done.is_one_sentence()
    assert f"{path}, line 1: " in done.err


def test_a_file_that_cannot_be_written_is_one_sentence(publish: Publish) -> None:
    _own(publish, "translations", "in the way")
    done = publish("translations", "fr")
    assert done.code == 3
    assert done.is_one_sentence()
    assert "messages.po cannot be written" in done.err
