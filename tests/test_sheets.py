"""Tables that people hand in: encodings, separators, and what goes wrong in them."""

import io

import pytest

from rolegraph.errors import BadParameter, UnreadableInput
from rolegraph.importers import sheets
from rolegraph.importers.sheets import Sheet

TABLE = 'nr;title\r\n1;Köchin\r\n\r\n2;"Koch; Küche\nund Service"\r\n3\r\n'
ROWS = [(2, ["1", "Köchin"]), (3, ["", ""]), (4, ["2", "Koch; Küche\nund Service"]), (6, ["3", ""])]


def read(content: bytes, *, lines: bool = False) -> Sheet:
    return sheets.read(io.BytesIO(content), "titles.csv", lines=lines)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_a_table_is_read_in_the_encoding_that_it_is_in(encoding: str) -> None:
    sheet = read(TABLE.encode(encoding))
    assert (sheet.names, list(sheet.rows)) == (("nr", "title"), ROWS)
    assert bool(sheet.remark) == (encoding == "cp1252")


@pytest.mark.parametrize("separator", sheets.SEPARATORS)
@pytest.mark.parametrize("told", ["", "sep={}\r\n"])
def test_the_separator_is_that_of_the_header_or_what_the_first_line_says(separator: str, told: str) -> None:
    sheet = read((told.format(separator) + TABLE.replace(";", separator)).encode())
    assert sheet.names == ("nr", "title")
    rows = [[cell.replace(separator, ";") for cell in row] for _, row in sheet.rows]
    assert rows == [row for _, row in ROWS]


def test_a_single_column_keeps_what_looks_like_a_separator() -> None:
    assert [row for _, row in read(b"title\nManager, Sales\n\nChef\n").rows] == [["Manager, Sales"], [""], ["Chef"]]


def test_lines_of_text_have_no_header_and_keep_their_places() -> None:
    sheet = read(b"a,b\r\n\r\nc\rd", lines=True)
    assert (sheet.names, list(sheet.rows)) == ((), [(1, ["a,b"]), (2, [""]), (3, ["c"]), (4, ["d"])])
    assert sheet.column(None) == 0
    with pytest.raises(BadParameter, match="no column 'title'"):
        sheet.column("title")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", 1),
        (b"\n\n", 1),
        (b'a,b\n1,"2\n3,4\n', 2),
        (b"a,b\n1,2\n1,2,3\n", 3),
        ("a,b\n1,2\n".encode("utf-16") + b"\x00", None),
        (b"PK\x03\x04\x00\x00", None),
        (b"\x00\x01\x02", None),
        (b"title\n\x81\x8d\n", None),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(content: bytes, line: int | None) -> None:
    with pytest.raises(UnreadableInput) as refused:
        list(read(content).rows)
    assert line is None or refused.value.members["line"] == line


def test_a_column_is_found_by_name_or_is_the_only_or_the_usual_one() -> None:
    sheet = Sheet("t.csv", ("Nr", "Job Title", "Name"), iter(()))
    assert [sheet.column("job title"), sheet.column(None, ("title", "name"))] == [1, 2]
    with pytest.raises(BadParameter) as refused:
        sheet.column(None, ("text",))
    assert "Job Title" in refused.value.members["expected"]


def test_rows_are_read_one_by_one() -> None:
    file = io.BytesIO(b"title\n" + b"a title\n" * 100_000)
    assert next(sheets.read(file, "titles.csv").rows) == (2, ["a title"])
    assert file.tell() < 100_000
