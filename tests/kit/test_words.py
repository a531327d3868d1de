"""Words, dates and direction of a language."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from publisher.kit.words import Words

_BANGKOK = ZoneInfo("Asia/Bangkok")
#: In Bangkok it is the eleventh already.
_EVENING = datetime(2024, 11, 10, 18, 30, tzinfo=UTC)


def _words(language: str) -> Words:
    return Words(language=language, zone=_BANGKOK)


@pytest.mark.parametrize(
    ("language", "date", "day", "time"),
    [
        ("en", "Monday, 11 November 2024", "11 Nov 2024", "01:30"),
        ("en-us", "Monday, 11 November 2024", "11 Nov 2024", "01:30"),
        ("th", "วันจันทร์ที่ 11 พฤศจิกายน 2567", "11 พ.ย. 2567", "01:30 น."),
        ("th-th", "วันจันทร์ที่ 11 พฤศจิกายน 2567", "11 พ.ย. 2567", "01:30 น."),
        ("de", "Montag, 11. November 2024", "11.11.2024", "01:30"),
        ("zh-tw", "2024年11月11日 星期一", "2024年11月11日", "01:30"),
        ("de-nonsense", "Montag, 11. November 2024", "11.11.2024", "01:30"),
        ("tlh", "Monday, 11 November 2024", "11 Nov 2024", "01:30"),
    ],
)
def test_dates_are_those_of_the_zone_and_the_language(language: str, date: str, day: str, time: str) -> None:
    words = _words(language)
    assert (words.date(_EVENING), words.day(_EVENING), words.time(_EVENING)) == (date, day, time)


def test_the_buddhist_year_turns_with_the_local_one() -> None:
    words = _words("th")
    assert words.day(datetime(2024, 12, 31, 16, 59, tzinfo=UTC)) == "31 ธ.ค. 2567"
    assert words.day(datetime(2024, 12, 31, 17, 0, tzinfo=UTC)) == "1 ม.ค. 2568"


@pytest.mark.parametrize(
    ("language", "direction", "script"),
    [
        ("en", "ltr", "latin"),
        ("th", "ltr", "thai"),
        ("lo", "ltr", "thai"),
        ("ja", "ltr", "cjk"),
        ("zh-hant", "ltr", "cjk"),
        ("hi", "ltr", "devanagari"),
        ("ar-eg", "rtl", "latin"),
        ("ckb", "rtl", "latin"),
    ],
)
def test_a_language_has_a_direction_and_a_script(language: str, direction: str, script: str) -> None:
    assert (_words(language).direction, _words(language).script) == (direction, script)


@pytest.mark.parametrize(
    ("language", "direction"),
    [
        ("az-arab", "rtl"),
        ("az", "ltr"),
        ("ku-arab", "rtl"),
        ("pa-Arab", "rtl"),
        ("ks", "rtl"),
        ("he", "rtl"),
        ("yi", "rtl"),
        ("dv", "rtl"),
        ("uz-latn", "ltr"),
        ("tlh", "ltr"),
        ("tlh-hebr", "rtl"),
    ],
)
def test_direction_goes_by_the_script_where_a_language_names_it(language: str, direction: str) -> None:
    assert _words(language).direction == direction
