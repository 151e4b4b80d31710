"""Linked data: lists of things by kind, and each thing with the sources of its facts."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from rolegraph import catalogue, terms
from rolegraph.catalogue import statements
from rolegraph.errors import BadParameter
from rolegraph.formats import Format
from rolegraph.output import to_csv, to_json
from rolegraph.terms import KINDS
from rolegraph.values import MEMBER, Link, Rating, Row, Source, Thing
from rolegraph.web.http import negotiation, paging, parameters
from rolegraph.web.http.context import graph, limited
from rolegraph.web.http.json_schema import integer, ref
from rolegraph.web.http.negotiation import CSV, DOCUMENT, GRAPHS, HTML
from rolegraph.web.http.operations import Operation, Parameter, in_path
from rolegraph.web.pages import filters, outlook, pay
from rolegraph.web.pages.claims import Marks

routes = Blueprint("things", __name__)

LISTED = (HTML, DOCUMENT, CSV, *GRAPHS)
OFFERED = (HTML, DOCUMENT, *GRAPHS)
SIZE, MOST = 200, 1000  # things on a page of a list
USES = 200  # roles that the page of a concept lists
ROLES = 60  # roles that a page offers to choose from; of more only ours
_KIND = f"<any({', '.join(KINDS)}):kind>"
_FACETS = {facet.property: facet for facet in terms.facets()}
_NAMED = ("rdf:type", "skos:inScheme", "skos:prefLabel", "skos:altLabel", "skos:definition", "skos:broader", "skos:related")
_POSTED = ("schema:title", "schema:hiringOrganization", "schema:jobLocation", "schema:employmentType", "schema:baseSalary", "rg:level")
_TITLED = ("dct:title", "dct:issued", "schema:about", "rg:salary")
_CREDITED = ("dct:publisher", "dcat:version", "dct:license", "schema:creditText", "dct:description")
_RATED = ("rg:toolInDemand", "rg:relatedRole", "rg:hot", "skos:notation")
_FACTS = tuple(f"rg:{facet.name}" for facet in terms.facets())
_SHOWN = {*_NAMED, *_POSTED, *_TITLED, *_CREDITED, *_RATED, *_FACTS, "schema:relevantOccupation", "skos:editorialNote"}
_KIND_OF = in_path("kind", "the kind of thing", "role", ref("Kind"))
_SLUG = in_path("slug", "the last part of the IRI of a thing", "ai-architect")
_IRI = Parameter("iri", "the IRI or the CURIE of a thing, such as onet:15-1252.00", required=True, example="role:ai-architect")
_LIST = (
    Parameter("page", "the number of a page", integer(1, default=1)),
    Parameter("limit", "how many things make a page; a list of sources is one page", integer(1, MOST, SIZE)),
    Parameter("source", "only things of which this source speaks: slug, CURIE or IRI"),
)
_PAGES = {"role": "role.html", "source": "source.html", "posting": "posting.html"}


@routes.get(f"/{_KIND}")
@Operation(
    "The things of a kind, page by page; as a graph, its concept scheme",
    LISTED,
    "List",
    (_KIND_OF, *_LIST),
    headers={200: ("Link",)},
    pooled=True,
)
def members(kind: str) -> Response:
    """List the things of a kind, page by page, as a table too; as a graph, its concept scheme."""
    limited()
    scheme = KINDS[kind].scheme
    kept = graph().holds(scheme)
    offered = LISTED if kept else (HTML, DOCUMENT, CSV)
    format_ = negotiation.choose(*offered)
    negotiation.check_parameters(format_, "page", "limit", "source")
    if format_ in GRAPHS:
        return negotiation.respond(graph().export(format_, scheme), format_)
    source = _source_of_list()
    size = MOST if kind == "source" else parameters.number("limit", SIZE, MOST)
    page = graph().catalogue.page(kind, parameters.number("page", 1), size, source.iri if source else None)
    ways = paging.links(page)
    if format_ == CSV:
        return paging.with_link_header(negotiation.respond(to_csv([MEMBER, *(member.row() for member in page.members)]), format_), ways)
    if format_ == DOCUMENT:
        body = {"id": scheme, "kind": kind, "label": KINDS[kind].plural, **page.as_dict(), **ways}
        return paging.with_link_header(negotiation.respond(to_json(body), format_), ways)
    filters.prefetch_kinds(member.iri for member in page.members)
    shown = render_template(
        "members.html",
        kind=KINDS[kind],
        members=page.members,
        page=page,
        ways=ways,
        source=source,
        choices=_sources(kind),
        credited=[source for source in page.sources if source.credit],
        rows=_rows(kind),
        offered=pay.offered,
        alternates=negotiation.alternates(offered),
    )
    return paging.with_link_header(negotiation.respond(shown, HTML), ways)


@routes.get("/thing")
@Operation(
    "A thing of any system by its IRI, and who says what about it; for one of ours, the way there",
    OFFERED,
    "Thing",
    (_IRI,),
    answers={200: "The answer", 303: "The path of a thing of ours"},
    pooled=True,
)
def described() -> AnyResponse:
    """Describe the thing with an IRI. Things of Rolegraph redirect to their own path, except parts of sources."""
    limited()
    text = request.args.get("iri", "").strip()
    iri = terms.expand(text) or text
    if not terms.is_iri(iri):
        detail = f"{text!r} is no IRI" if text else "no IRI was given"
        raise BadParameter("iri", detail, expected="an IRI or a CURIE, such as onet:15-1252.00")
    if terms.kind_of(iri) and not _part(iri):
        path, hash_, fragment = filters.href(iri).partition("#")
        rest = urlencode([(name, value) for name, value in request.args.items(multi=True) if name != "iri"])
        return redirect(f"{path}{negotiation.suffix()}{'?' if rest else ''}{rest}{hash_}{fragment}", 303)
    return _thing(iri, "iri")


def _part(iri: str) -> bool:
    """Return whether an IRI is a part of a source that is described by itself: as a graph, or because it has a kind."""
    return "#" in iri and (graph().catalogue.kind(iri) != KINDS["source"] or negotiation.choose(*OFFERED) in GRAPHS)


@routes.get(f"/{_KIND}/<slug>")
@Operation("A thing, and who says what about it", OFFERED, "Thing", (_KIND_OF, _SLUG), pooled=True)
def thing(kind: str, slug: str) -> Response:
    """Describe a thing, with the sources of its facts."""
    limited()
    return _thing(KINDS[kind].namespace + slug)


def _thing(iri: str, *parameters: str) -> Response:
    format_ = negotiation.choose(*OFFERED)
    negotiation.check_parameters(format_, *parameters)
    if format_ in GRAPHS:
        return negotiation.respond(graph().graph(iri, format_), format_)
    thing = graph().catalogue.thing(iri)
    if format_ == DOCUMENT:
        return negotiation.respond(to_json(thing.as_dict()), format_)
    return negotiation.respond(_page(thing, OFFERED), HTML)


def _source_of_list() -> Source | None:
    """Return the source that limits a list, or None."""
    text = request.args.get("source", "").strip()
    if not text:
        return None
    iri = graph().catalogue.resolve("source", text, [KINDS["source"]], "a source as slug, CURIE or IRI: see /source")
    return graph().catalogue.sources([iri])[iri]


def _sources(kind: str) -> list[Source]:
    """Return the sources that can limit a list, sorted by title."""
    if kind in ("source", "posting"):
        return []
    sources = graph().catalogue.sources(graph().catalogue.source_iris()).values()
    return sorted(sources, key=lambda source: (not source.credit, source.label))


def _rows(kind: str) -> list[Row]:
    """Return the rows of the canned query that has more about a kind than labels."""
    if kind == "posting":
        return list(_postings().values())
    return graph().rows("sources") if kind == "source" else []


def _postings() -> dict[str, Row]:
    """Return a row of the canned query ``job-postings`` for each posting: it has one for each of its roles and types of employment."""
    postings: dict[str, Row] = {}
    for row in graph().rows("job-postings"):
        postings.setdefault(row["posting"].value, row)
    return postings


def _page(thing: Thing, offered: Iterable[Format]) -> str:
    links = [*thing.links, *thing.incoming]
    linked = {link.other.value for link in links if link.other.kind == "iri"}
    filters.prefetch_kinds({thing.iri, *linked, *(link.property for link in links)})
    matches = [link for link in thing.links if terms.shorten(link.property).endswith(("Match", ":hasEQFLevel"))]
    matched = [link for link in thing.incoming if link.property in catalogue.MATCHES]
    sources = thing.sources
    marks = Marks(sources)
    common: dict[str, Any] = {
        "thing": thing,
        "sources": sources,
        "marks": marks,
        "numbers": marks.numbers,
        "matches": matches,
        "matched": matched,
        "confidences": statements.confidences(graph().engine, thing.iri) if matches or matched else {},
        "chain": graph().catalogue.above(thing.iri),
        "rest": [link for link in thing.links if not _shown(link)],
        "canonical": urlencode({"iri": filters.short(thing.iri)}, safe=":/") if request.path.startswith("/thing") else "",
        "alternates": negotiation.alternates(tuple(offered)),
    }
    special = {"role": _role, "source": _source, "posting": _posting}.get(thing.kind.name, _concept)
    return render_template(_PAGES.get(thing.kind.name, "concept.html"), **common, **special(thing))


def _shown(link: Link) -> bool:
    name = terms.shorten(link.property)
    return name in _SHOWN or name.endswith(("Match", ":hasEQFLevel"))


def _role(role: Thing) -> dict[str, Any]:
    proficiencies = graph().comparer.proficiencies(role.iri)
    levels = {(section, item): [label.lower() for label, _ in sorted(pairs)] for (item, section), pairs in proficiencies.items()}
    ratings = {rating.item: rating for rating in reversed(role.ratings)}
    sections = []
    for name in terms.sections():
        facets = [facet for facet in terms.facets() if facet.section == name]
        filled = [(facet, _rated(links, ratings)) for facet in facets if (links := role.values(f"rg:{facet.name}"))]
        sections.append((name, filled))
    outlooks = outlook.by_outlook(graph(), [role.iri], role.other_outlooks)
    others, total = graph().catalogue.shortlist("role", ROLES)
    return {
        "sections": sections,
        "levels": levels,
        "ratings": ratings,
        "wanted": {link.other.value for link in role.values("rg:toolInDemand")},
        "outlooks": outlooks,
        "outlook_labels": outlook.labels(graph(), outlooks),
        "others": [member for member in others if member.iri != role.iri],
        "more": total > len(others),
        "related": [link for link in role.values("rg:relatedRole") if link.other.kind == "iri"],
        "postings": [link for link in role.incoming if terms.shorten(link.property) == "schema:relevantOccupation"],
        "occupation": graph().occupation(role),
        **_pays(pay.in_roles(graph(), [role.iri])),
    }


def _rated(links: Iterable[Link], ratings: Mapping[str, Rating]) -> list[Link]:
    """Return links, those with a rating first, the most important before others."""
    return sorted(links, key=lambda link: -float(ratings[link.other.value].importance) if link.other.value in ratings else 0.0)


def _concept(concept: Thing) -> dict[str, Any]:
    return {
        "most": USES,
        "narrower": [link for link in concept.incoming if terms.shorten(link.property) == "skos:broader"],
        "uses": [(link, _FACETS[link.property]) for link in concept.incoming if link.property in _FACETS],
    }


def _source(source: Thing) -> dict[str, Any]:
    engine, stated = graph().engine, statements.statements(graph().engine, graph().catalogue, source.iri)
    roles, advertised = statements.roles_with_outlook(engine, source.iri), statements.postings(engine, source.iri)
    outlooks = outlook.by_outlook(graph(), roles)
    pays = pay.paid_by(graph(), source.iri)
    return {
        "source": graph().catalogue.sources([source.iri])[source.iri],
        "holding": statements.things_by_kind(engine, source.iri) if source.first("schema:creditText") else {},
        "statements": stated,
        "about": source.values("schema:about"),
        "sections": [
            (name, within)
            for name in terms.sections()
            if (within := [statement for statement in stated if statement.section == name])
        ],
        "postings": [row for posting, row in _postings().items() if posting in advertised],
        "outlooks": outlooks,
        "outlook_labels": outlook.labels(graph(), outlooks),
        "paid": pay.by_role(pays),
        **_pays(pays),
    }


def _pays(pays: list[pay.Pay]) -> dict[str, Any]:
    return {"pays": pays, "highest": pay.highest(pays)}


def _posting(posting: Thing) -> dict[str, Any]:
    return {"row": _postings().get(posting.iri, {}), "offered": pay.offered, "about": posting.values("schema:relevantOccupation")}
