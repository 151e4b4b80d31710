"""Hits of a search: things, each with the label that matched and the kind of match."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rolegraph import terms
from rolegraph.search.labels import PROPERTIES
from rolegraph.search.query import Candidate

USUAL = "en"  # the language of labels if none is requested
HEADER = ("id", "curie", "kind", "label", "matched", "language", "property", "match", "score", "sources")


@dataclass(frozen=True)
class Hit:
    """A hit of a search. ``label`` is the preferred label of the thing, ``matched`` the label that matched.

    ``match`` is the kind of match (:data:`rolegraph.search.MATCHES`), ``score`` is from 1 to 100, ``sources`` are IRIs of graphs.
    """

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
        """Return the hit as a JSON object."""
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
        """Return the hit as the cells of a row under :data:`HEADER`; sources are separated by blanks."""
        return [
            *(self.iri, terms.shorten(self.iri), self.kind, self.label, self.matched, self.language, self.property, self.match),
            *(str(self.score), " ".join(self.sources)),
        ]


def hit(candidate: Candidate, names: Mapping[str, str], sources: tuple[str, ...], languages: Sequence[str]) -> Hit:
    """Return a candidate as a hit.

    :param names: the preferred labels of its thing by language
    :param languages: preferred languages of the label, the first one that has a label counts
    """
    entry = candidate.entry
    preferred = (names[language] for language in (*languages, USUAL, "") if names.get(language))
    label = next(preferred, next(iter(names.values()), entry.text))
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
