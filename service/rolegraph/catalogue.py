"""Looks things up: by name, by kind, with their links and who states them. Every IRI in a query was checked before."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from rolegraph import terms
from rolegraph.errors import BadParameter, NotFound
from rolegraph.terms import KINDS, Kind
from rolegraph.things import Link, Member, Named, Row, Thing, Value

LABEL = "skos:prefLabel|rdfs:label|dct:title|schema:title"
ENGLISH = 'FILTER(LANG(?{0}) = "" || LANGMATCHES(LANG(?{0}), "en"))'
DESCRIBED = (
    f"OPTIONAL {{ ?thing {LABEL} ?label . {ENGLISH.format('label')} }} "
    f"OPTIONAL {{ ?thing skos:definition ?definition . {ENGLISH.format('definition')} }}"
)
FACETS = " ".join(f"<{facet.property}>" for facet in terms.FACETS)
SPEAKING_OF_THEMSELVES = ("source", "posting")  # what a source describes, where it only names other things
BATCH = 500


Nearest = Callable[[str, Sequence[Kind]], Sequence[str]]


class Rows(Protocol):
    """What looking things up needs of an engine."""

    def rows(self, text: str) -> list[Row]:
        """Answer a SELECT query as rows."""


class Catalogue:
    """The things of the graph in one engine.

    :param nearest: returns the IRIs of things of some kinds that a wrong name was likely meant for, the likeliest first
    """

    def __init__(self, engine: Rows, nearest: Nearest | None = None) -> None:
        self._engine = engine
        self._nearest: Nearest = nearest or (lambda text, kinds: [])  # noqa: ARG005 - what is given takes them

    def resolve(self, parameter: str, text: str, kinds: Sequence[Kind], expected: str) -> str:
        """Return the IRI of the one thing of these kinds that a slug, a CURIE or an IRI names.

        :param parameter: the name of the parameter that the text is the value of, for the error
        :raises BadParameter: where there is no such thing, with those of nearly that name; or more than one
        """
        candidates = _candidates(text, kinds)
        found = []
        if candidates:
            types = " ".join(f"<{kind.type}>" for kind in kinds)
            pattern = f"VALUES ?thing {{ {_list(candidates)} }} VALUES ?type {{ {types} }} ?thing a ?type"
            found = sorted({row["thing"].value for row in self._select(f"SELECT ?thing {{ {pattern} }}")})
        if len(found) == 1:
            return found[0]
        if found:
            detail = f"{text!r} could be " + " or ".join(terms.shorten(iri) for iri in found)
            raise BadParameter(parameter, detail, expected=expected)
        names = " or ".join(kind.name for kind in kinds)
        raise BadParameter(parameter, f"there is no {names} {text!r}", expected=expected, suggestions=self.near(text, kinds))

    def near(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """Return up to five CURIEs of things of these kinds whose slug or label is nearly a text."""
        found = self._nearest(text, kinds)
        known = {row["thing"].value for row in self._select(f"SELECT ?thing {{ VALUES ?thing {{ {_list(found)} }} ?thing a ?type }}")}
        return [terms.shorten(iri) for iri in found if iri in known]

    def labels(self, iris: Sequence[str]) -> dict[str, Named]:
        """Return label and definition of things by IRI; what has no label is called by its CURIE."""
        found = {iri: Named(iri, terms.shorten(iri)) for iri in iris}
        rows = self._select(f"SELECT ?thing ?label ?definition {{ VALUES ?thing {{ {_list(iris)} }} {DESCRIBED} }}")
        for row in rows:
            iri = row["thing"].value
            found[iri] = Named(iri, _text(row, "label") or terms.shorten(iri), _text(row, "definition"))
        return found

    def members(self, kind: str) -> list[Member]:
        """Return the things of one kind by label, with the number of sources that speak of each.

        :raises NotFound: for an unknown kind
        """
        if kind not in KINDS:
            raise NotFound(f"there is no kind {kind!r}", expected=", ".join(KINDS))
        rows = self._select(
            f"SELECT ?thing ?label ?definition {{ ?thing a <{KINDS[kind].type}> . {DESCRIBED} }} ORDER BY LCASE(?label) ?thing",
        )
        spoken = "?thing ?property ?other" if kind in SPEAKING_OF_THEMSELVES else "?other ?property ?thing"
        counted = self._select(
            f"SELECT ?thing (COUNT(DISTINCT ?source) AS ?sources) {{ VALUES ?source {{ {_list(self.speaking())} }} "
            f"?thing a <{KINDS[kind].type}> . GRAPH ?source {{ {spoken} }} }} GROUP BY ?thing",
        )
        sources = {row["thing"].value: int(row["sources"].value) for row in counted}
        found: dict[str, Member] = {}
        for row in rows:
            iri = row["thing"].value
            label = _text(row, "label") or terms.shorten(iri)
            found.setdefault(iri, Member(iri, label, _text(row, "definition"), sources.get(iri, 0)))
        return list(found.values())

    def speaking(self) -> list[str]:
        """Return the IRIs of the sources, whose graphs make statements about roles; vocabularies are none."""
        rows = self._select("SELECT DISTINCT ?source { GRAPH ?source { ?source a rg:Source } } ORDER BY ?source")
        vocabularies = {kind.scheme for kind in KINDS.values()}
        return [iri for row in rows if (iri := row["source"].value) not in vocabularies]

    def labelled(self, kind: str) -> dict[str, str]:
        """Return the IRIs of the things in the vocabulary of a kind by each of their labels, case-folded, less those of several things."""
        names = "skos:prefLabel|skos:altLabel|skos:hiddenLabel"
        rows = self._select(f"SELECT DISTINCT ?thing ?label {{ GRAPH <{KINDS[kind].scheme}> {{ ?thing {names} ?label }} }}")
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(row["label"].value.casefold(), set()).add(row["thing"].value)
        return {label: iris.pop() for label, iris in found.items() if len(iris) == 1}

    def preferred(self, kind: str) -> dict[str, frozenset[str]]:
        """Return the IRIs of all things of a kind, each with its preferred labels in English, of which there may be none."""
        names = f"OPTIONAL {{ ?thing skos:prefLabel ?label . {ENGLISH.format('label')} }}"
        rows = self._select(f"SELECT DISTINCT ?thing ?label {{ ?thing a <{KINDS[kind].type}> {names} }}")
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(row["thing"].value, set()).update([row["label"].value] if "label" in row else [])
        return {iri: frozenset(labels) for iri, labels in found.items()}

    def count(self, kind: str) -> int:
        """Return how many things of a kind there are."""
        rows = self._select(f"SELECT (COUNT(DISTINCT ?thing) AS ?things) {{ ?thing a <{KINDS[kind].type}> }}")
        return int(rows[0]["things"].value)

    def thing(self, iri: str) -> Thing:
        """Return a thing with its links and those that lead to it, each with the sources that state it.

        :raises NotFound: where no graph says anything of it
        """
        kind = terms.kind_of(iri)
        if kind is None or not terms.is_iri(iri):
            raise NotFound(f"{iri} is not of a kind that this graph describes", expected=", ".join(KINDS))
        own = self._links(f"<{iri}> ?property ?other")
        if not own:
            raise NotFound(f"there is no {kind.name} {terms.slug_of(iri)!r}", suggestions=self.near(iri, [kind]))
        leading = f"{FACETS} skos:broader schema:relevantOccupation schema:about"
        incoming = self._links(f"?other ?property <{iri}>", f"VALUES ?property {{ {leading} }}")
        return Thing(iri, kind, self.labels([iri])[iri].label, own, incoming)

    def known(self, iris: Iterable[str]) -> list[tuple[str, str, Value]]:
        """Return types, preferred labels and definitions of things, as (IRI, property IRI, value); unknown things are left out."""
        wanted = sorted(iri for iri in set(iris) if terms.is_iri(iri))
        found = []
        for start in range(0, len(wanted), BATCH):
            values = _list(wanted[start : start + BATCH])
            # a filter, since a second VALUES has the engine go through all that has a type or a label
            properties = "FILTER(?property IN (rdf:type, skos:prefLabel, skos:definition))"
            pattern = f"VALUES ?thing {{ {values} }} ?thing ?property ?value {properties}"
            rows = self._select(f"SELECT ?thing ?property ?value {{ {pattern} }}")
            found += [(row["thing"].value, row["property"].value, row["value"]) for row in rows]
        return found

    def _links(self, pattern: str, before: str = "") -> tuple[Link, ...]:
        """Group the rows of a pattern of ``?property`` and ``?other`` by these two, with the sources of each pair."""
        rows = self._select(
            f"SELECT ?property ?other ?label ?source {{ {before} GRAPH ?source {{ {pattern} }} "
            f"OPTIONAL {{ ?other {LABEL} ?label . {ENGLISH.format('label')} }} }}",
        )
        titles = self.labels(sorted({row["source"].value for row in rows}))
        said: dict[tuple[str, object], list[Row]] = {}
        for row in rows:
            said.setdefault((row["property"].value, row["other"]), []).append(row)
        links = []
        for (property_, _), own in said.items():
            other, sources = own[0]["other"], sorted({row["source"].value for row in own})
            label = min((_text(row, "label") for row in own), key=len) or terms.shorten(other.value)
            links.append(Link(property_, other, label, tuple(titles[source] for source in sources)))
        return tuple(sorted(links, key=lambda link: (link.property, link.label.lower(), link.other)))

    def _select(self, text: str) -> list[Row]:
        return self._engine.rows(_prefixed(text))


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


def _prefixed(text: str) -> str:
    prefixes = terms.prefixes()
    return "".join(f"PREFIX {name}: <{prefixes[name]}> " for name in ("rg", "rdf", "rdfs", "skos", "dct", "schema")) + text


def _list(iris: Iterable[str]) -> str:
    return " ".join(f"<{iri}>" for iri in iris)


def _text(row: Row, name: str) -> str:
    return row[name].value if name in row else ""
