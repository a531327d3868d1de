"""What scraped pages say around a report, by language. Compared in lower case, without punctuation at the ends."""

from __future__ import annotations

import re

#: A paragraph that says only this announces an advertisement.
ADVERTISEMENT = frozenset(
    {
        "advertisement",
        "advertisements",
        "advertising",
        "ads",
        "ad",
        "sponsored",
        "sponsored content",
        "promoted content",
    }
    | {"โฆษณา", "พื้นที่โฆษณา", "เนื้อหาสปอนเซอร์", "ผู้สนับสนุน"}
    | {"scroll to continue with content", "story continues below advertisement", "continue reading below advertisement"}
)

#: A heading like this, with links under it, is not the report's.
RELATED = frozenset(
    {"ข่าวที่เกี่ยวข้อง", "อ่านข่าวที่เกี่ยวข้อง", "บทความที่เกี่ยวข้อง", "เรื่องที่เกี่ยวข้อง", "ข่าวเกี่ยวข้อง"}
    | {"ข่าวอื่นที่น่าสนใจ", "เรื่องที่คุณอาจสนใจ", "อ่านเพิ่มเติม", "อ่านข่าวอื่นๆ", "ข่าวแนะนำ"}
    | {"related news", "related articles", "related stories", "related posts", "related content", "related topics"}
    | {"read also", "also read", "you may also like", "you might also like", "more on this story", "more stories"}
    | {"recommended stories", "recommended for you", "most read", "trending now"}
)

_CHANNEL = (
    r"(?:(?<![a-z])(?:line|facebook|twitter|instagram|youtube|telegram|tiktok|whatsapp|google news)(?![a-z])"
    r"|(?<!ออน)ไลน์|เฟซบุ๊ก|เฟสบุ๊ค|ทวิตเตอร์|อินสตาแกรม|ยูทูบ)"
)

#: A short paragraph that begins like this asks to be followed.
FOLLOW = re.compile(
    rf"(?:เกาะติด|ติดตาม|กดติดตาม|รับข่าว|เพิ่มเพื่อน).{{0,80}}{_CHANNEL}"
    rf"|follow\s+(?:us|our\b.{{0,30}}|@?[\w.]+)\s+(?:page\s+|channel\s+)?on\s+(?:{_CHANNEL}|x\b)"
    rf"|follow\s+us\b.{{0,40}}{_CHANNEL}"
    rf"|(?:join|add|like)\s+us\b.{{0,40}}{_CHANNEL}"
    rf"|subscribe\s+to\s+(?:us|our)\b.{{0,40}}(?:newsletter|channel|{_CHANNEL})",
    re.IGNORECASE,
)

#: What a picture is called that leads to a channel.
BADGE = re.compile(
    rf"^\W*(?:(?:line|our|scan|the)?\s*qr(?:[\s_-]?code)?|คิวอาร์(?:โค้ด)?)\W*$"
    rf"|^\W*{_CHANNEL}\s*(?:image|icon|logo|badge|button|add|official)?\W*$"
    r"|^\W*(?:add\s+friend|follow\s+us|download\s+on\s+the\s+app\s+store|get\s+it\s+on\s+google\s+play)\W*$",
    re.IGNORECASE,
)

#: Hosts that a picture of a report does not lead to.
CHANNEL_HOSTS = frozenset(
    {"lin.ee", "line.me", "page.line.me", "facebook.com", "m.facebook.com", "twitter.com", "x.com", "instagram.com"}
    | {"t.me", "tiktok.com", "wa.me", "api.whatsapp.com", "news.google.com"}
)

#: The longest paragraph that may be no more than a request to follow, in characters.
FOLLOW_CHARS = 160
#: The longest caption of a badge.
CAPTION_CHARS = 40

#: A line that says where a picture is from, not what happened.
CREDIT = re.compile(
    r"[(（\[]?\s*(?:แฟ้มภาพ|(?:ที่มา|ขอบคุณ)?ภาพ(?=$|[\s:/)]|จาก|โดย)"
    r"|(?:file\s+photo|photo|picture|image|credit|illustration|foto)\b|写真|图)",
    re.IGNORECASE,
)


def bare(text: str) -> str:
    """Fold a line for comparison."""
    return text.casefold().strip(" \t:：.…-–—|[]()*#>»")
