"""Puts together what the graphs say: the union of their facts, in which each claim keeps the graph that makes it."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from rolegraph.analysis.facts import Facts, Figures, Numbers, table
from rolegraph.analysis.reading import DEFAULT, Part


def combine(parts: Mapping[str, Part], trusted: Collection[str] | None = None) -> Facts:
    """Return what graphs say together; names are in order, so that it is the same whatever was read first.

    :param parts: by the IRI of the graph. Where there is a default graph of its own, only that one says what things are, what they are
        called and how they are linked, and the named ones what they claim of roles
    :param trusted: the graphs whose skos:exactMatch is believed; None believes all
    """
    graphs = sorted(parts)
    own = [DEFAULT] if DEFAULT in parts else graphs
    claiming = [graph for graph in graphs if graph != DEFAULT and len(parts[graph].claims)]
    names = sorted(set(claiming).union(*(part.names for part in parts.values())))
    places = {name: place for place, name in enumerate(names)}
    at = {graph: np.fromiter(map(places.__getitem__, part.names), dtype=np.int32, count=len(part.names)) for graph, part in parts.items()}

    def all_of(name: str, width: int, among: Sequence[str] = own) -> Numbers:
        return table(np.concatenate([_none(width), *(at[graph][getattr(parts[graph], name)].reshape(-1, width) for graph in among)]), width)

    roles, degrees = all_of("roles", 1)[:, 0], all_of("degrees", 1)[:, 0]
    claims = [_claims(parts[graph].claims, at[graph], places[graph]) for graph in claiming]
    stated = np.concatenate([_none(4), *claims])
    rated, importance = _rated((at[graph][parts[graph].rated], parts[graph].importance) for graph in own)
    levels = np.concatenate([_none(2), *(_levels(parts[graph].levels, at[graph]) for graph in own)])
    return Facts(
        names=tuple(names),
        labels=_labels([parts[graph] for graph in own], names),
        roles=roles,
        headings=all_of("headings", 1)[:, 0],
        claims=table(stated[np.isin(stated[:, 0], roles)], 4),
        broader=all_of("broader", 2),
        exact=all_of("exact", 2, [graph for graph in own if trusted is None or graph == DEFAULT or graph in trusted]),
        close=all_of("close", 2),
        related=all_of("related", 2),
        rated=rated,
        importance=importance,
        levels=table(levels[np.isin(levels[:, 0], degrees)], 2),
        places=places,
    )


def _claims(claims: Numbers, at: Numbers, source: int) -> Numbers:
    return np.stack([at[claims[:, 0]], claims[:, 1], at[claims[:, 2]], np.full(len(claims), source, dtype=np.int32)], axis=1)


def _levels(levels: Numbers, at: Numbers) -> Numbers:
    return np.stack([at[levels[:, 0]], levels[:, 1]], axis=1)


def _rated(found: Iterable[tuple[Numbers, Figures]]) -> tuple[Numbers, Figures]:
    """Return the pairs of role and item that are rated, in order, and their importance: the mean of those that graphs give them."""
    rated = [(_none(2), np.zeros(0)), *found]
    pairs, values = np.concatenate([one for one, _ in rated]), np.concatenate([one for _, one in rated])
    order = np.lexsort(pairs.T[::-1])
    known = table(pairs, 2)
    new = np.zeros(len(pairs), dtype=np.int64)
    new[1:] = (pairs[order][1:] != pairs[order][:-1]).any(axis=1)
    numbers = np.cumsum(new)
    counts = np.bincount(numbers, minlength=len(known))
    return known, np.bincount(numbers, weights=values[order], minlength=len(known)) / np.maximum(counts, 1)


def _labels(parts: Iterable[Part], names: Iterable[str]) -> tuple[str, ...]:
    """Return the preferred label of each name, the title of a source: the first in order, where there are several; else nothing."""
    labels: dict[str, str] = {}
    titles: dict[str, str] = {}
    for part in parts:
        for known, found in ((labels, part.labels), (titles, part.titles)):
            both = known.keys() & found.keys()
            first = {iri: min(known[iri], found[iri]) for iri in both}
            known.update(found)
            known.update(first)
    labels.update(titles)
    return tuple(labels.get(name, "") for name in names)


def _none(width: int) -> Numbers:
    return np.zeros((0, width), dtype=np.int32)
