"""Minimal pairs for the shapes: per shape file one valid entry, and per constraint one that differs in a line or so."""

import difflib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from rdflib import RDF, SH, Graph, URIRef

from rolegraph import resources, terms
from rolegraph.validation.findings import ENTRY, Finding, ValidationReport
from rolegraph.validation.shapes import Shapes

CASES = Path(__file__).parent / "shapes"
VALID = sorted(CASES.glob("*/valid.ttl"))
INVALID = sorted(path for path in CASES.glob("*/*.ttl") if path.name != "valid.ttl")
EXPECT = re.compile(r"# expect: focus=(\S+) path=(\S+) component=(\w+) severity=(\w+)")
BUDGET = 3


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    return Shapes()


@pytest.fixture(scope="module")
def known() -> Graph:
    return Graph().parse(CASES / "context.ttl")


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def expected(path: Path) -> list[tuple[str, ...]]:
    return sorted(match.groups() for match in EXPECT.finditer(path.read_text(encoding="utf-8")))


def found(finding: Finding) -> tuple[str, ...]:
    focus = "_:" if finding.focus.startswith("_:") else terms.shorten(finding.focus)
    return focus, terms.shorten(finding.path) if finding.path else "-", finding.component, finding.severity


def body(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith(("#", "PREFIX"))]


@pytest.fixture(scope="module")
def report_of(shapes: Shapes, known: Graph) -> Callable[[Path], ValidationReport]:
    """A function that checks the entry of a case, once."""
    return cache(lambda path: shapes.check(Graph().parse(path), known))


def checked(shapes: Shapes, known: Graph, entry: str) -> ValidationReport:
    prefixes = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in terms.prefixes().items())
    return shapes.check(Graph().parse(data=prefixes + entry, format="turtle"), known)


@pytest.mark.parametrize("path", VALID, ids=name)
def test_a_valid_entry_conforms_without_findings(path: Path, shapes: Shapes, known: Graph) -> None:
    report = shapes.check(Graph().parse(path), known)
    assert report.findings == ()
    assert report.conforms
    assert report.checked >= 1


@pytest.mark.parametrize("path", INVALID, ids=name)
def test_an_invalid_entry_gives_exactly_the_expected_results(path: Path, report_of: Callable[[Path], ValidationReport]) -> None:
    report = report_of(path)
    assert expected(path), "the case expects nothing"
    assert sorted(map(found, report.findings)) == expected(path)
    assert report.conforms == all(severity != "Violation" for *_, severity in expected(path))


@pytest.mark.parametrize("path", INVALID, ids=name)
def test_an_invalid_entry_differs_from_the_valid_one_in_few_lines(path: Path) -> None:
    changes = [line[0] for line in difflib.ndiff(body(path.parent / "valid.ttl"), body(path)) if line[0] in "+-"]
    assert 1 <= max(changes.count("-"), changes.count("+")) <= BUDGET


def test_every_shape_file_has_its_cases() -> None:
    assert {path.stem for path in resources.files("ontology", "shapes/*.ttl")} == {path.parent.name for path in VALID}
    assert {path.parent for path in VALID} == {path.parent for path in INVALID}


def test_every_shape_is_exercised_by_a_case(report_of: Callable[[Path], ValidationReport]) -> None:
    graph = Graph()
    for path in resources.files("ontology", "shapes/*.ttl"):
        graph.parse(path)
    with_message = {str(shape) for shape in graph.subjects(SH.message)}
    failed = {finding.shape for path in INVALID for finding in report_of(path).findings}
    assert with_message == failed - {ENTRY}


def test_every_shape_is_named_after_its_file_and_its_property() -> None:
    for path in resources.files("ontology", "shapes/*.ttl"):
        graph = Graph().parse(path)
        [of_file] = {str(shape).partition("#")[2].partition("-")[0] for shape in graph.subjects(RDF.type, SH.PropertyShape)}
        shapes = [str(shape).partition("#")[2] for shape in graph.subjects(RDF.type, SH.NodeShape)]
        assert f"{of_file}Shape" in shapes
        assert all(shape.startswith(of_file) and shape.endswith("Shape") for shape in shapes)


NAMED = 'skos:prefLabel "X"@en ; skos:definition "An example."@en'
ROLE = f"role:x a rg:Role ; {NAMED}"
AMOUNT = "a schema:MonetaryAmountDistribution ; schema:name 'base' ; schema:duration 'P1Y'^^xsd:duration ; rg:observations 9"
OUTLOOK = "a rg:Outlook ; rdfs:label 'growth'@en ; rg:measure measure:employment ; schema:about role:data-engineer"
PERCENT = f"{OUTLOOK} ; rg:value 23 ; rg:unit unit:percent"
STATEMENT = (
    "item:s a rg:Statement ; dct:isPartOf source:an-article ; rg:role role:data-engineer ; rg:section section:skills ; rg:position 1 ; "
    f"rg:fingerprint '{'a' * 64}'"
)
CLAIM = "item:c a rg:Claim ; rdf:subject role:data-engineer ; rdf:predicate rg:tool ; rdf:object tool:python"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            f"<http://acme.example/pay> {AMOUNT} ; schema:currency 'USD' ; schema:median 1111111000 .",
            ["salary", "implausibly", "10 million"],
        ),
        ("role:x a rg:Role ; skos:definition 'An example.'@en .", ["role", "no name", "Data engineer"]),
        (f"{ROLE} ; skos:prefLabel 'Y'@en .", ["two names", "same language", "keep one"]),
        (f"{ROLE} ; rg:essentialSkill tool:python ; rg:optionalSkill tool:python .", ["same skill", "essential", "optional", "one source"]),
        (f"{ROLE} ; rg:tool industry:healthcare .", ["tool", "not a known tool", "tool:python"]),
        (f"{ROLE} ; rg:requiredDegree degree:of-life .", ["degree", "not known", "degree:bachelor"]),
        (f"item:a {OUTLOOK} ; rg:value 23 .", ["value", "without a unit", "percent"]),
        (f"item:a {OUTLOOK} .", ["says nothing", "direction:rising", "unit:percent", "judgement:competitive"]),
        (f"item:a {OUTLOOK} ; rg:value 23 ; rg:unit 'USD' .", ["unit:usd", "unit:percent", "instead of"]),
        (f"item:a {PERCENT} ; rg:region 'US' .", ["region:us", "instead of"]),
        (f"{ROLE} ; rg:focus industry:healthcare .", ["focus", "For an industry, name the application", "rg:industry"]),
        (f"{STATEMENT} ; rg:supports item:c . {CLAIM} .", ["no fact of this entry", "role:data-engineer rg:tool tool:python"]),
        (f"{STATEMENT} .", ["supports nothing", "claim", "editorialNote"]),
    ],
    ids=[
        *("implausible salary", "no name", "two names", "essential and optional", "tool is an industry", "unknown degree", "no unit"),
        *("says nothing", "unit as text", "region as text", "focus on an industry", "claim is no fact", "supports nothing"),
    ],
)
def test_the_message_tells_a_recruiter_what_is_wrong(entry: str, words: list[str], shapes: Shapes, known: Graph) -> None:
    report = checked(shapes, known, f"PREFIX item: <https://w3id.org/rolegraph/source/an-article#>\n{entry}")
    assert not report.conforms
    [finding] = report.findings
    assert [word for word in words if word not in finding.message] == []
    assert finding.message in report.text()


@pytest.mark.parametrize("entry", ["", "<http://acme.example/jobs/1> skos:prefLabel 'Data engineer'@en ."], ids=["empty", "of no class"])
def test_an_entry_of_which_nothing_is_known_does_not_conform(entry: str, shapes: Shapes, known: Graph) -> None:
    report = checked(shapes, known, entry)
    [finding] = report.findings
    assert not report.conforms
    assert report.checked == 0
    assert "rg:Role" in finding.message


def test_a_word_that_the_ontology_does_not_have_is_pointed_out(shapes: Shapes, known: Graph) -> None:
    report = checked(shapes, known, f"{ROLE} ; rg:esentialSkill tool:python .")
    [finding] = report.findings
    assert report.conforms
    assert finding.severity == "Warning"
    assert "did you mean rg:essentialSkill?" in finding.message


@pytest.mark.parametrize(
    "entry",
    [
        f"{STATEMENT} ; skos:editorialNote 'Names nothing that the vocabulary has.'@en .",
        f"{STATEMENT} ; rg:supports item:c . {CLAIM} . role:data-engineer rg:tool tool:python .",
        f"item:a {OUTLOOK} ; rg:judgement judgement:competitive .",
        f"item:a {PERCENT} ; rg:authority item:b . item:b a schema:Organization .",
        f"item:a {PERCENT} . skill:neural-networks rg:outlook item:a ; skos:definition 'Networks that learn.'@en .",
        "item:m a rg:Mapping ; rdf:subject role:data-engineer ; rdf:object sssom:NoTermFound ; rg:justification 'ESCO has none.'@en .",
        f"tool:x a skos:Concept, rg:Tool ; {NAMED} ; rg:status status:deprecated ; owl:deprecated true ; dct:isReplacedBy tool:python .",
        f"{ROLE} ; rg:essentialSkill tool:web-framework ; rg:optionalSkill tool:python ; rg:focus tool:programming-language .",
    ],
    ids=["note", "claim", "judgement", "authority", "outlook of a skill", "nothing found", "deprecated", "categories of tools"],
)
def test_what_the_model_allows_is_not_remarked_on(entry: str, shapes: Shapes, known: Graph) -> None:
    report = checked(shapes, known, f"PREFIX item: <https://w3id.org/rolegraph/source/an-article#>\n{entry}")
    assert report.findings == ()
    assert report.checked >= 1


def test_an_entry_of_the_old_model_is_accepted_with_a_remark_on_what_to_write_instead(shapes: Shapes, known: Graph) -> None:
    role = "role:data-engineer rg:tool tool:python ; rg:outlook item:a ."
    outlook = f"item:a {OUTLOOK} ; rg:trend 'rising' ."
    statement = f"{STATEMENT} ; rg:asserts tool:python, item:a ; rg:proficiency proficiency:familiarity ."
    report = checked(shapes, known, f"PREFIX item: <https://w3id.org/rolegraph/source/an-article#>\n{role} {outlook} {statement}")
    assert report.conforms
    assert sorted(terms.shorten(finding.path or "") for finding in report.findings) == ["rg:asserts", "rg:proficiency", "rg:trend"]
    assert all("deprecated" in finding.message for finding in report.findings)


@pytest.mark.parametrize("kind", ["role:x a rg:Role", "skill:x a rg:Skill"])
def test_a_role_or_a_skill_may_stand_in_a_group_of_a_classification(kind: str, shapes: Shapes, known: Graph) -> None:
    report = checked(shapes, known, f"{kind} ; {NAMED} ; skos:broader isco:C2512 . isco:C2512 a rg:Group ; {NAMED} .")
    assert (report.findings, report.checked) == ((), 2)


def test_only_the_entry_is_reported_on_though_the_context_counts(shapes: Shapes) -> None:
    entry = Graph().parse(data=f"PREFIX rg: <{terms.RG}>\n<http://a.example/r> rg:tool <http://a.example/t> .", format="turtle")
    context = Graph().parse(
        data=f"""PREFIX rg: <{terms.RG}> PREFIX skos: <{terms.prefixes()["skos"]}>
        <http://a.example/r> a rg:Role ; skos:prefLabel "R"@en ; skos:definition "An example."@en .
        <http://a.example/t> a rg:Tool .""",
        format="turtle",
    )
    report = shapes.check(entry, context)
    assert (report.findings, report.checked) == ((), 1)


@pytest.mark.parametrize("path", [CASES / "role" / "tool-is-an-industry.ttl", CASES / "concept" / "match-as-text.ttl"], ids=name)
def test_the_report_is_a_shacl_report_and_json(path: Path, shapes: Shapes, known: Graph) -> None:
    report = shapes.check(Graph().parse(path), known)
    graph = Graph().parse(data=report.turtle(), format="turtle")
    [result] = graph.objects(None, SH.result)
    [finding] = report.findings
    assert str(graph.value(result, SH.focusNode)) == finding.focus
    assert str(graph.value(result, SH.resultMessage)) == finding.message
    assert graph.value(result, SH.sourceShape) == URIRef(finding.shape)
    assert graph.value(result, SH.resultPath) is not None
    assert report.as_dict()["counts"] == {"Violation": 1, "Warning": 0, "Info": 0}
    assert report.as_dict()["findings"][0]["short"]["focus"] == terms.shorten(finding.focus)


def test_threads_get_the_reports_that_one_alone_gets(shapes: Shapes, known: Graph) -> None:
    entries = [Graph().parse(path) for path in INVALID[::8]]
    alone = [shapes.check(entry, known) for entry in entries]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda entry: shapes.check(entry, known), entries)) == alone
