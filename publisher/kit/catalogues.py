"""The fixed words of a language: catalogues (`messages.po`) read at run time, and brought up to date with templates."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from publisher.model.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from babel.messages.catalog import Catalog, Message

#: A fixed phrase as templates have it, in English; of one that counts, singular and plural.
Phrase: TypeAlias = "str | tuple[str, str]"

_HEADER = re.compile(r'\A(?:#.*\n|\n)*msgid ""\nmsgstr ""\n(?:".*"\n)+')
_NEW_HEADER = """\
# Fixed words in {name}. Read when a page or a digest is rendered; nothing has to be compiled.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"
"""


@dataclass(frozen=True)
class Catalogue:
    """What one file has: its translations by the English (singular) phrase, a form for each plural."""

    path: Path
    messages: dict[str, tuple[str, ...]]
    #: Says which of the forms goes with a number.
    plural: Callable[[int], int]

    def find(self, message: str, number: int = 1) -> str | None:
        """Find a translation; None where it is missing."""
        forms = self.messages.get(message)
        return forms[min(self.plural(number), len(forms) - 1)] if forms else None


def primary(language: str) -> str:
    """Give a language without its script and region."""
    return language.partition("-")[0]


def catalogue_path(templates: Path, language: str) -> Path:
    """Say where a templates folder has the catalogue of a language."""
    return templates / "translations" / language / "messages.po"


def read(templates: Path, language: str) -> Catalogue | None:
    """Read a catalogue; None where there is none. Raises TemplateError."""
    path = catalogue_path(templates, language)
    if not path.is_file():
        return None
    catalogue = _parse(path, language)
    return Catalogue(path, dict(_translated(catalogue)), _plural_rule(catalogue, path))


def _parse(path: Path, language: str) -> Catalog:
    from babel import UnknownLocaleError
    from babel.messages.pofile import PoFileError, read_po

    try:
        content = path.read_bytes()
        return read_po(io.BytesIO(content), locale=_locale(language), abort_invalid=True)
    except OSError as error:
        raise TemplateError(f"{path} cannot be read ({error.strerror}): mend its permissions") from error
    except PoFileError as error:
        raise TemplateError(f"{path}, line {error.lineno + 1}: this is not how a catalogue is written") from error
    except UnicodeDecodeError as error:
        line = content[: content.find(error.object[error.start : error.end])].count(b"\n") + 1
        raise TemplateError(f"{path}, line {line}: this is not UTF-8: save the file as UTF-8") from error
    except (ValueError, LookupError, UnknownLocaleError) as error:
        raise TemplateError(f"{path} is not a catalogue ({error}): mend its header, or take the file away") from error


def _locale(language: str) -> str | None:
    """Name the locale that decides about plurals, where Babel knows it."""
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(language, sep="-"))
    except (UnknownLocaleError, ValueError):
        return None


def _translated(catalogue: Catalog) -> Iterator[tuple[str, tuple[str, ...]]]:
    for message in catalogue:
        forms = _forms(message)
        if message.id and forms and not message.context:
            yield message.id if isinstance(message.id, str) else message.id[0], forms


def _forms(message: Message) -> tuple[str, ...]:
    """Give the forms of a translation; none if one is missing, or if it is marked as doubtful."""
    forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    return forms if all(forms) and not message.fuzzy else ()


def _plural_rule(catalogue: Catalog, path: Path) -> Callable[[int], int]:
    from gettext import c2py

    try:
        rule: Callable[[int], int] = c2py(catalogue.plural_expr)
    except (ValueError, RecursionError) as error:
        raise TemplateError(f"{path} has Plural-Forms that are wrong ({error}): mend its header") from error
    return rule


def phrases_of(found: Iterable[Phrase]) -> tuple[Phrase, ...]:
    """Give each phrase once, in order; one that counts somewhere counts."""
    by_name: dict[str, Phrase] = {}
    for phrase in found:
        name = name_of(phrase)
        if name not in by_name or not isinstance(phrase, str):
            by_name[name] = phrase
    return tuple(by_name.values())


def name_of(phrase: Phrase) -> str:
    """Give what a phrase is known by."""
    return phrase if isinstance(phrase, str) else phrase[0]


def missing(phrases: Iterable[Phrase], catalogues: Sequence[Catalogue]) -> list[str]:
    """Name the phrases that no catalogue has."""
    return [name for name in map(name_of, phrases) if not any(catalogue.find(name) for catalogue in catalogues)]


def updated(path: Path, language: str, phrases: Iterable[Phrase]) -> bytes:
    """Write the catalogue that a file should be: these phrases, with what is translated in it already.

    Translations that no template needs any more stay at its end, as comments. Raises TemplateError.
    """
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    catalogue = _parse(path, language) if path.is_file() else Catalog(_locale(language))
    known = {name_of(message.id): message for message in (*catalogue.obsolete.values(), *catalogue) if message.id}
    for message in list(catalogue):
        catalogue.delete(message.id, message.context)
    catalogue.obsolete.clear()
    for phrase in phrases:
        old = known.pop(name_of(phrase), None)
        string = _kept(old, phrase) or (phrase if primary(language) == "en" else None)
        comments = old.user_comments if old else ()
        catalogue.add(phrase, string, user_comments=comments, flags=old.flags if old and string else ())
    for name, message in known.items():
        if _forms(message):
            catalogue.obsolete[name] = message
    written = io.BytesIO()
    write_po(written, catalogue, width=0, no_location=True, omit_header=True)
    return f"{_header(path, language, catalogue)}\n".encode() + written.getvalue().rstrip(b"\n") + b"\n"


def _kept(old: Message | None, phrase: Phrase) -> str | tuple[str, ...] | None:
    """Give the translation that a phrase had, unless it begins to count, or no longer does."""
    if old is None or isinstance(old.id, str) != isinstance(phrase, str):
        return None
    string = old.string if isinstance(old.string, str) else tuple(old.string or ())
    return string if any(string) else None


def _header(path: Path, language: str, catalogue: Catalog) -> str:
    """Leave what stands at the top of a file as it is."""
    from babel import Locale

    there = _HEADER.match(path.read_text("utf-8")) if path.is_file() else None
    if there:
        return there[0]
    locale = _locale(language)
    name = (locale and Locale.parse(locale).english_name) or language
    return _NEW_HEADER.format(name=name, language=language, plurals=catalogue.plural_forms)
