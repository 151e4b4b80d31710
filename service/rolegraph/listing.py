"""The things of each kind in the order of their labels, page by page."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from rolegraph import cards, terms
from rolegraph.things import Member, Row, Source

LABEL = f"<{cards.SKOS}prefLabel>|{cards.TITLES}"


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


class Lists:
    """The lists of one revision, each read when it is first asked for."""

    def __init__(self, ask: Callable[[str], list[Row]]) -> None:
        self._ask = ask
        self._lists: dict[tuple[str, str | None], tuple[tuple[str, str], ...]] = {}
        self._named: dict[str, dict[str, tuple[str, ...]]] = {}

    def of(self, kind: str, source: str | None = None) -> tuple[tuple[str, str], ...]:
        """Return (label, IRI) of the things of a kind, or of those that a source speaks of."""
        found = self._lists.get((kind, source))
        if found is None:
            found = self._read(kind) if source is None else self._spoken(kind, source)
            self._lists[kind, source] = found
        return found

    def named(self, kind: str, label: str) -> tuple[str, ...]:
        """Return the IRIs of the things of a kind that have a label, whatever its case; where some are ours, only these."""
        if kind not in self._named:
            by_label: dict[str, list[str]] = {}
            for text, iri in self.of(kind):
                by_label.setdefault(text.casefold(), []).append(iri)
            self._named[kind] = {text: _ours_first(iris) for text, iris in by_label.items()}
        return self._named[kind].get(" ".join(label.split()).casefold(), ())

    def _read(self, kind: str) -> tuple[tuple[str, str], ...]:
        thing = f"?thing a <{terms.KINDS[kind].type}>"
        found: dict[str, str] = {}
        pattern = f"{thing} ; {LABEL} ?label . {cards.english('label')} BIND(STRLEN(STR(?label)) AS ?length)"
        for words in self._words('CONCAT(STR(?thing), " ", ENCODE_FOR_URI(STR(?label)))', pattern):
            for iri, text in zip(words[::2], words[1::2], strict=True):
                label = unquote(text)
                found[iri] = min(found.get(iri, label), label)
        pattern = f"{thing} BIND(STRLEN(STR(?thing)) AS ?length)"
        for words in self._words("STR(?thing)", pattern):
            found |= {iri: terms.shorten(iri) for iri in words if iri not in found}
        return tuple(sorted(((label, iri) for iri, label in found.items()), key=lambda pair: (pair[0].lower(), pair[1])))

    def _words(self, words: str, pattern: str) -> Iterator[Sequence[str]]:
        """Yield texts without blanks, many to a row: a row for each would take most of the time."""
        rows = self._ask(f"SELECT (GROUP_CONCAT({words}) AS ?words) {{ {pattern} FILTER(ISIRI(?thing)) }} GROUP BY ?length")
        return (row["words"].value.split() for row in rows if "words" in row)

    def _spoken(self, kind: str, source: str) -> tuple[tuple[str, str], ...]:
        thing = f"?thing a <{terms.KINDS[kind].type}>"
        pattern = f"{thing} FILTER({spoken('?thing', f'<{source}>')}) BIND(STRLEN(STR(?thing)) AS ?length)"
        known = {iri for words in self._words("STR(?thing)", pattern) for iri in words}
        return tuple(pair for pair in self.of(kind) if pair[1] in known)


def spoken(thing: str, source: str) -> str:
    """Return the condition of SPARQL that a source says something of a thing."""
    return f"EXISTS {{ GRAPH {source} {{ {thing} ?own ?value }} }} || EXISTS {{ GRAPH {source} {{ ?other ?leading {thing} }} }}"


def _ours_first(iris: Sequence[str]) -> tuple[str, ...]:
    ours = tuple(iri for iri in iris if iri.startswith(terms.BASE))
    return ours or tuple(iris)
