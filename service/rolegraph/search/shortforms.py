"""The tables that are shipped for searching: short forms that initials cannot tell, and words with two spellings."""

import csv
from functools import cache

from rolegraph import resources


def _table(name: str) -> list[tuple[str, str]]:
    with (resources.folder("data") / "search" / name).open(newline="", encoding="utf-8") as file:
        return [(row[0], row[1]) for row in list(csv.reader(file))[1:]]


@cache
def spellings() -> dict[str, str]:
    """Return word → the word that it is taken for, of those that no rule of spelling covers."""
    return dict(_table("spellings.csv"))


@cache
def expansions() -> dict[str, tuple[str, ...]]:
    """Return short form → what it stands for, the usual meaning first, both as they are written in the table."""
    found: dict[str, tuple[str, ...]] = {}
    for short, long in _table("short-forms.csv"):
        found[short] = (*found.get(short, ()), long)
    return found


@cache
def abbreviations() -> dict[str, tuple[str, ...]]:
    """Return what short forms stand for → those short forms: the table read backwards."""
    found: dict[str, tuple[str, ...]] = {}
    for short, long in _table("short-forms.csv"):
        found[long] = (*found.get(long, ()), short)
    return found


def digest() -> str:
    """Return what changes whenever the spellings do, which labels are kept by."""
    return repr(sorted(spellings().items()))
