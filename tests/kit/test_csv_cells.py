"""No cell is taken for a formula, and each comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.kit.csv_cells import guarded, plain


@pytest.mark.parametrize("cell", ["=1+2", "+x@example.org", "-x@example.org", "@x", "\tx", "\rx", "'=x", "''-x"])
def test_what_begins_like_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "reader@example.org", "o'hara@example.org", "'x@example.org", "1-2"])
def test_anything_else_stays(cell: str) -> None:
    assert guarded(cell) == plain(cell) == cell


@given(st.text(alphabet="'=+-@ab", max_size=6))
def test_what_was_guarded_comes_back(cell: str) -> None:
    assert plain(guarded(cell)) == cell
    assert not guarded(cell).startswith(("=", "+", "-", "@"))
