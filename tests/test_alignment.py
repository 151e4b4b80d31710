"""Proposed matches between two sources: how they are found, kept, replaced and shown, and that nothing is joined by them."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import esco_tables
from rolegraph import equivalence, nearness, terms
from rolegraph.cli import main
from rolegraph.errors import BadParameter
from rolegraph.facade import Rolegraph, alignment
from rolegraph.facade.ntriples import NTRIPLES
from rolegraph.matching.alignment import propose
from rolegraph.matching.concepts import Concept
from rolegraph.matching.results import Candidate, TextMatch
from rolegraph.web import create_app

SOURCE = f"{terms.BASE}source/"
SET = f"{SOURCE}proposed-one-two"
HEAD = """@prefix rg: <https://w3id.org/rolegraph/ns#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dct: <http://purl.org/dc/terms/> .
<{0}> a rg:Source ; dct:title "Made up"@en .
"""
GRAPHS = {
    "one": """<https://one.example/nurse> a rg:Role, skos:Concept ; skos:prefLabel "ward nurse"@en ;
            rg:essentialSkill <https://one.example/wounds>, <https://one.example/charts>, <https://one.example/rounds> .
        <https://one.example/wounds> a rg:Skill, skos:Concept ; skos:prefLabel "dress wounds"@en ; skos:altLabel "wound dressing"@en .
        <https://one.example/charts> a rg:Skill, skos:Concept ; skos:prefLabel "Chartmaker"@en .
        <https://one.example/rounds> a rg:Skill, skos:Concept ; skos:prefLabel "wake early"@en .""",
    "two": """<https://two.example/nurses> a rg:Role, skos:Concept ; skos:prefLabel "Ward nurses"@en ;
            rg:responsibility <https://two.example/task> ; rg:tool <https://two.example/charts> .
        <https://two.example/task> a rg:Responsibility, skos:Concept ; skos:prefLabel "Clean and bandage cuts of patients."@en ;
            skos:broader <https://two.example/dressing> .
        <https://two.example/dressing> a rg:Responsibility, skos:Concept ; skos:prefLabel "Dress wounds."@en .
        <https://two.example/charts> a rg:Tool, skos:Concept ; skos:prefLabel "Chartmakers"@en .""",
}
PAIR = {"role": ["https://one.example/nurse", "https://two.example/nurses"]}
ROLES, CHARTS, DRESSING = (
    ("https://one.example/nurse", "https://two.example/nurses"),
    ("https://one.example/charts", "https://two.example/charts"),
    ("https://one.example/wounds", "https://two.example/dressing"),
)


def fill(graph: Rolegraph) -> None:
    for name, said in GRAPHS.items():
        graph.store(SOURCE + name, (HEAD.format(SOURCE + name) + said).encode())


@pytest.fixture
def graph() -> Iterator[Rolegraph]:
    opened = Rolegraph.open()
    fill(opened)
    yield opened
    opened.close()


def kept(graph: Rolegraph) -> dict[tuple[str, str], str]:
    rows = graph.select(
        "PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> PREFIX rg: <https://w3id.org/rolegraph/ns#>"
        f"SELECT ?s ?p ?o {{ GRAPH <{SET}> {{ ?m a rg:Mapping ; rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o . ?s ?p ?o }} }}"
    )
    return {(row["s"].value, row["o"].value): terms.shorten(row["p"].value) for row in rows}


def test_matches_are_proposed_across_kinds_and_kept_with_confidence_and_reason(graph: Rolegraph) -> None:
    aligned = graph.align("one", "two")
    found = {(each.subject, each.object): each for proposals in aligned.proposals.values() for each in proposals}
    assert found.keys() == {ROLES, CHARTS, DRESSING}
    assert kept(graph) == dict.fromkeys(found, "skos:closeMatch")
    assert all(0.8 <= each.confidence <= 1 and "best match of the other" in each.reason for each in found.values())
    assert [pair.text for pair in aligned.proposals] == ["role", "skill:tool", "skill:responsibility"]
    report = graph.validate(b"".join(graph.export(NTRIPLES, SET).pieces()), NTRIPLES)
    assert report.counts["Violation"] == 0, report.text()
    assert graph.catalogue.thing(SET).label == "Proposed matches between one and two"


def test_another_run_replaces_the_matches_of_the_last_and_the_same_run_changes_nothing(graph: Rolegraph) -> None:
    graph.align("one", "two")
    before = sorted(b"".join(graph.export(NTRIPLES, SET).pieces()).splitlines())
    graph.align("one", "two")
    assert sorted(b"".join(graph.export(NTRIPLES, SET).pieces()).splitlines()) == before
    graph.align("one", "two", ["skill:tool"], keep=False)
    assert len(kept(graph)) == 3
    graph.align("one", "two", ["skill:tool"])
    assert kept(graph).keys() == {CHARTS}
    graph.withdraw(SET)
    assert not kept(graph)


def test_nothing_is_joined_by_proposed_matches(graph: Rolegraph) -> None:
    client = create_app(graph).test_client()
    asked = [("/compare.json", PAIR), ("/compare.json", {**PAIR, "near": "off"}), ("/compare.csv", PAIR)]
    answers = [client.get(path, query_string=query).data for path, query in asked]
    gap = {"from": ROLES[0], "to": ROLES[1]}
    needs = client.get("/gap.json", query_string=gap).data
    graph.align("one", "two")
    assert [client.get(path, query_string=query).data for path, query in asked] == answers
    assert client.get("/gap.json", query_string=gap).data == needs
    assert SET not in equivalence.trusted(graph.engine.graphs(), {SET})


def test_comparisons_show_proposed_matches_where_they_are_asked_for(graph: Rolegraph) -> None:
    client = create_app(graph).test_client()
    asked = {**PAIR, "near": "proposed"}

    def items() -> dict[str, dict[str, Any]]:
        document = client.get("/compare.json", query_string=asked).get_json()
        assert document["near"] == "proposed"
        assert bool(document["notComparable"]) is not any(item.get("near") for section in document["sections"] for item in section["items"])
        return {item["id"]: item for section in document["sections"] for item in section["items"]}

    assert {item["closeness"] for item in items().values()} == {None}
    assert "near=proposed" not in client.get("/compare", query_string=PAIR, headers={"Accept": "text/html"}).text
    graph.align("one", "two")
    by_iri = items()
    assert {iri: item["closeness"] for iri, item in by_iri.items()} == {
        **dict.fromkeys((DRESSING[0], CHARTS[0], CHARTS[1], "https://two.example/task"), "near"),
        "https://one.example/rounds": "different",
    }
    [near] = by_iri[CHARTS[0]]["near"]
    about = {"relation": "proposed", "worth": nearness.WORTH["proposed"], "sources": [SET], "section": "tools"}
    assert {name: near[name] for name in about} == about
    assert near["confidence"] >= 0.8
    assert "Chartmaker" in near["justification"]
    [task] = by_iri[DRESSING[0]]["near"]
    assert (task["id"], "“Dress wounds.”" in task["justification"]) == ("https://two.example/task", True)
    page = client.get("/compare", query_string=asked, headers={"Accept": "text/html"}).text
    assert "% likely" in page
    assert "Proposed matches between one and two" in page
    assert "near=proposed" in client.get("/compare", query_string=PAIR, headers={"Accept": "text/html"}).text
    rows = list(csv.DictReader(io.StringIO(client.get("/compare.csv", query_string=asked).text)))
    assert "% likely" in next(row for row in rows if row["item"] == CHARTS[0])["near"]
    graph.withdraw(SET)
    assert {item["closeness"] for item in items().values()} == {None}


def test_gaps_and_agreement_count_proposed_matches_where_they_are_asked_for(graph: Rolegraph) -> None:
    client, browser = create_app(graph).test_client(), {"Accept": "text/html"}
    ends = {"from": ROLES[0], "to": ROLES[1]}
    assert client.get("/gap.json", query_string={**ends, "near": "proposed"}).get_json()["notComparable"]
    assert "near=proposed" not in client.get("/gap", query_string=ends, headers=browser).text
    graph.align("one", "two")
    [need] = client.get("/gap.json", query_string={**ends, "near": "proposed"}).get_json()["needs"]
    expected = {"id": CHARTS[1], "status": "nearly covered", "relation": "proposed", "worth": nearness.WORTH["proposed"]}
    assert {name: need[name] for name in expected} == expected
    assert need["via"]["id"] == CHARTS[0]
    assert need["confidence"] >= 0.8
    assert "near=proposed" in client.get("/gap", query_string=ends, headers=browser).text
    assert "proposed match" in client.get("/gap", query_string={**ends, "near": "proposed"}, headers=browser).text
    assert client.get("/gap.json", query_string={**ends, "near": "some"}).status_code == 400

    said = f"<{ROLES[0]}> rg:tool <{CHARTS[1]}> ."
    graph.store(f"{SOURCE}three", (HEAD.format(f"{SOURCE}three") + said).encode())
    assert client.get("/agreement.json", query_string={"role": ROLES[0]}).get_json()["near"] == []
    of_role = {"role": ROLES[0], "near": "proposed"}
    [pair] = client.get("/agreement.json", query_string=of_role).get_json()["near"]
    assert ({pair["item"]["id"], pair["near"]["id"]}, pair["relation"]) == (set(CHARTS), "proposed")
    assert "confidence" in client.get("/agreement", query_string=of_role, headers=browser).text


def test_without_near_items_a_gap_counts_equal_items_alone() -> None:
    graph = Rolegraph.open()
    roles = graph.role("ai-programmer"), graph.role("computer-vision-engineer")
    assert {need.status for need in graph.gap(*roles).needs} > {need.status for need in graph.gap(*roles, "off").needs}
    assert graph.agreement(roles[1], "off").near == ()


@pytest.mark.parametrize("confidence", ['"much"', '"NaN"^^<http://www.w3.org/2001/XMLSchema#double>', "7.5", "-0.5"])
def test_a_match_without_a_confidence_from_0_to_1_is_not_shown(graph: Rolegraph, confidence: str) -> None:
    ends = "rdf:subject <https://one.example/charts> ; rdf:object <https://two.example/charts>"
    said = f"@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . <#m> a rg:Mapping ; {ends} ; rg:confidence {confidence} ."
    graph.store(SET, (HEAD.format(SET) + said.replace("<#m>", f"<{SET}#m>")).encode())
    assert graph.compare(PAIR["role"], nearness.PROPOSED).apart
    graph.store(SET, (HEAD.format(SET) + said.replace("<#m>", f"<{SET}#m>").replace(confidence, "0.5")).encode())
    assert not graph.compare(PAIR["role"], nearness.PROPOSED).apart


def test_what_cannot_be_aligned_is_refused(graph: Rolegraph) -> None:
    with pytest.raises(BadParameter, match="no source"):
        graph.align("one", "three")
    with pytest.raises(BadParameter, match="same source"):
        graph.align("one", f"{SOURCE}one")
    for kinds in ("nonsense", "role:skill", "degree"):
        with pytest.raises(BadParameter, match="no match of"):
            graph.align("one", "two", [kinds])
    with pytest.raises(BadParameter, match="no concepts"):
        graph.align("one", "two", ["tool"])
    for threshold in (0, -1, 1.1, float("nan")):
        with pytest.raises(BadParameter, match="threshold"):
            graph.align("one", "two", threshold=threshold)
    assert SET not in graph.engine.graphs()


def test_our_vocabulary_is_a_source_too(graph: Rolegraph) -> None:
    said = '<https://two.example/t> a rg:Tool, skos:Concept ; skos:prefLabel "PyTorch"@en .'
    graph.store(f"{SOURCE}two", (HEAD.format(f"{SOURCE}two") + said).encode())
    aligned = graph.align(alignment.OURS, "two", ["tool"])
    [[proposal]] = aligned.proposals.values()
    assert (proposal.subject, proposal.object) == (f"{terms.BASE}tool/pytorch", "https://two.example/t")
    assert aligned.source == f"{SOURCE}proposed-rolegraph-two"


def run(store: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--store", str(store)])


def test_the_command_keeps_and_writes_matches(store_copy: Path, tmp_path: Path) -> None:
    graph = Rolegraph.open(store_copy)
    fill(graph)
    graph.close()
    tried = run(store_copy, "align", "one", "two", "--dry-run", "-f", "json")
    assert tried.exit_code == 0, tried.output
    document = json.loads(tried.stdout)
    assert {(match["subject"]["id"], match["object"]["id"]) for match in document["matches"]} == {ROLES, CHARTS, DRESSING}
    assert "nothing is kept" in tried.stderr
    assert run(store_copy, "withdraw", "proposed-one-two").exit_code == 2
    rows = list(csv.DictReader(io.StringIO(run(store_copy, "align", "one", "two", "-f", "csv").stdout)))
    assert {(row["id"], row["other id"]) for row in rows} == {ROLES, CHARTS, DRESSING}
    file = tmp_path / "matches.tsv"
    done = run(store_copy, "align", "one", "two", "--kind", "skill:tool", "-f", "sssom", "-o", str(file))
    assert done.exit_code == 0, done.output
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
    [match] = csv.DictReader(lines, delimiter="\t")
    assert (match["subject_id"], match["predicate_id"], match["object_id"]) == (CHARTS[0], "skos:closeMatch", CHARTS[1])
    assert match["mapping_justification"].startswith("semapv:Lexical")
    shown = run(store_copy, "align", "one", "two")
    assert "Ward nurses" in shown.stdout
    assert "3 proposed matches: source:proposed-one-two" in shown.stderr
    compared = run(store_copy, "compare", *PAIR["role"], "--near", "proposed", "-f", "json")
    assert json.loads(compared.stdout)["notComparable"] == []
    assert run(store_copy, "withdraw", "proposed-one-two").exit_code == 0


@pytest.mark.service
def test_an_import_proposes_matches_with_sources_that_are_there(store_copy: Path, tmp_path: Path) -> None:
    content = esco_tables.tables()
    content["skills_en.csv"][0]["preferredLabel"] = "PyTorch"
    folder = str(esco_tables.write(tmp_path / "1.1.1", content))
    refused = run(store_copy, "import", "esco", folder, "--align", "nonsense")
    assert (refused.exit_code, "no source" in refused.output) == (2, True)
    assert run(store_copy, "import", "esco", folder, "--align", "rolegraph", "-o", str(tmp_path / "x.nt")).exit_code == 2
    assert run(store_copy, "withdraw", "esco-1-1-1").exit_code == 2  # nothing was imported
    done = run(store_copy, "import", "esco", folder, "--align", "rolegraph")
    assert done.exit_code == 0, done.output
    assert "proposed matches with rolegraph: source:proposed-esco-1-1-1-rolegraph" in done.output
    assert run(store_copy, "withdraw", "proposed-esco-1-1-1-rolegraph").exit_code == 0


def concept(iri: str, *labels: str) -> Concept:
    return Concept(iri, labels)


def candidate(iri: str, confidence: float) -> Candidate:
    return Candidate(iri, iri, confidence, iri, f"like the label “{iri}”", {})


probabilities = st.dictionaries(st.sampled_from("xyz"), st.floats(0, 0.99), max_size=3)
tables = st.fixed_dictionaries(dict.fromkeys(("a1", "a2", "b1"), probabilities))
returns = st.fixed_dictionaries({name: st.dictionaries(st.sampled_from("ab"), st.floats(0, 0.99), max_size=2) for name in "xyz"})


def matching(table: Mapping[str, Mapping[str, float]]):  # type: ignore[no-untyped-def]
    def match(texts: Sequence[str]) -> list[TextMatch]:
        return [TextMatch(text, "review", tuple(candidate(*each) for each in table[text].items())) for text in texts]

    return match


@given(tables, returns, st.floats(0.01, 1))
def test_a_confidence_follows_from_all_labels_of_both_ends(
    there: dict[str, dict[str, float]], back: dict[str, dict[str, float]], threshold: float
) -> None:
    concepts, others = [concept("a", "a1", "a2"), concept("b", "b1")], [concept(iri, iri) for iri in "xyz"]
    found = propose(concepts, others, matching(there), matching(back), threshold=threshold, least=0)
    expected = {}
    for mine, labels in (("a", ("a1", "a2")), ("b", ("b1",))):
        for other in "xyz":
            said = [there[label][other] * (0.5 if place else 1) for place, label in enumerate(labels) if other in there[label]]
            if not said:
                continue
            doubt = 1.0
            for worth in said:
                doubt *= 1 - worth
            confidence = 1 - doubt * (1 - back[other][mine]) if mine in back[other] else 0.8 * (1 - doubt)
            confidence = round(min(0.99, confidence), 3)
            if confidence >= threshold:
                expected[mine, other] = confidence
    assert {(each.subject, each.object): each.confidence for each in found} == expected
    assert [each.subject for each in found] == sorted(each.subject for each in found)
    assert len({each.subject for each in found if each.is_mutual}) == len([each for each in found if each.is_mutual])


def test_a_concept_is_never_its_own_match() -> None:
    same = [concept("x", "x")]
    table = {"x": {"x": 0.99}}
    assert propose(same, same, matching(table), matching(table), threshold=0.1) == []
