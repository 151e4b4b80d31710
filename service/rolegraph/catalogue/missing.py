"""What is said of something that is not there: where it would come from, and what is called nearly so."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from rolegraph import terms
from rolegraph.errors import NotFound
from rolegraph.terms import Kind

_IMPORTS = {"onet": ("O*NET", "onet"), "esco": ("ESCO", "esco"), "isco": ("ESCO", "esco")}
_ALIKE = 0.75  # of the letters of two names of graphs


def thing(iri: str, meant: Sequence[str] = ()) -> NotFound:
    """Return the error for a thing that no graph describes: one of another system is there once that was imported.

    :param meant: the IRIs of the things that its IRI may be another address of, or a former code of
    """
    prefix = terms.shorten(iri).partition(":")[0].partition("-")[0]
    expected = "what some source describes: /search finds it"
    if prefix in _IMPORTS and not meant:
        name, command = _IMPORTS[prefix]
        expected += f"; what {name} describes is here once it is imported: rolegraph import {command}"
    return NotFound(f"{iri} is not described here", expected=expected, suggestions=[terms.shorten(one) for one in meant])


def name(text: str, kinds: Sequence[Kind], today: Sequence[str] = ()) -> str:
    """Return what is said of a name that no thing of some kinds has.

    :param today: the IRIs of the things that are there today in place of a former code
    """
    kind = " or ".join(kind.name for kind in kinds)
    now = f": it is a former code, in place of which there is now {' and '.join(map(terms.shorten, today))}" if today else ""
    return f"there is no {kind} {text!r}{now}"


def graph(iri: str, graphs: Iterable[str]) -> NotFound:
    """Return the error for a graph that is not there, with those of nearly its name."""
    known = {terms.shorten(one): one for one in graphs}
    near = get_close_matches(terms.shorten(iri), known, 5, _ALIKE)
    return NotFound(f"there is no graph {iri}", expected="the IRI or CURIE of a graph; /source lists the sources", suggestions=near)
