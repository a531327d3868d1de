"""Posts to time with: invented, the same bytes every time, like what a news desk has after two years.

`python -m benchmarks.generate FOLDER COUNT [LANGUAGES]` writes them and names the newest. Languages take turns:
`th,en` unless told.
"""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: An hour after the newest post: the `--now` of every run that is timed.
NOW = datetime(2026, 11, 1, 0, 0, tzinfo=UTC)
CATEGORIES = ("WORLD", "BUSINESS", "SCIENCE", "CULTURE", "SPORT", "HEALTH")
LANGUAGES = ("th", "en")
#: Of a body, in bytes, on average.
BODY_BYTES = 5_700
_HALF_BLOCK = 250
_MONTHS = 24
_SEED = 20_241_107

_ENGLISH = """the the the a a of of to to in in and and that for on with as at by from after before over under about its
    harbour council ferry river minister valley pilots union market bridge station engineers winter harvest museum
    report budget crossing island ministry airport reservoir orchard telescope clinic festival railway border coast
    said announced opened closed expects agreed approved delayed repaired measured carried reached promised warned
    new old local northern southern early late public narrow quiet several twelve forty hundred every third
    Baymor Karenz Lumen Ostrava-on-Sea Veldt Marisol Corvado Aurelle Tamsin Brightwater"""
_THAI = """การ ความ ประชุม รัฐบาล ท่าเรือ แม่น้ำ สะพาน ตลาด ราคา ข้าว เมือง หลวง จังหวัด ชายฝั่ง นักวิจัย โรงพยาบาล
    นักเรียน รถไฟ สายเหนือ สายใต้ เกาะ ภูเขา พายุ น้ำท่วม ฤดูหนาว ฤดูร้อน เทศกาล พิพิธภัณฑ์ ดนตรี กีฬา ทีมชาติ
    กล่าวว่า ระบุว่า คาดว่า ประกาศ เปิด ปิด อนุมัติ เลื่อน ซ่อมแซม ตรวจสอบ เพิ่มขึ้น ลดลง ใหม่ เก่า ท้องถิ่น
    เมื่อวานนี้ วันนี้ ปีนี้ ปีหน้า หลังจาก ก่อนหน้านี้ ประมาณ ร้อยละ สิบสอง สี่สิบ หลายแห่ง ทุกแห่ง และ หรือ ของ ที่
    ใน จาก ให้ ไม่ ได้ จะ มี เป็น กับ โดย เพื่อ ผู้โดยสาร ชาวบ้าน ชาวประมง วิศวกร รัฐมนตรี เบย์มอร์ คาเรนซ์ มาริโซล"""
_VOCABULARY = {"en": _ENGLISH.split(), "th": _THAI.split()}
_RELATED = {"th": "ข่าวที่เกี่ยวข้อง", "en": "Related news"}
_CREDIT = {"th": "(แฟ้มภาพ) Example Wire", "en": "*The harbour at dawn. Photo: Example Wire*"}
_FOLLOW = {"th": "เกาะติดข่าวเด่นทุกวันกับ Line@example ได้ที่นี่", "en": "Follow us on Facebook for more."}
_SCRIPTS = (
    'var lead\\_box=document.querySelector(".story\\_lead");lead\\_box&&window.innerWidth<720&&lead\\_box.remove();',
    'Advertisement var ad\\_slot = document.getElementById("inline\\_ad\\_2"); if (ad\\_slot) { ad\\_slot.hidden = 1 }',
)


def generate(folder: Path, count: int, languages: Sequence[str] = LANGUAGES) -> Path:
    """Write `count` posts into 24 folders, one a month, the newest last. Returns the path of the newest."""
    start = datetime(NOW.year - _MONTHS // 12, NOW.month, 1, tzinfo=UTC)
    step = (NOW - timedelta(hours=1) - start) / max(1, count - 1)
    path = folder
    for number in range(count):
        date = start + step * number
        month = folder / f"{date:%Y-%m}"
        month.mkdir(parents=True, exist_ok=True)
        code = f"ART{date:%y%m%d%H%M}{number:06}"
        path = month / f"{date:%Y-%m-%d}-{code}.md"
        language = languages[number % len(languages)]
        path.write_text(_post(random.Random(_SEED + number), number, code, date, language), "utf-8")
    return path


def _post(dice: random.Random, number: int, code: str, date: datetime, language: str) -> str:
    category = dice.choice(CATEGORIES)
    title = _title(dice, language)
    lines = [
        "---",
        "layout: post",
        f'code: "{code}"',
        f'origin_url: "https://daily.example.net/{category.lower()}/news_{number}"',
        f'image: "https://news.example.org/images/{code}.jpg"',
        f'title: "{title}"',
        f'description: "{_sentence(dice, language)}"',
        f'category: "{category}"',
        f'language: "{language}"',
        f"date: {date:%Y-%m-%dT%H:%M:%S}.{date.microsecond // 1000:03}Z",
        "---",
        "",
        _body(dice, language, title, number),
    ]
    return "\n".join(lines)


def _body(dice: random.Random, language: str, title: str, number: int) -> str:
    scraped = number % 3 == 0
    blocks = [f"# {title}", _SCRIPTS[0]] if scraped else []
    blocks += [f"![](https://daily.example.net/uploads/{number}.jpg)", _CREDIT[language]]
    tail = _junk(dice, language, number) if scraped else []
    size = sum(len(block.encode()) + 2 for block in blocks + tail)
    # Half a block less: the last one ends beyond the mark.
    wanted = dice.gauss(BODY_BYTES - _HALF_BLOCK, 900)
    section = 0
    while size < wanted:
        section += 1
        block = _section(dice, language, section)
        blocks.append(block)
        size += len(block.encode()) + 2
    if scraped:
        blocks.insert(len(blocks) // 2, _SCRIPTS[1])
    return "\n\n".join(blocks + tail) + "\n"


def _section(dice: random.Random, language: str, number: int) -> str:
    """Write one block: mostly a paragraph, now and then a heading, a list or a quotation."""
    if number % 6 == 4:
        return f"## {_title(dice, language)}"
    if number % 6 == 5:
        return "\n".join(f"- {_words(dice, language, 6)}" for _ in range(4))
    sentences = [_sentence(dice, language) for _ in range(3)]
    if number % 3 == 1:
        sentences.append(f"[{_words(dice, language, 3)}](https://data.example.org/{dice.randrange(10_000)})")
    if number % 3 == 2:
        sentences.append(f"**{_words(dice, language, 4)}**")
    return ("> " if number % 8 == 7 else "") + " ".join(sentences)


def _junk(dice: random.Random, language: str, number: int) -> list[str]:
    links = [
        f"*   [![](https://www.example.com/thumbs/{number}-{link}.jpg){_title(dice, language)}]"
        f"(https://www.example.com/news_{number}_{link})"
        for link in range(3)
    ]
    badge = "[![QR Code](https://daily.example.net/uploads/line-qr.jpg)](https://line.example.com/xyz)"
    return [f"#### {_RELATED[language]}", "\n".join(links), badge, _FOLLOW[language]]


def _title(dice: random.Random, language: str) -> str:
    text = _words(dice, language, 8)
    return text[0].upper() + text[1:]


def _sentence(dice: random.Random, language: str) -> str:
    text = _words(dice, language, dice.randint(9, 18))
    return text if language == "th" else text[0].upper() + text[1:] + "."


def _words(dice: random.Random, language: str, count: int) -> str:
    words = dice.choices(_VOCABULARY[language], k=count)
    if language == "en":
        return " ".join(words)
    # Thai runs its words together; a space ends a phrase.
    return " ".join("".join(words[start : start + 6]) for start in range(0, count, 6))


if __name__ == "__main__":
    said = sys.argv[3].split(",") if len(sys.argv) > 3 else LANGUAGES
    print(generate(Path(sys.argv[1]), int(sys.argv[2]), said))
