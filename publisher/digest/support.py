"""What mail programs make of CSS and HTML is looked up in `support.toml`, a table of facts with their source."""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

#: The five that an edition must mean the same in.
CLIENTS = {
    "apple-mail": "Apple Mail",
    "gmail": "Gmail",
    "outlook": "Outlook for Windows",
    "samsung-email": "Samsung Email",
    "yahoo": "Yahoo",
}
#: Attributes that say in HTML what a declaration says in CSS.
ATTRIBUTES = frozenset({"align", "cellspacing", "height", "width"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What becomes of some declarations, elements or style sheets. See support.toml."""

    #: As caniemail.com names it; empty for what is older than CSS and needs no proof.
    feature: str = ""
    #: Names of properties, a selector or a pattern.
    of: str
    values: str = ""
    on: str = ""
    attribute: str = ""
    without: str = ""
    instead: str = ""

    def fits(self, name: str, value: str, element: str, attributes: frozenset[str]) -> bool:
        """Say whether it is about a declaration in the style of an element that has these attributes."""
        return (
            any(_names(each).fullmatch(name) for each in self.of.split())
            and (not self.values or bool(re.fullmatch(self.values, value, re.IGNORECASE)))
            and (not self.on or element in self.on.split())
            and (not self.attribute or self.attribute in attributes)
        )


@functools.cache
def _names(pattern: str) -> re.Pattern[str]:
    """Read `padding*` as padding and that of each side, `border*` likewise with its parts."""
    if pattern in {"*", "mso-*"}:
        return re.compile(pattern.replace("*", ".*"))
    return re.compile(re.escape(pattern).replace(r"\*", r"(-(top|right|bottom|left))?(-(width|style|color))?"))


@functools.cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("publisher.digest").joinpath("support.toml").read_text("utf-8"))


def features() -> dict[str, str]:
    """Give the clients that lack each feature; with `~` those that have it in part."""
    return dict(_table()["features"])


@functools.cache
def rules(kind: str) -> tuple[Rule, ...]:
    """Give the rules about `css`, `html` or `sheet`, in their order."""
    return tuple(Rule(**row) for row in _table()["rules"][kind])


@functools.lru_cache(maxsize=4096)
def rule_for(name: str, value: str, element: str, attributes: frozenset[str] = frozenset()) -> Rule | None:
    """Give the rule that decides about a declaration; None for one that the table does not know."""
    return next((rule for rule in rules("css") if rule.fits(name, value, element, attributes)), None)


def lacking(rule: Rule) -> str:
    """Name those for whom an edition must do without: `Gmail, Yahoo`."""
    clients = (client.rstrip("~") for client in features().get(rule.feature, "").split())
    return ", ".join(CLIENTS[client] for client in dict.fromkeys(clients))
