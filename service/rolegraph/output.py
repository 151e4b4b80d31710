"""Output of values as JSON and as CSV, for every command and route."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run."""


def to_json(value: Any, *, indent: int | None = 1) -> str:
    """Return a value as a JSON document that ends with a line feed.

    :param indent: spaces of each level; None for all in one line
    """
    return json.dumps(value, ensure_ascii=False, indent=indent) + "\n"


def to_csv(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV that a spreadsheet can open without running a formula."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([escape_formula(cell) for cell in row] for row in rows)
    return text.getvalue()


def escape_formula(cell: str) -> str:
    """Return a cell of a table, with an apostrophe in front where a spreadsheet would run it as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
