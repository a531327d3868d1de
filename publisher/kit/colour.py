"""Colours are compared, and made readable on one another, by the formulas of WCAG 2.2."""

from __future__ import annotations

import colorsys
import re

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


def rgb(colour: str) -> tuple[int, int, int]:
    """Read `#rgb` or `#rrggbb`. Raises ValueError."""
    if not _HEX.fullmatch(colour):
        raise ValueError(f"{colour!r} is not a colour: write it as #rrggbb")
    digits = colour[1:]
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def luminance(colour: str) -> float:
    """Give the relative luminance, 0 to 1 (WCAG 2.2, "relative luminance")."""
    red, green, blue = (_linear(part / 255) for part in rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, on: str, ratio: float = 4.5) -> str:
    """Give the nearest shade of the colour, of the same hue, that has the ratio on `on`: itself where it has.

    Where none has, because `on` is too near the middle, the better of black and white.
    """
    if contrast(colour, on) >= ratio:
        return colour
    hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in rgb(colour)))
    shades = (
        _shade(hue, step / 255, saturation) for step in sorted(range(256), key=lambda s: abs(s / 255 - lightness))
    )
    found = next((shade for shade in shades if contrast(shade, on) >= ratio), None)
    return found or max("#000000", "#ffffff", key=lambda end: contrast(end, on))


def _shade(hue: float, lightness: float, saturation: float) -> str:
    return "#" + bytes(round(part * 255) for part in colorsys.hls_to_rgb(hue, lightness, saturation)).hex()
