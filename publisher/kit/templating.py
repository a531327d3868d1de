"""Jinja, set up once: sandboxed, strict, escaping, with the publication's own templates before the bundled ones."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from publisher.kit.bundled import bundled
from publisher.model.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from babel import Locale
    from jinja2 import Environment

#: Scripts that are written from right to left, by their languages.
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "sd", "ug", "yi", "dv", "ckb"})
#: The script that decides about fonts and line height, by language.
_SCRIPTS = {"th": "thai", "lo": "thai", "zh": "cjk", "ja": "cjk", "ko": "cjk", "hi": "devanagari", "mr": "devanagari"}


@dataclass(frozen=True)
class Templating:
    """Renders the templates of a publication in a language."""

    #: The publication's own templates; a file there replaces the bundled one of the same name.
    folder: Path
    zone: ZoneInfo
    _catalogues: dict[str, dict[str, str]] = field(default_factory=dict)

    @cached_property
    def _environment(self) -> Environment:
        import jinja2
        from jinja2.sandbox import SandboxedEnvironment

        return SandboxedEnvironment(
            loader=jinja2.FileSystemLoader([self.folder, bundled("templates")]),
            autoescape=lambda name: not (name or "").endswith(".txt"),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def render(self, name: str, language: str, **values: object) -> str:
        """Render a template with the words and dates of `language`.

        Raises TemplateError, which names the file and, where there is one, the line.
        """
        import jinja2

        words = Words(language=language, zone=self.zone, messages=self._messages(language))
        try:
            template = self._environment.get_template(name)
            return template.render(words=words, _=words.translate, **values)
        except jinja2.TemplateNotFound as error:
            raise TemplateError(
                f"the template {error.name} is missing: put it into {self.folder}, or install publisher again"
            ) from error
        except jinja2.TemplateSyntaxError as error:
            raise TemplateError(f"{error.filename or name}, line {error.lineno}: {error.message}") from error
        except Exception as error:  # a template is a program of the user's: whatever it raises is theirs to mend
            raise TemplateError(f"{_place_of(error, name)}: {error or type(error).__name__}") from error

    @property
    def fingerprint(self) -> str:
        """Changes whenever a template or a catalogue may have changed, here or in the program."""
        files = [path for folder in (self.folder, bundled("templates")) for path in sorted(folder.rglob("*.*"))]
        return repr([(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files])

    def _messages(self, language: str) -> dict[str, str]:
        """Read the catalogue of a language; English, whose words the templates have, needs none."""
        primary = _primary(language)
        if primary not in self._catalogues:
            messages: dict[str, str] = {}
            for folder in (bundled("templates"), self.folder):
                path = folder / "translations" / primary / "messages.po"
                if path.is_file():
                    messages.update(_read_catalogue(path))
            self._catalogues[primary] = messages
        return self._catalogues[primary]


def _primary(language: str) -> str:
    return language.partition("-")[0]


def _place_of(error: Exception, name: str) -> str:
    """Find the line of a template that an error comes from; jinja2 puts templates into the traceback."""
    place = f"the template {name}"
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.endswith((".html", ".txt", ".css")):
            place = f"{frame.filename}, line {frame.lineno}"
    return place


def _read_catalogue(path: Path) -> dict[str, str]:
    from babel.messages.pofile import PoFileError, read_po

    try:
        with path.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise TemplateError(f"{path} is not a translation catalogue: {error}") from error
    return {
        message.id: message.string
        for message in catalogue
        if isinstance(message.id, str) and isinstance(message.string, str) and message.id and message.string
    }


@dataclass(frozen=True, kw_only=True)
class Words:
    """The fixed words, dates and direction of one language."""

    language: str
    zone: ZoneInfo
    messages: dict[str, str]

    def translate(self, message: str, **values: object) -> str:
        """Say a fixed phrase in this language, or in English where it is missing, with its places filled."""
        phrase = self.messages.get(message, message)
        return phrase.format(**values) if values else phrase

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        return "rtl" if _primary(self.language) in _RIGHT_TO_LEFT else "ltr"

    @property
    def script(self) -> str:
        """`latin`, `thai`, `cjk` or `devanagari`: what fonts and line height go by."""
        return _SCRIPTS.get(_primary(self.language), "latin")

    @cached_property
    def _locale(self) -> Locale:
        from babel import Locale, UnknownLocaleError

        for name in (self.language, _primary(self.language)):
            try:
                return Locale.parse(name, sep="-")
            except (UnknownLocaleError, ValueError):
                continue
        return Locale("en")

    def date(self, moment: datetime) -> str:
        """Write a date in full: `Sunday, 10 November 2024`, `วันอาทิตย์ที่ 10 พฤศจิกายน 2567`."""
        local = moment.astimezone(self.zone)
        if self._locale.language == "th":
            # Babel has no Buddhist calendar.
            return f"{self._format(local, 'EEEEที่ d MMMM')} {local.year + 543}"
        return self._format(local, "EEEE, d MMMM y" if self._locale.language == "en" else "full")

    def day(self, moment: datetime) -> str:
        """Write a date short: `10 Nov 2024`, `10 พ.ย. 2567`."""
        local = moment.astimezone(self.zone)
        if self._locale.language == "th":
            return f"{self._format(local, 'd MMM')} {local.year + 543}"
        return self._format(local, "d MMM y" if self._locale.language == "en" else "medium")

    def time(self, moment: datetime) -> str:
        """Write a time of day: `17:26`, `17:26 น.`."""
        suffix = " น." if self._locale.language == "th" else ""
        return f"{moment.astimezone(self.zone):%H:%M}{suffix}"

    def _format(self, local: datetime, pattern: str) -> str:
        from babel.dates import format_date

        formatter: Callable[..., Any] = format_date
        return str(formatter(local, pattern, locale=self._locale))
