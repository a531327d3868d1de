"""What a language says: fixed words, dates, the direction it is written in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from publisher.kit.catalogues import primary
from publisher.model.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from babel import Locale

    from publisher.kit.catalogues import Catalogue

#: The scripts that are written from right to left, as languages have them behind their name: `az-arab`.
_RIGHT_TO_LEFT = frozenset({"adlm", "arab", "aran", "hebr", "nkoo", "rohg", "syrc", "thaa"})
#: The script that decides about fonts and line height, by language.
_SCRIPTS = {"th": "thai", "lo": "thai", "zh": "cjk", "ja": "cjk", "ko": "cjk", "hi": "devanagari", "mr": "devanagari"}


@dataclass(frozen=True, kw_only=True)
class Words:
    """The fixed words, dates and direction of one language."""

    language: str
    zone: ZoneInfo
    #: Where a phrase is looked for, in this order.
    catalogues: Sequence[Catalogue] = ()

    def translate(self, message: str, **values: object) -> str:
        """Say a fixed phrase in this language, or in English where it is missing, with its places filled."""
        return self._say(message, message, 1, values)

    def translate_plural(self, singular: str, plural: str, number: int, **values: object) -> str:
        """Say a fixed phrase in the form that goes with a number."""
        return self._say(singular, singular if number == 1 else plural, number, values)

    def _say(self, message: str, english: str, number: int, values: dict[str, object]) -> str:
        for catalogue in self.catalogues:
            phrase = catalogue.find(message, number)
            if phrase is not None:
                place = f"{catalogue.path} translates {message!r} with"
                return _filled(phrase, values, place)
        return _filled(english, values, f"the template says {english!r} with")

    @cached_property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        own = _RIGHT_TO_LEFT.intersection(self.language.lower().split("-")[1:])
        return "rtl" if own or self._locale.text_direction == "rtl" else "ltr"

    @property
    def script(self) -> str:
        """`latin`, `thai`, `cjk` or `devanagari`: what fonts and line height go by."""
        return _SCRIPTS.get(primary(self.language), "latin")

    @cached_property
    def _locale(self) -> Locale:
        from babel import Locale, UnknownLocaleError

        for name in (self.language, primary(self.language)):
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


def _filled(phrase: str, values: dict[str, object], place: str) -> str:
    try:
        return phrase.format(**values) if values else phrase
    except (LookupError, ValueError, AttributeError) as error:
        known = ", ".join(f"{{{name}}}" for name in values)
        raise TemplateError(f"{place} a place that nothing fills: use {known}") from error
