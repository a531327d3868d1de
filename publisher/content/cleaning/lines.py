"""Rules for what a single line is: code, an advertisement, a notice, an offer to share or to follow, navigation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from publisher.content.cleaning import phrases
from publisher.content.cleaning.code import Span, may_have_code, script_spans, style_spans
from publisher.content.cleaning.edit import raw
from publisher.content.cleaning.fold import bare
from publisher.content.cleaning.tree import HEADINGS, text_of
from publisher.kit.text import one_line, same_text
from publisher.kit.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml.html import HtmlElement

    from publisher.content.cleaning.page import Block, Page

#: What holds a line of its own; cells and items of a list belong to what stands around them.
LINES = frozenset(
    {"p", "div", "section", "aside", "center", "figcaption", "footer", "header", "nav", "form", "blockquote"}
)
#: Blocks at the beginning of a post in which the title is said again.
_TOP = 8
_MARKED = ("code", "pre", "kbd", "samp")
_PARTS = re.compile(r"\s*(?:[|｜/·•–—.…:：()（）\[\]【】,、!]|\s-\s|-{2,}|\s{2,})\s*")
#: Between the steps of the way to a page.
_STEPS = re.compile(r"\s*[/>›»→|]\s*")
_WAY = re.compile(r"[^>›»→/|]{2,40}(?:\s?[>›»→]\s?[^>›»→/|]{2,40}){1,4}")
#: The neighbours of a page between arrows.
_ARROWS = re.compile(r"[←‹◀].*[→›▶]$")
#: How an advertisement begins that says so.
_MARKED_AD = re.compile(r"[\[【(（［]\s?([^\]】)）］]{2,16})\s?[\]】)）］]")
#: Pictures that advertise: in a size that only they have, or from where they are kept.
_BANNER = re.compile(
    r"(?<!\d)(?:728x90|970x90|970x250|468x60|320x50|320x100|160x600|120x600|300x600|(?:300x250|336x280)\.gif)(?!\d)"
    r"|//(?:ads?|adserver|adimg|banners?|promo)\d?\.|/(?:banners?|ads|adv|creatives?|reklama)/"
    r"|(?:^|[/_-])(?:app|promo|ads?|sponsor)[-_]banner|/click\?",
    re.IGNORECASE,
)
#: Where a scraper glued two buttons together.
_GLUED = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])(?<!You)(?<!Linked)(?<!Whats)(?<!Tik)")
_BETWEEN = re.compile(r"[\s|｜/·•,、:：.()（）\[\]!&+\d–—-]+")
#: Links that share a page.
_SHARES = re.compile(
    r"(?:^|//|\.)(?:facebook\.com/(?:sharer|share|dialog)|(?:twitter|x)\.com/(?:intent|share)|wa\.me/?\?|whatsapp\.com/send|whatsapp://send"
    r"|(?:t|telegram)\.me/share|line\.me/r/|social-plugins\.line\.me|linkedin\.com/(?:share|sharing|cws)|pinterest\.\w+/pin/create"
    r"|reddit\.com/submit|vk\.com/share|connect\.ok\.ru|service\.weibo\.com/share|b\.hatena\.ne\.jp/(?:add|entry)"
    r"|threads\.net/intent|bsky\.app/intent|tumblr\.com/(?:share|widgets)|viber://forward|story\.kakao\.com/share|getpocket\.com)|^mailto:\?|sharer\.php",
    re.IGNORECASE,
)
_TAGS = re.compile(
    r"/(?:tags?|topics?|themes?|theme|temas?|thema|label|keyword|etiqueta|sujet|chu-de|topik)/", re.IGNORECASE
)
_ACCOUNT = re.compile(r"@[\w.-]+|[^\w\s]|\boa\b")
_DOCUMENT = re.compile(r"\.(?:pdf|docx?|xlsx?|csv|zip|odt|ods|pptx?|txt|ics)$", re.IGNORECASE)
_HASHTAGS = re.compile(r"(?:[#＃][^\s#＃]+[\s,、]*){2,}")


def script_text(page: Page) -> Iterator[str]:
    """Take out scripts and JSON that stand as text; a sentence around them stays."""
    return _code(page, script_spans)


def style_text(page: Page) -> Iterator[str]:
    """Take out style sheets that stand as text; a sentence around them stays."""
    return _code(page, style_spans)


def _code(page: Page, find: Callable[[str], list[Span]]) -> Iterator[str]:
    for block in page.blocks():
        if not may_have_code(block.text) or _is_marked_as_code(block):
            continue
        text = "".join(raw(block.element)[1])
        spans = find(text)
        if spans:
            page.cut(block, spans)
            yield from (one_line(text[start:end]) for start, end in spans)


def _is_marked_as_code(block: Block) -> bool:
    inside = next(block.element.iter(*_MARKED), None) if block.tag == "pre" or len(block.element) else None
    return inside is not None or next(block.element.iterancestors("pre", "code"), None) is not None


def repeated_title(page: Page) -> Iterator[str]:
    """Take out headings and bold lines that say the title again, and any line at the top that does."""
    title = page.subject.title
    for number, block in enumerate(page.blocks()):
        if not block.text or len(block.text) > 2 * len(title) + 60 or block.pictures or block.media:
            continue
        if block.tag in HEADINGS or (block.tag == "p" and (number < _TOP or is_bold(block))):
            own = _is_own(block, page.subject.origin) and block.is_links() and number < _TOP
            # A report may begin with a sentence that its title is, too.
            sentence = (
                block.tag == "p" and block.text[-1] in ".。!?" and title[-1:] not in ".。!?" and not is_bold(block)
            )
            if own or (same_text(block.text, title) and not sentence) or (number < _TOP and _is_variant(block, title)):
                block.gone = True
                yield block.text


def is_bold(block: Block) -> bool:
    """Say whether all of a block is in bold."""
    return any(
        len("".join(part.itertext()).strip()) >= len(block.text) for e in block.parts for part in e.iter("strong", "b")
    )


def _is_variant(block: Block, title: str) -> bool:
    """Say whether a heading or a bold line differs from the title by little: a word before or behind it."""
    if block.tag not in HEADINGS and not (block.links and block.is_links()) and not is_bold(block):
        return False
    line, whole = bare(block.text), bare(title)
    shorter, longer = sorted((line, whole), key=len)
    return (
        len(shorter) >= 12
        and 2 * len(shorter) > len(longer)
        and (longer.startswith(shorter) or longer.endswith(shorter))
    )


def advertisement(page: Page) -> Iterator[str]:
    """Take out lines that only announce an advertisement, and that the report goes on behind it."""
    behind = False
    for block in page.blocks():
        if block.pictures:
            behind = False
            if len(block.text) <= 40 and not block.media and all(map(_is_banner, block.pictures)):
                block.gone = True
                yield block.seen()
            continue
        if block.tag == "li" and block.bare in phrases.ADVERTISEMENT and block.text[-1] in "-–—":
            block.gone = True
            yield block.text
        if not block.bare or block.tag not in LINES or block.media:
            behind = False
            continue
        behind = _announces(block) or (behind and block.size <= 60 and phrases.GOES_ON.search(block.bare))
        if behind:
            block.gone = True
            yield block.text


def _is_banner(picture: HtmlElement) -> bool:
    link = next(picture.iterancestors("a"), None)
    return any(
        _BANNER.search(address) for address in (picture.get("src"), link is not None and link.get("href")) if address
    )


def _announces(block: Block) -> bool:
    if block.bare in phrases.ADVERTISEMENT:
        return True
    if block.text[0] in "[【(（［" and (block.links or block.size <= 90):
        marked = _MARKED_AD.match(block.text)
        if marked is not None and bare(marked[1]) in phrases.ADVERTISEMENT:
            return bool(block.links) or marked.end() == len(block.text)
    if block.size > 90:
        return False
    first = block.bare.split(maxsplit=1)[0]
    of_page = bare(first) in phrases.ADVERTISEMENT or phrases.OF_PAGE.match(block.bare)
    parts = [part for each in _PARTS.split(block.text) if (part := bare(each))]
    if parts[0] in phrases.ADVERTISEMENT and all(part in phrases.ADVERTISEMENT for part in parts):
        return True
    if not (of_page or parts[0] in phrases.ADVERTISEMENT) or not phrases.AD_WORD.search(block.bare):
        return False
    if all(word in phrases.ADVERTISEMENT for word in block.bare.split()):
        return True
    return phrases.GOES_ON.search(block.bare) and block.text[-1] not in '»”"”。'


def share(page: Page) -> Iterator[str]:
    """Take out offers to share the page: links that do, and names of channels with nothing else around them."""
    run: list[Block] = []
    sure = False
    for block in [*page.blocks(), None]:
        kind = _sharing(block) if block is not None and len(block.text) <= 200 else 0
        if block is not None and kind:
            run.append(block)
            sure = sure or kind == 2
            continue
        # A list of channels is the report's unless it comes with an offer to share; so is one name alone.
        if run and (sure or (len(run) > 1 and all(each.tag in LINES for each in run))):
            for each in run:
                each.gone = True
                yield each.seen()
        run, sure = [], False


def _is_own(block: Block, origin: str | None) -> bool:
    return (
        bool(origin)
        and bool(block.links)
        and all((link.get("href") or "").partition("#")[0] == origin for link in block.links)
    )


def _sharing(block: Block) -> int:
    """Say how sure it is that a block offers to share: 2 sure, 1 if those around it are, 0 not at all."""
    if not (block.bare or block.pictures) or block.tag in {"td", "th"} or block.media:
        return 0
    links = [link.get("href") or "" for link in block.links]
    if links and all(map(_SHARES.search, links)) and len(block.text) <= 60 + 20 * len(links):
        return 2
    if (
        len(links) > 1
        and len(block.outside()) <= 90
        and sum(1 for link in links if _SHARES.search(link)) * 2 >= len(links)
    ):
        return 2
    if block.bare in phrases.SHARE:
        return 2 if block.tag in LINES else 1
    if block.tag in HEADINGS:
        return 0
    if block.size <= 100 and (links or block.tag in LINES) and phrases.SHARE_ASKS.fullmatch(block.bare):
        return 2
    return _channels(block.bare, block.text)


def _channels(line: str, text: str) -> int:
    line = _GLUED.sub(" ", text).casefold() if _GLUED.search(text) else line
    if not (phrases.CHANNEL.match(line) or phrases.SHARE_STEMS.match(line)):
        return 0
    rest, channels = phrases.CHANNEL.subn("\n", line)
    shares = phrases.SHARE_STEMS.match(line)
    if not (channels or shares):
        return 0
    words = [word for piece in rest.split("\n") for word in _words(piece)]
    if any(word not in phrases.SHARE for word in words):
        return 0
    return (
        2
        if channels > 1 and (words or channels > 2)
        else 2
        if shares and (channels or len(words) > 1)
        else 1
        if channels
        else 0
    )


def _words(piece: str) -> list[str]:
    """Take a piece between names of channels apart, as far as its whole is no offer."""
    whole = bare(piece)
    if not whole or whole in phrases.SHARE:
        return [whole] if whole else []
    parts = [bare(part) for part in _BETWEEN.split(whole)]
    known = [part for part in parts if part]
    return known if all(part in phrases.SHARE for part in known) else _longest(whole.split())


def _longest(words: list[str]) -> list[str]:
    """Read words as phrases that offer to share, the longest first."""
    found: list[str] = []
    while words:
        size = next((n for n in range(min(5, len(words)), 0, -1) if " ".join(words[:n]) in phrases.SHARE), 1)
        found.append(" ".join(words[:size]))
        words = words[size:]
    return found


def follow_us(page: Page) -> Iterator[str]:
    """Take out lines that ask to follow a channel, and lists of the page's own channels."""
    run: list[Block] = []
    channels = 0
    for block in [*page.blocks(), None]:
        short = block is not None and bool(block.bare) and block.size <= 220 and block.tag not in {"td", "th"}
        asks = block is not None and short and _asks_to_follow(block)
        if block is not None and short and not asks and (named := _names_channels(block)):
            run.append(block)
            channels += named
            continue
        if channels > 1 or (asks and run):
            yield from _drop(run)
        if block is not None and asks:
            yield from _drop([block])
        # Over a list of channels stands what it is for.
        run, channels = ([block], 1) if block is not None and short and _introduces(block) else ([], 0)


def _drop(blocks: list[Block]) -> Iterator[str]:
    for block in blocks:
        if not block.gone:
            block.gone = True
            yield block.seen()


def _introduces(block: Block) -> bool:
    return block.size <= 90 and phrases.FOLLOW.match(block.bare) and block.text[-1] not in ".。"


def is_thai(line: str) -> bool:
    """Say whether a line is in Thai, where no stop tells a sentence from a label."""
    return any("\u0e00" <= line[at : at + 1] <= "\u0e7f" for at in (0, len(line) // 2, len(line) - 1))


def _asks_to_follow(block: Block) -> bool:
    links = [link.get("href") or "" for link in block.links]
    # A line that is no sentence and leads to channels alone.
    label = block.tag in LINES and block.size <= 120 and block.text[-1] not in ".。"
    if links and label and all(map(phrases.CHANNEL_ADDRESS.search, links)):
        return True
    if not (phrases.FOLLOW.match(block.bare) or (ends_late(block.bare) and phrases.FOLLOW_ENDS.search(block.bare))):
        return False
    return phrases.CHANNEL.search(block.bare) or any(map(phrases.CHANNEL_ADDRESS.search, links))


def _names_channels(block: Block) -> int:
    """Count channels where there is nothing but their names and what the page is called there."""
    if block.tag in HEADINGS or not (block.links or "@" in block.text):
        return 0
    rest, channels = phrases.CHANNEL.subn(" ", block.outside().casefold())
    left = bare(_ACCOUNT.sub(" ", rest))
    return channels if len(left) <= 12 else 0


def ends_late(line: str) -> bool:
    """Say whether a line is in Japanese or Korean, where the verb comes last."""
    return line[-1] >= "\u3040" or line[len(line) // 2] >= "\u3040"


def is_near(block: Block, origin: str | None) -> bool:
    """Say whether the links of a block lead to pages of the post's own site, as far as one knows it."""
    addresses = [link.get("href") or "" for link in block.links]
    if any(_DOCUMENT.search(address.partition("?")[0]) or address.startswith("mailto:") for address in addresses):
        return False
    site = host_of(origin or "").split(".")[-2:]
    return not origin or all(host_of(address).split(".")[-2:] == site for address in addresses if "//" in address)


def navigation(page: Page) -> Iterator[str]:
    """Take out the way to a page, its neighbours, its tags, and the way back to its top."""
    way = False
    for number, block in enumerate(page.blocks()):
        if not block.bare or block.tag in {"td", "th", *HEADINGS} or block.media or block.pictures:
            continue
        # Of a list that begins at home, all is the way.
        way = (
            number < 12
            and block.tag == "li"
            and block.size <= 90
            and (way or (number < 4 and block.bare in phrases.HOME))
        )
        if (
            way
            or (number < 4 and _is_way(block, page.subject.origin))
            or _is_tags(block, page.subject.origin)
            or _is_neighbour(block)
        ):
            block.gone = True
            yield block.text


def _is_way(block: Block, origin: str | None) -> bool:
    if block.size > 160:
        return False
    steps = _STEPS.split(block.text)
    if len(steps) > 2 and block.size <= 90 and block.text[-1] not in ".。!?":
        # Without a home it is as sure by its arrows, or by links to the page's own site.
        linked = bool(origin and block.links) and len(block.outside()) <= 40 and is_near(block, origin)
        if linked or _WAY.fullmatch(block.text):
            return True
    first = text_of(block.links[0]) if block.links and block.text.startswith(text_of(block.links[0])) else steps[0]
    first = first.replace("：", ":").partition(":")[0]
    return bare(first) in phrases.HOME and (len(block.links) > 1 or len(steps) > 1)


def _is_tags(block: Block, origin: str | None) -> bool:
    hashtags = _HASHTAGS.search(block.text) if "#" in block.text or "＃" in block.text else None
    if hashtags is not None and hashtags.end() == len(block.text):
        before = block.text[: hashtags.start()]
        return not before or bare(before) in phrases.TAGS
    if block.size > 300 or not (block.links or ":" in block.text or "：" in block.text):
        return False
    label, colon, rest = block.text.replace("：", ":").partition(":")
    if colon and rest and bare(label) in phrases.TAGS:
        return not rest.rstrip().endswith(".")
    tags = bool(block.links) and all(_TAGS.search(link.get("href") or "") for link in block.links)
    return tags and len(block.outside()) <= 30 and (is_near(block, origin) if origin else len(block.links) > 1)


def _is_neighbour(block: Block) -> bool:
    if block.text[-1] in "↑▲▾" and block.size <= 60:
        return True
    if block.links and _ARROWS.match(block.text) and len(block.outside()) <= 20:
        return True
    if not (block.links or block.text[0].isdigit()) or not phrases.NEIGHBOUR.match(block.bare):
        return False
    return len(block.outside()) <= 40 and block.text[-1] not in ".。"
