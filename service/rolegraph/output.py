"""Output of values as JSON and as CSV, for every command and route."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run."""


def to_json(value: Any, *, indent: bool = False) -> str:
    """Return a value as a JSON document that ends with a line feed. NaN and infinity, which JSON does not have, become null.

    :param indent: put each member on a line of its own, for people to read; otherwise all is in one line
    """
    options = orjson.OPT_APPEND_NEWLINE | (orjson.OPT_INDENT_2 if indent else 0)
    try:
        return orjson.dumps(value, option=options).decode()
    except orjson.JSONEncodeError:  # integers over 64 bits, lone surrogates: rare, but JSON can hold them
        return json.dumps(value, ensure_ascii=False, indent=2 if indent else None, separators=None if indent else (",", ":")) + "\n"


def to_csv(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV that a spreadsheet can open without running a formula."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([escape_formula(cell) for cell in row] for row in rows)
    return text.getvalue()


def escape_formula(cell: str) -> str:
    """Return a cell of a table, with an apostrophe in front where a spreadsheet would run it as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def unescape_formula(cell: str) -> str:
    """Return what :func:`escape_formula` was given."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
