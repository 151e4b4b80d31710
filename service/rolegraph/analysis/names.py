"""The names in the facts of several graphs, sorted, and their labels; after a write, only those of changed graphs are looked up."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from rolegraph.analysis.facts import Numbers
from rolegraph.analysis.reading import DEFAULT, Part
from rolegraph.texts import GONE, Places, SortedTexts, Texts

MOST = 5_000  # names and labels of changed graphs; for more, it is faster to sort all names again


@dataclass(frozen=True)
class Names:
    """The sorted names in the facts of some graphs.

    - ``parts``: the facts of each graph, by its IRI. A graph with claims is itself a name: it is their source
    - ``names``: the names in order; their places are positions in it
    - ``labels``: the preferred label of each name, or the title of a source; the first in alphabetical order if there are several, else ''
    - ``at``: by graph, the place of each name of its part, ascending
    """

    parts: Mapping[str, Part]
    names: SortedTexts
    labels: Texts
    at: Mapping[str, Numbers]

    @classmethod
    def read(cls, parts: Mapping[str, Part]) -> "Names":
        """Return the names in the facts of graphs."""
        names = sorted(set().union(*(_names_of(graph, part) for graph, part in parts.items())))
        places = {name: place for place, name in enumerate(names)}
        at = {graph: _places(part, places) for graph, part in parts.items()}
        return cls(parts, SortedTexts.of(names), Texts.of(_labels(describing(parts), names)), at)

    @property
    def places(self) -> Places:
        """The place of each name."""
        return Places(self.names)

    def changed(self, parts: Mapping[str, Part]) -> frozenset[str]:
        """Return the graphs whose facts are others in ``parts``; those that did not change are the same objects."""
        return frozenset(graph for graph in self.parts.keys() | parts.keys() if self.parts.get(graph) is not parts.get(graph))

    def following(self, parts: Mapping[str, Part]) -> "tuple[Names, Numbers] | None":
        """Return the same as :meth:`read`, and the new place of each name (:data:`GONE` for those that are gone).

        That takes a fraction of the time if few facts differ from those of this object; if many do, the result is None.

        :param parts: the facts of each graph; those that did not change are the same objects
        """
        changed = self.changed(parts)
        before, after = ({graph: part for graph, part in either.items() if graph in changed} for either in (self.parts, parts))
        both = [*before.values(), *after.values()]
        if DEFAULT in before.keys() ^ after.keys() or sum(len(part.names) + len(part.labels) + len(part.titles) for part in both) > MOST:
            return None
        had = set().union(*(_names_of(graph, part) for graph, part in before.items()))
        has = set().union(*(_names_of(graph, part) for graph, part in after.items()))
        gone = self._without(had - has, {graph: part for graph, part in parts.items() if graph not in changed})
        added = sorted(name for name in has if name not in self.names)
        number = len(self.names) - len(gone) + len(added)
        moved, new = self._moved(gone, added)
        names = self.names.edited(moved, number, dict(zip(new, added, strict=True))) if gone or added else self.names
        places = Places(names)
        at = {
            graph: _places(part, places) if graph in changed else self.at[graph] if names is self.names else moved[self.at[graph]]
            for graph, part in parts.items()
        }
        texts = dict.fromkeys(new, "")
        for name in set(added).union(*(part.labels for part in both), *(part.titles for part in both)):
            if (place := names.place(name)) is not None:
                texts[place] = _label(describing(parts), name)
        return Names(parts, names, self.labels.edited(moved, number, texts) if texts or gone else self.labels, at), moved

    def _without(self, names: Iterable[str], parts: Mapping[str, Part]) -> list[int]:
        """Return the places of those names that none of some graphs has, ascending."""
        places = np.array(sorted(self.places[name] for name in names), dtype=np.int32)
        claiming = [place for graph, part in parts.items() if is_claiming(graph, part) for place in [self.names.place(graph)]]
        for others in (np.array(claiming, dtype=np.int32), *(self.at[graph] for graph in parts)):
            if len(places) and len(others):
                ordered = np.sort(others)
                places = places[ordered[np.minimum(np.searchsorted(ordered, places), len(ordered) - 1)] != places]
        return places.tolist()  # type: ignore[no-any-return]

    def _moved(self, gone: Collection[int], added: Collection[str]) -> tuple[Numbers, list[int]]:
        """Return the new place of each name, :data:`GONE` for those that are gone, and those of new names.

        :param added: the new names, sorted
        """
        moved = np.ones(len(self.names), dtype=np.int32)
        moved[list(gone)] = 0
        kept = np.cumsum(moved, dtype=np.int32) - moved  # how many stay before each
        before = [self.names.first_from(name) for name in added]  # the old name that each stands before
        new = [(int(kept[place]) if place < len(kept) else len(self.names) - len(gone)) + number for number, place in enumerate(before)]
        kept += np.searchsorted(np.array(before, dtype=np.int64), np.arange(len(self.names)), side="right").astype(np.int32)
        kept[list(gone)] = GONE
        return kept, new


def _names_of(graph: str, part: Part) -> set[str]:
    return {*part.names, graph} if is_claiming(graph, part) else set(part.names)


def is_claiming(graph: str, part: Part) -> bool:
    """Return whether a graph makes claims about roles, as their source."""
    return graph != DEFAULT and len(part.claims) > 0


def _places(part: Part, places: Mapping[str, int]) -> Numbers:
    return np.fromiter((places[name] for name in part.names), dtype=np.int32, count=len(part.names))


def describing(parts: Mapping[str, Part]) -> dict[str, Part]:
    """Return the facts that labels and links are taken from: those of a separate default graph alone, else those of all graphs."""
    return {DEFAULT: parts[DEFAULT]} if DEFAULT in parts else {graph: parts[graph] for graph in sorted(parts)}


def _labels(parts: Mapping[str, Part], names: Iterable[str]) -> list[str]:
    """Return the label of each name; see :class:`Names`."""
    labels: dict[str, str] = {}
    titles: dict[str, str] = {}
    for part in parts.values():
        for merged, texts in ((labels, part.labels), (titles, part.titles)):
            for iri, text in zip(texts.names, texts.texts, strict=True):
                merged[iri] = min(merged.get(iri, text), text)
    labels.update(titles)
    return [labels.get(name, "") for name in names]


def _label(parts: Mapping[str, Part], name: str) -> str:
    """Return the label of one name; see :class:`Names`."""
    titles = [part.titles[name] for part in parts.values() if name in part.titles]
    return min(titles or [part.labels[name] for part in parts.values() if name in part.labels], default="")
