"""The things of each kind in the order of their labels, page by page."""

from bisect import insort
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rolegraph import dependencies, terms
from rolegraph.catalogue.labels import LabelCache, words
from rolegraph.per_revision import CachedValue, LruCache
from rolegraph.values import Member, Row, Source

DEPRECATED = terms.prefixes()["owl"] + "deprecated"
SPOKEN = 32  # lists of what a source speaks of that are kept
SHORT = 32  # short lists that are kept
FEW = 500  # things whose labels are asked for by name; for more, all labels are read at once


@dataclass(frozen=True)
class Page:
    """A part of a list: ``total`` is the length of the whole, ``number`` counts the pages from 1; ``sources`` speak of its members."""

    members: tuple[Member, ...]
    total: int
    number: int = 1
    size: int = 0
    sources: tuple[Source, ...] = ()

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // self.size)) if self.size else 1

    def as_dict(self) -> dict[str, Any]:
        """Return the page as JSON: ``total``, ``page``, ``pages``, ``members``, and as ``sources`` those that have a credit line."""
        members, credited = [member.as_dict() for member in self.members], [source.as_dict() for source in self.sources if source.credit]
        found = {"total": self.total, "page": self.number, "pages": self.last, "members": members}
        return {**found, "sources": credited} if credited else found


class KindLists:
    """The lists of one revision, each read when it is first asked for."""

    def __init__(self, ask: Callable[[str], list[Row]], cards: LabelCache) -> None:
        self._ask = ask
        self._cards = cards
        self._things = {kind: CachedValue[tuple[str, ...]]() for kind in terms.KINDS}
        self._ordered = {kind: CachedValue[tuple[tuple[str, str], ...]]() for kind in terms.KINDS}
        self._named = {kind: CachedValue[dict[str, tuple[str, ...]]]() for kind in terms.KINDS}
        self._deprecated = CachedValue[frozenset[str]]()
        self._short = LruCache[tuple[str, int], list[tuple[str, str]]](SHORT)
        self._spoken = LruCache[tuple[str, str], tuple[tuple[str, str], ...]](SPOKEN)

    def following(self, ask: Callable[[str], list[Row]], cards: LabelCache, changed: Collection[str]) -> "KindLists":
        """Return the lists of a later revision: those that were read, with only the changed things looked up again.

        :param ask: answers queries on that revision
        :param cards: the labels of its things
        """
        later, kinds = KindLists(ask, cards), cards.kinds(changed)
        for kind in terms.KINDS:
            before = self._things[kind].built()
            if before is None:
                continue
            gone = set(before) & kinds.keys()
            added = [iri for iri, names in kinds.items() if kind in names and iri not in later.deprecated()]
            ordered = self._ordered[kind].built()
            if not gone and not added:
                later._things[kind], later._ordered[kind], later._named[kind] = self._things[kind], self._ordered[kind], self._named[kind]
                continue
            things = tuple(sorted([*(iri for iri in before if iri not in gone), *added]))
            later._things[kind] = CachedValue.holding(things, self._things[kind].dependencies)
            if ordered is not None:
                pairs = [pair for pair in ordered if pair[1] not in gone]
                for iri, label in cards.labels(added).items():
                    insort(pairs, (label, iri), key=_rank)
                later._ordered[kind] = CachedValue.holding(tuple(pairs), self._ordered[kind].dependencies)
        return later

    def deprecated(self) -> frozenset[str]:
        """Return the IRIs of the deprecated things, which still answer, but are in no list."""
        return self._deprecated.get(lambda: frozenset(words(self._ask, "deprecated-things")))

    def things(self, kind: str) -> tuple[str, ...]:
        """Return the IRIs of the things of a kind that are not deprecated, sorted."""
        return self._things[kind].get(lambda: tuple(sorted(self._of_class(kind) - self.deprecated())))

    def _of_class(self, kind: str) -> set[str]:
        return set(words(self._ask, "things-of-class", {"class": terms.KINDS[kind].types}))

    def of(self, kind: str, source: str | None = None) -> tuple[tuple[str, str], ...]:
        """Return (label, IRI) of the things of a kind by label, or of those that a source speaks of."""
        if source is None:
            return self._ordered[kind].get(lambda: self._in_order(kind))
        return self._spoken.get((kind, source), lambda: self._of_source(kind, source))

    def shortlist(self, kind: str, most: int) -> list[tuple[str, str]]:
        """Return (label, IRI) of the things of a kind by label; of more than some number only ours, those of our vocabulary first."""
        return self._short.get((kind, most), lambda: self._shortlist(kind, most))

    def _shortlist(self, kind: str, most: int) -> list[tuple[str, str]]:
        found = list(self.things(kind))
        if len(found) > most:
            found = [iri for iri in found if iri.startswith(terms.BASE)]
        if len(found) > most:
            values = {"class": terms.KINDS[kind].types, "graph": terms.KINDS[kind].scheme}
            shipped = set(words(self._ask, "things-of-class-in-graph", values))
            found = sorted(found, key=lambda iri: iri not in shipped)[:most]
        return _by_label(self._cards.labels(found))

    def named(self, kind: str, label: str) -> tuple[str, ...]:
        """Return the IRIs of the things of a kind that have a label, whatever its case; where some are ours, only these."""
        known = self._named[kind].get(lambda: self._by_name(kind))
        return known.get(" ".join(label.split()).casefold(), ())

    def _by_name(self, kind: str) -> dict[str, tuple[str, ...]]:
        by_label: dict[str, list[str]] = {}
        for text, iri in self.of(kind):
            by_label.setdefault(text.casefold(), []).append(iri)
        return {text: _ours_first(iris) for text, iris in by_label.items()}

    def _in_order(self, kind: str) -> tuple[tuple[str, str], ...]:
        # labels of all things: a key for each would be too many
        read = [*map(dependencies.using, (*dependencies.TITLES, DEPRECATED))]
        read += [dependencies.linking(terms.RDF_TYPE, type_) for type_ in terms.KINDS[kind].types]
        with dependencies.noted(read):
            things = self.things(kind)
            if len(things) > FEW:
                self._cards.read_all_labels()
            return tuple(_by_label(self._cards.labels(things)))

    def _of_source(self, kind: str, source: str) -> tuple[tuple[str, str], ...]:
        described = set(words(self._ask, "things-of-class-in-source", {"class": terms.KINDS[kind].types, "source": source}))
        return tuple(pair for pair in self.of(kind) if pair[1] in described)


def _by_label(labels: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(((label, iri) for iri, label in labels.items()), key=_rank)


def _rank(pair: tuple[str, str]) -> tuple[str, str]:
    return pair[0].lower(), pair[1]


def _ours_first(iris: Sequence[str]) -> tuple[str, ...]:
    ours = tuple(iri for iri in iris if iri.startswith(terms.BASE))
    return ours or tuple(iris)
