"""Looks things up: by name, by kind, with their links and who states them. Every IRI in a query was checked before."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from rolegraph import dependencies, terms
from rolegraph.catalogue import missing
from rolegraph.catalogue.labels import SKOS, LabelCache, counted
from rolegraph.catalogue.lists import KindLists, Page
from rolegraph.catalogue.mentions import Mentions
from rolegraph.catalogue.parts import RoleParts
from rolegraph.catalogue.rare import RareProperties
from rolegraph.errors import BadParameter, NotFound
from rolegraph.per_revision import CachedValue
from rolegraph.queries import internal
from rolegraph.queries.internal import Binding
from rolegraph.search import codes
from rolegraph.terms import KINDS, Kind
from rolegraph.values import Link, Member, Named, Row, Source, Thing, Value

MATCHES = tuple(f"{SKOS}{name}Match" for name in ("exact", "close", "broad", "narrow", "related"))
LEADING = (terms.RG + "relatedRole", f"{SKOS}broader", "https://schema.org/relevantOccupation", "https://schema.org/about")
DESCRIBING = ("dct:title", "dct:publisher", "dcat:version", "dct:issued", "dct:license", "schema:creditText")
BATCH = 500

Said = dict[tuple[str, Value], set[str]]  # the sources of each property and what stands at its other end

Before = tuple["Catalogue", Collection[str]]
Nearest = Callable[[str, Sequence[Kind]], Sequence[str]]
_none: Nearest = lambda text, kinds: []  # noqa: ARG005, E731 - what is given takes them


class Rows(Protocol):
    """What looking things up needs of an engine."""

    @property
    def revision(self) -> int | None:
        """The number of the newest revision, or None where others may write unseen."""

    def rows(self, text: str) -> list[Row]:
        """Answer a SELECT query as rows."""


class Catalogue:
    """The things of one revision.

    :param engine: reads that revision: what is read once is kept
    :param nearest: returns the IRIs of things of some kinds that a wrong name was likely meant for, the likeliest first
    :param named: returns the IRIs of the things of some kinds that a text is a label of
    :param identified: returns the IRIs of the things of some kinds that a code, a former one too, or another address identifies
    :param before: the catalogue of an earlier revision, and the IRIs of the things that changed since: what it read of others is kept
    """

    def __init__(
        self, engine: Rows, nearest: Nearest | None = None, named: Nearest | None = None, identified: Nearest | None = None,
        before: "Before | None" = None,
    ) -> None:
        self._engine = engine
        self._named, self._nearest, self._identified = named or _none, nearest or _none, identified or _none
        self.lists: KindLists
        self.cards: LabelCache = before[0].cards.following(engine.rows, before[1]) if before else LabelCache(engine.rows)
        self.lists = before[0].lists.following(engine.rows, self.cards, before[1]) if before else KindLists(engine.rows, self.cards)
        self._sources = CachedValue[dict[str, Source]]()
        self._source_iris = CachedValue[tuple[str, ...]]()
        self._mentions = Mentions(engine.rows, kept=engine.revision is not None)
        self.rare = RareProperties(engine.rows, kept=engine.revision is not None)
        self.parts = RoleParts(engine.rows, kept=engine.revision is not None)

    def resolve(self, parameter: str, text: str, kinds: Sequence[Kind], expected: str) -> str:
        """Return the IRI of the one thing of these kinds that a slug, a CURIE, an IRI or a label names.

        :param parameter: the name of the parameter that the text is the value of, for the error
        :raises BadParameter: where there is no such thing, with those of nearly that name; or more than one
        """
        found = self.meant(text, kinds)
        if len(found) == 1:
            return found[0]
        if found:
            detail = f"{text!r} could be " + " or ".join(terms.shorten(iri) for iri in found)
            suggestions = [terms.shorten(iri) for iri in found]
            raise BadParameter(parameter, detail, expected=expected, suggestions=suggestions, value=text, several=True)
        detail = missing.name(text, kinds, self._identified(text, kinds) if codes.read(text) else ())
        raise BadParameter(parameter, detail, expected=expected, suggestions=self.near(text, kinds), value=text)

    def meant(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """Return the IRIs of all things of these kinds that a slug, a CURIE, an IRI or a label names."""
        labelled = (iri for kind in kinds if _worded(text) for iri in self.lists.named(kind.name, text))
        return self._of_kinds(_candidates(text, kinds), kinds) or sorted(set(labelled)) or self._of_kinds(self._named(text, kinds), kinds)

    def _of_kinds(self, candidates: Sequence[str], kinds: Sequence[Kind]) -> list[str]:
        return sorted(iri for iri, own in self.cards.kinds(candidates).items() if any(kind.name in own for kind in kinds))

    def near(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """Return up to five CURIEs of things of these kinds whose slug or label is nearly a text."""
        known = self.cards.kinds(self._nearest(text, kinds))
        return [terms.shorten(iri) for iri, own in known.items() if own]

    def labels(self, iris: Sequence[str]) -> dict[str, Named]:
        """Return label and definition of things by IRI; what has no label is called by its CURIE."""
        cards = self.cards
        labels, definitions = cards.labels(iris), cards.definitions(iris)
        return {iri: Named(iri, labels[iri], definitions[iri]) for iri in iris}

    def members(self, kind: str) -> list[Member]:
        """Return the things of one kind by label, with the number of sources that speak of each.

        :raises NotFound: for an unknown kind
        """
        return list(self.page(kind).members)

    def page(self, kind: str, number: int = 1, size: int = 0, source: str | None = None) -> Page:
        """Return a page of the things of one kind by label, with the number of sources that speak of each.

        :param size: how many things make a page; 0 puts all on one
        :param source: the IRI of a source; then only the things that it speaks of
        :raises NotFound: for an unknown kind, and for a page after the last
        """
        if kind not in KINDS:
            raise NotFound(f"there is no kind {kind!r}", expected=", ".join(KINDS))
        whole = self.lists.of(kind, source)
        part = whole[(number - 1) * size : number * size] if size else whole
        iris = [iri for _, iri in part]
        definitions, source_iris = self.cards.definitions(iris), self._mentions.sources_of(iris, self.source_iris())
        members = tuple(Member(iri, label, definitions[iri], len(source_iris.get(iri, ()))) for label, iri in part)
        sources = self.sources(sorted({one for own in source_iris.values() for one in own}))
        page = Page(members, len(whole), number, size, tuple(sources.values()))
        if not 1 <= number <= page.last:
            raise NotFound(f"there is no page {number} of the {KINDS[kind].plural}", expected=f"1 to {page.last}")
        return page

    def shortlist(self, kind: str, most: int) -> tuple[list[Member], int]:
        """Return the things of a kind by label, of more than some number only ours, and how many there are in all."""
        part = self.lists.shortlist(kind, most)
        definitions = self.cards.definitions(iri for _, iri in part)
        return [Member(iri, label, definitions[iri]) for label, iri in part], len(self.lists.things(kind))

    def sources(self, iris: Iterable[str]) -> dict[str, Source]:
        """Return the sources of these IRIs, with publisher, version, licence and credit line where they are stated."""
        with dependencies.noted(wanted := list(iris)):
            known = self._sources.get(self._described)
            rest = self.cards.labels(iri for iri in wanted if iri not in known)
        return {iri: known.get(iri) or Source(iri, rest[iri]) for iri in wanted}

    def _described(self) -> dict[str, Source]:
        rows = self._rows("described-sources")
        told: dict[str, dict[str, list[Value]]] = {}
        for row in rows:
            told.setdefault(row["source"].value, {}).setdefault(terms.shorten(row["property"].value), []).append(row["value"])
        found = {}
        for iri, own in told.items():
            title, *rest = (min(own.get(name, [Value("")]), key=in_english).value for name in DESCRIBING)
            found[iri] = Source(iri, title or terms.shorten(iri), "", *rest)
        return found

    def source_iris(self) -> tuple[str, ...]:
        """Return the IRIs of the sources, whose graphs make statements about roles; vocabularies are none."""
        return self._source_iris.get(self._read_source_iris)

    def _read_source_iris(self) -> tuple[str, ...]:
        rows = self._rows("sources-with-graphs")
        vocabularies = {kind.scheme for kind in KINDS.values()}
        return tuple(iri for row in rows if (iri := row["source"].value) not in vocabularies)

    def labelled(self, kind: str) -> dict[str, str]:
        """Return the IRIs of the things in the vocabulary of a kind by each of their labels, case-folded, less those of several things."""
        rows = self._rows("labels-in-vocabulary", {"graph": KINDS[kind].scheme})
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(row["label"].value.casefold(), set()).add(row["thing"].value)
        return {label: iris.pop() for label, iris in found.items() if len(iris) == 1}

    def preferred(self, kind: str) -> dict[str, frozenset[str]]:
        """Return the IRIs of all things of a kind, each with its preferred labels in English, of which there may be none."""
        rows = self._rows("labels-of-class", {"class": KINDS[kind].types})
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(row["thing"].value, set()).update([row["label"].value] if "label" in row else [])
        return {iri: frozenset(labels) for iri, labels in found.items()}

    def count(self, kind: str) -> int:
        """Return how many things of a kind there are."""
        return counted(self._rows("count-of-class", {"class": KINDS[kind].types}))

    def thing(self, iri: str) -> Thing:
        """Return a thing with its links and those that lead to it, each with the sources that state it.

        What other systems call a concept of ours may not be described, but be led to by a match.

        :raises NotFound: where no graph says anything of it
        """
        kind = self.kind(iri)
        if kind is None:
            raise missing.thing(iri, self._identified(iri, tuple(KINDS.values())))
        own = self._links(iri)
        incoming = self._leading(iri, [*(facet.property for facet in terms.facets()), *MATCHES, *LEADING])
        if not own and not incoming:
            raise NotFound(f"there is no {kind.name} {terms.slug_of(iri)!r}", suggestions=self.near(iri, [kind]))
        more = self.parts.of_role(iri, self.cards.labels) if kind.name == "role" else ()
        return Thing(iri, kind, self.cards.labels([iri])[iri], own, incoming, *more)

    def kind(self, iri: str) -> Kind | None:
        """Return the kind of a thing: for one of ours as its IRI tells, for another one, and the part of a source, as it is described.

        None is for what is of no kind.
        """
        if not terms.is_iri(iri):
            return None
        own = terms.kind_of(iri)
        if iri.startswith(terms.BASE) and "#" not in iri:
            return own
        return next((KINDS[name] for name in self.cards.kinds([iri])[iri]), own)

    def above(self, iri: str) -> list[Named]:
        """Return what stands above a thing, the most general first: of several parents the first in order."""
        labels = self.cards.labels(self.cards.chain(iri))
        return [Named(one, label) for one, label in labels.items()]

    def compared(self) -> list[tuple[str, str]]:
        """Return (source, role), by IRI, of the roles that sources say they are about, in order."""
        return [(row["source"].value, row["role"].value) for row in self._rows("compared-roles")]

    def mentions(self, iri: str) -> bool:
        """Return whether an IRI is the subject of any triple."""
        return terms.is_iri(iri) and bool(self._rows("anything-of-thing", {"thing": iri}))

    def known(self, iris: Iterable[str]) -> list[tuple[str, str, Value]]:
        """Return types, preferred labels and definitions of things, as (IRI, property IRI, value); unknown things are left out."""
        wanted = sorted(iri for iri in set(iris) if terms.is_iri(iri))
        found = []
        for start in range(0, len(wanted), BATCH):
            rows = self._rows("described-things", {"thing": wanted[start : start + BATCH]})
            found += [(row["thing"].value, row["property"].value, row["value"]) for row in rows]
        return found

    def _links(self, iri: str) -> tuple[Link, ...]:
        """Return the links of a thing, each with the sources that state it."""
        said: Said = {}
        for row in self._rows("links-of-thing", {"thing": iri}):
            said.setdefault((row["property"].value, row["other"]), set()).add(row["source"].value)
        return self._linked(said)

    def _leading(self, iri: str, properties: Sequence[str]) -> tuple[Link, ...]:
        """Return the links that lead to a thing by some properties. There may be thousands: they come many to a row."""
        said: Said = {}
        for row in self._rows("links-to-thing", {"thing": iri, "property": properties}):
            for other in row["others"].value.split():
                said.setdefault((row["property"].value, Value(other)), set()).add(row["source"].value)
        return self._linked(said)

    def _linked(self, said: Said) -> tuple[Link, ...]:
        sources = self.sources({iri for stating in said.values() for iri in stating})
        labels = self.cards.labels({other.value for _, other in said if other.kind == "iri"})
        links = [
            Link(property_, other, labels.get(other.value, other.value), tuple(sources[iri] for iri in sorted(stating)))
            for (property_, other), stating in said.items()
        ]
        return tuple(sorted(links, key=lambda link: (link.property, link.label.lower(), link.other)))

    def _rows(self, query: str, values: Mapping[str, Binding] | None = None) -> list[Row]:
        """Answer an internal query as rows."""
        return self._engine.rows(internal.query(query).bind(values))


def scheme(parameter: str, text: str, expected: str) -> str:
    """Return the IRI of the concept scheme that the name of a kind, or the scheme's own IRI, names.

    :raises BadParameter: naming the kinds
    """
    schemes = {kind.name: kind.scheme for kind in KINDS.values()}
    if text in schemes.values():
        return text
    if text not in schemes:
        detail = f"there is no concept scheme {text!r}"
        raise BadParameter(parameter, detail, expected=expected, suggestions=list(schemes))
    return schemes[text]


def _candidates(text: str, kinds: Sequence[Kind]) -> list[str]:
    if terms.SLUG.fullmatch(text):
        return [kind.namespace + text for kind in kinds]
    iri = terms.expand(text) or text
    return [iri] if terms.is_iri(iri) else []


def in_english(value: Value) -> tuple[bool, str]:
    """Return what puts texts in order: those in English, or in no language, come first."""
    return (bool(value.language) and not str(value.language).lower().startswith("en"), value.value)


def _worded(text: str) -> bool:
    """Return whether a text may be a label: it is not a slug, a CURIE or an IRI."""
    return not terms.SLUG.fullmatch(text) and terms.expand(text) is None and not terms.is_iri(text)
