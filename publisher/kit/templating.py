"""Jinja, set up once: sandboxed, strict, escaping, with the publication's own templates before the bundled ones."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from publisher.kit import catalogues
from publisher.kit.bundled import bundled
from publisher.kit.limits import TooLongError, limited
from publisher.kit.words import Words
from publisher.model.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from jinja2 import Environment, Template

    from publisher.kit.catalogues import Catalogue, Phrase

_SUFFIXES = (".html", ".txt", ".css", ".js", ".xml")
_NO_TEMPLATES = ("starter/", "translations/")
_GETTEXT = ("_", "gettext", "ngettext")


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one template may take: more is a loop that has no end."""

    #: Of processor time.
    seconds: float = 3
    #: In bytes, on top of what the process has already.
    memory: int = 256 * 2**20
    #: Of what it makes, in characters.
    output: int = 10 * 2**20


class _TooMuchError(Exception):
    """A template makes more than it may."""


@dataclass(frozen=True)
class Templating:
    """Renders the templates of a publication in a language."""

    #: The publication's own templates; a file there replaces the bundled one of the same name.
    folder: Path
    zone: ZoneInfo
    limits: Limits = Limits()
    _words: dict[str, Words] = field(default_factory=dict)
    #: What was said of templates that did not end: nobody should wait for them once more.
    _endless: dict[str, TemplateError] = field(default_factory=dict)

    @cached_property
    def _environment(self) -> Environment:
        from publisher.kit import sandbox

        return sandbox.environment(self.folder, bundled("templates"))

    def render(self, name: str, language: str, **values: object) -> str:
        """Render a template with the words and dates of `language`.

        Raises TemplateError, which names the file and, where there is one, the line.
        """
        words = self.words(language)
        values |= {"words": words, "_": words.translate, "gettext": words.translate, "ngettext": words.translate_plural}
        if name in self._endless:
            raise self._endless[name]
        try:
            with limited(seconds=self.limits.seconds, memory=self.limits.memory):
                return self._render(self._environment.get_template(name), values)
        except Exception as error:  # a template is a program of the user's: whatever it raises is theirs to mend
            explained = self._explained(error, name)
            if isinstance(error, TooLongError):
                self._endless[name] = explained
            raise explained from error

    def _render(self, template: Template, values: dict[str, object]) -> str:
        parts, size = [], 0
        made = template.generate(values)
        for part in made:
            size += len(part)
            if size > self.limits.output:
                # From where the template is, so that it is told with the line.
                made.throw(_TooMuchError())  # type: ignore[attr-defined]
            parts.append(part)
        return "".join(parts)

    def _explained(self, error: Exception, name: str) -> TemplateError:
        """Say in one sentence what a template did wrong, where, and what to do."""
        import jinja2

        if isinstance(error, jinja2.TemplateSyntaxError):
            path, place, message = str(error.filename), f"{error.filename}, line {error.lineno}", str(error.message)
        else:
            path, place, message = *self._place_of(error, name), self._message_of(error)
        sentence = " ".join(f"{place}: {message}".split()).rstrip(".")
        said = isinstance(error, TemplateError | jinja2.TemplateNotFound)
        return TemplateError(sentence if said else f"{sentence}: {self._way_out(path)}")

    def _message_of(self, error: Exception) -> str:
        import jinja2

        limits = self.limits
        match error:
            case jinja2.TemplateNotFound():
                return f"the template {error.name} is missing: put it into {self.folder}, or install publisher again"
            case RecursionError():
                return "this comes round to itself without end; what builds on a bundled template names it publisher/…"
            case TooLongError():
                return f"this takes more than {limits.seconds:g} s, as a loop without end does"
            case MemoryError():
                return f"this takes more than {limits.memory // 2**20} MB of memory, as a loop without end does"
            case _TooMuchError():
                return f"this makes more than {limits.output:,} characters, as a loop without end does"
            case _:
                return str(error) or type(error).__name__

    def _place_of(self, error: Exception, name: str) -> tuple[str, str]:
        """Find the file and line that an error comes from; jinja2 puts templates into the traceback."""
        own, theirs = f"{self.folder}/", f"{bundled('templates')}/"
        frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
        places = [(path, f"{path}, line {line}") for path, line in frames if path.startswith((own, theirs))]
        if not places:
            return name, f"the template {name}"
        mine = [each for each in places if each[0].startswith(own)]
        if places[-1] in mine or not mine:
            return places[-1]
        return mine[-1][0], f"{mine[-1][1]} (by way of {places[-1][1]})"

    def _way_out(self, path: str) -> str:
        name = path.removeprefix(f"{self.folder}/")
        replaces = name != path and (bundled("templates") / name).is_file()
        return "mend it, or take the file away to have the bundled one" if replaces else "mend it"

    def words(self, language: str) -> Words:
        """Give what a language says: as the publication has it, or else the program. Raises TemplateError."""
        if language not in self._words:
            self._words[language] = Words(language=language, zone=self.zone, catalogues=self._catalogues(language))
        return self._words[language]

    def _catalogues(self, language: str) -> tuple[Catalogue, ...]:
        found = (
            catalogues.read(folder, name)
            for name in dict.fromkeys((language, catalogues.primary(language)))
            for folder in dict.fromkeys((self.folder, bundled("templates")))
        )
        return tuple(catalogue for catalogue in found if catalogue)

    @property
    def fingerprint(self) -> str:
        """Changes whenever a template or a catalogue may have changed, here or in the program."""
        files = [path for folder in (self.folder, bundled("templates")) for path in sorted(folder.rglob("*.*"))]
        return repr([(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files])

    @cached_property
    def phrases(self) -> tuple[Phrase, ...]:
        """Every fixed phrase of the bundled templates and of the publication's own. Raises TemplateError."""
        return catalogues.phrases_of(self._extracted())

    def missing(self, language: str) -> list[str]:
        """List the phrases that are said in English, because no catalogue has them. Raises TemplateError."""
        missing = catalogues.missing(self.phrases, self.words(language).catalogues)
        # Templates are written in English already.
        return [] if catalogues.primary(language) == "en" else missing

    def needed(self, language: str) -> list[Phrase]:
        """List the phrases that the publication's own catalogue needs: what is in no bundled one, or said otherwise.

        Raises TemplateError.
        """
        known = self.words(language).catalogues
        own = [each for each in known if each.path == catalogues.catalogue_path(self.folder, language)]
        theirs = [each for each in known if not each.path.is_relative_to(self.folder)]
        lacking, unsaid = (set(catalogues.missing(self.phrases, some)) for some in (theirs, own))
        names = {phrase: catalogues.name_of(phrase) for phrase in self.phrases}
        return [phrase for phrase, name in names.items() if name in lacking or name not in unsaid]

    def _extracted(self) -> Iterator[Phrase]:
        from jinja2.ext import extract_from_ast

        for name, path in self._files():
            try:
                tree = self._environment.parse(path.read_text("utf-8"), name, str(path))
            except Exception as error:  # as above
                raise self._explained(error, str(path)) from error
            for _, function, found in extract_from_ast(tree, _GETTEXT, babel_style=False):
                texts = [text for text in found or () if text is not None]
                if function != "ngettext":
                    yield texts[0]
                elif len(texts) > 1:
                    yield texts[0], texts[1]

    def _files(self) -> Iterator[tuple[str, Path]]:
        """Give the name and path of every template."""
        for folder in dict.fromkeys((bundled("templates"), self.folder)):
            for path in sorted(folder.rglob("*")):
                name = path.relative_to(folder).as_posix()
                if path.suffix in _SUFFIXES and not name.startswith(_NO_TEMPLATES):
                    yield name, path
