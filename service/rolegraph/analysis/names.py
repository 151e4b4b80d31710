"""The names in the facts of several graphs, sorted, and their labels; after a write, only those of changed graphs are looked up."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from rolegraph.analysis.facts import Numbers
from rolegraph.analysis.reading import DEFAULT, Part

MOST = 20_000  # names and labels of changed graphs; for more, it is faster to sort all names again


@dataclass(frozen=True)
class Names:
    """The sorted names in the facts of some graphs.

    - ``parts``: the facts of each graph, by its IRI. A graph with claims is itself a name: it is their source
    - ``labels``: the preferred label of each name, or the title of a source; the first in alphabetical order if there are several, else ''
    - ``places``: the position of each name in ``names``
    - ``at``: by graph, the place of each name of its part
    """

    parts: Mapping[str, Part]
    names: tuple[str, ...]
    labels: tuple[str, ...]
    places: Mapping[str, int]
    at: Mapping[str, Numbers]

    @classmethod
    def read(cls, parts: Mapping[str, Part]) -> "Names":
        """Return the names in the facts of graphs."""
        names = tuple(sorted(set().union(*(_names_of(graph, part) for graph, part in parts.items()))))
        places = {name: place for place, name in enumerate(names)}
        at = {graph: _places(part, places) for graph, part in parts.items()}
        return cls(parts, names, _labels(_describing(parts), names), places, at)

    def following(self, parts: Mapping[str, Part]) -> "Names":
        """Return the same as :meth:`read`. Where few facts differ from those of this object, that takes a fraction of the time.

        :param parts: the facts of each graph; those that did not change are the same objects
        """
        changed = {graph for graph in self.parts.keys() | parts.keys() if self.parts.get(graph) is not parts.get(graph)}
        before, after = ({graph: part for graph, part in either.items() if graph in changed} for either in (self.parts, parts))
        both = [*before.values(), *after.values()]
        if DEFAULT in before.keys() ^ after.keys() or sum(len(part.names) + len(part.labels) + len(part.titles) for part in both) > MOST:
            return Names.read(parts)
        had = set().union(*(_names_of(graph, part) for graph, part in before.items()))
        has = set().union(*(_names_of(graph, part) for graph, part in after.items()))
        gone = {name for name in had - has if not any(_is_named(graph, part, name) for graph, part in parts.items())}
        added = has - self.places.keys()
        names, places = self.names, self.places
        if gone or added:
            kept = list(names)
            for name in sorted(gone, reverse=True):
                del kept[self.places[name]]
            names = tuple(sorted([*kept, *added]))
            places = dict(zip(names, range(len(names)), strict=True))
        moved = self._moved(gone, [places[name] for name in added], len(names))
        at = {graph: _places(part, places) if graph in changed else moved[self.at[graph]] for graph, part in parts.items()}
        texts = np.full(len(names), "", dtype=object)
        texts[moved[moved >= 0]] = np.array(self.labels, dtype=object)[moved >= 0]
        for name in added.union(*(part.labels for part in both), *(part.titles for part in both)) & places.keys():
            texts[places[name]] = _label(_describing(parts), name)
        return Names(parts, names, tuple(texts.tolist()), places, at)

    def _moved(self, gone: Iterable[str], added: Collection[int], number: int) -> Numbers:
        """Return the new place of each name; -1 for those that are gone.

        :param added: the places of new names
        :param number: how many names there are now
        """
        moved = np.zeros(len(self.names), dtype=np.int32)
        moved[[self.places[name] for name in gone]] = -1
        moved[moved == 0] = np.delete(np.arange(number, dtype=np.int32), list(added))
        return moved


def _names_of(graph: str, part: Part) -> set[str]:
    return {*part.names, graph} if is_claiming(graph, part) else set(part.names)


def is_claiming(graph: str, part: Part) -> bool:
    """Return whether a graph makes claims about roles, as their source."""
    return graph != DEFAULT and len(part.claims) > 0


def _is_named(graph: str, part: Part, name: str) -> bool:
    place = bisect_left(part.names, name)
    return part.names[place : place + 1] == (name,) or (name == graph and is_claiming(graph, part))


def _places(part: Part, places: Mapping[str, int]) -> Numbers:
    return np.fromiter(map(places.__getitem__, part.names), dtype=np.int32, count=len(part.names))


def _describing(parts: Mapping[str, Part]) -> list[Part]:
    """Return the facts that labels are taken from: those of a separate default graph alone, else those of all graphs."""
    return [parts[DEFAULT]] if DEFAULT in parts else list(parts.values())


def _labels(parts: Iterable[Part], names: Iterable[str]) -> tuple[str, ...]:
    """Return the label of each name; see :class:`Names`."""
    labels: dict[str, str] = {}
    titles: dict[str, str] = {}
    for part in parts:
        for merged, texts in ((labels, part.labels), (titles, part.titles)):
            both = merged.keys() & texts.keys()
            first = {iri: min(merged[iri], texts[iri]) for iri in both}
            merged.update(texts)
            merged.update(first)
    labels.update(titles)
    return tuple(labels.get(name, "") for name in names)


def _label(parts: Iterable[Part], name: str) -> str:
    """Return the label of one name; see :class:`Names`."""
    titles = [part.titles[name] for part in parts if name in part.titles]
    return min(titles or [part.labels[name] for part in parts if name in part.labels], default="")
