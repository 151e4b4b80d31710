"""What the answer of a query depends on: the triple patterns that its header lists under ``reads``, with the terms that it is bound to.

A pattern is three terms, or four with a graph: a CURIE, a parameter, or ``*`` for anything. ``[PROPERTY THING]`` in the place of the
subject stands for things that the property links to that thing, whatever else is read of them. A change of any triple that matches
none of the patterns changes no answer.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Self, TypeAlias

from rolegraph import dependencies, terms
from rolegraph.dependencies import EVERYTHING, Dependencies

ANY = "*"
_TERM = re.compile(r"\[[^\]]*\]|\S+")

Pattern: TypeAlias = tuple[str, ...]
"""The terms of a pattern: IRIs, ``?`` and a parameter, or ``*``; of ``[PROPERTY THING] * *`` these two, after a ``[``."""


class BoundQuery(str):
    """The text of a query, with what its answer depends on. Any text that is made of it is a plain one."""

    __slots__ = ("_patterns", "_values")
    _patterns: Sequence[Pattern] | None
    _values: Mapping[str, Any]

    def __new__(cls, text: str, patterns: Sequence[Pattern] | None, values: Mapping[str, Any]) -> Self:
        """Make a text with its patterns, None for a query without them, and the terms of its parameters."""
        query = super().__new__(cls, text)
        query._patterns, query._values = patterns, values
        return query

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Be a plain text in another process."""
        return str, (str(self),)

    @property
    def dependencies(self) -> Dependencies:
        """What the answer depends on."""
        if self._patterns is None:
            return EVERYTHING
        return frozenset(key for pattern in self._patterns for key in _keys(pattern, self._values))


def note(text: str) -> None:
    """Note what the answer of a query depends on: everything, unless it is known to be less."""
    if dependencies.is_recorded():
        dependencies.note(text.dependencies if isinstance(text, BoundQuery) else EVERYTHING)


def patterns(lines: Iterable[str] | None) -> tuple[Pattern, ...] | None:
    """Return the patterns of a header, None if it has none.

    :raises ValueError: for a pattern that no key stands for
    """
    return None if lines is None else tuple(map(_pattern, lines))


def parameters(patterns_: Iterable[Pattern]) -> set[str]:
    """Return the names of the parameters in patterns."""
    return {term[1:] for pattern in patterns_ for term in pattern if term.startswith("?")}


def _pattern(line: str) -> Pattern:
    subject, *others = _TERM.findall(line)
    if subject.startswith("["):
        found: Pattern = ("[", *_TERM.findall(subject.strip("[]")))
    else:
        found = (subject, *others)
    if len(found) not in (3, 4) or all(term == ANY for term in found) or found[:2] == ("[", ANY):
        raise ValueError(f"{line!r} is no pattern")
    return tuple(term if term in (ANY, "[") or term.startswith("?") else _iri(term) for term in found)


def _iri(curie: str) -> str:
    iri = terms.expand(curie)
    if iri is None:
        raise ValueError(f"{curie!r} is no CURIE")
    return iri


def _keys(pattern: Pattern, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys that stand for a pattern: more triples than match it, or the same."""
    for subject, property_, thing, *graph in product(*(_terms(term, values) for term in pattern)):
        if subject == "[":
            yield dependencies.having(property_) if thing == ANY else dependencies.linked(property_, thing)
        elif subject != ANY:
            yield dependencies.about(subject)
        elif ANY not in (property_, thing):
            yield dependencies.linking(property_, thing)
        elif thing != ANY:
            yield dependencies.naming(thing)
        elif property_ != ANY:
            yield dependencies.using(property_)
        else:
            yield dependencies.inside(graph[0])


def _terms(term: str, values: Mapping[str, Any]) -> Sequence[str]:
    if not term.startswith("?"):
        return (term,)
    value = values[term[1:]]
    return (value,) if isinstance(value, str) else tuple(value)
