"""Things of the index, merged from the statements of each graph, and the entries by which they are found."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rolegraph import terms
from rolegraph.search import folding
from rolegraph.search.labels import FORMER, PROPERTIES

_PLACES = {name: place for place, name in enumerate(terms.KINDS)}
_OFFICES = {"role": 4, "skill": 2, "tool": 2, "field": 2, "degree": 2}  # how much a kind adds to the importance


CODE = PROPERTIES.index("code")
DEPRECATED = -1
"""The number of uses of a deprecated thing, which ranks after all others."""


class Entry(NamedTuple):
    """A label of a thing, or a variant of one (``form`` 1), as written and folded; ``role`` is the number of its property."""

    role: int
    form: int
    language: str
    text: str
    folded: str

    @property
    def stems(self) -> str:
        """The stems of the words."""
        return folding.stemmed(self.folded)

    @property
    def initials(self) -> str:
        """The initials of the words if there are several; '' for a variant."""
        return "" if self.form else folding.initials(self.folded)


@dataclass(frozen=True)
class Record:
    """A thing: ``names`` are its preferred labels by language, ``labels`` all of them as (property, language, text), sorted.

    ``sources`` are the graphs that name or use it, ``uses`` the number of facts that it is the object of, :data:`DEPRECATED` if it is
    deprecated.
    """

    iri: str
    kind: str
    names: Mapping[str, str]
    labels: tuple[tuple[int, str, str], ...]
    sources: tuple[str, ...]
    uses: int

    @property
    def importance(self) -> int:
        """The importance from 0 to 15, by kind and number of uses."""
        return 0 if self.uses == DEPRECATED else min(15, self.uses.bit_length() + _OFFICES.get(self.kind, 0))

    def entries(self) -> list[Entry]:
        """Return the entries, each folded text once per language."""
        by_text: dict[tuple[str, str], Entry] = {}
        for property_, language, text in self.labels:
            if folded := folding.fold(text):
                by_text.setdefault((language, folded), Entry(property_, 0, language, text, folded))
        for property_, language, text in self.labels:
            if folding.may_vary(text):
                for form in folding.variants(text, language):
                    if folded := folding.fold(form):
                        by_text.setdefault((language, folded), Entry(property_, 1, language, text, folded))
        return list(by_text.values())

    def rank(self, entry: Entry) -> int:
        """Return the rank of an entry, lower is better: by importance, form, property and length."""
        return ((15 - self.importance) << 12) | (entry.form << 11) | (min(entry.role, 3) << 9) | min(511, len(entry.folded))


def merge(iri: str, statements: Mapping[str, str]) -> Record | None:
    """Return a thing from the statements of each graph (see :func:`rolegraph.search.labels.read`); None if it has no kind or no label."""
    parts = {graph: json.loads(text) for graph, text in statements.items()}
    kinds = sorted({kind for part in parts.values() for kind in part.get("kinds", ())}, key=_PLACES.__getitem__)
    labels = sorted({(number, language, text) for part in parts.values() for number, language, text in part.get("labels", ())})
    codes = {text for number, _, text in labels if number == CODE}
    labels += sorted({(FORMER, "", code) for part in parts.values() for code in part.get("former", ()) if code not in codes})
    if not kinds or not labels:
        return None
    names: dict[str, str] = {}
    for number, language, text in labels:
        if number == 0:
            names.setdefault(language, text)
    deprecated = any(part.get("deprecated") for part in parts.values())
    uses = DEPRECATED if deprecated else sum(part.get("uses", 0) for part in parts.values())
    sources = sorted(graph for graph, part in parts.items() if part.keys() - {"former"})
    return Record(iri, kinds[0], names, tuple(labels), tuple(sources), uses)
