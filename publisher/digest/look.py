"""What an edition looks like: its colours, its logo and the words over it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from publisher.kit.colour import contrast, readable

#: The darkest paper of the light scheme and the lightest of the dark: what can be read there can be read on the others.
_NOTE, _NOTE_DARK = "#f7f3ea", "#26221f"
_INK, _PAPER = "#1b1b1f", "#ffffff"


@dataclass(frozen=True, kw_only=True)
class Look:
    """How one publication's editions differ from another's; colours are `#rrggbb`."""

    accent: str = "#9a2617"
    accent_dark: str = "#ff9d8a"
    #: The address of a picture that stands in for the name of the site.
    logo: str | None = None
    #: Words in place of the name of the site.
    masthead: str | None = None

    @cached_property
    def accent_text(self) -> str:
        """The shade of the accent that can be read, and the button's colour."""
        return readable(self.accent, _NOTE)

    @cached_property
    def accent_ink(self) -> str:
        """The colour of words on the button."""
        return _ink_on(self.accent_text)

    @cached_property
    def accent_dark_text(self) -> str:
        """The same for dark paper."""
        return readable(self.accent_dark, _NOTE_DARK)

    @cached_property
    def accent_dark_ink(self) -> str:
        """The colour of words on the button in the dark."""
        return _ink_on(self.accent_dark_text)


def _ink_on(colour: str) -> str:
    return max((_PAPER, _INK), key=lambda ink: contrast(ink, colour))
