"""Immutable values that are passed between the layers: answers and rows of queries, and things of the graph."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any, NamedTuple

from rolegraph import terms
from rolegraph.formats import Format


class Value(NamedTuple):
    """A value in a row: ``kind`` is ``iri``, ``literal`` or ``blank``; a literal has a language or the IRI of a datatype."""

    value: str
    kind: str = "iri"
    language: str | None = None
    datatype: str | None = None


Row = dict[str, Value]
"""A row of an answer, by the names of variables; an unbound variable is absent."""

PIECE = 64 * 1024  # bytes


@dataclass(frozen=True)
class Answer:
    """The serialised answer of a query: bytes, or a temporary file if it is large."""

    format: Format
    content: bytes | IO[bytes]

    @property
    def size(self) -> int:
        """The length in bytes."""
        return len(self.content) if isinstance(self.content, bytes) else os.fstat(self.content.fileno()).st_size

    @property
    def body(self) -> bytes:
        """The whole content as bytes; a file is read and closed."""
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """Yield the content in pieces; a file can only be read once and is closed afterwards."""
        if isinstance(self.content, bytes):
            yield self.content
            return
        with self.content:
            self.content.seek(0)
            while piece := self.content.read(PIECE):
                yield piece


@dataclass(frozen=True)
class Dataset:
    """An RDF dataset, by the IRIs of graphs: ``default`` graphs are merged to the default graph, ``named`` are the named graphs."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Named:
    """A thing with an IRI and a label; ``definition`` is empty if there is none."""

    iri: str
    label: str
    definition: str = ""

    @property
    def slug(self) -> str:
        """The slug of an IRI in Rolegraph's namespace, otherwise the whole IRI."""
        return terms.slug_of(self.iri)

    def as_dict(self) -> dict[str, Any]:
        """Return the thing as JSON: ``id``, ``curie``, ``label`` and, if there is one, ``definition``."""
        members = {"id": self.iri, "curie": terms.shorten(self.iri), "label": self.label}
        if self.definition:
            members["definition"] = self.definition
        return members


@dataclass(frozen=True)
class Source(Named):
    """A source of statements: ``credit`` is the credit line that must be shown with them, ``licence`` the IRI of the licence."""

    publisher: str = ""
    version: str = ""
    issued: str = ""
    licence: str = ""
    credit: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the source as JSON, with those of ``publisher``, ``version``, ``license`` and ``creditText`` that are not empty."""
        optional = {"publisher": self.publisher, "version": self.version, "license": self.licence, "creditText": self.credit}
        return {**super().as_dict(), **{name: text for name, text in optional.items() if text}}


@dataclass(frozen=True)
class Rating:
    """The ratings of an item of a role by a source, as decimal text: ``importance`` from 1 to 5, ``mastery`` from 0 to 7 or empty."""

    item: str
    source: str
    importance: str
    mastery: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the rating as JSON."""
        members = {"id": self.item, "importance": float(self.importance)}
        return {**members, **({"mastery": float(self.mastery)} if self.mastery else {}), "source": self.source}


@dataclass(frozen=True)
class RequirementGroup:
    """Things of which a source asks a role for at least some, or which it names as examples: alternatives, and lists that are open.

    ``facet`` is the name of the property by which the role has the ``members``. At least so many of them are enough; an ``open`` group
    accepts others too. ``example_of`` is what the members are named as examples of.
    """

    iri: str
    role: str
    facet: str
    source: str
    members: tuple[Named, ...]
    at_least: int
    open: bool
    example_of: Named | None = None

    @property
    def kind(self) -> str:
        """How the source means the group: ``examples`` of something, an ``open`` list, or ``alternatives``."""
        if self.example_of:
            return "examples"
        return "open" if self.open else "alternatives"

    @property
    def text(self) -> str:
        """The group in words, such as "one of Python, Scala or similar"."""
        number = "one" if self.at_least == 1 else str(self.at_least)
        members = f"{number} of {', '.join(member.label for member in self.members)}{' or similar' if self.open else ''}"
        return f"{members}, examples of {self.example_of.label}" if self.example_of else members

    def as_dict(self) -> dict[str, Any]:
        """Return the group as JSON, with ``exampleOf`` if it has one."""
        example = {"exampleOf": self.example_of.as_dict()} if self.example_of else {}
        return {
            "id": self.iri,
            "kind": self.kind,
            "role": self.role,
            "facet": self.facet,
            "atLeast": self.at_least,
            "open": self.open,
            "members": [member.as_dict() for member in self.members],
            **example,
            "source": self.source,
        }


@dataclass(frozen=True)
class Outlook:
    """What a source says of the outlook of ``about``: the populations, such as roles, markets or fields.

    ``details`` are the measure and, as far as they are stated, direction, comparedWith, value, unit, judgement, region, authority,
    periodStart and periodEnd.
    """

    iri: str
    label: str
    source: str
    about: tuple[Named, ...]
    details: Mapping[str, Named | int | float]

    def as_dict(self) -> dict[str, Any]:
        """Return the outlook as JSON, with those of the details that are stated."""
        return {
            "id": self.iri,
            "label": self.label,
            "about": [population.as_dict() for population in self.about],
            **{name: value.as_dict() if isinstance(value, Named) else value for name, value in self.details.items()},
            "source": self.source,
        }


MEMBER = ("id", "curie", "label", "definition", "sources")
"""The column names of a table of members."""


@dataclass(frozen=True)
class Member(Named):
    """A thing in the list of its kind; ``sources`` is the number of sources that describe it."""

    sources: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the thing as JSON, with ``sources``."""
        return {**super().as_dict(), "sources": self.sources}

    def row(self) -> list[str]:
        """Return the thing as a row of a table; see :data:`MEMBER`."""
        return [self.iri, terms.shorten(self.iri), self.label, self.definition, str(self.sources)]


@dataclass(frozen=True)
class Link:
    """An outgoing or incoming property of a thing: ``other`` is the value at its other end, ``sources`` are those that state it."""

    property: str
    other: Value
    label: str
    sources: tuple[Source, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the link as JSON: ``property``, ``id`` and ``label`` or ``value``, ``language`` if there is one, ``sources``."""
        end = {"id": self.other.value, "label": self.label} if self.other.kind == "iri" else {"value": self.other.value}
        language = {"language": self.other.language} if self.other.language else {}
        return {"property": terms.shorten(self.property), **end, **language, "sources": [source.iri for source in self.sources]}


@dataclass(frozen=True)
class Thing:
    """A thing with its outgoing links and its incoming links; a role has ratings, requirement groups and other outlooks too.

    ``other_outlooks`` are about other populations: sources give them where they speak of the role.
    """

    iri: str
    kind: terms.Kind
    label: str
    links: tuple[Link, ...]
    incoming: tuple[Link, ...]
    ratings: tuple[Rating, ...] = ()
    groups: tuple[RequirementGroup, ...] = ()
    other_outlooks: tuple[Outlook, ...] = ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources of its links, without repetition, in the order of their IRIs; vocabularies come last."""
        sources = {source.iri: source for link in (*self.links, *self.incoming) for source in link.sources}
        return tuple(sources[iri] for iri in sorted(sources, key=lambda iri: (terms.kind_of(iri) is None, iri)))

    def values(self, property_: str) -> tuple[Link, ...]:
        """Return the links of one property, named by its CURIE."""
        return tuple(self._by_property.get(property_, ()))

    @cached_property
    def _by_property(self) -> dict[str, list[Link]]:
        by_property: dict[str, list[Link]] = {}
        for link in self.links:
            by_property.setdefault(terms.shorten(link.property), []).append(link)
        return by_property

    def first(self, property_: str) -> str:
        """Return the first value of a property, named by its CURIE, preferably in English; empty if there is none."""
        values = [link.other for link in self.values(property_)]
        return next((value.value for value in sorted(values, key=_foreign)), "")

    def as_dict(self) -> dict[str, Any]:
        """Return the thing as JSON; ``ratings``, ``groups`` and ``otherOutlooks`` only if there are any."""
        parts: dict[str, tuple[Rating | RequirementGroup | Outlook, ...]]
        parts = {"ratings": self.ratings, "groups": self.groups, "otherOutlooks": self.other_outlooks}
        return {
            "id": self.iri,
            "curie": terms.shorten(self.iri),
            "kind": self.kind.name,
            "label": self.label,
            "links": [self._link_as_dict(link) for link in self.links],
            "incoming": [link.as_dict() for link in self.incoming],
            **{name: [value.as_dict() for value in values] for name, values in parts.items() if values},
            "sources": [source.as_dict() for source in self.sources],
        }

    def grouped(self, link: Link) -> tuple[RequirementGroup, ...]:
        """Return the requirement groups that the thing at the other end of a link is a member of, by its property."""
        return tuple(self._groups.get((link.property, link.other.value), ())) if self.groups else ()

    @cached_property
    def _groups(self) -> dict[tuple[str, str], list[RequirementGroup]]:
        by_link: dict[tuple[str, str], list[RequirementGroup]] = {}
        for group in self.groups:
            for member in group.members:
                by_link.setdefault((terms.RG + group.facet, member.iri), []).append(group)
        return by_link

    def _link_as_dict(self, link: Link) -> dict[str, Any]:
        groups = [group.iri for group in self.grouped(link)]
        return {**link.as_dict(), **({"groups": groups} if groups else {})}


def _foreign(value: Value) -> bool:
    return value.language is not None and not value.language.lower().startswith("en")
