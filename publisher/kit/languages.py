"""What languages call themselves: readers look for their own."""

from __future__ import annotations

from functools import cache


@cache
def own_name(language: str) -> str:
    """Name a language in itself, as a heading: `ไทย`, `Français`; its tag where that is not known."""
    from babel import Locale, UnknownLocaleError

    try:
        name = Locale.parse(language, sep="-").get_display_name() or language
    except (UnknownLocaleError, ValueError):
        return language
    return name[:1].upper() + name[1:]
