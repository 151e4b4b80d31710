"""The queries that the service asks for itself: SPARQL files like the canned ones, bound to terms, and not offered to clients."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

from rolegraph import resources
from rolegraph.queries import footprint, header_of, without_header
from rolegraph.queries.footprint import BoundQuery
from rolegraph.values import Value

_UNSAFE = re.compile(r'[\x00-\x20<>"{}|^`\\]')
"""What cannot stand between the brackets of an IRI (SPARQL 1.1, production 139). It is all that is looked at: a whole check of each IRI,
:func:`rolegraph.terms.is_iri`, takes as long as some queries do, and callers made it where the IRI came from outside."""
_PLAIN = re.compile(r"[\w .+-]*", re.ASCII)  # texts that stand in a query as they are

Term: TypeAlias = str | Value
"""The IRI, or the plain literal, that a variable stands for."""

Binding: TypeAlias = Term | Sequence[str] | None
"""What a parameter of an internal query is bound to; see :meth:`InternalQuery.bind`."""


@dataclass(frozen=True)
class InternalQuery:
    """One file of ``queries/internal``: it runs unchanged in any SPARQL tool, with the example values of its ``parameters``.

    A line that starts with ``#?`` is part of the query only where that is asked for: it leaves out blank nodes, which have no text and
    would leave a whole row of words without any. It is slow, and rarely needed.

    :param reads: what its answer depends on: see :mod:`rolegraph.queries.footprint`
    """

    name: str
    summary: str
    parameters: tuple[str, ...]
    text: str
    reads: tuple[footprint.Pattern, ...] | None = None
    _pieces: dict[bool, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    def bind(self, values: Mapping[str, Binding] | None = None, *, without_blank_nodes: bool = False) -> BoundQuery:
        """Return the query with terms in place of its examples.

        An IRI or a literal takes the place of its variable, which engines follow up where they would join what ``VALUES`` gives. IRIs in
        a sequence, of which there may be none, fill its ``VALUES`` block or its ``IN`` list. None takes ``GRAPH ?name`` away: the
        default graph is read.

        :raises ValueError: for a parameter without a value, a value without a parameter, and for what is no IRI and no plain literal, so
            that nothing else can ever reach the text of a query
        """
        values = values or {}
        if values.keys() != set(self.parameters):
            raise ValueError(f"{self.name} needs {', '.join(self.parameters) or 'no parameters'}, not {', '.join(values)}")
        pieces = self._pieces.get(without_blank_nodes)
        if pieces is None:
            pieces = self._pieces[without_blank_nodes] = self._split(without_blank_nodes)
        for name, value in values.items():
            _check(name, value)
        # each slot is five pieces: its name as that of a VALUES block, of an IN list, of a graph or of a variable, and the text after it
        parts = [pieces[0]]
        for place in range(1, len(pieces), 5):
            block, in_list, graph, variable, after = pieces[place : place + 5]
            name = block or in_list or graph or variable
            value = values[name]
            if block:
                parts.append(_block(name, value))
            elif in_list:
                parts.append(f"?{name} IN ({_listed(value, '>, <')})")
            elif graph:
                parts.append("" if value is None else f"GRAPH {_term(name, value)}")
            else:
                parts.append(_term(name, value))
            parts.append(after)
        return BoundQuery("".join(parts), self.reads, values)

    def _split(self, without_blank_nodes: bool) -> tuple[str, ...]:
        text = self.text.replace("#? ", "") if without_blank_nodes else self.text
        text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
        if not self.parameters:
            return (text,)
        name = "|".join(self.parameters)
        slot = rf"VALUES\s+\?({name})\s*\{{[^{{}}]*\}}|\?({name})\s+IN\s*\([^()]*\)|GRAPH\s+\?({name})\b|\?({name})\b"
        return tuple(piece or "" for piece in re.split(slot, text))


def _check(name: str, value: Binding) -> None:
    if isinstance(value, Value):
        if value.kind != "literal" or not _PLAIN.fullmatch(value.value):
            raise ValueError(f"{name} needs a plain literal, not {value!r}")
    elif value is not None and _UNSAFE.search(value if isinstance(value, str) else "".join(value)):
        raise ValueError(f"{name} needs IRIs, not {value!r}")


def _block(name: str, value: Binding) -> str:
    """Return what takes the place of a VALUES block: one of IRIs, or nothing, where a term takes that of the variable."""
    return "" if value is None or isinstance(value, str | Value) else f"VALUES ?{name} {{ {_listed(value, '> <')} }}"


def _term(name: str, value: Binding) -> str:
    """Return what takes the place of a variable: itself, where it has the IRIs of a sequence."""
    if isinstance(value, Value):
        return f'"{value.value}"'
    return f"<{value}>" if isinstance(value, str) else f"?{name}"


def _listed(value: Binding, between: str) -> str:
    iris = () if value is None or isinstance(value, Value) else (value,) if isinstance(value, str) else value
    return f"<{between.join(iris)}>" if iris else ""


@cache
def query(name: str) -> InternalQuery:
    """Return a query by the name of its file."""
    text = (resources.folder("queries") / "internal" / f"{name}.rq").read_text(encoding="utf-8")
    header = header_of(text)
    parameters = tuple(header.get("parameters", ()))
    return InternalQuery(name, header["summary"], parameters, without_header(text), footprint.patterns(header.get("reads")))
