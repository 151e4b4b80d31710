"""Home and the comparison of roles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from rolegraph import nearness, terms
from rolegraph.comparison.model import Claim, Comparison, Item, NearItem, Section
from rolegraph.errors import BadParameter
from rolegraph.formats import Format
from rolegraph.output import to_csv, to_json
from rolegraph.values import Member, Named
from rolegraph.web.http import negotiation
from rolegraph.web.http.context import graph, limited
from rolegraph.web.http.json_schema import TEXT, array
from rolegraph.web.http.negotiation import DOCUMENT, GRAPHS, HTML, TABLES
from rolegraph.web.http.operations import Operation, Parameter
from rolegraph.web.pages import filters, outlook, pay
from rolegraph.web.pages.analyses import NEAR, near_mode
from rolegraph.web.pages.claims import Marks

CSV = next(format_ for format_ in TABLES if format_.name == "csv")
OFFERED_ROLES = 60  # of more only ours are offered, and a field takes the name of another
OFFERED = (HTML, DOCUMENT, CSV, *GRAPHS)

routes = Blueprint("comparison", __name__)

_ROLES = Parameter(
    "role", "slug, CURIE or IRI of a role", array(TEXT, 2, 8), required=True, example=["ai-architect", "deep-learning-engineer"]
)

NearRow: TypeAlias = tuple[Item, tuple[tuple[NearItem, Item], ...]]
"""An item with those that are near to it."""


@dataclass(frozen=True)
class Only:
    """The items of a section that only one role has, by facet, with their claims."""

    role: Named
    count: int
    facets: tuple[tuple[terms.Facet, tuple[tuple[Item, Claim], ...]], ...]
    stated: bool


@dataclass(frozen=True)
class Band:
    """One section of the page: the items of all roles, of several, those near to items of another role, and what each role has alone."""

    section: Section
    all: tuple[Item, ...]
    some: tuple[Item, ...]
    near: tuple[NearRow, ...]
    only: tuple[Only, ...]


@routes.get("/")
@Operation("Home: pick roles and compare them", (HTML,))
def home() -> Response:
    """The home page, with the roles."""
    limited()
    roles, more = _roles()
    page = render_template("home.html", roles=roles, more=more, queries=list(graph().queries), pairs=_pairs(roles))
    negotiation.choose(HTML)
    return negotiation.respond(page, HTML)


@routes.get("/compare")
@Operation("Compare two to eight roles over every facet, with who says so", OFFERED, "Comparison", (_ROLES, NEAR), pooled=True)
def compare() -> AnyResponse:
    """Compare two to eight roles."""
    limited()
    format_ = negotiation.choose(*OFFERED)
    names = request.args.getlist("role")
    negotiation.check_parameters(format_, "role", "near")
    if format_ != HTML:
        return _data(names, format_)
    if not names and negotiation.prefers_html():
        return negotiation.respond(_picker(None, []), HTML)
    try:
        return negotiation.respond(_page(names), HTML)
    except BadParameter as error:
        if not negotiation.prefers_html():
            raise
        return negotiation.respond(_picker(error, _slugs(names)), HTML, error.status)


@routes.get("/sources")
@Operation("Leads to /source", answers={303: "The list of the sources"}, revision=False)
def sources() -> AnyResponse:
    """Redirect to the list of sources."""
    return redirect(url_for("things.members", kind="source"), 303)


def _picker(error: BadParameter | None, chosen: Sequence[str]) -> str:
    roles, more = _roles()
    return render_template("picker.html", roles=roles, more=more, error=error, chosen=chosen)


def _slugs(texts: Sequence[str]) -> list[str]:
    parameter = graph().queries.get("compare").parameters[0]
    pieces = (piece for text in texts for piece in graph().parted(text, parameter))
    return [filters.handle(terms.expand(piece) or piece) for piece in pieces]


def _data(names: Sequence[str], format_: Format) -> Response:
    if format_ == DOCUMENT:
        comparison = graph().compare(names, near_mode())
        return negotiation.respond(to_json(comparison.as_dict()), format_)
    if format_ == CSV:
        return negotiation.respond(to_csv(graph().compare(names, near_mode()).table()), format_)
    return negotiation.respond(graph().comparison_graph(names, format_).body, format_)


def _page(names: Sequence[str]) -> str:
    compared = graph().compare(names, near_mode())
    outlooks = outlook.by_outlook(graph(), [role.iri for role in compared.roles])
    outlook_labels = outlook.labels(graph(), outlooks)
    bands = [_band(compared, section) for section in compared.sections]
    filters.prefetch_kinds({*(role.iri for role in compared.roles), *(item.iri for section in compared.sections for item in section.items)})
    roles, more = _roles()
    pays = pay.in_roles(graph(), [role.iri for role in compared.roles])
    paying = graph().catalogue.sources({row.source for row in pays} - {source.iri for source in compared.sources})
    sources_ = [*compared.sources, *(paying[iri] for iri in sorted(paying))]
    return render_template(
        "compare.html",
        compared=compared,
        bands=bands,
        widest=max(len(section.items) for section in compared.sections),
        sources=sources_,
        marks=Marks(sources_),
        pays=pays,
        levels=pay.by_level(pays, compared.roles),
        highest=pay.highest(pays),
        mapping_sources=graph().catalogue.sources(
            {iri for section in compared.sections for item in section.items for near in item.near for iri in near.sources}
        ),
        proposes=compared.near != nearness.PROPOSED and bool(graph().comparer.proposing()),
        outlooks=outlooks,
        outlook_labels=outlook_labels,
        roles=roles,
        more=more,
        chosen=[filters.handle(role.iri) for role in compared.roles],
        alternates=negotiation.alternates(OFFERED),
    )


def _band(compared: Comparison, section: Section) -> Band:
    by_spread: dict[str, list[Item]] = {"all": [], "some": [], "one": [], "near": []}
    for item in section.items:
        by_spread["near" if compared.closeness(item) == "near" else compared.spread(item)].append(item)
    only = tuple(_only(compared, section, role, by_spread["one"]) for role in compared.roles)
    return Band(section, tuple(by_spread["all"]), tuple(by_spread["some"]), _near_items(compared, section, by_spread["near"]), only)


def _near_items(compared: Comparison, section: Section, items: Sequence[Item]) -> tuple[NearRow, ...]:
    """Return items with those near to them; of a pair of items of the section, each near to the other, only the first."""
    by_place = {(one.name, item.iri): item for one in compared.sections for item in one.items}
    shown = set[str]()
    rows = []
    for item in items:
        near = tuple((one, by_place[one.section, one.item.iri]) for one in item.near)
        if item.iri not in shown:
            shown.update(one.item.iri for one, other in near if one.section == section.name and compared.closeness(other) == "near")
            rows.append((item, near))
    return tuple(rows)


def _only(compared: Comparison, section: Section, role: Named, items: Sequence[Item]) -> Only:
    by_facet: dict[str, list[tuple[Item, Claim]]] = {}
    only = [item for item in items if item.roles == (role.iri,)]
    for item in only:
        for claim in item.claims:
            by_facet.setdefault(claim.facet, []).append((item, claim))
    facets = tuple((facet, tuple(by_facet[facet.name])) for facet in terms.facets() if facet.name in by_facet)
    return Only(role, len(only), facets, compared.stated(section, role.iri))


def _roles() -> tuple[list[Member], int]:
    """Return the roles to select from, and the total number if there are more, else 0."""
    roles, total = graph().catalogue.shortlist("role", OFFERED_ROLES)
    return roles, total if total > len(roles) else 0


def _pairs(roles: Sequence[Member]) -> list[tuple[Named, Named]]:
    """Return the pairs of roles that a source compares, each once."""
    offered = {role.iri: role for role in roles}
    about: dict[str, list[str]] = {}
    for source, role in graph().catalogue.compared():
        if role in offered:
            about.setdefault(source, []).append(role)
    pairs: dict[frozenset[str], tuple[Named, Named]] = {}
    for pair in about.values():
        if len(pair) == 2:
            named = sorted((offered[iri] for iri in pair), key=lambda role: (role.label.lower(), role.iri))
            pairs.setdefault(frozenset(pair), (named[0], named[1]))
    return list(pairs.values())
