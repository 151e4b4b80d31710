"""Shipped tables of the search: short forms that are not initials, and words with two spellings."""

import csv
from functools import cache

from rolegraph import resources


def _table(name: str) -> list[tuple[str, str]]:
    with (resources.folder("data") / "search" / name).open(newline="", encoding="utf-8") as file:
        return [(row[0], row[1]) for row in list(csv.reader(file))[1:]]


@cache
def spellings() -> dict[str, str]:
    """Return the standard spelling of each word with two spellings that no rule of :func:`rolegraph.search.folding.stem` covers."""
    return dict(_table("spellings.csv"))


@cache
def expansions() -> dict[str, tuple[str, ...]]:
    """Return the expansions of each short form, the usual meaning first."""
    by_short: dict[str, tuple[str, ...]] = {}
    for short, long in _table("short-forms.csv"):
        by_short[short] = (*by_short.get(short, ()), long)
    return by_short


@cache
def abbreviations() -> dict[str, tuple[str, ...]]:
    """Return the short forms of each expansion."""
    by_long: dict[str, tuple[str, ...]] = {}
    for short, long in _table("short-forms.csv"):
        by_long[long] = (*by_long.get(long, ()), short)
    return by_long


def digest() -> str:
    """Return a text that changes with the spellings, on which the stems of an index depend."""
    return repr(sorted(spellings().items()))
