"""Normalises literals: Virtuoso rewrites booleans, and only accepts durations with all parts."""

import re
from collections.abc import Iterable

import pyoxigraph as ox

from rolegraph.engine.documents import Term, Triple, lines

_XSD = "http://www.w3.org/2001/XMLSchema#"
_BOOLEAN, _DURATION = ox.NamedNode(_XSD + "boolean"), ox.NamedNode(_XSD + "duration")
_WORDS = {"1": "true", "0": "false"}
_PARTS = re.compile(r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_ZERO = re.compile(r"(?<![\d.])0+(?:\.0+)?[YMDHS]")


def sent(triples: Iterable[Triple]) -> str:
    """Return triples as N-Triples, with all parts of each duration: ``P1Y`` becomes ``P1Y0M0DT0H0M0S``, which is equal."""
    return lines((subject, predicate, _whole(object_)) for subject, predicate, object_ in triples)


def normalised(term: Term | None) -> Term | None:
    """Return a term of an answer; booleans become ``true`` or ``false``, and durations lose parts that are zero."""
    if not isinstance(term, ox.Literal):
        return term
    if term.datatype == _BOOLEAN:
        return ox.Literal(_WORDS.get(term.value, term.value), datatype=_BOOLEAN)
    if term.datatype == _DURATION and _PARTS.fullmatch(term.value):
        short = _ZERO.sub("", term.value).removesuffix("T")
        return ox.Literal("PT0S" if short.lstrip("-") == "P" else short, datatype=_DURATION)
    return term


def _whole(term: Term) -> Term:
    if not isinstance(term, ox.Literal) or term.datatype != _DURATION:
        return term
    match = _PARTS.fullmatch(term.value)
    if not match:
        return term
    sign, *parts = match.groups()
    years, months, days, hours, minutes, seconds = (part or "0" for part in parts)
    return ox.Literal(f"{sign}P{years}Y{months}M{days}DT{hours}H{minutes}M{seconds}S", datatype=_DURATION)
