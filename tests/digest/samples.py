"""Editions with something of everything, in four languages: to look at, and to measure in a browser."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from publisher.model.edition import CorrectionKind
from publisher.model.post import Extras
from publisher.model.ranking import Event
from tests.build import NOW, article
from tests.digest.test_render import correction, edition

if TYPE_CHECKING:
    from publisher.model.edition import RenderedEdition
    from publisher.model.post import Article

LANGUAGES = ("th", "en", "ja", "ar")
_TITLES = {"th": "สรุปข่าวโลก", "en": "World briefing", "ja": "世界の動き", "ar": "موجز العالم"}
_SHOWN = {"th": "แม่น้ำหน้าแล้ง", "en": "A river in a dry month", "ja": "渇水の川", "ar": "نهر في شهر جاف"}
#: Title and summary of each story, the lead first.
_STORIES = {
    "th": (
        (
            "ผู้แทนสิบสี่ประเทศเริ่มเจรจาแบ่งน้ำจากแม่น้ำสายหลักหลังแล้งยาวนานสามปี",
            "คณะผู้แทนตกลงเปิดเผยข้อมูลระดับน้ำรายวันเป็นครั้งแรก และจะพบกันอีกครั้งก่อนสิ้นเดือนนี้ เพื่อหารือเรื่องเขื่อนแห่งใหม่ทางตอนเหนือ",
        ),
        ("ราคาข้าวในตลาดโลกสูงสุดในรอบสิบเดือน", "ผู้ส่งออกรายใหญ่สองรายชะลอคำสั่งซื้อ ขณะที่ผู้นำเข้าเร่งสำรองก่อนฤดูมรสุม"),
        (
            "นักนำร่องเรือยุติการนัดหยุดงานเก้าวัน เรือโดยสารกลับมาวิ่งรุ่งเช้า",
            "สหภาพยอมรับหลักประกันเวลาพัก ท่าเรือคาดว่าจะระบายสินค้าค้างได้ภายในหนึ่งสัปดาห์",
        ),
        ("พิพิธภัณฑ์เปิดคลังภาพถ่ายเก่าให้ค้นหาได้ทั้งหมด", "ภาพกว่าสองแสนภาพจากร้อยปีก่อนใช้ได้โดยไม่มีค่าใช้จ่าย"),
    ),
    "en": (
        (
            "Nine nations open talks on sharing the Velanda after three years of drought",
            "Delegates agreed to publish the height of the river every day, and will meet again within the month.",
        ),
        ("Rice at its dearest in ten months", "Two large exporters hold back orders while buyers fill their stores."),
        (
            "Harbour pilots end a strike of nine days; ferries sail again at dawn",
            "Their union accepted hours of rest that are guaranteed. The port needs a week to clear what has piled up.",
        ),
        ("Museum opens all of its old photographs to search", "Two hundred thousand of them are free to use."),
    ),
    "ja": (
        (
            "九か国、三年続きの干ばつを受けヴェランダ川の水配分をめぐる協議を開始",
            "各国の代表は水位を毎日公表することで合意した。月末までに再び集まり、北部の新しいダムについて話し合う。",
        ),
        ("コメの国際価格、十か月ぶりの高値", "輸出大手二社が受注を控え、買い手は雨季を前に備蓄を急いでいる。"),
        (
            "水先人の九日間のストが終わり、フェリーは明け方に再開",
            "組合は休息時間の保証を受け入れた。滞貨の解消には一週間かかる。",
        ),
        ("博物館、古写真をすべて検索可能に", "二十万点を無料で利用できる。"),
    ),
    "ar": (
        (
            "تسع دول تبدأ محادثات لتقاسم مياه نهر فيلاندا بعد ثلاثة أعوام من الجفاف",
            "اتفق المندوبون على نشر منسوب النهر يومياً للمرة الأولى، وسيجتمعون مجدداً قبل نهاية الشهر.",
        ),
        (
            "الأرز عند أغلى سعر في عشرة أشهر",
            "شركتان كبيرتان تؤجلان الطلبات بينما يملأ المشترون مخازنهم قبل موسم الأمطار.",
        ),
        (
            "مرشدو الميناء ينهون إضراباً دام تسعة أيام والعبّارات تبحر فجراً",
            "قبلت النقابة ساعات راحة مضمونة، ويحتاج الميناء إلى أسبوع.",
        ),
        ("المتحف يفتح صوره القديمة كلها للبحث", "مئتا ألف صورة متاحة مجاناً."),
    ),
}
_MORE = {
    "th": ("สะพานเก่าที่สุดของเมืองปิดซ่อมหกเดือน", "ทีมวิจัยพบแนวปะการังใหม่ลึกสี่สิบเมตร", "รถไฟสายเหนือเพิ่มเที่ยววันหยุดยาว"),
    "en": (
        "Oldest bridge in town shuts for six months",
        "A new reef, forty metres down",
        "More trains north for the holiday",
    ),
    "ja": ("市内最古の橋、半年間の改修へ", "水深四十メートルに新たなサンゴ礁", "連休に北行きの列車を増発"),
    "ar": (
        "إغلاق أقدم جسر في المدينة ستة أشهر",
        "شعاب مرجانية جديدة على عمق أربعين متراً",
        "مزيد من القطارات شمالاً في العطلة",
    ),
}
#: Title and note of the story that was wrong.
_WRONG = {
    "th": ("ผู้แทนสิบสี่ประเทศนัดหารือเรื่องน้ำ", "ระบุจำนวนผู้แทนเป็นสิบสองประเทศ ที่ถูกต้องคือสิบสี่ประเทศ"),
    "en": ("Nine nations to meet on water", "The report said twelve nations; there are nine."),
    "ja": ("水をめぐり九か国が会合へ", "参加国を十二か国としましたが、正しくは九か国です。"),
    "ar": ("تسع دول تجتمع بشأن المياه", "ذكر التقرير اثنتي عشرة دولة، والصحيح تسع."),
}
_WITHDRAWN = {
    "th": "ค่าโดยสารเรือขึ้นสองเท่า",
    "en": "Ferry fares to double",
    "ja": "フェリー運賃が二倍に",
    "ar": "مضاعفة أجرة العبّارات",
}
_PICTURES = ("water", "market", "port", None)
_SOURCES = ("example.org", "wire.example.com", "harbour.example", "museum.example")


def sample(language: str, **values: Any) -> RenderedEdition:
    """An edition with all there can be: pictures, others' reports, corrections, titles."""
    stories = [
        _event(language, number, title=title, summary=summary)
        for number, (title, summary) in enumerate(_STORIES[language])
    ]
    more = [
        article(f"M{number}", title=title, language=language, link=f"https://wire.example.com/{language}/m{number}")
        for number, title in enumerate(_MORE[language])
    ]
    title, note = _WRONG[language]
    wrong = [
        correction(title=title, note=note),
        correction(kind=CorrectionKind.WITHDRAWN, title=_WITHDRAWN[language], link=None),
    ]
    made: dict[str, Any] = {"digest_title": _TITLES[language], "more": more, "corrections": wrong}
    return edition(*stories, language=language, **(made | values))


def _event(language: str, number: int, **values: Any) -> Event:
    source, picture = _SOURCES[number], _PICTURES[number]
    told = article(
        f"S{number}",
        language=language,
        link=f"https://{source}/{language}/{number}",
        via=f"https://{source}/{language}/{number}",
        image=f"https://pictures.example.com/{language}/{picture}.jpg" if picture else None,
        published=NOW - timedelta(minutes=95 * (number + 1)),
        extras=Extras(image_alt=_SHOWN[language] if number == 0 else None, image_size=(400, 250)),
        **values,
    )
    return Event(article=told, also=tuple(_others()) if number == 1 else ())


def _others() -> list[Article]:
    return [article(name, via=f"https://{name}/rice") for name in ("news.example.net", "desk.example")]


def hostile(language: str) -> RenderedEdition:
    """An edition of words that have no end."""
    long = {
        "title": "x" * 5_000,
        "summary": "https://wire.example.com/" + "path/" * 9 + "?query=" + "y" * 200,
        "image": "https://pictures.example.com/a.jpg",
        "authors": ("z" * 200,),
        "via": None,
    }
    return edition(
        *(article(f"A{number}", **long) for number in range(3)),
        more=[article("A9", title="w" * 5_000)],
        corrections=[correction(title="v" * 5_000, note="u" * 5_000)],
        language=language,
        digest_title="t" * 120,
    )
