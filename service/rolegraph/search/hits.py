"""What a search answers: things, each with the label that was found and how it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rolegraph import terms
from rolegraph.search.labels import PROPERTIES
from rolegraph.search.query import Candidate

USUAL = "en"  # the language of labels where none is asked for
HEADER = ("id", "curie", "kind", "label", "matched", "language", "property", "match", "score", "sources")


@dataclass(frozen=True)
class Hit:
    """One thing that answers a search: ``label`` is its preferred one, ``matched`` the label that answers, ``match`` how it does."""

    iri: str
    kind: str
    label: str
    matched: str
    language: str
    property: str
    match: str
    score: int
    sources: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the hit as JSON."""
        return {
            "id": self.iri,
            "curie": terms.shorten(self.iri),
            "kind": self.kind,
            "label": self.label,
            "matched": {"label": self.matched, "language": self.language, "property": self.property},
            "match": self.match,
            "score": self.score,
            "sources": list(self.sources),
        }

    def row(self) -> list[str]:
        """Return the hit as the cells of a table with :data:`HEADER`; sources are parted by blanks."""
        return [
            *(self.iri, terms.shorten(self.iri), self.kind, self.label, self.matched, self.language, self.property, self.match),
            *(str(self.score), " ".join(self.sources)),
        ]


def hit(candidate: Candidate, names: Mapping[str, str], sources: tuple[str, ...], languages: Sequence[str]) -> Hit:
    """Return a candidate as a hit.

    :param names: the preferred labels of its thing by language
    :param languages: those in which the thing is named, the first in which it has a label
    """
    entry = candidate.entry
    wanted = (names[language] for language in (*languages, USUAL, "") if names.get(language))
    label = next(wanted, next(iter(names.values()), entry.text))
    return Hit(
        iri=entry.iri,
        kind=entry.kind,
        label=label,
        matched=entry.text,
        language=entry.language,
        property=PROPERTIES[entry.property],
        match=candidate.match.kind,
        score=round(candidate.match.score),
        sources=sources,
    )
