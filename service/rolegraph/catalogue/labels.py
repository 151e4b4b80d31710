"""What a glance at things tells: their labels, kinds, definitions and what stands above them; asked for in batches, and kept."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeVar
from urllib.parse import unquote

from rolegraph import terms
from rolegraph.errors import StoreUnusable
from rolegraph.per_revision import CachedValue
from rolegraph.values import Row

SKOS = "http://www.w3.org/2004/02/skos/core#"
TITLES = "<http://www.w3.org/2000/01/rdf-schema#label>|<http://purl.org/dc/terms/title>|<https://schema.org/title>"
MOST = 200_000  # things of which each is kept; beyond that, all are forgotten and asked for again
BATCH = 1_000

Ask = Callable[[str], list[Row]]
T = TypeVar("T", str, tuple[str, ...])


def english(name: str) -> str:
    """Return a filter that leaves of a variable the texts in English, and those that name no language."""
    return f'FILTER(LANG(?{name}) = "" || LANGMATCHES(LANG(?{name}), "en"))'


def words(ask: Ask, text: str, pattern: str, thing: str) -> list[str]:
    """Return the words of a text for each solution of a pattern, all in one row of the engine: a row for each takes most of the time.

    :param thing: the variable of the pattern that may be a blank node, which has no text
    """
    for only in ("", f"FILTER(ISIRI({thing}))"):  # the filter is slow, and rarely needed
        rows = ask(f'SELECT (GROUP_CONCAT({text}; SEPARATOR=" ") AS ?words) {{ {pattern} {only} }}')
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


def listed(iris: Iterable[str]) -> str:
    """Return IRIs as they stand in a ``VALUES`` block."""
    return " ".join(f"<{iri}>" for iri in iris)


class LabelCache:
    """What is known at a glance of the things of one revision. Safe between threads: what two ask for at once is asked for twice."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._labels: dict[str, str] = {}
        self._definitions: dict[str, str] = {}
        self._above: dict[str, tuple[str, ...]] = {}
        self._kinds: dict[str, tuple[str, ...]] = {}
        self._whole = CachedValue[bool]()

    def labels(self, iris: Iterable[str]) -> dict[str, str]:
        """Return the label of each thing: in English where it has one, else in another language; its CURIE where it has none."""
        return _known(self._labels, iris, self._read_labels, "")

    def read_all_labels(self) -> None:
        """Read the labels of all things at once, which takes less time than asking for thousands of them by name."""
        self._whole.get(self._read_all)

    def _read_all(self) -> bool:
        self._labels |= self._first_texts(f"?thing <{SKOS}prefLabel> ?text . {english('text')}")
        return True

    def definitions(self, iris: Iterable[str]) -> dict[str, str]:
        """Return the English definition of each thing, or an empty text."""
        return _known(self._definitions, iris, lambda missing: self._texts(missing, f"<{SKOS}definition>"), "")

    def above(self, iris: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return the IRIs of what stands directly above each thing, sorted."""
        return _known(self._above, iris, lambda missing: self._several(missing, f"<{SKOS}broader>"), ())

    def chain(self, iri: str) -> list[str]:
        """Return what stands above a thing, the most general first: of several parents the first in order."""
        found = [iri]
        while (above := self.above(found[:1])[found[0]]) and above[0] not in found:
            found.insert(0, above[0])
        return found[:-1]

    def kinds(self, iris: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return the names of the kinds that each thing is of, in their order; none for what is not described here."""
        return _known(self._kinds, iris, self._read_kinds, ())

    def _read_labels(self, missing: Sequence[str]) -> dict[str, str]:
        found = self._texts(missing, f"<{SKOS}prefLabel>")
        for path, chosen in ((TITLES, english("text")), (f"<{SKOS}prefLabel>", "")):
            rest = [iri for iri in missing if iri not in found]
            found |= self._texts(rest, path, chosen) if rest else {}
        return found | {iri: terms.shorten(iri) for iri in missing if iri not in found}

    def _texts(self, iris: Sequence[str], path: str, chosen: str = english("text")) -> dict[str, str]:
        """Return the first text, in alphabetical order, that a path leads to from each thing."""
        return self._first_texts(f"VALUES ?thing {{ {listed(iris)} }} ?thing {path} ?text . {chosen}")

    def _first_texts(self, pattern: str) -> dict[str, str]:
        """Return of each thing the first of its texts that a pattern tells."""
        found: dict[str, str] = {}
        # the mark makes a word of an empty text too
        pairs = words(self._ask, 'CONCAT(STR(?thing), " =", ENCODE_FOR_URI(STR(?text)))', pattern, "?thing")
        for iri, encoded in zip(pairs[::2], pairs[1::2], strict=True):
            text = unquote(encoded[1:])
            found[iri] = min(found.get(iri, text), text)
        return found

    def _read_kinds(self, missing: Sequence[str]) -> dict[str, tuple[str, ...]]:
        names = {kind.type: kind.name for kind in terms.KINDS.values()}
        types = self._several(missing, f"<{terms.RDF_TYPE}>")
        return {iri: tuple(name for type_, name in names.items() if type_ in own) for iri, own in types.items()}

    def _several(self, iris: Sequence[str], property_: str) -> dict[str, tuple[str, ...]]:
        """Return the IRIs that a property leads to from each thing, sorted."""
        found: dict[str, list[str]] = {}
        pattern = f"VALUES ?thing {{ {listed(iris)} }} ?thing {property_} ?other"
        pairs = words(self._ask, 'CONCAT(STR(?thing), " ", STR(?other))', pattern, "?other")
        for iri, other in zip(pairs[::2], pairs[1::2], strict=True):
            found.setdefault(iri, []).append(other)
        return {iri: tuple(sorted(others)) for iri, others in found.items()}


def _known(kept: dict[str, T], iris: Iterable[str], read: Callable[[Sequence[str]], dict[str, T]], none: T) -> dict[str, T]:
    """Return what is kept of things, in their order, and read what is not."""
    found: dict[str, T] = {}
    missing = []
    iris = iris if isinstance(iris, Collection) else list(iris)
    for iri in iris:
        if (own := kept.get(iri)) is not None:
            found[iri] = own
        elif terms.is_iri(iri):
            missing.append(iri)
        else:
            found[iri] = none
    for start in range(0, len(missing), BATCH):
        asked = missing[start : start + BATCH]
        read_now = read(asked)
        if len(kept) > MOST:
            kept.clear()
        for iri in asked:
            found[iri] = kept[iri] = read_now.get(iri, none)
    return found if not missing else {iri: found[iri] for iri in iris}
