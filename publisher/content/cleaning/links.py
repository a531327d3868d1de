"""Rules for links and pictures: other reports, badges and codes to scan, pictures that nobody sees or sees twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher.content.cleaning import phrases
from publisher.content.cleaning.fold import bare, size
from publisher.content.cleaning.lines import LINES, is_bold, is_near, is_thai
from publisher.content.cleaning.page import name_of
from publisher.content.cleaning.tree import HEADINGS, text_of
from publisher.kit.urls import absolute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from publisher.content.cleaning.page import Block, Page

_SIZE = re.compile(r"(?:[-_]\d{2,4}x\d{2,4}|-scaled|@2x)(?=\.\w{2,5}$)")
_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|svg|bmp)$", re.IGNORECASE)
_PIXEL = re.compile(
    r"/(?:1x1|pixel|spacer|blank|beacon|transparent|clear|tracker|p|b|t)\.(?:gif|png)(?:$|\?)|facebook\.com/tr\?"
    r"|//(?:pixel|stats?|beacon|track(?:er|ing)?|analytics|t|log|counter|b|metrics|sb)\.[^/]+/(?:[^/.?]{0,30}|[\w-]+\.gif)\?"
    r"|//(?:px|tongji|counter|hm|sc|cnt|top-fwz1)\.[^?]{1,80}\?|/\d\.gif\?|doubleclick\.net|scorecardresearch|google-analytics",
    re.IGNORECASE,
)
_TINY = re.compile(r"(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$)|display\s*:\s*none", re.IGNORECASE)
_LABEL_END = re.compile(r"[:：\]】›»>→]|\s[–—|-]\s")
#: Between lists of links stand dates, and the minutes that reading takes.
_ASIDE = re.compile(
    r"\W*(?:\d{1,4}\W+)*\d{1,4}(?:\W*(?:\w{2,12}\W+){0,2}(?:\d{2,4}|min\w*|ago|นาที|分|분|phút|мин\w*|хв\w*))?\W*",
    re.IGNORECASE,
)
#: What an editor heads a list of links with, and where such links lead.
_SOURCES = re.compile(
    r"source|reference|document|download|further|footnote|quelle|dokument|fuente|referencia|出典|資料|参考|文書|자료|출처|참고|источник|документ|"
    r"джерел|tài liệu|nguồn|sumber|资料|文件|來源|来源|เอกสาร|แหล่ง|อ้างอิง|เชิงอรรถ"
)
_EITHER = re.compile(r"\s*[/|]\s*")
_TEASER_CHARS = 220
_POINTS = frozenset(":：›»>→–—-|】]▶▸／/")
_ARROWS = frozenset("→➡▶►»☞＞")
_TEASERS = LINES | {"li"}


def tracking_pixel(page: Page) -> Iterator[str]:
    """Take out pictures of a pixel that only count readers."""
    for picture in _pictures(page):
        tiny = picture.get("width") in {"0", "1", "1px"} or picture.get("height") in {"0", "1", "1px"}
        unseen = not picture.get("alt") and _PIXEL.search(picture.get("src") or "")
        if tiny or unseen or _TINY.search(picture.get("style") or ""):
            page.unseen.append(picture)
            yield picture.get("src") or "1×1"


def _pictures(page: Page) -> Iterator[HtmlElement]:
    kept = {picture for block in page.everything() if block.kept for picture in block.pictures} if page.keeps else ()
    return (picture for picture in page.tree.iter("img") if picture not in kept)


def repeated_picture(page: Page) -> Iterator[str]:
    """Take out the post's lead picture where the body shows it again."""
    lead = page.subject.image
    if not lead:
        return
    base = page.subject.origin or lead
    wanted = _plain(lead)
    for picture in _pictures(page):
        address = picture.get("src") or ""
        if address and _plain(absolute(base, address) or address) == wanted:
            page.inline.append(picture)
            yield address


def _plain(address: str) -> str:
    """Give what two sizes of one picture have in common."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    if not _FILE.search(parts.path):
        return address.partition("//")[2]
    return (parts.netloc.removeprefix("www.") + _SIZE.sub("", parts.path)).lower()


def qr_code(page: Page) -> Iterator[str]:
    """Take out codes to scan and badges that lead to channels, and the line that says what to do with them."""
    behind = False
    for block in page.blocks():
        if block.pictures:
            junk = behind = len(block.text) <= 120 and not block.media and all(map(_is_badge, block.pictures))
        else:
            junk = behind and bool(block.bare) and block.size <= 160 and phrases.SCAN.search(block.bare)
            behind = behind and not block.text and not block.media
        if junk:
            block.gone = True
            yield block.seen()


def _is_badge(picture: HtmlElement) -> bool:
    if phrases.BADGE.search(picture.get("alt") or "") or phrases.BADGE_FILE.search(picture.get("src") or ""):
        return True
    link = next(picture.iterancestors("a"), None)
    return link is not None and phrases.CHANNEL_ADDRESS.search(link.get("href") or "") is not None


def teaser(page: Page) -> Iterator[str]:
    """Take out lines in the middle of a report that lead to another one: a label, a link, and nothing else."""
    introduced = True
    for block in page.blocks():
        if not block.bare or block.media or block.tag not in _TEASERS:
            introduced = introduced or block.tag in HEADINGS
            continue
        if block.tag != "li":
            introduced = block.text[-1] not in ".。!?…"
        if not block.links:
            if not block.pictures and _is_lost_teaser(block):
                block.gone = True
                yield block.text
            continue
        if len(block.text) <= _TEASER_CHARS and _is_teaser(block, page.subject.origin, introduced=introduced):
            block.gone = True
            yield block.text
        elif block.line is None and (pair := _behind_sentence(block.element)):
            page.inline += pair
            yield " ".join(text_of(element) for element in pair)


def _is_lost_teaser(block: Block) -> bool:
    """Say whether a line is a label and a title that has lost its link."""
    label, colon, title = block.text.partition(":") if ":" in block.text else block.text.partition("：")
    return bool(colon) and bare(label) in phrases.RELATED and 0 < size(title) <= 160 and title[-1] not in ".。!?"


def _is_teaser(block: Block, origin: str | None, *, introduced: bool) -> bool:
    outside = block.outside()
    label = bare(outside)
    if label:
        known = label in phrases.RELATED or label in phrases.RELATED_WEAK
        weak = outside[-1] in _POINTS and len(label) <= 40 and phrases.READ.match(label)
        return label in phrases.ADVERTISEMENT or ((known or weak) and is_near(block, origin))
    if block.text[:1] in _ARROWS or block.text[:2] in {">>", "=>"}:
        return is_near(block, origin)
    # So does an item of a list that nothing introduces.
    line = block.tag == "p" or (block.tag == "li" and not introduced and block.size > 25)
    alone = len(block.links) == 1 and origin and line and not block.pictures
    if alone and "//" in (block.links[0].get("href") or "") and is_near(block, origin):
        return True
    inner = next((text_of(part) for link in block.links[:1] for part in link.iter("strong", "b", "em", "span")), "")
    label = _LABEL_END.split(block.text, maxsplit=1)[0] if len(block.links) == 1 else ""
    return any(each in phrases.RELATED or each in phrases.RELATED_WEAK for each in map(bare, (inner, label)) if each)


def _behind_sentence(element: HtmlElement) -> list[HtmlElement]:
    """Find a label in bold and a link at the end of a paragraph: the sentence before them stays."""
    link = element[-1]
    label = link.getprevious()
    if link.tag != "a" or label is None or label.tag not in {"strong", "b", "em", "i"}:
        return []
    if (link.tail or "").strip() or (label.tail or "").strip(" \n:"):
        return []
    known = bare(text_of(label)) in phrases.RELATED or bare(text_of(label)) in phrases.RELATED_WEAK
    return [label, link] if known else []


def related_links(page: Page) -> Iterator[str]:
    """Take out a heading like "Related news" and the links that follow it, up to what is the report's again."""
    blocks = page.everything()
    number = 0
    while number < len(blocks):
        heading = blocks[number]
        number += 1
        if heading.gone or heading.kept or not _is_heading(heading):
            continue
        end = _end_of_links(blocks, number, titles=_is_sure(heading.bare))
        taken = [block for block in blocks[number:end] if not block.gone]
        sure = _is_sure(heading.bare)
        if not sure and not all(is_near(block, page.subject.origin) for block in taken):
            continue
        # With nothing behind it that could be the report's, the heading has lost its links.
        if taken or (end == len(blocks) and sure):
            for block in (heading, *taken):
                block.gone = True
                yield block.seen()
            number = end


def other_reports(page: Page) -> Iterator[str]:
    """Take out links to other reports of the same site that close a post, whatever their heading is."""
    origin = page.subject.origin
    if not origin:
        return
    found: list[Block] = []
    links = 0
    for block in reversed(page.everything()):
        if block.gone or (not block.text and not block.pictures and not block.media):
            continue
        if block.kept or not _is_other_report(block) or not (block.is_links() and is_near(block, origin)):
            heading = (
                not block.kept and (block.tag in HEADINGS or (block.tag == "p" and is_bold(block))) and block.size <= 70
            )
            if heading and _SOURCES.search(block.bare):
                return
            found += [block] if heading and block.text[-1] not in ".。!?" else []
            break
        found.append(block)
        links += len(block.links)
    if links > 1:
        for block in reversed(found):
            block.gone = True
            yield block.seen()


def leftover(page: Page) -> Iterator[str]:
    """Take out labels among junk: a heading with nothing left under it, a short line with junk on both sides."""
    blocks = [block for block in page.everything() if block.text or block.pictures or block.media]
    # Whether all is gone from here to the next heading, and how much that is.
    gone = 0
    empty_section = True
    for number in range(len(blocks) - 1, -1, -1):
        block = blocks[number]
        if not block.gone and not block.kept and (_is_label(block) or (block.bare and block.size <= 250)):
            above = number > 0 and blocks[number - 1].gone
            below = number == len(blocks) - 1 or blocks[number + 1].gone
            if _is_left_over(block, heads=empty_section and gone > 0, above=above, below=below, last=not gone):
                block.gone = True
                yield block.text
        if block.tag in HEADINGS:
            gone, empty_section = int(block.gone), True
        else:
            gone, empty_section = gone + block.gone, empty_section and block.gone


def _is_left_over(block: Block, *, heads: bool, above: bool, below: bool, last: bool) -> bool:
    """Say whether a block is junk by what is gone around it: a label, or what speaks in the page's own voice."""
    label = _is_label(block)
    if label and heads and (block.tag in HEADINGS or is_bold(block)):
        return True
    if not (above and below) or block.tag in HEADINGS or block.pictures or block.media:
        return False
    # Without stops no sentence can be told from a label.
    if label and not last and not is_thai(block.text):
        return True
    return phrases.TOPIC.search(block.bare) and (
        phrases.VOICE.search(block.bare) or phrases.NOTICE_WEAK.match(block.bare)
    )


def _is_label(block: Block) -> bool:
    if not block.bare or block.pictures or block.media or block.tag not in HEADINGS | {"p", "div"}:
        return False
    return block.size <= 90 and block.text[-1] not in '.。!?…”»")）'


def _is_heading(block: Block) -> bool:
    if not block.bare or block.pictures or block.size > 90 or block.tag not in HEADINGS | LINES:
        return False
    known = _is_sure(block.bare) or block.bare in phrases.RELATED_WEAK
    return known or (block.size <= 70 and phrases.RELATED_BEGINS.match(block.bare))


def _is_sure(line: str) -> bool:
    return line in phrases.RELATED or all(bare(part) in phrases.RELATED for part in _EITHER.split(line))


def _end_of_links(blocks: list[Block], start: int, *, titles: bool) -> int:
    """Find where the links end that begin at `start`: there, or behind the last of them."""
    end = start
    aside = False
    for position in range(start, len(blocks)):
        block = blocks[position]
        other = _is_other_report(block) or (titles and _is_title(block))
        if block.gone or other or (end > start and not block.kept and _is_heading(block)):
            if block.kept:
                return end
            end, aside = position + 1, False
        elif block.kept or not _is_aside(block):
            return end
        else:
            aside = aside or bool(block.pictures)
    # Dates behind the last link go with it; a picture there is the report's.
    return len(blocks) if end > start and not aside else end


def _is_aside(block: Block) -> bool:
    """Say whether a block may stand between links without being one: a date, a picture of the next, nothing."""
    if block.pictures or block.media:
        return not block.text and not block.media
    return not block.text or (len(block.text) <= 40 and _ASIDE.fullmatch(block.text) is not None)


def _is_other_report(block: Block) -> bool:
    """Say whether a block is a link to another report, with a date or a number beside it."""
    if not block.links or block.media or (not block.text and _is_enlarged(block)):
        return False
    if len(block.outside()) <= 40 + len(block.links) and len(block.text) <= 250 * len(block.links):
        return (
            block.tag == "li"
            or block.is_links()
            or _ASIDE.fullmatch(block.outside()) is not None
            or phrases.READ.match(block.bare)
        )
    return False


def _is_title(block: Block) -> bool:
    """Say whether an item of a list is a title that has lost its link."""
    return (
        block.tag == "li"
        and not block.links
        and bool(block.bare)
        and block.size <= 160
        and block.text[-1] not in ".。!?;"
    )


def _is_enlarged(block: Block) -> bool:
    """Say whether a picture is linked to its larger self: that is the report's."""
    return all(_FILE.search((link.get("href") or "").partition("?")[0]) for link in block.links)


def empty(page: Page) -> Iterator[str]:
    """Take out blocks, lists and links in which nothing is left to read or see; not worth a report."""
    for block in page.blocks():
        if not block.text and not block.pictures and not block.media and block.line is None and block.tag not in _CELLS:
            block.gone = True
        elif block.links:
            page.unseen.extend(link for link in block.links if _is_empty(link))
    yield from ()


_CELLS = frozenset({"td", "th", "dd", "dt", "pre"})


def _is_empty(link: HtmlElement) -> bool:
    if (link.text or "").strip():
        return False
    return not len(link) or (
        next(link.iter("img", "video", "audio", "picture"), None) is None and not "".join(link.itertext()).strip()
    )


def host_links(page: Page) -> Iterator[str]:
    """Take out links to where the host's rule says: with their block if it has nothing else."""
    host = page.subject.host
    if host is None or not host.drop_links_to:
        return
    base = page.subject.origin or ""
    for block in page.blocks():
        doomed = [link for link in block.links if host.drops_link(absolute(base, link.get("href") or "") or "")]
        if doomed and len(doomed) == len(block.links) and block.is_links():
            block.gone = True
            yield block.seen()
        else:
            page.inline.extend(doomed)
            yield from (" ".join("".join(link.itertext()).split()) or _picture_name(link) for link in doomed)


def _picture_name(link: HtmlElement) -> str:
    return next(map(name_of, link.iter("img")), link.get("href") or "")


def host_match(page: Page) -> Iterator[str]:
    """Take out blocks that match a pattern of the host's."""
    host = page.subject.host
    if host is None or not host.drop_matching:
        return
    for block in page.blocks():
        if host.drops(block.text):
            block.gone = True
            yield block.seen()


def host_heading(page: Page) -> Iterator[str]:
    """Take out a heading of the host's, and everything that follows."""
    host = page.subject.host
    if host is None or not host.cut_from_heading:
        return
    found = next((b for b in page.blocks() if b.bare in host.cut_from_heading and b.tag in LINES | HEADINGS), None)
    if found is None:
        return
    blocks = page.everything()
    for block in blocks[blocks.index(found) :]:
        if not block.gone and not block.kept:
            block.gone = True
            yield block.seen()
