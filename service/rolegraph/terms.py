"""The vocabulary of the graph: prefixes, kinds and facets; and conversions between IRIs, CURIEs and slugs."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import urlsplit

from rdflib import SH, Graph

from rolegraph import resources

BASE = "https://w3id.org/rolegraph/"
RG = BASE + "ns#"
ONTOLOGY = BASE + "ns"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
PREF_LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CURIE = re.compile(r"([a-z][a-z0-9-]*):([^\s:/][^\s]*)")
_IRI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:"
    r"(?:%[0-9A-Fa-f]{2}|[^\x00-\x20\x7f-\x9f%<>\"{}|^`\\\[\]\ud800-\uf8ff\ufdd0-\ufdef\ufff0-\uffff\U000e0000-\U0010ffff])+",
)


@dataclass(frozen=True)
class Kind:
    """A kind of things: ``name`` is part of their IRIs (``…/{name}/{slug}``), ``type`` is the IRI of their class."""

    name: str
    plural: str
    type: str

    @property
    def namespace(self) -> str:
        """The namespace IRI, to which the slugs of members are appended."""
        return f"{BASE}{self.name}/"

    @property
    def scheme(self) -> str:
        """The IRI of the concept scheme of this kind, and of the named graph that describes it."""
        return f"{BASE}{self.name}"


@dataclass(frozen=True)
class Facet:
    """A property that describes roles: its local name (also in JSON), its section in a comparison, and its label."""

    name: str
    section: str
    label: str

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

SECTIONS = ("definition", "responsibilities", "skills", "education", "tools", "industries", "outlook", "tips")

FACETS = (
    Facet("focus", "definition", "Named in the definition"),
    Facet("level", "definition", "Seniority"),
    Facet("responsibility", "responsibilities", "Responsibilities"),
    Facet("essentialSkill", "skills", "Essential"),
    Facet("optionalSkill", "skills", "Optional"),
    Facet("requiredDegree", "education", "Required degree"),
    Facet("preferredDegree", "education", "Preferred degree"),
    Facet("fieldOfStudy", "education", "Field of study"),
    Facet("certification", "education", "Certification"),
    Facet("tool", "tools", "Tools"),
    Facet("industry", "industries", "Industries"),
    Facet("outlook", "outlook", "Outlook"),
    Facet("tip", "tips", "Tips"),
)


@cache
def prefixes() -> dict[str, str]:
    """Return prefix → namespace IRI as declared in ``ontology/prefixes.ttl``."""
    graph = Graph().parse(resources.folder("ontology") / "prefixes.ttl")
    declared = {str(graph.value(node, SH.prefix)): str(graph.value(node, SH.namespace)) for node in graph.objects(None, SH.declare)}
    return dict(sorted(declared.items()))


@lru_cache(maxsize=100_000)
def shorten(iri: str) -> str:
    """Return the CURIE of an IRI with the longest matching namespace, or the IRI itself if no declared prefix matches."""
    matching = [(len(namespace), prefix) for prefix, namespace in prefixes().items() if iri.startswith(namespace)]
    if not matching:
        return iri
    length, prefix = max(matching)
    return f"{prefix}:{iri[length:]}"


def expand(curie: str) -> str | None:
    """Return the IRI of a CURIE with a declared prefix, or None for any other text."""
    match = _CURIE.fullmatch(curie)
    if not match or match[1] not in prefixes():
        return None
    return prefixes()[match[1]] + match[2]


def is_iri(text: str) -> bool:
    """Return whether a text is an absolute IRI (RFC 3987). IPv6 hosts in brackets and private-use characters are not accepted."""
    if not _IRI.fullmatch(text):
        return False
    if text.isascii() and text.count(":") == 1:
        return True  # no port to check, which takes most of the time
    try:
        return urlsplit(text).port != -1
    except ValueError:
        return False


def kind_of(iri: str) -> Kind | None:
    """Return the kind of an IRI in Rolegraph's namespace, or None for any other IRI."""
    name, _, slug = iri.removeprefix(BASE).partition("/")
    return KINDS.get(name) if iri.startswith(BASE) and slug else None


def slug_of(iri: str) -> str:
    """Return the slug of an IRI in Rolegraph's namespace, or the IRI itself for any other."""
    kind = kind_of(iri)
    return iri.removeprefix(kind.namespace) if kind else iri


def slugify(text: str) -> str:
    """Return a lower-case slug of the ASCII letters and digits of a text."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
