"""Cells of CSV that no spreadsheet takes for a formula."""

from __future__ import annotations

import re

#: What a spreadsheet would carry out, and what was made harmless before: an apostrophe more is one to take away again.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def guarded(cell: str) -> str:
    """Put an apostrophe before what begins like a formula; spreadsheets take it for text then."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def plain(cell: str) -> str:
    """Take back what `guarded` did."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
