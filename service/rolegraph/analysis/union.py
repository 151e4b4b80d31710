"""The union of the facts of several graphs; each claim keeps the graph that makes it."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from rolegraph.analysis.facts import Facts, Figures, Numbers, table
from rolegraph.analysis.names import Names, is_claiming
from rolegraph.analysis.reading import DEFAULT, Part


def combine(parts: Mapping[str, Part], trusted: Collection[str] | None = None) -> Facts:
    """Return the union of the facts of graphs; see :func:`united`."""
    return united(Names.read(parts), trusted)


def united(names: Names, trusted: Collection[str] | None = None) -> Facts:
    """Return the union of the facts of graphs. Names are sorted, so the order of reading does not matter.

    If there is a separate default graph, types, labels and links are taken from it alone, and claims about roles from the named graphs.

    :param names: the facts of each graph and their names
    :param trusted: the graphs whose skos:exactMatch is used; None is all graphs
    """
    parts, at = names.parts, names.at
    graphs = sorted(parts)
    describing = [DEFAULT] if DEFAULT in parts else graphs

    def all_of(name: str, width: int, among: Sequence[str] = describing) -> Numbers:
        rows = [at[graph][getattr(parts[graph], name)].reshape(-1, width) for graph in among]
        return table(np.concatenate([_no_rows(width), *rows]), width)

    roles, degrees = all_of("roles", 1)[:, 0], all_of("degrees", 1)[:, 0]
    claims = [_claims(parts[graph].claims, at[graph], names.places[graph]) for graph in graphs if is_claiming(graph, parts[graph])]
    stated = np.concatenate([_no_rows(4), *claims])
    rated, importance = _rated((at[graph][parts[graph].rated], parts[graph].importance) for graph in describing)
    levels = np.concatenate([_no_rows(2), *(_levels(parts[graph].levels, at[graph]) for graph in describing)])
    return Facts(
        names=names.names,
        labels=names.labels,
        roles=roles,
        headings=all_of("headings", 1)[:, 0],
        claims=table(stated[np.isin(stated[:, 0], roles)], 4),
        broader=all_of("broader", 2),
        exact=all_of("exact", 2, [graph for graph in describing if trusted is None or graph == DEFAULT or graph in trusted]),
        close=all_of("close", 2),
        related=all_of("related", 2),
        rated=rated,
        importance=importance,
        levels=table(levels[np.isin(levels[:, 0], degrees)], 2),
        places=names.places,
    )


def _claims(claims: Numbers, at: Numbers, source: int) -> Numbers:
    return np.stack([at[claims[:, 0]], claims[:, 1], at[claims[:, 2]], np.full(len(claims), source, dtype=np.int32)], axis=1)


def _levels(levels: Numbers, at: Numbers) -> Numbers:
    return np.stack([at[levels[:, 0]], levels[:, 1]], axis=1)


def _rated(ratings: Iterable[tuple[Numbers, Figures]]) -> tuple[Numbers, Figures]:
    """Return the rated pairs of role and item (n × 2, int32, sorted), and their importance (n, float64): the mean over the graphs."""
    rated = [(_no_rows(2), np.zeros(0)), *ratings]
    pairs, values = np.concatenate([rows for rows, _ in rated]), np.concatenate([importance for _, importance in rated])
    order = np.lexsort(pairs.T[::-1])
    ordered = pairs[order]
    new = np.ones(len(pairs), dtype=bool)
    new[1:] = (ordered[1:, 0] != ordered[:-1, 0]) | (ordered[1:, 1] != ordered[:-1, 1])
    distinct, numbers = ordered[new], np.cumsum(new) - 1
    counts = np.bincount(numbers, minlength=len(distinct))
    return distinct, np.bincount(numbers, weights=values[order], minlength=len(distinct)) / np.maximum(counts, 1)


def _no_rows(width: int) -> Numbers:
    return np.zeros((0, width), dtype=np.int32)
