"""Linked data: the things of each kind, and each thing with who says what about it."""

import json
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, render_template

from rolegraph import terms
from rolegraph.formats import Format
from rolegraph.terms import KINDS
from rolegraph.things import Link, Row, Thing
from rolegraph.web import display, negotiation, pay, sourced
from rolegraph.web.negotiation import DOCUMENT, GRAPHS, HTML
from rolegraph.web.state import graph

routes = Blueprint("linked", __name__)

_KIND = f"<any({', '.join(KINDS)}):kind>"
_FACETS = {facet.property: facet for facet in terms.FACETS}
_NAMED = ("rdf:type", "skos:inScheme", "skos:prefLabel", "skos:altLabel", "skos:definition", "skos:broader", "skos:related")
_POSTED = ("schema:title", "schema:hiringOrganization", "schema:jobLocation", "schema:employmentType", "schema:baseSalary", "rg:level")
_TITLED = ("dct:title", "dct:issued", "schema:about", "rg:salary")
_SHOWN = {*_NAMED, *_POSTED, *_TITLED, "schema:relevantOccupation", "skos:editorialNote", *(f"rg:{facet.name}" for facet in terms.FACETS)}
_PAGES = {"role": "role.html", "source": "source.html", "posting": "posting.html"}


@routes.get(f"/{_KIND}")
def members(kind: str) -> Response:
    """List the things of a kind; as a graph, its concept scheme."""
    scheme = KINDS[kind].scheme
    kept = scheme in graph().engine.graphs()
    offered = (HTML, DOCUMENT, *GRAPHS) if kept else (HTML, DOCUMENT)
    format_ = negotiation.choose(*offered)
    if format_ in GRAPHS:
        return negotiation.respond(graph().export(format_, scheme), format_)
    found = graph().catalogue.members(kind)
    if format_ == DOCUMENT:
        listed = {"id": scheme, "kind": kind, "label": KINDS[kind].plural, "members": [member.as_dict() for member in found]}
        return negotiation.respond(json.dumps(listed, ensure_ascii=False, indent=1) + "\n", format_)
    page = render_template(
        "members.html",
        kind=KINDS[kind],
        members=found,
        rows=_rows(kind),
        alternates=negotiation.alternates(offered),
    )
    return negotiation.respond(page, HTML)


@routes.get(f"/{_KIND}/<slug>")
def thing(kind: str, slug: str) -> Response:
    """Say what is known of a thing, and who says so."""
    offered = (HTML, DOCUMENT, *GRAPHS)
    format_ = negotiation.choose(*offered)
    iri = KINDS[kind].namespace + slug
    found = graph().catalogue.thing(iri)
    if format_ == DOCUMENT:
        return negotiation.respond(json.dumps(found.as_dict(), ensure_ascii=False, indent=1) + "\n", format_)
    if format_ in GRAPHS:
        return negotiation.respond(graph().graph(iri, format_), format_)
    return negotiation.respond(_page(found, offered), HTML)


def _rows(kind: str) -> list[Row]:
    """Return the rows of the canned query that says more of a kind than its labels."""
    query = {"posting": "job-postings", "source": "sources"}.get(kind)
    return graph().rows(query) if query else []


def _page(found: Thing, offered: Iterable[Format]) -> str:
    sources = display.speaking([*found.links, *found.incoming])
    common: dict[str, Any] = {
        "thing": found,
        "sources": sources,
        "numbers": display.numbered(sources),
        "titles": {source.iri: source.label for source in sources},
        "matches": [link for link in found.links if terms.shorten(link.property).endswith(("Match", ":hasEQFLevel"))],
        "rest": [link for link in found.links if not _shown(link)],
        "alternates": negotiation.alternates(tuple(offered)),
    }
    special = {"role": _role, "source": _source, "posting": _posting}.get(found.kind.name, _concept)
    return render_template(_PAGES.get(found.kind.name, "concept.html"), **common, **special(found))


def _shown(link: Link) -> bool:
    name = terms.shorten(link.property)
    return name in _SHOWN or name.endswith(("Match", ":hasEQFLevel"))


def _role(role: Thing) -> dict[str, Any]:
    levels: dict[tuple[str, str], list[str]] = {}
    for row in graph().rows("proficiency", {"role": [role.iri]}):
        key = (terms.slug_of(row["section"].value), row["item"].value)
        levels.setdefault(key, []).append(row["proficiencyLabel"].value.lower())
    sections = []
    for name in terms.SECTIONS:
        facets = [facet for facet in terms.FACETS if facet.section == name]
        found = [(facet, links) for facet in facets if (links := role.values(f"rg:{facet.name}"))]
        sections.append((name, found))
    outlooks = {row["outlook"].value: row for row in graph().rows("outlook", {"role": [role.iri]})}
    return {
        "sections": sections,
        "levels": levels,
        "outlooks": outlooks,
        "measures": graph().catalogue.labels(sorted({row["measure"].value for row in outlooks.values()})),
        "others": [member for member in graph().catalogue.members("role") if member.iri != role.iri],
        "postings": [link for link in role.incoming if terms.shorten(link.property) == "schema:relevantOccupation"],
        "occupation": graph().occupation(role.iri),
        **_pays(pay.of(graph(), [role.iri])),
    }


def _concept(concept: Thing) -> dict[str, Any]:
    return {
        "narrower": [link for link in concept.incoming if terms.shorten(link.property) == "skos:broader"],
        "uses": [(link, _FACETS[link.property]) for link in concept.incoming if link.property in _FACETS],
    }


def _source(source: Thing) -> dict[str, Any]:
    statements, outlooks = sourced.statements(graph(), source.iri), sourced.outlooks(graph(), source.iri)
    pays = pay.paid_by(graph(), source.iri)
    return {
        "statements": statements,
        "about": source.values("schema:about"),
        "sections": [(name, own) for name in terms.SECTIONS if (own := [one for one in statements if one.section == name])],
        "postings": sourced.postings(graph(), source.iri),
        "outlooks": outlooks,
        "measures": graph().catalogue.labels(sorted({row["measure"].value for row in outlooks.values()})),
        "paid": pay.by_role(pays),
        **_pays(pays),
    }


def _pays(pays: list[pay.Pay]) -> dict[str, Any]:
    return {"pays": pays, "highest": pay.highest(pays)}


def _posting(posting: Thing) -> dict[str, Any]:
    own = next((row for row in graph().rows("job-postings") if row["posting"].value == posting.iri), {})
    return {"row": own, "about": posting.values("schema:relevantOccupation")}
