"""The shipped data: every item of the sources is backed, every claim can be checked against them, and nothing is copied."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rdflib import RDF, Graph, Namespace, URIRef

from rolegraph import fingerprints, terms
from rolegraph.facade import Rolegraph
from rolegraph.shipped import audit, turtle_layout

RG = Namespace(terms.RG)
SCHEMA = Namespace("https://schema.org/")
COPIED = 9  # that many words in a row, as in a source, are a sentence of it


@pytest.fixture(scope="module")
def originals(demand: Any) -> dict[str, Any]:
    """The items and advertisements of the five articles as somebody listed them, with position and fingerprint."""
    folder = demand("ROLEGRAPH_TEST_SOURCES", "the five articles, with items.json")
    found: dict[str, Any] = json.loads((folder / "items.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def sources() -> dict[str, Graph]:
    return {path.stem: audit.read(path) for path in audit.data_files() if path.parent.name == "sources"}


def statements(sources: dict[str, Graph]) -> list[tuple[str, str | None, str, int, str]]:
    """Article, role (None where the item speaks of all roles), section, position and fingerprint of every statement."""
    found = []
    for slug, graph in sources.items():
        for node in graph.subjects(RDF.type, RG.Statement):
            roles = [terms.slug_of(str(role)) for role in graph.objects(node, RG.role)]
            section = terms.slug_of(str(graph.value(node, RG.section)))
            role = None if section in ("tips", "outlook") else roles[0]
            found.append((slug, role, section, int(str(graph.value(node, RG.position))), str(graph.value(node, RG.fingerprint))))
    return found


def test_every_item_has_its_statement_and_none_is_made_up(originals: dict[str, Any], sources: dict[str, Graph]) -> None:
    expected = [
        (item["article"], item["role"] and terms.slugify(item["role"]), item["section"], item["position"], fingerprints.of(item["text"]))
        for item in originals["items"]
    ]
    assert len(expected) == 240
    assert Counter(statements(sources)) == Counter(expected)
    assert [item["fingerprint"] for item in originals["items"]] == [row[-1] for row in expected]


def test_every_advertisement_is_carried_by_the_articles_that_carry_it(originals: dict[str, Any], sources: dict[str, Graph]) -> None:
    found = Counter(
        (slug, str(graph.value(posting, SCHEMA.hiringOrganization)), str(graph.value(posting, SCHEMA.jobLocation)))
        for slug, graph in sources.items()
        for posting in graph.subjects(RDF.type, SCHEMA.JobPosting)
    )
    expected = Counter((posting["article"], posting["organisation"], posting["place"]) for posting in originals["postings"])
    assert found == expected
    assert found.total() == 26


MOJIBAKE = "โ€“"  # how one listed title spells a dash


def test_amounts_are_those_stated_and_a_placeholder_is_left_out(originals: dict[str, Any], sources: dict[str, Graph]) -> None:
    for posting in originals["postings"]:
        graph = sources[posting["article"]]
        node = next(
            node
            for node in graph.subjects(SCHEMA.hiringOrganization, None)
            if str(graph.value(node, SCHEMA.hiringOrganization)) == posting["organisation"]
            and terms.slugify(str(graph.value(node, SCHEMA.title))) == terms.slugify(posting["title"].replace(MOJIBAKE, ""))
        )
        low, high = (int(number) * 1000 for number in re.findall(r"(\d+)K", posting["salary"]))
        salary = graph.value(node, SCHEMA.baseSalary)
        if low > 1_000_000_000:
            assert salary is None
            assert graph.value(node, URIRef("http://www.w3.org/2004/02/skos/core#editorialNote"))
            continue
        amount = graph.value(salary, SCHEMA.value)
        assert (float(str(graph.value(amount, SCHEMA.minValue))), float(str(graph.value(amount, SCHEMA.maxValue)))) == (low, high)


def test_empty_lists_stay_empty(graph: Rolegraph) -> None:
    source = "https://w3id.org/rolegraph/source/machine-learning-engineer-vs-ai-programmer"
    said = graph.engine.rows(f"SELECT ?x {{ GRAPH <{source}> {{ ?role <{terms.RG}industry> ?x }} }}")
    assert said == []
    assert not graph.compare(["machine-learning-engineer", "ai-architect"]).stated(
        next(section for section in graph.compare(["machine-learning-engineer", "ai-architect"]).sections if section.name == "industries"),
        terms.BASE + "role/machine-learning-engineer",
    )


def test_everything_is_backed(graph: Rolegraph) -> None:
    rows = graph.rows("coverage")
    assert sum(int(row["items"].value) for row in rows) == 240
    assert [row for row in rows if row["items"] != row["backed"]] == []


def test_one_responsibility_is_said_by_five_articles(graph: Rolegraph) -> None:
    found = graph.engine.rows(
        f"SELECT DISTINCT ?source {{ GRAPH ?source {{ ?role <{terms.RG}responsibility> "
        "<https://w3id.org/rolegraph/responsibility/improve-model-performance> } }",
    )
    assert len(found) == 5


def test_figures_are_figures(graph: Rolegraph) -> None:
    figures = {(float(row["value"].value), terms.slug_of(row["unit"].value)) for row in graph.rows("outlook") if "value" in row}
    assert figures == {(15.0, "percent"), (190e9, "usd")}


def test_the_audit_finds_nothing(graph: Rolegraph) -> None:
    assert graph.check() == []


@pytest.mark.parametrize("path", audit.data_files(), ids=lambda path: path.stem)
def test_a_file_laid_out_again_is_the_same_file(path: Path) -> None:
    assert turtle_layout.canonical_turtle(audit.read(path)) == path.read_text(encoding="utf-8")


def test_an_untidy_file_is_named_and_mended(tmp_path: Path) -> None:
    path = tmp_path / "x.ttl"
    path.write_text('@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n<https://w3id.org/rolegraph/tool/x> skos:prefLabel "X"@en .\n')
    assert [problem.rule for problem in audit.untidy(path)] == ["layout"]
    assert list(audit.untidy(path, fix=True)) == []
    assert list(audit.untidy(path)) == []
    assert 'skos:prefLabel "X"@en' in path.read_text()


def test_no_sentence_of_an_article_is_copied(demand: Any) -> None:
    def runs(text: str) -> set[str]:
        words = re.findall(r"[a-z0-9+#]+", text.lower())
        return {" ".join(words[at : at + COPIED]) for at in range(len(words) - COPIED + 1)}

    folder = demand("ROLEGRAPH_TEST_SOURCES", "the five articles")
    articles = set().union(*(runs(path.read_text(encoding="utf-8", errors="replace")) for path in folder.glob("*.txt")))
    assert articles
    for path in audit.data_files():
        texts = (text for text in audit.read(path).objects() if not isinstance(text, URIRef))
        assert [run for text in texts for run in runs(str(text)) & articles] == []


def test_the_identifiers_of_esco_and_onet_exist(demand: Any) -> None:
    folder = demand("ROLEGRAPH_TEST_DATA", "the files of ESCO and O*NET")
    names = ("skills", "occupations", "ISCOGroups")
    esco = "".join((folder / "esco-1.1.1" / "en" / f"{name}_en.csv").read_text(encoding="utf-8") for name in names)
    onet = (folder / "onet-29.2" / "Occupation Data.txt").read_text(encoding="utf-8")
    checked = 0
    for path in audit.data_files():
        for target in audit.read(path).objects():
            iri = str(target)
            if iri.startswith("http://data.europa.eu/esco/") and not iri.startswith("http://data.europa.eu/esco/model#"):
                assert f"{iri}," in esco or f"{iri}\n" in esco or f'{iri}"' in esco, iri
                checked += 1
            if iri.startswith("https://www.onetonline.org/link/summary/"):
                assert "\n" + iri.rpartition("/")[2] + "\t" in onet, iri
                checked += 1
    assert checked > 60

