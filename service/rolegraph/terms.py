"""The vocabulary of the graph: prefixes, kinds and facets; and conversions between IRIs, CURIEs and slugs."""

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
RDF_SUBJECT = "http://www.w3.org/1999/02/22-rdf-syntax-ns#subject"
_SH = "http://www.w3.org/ns/shacl#"
PREF_LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CURIE = re.compile(r"([a-z][a-z0-9-]*):([^\s:/][^\s]*)")
_IN_IRI = r"(?:%[0-9A-Fa-f]{2}|[^\x00-\x20\x7f-\x9f%<>\"{}|^`\\\[\]#\ud800-\uf8ff\ufdd0-\ufdef\ufff0-\uffff\U000e0000-\U0010ffff])"
_IRI = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*:(?:{_IN_IRI}+(?:#{_IN_IRI}*)?|#{_IN_IRI}*)")  # at most one fragment


@dataclass(frozen=True)
class Kind:
    """A kind of things: ``name`` is part of their IRIs (``…/{name}/{slug}``), ``types`` are the IRIs of their classes.

    Tools and categories of tools are one kind, in one concept scheme, of two classes.
    """

    name: str
    plural: str
    types: tuple[str, ...]

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
    """A property on which roles are compared, as declared in ``ontology/rolegraph.ttl``.

    :param name: its local name, also in JSON
    :param section: the name of its section in a comparison
    :param label: its heading in the section
    :param classes: the IRIs of the classes of its values
    :param comparable: whether two roles can have the same item as value
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
        Kind("role", "roles", (RG + "Role",)),
        Kind("skill", "skills", (RG + "Skill",)),
        Kind("tool", "tools", (RG + "Tool", RG + "ToolCategory")),
        Kind("degree", "degrees", (RG + "Degree",)),
        Kind("field", "fields of study", (RG + "FieldOfStudy",)),
        Kind("certification", "certifications", (RG + "Certification",)),
        Kind("industry", "industries", (RG + "Industry",)),
        Kind("application", "applications", (RG + "Application",)),
        Kind("responsibility", "responsibilities", (RG + "Responsibility",)),
        Kind("tip", "tips", (RG + "Tip",)),
        Kind("source", "sources", (RG + "Source",)),
        Kind("posting", "job postings", ("https://schema.org/JobPosting",)),
        Kind("level", "levels of seniority", (RG + "SeniorityLevel",)),
        Kind("measure", "measures of outlook", (RG + "Measure",)),
        Kind("direction", "directions of outlook", (RG + "Direction",)),
        Kind("judgement", "judgements of outlook", (RG + "Judgement",)),
        Kind("unit", "units", (RG + "Unit",)),
        Kind("region", "regions", (RG + "Region",)),
        Kind("organisation", "organisations", (RG + "Organisation",)),
        Kind("proficiency", "levels of proficiency", (RG + "ProficiencyLevel",)),
        Kind("section", "sections", (RG + "Section",)),
        Kind("group", "groups", (RG + "Group",)),
        Kind("preparation", "levels of preparation", (RG + "PreparationLevel",)),
        Kind("status", "statuses", (RG + "Status",)),
    )
}


@cache
def prefixes() -> dict[str, str]:
    """Return prefix → namespace IRI as declared in ``ontology/prefixes.ttl``."""
    described = _described("prefixes.ttl")
    declared = [described[node] for node in described[f"<{ONTOLOGY}>"][f"{_SH}declare"]]
    return dict(sorted((node[f"{_SH}prefix"][0], node[f"{_SH}namespace"][0]) for node in declared))


@cache
def facets() -> tuple[Facet, ...]:
    """Return the properties on which roles are compared, as declared in ``ontology/rolegraph.ttl``, in their order."""
    numbered = []
    for node, properties in _described("rolegraph.ttl").items():
        if section := properties.get(f"{RG}comparedIn"):
            facet = Facet(
                name=node.strip("<>").removeprefix(RG),
                section=section[0].strip("<>").removeprefix(KINDS["section"].namespace),
                label=properties[f"{RG}heading"][0],
                classes=tuple(class_.strip("<>") for class_ in properties["https://schema.org/rangeIncludes"]),
                comparable=properties[f"{RG}comparable"] == ["true"],
            )
            numbered.append((int(properties[f"{_SH}order"][0]), facet))
    return tuple(facet for _, facet in sorted(numbered, key=lambda pair: pair[0]))


@cache
def sections() -> tuple[str, ...]:
    """Return the names of the sections of a comparison, in the order of their first facets."""
    return tuple(dict.fromkeys(facet.section for facet in facets()))


def _described(file: str) -> dict[str, dict[str, list[str]]]:
    """Parse a file of the ontology to node → IRI of property → values: the text of literals, or nodes as N-Triples.

    Literals in other languages than English are left out.
    """
    nodes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for quad in ox.parse(path=resources.folder("ontology") / file, format=ox.RdfFormat.TURTLE):
        if isinstance(quad.object, ox.Literal) and quad.object.language not in (None, "en"):
            continue
        text = quad.object.value if isinstance(quad.object, ox.Literal) else str(quad.object)
        nodes[str(quad.subject)][quad.predicate.value].append(text)
    return nodes


@lru_cache(maxsize=100_000)
def shorten(iri: str) -> str:
    """Return the CURIE of an IRI with the longest matching namespace, or the IRI itself if no declared prefix matches."""
    match = _namespaces().match(iri)
    return f"{_prefix_of()[match[0]]}:{iri[match.end() :]}" if match else iri


@cache
def _prefix_of() -> dict[str, str]:
    """Return namespace IRI → prefix; of several prefixes of one namespace the last in order."""
    return {namespace: prefix for prefix, namespace in prefixes().items()}


@cache
def _namespaces() -> re.Pattern[str]:
    """Return a pattern that matches the longest declared namespace that a text starts with."""
    return re.compile("|".join(re.escape(namespace) for namespace in sorted(_prefix_of(), key=len, reverse=True)))


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
    if text.isascii() and text.count(":") == 1 and "@" not in text:
        return True  # no user and no port to check, which takes most of the time
    try:
        parts = urlsplit(text)
        return parts.port != -1 and parts.netloc.count("@") <= 1
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
