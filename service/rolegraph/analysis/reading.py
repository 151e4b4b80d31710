"""Reads what one graph says that the analyses need, in a few grouped queries, into numbers and texts."""

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from rolegraph import terms
from rolegraph.analysis import weights
from rolegraph.analysis.facts import DOWN, EXACT, LINKS, UP, Figures, Numbers, table
from rolegraph.catalogue import Rows
from rolegraph.queries.internal import Binding, query
from rolegraph.texts import SortedTexts, TextMap
from rolegraph.values import Row

_LEVELS = tuple(map(str, range(1, 9)))
_BETWEEN = "\x1f"  # the unit separator parts labels in the queries; of ASCII, since Virtuoso loses other characters in queries
_KINDS = {"role": "roles", "group": "headings", "degree": "degrees"}

FORM = 1
"""Grows whenever something else is read than before: what was kept of a graph is then of no use."""

DEFAULT = ""
"""The default graph, where it is a graph of its own, beside the IRIs of named ones."""


@dataclass(frozen=True)
class Part:
    """What one graph says; everything is named by its place in ``names``, which are in order.

    ``roles``, ``headings`` and ``degrees`` are what it says is one. ``claims`` has a row (subject, place in weights.NAMES, item) for each
    fact; ``rated`` a row (role, item) with the mean ``importance`` that the graph gives it; ``levels`` a row (degree, EQF level); the
    others are as in :class:`~rolegraph.analysis.facts.Facts`. ``labels`` and ``titles`` are by IRI, of all that the graph names.
    """

    names: Sequence[str]
    roles: Numbers
    headings: Numbers
    degrees: Numbers
    claims: Numbers
    broader: Numbers
    exact: Numbers
    close: Numbers
    related: Numbers
    rated: Numbers
    importance: Figures
    levels: Numbers
    labels: TextMap
    titles: TextMap


def read(engine: Rows, graph: str) -> Part:
    """Read what a graph says, given its IRI or :data:`DEFAULT`; two queries at a time, since the engine works outside of Python's lock."""
    with ThreadPoolExecutor(2, thread_name_prefix="analysis") as pool:
        labels = pool.submit(_labels, engine, graph)
        claimed = pool.submit(_links, engine, graph, weights.PROPERTIES)
        ratings = pool.submit(_ratings, engine, graph)
        links = pool.submit(_links, engine, graph, (*LINKS, *UP, *DOWN)).result()
        kinds, levels, titles = _kinds(engine, graph), _levels(engine, graph), _titles(engine, graph)
    return _part(links | claimed.result(), kinds, ratings.result(), levels, (labels.result(), titles))


def _part(
    links: Mapping[str, list[tuple[str, list[str]]]],
    kinds: Mapping[str, set[str]],
    rated: Mapping[tuple[str, str], float],
    levels: Mapping[str, int],
    texts: tuple[Mapping[str, str], Mapping[str, str]],
) -> Part:
    linked = {word for pairs in links.values() for one, others in pairs for word in (one, *others)}
    names = tuple(sorted(linked.union(*kinds.values(), levels, *rated)))
    places = {name: place for place, name in enumerate(names)}

    def pairs(*properties: str) -> Numbers:
        return table(((places[one], places[other]) for name in properties for one, others in links[name] for other in others), 2)

    claims = (
        (places[one], facet, places[item])
        for facet, property_ in enumerate(weights.PROPERTIES)
        for one, items in links[property_]
        for item in items
    )
    numbers = {name: np.array(sorted(map(places.__getitem__, found)), dtype=np.int32) for name, found in kinds.items()}
    matched = {name: pairs(*(property_ for property_, own in LINKS.items() if own == name)) for name in (EXACT, "close", "related")}
    rows = sorted((places[role], places[item], importance) for (role, item), importance in rated.items())
    return Part(
        names=SortedTexts.of(names),
        roles=numbers["roles"],
        headings=numbers["headings"],
        degrees=numbers["degrees"],
        claims=table(claims, 3),
        broader=table(np.concatenate([pairs(*UP), pairs(*DOWN)[:, ::-1]]), 2),
        exact=matched[EXACT],
        close=matched["close"],
        related=matched["related"],
        rated=np.array([row[:2] for row in rows], dtype=np.int32).reshape(-1, 2),
        importance=np.array([row[2] for row in rows], dtype=np.float64),
        levels=table(((places[degree], level) for degree, level in levels.items()), 2),
        labels=TextMap.of(texts[0]),
        titles=TextMap.of(texts[1]),
    )


def _texts(engine: Rows, graph: str) -> Iterator[tuple[str, str]]:
    """Yield each thing by IRI with each of its preferred labels in English."""
    for _, found in _grouped(engine, "graph-labels", {"graph": graph or None}):
        for pair in found:
            iri, _, label = pair.partition(" ")
            yield iri, label


def _links(engine: Rows, graph: str, properties: Sequence[str]) -> dict[str, list[tuple[str, list[str]]]]:
    """Return by property what each thing is linked to."""
    found: dict[str, list[tuple[str, list[str]]]] = {property_: [] for property_ in properties}
    for row, others in _grouped(engine, "graph-links", {"graph": graph or None, "property": properties}):
        if row["one"].kind == "iri":
            found[row["property"].value].append((row["one"].value, [other for other in others if ":" in other]))
    return found


def _kinds(engine: Rows, graph: str) -> dict[str, set[str]]:
    types = {type_: name for kind, name in _KINDS.items() for type_ in terms.KINDS[kind].types}
    found: dict[str, set[str]] = {name: set() for name in types.values()}
    for row in engine.rows(query("graph-types").bind({"graph": graph or None, "type": list(types)})):
        if row["thing"].kind == "iri":
            found[types[row["type"].value]].add(row["thing"].value)
    return found


def _ratings(engine: Rows, graph: str) -> dict[tuple[str, str], float]:
    """Return the mean importance of an item for a role, by both."""
    found: dict[tuple[str, str], list[float]] = {}
    for row, pairs in _grouped(engine, "graph-ratings", {"graph": graph or None}):
        for pair in pairs if row["role"].kind == "iri" else ():
            item, _, text = pair.partition(" ")
            importance = _figure(text)
            if importance is not None and ":" in item:
                found.setdefault((row["role"].value, item), []).append(importance)
    return {pair: math.fsum(values) / len(values) for pair, values in found.items()}


def _figure(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _levels(engine: Rows, graph: str) -> dict[str, int]:
    rows = engine.rows(query("graph-degree-levels").bind({"graph": graph or None}))
    pairs = [(row["degree"], row["level"].value.rpartition("/")[2]) for row in rows]
    # in order, so that the highest counts where a graph gives several
    return {degree.value: int(level) for degree, level in sorted(pairs, key=str) if degree.kind == "iri" and level in _LEVELS}


def _labels(engine: Rows, graph: str) -> dict[str, str]:
    """Return the preferred label of each thing by IRI: the first in order, where it has several."""
    found: dict[str, str] = {}
    for iri, label in _texts(engine, graph):
        found[iri] = min(found.get(iri, label), label)
    return found


def _titles(engine: Rows, graph: str) -> dict[str, str]:
    """Return the title of each source by IRI: the first in order, where it has several."""
    found: dict[str, str] = {}
    for row in engine.rows(query("graph-titles").bind({"graph": graph or None})):
        iri, title = row["source"].value, row["title"].value
        found[iri] = min(found.get(iri, title), title)
    return found


def _grouped(engine: Rows, name: str, values: Mapping[str, Binding]) -> Iterator[tuple[Row, list[str]]]:
    """Yield a row of keys with the words that belong to it: one row for many facts spares most of the time that rows take."""
    rows = engine.rows(query(name).bind(values))
    if not all("words" in row for row in rows):
        rows = engine.rows(query(name).bind(values, without_blank_nodes=True))
    return ((row, row["words"].value.split(_BETWEEN)) for row in rows if "words" in row)
