"""CSV is read as people save it, and one broken row loses no other."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import pytest

from publisher.kit.csv_reading import Sheet, open_sheet

if TYPE_CHECKING:
    from pathlib import Path

THAI = "email,name\r\none@example.org,สมชาย ใจดี\r\n"
GERMAN = "email,name\r\none@example.org,Jörg Müller\r\n"


def read(
    tmp_path: Path, content: bytes | str, encoding: str | None = None
) -> tuple[Sheet, list[tuple[int, list[str]]]]:
    """Everything that a file has; a problem stands in place of the cells."""
    path = tmp_path / "readers.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with open_sheet(path, wanted="Email", encoding=encoding) as sheet:
        return sheet, [(row.line, [row.problem] if row.problem else list(row.cells)) for row in sheet.rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_found_by_the_column_of_addresses(tmp_path: Path, delimiter: str, end: str) -> None:
    lines = [["name", " EMail "], ["a,b;c", "one@example.org"], ["", "two@example.org"]]
    text = end.join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    sheet, rows = read(tmp_path, text)
    assert (sheet.delimiter, sheet.columns) == (delimiter, ["name", "email"])
    assert rows == [(2, lines[1]), (3, lines[2])]


@pytest.mark.parametrize(
    ("content", "encoding", "guessed"),
    [
        (b"email\none@example.org\n", "utf-8", False),
        (THAI.encode(), "utf-8", False),
        (codecs.BOM_UTF8 + THAI.encode(), "utf-8-sig", False),
        (codecs.BOM_UTF16_LE + THAI.encode("utf-16-le"), "utf-16", False),
        (codecs.BOM_UTF16_BE + THAI.encode("utf-16-be"), "utf-16", False),
        (codecs.BOM_UTF32_LE + THAI.encode("utf-32-le"), "utf-32", False),
        (THAI.encode("utf-16-le"), "utf-16-le", False),
        (THAI.encode("utf-16-be"), "utf-16-be", False),
        (THAI.encode("cp874"), "cp874", True),
        (GERMAN.encode("latin-1"), "cp1252", True),
        ((GERMAN * 3 + "x,“quoted”\n").encode("cp1252"), "cp1252", True),
    ],
)
def test_the_encoding_is_found(tmp_path: Path, content: bytes, encoding: str, guessed: bool) -> None:
    sheet, rows = read(tmp_path, content)
    assert (sheet.encoding, sheet.guessed) == (encoding, guessed)
    assert rows[0][1][0] == "one@example.org"
    assert "".join(rows[0][1][1:]) in {"", "สมชาย ใจดี", "Jörg Müller"}


def test_an_encoding_that_is_named_is_believed(tmp_path: Path) -> None:
    sheet, rows = read(tmp_path, "email,name\na,ö\n".encode("cp437"), "cp437")
    assert (sheet.encoding, sheet.guessed, rows) == ("cp437", False, [(2, ["a", "ö"])])


def test_a_broken_byte_makes_no_file_another_encoding(tmp_path: Path) -> None:
    sheet, rows = read(tmp_path, THAI.encode() + b"two@example.org,\xe0\xb8\n")
    assert sheet.encoding == "utf-8"
    assert rows[1] == (3, ["two@example.org", "\ufffd"])
    ascii_only = b"email\n" + b"one@example.org\n" * 100
    assert read(tmp_path, ascii_only + b"\x81wo@example.org\n")[0].encoding == "utf-8"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"email,name\none@example.org,\x81\x8d\n", "save it as UTF-8, or say what it is with --encoding"),
        (b"PK\x03\x04\x14\x00", "spreadsheet"),
        (b"", "one of them `email`; it has nothing"),
        (b"name;address\nx;y\n", "one of them `email`; it has name, address"),
        (b"x" * 100_000, "one of them `email`; it has x{40}$"),
    ],
)
def test_what_is_no_such_file_is_refused_in_a_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(tmp_path, content)


def test_a_quoted_cell_goes_over_lines_and_blank_lines_are_none(tmp_path: Path) -> None:
    _, rows = read(tmp_path, 'email,note\none@example.org,"two\nlines, ""quoted"""\n\ntwo@example.org,x\n')
    assert rows == [(3, ["one@example.org", 'two\nlines, "quoted"']), (5, ["two@example.org", "x"])]


@pytest.mark.parametrize("after", [0, 1, 60])
def test_a_quote_that_is_never_closed_loses_one_row(tmp_path: Path, after: int) -> None:
    good = [f"r{number}@example.org,x" for number in range(after)]
    _, rows = read(tmp_path, "\n".join(["email,note", '"broken@example.org,x', *good]))
    assert [line for line, _ in rows] == list(range(2, after + 3))
    assert "a quote is not closed" in rows[0][1][0]
    assert [cells[0] for _, cells in rows[1:]] == [line[:-2] for line in good]


def test_two_quotes_that_are_never_closed_lose_two_rows(tmp_path: Path) -> None:
    lines = ["email,note", '"a@example.org,x', "b@example.org,x", '"c@example.org,x', "d@example.org,x"]
    _, rows = read(tmp_path, "\n".join(lines))
    assert [cells[0] for _, cells in rows if "quote" not in cells[0]] == ["b@example.org", "d@example.org"]


def test_a_quote_in_the_middle_of_a_cell_is_a_letter(tmp_path: Path) -> None:
    _, rows = read(tmp_path, 'email,note\none@example.org,5" screen\ntwo@example.org,x\n')
    assert rows == [(2, ["one@example.org", '5" screen']), (3, ["two@example.org", "x"])]


@pytest.mark.parametrize("size", [65_537, 200_000, 1 << 20, 3 << 20])
def test_a_line_without_end_is_one_broken_row(tmp_path: Path, size: int) -> None:
    _, rows = read(tmp_path, f"email\n{'x' * size}\ntwo@example.org\n")
    assert rows == [(2, ["the line is longer than 65,536 characters"]), (3, ["two@example.org"])]


def test_a_nul_stays_in_its_cell(tmp_path: Path) -> None:
    _, rows = read(tmp_path, b"email,note\none\x00@example.org,x\ntwo@example.org,x\n")
    assert rows == [(2, ["one\0@example.org", "x"]), (3, ["two@example.org", "x"])]
