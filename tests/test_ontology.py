"""The ontology, its alignments, the JSON-LD context and the hygiene checks over everything that the project ships."""

import difflib
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pyoxigraph as ox
import pytest
import yaml
from rdflib import OWL, RDF, Graph, URIRef
from rdflib.compare import isomorphic

from rolegraph import queries, resources, terms

BAD = Path(__file__).parent / "checks"
VALID = sorted((Path(__file__).parent / "shapes").glob("*/valid.ttl"))
CHECKS = {path.stem.removesuffix("-violation"): path for path in resources.files("ontology", "checks/*.rq")}
IMPORT_CHECKS = {path.stem.removesuffix("-violation"): path for path in resources.files("ontology", "checks/imports/*.rq")}
BAD_IMPORTS = sorted(BAD.glob("imports/*/*.trig"))
CONTEXT = json.loads((resources.folder("ontology") / "context.jsonld").read_text(encoding="utf-8"))["@context"]


def load(store: ox.Store, path: Path, graph: str | None = None) -> None:
    """Read a file into its named graph and into the default graph, which is the union of all as a set."""
    format_ = ox.RdfFormat.TRIG if path.suffix == ".trig" else ox.RdfFormat.TURTLE
    for quad in ox.parse(path=str(path), format=format_, rename_blank_nodes=True):
        name = ox.NamedNode(graph) if graph else quad.graph_name
        store.add(ox.Quad(quad.subject, quad.predicate, quad.object, name))
        store.add(ox.Quad(quad.subject, quad.predicate, quad.object))


@pytest.fixture(scope="module")
def everything() -> ox.Store:
    store = ox.Store()
    for path in resources.files("ontology", "*.ttl"):
        load(store, path, terms.BASE + "ns")
    for path in resources.files("ontology", "alignments/*.ttl"):
        load(store, path, f"{terms.BASE}ns/alignments/{path.stem}")
    for path in resources.files("ontology", "shapes/*.ttl"):
        load(store, path, terms.BASE + "shapes")
    for path in resources.files("data", "vocabularies/*.ttl"):
        load(store, path, terms.BASE + path.stem)
    for path in [*resources.files("data", "mappings/*.ttl"), *resources.files("data", "sources/*.ttl")]:
        load(store, path, f"{terms.BASE}source/{path.stem}")
    return store


@pytest.fixture(scope="module")
def ontology() -> Graph:
    return Graph().parse(resources.folder("ontology") / "rolegraph.ttl")


def messages(store: ox.Store, check: str, checks: Mapping[str, Path] = CHECKS) -> list[str]:
    rows = store.query(checks[check].read_text(encoding="utf-8"))
    assert isinstance(rows, ox.QuerySolutions)
    found = [(row["subject"], row["message"]) for row in rows]
    assert all(subject is not None and isinstance(message, ox.Literal) for subject, message in found)
    return [message.value for _, message in found if isinstance(message, ox.Literal)]


@pytest.mark.parametrize("check", CHECKS)
def test_the_project_keeps_its_rules(check: str, everything: ox.Store) -> None:
    assert messages(everything, check) == []


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_can_fail(check: str) -> None:
    store = ox.Store()
    load(store, BAD / f"{check}.trig")
    assert messages(store, check)


def test_a_valid_import_meets_every_rule_for_imports() -> None:
    store = ox.Store()
    load(store, BAD / "imports" / "valid.trig")
    assert {check: messages(store, check, IMPORT_CHECKS) for check in IMPORT_CHECKS} == {check: [] for check in IMPORT_CHECKS}


@pytest.mark.parametrize("path", BAD_IMPORTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_bad_import_breaks_the_rule_of_its_folder_alone_and_differs_in_few_lines(path: Path) -> None:
    store = ox.Store()
    load(store, path)
    assert [check for check in IMPORT_CHECKS if messages(store, check, IMPORT_CHECKS)] == [path.parent.name]
    bound = queries.bind(IMPORT_CHECKS[path.parent.name].read_text("utf-8"), "source", "https://w3id.org/rolegraph/source/example")
    rows = store.query(bound)
    assert isinstance(rows, ox.QuerySolutions)
    assert sorted(str(row["message"].value) for row in rows) == sorted(messages(store, path.parent.name, IMPORT_CHECKS))
    valid, own = (each.read_text("utf-8").splitlines() for each in (BAD / "imports" / "valid.trig", path))
    changes = [line[0] for line in difflib.ndiff(valid, own) if line[0] in "+-"]
    assert 1 <= max(changes.count("-"), changes.count("+")) <= 2


@pytest.mark.parametrize("path", [*CHECKS.values(), *IMPORT_CHECKS.values()], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_each_check_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    header = yaml.safe_load("\n".join(line.removeprefix("#+ ") for line in text.splitlines() if line.startswith("#+ ")))
    assert set(header) == {"summary", "scope"}
    assert header["scope"] in ({"import"} if path.parent.name == "imports" else {"ontology", "data"})
    assert re.fullmatch(r"[A-Z].*\.", header["summary"])


def test_there_is_data_to_check() -> None:
    assert len(resources.files("data", "vocabularies/*.ttl")) >= 13
    assert len(resources.files("data", "sources/*.ttl")) >= 5
    assert {path.stem for path in BAD.glob("*.trig")} == set(CHECKS)
    assert {path.parent.name for path in BAD_IMPORTS} == set(IMPORT_CHECKS)


def test_the_guide_names_checks_and_shapes_that_exist_and_every_check() -> None:
    guide = (resources.folder("ontology") / "guide.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`([a-z-]+)-violation`", guide)) == set(CHECKS)
    assert set(re.findall(r"`imports/([a-z-]+)-violation`", guide)) == set(IMPORT_CHECKS)
    shapes = "".join(path.read_text(encoding="utf-8") for path in resources.files("ontology", "shapes/*.ttl"))
    assert [shape for shape in re.findall(r"`(rgsh:[\w-]+)`", guide) if f"{shape} a sh:" not in shapes] == []


def test_every_word_of_the_code_is_declared(ontology: Graph) -> None:
    used = [facet.property for facet in terms.facets()]
    used += [type_ for kind in terms.KINDS.values() for type_ in kind.types if type_.startswith(terms.RG)]
    assert [term for term in used if (URIRef(term), RDF.type, None) not in ontology] == []


def test_the_ontology_has_a_version_and_terms_have_none(ontology: Graph) -> None:
    [version] = ontology.objects(URIRef(terms.RG.rstrip("#")), OWL.versionIRI)
    [number] = ontology.objects(URIRef(terms.RG.rstrip("#")), OWL.versionInfo)
    assert str(version) == f"{terms.RG.rstrip('#')}/{number}"


def test_the_examples_of_the_ontology_are_turtle(ontology: Graph) -> None:
    prefixes = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in terms.prefixes().items())
    examples = list(ontology.objects(None, URIRef(terms.prefixes()["skos"] + "example")))
    assert all(len(Graph().parse(data=prefixes + str(example), format="turtle")) > 0 for example in examples)
    assert len(examples) >= 40


def test_the_context_has_the_prefixes_of_the_project() -> None:
    namespaces = {term: iri for term, iri in CONTEXT.items() if isinstance(iri, str) and iri.endswith(("/", "#"))}
    assert namespaces == terms.prefixes()


def test_the_context_has_a_word_for_every_term(ontology: Graph) -> None:
    named = {term if isinstance(term, str) else term["@id"] for word, term in CONTEXT.items() if word != "@version"}
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)
    declared = {terms.shorten(str(term)) for kind in kinds for term in ontology.subjects(RDF.type, kind)}
    assert declared <= named


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.parent.name)
def test_an_entry_survives_the_way_through_json_ld(path: Path) -> None:
    entry = Graph().parse(path)
    written = entry.serialize(format="json-ld", context=CONTEXT, auto_compact=False)
    assert isomorphic(Graph().parse(data=written, format="json-ld"), entry)


PLAIN = {
    "id": "role:data-engineer",
    "type": ["Concept", "Role"],
    "prefLabel": {"en": "Data engineer", "fr": "Ingénieur de données"},
    "altLabel": {"en": ["Data pipeline engineer", "ETL engineer"]},
    "essentialSkill": ["skill:data-modelling", "tool:python"],
    "tools": "tool:docker",
    "industries": ["industry:healthcare"],
    "outlook": {
        "id": "source:an-article#outlook-1-employment",
        "type": "Outlook",
        "label": {"en": "more jobs"},
        "ofMeasure": "measure:employment",
        "value": "23.5",
        "inUnit": "unit:percent",
        "periodEnd": 2032,
    },
}
TURTLE = """
    role:data-engineer a skos:Concept, rg:Role ;
        skos:prefLabel "Data engineer"@en, "Ingénieur de données"@fr ;
        skos:altLabel "Data pipeline engineer"@en, "ETL engineer"@en ;
        rg:essentialSkill skill:data-modelling, tool:python ;
        rg:tool tool:docker ;
        rg:industry industry:healthcare ;
        rg:outlook <https://w3id.org/rolegraph/source/an-article#outlook-1-employment> .
    <https://w3id.org/rolegraph/source/an-article#outlook-1-employment> a rg:Outlook ;
        rdfs:label "more jobs"@en ; rg:measure measure:employment ;
        rg:value 23.5 ; rg:unit unit:percent ; rg:periodEnd "2032"^^xsd:gYear .
"""


def test_a_role_in_plain_json_is_the_role_in_turtle() -> None:
    prefixes = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in terms.prefixes().items())
    document = json.dumps({"@context": CONTEXT, **PLAIN})
    turtle = Graph().parse(data=prefixes + TURTLE, format="turtle")
    assert isomorphic(Graph().parse(data=document, format="json-ld"), turtle)
    other_parser = Graph()
    for quad in ox.parse(document, format=ox.RdfFormat.JSON_LD):
        other_parser.parse(data=f"{quad.triple} .", format="nt")
    assert isomorphic(other_parser, turtle)
