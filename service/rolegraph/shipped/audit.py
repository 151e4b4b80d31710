"""Audits of what the package ships: the layout of its Turtle files, and rules of hygiene written as queries.

A rule is a file ``ontology/checks/<rule>-violation.rq``; each row that it returns is a violation and carries its message.
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
    """Something that an audit found: the rule that is broken, where, and a sentence that says how."""

    rule: str
    where: str
    message: str


@dataclass(frozen=True)
class Rule:
    """One rule of hygiene: its name, and the query whose every row is a violation of it."""

    name: str
    text: str


def rules(folder: str = "checks") -> list[Rule]:
    """Return the rules of hygiene by name; those for imported sources, whose graph is their ``?source``, lie in ``checks/imports``."""
    return [Rule(path.stem.removesuffix(SUFFIX), path.read_text("utf-8")) for path in resources.files("ontology", f"{folder}/*{SUFFIX}.rq")]


def problems(rule: Rule, rows: Iterable[Row]) -> Iterator[Problem]:
    """Turn the rows of a rule's query, with ``subject`` and ``message``, into problems."""
    for row in rows:
        yield Problem(rule.name, row["subject"].value, row["message"].value)


def data_files() -> list[Path]:
    """Return the Turtle files under ``data/``."""
    return resources.files("data", "*/*.ttl")


def read(path: Path) -> Graph:
    """Parse a Turtle file.

    :raises UnreadableInput: naming the file
    """
    try:
        return Graph().parse(path, format="turtle")
    except Exception as error:  # rdflib raises many kinds, each of which means that the file does not parse
        raise UnreadableInput(f"{path} does not parse: {error}") from error


def untidy(path: Path, *, fix: bool = False) -> Iterator[Problem]:
    """Yield a problem where a Turtle file is not laid out as its triples would be written; with ``fix``, rewrite it instead."""
    written, wanted = path.read_text(encoding="utf-8"), turtle_layout.canonical_turtle(read(path))
    if written == wanted:
        return
    if fix:
        path.write_text(wanted, encoding="utf-8")
        return
    changed = (line for line in difflib.unified_diff(written.splitlines(), wanted.splitlines(), n=0, lineterm="") if line[0] in "+-")
    first = next((line for line in list(changed)[2:]), "the end of the file")
    message = f"is not laid out canonically; the first difference is {first!r}; mend it with: rolegraph check --fix"
    yield Problem("layout", str(path), message)
