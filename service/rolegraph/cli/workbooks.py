"""Workbooks (.xlsx): the first sheet is read as a table, and tables are written without formulas. Needs the extra ``rolegraph[xlsx]``."""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import IO, Any

from rolegraph.errors import BadParameter, UnreadableInput
from rolegraph.importers.sheets import Sheet

MOST_ROWS = 1_048_576  # of a sheet
LONGEST = 32_767  # characters of a cell
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # in XML


def read(file: IO[bytes], place: str) -> Sheet:
    """Return the first sheet of a workbook, with a header in its first row; rows are read one by one.

    :raises UnreadableInput: if the file is no workbook
    :raises BadParameter: without the extra
    """
    openpyxl = _library()
    try:
        rows = openpyxl.load_workbook(file, read_only=True, data_only=True).worksheets[0].iter_rows(values_only=True)
        names = tuple(_text(cell) for cell in next(rows, ()))
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, OSError) as error:
        detail = f"{place} cannot be read as a workbook: {error}"
        raise UnreadableInput(detail, expected="a file that a spreadsheet saved as .xlsx") from error
    while names and not names[-1]:
        names = names[:-1]
    if not names:
        raise UnreadableInput(f"{place} has no header in its first row", expected="the names of the columns, then the rows", line=1)
    return Sheet(place, names, _rows(rows, len(names)))


def write(file: IO[bytes], rows: Iterable[Sequence[str | float]]) -> None:
    """Write a workbook of one sheet; rows are written one by one. A text stays a text, whatever it begins with.

    :raises BadParameter: without the extra, or for more rows than a sheet can have
    """
    openpyxl = _library()
    cell_of = import_module("openpyxl.cell").WriteOnlyCell
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("matches")
    sheet.freeze_panes = "A2"
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise BadParameter("format", f"a sheet has up to {MOST_ROWS:,} rows", expected="csv, json or sssom, or a smaller file")
        sheet.append([_cell(cell_of, sheet, value) for value in row])
    book.save(file)


def _rows(rows: Iterator[Sequence[Any]], width: int) -> Iterator[tuple[int, list[str]]]:
    for line, row in enumerate(rows, 2):
        cells = [_text(cell) for cell in row[:width]]
        yield line, [*cells, *[""] * (width - len(cells))]


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _cell(cell_of: Any, sheet: Any, value: str | float) -> Any:
    if not isinstance(value, str):
        return value
    cell = cell_of(sheet, value=_FORBIDDEN.sub("\ufffd", value)[:LONGEST])
    cell.data_type = "s"  # else a text that begins with = would be a formula
    return cell


def demand() -> None:
    """Check that workbooks can be read and written.

    :raises BadParameter: without the extra
    """
    _library()


def _library() -> Any:
    try:
        return import_module("openpyxl")
    except ImportError as error:
        raise BadParameter("format", "workbooks need the library openpyxl", expected="pip install 'rolegraph[xlsx]'; or csv") from error
