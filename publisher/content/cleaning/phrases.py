"""What scraped pages say around a report: read from `words/`, a file a language, and put together for all of them.

Posts mix languages, so every list holds for every post. In those files `name: one | another` are phrases, compared as
`bare` folds them, and `name~ one|another` alternatives of a regular expression.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.content.cleaning.fold import bare

if TYPE_CHECKING:
    from collections.abc import Callable

#: In which script a language is written that is not in Latin.
_SCRIPTS = {"th": "thai", "ru": "cyrillic", "uk": "cyrillic", "ja": "eastern", "ko": "eastern", "zh": "eastern"}
_LATIN = re.compile("[a-z]")
_WORDS = Path(__file__).parent / "words"


class Beginnings:
    """Phrases that a line may begin with, whole words or stems, looked up by their first two characters."""

    def __init__(self, phrases: frozenset[str]) -> None:
        found: dict[str, list[str]] = {}
        for phrase in sorted(phrases):
            found.setdefault(phrase[:2], []).append(phrase)
        self._found = {first: tuple(same) for first, same in found.items()}

    def match(self, line: str) -> bool:
        """Say whether a folded line begins with one of them."""
        phrases = self._found.get(line[:2])
        if phrases is None or not line.startswith(phrases):
            return False
        return any(line.startswith(phrase) and _ends_there(line, phrase) for phrase in phrases)


def _ends_there(line: str, phrase: str) -> bool:
    """Say whether a word ends with the phrase; where words are not spaced, nobody knows."""
    if phrase in _STEMS or phrase[-1] >= "\u0e00":
        return True
    return not line[len(phrase) : len(phrase) + 1].isalnum()


def _read() -> tuple[dict[str, set[str]], dict[str, list[tuple[str, str]]]]:
    phrases: dict[str, set[str]] = {}
    patterns: dict[str, list[tuple[str, str]]] = {}
    for path in sorted(_WORDS.glob("*.txt")):
        for line in path.read_text("utf-8").splitlines():
            name, mark, rest = re.split("([:~] )", line, maxsplit=1) if line[:1] not in {"", "#"} else ("", "", "")
            if mark == "~ ":
                patterns.setdefault(name, []).append((_SCRIPTS.get(path.stem, "latin"), rest))
            elif mark:
                parts = [part.strip() for part in rest.split("|")]
                phrases.setdefault(name, set()).update(filter(None, map(bare, parts)))
                phrases.setdefault("stems", set()).update(bare(part) for part in parts if part.endswith("-"))
    return phrases, patterns


_PHRASES, _PATTERNS = _read()
#: Beginnings of words: `abonn-`.
_STEMS = frozenset(_PHRASES["stems"])


def _table(name: str) -> frozenset[str]:
    return frozenset(_PHRASES[name])


def _script(line: str) -> str:
    """Name the script of a line, by what stands at its ends and in its middle."""
    top = max(line[:1], line[len(line) // 2 : len(line) // 2 + 1], line[-1:])
    if top < "\u0400":
        return "latin"
    return "eastern" if top >= "\u2e80" else "thai" if "\u0e00" <= top <= "\u0e7f" else "cyrillic"


class _ByScript:
    """A pattern of which only what is in the script of a line is tried, or in Latin, which is among all the others.

    It is compiled when it is first used: all of them take longer than a small run.
    """

    def __init__(self, sources: list[tuple[str, str]]) -> None:
        self._sources = sources
        self._compiled: dict[str, re.Pattern[str]] = {}

    def _of(self, wanted: str) -> re.Pattern[str]:
        if wanted not in self._compiled:
            sources = dict.fromkeys(source for script, source in self._sources if wanted in {script, "all"})
            self._compiled[wanted] = re.compile("|".join(sources) or "(?!)")
        return self._compiled[wanted]

    def _found(self, line: str, how: Callable[[re.Pattern[str], str], object]) -> bool:
        script = _script(line)
        if how(self._of(script), line):
            return True
        return script != "latin" and bool(_LATIN.search(line) and how(self._of("latin"), line))

    def search(self, line: str) -> bool:
        """Say whether it is anywhere in a line."""
        return self._found(line, re.Pattern.search)

    def match(self, line: str) -> bool:
        """Say whether a line begins with it."""
        return self._found(line, re.Pattern.match)

    def fullmatch(self, line: str) -> bool:
        """Say whether it is all of a line."""
        return self._found(line, re.Pattern.fullmatch)

    def subn(self, by: str, line: str) -> tuple[str, int]:
        """Replace it in a line, in every script."""
        return self._of("all").subn(by, line)


def _pattern(name: str, *others: str) -> _ByScript:
    sources = [(script, other) for other in others for script in ("latin", "cyrillic", "thai", "eastern")]
    return _ByScript([*sources, *_PATTERNS[name]])


#: A line that says only this, or several of these, announces an advertisement.
ADVERTISEMENT = _table("advertisement")
#: So does one with a word of the first kind and of the second, if it begins like the third: it is about the page then,
#: not about the trade.
AD_WORD, GOES_ON, OF_PAGE = _pattern("ad_word"), _pattern("goes_on"), _pattern("of_page")

#: A heading like this, with links under it, is not the report's; nor is one that begins like that.
RELATED, RELATED_BEGINS = _table("related"), _pattern("related_begins")
#: An editor may well head links of the report like this: it takes links to the page's own site.
RELATED_WEAK = _table("related_weak")
#: A label before a link to another report.
READ = _pattern("read")

#: Words between the names of channels where a page offers to share itself, and how such a line may begin.
SHARE, SHARE_STEMS = _table("share"), Beginnings(_table("share_stems"))
#: Whole sentences that ask to.
SHARE_ASKS = _pattern("share_asks")
#: Names of channels.
CHANNEL = _pattern(
    "channel",
    rf"(?<![a-z0-9à-ÿа-яёіїєґ_-])(?:{'|'.join(sorted(_PHRASES['channel'], key=len, reverse=True))})(?![a-z-])",
)
#: How a request to follow begins; how it ends, where the verb comes last.
FOLLOW, FOLLOW_ENDS = Beginnings(_table("follow")), _pattern("follow_ends")

#: What a page asks for or sells, and the voice in which it speaks to its reader.
TOPIC, VOICE = _pattern("topic"), _pattern("voice")
#: How a notice begins: with its topic that is enough, or else the voice has to be heard, too; and how it ends.
NOTICE, NOTICE_WEAK, NOTICE_ENDS = (
    Beginnings(_table("notice")),
    Beginnings(_table("notice_weak")),
    _pattern("notice_ends"),
)
#: What a page writes on its buttons.
BUTTON = _table("button")
#: Words of a name that begin in lower case.
PARTICLES = _table("particle")
#: What it may speak of at length.
CONSENT = re.compile(
    r"cookie|consent|\bdonat|คุกกี้|クッキー|кук|쿠키|einwillig|spenden|donaci|隐私|隱私|пожертв|файли|файлы"
)
#: What is said about the page whatever stands around it, or at the beginning of a line.
OF_THE_PAGE, OF_THE_PAGE_STARTS = _pattern("of_the_page"), _pattern("of_the_page_starts")
#: Short lines of the page's own furniture.
FURNITURE = _table("furniture")
#: What stands beside a number, and nothing else: how many have read or shared.
COUNTED = _table("counted")

#: Where the way to a page begins, the label before its tags, and the way to its neighbours.
HOME, TAGS, NEIGHBOUR = _table("home"), _table("tags"), _pattern("neighbour")
#: How a line begins that says when a report was published.
PUBLISHED = _pattern("published")
#: What a line says beside a code to scan.
SCAN = _pattern("scan")

_BADGED = (
    "line|facebook|twitter|x|instagram|youtube|telegram|tiktok|whatsapp|google news|wechat|zalo|viber|kakao"
    "|ไลน์|เฟซบุ๊ก|微信|微博|카카오톡"
)
_CODE = r"qr(?:[\s_-]?code)?|คิวอาร์(?:โค้ด)?|mã qr|kode qr|código qr|code qr|二维码|二維碼|qrコード|qr\s?코드|qr-код"
#: What a picture is called that leads to a channel, and how its file is.
BADGE = re.compile(
    rf"^\W*(?:(?:[\w@.]+\s?){{0,3}}(?:の)?(?:{_CODE})(?:\s[\w@.]+){{0,2}}|(?:{_BADGED})(?:\s?(?:公式アカウント|채널"
    rf"|official))?"
    rf"\s?(?:の)?\s?(?:image|icon|logo|badge|button|add|official|アイコン|{_CODE})?"
    r"|add friend|follow us|ปุ่มเพิ่มเพื่อน|เพิ่มเพื่อน|友だち追加|加入好友|加好友"
    r"|친구\s?추가|kết bạn|quét mã.*|扫一扫.*|扫码.*|掃碼.*"
    r"|สแกนเพื่อ.*|สแกน\s?(?:qr|คิวอาร์).*|scan (?:to|me|here|the (?:qr )?code to)\b.*|escan[eé]a.*"
    r"|scanne[rz]?\b.*|pindai.*"
    r"|(?:от)?сканируйте.*|(?:від)?скануйте.*"
    r"|download on the app store|get it on google play|app store|google play)\W*$",
    re.IGNORECASE,
)
BADGE_FILE = re.compile(
    r"(?:^|[/_.-])qr[-_]?code[-_.\w]{0,12}\?|[/_-]qr\.(?:png|gif|svg)$|(?:^|[/_.-])(?:qr[-_]?code|(?:line|wechat|weixin|wx|kakao|zalo|telegram|tg|wa|whatsapp|viber|app|fb"
    r"|facebook)[-_]?(?:official[-_]?)?qr"
    r"|qr[-_](?:line|wechat|wx|kakao|zalo|telegram|tg|wa|whatsapp|viber|app|fb)|add[-_]friend|btn[-_](?:line|share|follow))[-_.\w]{0,12}$",
    re.IGNORECASE,
)
#: Addresses of channels that may be followed.
CHANNEL_ADDRESS = re.compile(
    r"//(?:www\.|m\.|vk\.|page\.)?(?:facebook\.com|twitter\.com|x\.com|instagram\.com|youtube\.com/(?:@|c/|channel)"
    r"|t\.me|line\.me|lin\.ee"
    r"|news\.google\.com|tiktok\.com/@|zalo\.me|vk\.com|ok\.ru|whatsapp\.com/channel|wa\.me|pf\.kakao\.com"
    r"|weibo\.com|linkedin\.com/company"
    r"|bsky\.app|threads\.net|dzen\.ru|invite\.viber\.com|apps\.apple\.com|play\.google\.com)(?!.*/(?:status|p"
    r"|posts?|reel|videos?)/)"
)
