"""Colours are compared as WCAG 2.2 says, and changed no more than reading needs."""

from __future__ import annotations

import colorsys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.kit.colour import contrast, luminance, readable, rgb

HEX = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#fff", "#000", 21.0),
        ("#123456", "#123456", 1.0),
        # As WCAG's own examples and its understanding documents have them.
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#FF0000", "#ffffff", 4.00),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_the_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


def test_the_luminance_goes_from_black_to_white() -> None:
    assert luminance("#000000") == 0
    assert luminance("#ffffff") == pytest.approx(1)
    assert luminance("#00ff00") == pytest.approx(0.7152)


@pytest.mark.parametrize(
    "colour", ["", "red", "123456", "#12345", "#1234567", "#gggggg", "#fff ", "#fff\n", "rgb(0,0,0)"]
)
def test_what_is_no_colour_is_refused_by_name(colour: str) -> None:
    with pytest.raises(ValueError, match="write it as #rrggbb"):
        rgb(colour)


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert readable("#9A2617", "#ffffff") == "#9A2617"


@pytest.mark.parametrize(
    ("colour", "on", "darker"),
    [("#ff9d8a", "#ffffff", True), ("#9a2617", "#1b1c20", False), ("#1b1b1f", "#000000", False)],
)
def test_a_shade_keeps_its_hue_and_goes_only_as_far_as_it_must(colour: str, on: str, darker: bool) -> None:
    shade = readable(colour, on)
    assert contrast(shade, on) >= 4.5
    assert (luminance(shade) < luminance(colour)) == darker
    before, light, saturation = colorsys.rgb_to_hls(*(part / 255 for part in rgb(colour)))
    after, lightness, _ = colorsys.rgb_to_hls(*(part / 255 for part in rgb(shade)))
    assert after == pytest.approx(before, abs=0.02)
    # Two steps back towards the colour are not enough.
    step = 2 / 255 if lightness < light else -2 / 255
    back = [round(part * 255) for part in colorsys.hls_to_rgb(before, lightness + step, saturation)]
    assert contrast("#" + bytes(back).hex(), on) < 4.5


@given(HEX, HEX, st.sampled_from([3.0, 4.5, 7.0]))
@example("#888888", "#777777", 7.0)
def test_what_is_readable_has_the_ratio_wherever_any_colour_has(colour: str, on: str, ratio: float) -> None:
    best = max(contrast("#000", on), contrast("#fff", on))
    assert contrast(readable(colour, on, ratio), on) >= min(ratio, best)
