"""The member that looks texts up among the labels: as they are, in another spelling, as a form of a label, or as a short form."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rolegraph.matching.products import ByName
from rolegraph.matching.written import expansions, forms, tail
from rolegraph.search import folding, wording

TIERS = ("label", "spelling", "form", "short form")
"""How a text equals a label, the best first."""

FORM, SHORT = 2, 3  # places of two of them
PRODUCT, EXPANSION = "product", "expansion"
MOST_NAMES = 6  # of one text that are looked up
MOST_LABELS = 200  # of one key: more have one only where the data are wrong


@dataclass(frozen=True)
class Equal:
    """A label that a text equals.

    :param tier: the place in :data:`TIERS`
    :param left_off: the pieces of the text without which it equals the label
    :param name: the part of the text that equals the label, if the text joins several names
    :param by: :data:`PRODUCT` if the text names a product without its maker, :data:`EXPANSION` if it has a short form for this
    """

    label: int
    tier: int
    left_off: tuple[str, ...] = ()
    name: str = ""
    by: str = ""

    @property
    def is_partial(self) -> bool:
        """Whether only a part of the text equals the label."""
        return bool(self.left_off or self.name)


@dataclass(frozen=True)
class ExactMember:
    """The keys of labels in ascending order, and for each the number of its label and its tier."""

    keys: NDArray[np.uint64]
    labels: NDArray[np.int32]
    tiers: NDArray[np.uint8]

    @classmethod
    def of(cls, labels: Sequence[str], language: str) -> "ExactMember":
        """Compute the keys of labels."""
        rows = [(key, number, tier) for number, label in enumerate(labels) for key, tier in _keys_of_label(label, language)]
        rows.sort(key=lambda row: (row[0], row[2], row[1]))
        columns = list(zip(*rows, strict=True)) or [(), (), ()]
        return cls(np.array(columns[0], np.uint64), np.array(columns[1], np.int32), np.array(columns[2], np.uint8))

    def joined(self, other: "ExactMember", labels: NDArray[np.int64], total: int, first: int) -> "ExactMember":
        """Return the keys of some labels of this member and of another one.

        :param labels: the numbers of the labels, in their new order
        :param total: the number of labels of both
        :param first: the number that the first label of the other one has in ``labels``
        """
        moved = np.full(total, -1, np.int64)
        moved[labels] = np.arange(len(labels))
        keys = np.concatenate([self.keys, other.keys])
        places = moved[np.concatenate([self.labels, other.labels.astype(np.int64) + first])]
        tiers = np.concatenate([self.tiers, other.tiers])
        order = np.lexsort((places, tiers, keys))
        order = order[places[order] >= 0]
        return ExactMember(keys[order], places[order].astype(np.int32), tiers[order])

    def labels_equal_to(self, text: str, products: ByName | None = None) -> list[Equal]:
        """Return the labels that a text equals, by the best form of the text that equals any; those of each name that it joins.

        :param products: labels that are a maker and a name, by the name
        """
        products = products or {}
        return self._by_form(text, products) or self._by_name(text, products) or self._by_expansion(text)

    def _by_form(self, text: str, products: ByName) -> list[Equal]:
        for form in forms(text):
            equal = list(self._look_up(_keys(form.text), form.left_off))
            named = products.get(folding.fold(form.text), ()) if products else ()
            if any(each.tier < SHORT for each in equal) or (equal and not named):
                return equal
            if named:
                return [Equal(label, FORM, form.left_off, by=PRODUCT) for label in named[:MOST_LABELS]]
        return []

    def _by_name(self, text: str, products: ByName) -> list[Equal]:
        """Return the labels of the names that a text joins, if two of them are labels; or of the first, if the others follow it apart."""
        names = wording.parts(text)[:MOST_NAMES]
        by_name = {name: equal for name in names if (equal := self._by_form(name, products))}
        if len(by_name) > 1:
            return [replace(each, name=name) for name, equal in by_name.items() for each in equal]
        if by_name and names[0] in by_name and (rest := tail(text, names[0])):
            return [replace(each, left_off=(*each.left_off, *rest)) for each in by_name[names[0]]]
        return []

    def _by_expansion(self, text: str) -> list[Equal]:
        for form in forms(text):
            if equal := [each for long in expansions(form.text) for each in self._look_up(_keys(long), form.left_off)]:
                return [replace(each, tier=FORM, by=EXPANSION) for each in equal]
        return []

    def _look_up(self, keys: Iterable[tuple[int, int]], left_off: tuple[str, ...]) -> Iterator[Equal]:
        seen: set[int] = set()
        for key, tier in keys:
            wanted = np.uint64(key)
            first = int(np.searchsorted(self.keys, wanted))
            last = min(int(np.searchsorted(self.keys, wanted, side="right")), first + MOST_LABELS)
            for label, own in zip(self.labels[first:last].tolist(), self.tiers[first:last].tolist(), strict=True):
                if label not in seen:
                    seen.add(label)
                    yield Equal(label, max(tier, own), left_off)


def _keys_of_label(label: str, language: str) -> Iterator[tuple[int, int]]:
    yield from _keys(label)
    for form in folding.variants(label, language):
        short = len(form) <= 6 and form.isupper()
        yield from ((key, 3 if short else 2) for key, _ in _keys(form))
    if len(initials := folding.initials(folding.fold(label))) > 1:
        yield _key(initials), 3


def _keys(text: str) -> Iterator[tuple[int, int]]:
    """Yield the keys of a text, and of its stems without blanks, each with its tier."""
    folded = folding.fold(text)
    if folded:
        yield _key(folded), 0
        yield _key("=" + folding.stemmed(folded).replace(" ", "")), 1


def _key(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
