"""The words of the graph: prefixes, kinds, facets, and the way between IRIs, CURIEs and slugs."""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import urlsplit

import pyoxigraph as ox

from rolegraph import resources

BASE = "https://w3id.org/rolegraph/"
RG = BASE + "ns#"
ONTOLOGY = BASE + "ns"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_SH = "http://www.w3.org/ns/shacl#"
PREF_LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CURIE = re.compile(r"([a-z][a-z0-9-]*):([^\s:/][^\s]*)")
_IRI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:"
    r"(?:%[0-9A-Fa-f]{2}|[^\x00-\x20\x7f-\x9f%<>\"{}|^`\\\[\]\ud800-\uf8ff\ufdd0-\ufdef\ufff0-\uffff\U000e0000-\U0010ffff])+",
)


@dataclass(frozen=True)
class Kind:
    """One kind of thing: ``name`` stands in its IRIs (``…/{name}/{slug}``), ``type`` is the IRI of its class."""

    name: str
    plural: str
    type: str

    @property
    def namespace(self) -> str:
        """The IRI that every member's slug is appended to."""
        return f"{BASE}{self.name}/"

    @property
    def scheme(self) -> str:
        """The IRI of the kind's concept scheme, which is also that of the named graph that describes it."""
        return f"{BASE}{self.name}"


@dataclass(frozen=True)
class Facet:
    """One property on which roles are compared, as ``ontology/rolegraph.ttl`` describes it.

    ``name`` is its name in JSON, ``section`` that of the section of a comparison, ``label`` the heading in there, ``classes`` are the
    IRIs of the classes that it leads to, and ``comparable`` tells whether two roles can have the same item by it.
    """

    name: str
    section: str
    label: str
    classes: tuple[str, ...]
    comparable: bool

    @property
    def property(self) -> str:
        """The IRI of the property from the role to the item."""
        return RG + self.name


KINDS = {
    kind.name: kind
    for kind in (
        Kind("role", "roles", RG + "Role"),
        Kind("skill", "skills", RG + "Skill"),
        Kind("tool", "tools", RG + "Tool"),
        Kind("degree", "degrees", RG + "Degree"),
        Kind("field", "fields of study", RG + "FieldOfStudy"),
        Kind("certification", "certifications", RG + "Certification"),
        Kind("industry", "industries", RG + "Industry"),
        Kind("responsibility", "responsibilities", RG + "Responsibility"),
        Kind("tip", "tips", RG + "Tip"),
        Kind("source", "sources", RG + "Source"),
        Kind("posting", "job postings", "https://schema.org/JobPosting"),
        Kind("level", "levels of seniority", RG + "SeniorityLevel"),
        Kind("measure", "measures of outlook", RG + "Measure"),
        Kind("proficiency", "levels of proficiency", RG + "ProficiencyLevel"),
        Kind("section", "sections", RG + "Section"),
        Kind("group", "groups", RG + "Group"),
        Kind("preparation", "levels of preparation", RG + "PreparationLevel"),
    )
}

@cache
def prefixes() -> dict[str, str]:
    """Return prefix → namespace IRI, as ``ontology/prefixes.ttl`` declares them."""
    described = _described("prefixes.ttl")
    declared = [described[node] for node in described[f"<{ONTOLOGY}>"][f"{_SH}declare"]]
    return dict(sorted((node[f"{_SH}prefix"][0], node[f"{_SH}namespace"][0]) for node in declared))


@cache
def facets() -> tuple[Facet, ...]:
    """Return the properties on which roles are compared, in their order, as ``ontology/rolegraph.ttl`` describes them."""
    found = []
    for node, own in _described("rolegraph.ttl").items():
        if section := own.get(f"{RG}comparedIn"):
            facet = Facet(
                name=node.strip("<>").removeprefix(RG),
                section=section[0].strip("<>").removeprefix(KINDS["section"].namespace),
                label=own[f"{RG}heading"][0],
                classes=tuple(class_.strip("<>") for class_ in own["https://schema.org/rangeIncludes"]),
                comparable=own[f"{RG}comparable"] == ["true"],
            )
            found.append((int(own[f"{_SH}order"][0]), facet))
    return tuple(facet for _, facet in sorted(found, key=lambda pair: pair[0]))


@cache
def sections() -> tuple[str, ...]:
    """Return the names of the sections of a comparison, in the order of their first facets."""
    return tuple(dict.fromkeys(facet.section for facet in facets()))


def _described(file: str) -> dict[str, dict[str, list[str]]]:
    """Return what a file of the ontology says of each node: by the IRI of the property the texts, or other nodes as N-Triples."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for quad in ox.parse(path=resources.folder("ontology") / file, format=ox.RdfFormat.TURTLE):
        text = quad.object.value if isinstance(quad.object, ox.Literal) else str(quad.object)
        found[str(quad.subject)][quad.predicate.value].append(text)
    return found


@lru_cache(maxsize=100_000)
def shorten(iri: str) -> str:
    """Return the CURIE of an IRI where a declared prefix fits, else the IRI itself."""
    fitting = [(len(namespace), prefix) for prefix, namespace in prefixes().items() if iri.startswith(namespace)]
    if not fitting:
        return iri
    length, prefix = max(fitting)
    return f"{prefix}:{iri[length:]}"


def expand(curie: str) -> str | None:
    """Return the IRI that a CURIE with a declared prefix stands for, or None where it is no such CURIE."""
    match = _CURIE.fullmatch(curie)
    if not match or match[1] not in prefixes():
        return None
    return prefixes()[match[1]] + match[2]


def is_iri(text: str) -> bool:
    """Tell whether a text is an absolute IRI (RFC 3987), without the brackets of an IPv6 host and private characters."""
    if not _IRI.fullmatch(text):
        return False
    if text.isascii() and text.count(":") == 1:
        return True  # no port to look at, which takes most of the time
    try:
        return urlsplit(text).port != -1
    except ValueError:
        return False


def kind_of(iri: str) -> Kind | None:
    """Return the kind in whose namespace an IRI of this graph lies, or None for an IRI from elsewhere."""
    name, _, slug = iri.removeprefix(BASE).partition("/")
    return KINDS.get(name) if iri.startswith(BASE) and slug else None


def slug_of(iri: str) -> str:
    """Return what follows the kind in an IRI of this graph, or the IRI itself."""
    kind = kind_of(iri)
    return iri.removeprefix(kind.namespace) if kind else iri


def slugify(text: str) -> str:
    """Return a lower-case slug of the ASCII letters and digits of a text."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
