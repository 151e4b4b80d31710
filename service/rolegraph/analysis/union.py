"""The union of the facts of several graphs; each claim keeps the graph that makes it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rolegraph.analysis.facts import Facts, Figures, Numbers, table
from rolegraph.analysis.names import Names, describing, is_claiming
from rolegraph.analysis.reading import DEFAULT, Part
from rolegraph.texts import GONE

_LINKS = {"headings": 1, "broader": 2, "related": 2}  # the tables that are the union of those of the graphs, with their width


@dataclass(frozen=True)
class Change:
    """What a write changed.

    ``moved`` is the new place of each old one, :data:`GONE` for those that are gone; it ascends. ``roles`` are the new places of the
    roles whose claims or ratings may be others.
    """

    moved: Numbers
    roles: Numbers


def combine(parts: Mapping[str, Part], trusted: Collection[str] | None = None) -> Facts:
    """Return the union of the facts of graphs; see :func:`united`."""
    return united(Names.read(parts), trusted)


def united(names: Names, trusted: Collection[str] | None = None) -> Facts:
    """Return the union of the facts of graphs. Names are sorted, so the order of reading does not matter.

    If there is a separate default graph, types, labels and links are taken from it alone, and claims about roles from the named graphs.

    :param names: the facts of each graph and their names
    :param trusted: the graphs whose exact and close matches are used; None is all graphs
    """
    roles = _all_of(names, "roles", 1)
    claims = [
        _claims(part.claims, names.at[graph], names.places[graph]) for graph, part in names.parts.items() if is_claiming(graph, part)
    ]
    stated = np.concatenate([_no_rows(4), *claims])
    rated, importance = _rated(names)
    links = {name: _all_of(names, name, width) for name, width in _LINKS.items()}
    of_roles = table(stated[_flags(roles, names)[stated[:, 0]]], 4)
    return _facts(names, trusted, roles, claims=of_roles, rated=rated, importance=importance, **links)


def following(old: Facts, before: Names, names: Names, moved: Numbers, trusted: Collection[str] | None) -> tuple[Facts, Change]:
    """Return the same as :func:`united`, and what differs from the facts of an earlier revision: what no write touched is copied.

    :param old: the facts of the earlier revision
    :param before: its names
    :param moved: the new place of each of its names, see :meth:`Names.following`
    """
    changed = before.changed(names.parts)
    either = [part for parts in (before.parts, names.parts) for graph, part in parts.items() if graph in changed]

    def touches(name: str) -> bool:
        return any(len(getattr(part, name)) for part in either)

    roles = _all_of(names, "roles", 1) if touches("roles") else moved[old.roles]
    links = {name: _all_of(names, name, width) if touches(name) else moved[getattr(old, name)] for name, width in _LINKS.items()}
    rated, importance = _rated(names) if touches("rated") else (moved[old.rated], old.importance)
    about = {name: _touched(name, before, names, moved, changed) for name in ("claims", "rated")}
    others = [np.setdiff1d(moved[old.roles], roles), np.setdiff1d(roles, moved[old.roles])]
    subjects = np.unique(np.concatenate([about["claims"], *others]))
    subjects = subjects[subjects != GONE]
    claims = _following_claims(old.claims, names, moved, subjects, roles)
    facts = _facts(names, trusted, roles, claims=claims, rated=rated, importance=importance, **links)
    return facts, Change(moved, np.intersect1d(np.concatenate([subjects, about["rated"]]), roles))


def _facts(names: Names, trusted: Collection[str] | None, roles: Numbers, **tables: Numbers | Figures) -> Facts:
    """Return facts with those tables that are short, or depend on more than their graphs."""
    parts = describing(names.parts)
    degrees = _all_of(names, "degrees", 1)
    levels = np.concatenate([_no_rows(2), *(_levels(part.levels, names.at[graph]) for graph, part in parts.items() if len(part.levels))])
    believed = [graph for graph in parts if trusted is None or graph == DEFAULT or graph in trusted]
    return Facts(
        names=names.names,
        labels=names.labels,
        roles=roles,
        exact=_all_of(names, "exact", 2, believed),
        close=_all_of(names, "close", 2, believed),
        levels=table(levels[np.isin(levels[:, 0], degrees)], 2),
        places=names.places,
        **tables,  # type: ignore[arg-type]  # importance alone is no int32
    )


def _all_of(names: Names, name: str, width: int, among: Sequence[str] | None = None) -> Numbers:
    """Return the rows of a table of several graphs, each once.

    :param among: the graphs; None is all that describe things
    """
    graphs = describing(names.parts) if among is None else among
    rows = [names.at[graph][own].reshape(-1, width) for graph in graphs if len(own := getattr(names.parts[graph], name))]
    found = table(np.concatenate([_no_rows(width), *rows]), width)
    return found if width > 1 else found[:, 0]


def _claims(claims: Numbers, at: Numbers, source: int) -> Numbers:
    rows = np.empty((len(claims), 4), dtype=np.int32)
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3] = at[claims[:, 0]], claims[:, 1], at[claims[:, 2]], source
    return rows


def _following_claims(old: Numbers, names: Names, moved: Numbers, subjects: Numbers, roles: Numbers) -> Numbers:
    """Return the claims about all roles: those about some subjects are collected from all graphs, the others copied.

    :param old: the claims before
    :param moved: the new place of each old one
    :param subjects: the subjects of other claims than before, and those that became, or were, a role (sorted)
    """
    rows = old
    if len(moved) != len(names.names) or (moved != np.arange(len(moved))).any():
        rows = np.empty_like(old)
        rows[:, 1] = old[:, 1]
        for column in (0, 2, 3):
            rows[:, column] = moved[old[:, column]]
    is_other = _flags(subjects, names)
    is_other = np.append(is_other, True)  # at GONE
    kept = rows[~is_other[rows[:, 0]]]
    wanted = np.intersect1d(subjects, roles)
    fresh = [_no_rows(4)]
    for graph, part in names.parts.items():
        if is_claiming(graph, part) and len(own := rows_of(part.claims[:, 0], _within(names.at[graph], wanted))):
            fresh.append(_claims(part.claims[own], names.at[graph], names.places[graph]))
    added = table(np.concatenate(fresh), 4)
    return np.insert(kept, np.searchsorted(kept[:, 0], added[:, 0]), added, axis=0)


def _touched(name: str, before: Names, names: Names, moved: Numbers, changed: Collection[str]) -> Numbers:
    """Return the places that stand in the first column of a table of a changed graph, before or now; sorted."""
    places = [_no_rows(1)[:, 0]]
    for side, parts in ((before, before.parts), (names, names.parts)):
        for graph in changed & parts.keys():
            own = side.at[graph][np.unique(getattr(parts[graph], name)[:, 0])]
            places.append(moved[own] if side is before else own)
    return np.unique(np.concatenate(places))


def _within(at: Numbers, places: Numbers) -> Numbers:
    """Return the numbers within one graph of those places that it names.

    :param at: the place of each of its names, ascending
    """
    if not len(at):
        return at
    nearest = np.minimum(np.searchsorted(at, places), len(at) - 1)
    found: Numbers = nearest[at[nearest] == places].astype(np.int32)
    return found


def rows_of(column: Numbers, values: Numbers) -> Numbers:
    """Return the rows of a sorted column that hold one of some values.

    :param values: the values, ascending
    """
    starts, ends = (np.searchsorted(column, values, side=side) for side in ("left", "right"))
    rows: Numbers = np.concatenate([_no_rows(1)[:, 0], *map(np.arange, starts.tolist(), ends.tolist())])
    return rows


def _flags(places: Numbers, names: Names) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    flags = np.zeros(len(names.names), dtype=bool)
    flags[places] = True
    return flags


def _levels(levels: Numbers, at: Numbers) -> Numbers:
    return np.stack([at[levels[:, 0]], levels[:, 1]], axis=1)


def _rated(names: Names) -> tuple[Numbers, Figures]:
    """Return the rated pairs of role and item (n × 2, int32, sorted), and their importance (n, float64): the mean over the graphs."""
    parts = {graph: part for graph, part in describing(names.parts).items() if len(part.rated)}
    pairs = np.concatenate([_no_rows(2), *(names.at[graph][part.rated] for graph, part in parts.items())])
    values = np.concatenate([np.zeros(0), *(part.importance for part in parts.values())])
    keys = pairs[:, 0].astype(np.int64) * len(names.names) + pairs[:, 1]
    order = np.argsort(keys, kind="stable")
    ordered = pairs[order]
    new = np.diff(keys[order], prepend=-1) != 0
    distinct, numbers = ordered[new], np.cumsum(new) - 1
    counts = np.bincount(numbers, minlength=len(distinct))
    return distinct, np.bincount(numbers, weights=values[order], minlength=len(distinct)) / np.maximum(counts, 1)


def _no_rows(width: int) -> Numbers:
    return np.zeros((0, width), dtype=np.int32)
