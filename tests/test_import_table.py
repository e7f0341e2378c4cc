"""Reading CSV files: encodings, delimiters, line ends, and rows that are damaged."""

import io

import pytest

from mwi_crawl.errors import InputError
from mwi_crawl.importer import InputFile
from mwi_crawl.importers import _table, _text
from mwi_crawl.importers._table import Row, Table, header_of
from mwi_crawl.model import Skipped

KNOWN = {"id": "id", "name": "name"}


def table_of(content: bytes) -> Table:
    file = InputFile.of("films.csv", content)
    return Table(file, header_of(file), KNOWN)


def rows_of(content: bytes) -> list[Row | Skipped]:
    return list(table_of(content).rows())


@pytest.mark.parametrize(
    ("encoding", "label"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_a_name_survives_every_encoding(encoding: str, label: str) -> None:
    table = table_of("id,name\n1,Amélie – “le film”\n".encode(encoding))
    assert table.encoding.label == label
    assert list(table.rows()) == [Row(2, {"id": "1", "name": "Amélie – “le film”"})]


def test_a_file_that_turns_out_to_be_windows_1252_after_a_megabyte_is_read_so_from_the_beginning() -> None:
    content = b"id,name\n" + b"1,plain\n" * 200_000 + "2,Amélie\n".encode("cp1252")
    table = table_of(content)
    assert table.encoding.label == "Windows-1252"
    assert list(table.rows())[-1] == Row(200_002, {"id": "2", "name": "Amélie"})


def test_one_stray_byte_does_not_garble_the_titles_of_a_utf_8_file() -> None:
    content = "id,name\n1,Łódź\n2,Жизнь других\n".encode() + "3,Amélie\n".encode("cp1252")
    assert [row.cells["name"] for row in rows_of(content) if isinstance(row, Row)] == ["Łódź", "Жизнь других", "Amélie"]


def test_a_character_cut_in_two_at_the_end_of_the_head_is_no_sign_of_windows_1252() -> None:
    start = b"id,name\n1,"
    content = start + b"x" * (_text.HEAD - len(start) - 1) + "é\n2,é\n".encode()
    assert header_of(InputFile.of("films.csv", content)).names == ("id", "name")
    assert table_of(content).encoding.label == "UTF-8"


def test_a_byte_of_no_known_encoding_is_named_with_its_position() -> None:
    with pytest.raises(InputError) as raised:
        table_of(b"id,name\n1,\x81\n")
    assert raised.value.happened == "films.csv is not UTF-8 or Windows-1252 text: byte 0x81 at position 10."
    assert raised.value.safe == "Nothing was imported."


def test_the_position_of_a_byte_is_right_beyond_the_first_chunk() -> None:
    content = b"id,name\n" + b"1,plain\n" * 200_000 + b"\x81"
    with pytest.raises(InputError, match=f"at position {len(content) - 1}"):
        table_of(content)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_line_numbers_are_right_with_every_delimiter_and_line_end(delimiter: str, end: str) -> None:
    lines = [f"Id{delimiter} NAME ", f'1{delimiter}"two{end}lines{delimiter} and ""quotes"""', "", f"2{delimiter}last"]
    rows = rows_of(end.join(lines).encode())
    assert rows == [
        Row(2, {"id": "1", "name": f'two{end}lines{delimiter} and "quotes"'}),
        Row(5, {"id": "2", "name": "last"}),
    ]


def test_damaged_rows_are_named_and_the_others_read() -> None:
    rows = rows_of(b"id,name\n,\n1\n2,b,,\n3,c,d\n4,\0\n5,e\n")
    assert rows == [
        Skipped(2, "an empty row"),
        Skipped(3, "1 cells, and the header has 2 columns"),
        Row(4, {"id": "2", "name": "b"}),
        Skipped(5, "3 cells, and the header has 2 columns"),
        Skipped(6, "the row holds NUL bytes"),
        Row(7, {"id": "5", "name": "e"}),
    ]


def test_rows_swallowed_by_a_stray_quote_are_named_by_their_lines() -> None:
    # without care, the first is one row of two cells, and two films are gone without a word
    assert rows_of(b'id,name\n1,"a\n2,b\n3,"c"\n4,d\n') == [
        Skipped(2, "a quote in the middle of a cell (lines 2 to 4)"),
        Row(5, {"id": "4", "name": "d"}),
    ]
    assert rows_of(b'id,name\n1,"a\n2,b",c\n4,d\n') == [
        Skipped(2, "3 cells, and the header has 2 columns (lines 2 to 3)"),
        Row(4, {"id": "4", "name": "d"}),
    ]


def test_a_quote_that_is_never_closed_is_an_error_and_not_a_long_name() -> None:
    # the row has its two cells, so nothing but the end of the file tells that all rows below are inside the second
    with pytest.raises(InputError, match="the row at line 3 is never closed"):
        rows_of(b'id,name\n1,a\n2,"b\n3,c\n4,d\n')


@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_the_last_row_counts_with_and_without_a_line_end(ending: bytes) -> None:
    assert len(rows_of(b'id,name\n1,a\n2,"b"' + ending)) == 2


def test_a_cell_beyond_a_mebibyte_is_an_error_with_its_line() -> None:
    with pytest.raises(InputError, match=r"films\.csv line 3: a cell is longer than 1 MiB"):
        rows_of(b'id,name\n1,a\n2,"' + b"x" * (_table.CELL_LIMIT + 1) + b'"\n')


def test_a_file_without_line_ends_does_not_come_into_memory_as_one_line() -> None:
    with pytest.raises(InputError, match="longer than 4 MiB"):
        rows_of(b"id,name\n" + b"1," * (_text.LINE_LIMIT // 2 + 1))


def test_a_row_over_endless_lines_is_an_error() -> None:
    with pytest.raises(InputError, match="longer than 4 MiB"):
        rows_of(b"id,name\n" + b'"\n",' * 1_100_000)


def test_columns_are_found_whatever_their_case_blanks_and_order_and_unknown_ones_are_ignored() -> None:
    assert rows_of(b" NAME ,whatever,I d,\nx,y,1,\n") == [Row(2, {"id": "1", "name": "x"})]


def test_rows_are_read_one_at_a_time() -> None:
    given = 0

    class Stream(io.BytesIO):
        def read1(self, size: int | None = -1) -> bytes:
            nonlocal given
            given += 1
            return super().read1(size)

    content = b"id,name\n" + b"1,a\n" * 100_000
    table = Table(InputFile("films.csv", lambda: Stream(content)), header_of(InputFile.of("films.csv", content)), KNOWN)
    given = 0
    rows = table.rows()
    next(rows)
    assert given == 1
    rows.close()
