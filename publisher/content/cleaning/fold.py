"""How lines are folded before they are compared."""

from __future__ import annotations

#: Stripped from both ends before lines are compared.
_AROUND = (
    " \t\n\u00a0\u200b\ufeff\ufe0f:：.。․…,，、;；!！?？¡¿-‐‑–—―_"
    "|｜/／\\()（）[]［］{}【】「」『』《》〈〉〔〕<>«»‹›\"“”„'‘’`*#~=+"
    "•·・●○■□◆◇▶►▷▸▼▾▽▲△→➡➜➔⇒←↓⬇⬆↑★☆❤♥💙💛👍☕🎧🖨※✓✔✉☎❄📌👉👇👈📲📱📢🔔🔥📷📸📧📩💬🔗▪0123456789"
)


def bare(text: str) -> str:
    """Fold a line for comparison: no case, nothing but letters at the ends."""
    return text.casefold().strip(_AROUND)


def size(line: str) -> float:
    """Measure a line so that scripts compare: a character of Chinese says as much as three of Latin."""
    middle = line[len(line) // 2 : len(line) // 2 + 1]
    return len(line) * (3 if middle >= "\u2e80" else 1.5 if "\u0e00" <= middle <= "\u0e7f" else 1)
