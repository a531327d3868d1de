"""A message as it follows DATA: dots doubled, lines whole, however it was put together."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.mail.stuffing import stuffed

#: Ends of lines whole and halved, dots, and enough else that a piece may be long.
PIECES = st.lists(
    st.tuples(st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"a", b""]), max_size=6), st.booleans()).map(
        lambda made: (b"b" * 5000 if made[1] else b"") + b"".join(made[0])
    ),
    max_size=6,
)


def _or_refused(data: bytes, pieces: tuple[bytes, ...]) -> bytes | None:
    try:
        return stuffed(data, pieces)
    except ValueError:
        return None


@given(PIECES)
@example([b"a\r\n", b".\r\n"])
@example([b"a\r", b"\n"])
@example([b"a\r\n", b"", b".\r\n"])
@example([b".", b"\r\n"])
@example([b"b" * 5000 + b"\r\n.\r\n"])
@example([b"b" * 5000 + b"\n", b"\r\n"])
@example([])
def test_pieces_are_only_a_shorter_way(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    assert _or_refused(data, tuple(pieces)) == _or_refused(data, ())


@pytest.mark.parametrize(
    ("data", "stuffed_data"),
    [
        (b"a\r\n", b"a\r\n"),
        (b".\r\n", b"..\r\n"),
        (b"a\r\n.\r\n..b\r\n", b"a\r\n..\r\n...b\r\n"),
        (b"a.\r\nb.c\r\n", b"a.\r\nb.c\r\n"),
    ],
)
def test_a_dot_at_the_beginning_of_a_line_is_doubled(data: bytes, stuffed_data: bytes) -> None:
    assert stuffed(data) == stuffed_data
    assert stuffed(data, (data,)) == stuffed_data


@pytest.mark.parametrize("data", [b"", b"a", b"a\n", b"a\r", b"a\n.\nb\r\n", b"a\r.\rb\r\n", b"a\r\n.\n"])
def test_what_some_servers_take_for_the_end_is_refused(data: bytes) -> None:
    for pieces in ((), (data,), (data[:1], data[1:])):
        with pytest.raises(ValueError, match="lines that end with CRLF"):
            stuffed(data, pieces)
