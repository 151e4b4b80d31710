"""Reads what the analyses need of a graph, in a few grouped queries, into numbers and texts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from rolegraph import terms
from rolegraph.analysis import weights
from rolegraph.catalogue import Rows
from rolegraph.things import Row

Numbers = NDArray[np.int32]
Figures = NDArray[np.float64]

_SKOS = "http://www.w3.org/2004/02/skos/core#"
_ESCO = "http://data.europa.eu/esco/model#"
_TITLE = "http://purl.org/dc/terms/title"
_ENGLISH = 'FILTER(LANG(?label) = "" || LANGMATCHES(LANG(?label), "en"))'

EXACT = "exactMatch"
LINKS = {
    _SKOS + "exactMatch": EXACT,
    _SKOS + "closeMatch": "close",
    _SKOS + "related": "related",
    _SKOS + "relatedMatch": "related",
    _ESCO + "relatedEssentialSkill": "related",
    _ESCO + "relatedOptionalSkill": "related",
}
UP = (_SKOS + "broader", _SKOS + "broadMatch")
DOWN = (_SKOS + "narrower", _SKOS + "narrowMatch")


@dataclass(frozen=True)
class Facts:
    """What a graph says of its roles; concepts, roles and sources are named by their place in ``names``.

    ``headings`` are the groups of classifications. ``claims`` has a row (role, place in weights.NAMES, item, source) for each fact of
    each source; ``broader`` a row (concept, the one above); ``exact``, ``close`` and ``related`` a row for each link between concepts;
    ``rated`` a row (role, item), with its ``importance`` beside it; ``levels`` a row (degree, EQF level). ``labels`` go with ``names``.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    roles: Numbers
    headings: Numbers
    claims: Numbers
    broader: Numbers
    exact: Numbers
    close: Numbers
    related: Numbers
    rated: Numbers
    importance: Figures
    levels: Numbers
    places: Mapping[str, int] = field(repr=False, compare=False)

    def label(self, place: int) -> str:
        """Return the label of what stands at a place, or its CURIE."""
        return self.labels[place] or terms.shorten(self.names[place])


class _Names:
    """Gives each IRI a number, from 0."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def __getitem__(self, iri: str) -> int:
        return self.places.setdefault(iri, len(self.places))


def read(engine: Rows) -> Facts:
    """Read the newest state of a graph."""
    names = _Names()
    roles, headings = (_of_kind(engine, names, kind) for kind in ("role", "group"))
    claims = _claims(engine, names, set(roles.tolist()))
    rated, importance = _ratings(engine, names)
    broader = [*_up(engine, names, UP), *((above, below) for below, above in _up(engine, names, DOWN))]
    links = _links(engine, names)
    levels = _levels(engine, names)
    labels = _labels(engine)
    return Facts(
        names=tuple(names.places),
        labels=tuple(labels.get(iri, "") for iri in names.places),
        roles=roles,
        headings=headings,
        claims=table(claims, 4),
        broader=table(broader, 2),
        exact=table(links[EXACT], 2),
        close=table(links["close"], 2),
        related=table(links["related"], 2),
        rated=table(rated, 2),
        importance=np.array(importance, dtype=np.float64),
        levels=table(levels, 2),
        places=names.places,
    )


def table(rows: Iterable[Sequence[int]], width: int) -> Numbers:
    """Return rows of numbers in order, each once."""
    found = sorted({tuple(row) for row in rows})
    return np.array(found, dtype=np.int32).reshape(-1, width)


def _of_kind(engine: Rows, names: _Names, kind: str) -> Numbers:
    rows = engine.rows(f"SELECT ?thing {{ ?thing a <{terms.KINDS[kind].type}> }}")
    return np.array(sorted({names[row["thing"].value] for row in rows if row["thing"].kind == "iri"}), dtype=np.int32)


def _claims(engine: Rows, names: _Names, roles: set[int]) -> list[tuple[int, int, int, int]]:
    found = []
    for facet, property_ in enumerate(weights.PROPERTIES):
        pattern = f"GRAPH ?source {{ ?role <{property_}> ?item }}"
        for row, items in _grouped(engine, "?source ?role", "STR(?item)", pattern, "FILTER(ISIRI(?item))"):
            role = names.places.get(row["role"].value)
            if role in roles:
                source = names[row["source"].value]
                found += [(role, facet, names[item], source) for item in items if ":" in item]
    return found


def _ratings(engine: Rows, names: _Names) -> tuple[list[tuple[int, int]], list[float]]:
    """Return the pairs of role and item that are rated, in order, and their importance: the mean, where several sources rate a pair."""

    def values(property_: str) -> dict[str, str]:
        pattern, only = f"?rating <{terms.RG}{property_}> ?value", "FILTER(ISIRI(?rating))"
        grouped = _grouped(engine, "?value", "STR(?rating)", pattern, only)
        return {rating: row["value"].value for row, ratings in grouped for rating in ratings}

    figures = values("importance")
    if not figures:
        return [], []
    of_role, of_item = values("role"), values("item")
    found: dict[tuple[int, int], list[float]] = {}
    for rating, figure in figures.items():
        if rating in of_role and rating in of_item:
            found.setdefault((names[of_role[rating]], names[of_item[rating]]), []).append(float(figure))
    pairs = sorted(found)
    return pairs, [sum(found[pair]) / len(found[pair]) for pair in pairs]


def _up(engine: Rows, names: _Names, properties: Sequence[str]) -> list[tuple[int, int]]:
    found = []
    for property_ in properties:
        for row, below in _grouped(engine, "?above", "STR(?one)", f"?one <{property_}> ?above", "FILTER(ISIRI(?one))"):
            if row["above"].kind == "iri":
                above = names[row["above"].value]
                found += [(names[one], above) for one in below]
    return found


def _grouped(engine: Rows, keys: str, words: str, pattern: str, only: str) -> Iterator[tuple[Row, list[str]]]:
    """Yield a row of keys with the words that belong to it: one row for many facts spares most of the time that rows take.

    :param only: what leaves out that which has no text, such as a blank node, and would leave a whole row without words. It is slow,
        and asked for only where there is such a row
    """
    select = f"SELECT {keys} (GROUP_CONCAT({words}) AS ?words)"
    rows = engine.rows(f"{select} {{ {pattern} }} GROUP BY {keys}")
    if not all("words" in row for row in rows):
        rows = engine.rows(f"{select} {{ {pattern} {only} }} GROUP BY {keys}")
    return ((row, row["words"].value.split()) for row in rows if "words" in row)


def _links(engine: Rows, names: _Names) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in LINKS.values()}
    for property_, name in LINKS.items():
        for row in engine.rows(f"SELECT ?one ?other {{ ?one <{property_}> ?other }}"):
            if row["one"].kind == row["other"].kind == "iri":
                found[name].append((names[row["one"].value], names[row["other"].value]))
    return found


def _levels(engine: Rows, names: _Names) -> list[tuple[int, int]]:
    rows = engine.rows(f"SELECT ?degree ?level {{ ?degree a <{terms.KINDS['degree'].type}> ; <{_ESCO}hasEQFLevel> ?level }}")
    pairs = [(row["degree"].value, row["level"].value.rpartition("/")[2]) for row in rows]
    return [(names[degree], int(level)) for degree, level in pairs if level.isdecimal()]


def _labels(engine: Rows) -> dict[str, str]:
    """Return the preferred label of each thing, the title of each source, by IRI: the first in order, where it has several."""
    found: dict[str, str] = {}
    for iri, label in texts(engine, "prefLabel"):
        found[iri] = min(found.get(iri, label), label)
    titles = f"SELECT ?source ?title {{ ?source a <{terms.KINDS['source'].type}> ; <{_TITLE}> ?title }} ORDER BY DESC(?title)"
    return found | {row["source"].value: row["title"].value for row in engine.rows(titles)}


def texts(engine: Rows, property_: str) -> Iterator[tuple[str, str]]:
    """Yield each thing by IRI with each of its English labels of a kind; they come percent-encoded, many in a row."""
    pattern = f"?thing <{_SKOS}{property_}> ?label {_ENGLISH} BIND(STRLEN(STR(?label)) AS ?length)"
    words = 'CONCAT(STR(?thing), " ", ENCODE_FOR_URI(STR(?label)))'
    for _, found in _grouped(engine, "?length", words, pattern, "FILTER(ISIRI(?thing))"):
        for iri, label in zip(found[::2], found[1::2], strict=False):
            yield iri, unquote(label)
