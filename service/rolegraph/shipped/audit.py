"""Audits the shipped data: the layout of its Turtle files, and rules written as queries.

A rule is a file ``ontology/checks/<rule>-violation.rq``; each row of its result is a violation, with its message.
"""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rdflib import Graph

from rolegraph import resources
from rolegraph.errors import UnreadableInput
from rolegraph.shipped import turtle_layout
from rolegraph.values import Row

SUFFIX = "-violation"


@dataclass(frozen=True)
class Problem:
    """A violation of a rule: the rule, the place, and a message."""

    rule: str
    where: str
    message: str


@dataclass(frozen=True)
class Rule:
    """A rule: its name, and the text of the query that selects violations."""

    name: str
    text: str


def rules(folder: str = "checks") -> list[Rule]:
    """Return the rules in a folder of ``ontology``, sorted by name.

    ``checks/imports`` has those for imported sources; they take the graph as ``?source``.
    """
    return [Rule(path.stem.removesuffix(SUFFIX), path.read_text("utf-8")) for path in resources.files("ontology", f"{folder}/*{SUFFIX}.rq")]


def problems(rule: Rule, rows: Iterable[Row]) -> Iterator[Problem]:
    """Yield a problem for each row of a rule's query, from its ``subject`` and ``message``."""
    for row in rows:
        yield Problem(rule.name, row["subject"].value, row["message"].value)


def data_files() -> list[Path]:
    """Return the Turtle files under ``data/``."""
    return resources.files("data", "*/*.ttl")


def read(path: Path) -> Graph:
    """Parse a Turtle file.

    :raises UnreadableInput: if the file does not parse
    """
    try:
        return Graph().parse(path, format="turtle")
    except Exception as error:  # rdflib raises many types for files that do not parse
        raise UnreadableInput(f"{path} does not parse: {error}") from error


def untidy(path: Path, *, fix: bool = False) -> Iterator[Problem]:
    """Yield a problem if the layout of a Turtle file is not canonical; with ``fix``, rewrite the file instead."""
    current, canonical = path.read_text(encoding="utf-8"), turtle_layout.canonical_turtle(read(path))
    if current == canonical:
        return
    if fix:
        path.write_text(canonical, encoding="utf-8")
        return
    changed = (line for line in difflib.unified_diff(current.splitlines(), canonical.splitlines(), n=0, lineterm="") if line[0] in "+-")
    first = next((line for line in list(changed)[2:]), "the end of the file")
    message = f"the layout is not canonical; the first difference is {first!r}; fix it with: rolegraph check --fix"
    yield Problem("layout", str(path), message)
