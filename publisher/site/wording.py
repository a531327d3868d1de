"""The words that readers agree to, the same wherever they are shown, with a version that changes when they do."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from publisher.model.subscriber import Wording

if TYPE_CHECKING:
    from publisher.kit.templating import Templating


def wording(templating: Templating, language: str, *titles: str, asked: bool = True) -> Wording:
    """Give the words for the one digest that a reader is asked about, or for those that are ticked in a list.

    Raises TemplateError.
    """
    text = templating.render("site/wording.txt", language, titles=titles, asked=asked).strip()
    return Wording(text=text, version=hashlib.blake2b(text.encode(), digest_size=6).hexdigest())
