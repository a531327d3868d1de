"""Text that is code: stray JavaScript that a scraper took for a paragraph."""

from __future__ import annotations

import re

#: How scripts on news pages begin, wherever in a paragraph they stand.
_BEGINS = re.compile(
    r"(?<![\w.])(?:"
    r"(?:var|let|const)\s+[\w$]+\s*="
    r"|(?:async\s+)?function\s*[\w$]*\s*\("
    r"|document\s*\.\s*(?:get|query|create|add|write|body|cookie|links|location|ready)\w*\s*[.(=\[;]"
    r"|(?:window|dataLayer|googletag|localStorage|navigator)\s*\.\s*[a-zA-Z]+\s*[.(=\[]"
    r"|(?:jQuery|\$)\s*\("
    r"|\(\s*(?:async\s*)?(?:function\b|\(\s*[\w$, ]*\)\s*=>)"
    r"|!\s*function\b"
    r"|(?:if|for|while)\s*\(\s*[!\w$.\s=<>&|]+\)\s*\{"
    r"|(?:setTimeout|setInterval|gtag|fbq|ga)\s*\("
    r"|\(adsbygoogle\s*="
    r")"
)
#: What code has and a name that is mentioned has not.
_STATEMENT = re.compile(r"[;{=]")
_SYMBOLS = re.compile(r"[{}()\[\];=&|<>!.\"'+]")


def code_start(text: str) -> int | None:
    """Find where code begins in a paragraph and goes on to its end; None if it has none.

    Prose that mentions code is not code: a third kind of evidence, after how it begins and ends, is that one
    character in ten is a symbol.
    """
    if not text.endswith((";", "}", ")")):
        return None
    match = _BEGINS.search(text)
    if match is None:
        return None
    code = text[match.start() :]
    dense = len(_SYMBOLS.findall(code)) / len(code) > 0.1 and _STATEMENT.search(code) is not None
    return match.start() if dense and len(code) >= 12 else None
