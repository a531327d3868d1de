"""Who wrote a report and who took its picture, as scraped pages say it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from publisher.content.cleaning import phrases
from publisher.content.cleaning.fold import bare
from publisher.content.cleaning.lines import LINES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.content.cleaning.page import Block, Page

#: Of how many blocks at either end of a post one may be a byline, and its longest text.
_ENDS = 6
_BYLINE_CHARS = 140
#: A line that begins like this names its writers, whatever follows.
_LABEL = re.compile(
    r"(?:written by|story by|words by|text by|report(?:ing|ed)? by|authors?|writer|reporter|text and photos? by"
    r"|ผู้เขียน|เรื่องโดย|รายงานโดย|เขียนโดย|เรียบเรียงโดย|เรียบเรียง|แปลโดย|ผู้สื่อข่าว|เรื่องและภาพ|เรื่อง|รายงาน"
    r"|取材・文|文・写真|執筆|執筆者|文|記者|ライター|聞き手|撰文|作者|本报记者|本報記者|记者|責任編輯|责任编辑"
    r"|编辑|編輯|采写|採訪"
    r"|автори?|авторка|автор і фото|текст|підготува(?:в|ла)|журналіст(?:ка)?|корреспондент|подготовил[аи]?"
    r"|кореспондент"
    r"|tác giả|bài viết|bài và ảnh|bài, ảnh|bài|phóng viên|thực hiện"
    r"|글·사진|글|기자|취재|редактор|редакция|redaktion|editor"
    r"|autor(?:in|en)?|text|redaktion|autor[ae]?s?|redacción|texto"
    r"|penulis|reporter|pewarta|editor|laporan|auteurs?|texte|rédaction)"
    r"\s?(?:[:：=＝/／|｜]|\s[–—]\s|(?<=文)・)\s?(?=\S)|글(?:·사진)?\s(?=\S{2,4}(?:\s기자)?$)"
    r"|(?:laporan|รายงาน|รายงานพิเศษ)\s(?=\S+\s\S+$)|texte? et photos?\s?:\s?|текст (?:і|и) фото\s?[:—–-]\s?|words:\s?",
    re.IGNORECASE,
)
#: A line that begins like this does if names and nothing else follow.
_BY = re.compile(
    r"(?:(?:(?:A|An|Analysis|Opinion|Comment|Column|Interview|Story|Report|Reporting|Reported|Written|Words|Text|Compiled"
    r"|Edited|Translated)\s(?:\w+\s)?)?[Bb]y|BY|VON|POR|PAR|OLEH"
    r"|(?:Ein(?:e)? (?:Bericht|Analyse|Kommentar|Reportage|Gastbeitrag|Interview|Porträt|Essay|Kolumne|Protokoll) )?"
    r"[Vv]on"
    r"(?: unsere[mnr] (?:\w+ )?(?:Redakteur|Korrespondent|Reporter|Mitarbeiter)(?:in|en)?)?"
    r"|(?:Aus|Für uns aus) [\w-]+(?: [\w-]+)? berichte(?:t|n)|Es berichte(?:t|n)"
    r"|(?:(?:Un|Una) (?:reportaje|crónica|análisis|entrevista|informe) (?:de|por)"
    r"|(?:Escrito |Redactado )?[Pp]or)(?: nuestr[oa] \w+)?"
    r"|(?:Un|Une) (?:reportage|enquête|récit|article|analyse|entretien) (?:de|par)"
    r"|(?:Propos recueillis |Publié |Écrit |Rédigé |Recueilli )?[Pp]ar|De notre (?:correspondante?|envoyée? spéciale?)"
    r"|(?:Ditulis |Dilaporkan |Disunting )?[Oo]leh"
    r"|(?:Материал |Текст )?(?:[Пп]одготовил[аи]?|[Бб]еседовал[аи]?|[Зз]аписал[аи]?|[Пп]еревела?)"
    r"|(?:Матеріал |Текст )?(?:[Пп]ідготува(?:в|ла|ли)|[Рр]озмовля(?:в|ла)|[Сс]пілкува(?:вся|лася)|[Зз]аписа(?:в|ла)))"
    r"(?:\s*:\s*|\s+)(?=\S)"
)
_THAI_BY = re.compile(
    r"(?:(?:เรื่อง|เขียน|เรียบเรียง|รายงาน|แปล)?โดย|ผู้สื่อข่าว)\s*[:：]?\s+(?=\S)|โดย[:：]\s?|โดย(?=ทีมข่าว|กองบรรณาธิการ|สำนักข่าว)"
)
#: Where the title of the office comes before or behind the name.
_OFFICE = re.compile(
    r"(?:기자명\s)?(?:[（(【\[]\s*)?(?:[\w·]{1,20}\s?[=＝]\s?)?(?P<name>\S{2,12}(?:\s\S{1,12})?)\s?(?:기자|특파원"
    r"|객원기자|선임기자|記者|特派員)(?:\s?[=＝·|]?\s?(?:이메일\s)?[\w.+-]+@[\w.-]+)?(?:\s*[）)】\]])?"
    # 【港町＝国際部・港花子】, (항구=항구일보) 편집국 | 입력 …, （編輯：王小明）1140110
    r"|[【（(\[][^】）)\]\s=＝]{1,12}\s?[＝=]\s?(?:\w{1,8}・)?(?P<desk>[^】）)\]\s]{2,12})[】）)\]]"
    r"(?:\s(?:\S{2,5}\s기자|편집국|온라인뉴스팀|\S{1,8}팀)(?:\s.{0,60})?)?"
    r"|[（(](?:編輯|编辑|責編|责编|責任編輯|责任编辑)[:：](?P<editor>[^)）]{2,12})[)）]\s?\d{0,8}"
    r"|[（(【\[]?\s*(?:\w{2,8}\s?)?(?:记者|記者|特约记者|通讯员|科学部|社会部)\s?(?:[:：/／|　 ]\s?"
    r"|(?=[^\s／]{2,4}／))(?P<after>[^\s，。,／/]{2,12})(?:\s?[/／]\s?\w{2,8}(?:报道|報導|報道))?\s*[）)】\]]?"
)
_AND_WORD = re.compile(r"\s(?:and|und|et|y|e|dan)\s|,.*,")
_AND = re.compile(
    r"\s*(?:[,;、，&/／·・|｜]|(?<=\s)(?:and|und|et|y|e|dan|и|і|й|та|và|และ|与|與|和|及|with|avec|mit|con)(?=\s))\s*"
)
#: What is no name, but a house or an office.
_HOUSE = re.compile(
    r"\b(?:news|wire|press|agency|desk|reporters?|correspondent|editor|staff|writers?|times|post|daily|media|online"
    r"|tv|radio)\b"
    r"|correspondant|redaktion|redacción|rédaction|ทีมข่าว|กองบรรณาธิการ|สำนักข่าว|ผู้สื่อข่าว|科学部|社会部|редакц|корреспондент|кореспондент|@|통신|일보|新闻|新聞",
    re.IGNORECASE,
)
#: What follows a name without belonging to it: when it was published, how long it takes to read.
_DATE = re.compile(
    r"\s*(?:[|｜•·–—-]\s*|[,;]\s*|\s)(?:(?:published|updated|posted|publié|veröffentlicht|publicado"
    r"|diterbitkan|\d+\s*min)\b|\d{1,2}[ ./-]\w+|\d{4}).*$",
    re.IGNORECASE,
)
#: How a picture's source is given; what is behind it names the source.
_CREDIT = re.compile(
    r"(?:แฟ้มภาพ|ภาพประกอบ|ขอบคุณภาพ(?:จาก)?|ที่มาภาพ|เครดิตภาพ|ภาพถ่ายโดย|ภาพโดย|ภาพจาก|ภาพ(?=\s?[:：/])"
    r"|file\s+(?:photo|picture)|photo(?:graph)?s?\s+(?:credit|by|courtesy of)|(?:photo|picture|image|illustration"
    r"|credit)(?=\s?[:：|])|(?<=[(\[（])(?:photo|picture|image)"
    r"|写真(?:提供)?|撮影|図|照片|图片(?:来源)?|圖片(?:來源)?|摄影|攝影|图(?=\s?[:：/])|圖(?=\s?[:：/])"
    r"|사진(?:\s?제공|\s?출처)?|foto(?:graf)?s?(?=\s?[:：])|bild(?=\s?[:：])|symbolbild"
    r"|crédit(?:s)?\s?(?:photo)?|photo d['’]archives|imagen|fotografía|ảnh(?:\s?minh họa)?(?=\s?[:：])"
    r"|фото(?:графія|графия)?|іл+юстрація|иллюстрация|dok\.|©)"
    r"\s?[)\]）】]?\s?[:：=＝/／|｜]?\s?",
    re.IGNORECASE,
)
_CREDIT_CHARS = 80
_DIGIT = re.compile(r"\d")
_EMAIL = re.compile(r"(?:e-?mail\s?[:：]\s?)?[\w.+-]{1,40}@[\w-]{1,40}(?:\.[\w-]{1,20}){1,4}", re.IGNORECASE)
#: A date with its year and the time of day, and two or three words among them.
_MOMENT = re.compile(
    r"(?:[^\W\d]{1,12}\.?[ ,]{1,2}){0,2}\d{1,4}[./ -]?\s?(?:年|[^\W\d]{2,12}\.?"
    r"|\d{1,2})[./, -]{0,2}\s?\d{0,4}[^\d]{0,8}(?:\d{1,2}日)?[^\d]{0,8}"
    r"\d{1,2}\s?[:.時时h]\s?\d{2}(?::\d{2})?\s?(?:分)?[^\d]{0,8}(?:\(?(?:GMT|UTC)[+-]?\d{0,2}\)?)?"
)
_WITH = re.compile(
    r"^(?:additional )?(?:editing|writing|reporting|translation) by\s+|^(?:avec|con|mit|with)\s+", re.IGNORECASE
)


def byline(page: Page) -> Iterator[str]:
    """Take out the lines that name the writers and the date, which stand among the first blocks or the last."""
    standing = [block for block in page.everything() if block.text]
    for blocks in (standing, standing[::-1]):
        others = 0
        beside = False
        for block in blocks:
            if block.gone or block.kept or others == _ENDS:
                beside = block.gone
                if others == _ENDS:
                    break
                continue
            names = _writers_in(block)
            beside = bool(names) or _is_date(block, beside=beside)
            if not beside:
                others += 1
                continue
            block.gone = True
            page.authors += [name for name in names if name not in page.authors]
            yield block.text


def _writers_in(block: Block) -> list[str]:
    wanted = 3 < len(block.text) <= _BYLINE_CHARS and not block.media and block.tag in LINES
    return writers(block.text) if wanted else []


def _is_date(block: Block, *, beside: bool) -> bool:
    """Say whether a line tells when a report was published: in words, or by standing beside what is no report."""
    if len(block.text) > 90 or block.tag not in LINES:
        return False
    if beside and "@" in block.text and _EMAIL.fullmatch(block.text):
        return True
    if not _DIGIT.search(block.text):
        return False
    if beside and _MOMENT.fullmatch(block.text):
        return True
    words = [word for word in block.text.split() if not _DIGIT.search(word)]
    return (
        (block.text[-1] not in ".。!?:" or block.text.endswith("น."))
        and len(words) <= 11
        and phrases.PUBLISHED.match(block.text.casefold())
    )


def writers(line: str) -> list[str]:
    """Read the names in a byline; none if it is no byline."""
    line = line.strip(" *_—–-•")
    office = _OFFICE.fullmatch(line)
    if line[:1] in "(（【[" and line[-1:] in ")）】]":
        line = line[1:-1].strip()
    if office is not None:
        return [next(filter(None, office.groups()))]
    label = _LABEL.match(line)
    if label is not None:
        names = _names(line[label.end() :])
        return names if len(line) <= 90 and not line.endswith((".", "。")) else []
    by = _BY.match(line) or _THAI_BY.match(line)
    if by is None:
        return []
    rest = _DATE.sub("", line[by.end() :])
    thai = by.re is _THAI_BY
    names = _names(rest)
    if thai:
        return names if len(rest) <= 50 and rest.count(" ") <= 3 else []
    # Behind a whole name may stand what its bearer is.
    first, comma, role = rest.partition(",")
    if (
        comma
        and " " in first
        and _is_name(first)
        and len(role) <= 50
        and "." not in role
        and not _AND_WORD.search(rest)
    ):
        return [first]
    return names if all(map(_is_name, names)) else []


def _names(text: str) -> list[str]:
    parts = [_WITH.sub("", part.strip(" .:：()（）[]【】*_")) for part in _AND.split(_DATE.sub("", text))]
    parts = [part for part in parts if len(part) > 1 and not part.isdigit()]
    people = [part for part in parts if not _HOUSE.search(part)]
    return (people or parts)[:10]


def _is_name(text: str) -> bool:
    words = text.split()
    return 0 < len(words) <= 6 and all(
        word[0].isupper() or word in phrases.PARTICLES or word[0] in "‘'“\"" for word in words
    )


def credit(page: Page) -> str | None:
    """Read where the first picture is from, in the lines beside it."""
    blocks = [block for block in page.everything() if block.text or block.pictures]
    first = next((number for number, block in enumerate(blocks) if block.pictures), None)
    if first is None:
        first = 0 if page.tree.find(".//img") is not None else None
    if first is None:
        return None
    return next((found for block in blocks[first : first + 3] if (found := source(block))), None)


def source(block: Block) -> str | None:
    """Read a photo credit in a line: all of a short one, or what stands at the end of a caption."""
    if not block.text or len(block.text) > 400 or block.gone:
        return None
    found = None
    for match in _CREDIT.finditer(block.text):
        found = match
    if found is None or (found.start() > 0 and block.text[found.start() - 1].isalnum()):
        return None
    name = block.text[found.end() :].strip(" .。:：/()（）[]【】*_—–-|")
    return name if 1 < len(name) <= _CREDIT_CHARS and bare(name) and "." not in name[:-1] else None
