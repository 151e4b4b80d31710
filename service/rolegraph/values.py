"""The plain values that pass between the layers: answers and rows of queries, and the things of the graph."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, NamedTuple

from rolegraph import terms
from rolegraph.formats import Format


class Value(NamedTuple):
    """One value of a row: ``kind`` is ``iri``, ``literal`` or ``blank``; a literal has a language or a datatype IRI."""

    value: str
    kind: str = "iri"
    language: str | None = None
    datatype: str | None = None


Row = dict[str, Value]


PIECE = 64 * 1024  # bytes


@dataclass(frozen=True)
class Answer:
    """The whole answer of a query, serialised: in memory, or a large one in a temporary file."""

    format: Format
    content: bytes | IO[bytes]

    @property
    def size(self) -> int:
        """The length in bytes."""
        return len(self.content) if isinstance(self.content, bytes) else os.fstat(self.content.fileno()).st_size

    @property
    def body(self) -> bytes:
        """The content as bytes, however large."""
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """Yield the content piece by piece; a file can be read once, and is closed then."""
        if isinstance(self.content, bytes):
            yield self.content
            return
        with self.content:
            self.content.seek(0)
            while piece := self.content.read(PIECE):
                yield piece


@dataclass(frozen=True)
class Dataset:
    """The graphs that a query or an update is asked of, by IRI: ``default`` make up its default graph, ``named`` are its named ones."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Named:
    """Something with an IRI and a label; ``definition`` is empty where there is none."""

    iri: str
    label: str
    definition: str = ""

    @property
    def slug(self) -> str:
        """The last part of an IRI of this graph, or the whole IRI."""
        return terms.slug_of(self.iri)

    def as_dict(self) -> dict[str, Any]:
        """Return the thing as JSON: ``id``, ``curie``, ``label`` and, where there is one, ``definition``."""
        found = {"id": self.iri, "curie": terms.shorten(self.iri), "label": self.label}
        return {**found, "definition": self.definition} if self.definition else found


@dataclass(frozen=True)
class Source(Named):
    """Who states something: ``credit`` is the line that has to be shown with what it states, ``licence`` the IRI of the terms."""

    publisher: str = ""
    version: str = ""
    issued: str = ""
    licence: str = ""
    credit: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the source as JSON, with what is known of ``publisher``, ``version``, ``license`` and ``creditText``."""
        told = {"publisher": self.publisher, "version": self.version, "license": self.licence, "creditText": self.credit}
        return {**super().as_dict(), **{name: text for name, text in told.items() if text}}


@dataclass(frozen=True)
class Rating:
    """The figures that a source gives for an item of a role: ``importance`` from 1 to 5, ``mastery`` from 0 to 7."""

    item: str
    source: str
    importance: str
    mastery: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the rating as JSON."""
        found = {"id": self.item, "importance": float(self.importance)}
        return {**found, **({"mastery": float(self.mastery)} if self.mastery else {}), "source": self.source}


MEMBER = ("id", "curie", "label", "definition", "sources")
"""The head of a table of members."""


@dataclass(frozen=True)
class Member(Named):
    """One thing in the list of its kind: ``sources`` is the number of sources that speak of it."""

    sources: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the thing as JSON, with ``sources``."""
        return {**super().as_dict(), "sources": self.sources}

    def row(self) -> list[str]:
        """Return the thing as a row of a table; see :data:`MEMBER`."""
        return [self.iri, terms.shorten(self.iri), self.label, self.definition, str(self.sources)]


@dataclass(frozen=True)
class Link:
    """A property of a thing, or one that leads to it: ``other`` is what stands at its other end, ``sources`` who says so."""

    property: str
    other: Value
    label: str
    sources: tuple[Source, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the link as JSON: ``property``, ``id`` or ``value``, ``label`` where it differs, ``sources``."""
        end = {"id": self.other.value, "label": self.label} if self.other.kind == "iri" else {"value": self.other.value}
        language = {"language": self.other.language} if self.other.language else {}
        return {"property": terms.shorten(self.property), **end, **language, "sources": [source.iri for source in self.sources]}


@dataclass(frozen=True)
class Thing:
    """A thing as a page shows it: its own links and those of others to it."""

    iri: str
    kind: terms.Kind
    label: str
    links: tuple[Link, ...]
    incoming: tuple[Link, ...]
    ratings: tuple[Rating, ...] = ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources that state something of the thing, each once, in the order of their IRIs; vocabularies stand last."""
        found = {source.iri: source for link in (*self.links, *self.incoming) for source in link.sources}
        return tuple(found[iri] for iri in sorted(found, key=lambda iri: (terms.kind_of(iri) is None, iri)))

    def values(self, property_: str) -> tuple[Link, ...]:
        """Return the links of one property, named by its CURIE."""
        return tuple(link for link in self.links if terms.shorten(link.property) == property_)

    def first(self, property_: str) -> str:
        """Return the text of the first value of a property, named by its CURIE, in English where there is one; or an empty one."""
        found = [link.other for link in self.values(property_)]
        return next((other.value for other in sorted(found, key=_foreign)), "")

    def as_dict(self) -> dict[str, Any]:
        """Return the thing as JSON: ``id``, ``kind``, ``label``, ``links``, ``incoming``, ``sources``, and ``ratings`` if there are any."""
        ratings = {"ratings": [rating.as_dict() for rating in self.ratings]} if self.ratings else {}
        return {
            "id": self.iri,
            "curie": terms.shorten(self.iri),
            "kind": self.kind.name,
            "label": self.label,
            "links": [link.as_dict() for link in self.links],
            "incoming": [link.as_dict() for link in self.incoming],
            **ratings,
            "sources": [source.as_dict() for source in self.sources],
        }


def _foreign(value: Value) -> bool:
    return value.language is not None and not value.language.lower().startswith("en")
