"""What people in roles earn, for the pages: rows of the query ``salaries`` in groups that can be read side by side."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rolegraph import terms
from rolegraph.catalogue import statements
from rolegraph.facade import Rolegraph
from rolegraph.values import Named, Row
from rolegraph.web.pages.filters import format_number, years

LEAST = 5  # salaries; of fewer, no figure is shown
FEW = 30  # salaries; below that, the page says that they are few, as its hint does
DRAWN = 10  # salaries; below that, no range is drawn
ALL = "All levels"
LEVELS = ("entry", "mid", "senior", "executive")
PER = {"P1Y": "a year", "P1M": "a month", "P1W": "a week", "P1D": "a day", "PT1H": "an hour"}
UNITS = {"YEAR": "a year", "MONTH": "a month", "WEEK": "a week", "DAY": "a day", "HOUR": "an hour"}
_TENTHS = ("percentile10", "percentile90")
_QUARTERS = ("percentile25", "percentile75")
_FIGURES = (_TENTHS[0], _QUARTERS[0], "median", _QUARTERS[1], _TENTHS[1])


@dataclass(frozen=True)
class Pay:
    """One distribution of pay in words, or a pay band, whose ``count`` is None: only its ``band`` is shown, from lowest to highest figure.

    ``half`` is the range of the middle half, ``most`` that of all but the tenth at each end. ``rank`` is the place of its level, all
    levels before each, those of several years before those of one.

    ``figures`` are the five percentiles in rising order where all of them are known and they are enough to be drawn, else none.
    """

    fragment: str
    role: Named
    level: str
    years: str
    count: int | None
    band: str
    unit: str
    median: str
    half: str
    most: str
    source: str
    rank: int
    figures: tuple[float, ...]

    @property
    def few(self) -> bool:
        """Whether there are so few salaries behind it that each of them shows."""
        return self.count is not None and self.count < FEW

    @property
    def too_few(self) -> bool:
        """Whether there are so few that no figure is shown."""
        return self.count is not None and self.count < LEAST


def in_roles(graph: Rolegraph, roles: Sequence[str], source: str | None = None) -> list[Pay]:
    """Return what the sources, or one of them, say of the pay in roles, given by IRI: by role and source, all levels first."""
    rows = [row for row in graph.salaries(roles) if source in (None, row["source"].value)]
    iris = {row[name].value for row in rows for name in ("role", "level") if name in row}
    labels = graph.catalogue.labels(sorted(iris)) if iris else {}
    return [_pay(row, labels) for row in rows]


def paid_by(graph: Rolegraph, source: str) -> list[Pay]:
    """Return what one source says of pay."""
    return in_roles(graph, statements.roles_with_salary(graph.engine, source), source)


def by_role(pays: Iterable[Pay]) -> dict[str, list[Pay]]:
    """Group by the label of the role, in the order in which they come."""
    groups: dict[str, list[Pay]] = {}
    for pay in pays:
        groups.setdefault(pay.role.label, []).append(pay)
    return groups


def by_level(pays: Iterable[Pay], roles: Sequence[Named]) -> dict[str, list[Pay]]:
    """Group by level, and those of all levels in one year by the year; within a group in the order of the roles."""
    order = {role.iri: place for place, role in enumerate(roles)}
    groups: dict[str, list[Pay]] = {}
    for pay in sorted(pays, key=lambda pay: (pay.rank, pay.years if pay.rank == 1 else "", order.get(pay.role.iri, 0))):
        groups.setdefault(f"{pay.level}, {pay.years}" if pay.rank == 1 else pay.level, []).append(pay)
    return groups


def offered(row: Row) -> str:
    """Return the pay of a row of the query ``job-postings`` in words, or an empty text."""
    text = {name: value.value for name, value in row.items()}
    low, high = text.get("minimum"), text.get("maximum")
    if low and high:
        span = _span(low, high)
    elif low:
        span = f"from {format_number(low)}"
    elif high:
        span = f"up to {format_number(high)}"
    else:
        return ""
    return " ".join(part for part in (text.get("currency"), span, UNITS.get(text.get("unit", ""))) if part)


def highest(pays: Iterable[Pay]) -> float:
    """Return the highest figure that is drawn, or 0 where none is."""
    return max((pay.figures[-1] for pay in pays if pay.figures), default=0)


def withhold(result: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Return what a page shows of an answer, without the figures of too few salaries, and the number of rows that had some."""
    count, withheld = "observations", 0
    if count not in result.get("names", ()):
        return result, 0
    rows = []
    for row in result["bindings"]:
        few = count in row and float(row[count]["value"]) < LEAST
        kept = {name: value for name, value in row.items() if not (few and name in _FIGURES)}
        withheld += len(kept) < len(row)
        rows.append(kept)
    return {**result, "bindings": rows}, withheld


def _pay(row: Row, labels: Mapping[str, Named]) -> Pay:
    text = {name: value.value for name, value in row.items()}
    count = int(text["observations"]) if "observations" in text else None
    known = count or 0
    figures = [text[name] for name in _FIGURES if name in text]
    return Pay(
        fragment=text["salary"].rpartition("#")[2],
        role=labels[text["role"]],
        level=labels[text["level"]].label if "level" in text else ALL,
        years=years(text.get("from", ""), text.get("to", "")),
        count=count,
        band=_span(figures[0], figures[-1]) if count is None and figures else "",
        unit=f"{text['currency']} {PER.get(text['duration'], text['duration'])}",
        median=format_number(text["median"]) if "median" in text and known >= LEAST else "",
        half=_range(text, _QUARTERS) if known >= LEAST else "",
        most=_range(text, _TENTHS) if known >= LEAST else "",
        source=text["source"],
        rank=_rank(text),
        figures=tuple(float(text[name]) for name in _FIGURES) if known >= DRAWN and all(name in text for name in _FIGURES) else (),
    )


def _rank(text: Mapping[str, str]) -> int:
    if "level" in text:
        level = terms.slug_of(text["level"])
        return 2 + (LEVELS.index(level) if level in LEVELS else len(LEVELS))
    return 1 if "from" in text and text["from"] == text.get("to") else 0


def _range(text: Mapping[str, str], ends: tuple[str, str]) -> str:
    return _span(*(text[name] for name in ends)) if all(name in text for name in ends) else ""


def _span(low: str, high: str) -> str:
    return f"{format_number(low)} to {format_number(high)}" if low != high else format_number(low)
