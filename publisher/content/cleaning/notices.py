"""What a page says in its own name: cookies, newsletters, subscriptions, comments, rights."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from publisher.content.cleaning import phrases
from publisher.content.cleaning.fold import bare
from publisher.content.cleaning.lines import LINES, ends_late, is_bold, is_thai
from publisher.content.cleaning.tree import HEADINGS, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.content.cleaning.page import Block, Page

#: Links to what a page sells or asks for.
_SERVICES = re.compile(
    r"(?<!/)/(?:log-?in|sign-?in|sign-?up|register|registration|member(?:ship)?|join|account|subscribe|subscriptions?|newsletters?|mail|e?paper|plus|premium"
    r"|abo(?:nnement)?s?|suscri\w+|berlangganan|langganan|cookies?(?:-\w+)?|privacy(?:-\w+)?|datenschutz\w*|privacidad|confidentialite|donate|app|apps|podcast|mitglied\w*|connexion|inscription"
    r"|preferences/source|kebijakan\w*|netiquette|boletin(?:es)?|telegram|notifications?)(?:[/?#.]|$)"
    r"|//(?:apps?|play|itunes|go|account|my|login|subscribe|shop|newsletters?|abo|plus(?!\.google)|boletines|promo)\.|^#(?:top|accept\w*|reject\w*|deny|close|login|subscribe|comments?)?$|^javascript:",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"[.!?…。！？|｜]+\s*|\s[–—]\s")
#: Speech, and the report goes on behind it.
_SPEECH = re.compile(r"[\"“«„「『‘][^\"”»“」』’]{10,}[\"”»“」』’]\W{0,3}\w")
#: Whatever a page may write between two of its buttons.
_BUTTONS = re.compile(r"\s*[·•|｜/›>,、.\[\]【】［］]\s*|\s[–—-]\s")
_NUMBER = re.compile(r"\d")
_NO_LETTERS = re.compile(r"[\d.,()（）|·•:：]+")
_ON_BUTTONS = phrases.FURNITURE | phrases.SHARE | phrases.BUTTON | phrases.ADVERTISEMENT | phrases.RELATED


def notice(page: Page) -> Iterator[str]:
    """Take out what a page says in its own name: cookies, newsletters, subscriptions, comments, rights."""
    before: Block | None = None
    beside_picture = False
    for block in page.blocks():
        if not block.bare or block.tag in {"td", "th"} or block.media:
            before, beside_picture = None, bool(block.pictures)
            continue
        # Beside a picture it says whose that is.
        rights = block.text[0] in "©ⓒ" and not block.pictures and not beside_picture and len(block.text) <= 200
        beside_picture = bool(block.pictures)
        if rights or _is_notice(block) or (before is not None and before.gone and _goes_with_notice(block)):
            # What is asked for has a name, in bold, on a line of its own.
            if before is not None and not before.gone and _is_name_of_service(before):
                before.gone = True
                yield before.text
            block.gone = True
            yield block.seen()
        before = block


def _is_name_of_service(block: Block) -> bool:
    named = block.tag in HEADINGS or (block.tag == "p" and is_bold(block))
    return named and block.size <= 80 and phrases.TOPIC.search(block.bare)


def _goes_with_notice(block: Block) -> bool:
    """Say whether a short line behind a notice is one of its buttons."""
    asks = phrases.TOPIC.search(block.bare) or phrases.NOTICE.match(block.bare) or phrases.NOTICE_WEAK.match(block.bare)
    return bool(asks) and block.size <= 60 and block.text[-1] not in ".。"


def _is_count(text: str) -> bool:
    words = _NO_LETTERS.sub(" ", text.casefold())
    return _NUMBER.search(text) is not None and " ".join(words.split()) in phrases.COUNTED


def _is_notice(block: Block) -> bool:
    line = block.bare
    if line in phrases.FURNITURE:
        # Over what follows, it is a heading of the report.
        return block.tag in LINES and block.text[-1] not in ":：" and not is_bold(block)
    if block.tag in LINES and block.size <= 40 and _is_count(block.text):
        return True
    if block.tag in HEADINGS or (block.tag == "li" and not (block.links and block.is_links())):
        return False
    # Taking a line apart and searching it for topics takes long: most lines give no reason to.
    begins, weak = phrases.NOTICE.match(line), phrases.NOTICE_WEAK.match(line)
    if block.size > 330:
        return _is_long_notice(line, begins=begins, weak=weak)
    if (block.size <= 120 and _are_buttons(line)) or _ends_with_button(block):
        return True
    if block.text[0] in '"“«„「『‘' and _SPEECH.match(block.text):
        return False
    return _speaks_for_the_page(block, begins=begins, weak=weak)


def _speaks_for_the_page(block: Block, *, begins: bool, weak: bool) -> bool:
    line = block.bare
    services = sum(_SERVICES.search(link.get("href") or "") is not None for link in block.links)
    late = block.size <= 180 and ends_late(line) and phrases.NOTICE_ENDS.search(line)
    begins = begins or _begins_behind(line, weak=weak)
    if (begins or weak or services or late) and _asks(block, begins=begins, weak=weak, services=services, late=late):
        return True
    if block.size > 160 and not (begins or weak):
        return False
    return phrases.OF_THE_PAGE_STARTS.match(line) or phrases.OF_THE_PAGE.search(line)


def _begins_behind(line: str, *, weak: bool) -> bool:
    """Say whether a notice begins with the second sentence of a line, or two of its sentences ask."""
    end = _SENTENCES.search(line, 0, 100)
    if end is None:
        return False
    second = bare(line[end.end() : end.end() + 100])
    return phrases.NOTICE.match(second) or (weak and phrases.NOTICE_WEAK.match(second))


def _is_long_notice(line: str, *, begins: bool, weak: bool) -> bool:
    """Say whether a page speaks at length of cookies or donations: of nothing else it does."""
    late = not begins and ends_late(line)
    if not (begins or weak or late) or not phrases.CONSENT.search(line):
        return False
    return begins or (weak and phrases.VOICE.search(line)) or phrases.NOTICE_ENDS.search(line)


def _asks(block: Block, *, begins: bool, weak: bool, services: int, late: bool) -> bool:
    """Weigh what speaks for a notice: its beginning, its links, the voice of the page, and a topic of its own."""
    line = block.bare
    # A sentence of the report may begin so, too; a line that is short and no sentence is none.
    label = block.size <= 100 and block.text[-1] not in '».。:”"' and not is_thai(line)
    if services > 1 or (services and (block.size <= 40 or _ends_asking(block))):
        return True
    if not phrases.TOPIC.search(line):
        return services > 0 and begins
    if begins or late or (services and (label or block.is_links())):
        return True
    return weak and (label or services > 0 or phrases.VOICE.search(line))


def _ends_with_button(block: Block) -> bool:
    link = text_of(block.links[-1]) if block.links else ""
    return 0 < len(link) <= 40 and block.text.endswith((link, f"{link}.", f"{link}!")) and bare(link) in phrases.BUTTON


def _ends_asking(block: Block) -> bool:
    """Say whether a line ends with a link that asks for something, like a button."""
    link = text_of(block.links[-1])
    text = bare(link)
    if not text or not block.bare.endswith(text) or len(text) > 60:
        return False
    before = block.text[: -len(link)].rstrip() if block.text.endswith(link) else ""
    button = len(text) <= 25 and before[-1:] in {".", "!", "?", ":", "。", "！", "？", "：", "…", "—", "–", "|"}
    return button or text in phrases.FURNITURE or phrases.NOTICE.match(text) or phrases.NOTICE_WEAK.match(text)


def _are_buttons(line: str) -> bool:
    """Say whether a line is made of what stands on buttons, and of nothing else."""
    if all(part in phrases.FURNITURE for part in _pieces(line)):
        return True
    parts = [part for each in _BUTTONS.split(line, maxsplit=8) if (part := bare(each))]
    return len(parts) > 1 and all(part in _ON_BUTTONS for part in parts)


def _pieces(line: str) -> list[str]:
    """Take a line apart into its sentences; what is quoted begins none."""
    return [piece for each in _SENTENCES.split(line, maxsplit=4)[:4] if (piece := bare(each))]
