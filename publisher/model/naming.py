"""Names that last: slugs of categories and languages, ids of entries."""

from __future__ import annotations

import functools
import hashlib
import itertools
import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

#: Slugs that would stand in the way of the publisher's own files, or that Windows keeps for devices.
RESERVED = frozenset(
    {"all", "archive", "con", "prn", "aux", "nul"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in range(10)}
)

#: Where feeds that are configured by hand stand, beside those of languages.
EXTRA = "extra"

#: A file name may have 255 bytes; this leaves room for a suffix and an extension.
_SLUG_BYTES = 160

#: What the last part of a tag URI may have as it is.
_TAG_SAFE = "/-._~!$&'()*+,;=:@"
_TAG_CLEAN = re.compile(r"[A-Za-z0-9/._~-]+")

#: BCP 47 in outline: a language of two to eight letters, then subtags; the longest useful tag has 35 (section 4.4.1).
_LANGUAGE_CHARS = 35
_LANGUAGE = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8})*")


@functools.lru_cache(4096)
def slug(name: str) -> str:
    """Fold a name to what is equal for equal names: NFC, case-folded, letters and digits of any script, hyphens.

    Empty when the name has no letter and no digit.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    # Marks (M) belong to the letters they stand on: Thai and Devanagari vowels are marks.
    kept = ""
    for char in folded:
        kind = unicodedata.category(char)[0]
        # A mark without a letter stood on a sign that goes, as in ❤️.
        stays = kind in "LN" or (kind == "M" and kept and kept[-1] != "-")
        kept += char if stays else "-"
    result = "-".join(part for part in kept.split("-") if part)
    encoded = result.encode()
    if len(encoded) <= _SLUG_BYTES:
        return result
    digest = hashlib.blake2b(encoded, digest_size=4).hexdigest()
    return encoded[: _SLUG_BYTES - 9].decode(errors="ignore").rstrip("-") + "-" + digest


def language_tag(name: str) -> str | None:
    """Fold a language as people write it (`zh_CN`) to a BCP 47 tag (`zh-cn`), or None if it is none."""
    tag = name.strip().replace("_", "-").casefold()
    taken = tag in RESERVED or tag == EXTRA
    return tag if _LANGUAGE.fullmatch(tag) and len(tag) <= _LANGUAGE_CHARS and not taken else None


def free_slug(base: str, taken: Container[str]) -> str:
    """Give a category its slug for good: `base`, or `base` with the first number that is free."""
    if base not in RESERVED and base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def entry_ids_like(wanted: str) -> Iterator[str]:
    """Give, in order, the ids that a post may have whose own one was another post's."""
    return (f"{wanted}~{number}" for number in itertools.count(2))


def entry_id(authority: str, year: int, code: str) -> str:
    """Make the permanent id of a post or feed, a tag URI (RFC 4151); what that rules out is percent-encoded."""
    return f"tag:{authority},{year}:{code if _TAG_CLEAN.fullmatch(code) else quote(code, safe=_TAG_SAFE)}"


def code_of_entry_id(entry_id: str) -> str | None:
    """Read the code of a post from the id it was given; None for an id that is none of ours."""
    scheme, _, rest = entry_id.partition(":")
    return unquote(rest.partition(":")[2]) or None if scheme == "tag" else None
