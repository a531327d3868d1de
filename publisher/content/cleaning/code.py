"""Text that is code: where scripts, JSON or style sheets begin in a paragraph and where they end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

#: How scripts on news pages begin. Every repetition is bounded or possessive: texts are as long as somebody wants.
_SCRIPT = re.compile(
    r"(?<![\w.$])(?:"
    r"(?:var|let|const)\s{1,3}(?:[\w$]{1,80}+|[{\[][\w$,: ]{1,200}[}\]])\s{0,3}="
    r"|(?:async\s{1,3})?function\s{0,3}[\w$]{0,80}+\s{0,3}\("
    r"|document\s{0,3}\.\s{0,3}(?:get|query|create|add|write|body|cookie|links|location|ready|head)\w{0,40}+\s{0,3}[.(=\[;]"
    r"|(?:window|dataLayer|googletag|admicroAD|Ya|localStorage|sessionStorage|navigator|console|location|apstag|OneSignal|pbjs|FB|_gaq|_paq)"
    r"\s{0,3}[.\[]\s{0,3}[\"'a-zA-Z_$]\w{0,60}+[\"'\]]{0,2}\s{0,3}[.(=\[|&?,;)]"
    r"|(?:window|self)\s{0,3}\.\s{0,3}\w{1,60}+\s{0,3}="
    r"|self\.(?:inner|location|screen|__)\w{0,20}+|(?:jQuery\s{0,3}[.(]|\$\(\s{0,3}(?:[\"']|document|window|this|function))"
    r"|[(!;+]\s{0,3}(?:async\s{0,3})?(?:function\b|\(\s{0,3}[\w$, ]{0,80}\)\s{0,3}=>)"
    r"|(?:if|for|while)\s{0,3}\([^{}]{1,200}\)\s{0,3}\{"
    r"|try\s{0,3}\{"
    r"|(?:setTimeout|setInterval|gtag|fbq|ga|twq|ttq|require|addEventListener|_satellite|ym|__gads|lazyLoad|eval)(?:\.\w{1,30}+)?\s{0,3}\("
    r"|\(\s{0,3}adsbygoogle\s{0,3}="
    r"|\(\s{0,3}window\s{0,3}\.\s{0,3}\w{1,60}+\s{0,3}="
    r"|[\[{]\s{0,3}\{?\s{0,3}[\"“”][@\w$-]{1,60}+[\"“”]\s{0,3}:\s{0,3}[\"“”\[{\d\-tfn]"
    r"|[\w$.]{2,80}+\s{0,3}=\s{0,3}(?:function\s{0,3}\(|\{\s{0,3}[\"'\w]{1,60}\s{0,3}:|document\.|window\.|new\s[A-Z]\w{1,30}\()"
    # A call upon something, or with an object; so much nobody writes in passing.
    r"|[a-zA-Z_$][\w$]{0,60}+(?:\.[a-zA-Z_$][\w$]{0,60}+){1,5}+\((?:\)\s?;|\s{0,3}(?:function\b|[{\[\"'\d]))"
    r"|[a-zA-Z_$][\w$]{1,60}+\(\s{0,3}(?:\{|function\b)|new\s[A-Z][\w.]{1,60}\(\s{0,3}[\"'{\[]|[\"']use strict[\"']"
    r"|//\s?<!\[CDATA\["
    r")",
    re.ASCII,
)
_TAGS = (
    "(?:html|body|div|span|ul|ol|li|h[1-6]|img|table|section|article|figure|aside|header|footer|nav|iframe|button"
    "|input|p|a)"
)
_SIMPLE = (
    r"(?:[.#][A-Za-z_][\w-]{0,80}+|::?[a-z-]{1,30}+(?:\([^(){}]{0,60}\))?|\[[^\[\]{}]{1,60}\]"
    rf"|(?<![\w.#-]){_TAGS}(?![\w-])|\*)"
)
_DECLARATION = r"\s{0,3}(?:--)?[a-z-]{2,40}+\s{0,3}:\s{0,3}[^{};:]{1,200}(?:[;}]|:)"
#: A selector with a first declaration, or an at-rule.
_STYLE = re.compile(
    rf"(?<![\w.])(?:@(?:media|supports|font-face|keyframes|-webkit-keyframes|page|layer|container)\b[^{{}}]{{0,200}}\{{"
    r"|@(?:import|charset)\s{1,3}(?:url\(|[\"'])[^;{}]{1,200};"
    rf"|/\*[^*]{{0,200}}\*/(?=\s{{0,3}}[.#@a-z])"
    rf"|(?>{_SIMPLE}{{1,6}})(?>[\s,>+~]{{1,4}}{_SIMPLE}{{1,6}}){{0,12}}\s{{0,3}}\{{(?:{_DECLARATION}|\s{{0,3}}\}}))",
    re.ASCII,
)
_MARK = re.compile(r"[(){}\[\];\"'`\\]")
_CLOSES = frozenset("([{")
#: What goes on with code after a statement has ended.
_GOES_ON = re.compile(
    r"\s{0,20}+(?:[;,.)\]}=+*&|?:<>!/{]|-[-=\d]|\(\s{0,3}(?:function|async|window|\(|\)|[\"'\w$.]{1,60}[)(,.=\"'])|\[[\"'\w\]]|(?:else|return|catch|finally|new|throw|break|typeof)\b(?!\s[a-z]{2,}\s[a-z])"
    r"|(?:try|do)\s{0,3}\{|switch\s{0,3}\(|['\"]use strict"
    r"|[a-zA-Z_$][\w$]{0,80}+(?:(?:\.[a-zA-Z_$][\w$]{0,80}+){1,8}+\s{0,3}[(=\[;]|\(|\[|\s{0,3}(?:[+*/-]?=(?!=)|\+\+|\?\.|&&|\|\||=>))"
    r"|\d{1,3}%?\s{0,3}\{|(?:from|to)\s{0,3}\{)"
)
_STATEMENT = re.compile(r"[;{=]|\w\(['\"]|\w\.\w+\(")
_SYMBOLS = re.compile(r"[{}()\[\];=&|<>!.\"'+:,_$]")
#: What nobody writes about in passing: a page's own objects.
_PAGES_OWN = re.compile(
    r"document\.|window\.|googletag|dataLayer|jQuery|adsbygoogle|gtag|fbq|querySelector|getElement|schema\.org|addEventListener"
)
#: What code of pages has to do with, and hardly any other.
_WEB = re.compile(
    r"document|window|jQuery|\$\(|@context|schema|adsbygoogle|googletag|dataLayer|gtag|fbq|_satellite|querySelector|getElement"
    r"|(?<![a-z])(?:ads?|ga|ym|slot|banner|script|track|pixel|widget|player|cmd|push|async|render|init|load|social|container|placement"
    r"|zone|div|src|https?|html|body|cookie|consent|embed|iframe|stats?|onload|style|css|px|page|site|news|article|show|hide|remove"
    r"|display|uid|id|config|taboola|location|console|setTimeout|swiper|video|title|fetch|use strict)(?![a-z])"
    r"|[a-z](?:Ads?|Slot|Id|Unit|Config|Width|Script|Tag|Listener)s?(?![a-z])|_ad|AD_"
)
#: Of one paragraph: beginnings that may come to nothing, and the characters by which each is judged.
_ATTEMPTS = 40
_JUDGED = 2_000
_LEAST = 12


class Span(NamedTuple):
    """A piece of a text that is code."""

    start: int
    end: int


def may_have_code(text: str) -> bool:
    """Say cheaply whether it is worth while to look."""
    return "{" in text or "=" in text or ");" in text or '("' in text or "('" in text or text.endswith(")")


def script_spans(text: str) -> list[Span]:
    """Find scripts and JSON."""
    return list(_spans(text, _SCRIPT))


def style_spans(text: str) -> list[Span]:
    """Find style sheets."""
    return list(_spans(text, _STYLE))


def _spans(text: str, begins: re.Pattern[str]) -> Iterator[Span]:
    """Find code of a kind; in time proportional to the text, whatever is in it."""
    position = attempts = 0
    while attempts < _ATTEMPTS and (match := begins.search(text, position)):
        start = match.start()
        end = _end(text, start, begins, start + _JUDGED)
        if _is_code(text, start, end, begins):
            position = end if end < start + _JUDGED else _end(text, start, begins, len(text))
            yield Span(start, position)
        else:
            attempts += 1
            position = match.end()


def _end(text: str, start: int, begins: re.Pattern[str], limit: int) -> int:
    """Find where the statements that begin at `start` come to an end, or the limit."""
    open_: list[str] = []
    position = end = start
    limit = min(limit, len(text))
    while mark := _MARK.search(text, position, limit):
        char, position = mark[0], mark.end()
        if char == "\\":
            position += 1
        elif char in "\"'`":
            position = _behind_quotation(text, position, char, limit)
        elif char in _CLOSES:
            open_.append(char)
        elif open_ and char != ";":
            open_.pop()
        if char in ";)]}" and not open_:
            end = position
            if not _code_follows(text, end, begins, limit):
                return end
    return _before_prose(text, start, limit) if open_ else limit if end == start else end


def _behind_quotation(text: str, position: int, quote: str, limit: int) -> int:
    """Find where a quotation ends; a mark without another one is an apostrophe."""
    end = text.find(quote, position, min(limit, position + _JUDGED))
    while end > 0 and text[end - 1] == "\\":
        end = text.find(quote, end + 1, min(limit, position + _JUDGED))
    return end + 1 if end >= 0 else position


def _before_prose(text: str, start: int, limit: int) -> int:
    """Find the end of statements that were cut short or that are broken: the last mark that prose follows."""
    last = max(text.rfind(mark, start, limit) for mark in ";}") + 1
    rest = text[last:limit]
    return last if last > start and len(rest) > 15 and len(_SYMBOLS.findall(rest)) <= len(rest) / 15 else limit


def _code_follows(text: str, position: int, begins: re.Pattern[str], limit: int) -> bool:
    if _GOES_ON.match(text, position, limit):
        return True
    while position < limit and text[position].isspace():
        position += 1
    return begins.match(text, position) is not None


def _is_code(text: str, start: int, end: int, begins: re.Pattern[str]) -> bool:
    """Tell code from prose that mentions it: by its density of symbols, and by what stands around it."""
    code = text[start:end]
    if len(code) < _LEAST or _STATEMENT.search(code) is None:
        return False
    if begins is _SCRIPT and len(_SYMBOLS.findall(code)) <= len(code) / 10:
        return False
    if not code.rstrip().endswith((";", "}", ")", "]")) and end < len(text):
        return end - start >= _JUDGED
    web = begins is _STYLE or _WEB.search(text, start, min(end, start + _JUDGED)) is not None
    return web and not _is_quoted(text, start, end)


def _is_quoted(text: str, start: int, end: int) -> bool:
    """Say whether a sentence goes on around the code, as in a text about programs."""
    after = text[end : end + 40].split("\n", maxsplit=1)[0].strip()
    before = text[max(0, start - 40) : start].rpartition("\n")[2].strip()
    own = _PAGES_OWN.search(text, start, end) is not None or end - start >= 60
    if after and (after[0].islower() or after[0] in ",.:)”\"'’。、，"):
        return bool(before) or end - start < 60
    if not before or before[-1] in ".!?…。！？”»":
        return False
    if before[-1] in ":,(“「（：":
        return not own
    # Thai ends no sentence with a stop: a short piece is taken for a quotation there.
    return not own and (end - start < 25 or before[-1] < "\u0e00")
