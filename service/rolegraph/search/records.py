"""A thing as an index of labels knows it, put together of what each graph says of it, and the entries that it is found by."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rolegraph import terms
from rolegraph.search import folding

_PLACES = {name: place for place, name in enumerate(terms.KINDS)}
_OFFICES = {"role": 4, "skill": 2, "tool": 2, "field": 2, "degree": 2}  # how much a kind counts like uses, before labels are looked at


class Entry(NamedTuple):
    """One label of a thing, or a form of one (``form`` 1): as it stands, and folded; ``role`` is the number of its property."""

    role: int
    form: int
    language: str
    text: str
    folded: str

    @property
    def stems(self) -> str:
        """The stems of its words."""
        return folding.stemmed(self.folded)

    @property
    def initials(self) -> str:
        """The initials of its words, where there are several; none for a form of a label."""
        return "" if self.form else folding.initials(self.folded)


@dataclass(frozen=True)
class Record:
    """A thing: ``names`` are its preferred labels by language, ``labels`` all of them as (property, language, text), sorted.

    ``sources`` are the graphs that name or use it, ``uses`` the number of facts that it is the object of.
    """

    iri: str
    kind: str
    names: Mapping[str, str]
    labels: tuple[tuple[int, str, str], ...]
    sources: tuple[str, ...]
    uses: int

    @property
    def importance(self) -> int:
        """How likely it is meant, from 0 to 15, as far as kind and uses tell."""
        return min(15, self.uses.bit_length() + _OFFICES.get(self.kind, 0))

    def entries(self) -> list[Entry]:
        """Return what it is found by, each folded form once for each language."""
        found: dict[tuple[str, str], Entry] = {}
        for property_, language, text in self.labels:
            if folded := folding.fold(text):
                found.setdefault((language, folded), Entry(property_, 0, language, text, folded))
        for property_, language, text in self.labels:
            if "(" in text or "/" in text:
                for form in folding.variants(text, language):
                    if folded := folding.fold(form):
                        found.setdefault((language, folded), Entry(property_, 1, language, text, folded))
        return list(found.values())

    def rank(self, entry: Entry) -> int:
        """Return the number by which an entry stands before less likely ones: importance, form, property, length."""
        return ((15 - self.importance) << 12) | (entry.form << 11) | (entry.role << 9) | min(511, len(entry.folded))


def merge(iri: str, said: Mapping[str, str]) -> Record | None:
    """Return a thing of what each graph says of it (see :func:`facts.read`), or None where it has no kind or no label."""
    found = {graph: json.loads(text) for graph, text in said.items()}
    kinds = sorted({kind for part in found.values() for kind in part.get("kinds", ())}, key=_PLACES.__getitem__)
    labels = sorted({(number, language, text) for part in found.values() for number, language, text in part.get("labels", ())})
    if not kinds or not labels:
        return None
    names: dict[str, str] = {}
    for number, language, text in labels:
        if number == 0:
            names.setdefault(language, text)
    uses = sum(part.get("uses", 0) for part in found.values())
    return Record(iri, kinds[0], names, tuple(labels), tuple(sorted(found)), uses)
