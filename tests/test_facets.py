"""The table of the facets stands in the ontology; whatever repeats a part of it says the same.

The queries could join with the ontology instead. They do not: they would answer nothing on an older revision, or on somebody else's
endpoint, whose ontology has no such table; and some take up to twice as long (measured on the shipped data).
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from rdflib import RDF, RDFS, SH, Graph, Namespace, Node, URIRef
from rdflib.collection import Collection

from rolegraph import resources, terms
from rolegraph.analysis import weights
from rolegraph.web.pages import filters

RG = Namespace(terms.RG)
GENERAL = ("skill",)  # what facets are special cases of: a source may say no more
NAMES = [facet.name for facet in terms.facets()]
SECTIONS = [(facet.name, facet.section) for facet in terms.facets()]
COMPARABLE = [(facet.name, facet.section) for facet in terms.facets() if facet.comparable]
PLACED = [(*pair, str(place)) for place, pair in enumerate(SECTIONS, 1)]

VALUES = re.compile(r"VALUES\s+(\?\w+|\((?:\s*\?\w+)+\s*\))\s*\{([^{}]*)\}")
IN = re.compile(r"(\?\w+)\s+IN\s*\(([^()]*)\)")
PATH = re.compile(r"(rg:\w+(?:\|rg:\w+){2,})")


@pytest.fixture(scope="module")
def ontology() -> Graph:
    return Graph().parse(resources.folder("ontology") / "rolegraph.ttl")


@pytest.fixture(scope="module")
def shapes() -> Graph:
    return Graph().parse(resources.folder("ontology") / "shapes" / "role.ttl")


def tables(path: Path) -> list[list[tuple[str, ...]]]:
    """Return each table of properties of roles: the rows of a VALUES block, the terms of an IN, or the properties of a path."""
    found: list[list[tuple[str, ...]]] = []
    found += [[(name.removeprefix("rg:"),) for name in each.split("|")] for each in PATH.findall(path.read_text("utf-8"))]
    for pattern in (VALUES, IN):
        for header, content in pattern.findall(path.read_text("utf-8")):
            rows = re.findall(r"\(([^()]*)\)", content) if header.startswith("(") else re.split(r"[\s,]+", content.strip())
            parsed = [tuple(word.partition(":")[2] or word for word in row.split()) for row in rows]
            if len({row[0] for row in parsed if row} & {*NAMES, "relatedRole"}) > 2:
                found.append(parsed)
    return found


def lines(names: Sequence[str]) -> list[tuple[str, ...]]:
    return [(name,) for name in names]


TOLD: dict[str, Sequence[tuple[str, ...]]] = {
    "compare.rq": PLACED,
    "compare-graph.rq": lines(NAMES),
    "facts-by-age.rq": COMPARABLE,
    "only-in-one.rq": COMPARABLE,
    "role-facts.rq": PLACED,
    "said-by-one.rq": COMPARABLE,
    "said-by-several.rq": COMPARABLE,
    "shared-by-all.rq": COMPARABLE,
    "fact-without-claim-violation.rq": lines([*NAMES, *GENERAL]),
    "undefined-concept-violation.rq": lines([*NAMES, *GENERAL]),
}
"""By query what each of its tables says, in the order of the facets; the general properties may stand anywhere in it."""

PARTS: dict[str, Callable[[tuple[str, ...]], bool]] = {
    # what somebody brings along or has to learn, in an order of its own
    "items-missing.rq": lambda row: row[0] in (*weights.LEARNT, "degree"),
    # what a source asks of a role, and what others ask of it, too
    "most-wanted.rq": lambda row: row[0] in weights.SKILLS,
    "wanted-together.rq": lambda row: row[0] in weights.SKILLS,
    # degrees alone
    "degrees-enough.rq": lambda row: row[0].endswith("egree"),
    "roles-by-degree.rq": lambda row: row[0].endswith("egree"),
    # what cannot be meant at once, and what a requirement group can be about
    "disagreements.rq": lambda row: row[0] in (*weights.LEARNT, "degree"),
    # what an import may state of a role, with properties that are not compared
    "fact-undescribed-violation.rq": lambda row: row[0] in NAMES or row[0] in ("relatedRole", "preparation", "salary"),
}
"""Queries with a table of some facets alone, and what has to hold for each of its rows."""

FILES = [*resources.files("queries", "**/*.rq"), *resources.files("ontology", "checks/**/*.rq")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_table_of_facets_in_a_query_says_what_the_ontology_says(path: Path) -> None:
    """A query with a new table of facets has to be named above: which of them it means is a decision."""
    found = tables(path)
    if path.name in PARTS:
        assert found
        assert all(PARTS[path.name](row) for table in found for row in table)
    elif path.name in TOLD:
        assert found
        for table in found:
            general = [row for row in table if row[0] in GENERAL]
            assert [row for row in table if row not in general] == [row for row in TOLD[path.name] if row[0] not in GENERAL]
            assert general == [row for row in TOLD[path.name] if row[0] in GENERAL]
    else:
        assert found == []


def test_the_classes_that_an_import_may_point_to_are_those_of_the_ontology(ontology: Graph) -> None:
    path = resources.folder("ontology") / "checks" / "imports" / "fact-undescribed-violation.rq"
    pairs = {row[0]: row[1] for table in tables(path) for row in table if len(row) == 2}
    for facet in terms.facets():
        if facet.name in pairs:
            assert [class_.removeprefix(terms.RG) for class_ in facet.classes] == [pairs[facet.name]]


def test_the_shapes_of_a_role_take_the_same_properties_in_the_same_order_with_the_same_classes(shapes: Graph) -> None:
    orders: dict[str, float] = {}
    classes: dict[str, set[str]] = {}
    for shape in shapes.objects(RG_SHAPES.RoleShape, SH.property):
        path = str(shapes.value(shape, SH.path))
        if path.startswith(terms.RG):
            orders[path.removeprefix(terms.RG)] = float(str(shapes.value(shape, SH.order)))
            classes.setdefault(path, set()).update(str(class_) for class_ in _classes(shapes, shape))
    assert sorted(NAMES, key=lambda name: orders[name]) == NAMES
    assert [set(facet.classes) for facet in terms.facets()] == [classes[facet.property] for facet in terms.facets()]
    targets = {str(property_).removeprefix(terms.RG) for property_ in shapes.objects(RG_SHAPES.RoleShape, SH.targetSubjectsOf)}
    assert targets == {*NAMES, *GENERAL, "salary"} - {"level", "outlook"}  # a posting has a level, too, and a skill an outlook


def test_a_claim_takes_every_property_of_roles_and_a_group_those_that_are_asked_for() -> None:
    claim, group = (_predicates(f"{name}.ttl", shape) for name, shape in (("claim", "Claim"), ("requirement-group", "RequirementGroup")))
    assert sorted(claim) == sorted({*NAMES, *GENERAL})
    asked = {facet.name for facet in terms.facets() if facet.section in ("skills", "education", "tools")}
    assert sorted(group) == sorted({*asked, *GENERAL})


def _predicates(file: str, shape: str) -> list[str]:
    """Return the properties that the shape of a claim or a requirement group takes as its predicate."""
    graph = Graph().parse(resources.folder("ontology") / "shapes" / file)
    [listed] = graph.objects(RG_SHAPES[f"{shape}-predicate"], SH["in"])
    return [str(property_).removeprefix(terms.RG) for property_ in Collection(graph, listed)]


def test_the_analyses_weigh_what_can_be_compared_and_what_is_a_special_case_of_it(ontology: Graph) -> None:
    comparable = {facet.name for facet in terms.facets() if facet.comparable}
    assert set(weights.FACETS) - comparable == {"toolInDemand"}
    assert comparable <= set(weights.FACETS)
    assert ontology.value(RG.toolInDemand, RDFS.subPropertyOf) == RG.tool


def test_the_table_is_whole_and_in_order(ontology: Graph) -> None:
    kinds = {type_ for kind in terms.KINDS.values() for type_ in kind.types} | {terms.RG + "Outlook"}
    sections = Graph().parse(resources.folder("data") / "vocabularies" / "section.ttl")
    assert [str(order) for _, order in sorted(ontology.subject_objects(SH.order), key=lambda pair: int(str(pair[1])))] == [
        str(place) for place in range(1, len(NAMES) + 1)
    ]
    for facet in terms.facets():
        assert facet.label
        assert facet.classes
        assert set(facet.classes) <= kinds
        assert (URIRef(terms.KINDS["section"].namespace + facet.section), RDF.type, RG.Section) in sections
    of_section = [facet.section for facet in terms.facets()]
    assert of_section == sorted(of_section, key=terms.sections().index), "the facets of a section stand together"
    assert filters.FACETS.keys() == set(NAMES)


RG_SHAPES = Namespace(terms.BASE + "shapes#")


def _classes(shapes: Graph, shape: Node) -> list[Node]:
    """Return the classes that a property shape takes: one, or any of several."""
    found = list(shapes.objects(shape, SH["class"]))
    for choice in shapes.objects(shape, SH["or"]):
        found += [class_ for each in Collection(shapes, choice) for class_ in shapes.objects(each, SH["class"])]
    return found
