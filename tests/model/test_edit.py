"""An edit is weighed by what readers would have to read again."""

from __future__ import annotations

import pytest

from publisher.model.edit import FEW_WORDS, correction_note, is_news

REPORT = """The harbour of Baymor opened again on Monday after twelve days.
The first ship to enter was a grain carrier from Karenz.
Pilots and owners signed a contract for three years."""
THAI = "ท่าเรือเบย์มอร์เปิดให้บริการอีกครั้งเมื่อวันจันทร์ หลังปิดไปนานสิบสองวัน"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (REPORT, REPORT),
        (REPORT, REPORT.replace("harbour", "harbor")),
        (REPORT, REPORT.replace("Monday", "Tuesday")),
        (REPORT, REPORT.upper()),
        (REPORT, "\n".join(reversed(REPORT.splitlines()))),
        (REPORT, REPORT.replace(" ", "  ")),
        (REPORT, REPORT + " It was a long wait"),
        (THAI, THAI.replace("จันทร์", "จันท์")),
        (THAI, THAI + " ครับ"),
        (REPORT, REPORT.replace("Pilots", "Updated pilots")),
        ("", "Three words more"),
    ],
)
def test_a_typo_that_is_mended_is_no_news(before: str, after: str) -> None:
    assert not is_news(before, after)
    assert not is_news(after, before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (REPORT, REPORT + "\nMore than two hundred ships are still waiting outside."),
        (REPORT, "\n".join(REPORT.splitlines()[:2])),
        (THAI, THAI + "\nยังมีเรือสินค้าอีกกว่าสองร้อยลำจอดรออยู่ด้านนอก"),
        (REPORT, "A wholly different report that has nothing in common with it."),
    ],
)
def test_more_than_a_few_words_are_news(before: str, after: str) -> None:
    assert is_news(before, after)


@pytest.mark.parametrize(
    "note",
    [
        "Correction: it was Sunday.",
        "CORRECTION (10 November): Sunday.",
        "Update: reopened.",
        "Editor’s note: mended.",
        "This article has been corrected.",
        "An earlier version of this named another ship.",
        "แก้ไข: เป็นวันอาทิตย์",
        "訂正：日曜日でした",
        "Berichtigung: Sonntag.",
        "Corrección: domingo.",
        "Исправление: воскресенье.",
        "Đính chính: Chủ nhật.",
        "(Ralat: Minggu.)",
    ],
)
def test_a_correction_note_is_news_however_short(note: str) -> None:
    assert is_news(REPORT, f"{REPORT}\n{note}")
    assert is_news(REPORT, f"{note}\n{REPORT}")
    # It was news once.
    assert not is_news(f"{REPORT}\n{note}", f"{note}\n{REPORT}".replace("harbour", "harbor"))


@pytest.mark.parametrize("note", ["Correction: it was two.", "แก้ไข: ที่ถูกต้องคือสอง", "訂正：二つ。"])
def test_the_paragraph_that_says_what_was_wrong_is_found(note: str) -> None:
    assert correction_note(f"{REPORT}\n{note}\nThe end.") == note
    assert correction_note(REPORT) == ""


def test_words_that_begin_like_a_note_are_none() -> None:
    assert not is_news(REPORT, f"{REPORT}\nUpdates follow.")


def test_the_measure_is_in_words() -> None:
    words = [f"word{number}" for number in range(FEW_WORDS + 1)]
    assert not is_news("", " ".join(words[:FEW_WORDS]))
    assert is_news("", " ".join(words))
