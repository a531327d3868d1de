"""Catalogues of fixed words: read as they are, and brought up to date without losing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publisher.kit import catalogues
from publisher.model.errors import TemplateError

if TYPE_CHECKING:
    from pathlib import Path

_HEADER = """\
# By the desk.

msgid ""
msgstr ""
"Language: fr\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"
"X-Desk: seen\\n"
"""


def _catalogue(tmp_path: Path, content: str | bytes, language: str = "fr") -> Path:
    path = catalogues.catalogue_path(tmp_path, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _read(tmp_path: Path, content: str, language: str = "fr") -> catalogues.Catalogue:
    _catalogue(tmp_path, content, language)
    catalogue = catalogues.read(tmp_path, language)
    assert catalogue is not None
    return catalogue


def test_a_translation_that_is_empty_doubtful_or_of_another_context_is_missing(tmp_path: Path) -> None:
    catalogue = _read(
        tmp_path,
        'msgid "One"\nmsgstr ""\n\n#, fuzzy\nmsgid "Two"\nmsgstr "Deux"\n\n'
        'msgctxt "clock"\nmsgid "Three"\nmsgstr "Trois"\n\n'
        'msgid "{n} day"\nmsgid_plural "{n} days"\nmsgstr[0] "{n} jour"\nmsgstr[1] ""\n\n'
        '#~ msgid "Five"\n#~ msgstr "Cinq"\n',
    )
    assert [catalogue.find(name) for name in ("One", "Two", "Three", "{n} day", "Five")] == [None] * 5


def test_without_a_rule_of_its_own_a_catalogue_has_that_of_its_language(tmp_path: Path) -> None:
    counted = 'msgid "{n} day"\nmsgid_plural "{n} days"\nmsgstr[0] "one"\nmsgstr[1] "some"\n'
    french, english = (_read(tmp_path, counted, language) for language in ("fr", "en-gb"))
    nobodys = _read(tmp_path, counted, "tlh")
    assert [french.find("{n} day", n) for n in (0, 1, 2)] == ["one", "one", "some"]
    assert [english.find("{n} day", n) for n in (0, 1, 2)] == ["some", "one", "some"]
    assert [nobodys.find("{n} day", n) for n in (0, 1, 2)] == ["some", "one", "some"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'msgid "A"\nmsgstr "\xc3\xa0"\n\nmsgid "B"\nmsgstr "\xff"\n', ", line 5: this is not UTF-8"),
        (b'msgid "A"\nmsgstr "B"\n\nhello\n', ", line 4: this is not how a catalogue is written"),
        (
            b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=nonsense\\n"\n\nmsgid "A"\nmsgstr "B"\n',
            " is not a",
        ),
        (b'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=some; plural=0;\\n"\n', " is not a catalogue ("),
        (b'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=n(1);\\n"\n', " has Plural-Forms that are wrong ("),
    ],
    ids=["not UTF-8", "no catalogue", "charset", "number of plurals", "rule of plurals"],
)
def test_a_spoilt_catalogue_is_one_sentence_with_its_place(tmp_path: Path, content: bytes, said: str) -> None:
    path = _catalogue(tmp_path, content)
    with pytest.raises(TemplateError) as caught:
        catalogues.read(tmp_path, "fr")
    assert str(caught.value).startswith(f"{path}{said}")
    assert "\n" not in str(caught.value)


def test_a_catalogue_that_may_not_be_read_is_one_sentence(tmp_path: Path) -> None:
    path = _catalogue(tmp_path, "")
    path.unlink()
    path.symlink_to("/proc/self/mem")
    with pytest.raises(TemplateError, match=r"messages\.po cannot be read"):
        catalogues.read(tmp_path, "fr")


def test_a_new_catalogue_has_every_phrase_and_the_plurals_of_its_language(tmp_path: Path) -> None:
    path = catalogues.catalogue_path(tmp_path, "fr")
    written = catalogues.updated(path, "fr", ["Copy", ("{count} day", "{count} days")]).decode()
    assert written.startswith("# Fixed words in French.")
    assert '"Language: fr\\n"\n' in written
    assert '"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n' in written
    assert written.endswith(
        '\n\nmsgid "Copy"\nmsgstr ""\n\n#, python-brace-format\nmsgid "{count} day"\nmsgid_plural "{count} days"\n'
        'msgstr[0] ""\nmsgstr[1] ""\n'
    )
    assert catalogues.updated(catalogues.catalogue_path(tmp_path, "tlh"), "tlh", []).startswith(
        b"# Fixed words in tlh."
    )


def test_english_says_what_the_templates_say(tmp_path: Path) -> None:
    written = catalogues.updated(catalogues.catalogue_path(tmp_path, "en"), "en", ["Copy", ("{n} day", "{n} days")])
    assert b'msgid "Copy"\nmsgstr "Copy"\n' in written
    assert b'msgstr[0] "{n} day"\nmsgstr[1] "{n} days"\n' in written


def test_what_is_translated_stays_with_its_comments_below_the_same_header(tmp_path: Path) -> None:
    old = f'{_HEADER}\n# As on the button.\nmsgid "Copy"\nmsgstr "Copier"\n\n#, fuzzy\nmsgid "Old"\nmsgstr "Vieux"\n'
    path = _catalogue(tmp_path, old)
    assert catalogues.updated(path, "fr", ["Copy", "Old"]).decode() == old
    written = catalogues.updated(path, "fr", ["New", "Copy", "Old"]).decode()
    assert written == old.replace("# As on", 'msgid "New"\nmsgstr ""\n\n# As on')


def test_what_no_template_needs_is_kept_as_a_comment_and_comes_back(tmp_path: Path) -> None:
    old = f'{_HEADER}\n# As on the button.\nmsgid "Copy"\nmsgstr "Copier"\n\nmsgid "Empty"\nmsgstr ""\n'
    path = _catalogue(tmp_path, old)
    without = catalogues.updated(path, "fr", [])
    assert without.decode() == f'{_HEADER}\n# As on the button.\n#~ msgid "Copy"\n#~ msgstr "Copier"\n'
    path.write_bytes(without)
    assert catalogues.updated(path, "fr", []) == without
    assert catalogues.updated(path, "fr", ["Copy", "Empty"]).decode() == old


def test_a_phrase_that_begins_to_count_wants_a_new_translation(tmp_path: Path) -> None:
    path = _catalogue(tmp_path, f'{_HEADER}\nmsgid "{{n}} day"\nmsgstr "{{n}} jours"\n')
    assert b'msgstr[0] ""\nmsgstr[1] ""\n' in catalogues.updated(path, "fr", [("{n} day", "{n} days")])
    path = _catalogue(
        tmp_path, f'{_HEADER}\nmsgid "{{n}} day"\nmsgid_plural "{{n}} days"\nmsgstr[0] "{{n}} jour"\nmsgstr[1] ""\n'
    )
    assert b'msgstr[0] "{n} jour"\nmsgstr[1] ""\n' in catalogues.updated(path, "fr", [("{n} day", "{n} days")])


def test_a_catalogue_without_a_header_gets_one(tmp_path: Path) -> None:
    path = _catalogue(tmp_path, 'msgid ""\n"Copy"\nmsgstr "Copier"\n')
    written = catalogues.updated(path, "fr", ["Copy"])
    assert written.startswith(b"# Fixed words in French.")
    assert written.endswith(b'\n\nmsgid "Copy"\nmsgstr "Copier"\n')
    path.write_bytes(written)
    assert catalogues.updated(path, "fr", ["Copy"]) == written
