"""What a glance at things tells: their labels, kinds, definitions and what stands above them; asked for in batches, and kept."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from sys import intern
from typing import TypeVar

from rolegraph import dependencies, terms
from rolegraph.errors import StoreUnusable
from rolegraph.per_revision import CachedValue
from rolegraph.queries import internal
from rolegraph.queries.internal import Binding
from rolegraph.values import Row

SKOS = "http://www.w3.org/2004/02/skos/core#"
MOST = 200_000  # things of which each is kept; beyond that, all are forgotten and asked for again
BATCH = 1_000

Ask = Callable[[str], list[Row]]
T = TypeVar("T", str, tuple[str, ...])


def words(ask: Ask, name: str, values: Mapping[str, Binding] | None = None) -> list[str]:
    """Return the words that an internal query answers with, all in one row of the engine: a row for each takes most of the time."""
    for without_blank_nodes in (False, True):
        rows = ask(internal.query(name).bind(values, without_blank_nodes=without_blank_nodes))
        if rows and "words" in rows[0]:
            return rows[0]["words"].value.split()
    return []


def counted(rows: Sequence[Row]) -> int:
    """Return the ``number`` of the one row that a query has which counts.

    :raises StoreUnusable: where there is none: then the store gave no answer, which is no reason to say that there is nothing
    """
    if not rows or "number" not in rows[0]:
        raise StoreUnusable("the store cannot be read: it answered without a number where things are counted")
    return int(rows[0]["number"].value)


class LabelCache:
    """What is known at a glance of the things of one revision. Safe between threads: what two ask for at once is asked for twice."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._labels: dict[str, str] = {}
        self._definitions: dict[str, str] = {}
        self._above: dict[str, tuple[str, ...]] = {}
        self._kinds: dict[str, tuple[str, ...]] = {}
        self._whole = CachedValue[bool]()
        self._prefetched = CachedValue[bool]()

    def following(self, ask: Ask, changed: Iterable[str]) -> "LabelCache":
        """Return a cache for a later revision, with the entries of all things but the changed ones.

        :param ask: answers queries on that revision
        """
        later = LabelCache(ask)
        changed = list(changed)
        for name in ("_labels", "_definitions", "_above", "_kinds"):
            entries = getattr(self, name).copy()
            for iri in changed:
                entries.pop(iri, None)
            setattr(later, name, entries)
        if self._whole.built():
            later._whole = CachedValue.holding(True)
        if self._prefetched.built():
            later._prefetched = CachedValue.holding(True)
        return later

    def labels(self, iris: Iterable[str]) -> dict[str, str]:
        """Return the label of each thing: in English where it has one, else in another language; its CURIE where it has none."""
        return _known(self._labels, iris, self._read_labels, "")

    def read_all_labels(self) -> None:
        """Read the labels of all things at once, which takes less time than asking for thousands of them by name."""
        with dependencies.noted(()):  # each label is noted where it is used
            self._whole.get(self._read_all)

    def _read_all(self) -> bool:
        self._labels |= self._first_texts("all-english-texts", {"property": terms.PREF_LABEL})
        return True

    def prefetch(self) -> None:
        """Read the labels, definitions and kinds of all things, and what stands above them, if they are not too many to be kept."""
        self._prefetched.get(self._read_at_once)

    def _read_at_once(self) -> bool:
        if counted(self._ask(internal.query("count-of-property").bind({"property": terms.PREF_LABEL}))) > MOST:
            return True
        self.read_all_labels()
        names = _names_of_kinds()
        types = self._pairs("things-of-classes", {"class": list(names)})
        above = self._pairs("all-linked", {"property": f"{SKOS}broader"})
        labelled = list(self._labels)  # what is not among the pairs has no kind, and nothing stands above it
        self._kinds |= {iri: _kinds(types.get(iri, ())) for iri in {*labelled, *types}}
        self._above |= {iri: above.get(iri, ()) for iri in {*labelled, *above}}
        definitions = self._first_texts("all-english-texts", {"property": f"{SKOS}definition"})
        self._definitions |= {iri: definitions.get(iri, "") for iri in {*labelled, *definitions}}
        return True

    def definitions(self, iris: Iterable[str]) -> dict[str, str]:
        """Return the English definition of each thing, or an empty text."""
        return _known(self._definitions, iris, lambda missing: self._texts("english-texts", missing, f"{SKOS}definition"), "")

    def above(self, iris: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return the IRIs of what stands directly above each thing, sorted."""
        return _known(self._above, iris, lambda missing: self._several(missing, f"{SKOS}broader"), ())

    def chain(self, iri: str) -> list[str]:
        """Return what stands above a thing, the most general first: of several parents the first in order."""
        found = [iri]
        while (above := self.above(found[:1])[found[0]]) and above[0] not in found:
            found.insert(0, above[0])
        return found[:-1]

    def kinds(self, iris: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return the names of the kinds that each thing is of, in their order; none for what is not described here."""
        return _known(self._kinds, iris, self._read_kinds, ())

    def has_kind(self, iri: str) -> bool:
        """Return whether a thing is of any kind, that is, described here."""
        dependencies.note_cards((iri,))
        return bool(self._kinds.get(iri) or self.kinds([iri])[iri])

    def _read_labels(self, missing: Sequence[str]) -> dict[str, str]:
        labels = self._texts("english-texts", missing, terms.PREF_LABEL)
        if rest := [iri for iri in missing if iri not in labels]:
            labels |= self._first_texts("english-titles", {"thing": rest})
        if rest := [iri for iri in rest if iri not in labels]:
            labels |= self._texts("texts", rest, terms.PREF_LABEL)
        return labels | {iri: terms.shorten(iri) for iri in missing if iri not in labels}

    def _texts(self, query: str, iris: Sequence[str], property_: str) -> dict[str, str]:
        return self._first_texts(query, {"thing": iris, "property": property_})

    def _first_texts(self, query: str, values: Mapping[str, Binding]) -> dict[str, str]:
        """Return the alphabetically first text of each thing that a query returns."""
        found: dict[str, str] = {}
        for row in self._ask(internal.query(query).bind(values)):
            if row["text"].kind != "blank":
                iri, text = row["thing"].value, row["text"].value
                found[iri] = min(found.get(iri, text), text)
        return found

    def _read_kinds(self, missing: Sequence[str]) -> dict[str, tuple[str, ...]]:
        types = self._several(missing, terms.RDF_TYPE)
        return {iri: _kinds(own) for iri, own in types.items()}

    def _several(self, iris: Sequence[str], property_: str) -> dict[str, tuple[str, ...]]:
        """Return the IRIs that a property leads to from each thing, sorted."""
        return self._pairs("linked", {"thing": iris, "property": property_})

    def _pairs(self, query: str, values: Mapping[str, Binding]) -> dict[str, tuple[str, ...]]:
        """Return the second words of the pairs that a query returns, sorted, by the first ones."""
        found: dict[str, list[str]] = {}
        pairs = words(self._ask, query, values)
        for iri, other in zip(pairs[::2], pairs[1::2], strict=True):
            found.setdefault(iri, []).append(intern(other))
        return {iri: tuple(sorted(others)) for iri, others in found.items()}


@cache
def _names_of_kinds() -> dict[str, str]:
    """Return the names of the kinds by the IRIs of their classes."""
    return {type_: kind.name for kind in terms.KINDS.values() for type_ in kind.types}


def _kinds(types: Collection[str]) -> tuple[str, ...]:
    """Return the names of the kinds of these classes, in their order."""
    return _same(tuple(dict.fromkeys([name for type_, name in _names_of_kinds().items() if type_ in types])))


@cache
def _same(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the same object for the same names: tens of thousands of things have one of a few."""
    return names


def _known(kept: dict[str, T], iris: Iterable[str], read: Callable[[Sequence[str]], dict[str, T]], none: T) -> dict[str, T]:
    """Return what is kept of things, in their order, and read what is not."""
    found: dict[str, T] = {}
    missing = []
    iris = iris if isinstance(iris, Collection) else list(iris)
    dependencies.note_cards(iris)
    for iri in iris:
        if (own := kept.get(iri)) is not None:
            found[iri] = own
        elif terms.is_iri(iri):
            missing.append(iri)
        else:
            found[iri] = none
    for start in range(0, len(missing), BATCH):
        asked = missing[start : start + BATCH]
        with dependencies.noted(()):
            read_now = read(asked)
        if len(kept) > MOST:
            kept.clear()
        for iri in asked:
            found[iri] = kept[iri] = read_now.get(iri, none)
    return found if not missing else {iri: found[iri] for iri in iris}
