"""The real crosswalks between ESCO and O*NET, whole."""

import csv
import json
import zipfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from rdflib import RDF, SKOS, Graph, URIRef

from crosswalk_tables import ONET, RG, matches, remarks
from rolegraph import terms
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.facade import Rolegraph
from rolegraph.importers import crosswalk
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import ImportReport

# ---------------------------------------------------------------- into a store, and the real files


@pytest.fixture
def whole(demand: Callable[[str, str], Path], tmp_path: Path) -> tuple[Path, Rolegraph]:
    """The folder with the real files, and a store with all occupations of ESCO 1.1.1 and O*NET 29.2, by IRI and label alone."""
    folder = demand("ROLEGRAPH_TEST_DATA", "crosswalk, esco-1.1.1 and onet-29.2")
    labels = {one["conceptUri"]: json.dumps(" ".join(one["preferredLabel"].split())) for one in esco_occupations(folder)}
    labels |= {ONET + code: f'"{code}"' for code in onet_codes(folder)}
    lines = [f"<{iri}> a rg:Role ; skos:prefLabel {label}@en ." for iri, label in labels.items()]
    engine = RevisionStore(tmp_path / "store")
    prefixes = f"@prefix rg: <{terms.RG}> . @prefix skos: <{SKOS}> .\n"
    engine.write({terms.BASE + "source/both": (prefixes + "\n".join(lines)).encode()})
    return folder, Rolegraph(engine)


def esco_occupations(folder: Path) -> list[dict[str, str]]:
    with (folder / "esco-1.1.1" / "en" / "occupations_en.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def onet_codes(folder: Path) -> set[str]:
    with (folder / "onet-29.2" / "Occupation Data.txt").open(newline="") as lines:
        return {one["O*NET-SOC Code"] for one in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}


def plain(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=delimiter))


def test_the_real_crosswalk_whole(whole: tuple[Path, Rolegraph], tmp_path: Path) -> None:
    folder, graph = whole
    rows = plain(folder / "crosswalk" / "esco_onet_crosswalk_Nov2020.csv")
    became = defaultdict(set)
    for change in plain(folder / "crosswalk" / "ONET-SOC_2010_to_2019_Crosswalk.csv", ";"):
        became[change["soc2010_code"]].add(change["soc2019_code"])
    esco, onet = {one["conceptUri"]: one["preferredLabel"] for one in esco_occupations(folder)}, onet_codes(folder)
    expected = {
        (one["concept_uri"], code)
        for one in rows
        if one["concept_uri"] in esco
        for code in ([one["onet_code"]] if one["onet_code"] in onet else became[one["onet_code"]])
    }
    report = ImportReport()
    files = [folder / "crosswalk" / name for name in ("esco_onet_crosswalk_Nov2020.csv", "ONET-SOC_2010_to_2019_Crosswalk.csv")]
    imported = graph.import_source(crosswalk.read, Download(files), report)
    before = graph.engine.rows(f"SELECT ?s ?p ?o {{ GRAPH <{imported.publication.iri}> {{ ?s ?p ?o }} }}")
    found = Graph()
    for one in before:
        if one["o"].kind == "iri":
            found.add((URIRef(one["s"].value), URIRef(one["p"].value), URIRef(one["o"].value)))
    pairs = {(one, code) for one, _, code in matches(found)}
    assert pairs == expected
    assert len(expected) == sum(report.written.values()) == len(list(found.subjects(RDF.type, RG.Mapping)))
    told = remarks(report)
    assert told[("skipped", "not in ESCO")] == 1
    assert told[("skipped", "titles unreadable")] == 1  # a cell with the number of its group
    assert told[("fixed", "code split")] == 39
    assert told[("fixed", "code renamed")] + told[("fixed", "code merged")] == 325 - 39
    drifted = sum(
        " ".join(one["esco_occupation"].lower().split()) != " ".join(esco[one["concept_uri"]].lower().split())
        for one in rows
        if one["concept_uri"] in esco
    )
    assert told[("noted", "label has changed")] == drifted == 26  # of the 27 one differs in white space alone
    assert report.read == {"esco_onet_crosswalk_Nov2020.csv": 1680, "ONET-SOC_2010_to_2019_Crosswalk.csv": 1164}

    packed = tmp_path / "crosswalk.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in files:
            zipped.write(path, f"inner/{path.name}")
    graph.import_source(crosswalk.read, Download([packed]), ImportReport())
    again = graph.engine.rows(f"SELECT ?s ?p ?o {{ GRAPH <{imported.publication.iri}> {{ ?s ?p ?o }} }}")
    assert sorted(map(str, again)) == sorted(map(str, before))
    graph.import_source(crosswalk.read, Download(files), ImportReport(), version="2021-01")
    assert len([name for name in graph.engine.graphs() if "crosswalk" in name]) == 2


def test_the_real_table_of_changes_whole(whole: tuple[Path, Rolegraph]) -> None:
    folder, graph = whole
    report = ImportReport()
    imported = graph.import_source(crosswalk.read, Download([folder / "crosswalk" / "ONET-SOC_2010_to_2019_Crosswalk.csv"]), report)
    text = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{imported.publication.iri}> {{ ?old skos:notation ?code ; ?match ?new }} ?new a rg:Role }}"
    rows = graph.engine.rows(f"PREFIX skos: <{SKOS}> PREFIX rg: <{terms.RG}> {text}")
    assert int(rows[0]["n"].value) == 1164
    assert report.remarks == []


def test_the_real_official_crosswalk_whole(whole: tuple[Path, Rolegraph], tmp_path: Path) -> None:
    folder, graph = whole
    table = folder / "crosswalk" / "crosswalk_esco_onet.csv"
    lines = table.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if line.startswith("O*NET Id"))
    rows = [one for one in csv.DictReader(lines[start:]) if one["Type of Match"] != "exactISCO"]  # the store has no groups
    report = ImportReport()
    imported = graph.import_source(crosswalk.read, Download([table]), report, tmp_path / "out.nt")
    assert imported.publication.iri.endswith("/crosswalk-esco-onet-2022-09")
    expected = {(one["ESCO or ISCO URI"], one["Type of Match"], one["O*NET Id"]) for one in rows}
    assert matches(Graph().parse(tmp_path / "out.nt", format="nt")) == expected
    assert len(expected) == 4253 - 43
    assert remarks(report) == {("skipped", "not in ESCO"): 43}

    untyped = Download([table, table.with_name("crosswalk_esco_onet_reverse.csv")])
    graph.import_source(crosswalk.read, untyped, ImportReport(), tmp_path / "more.nt")
    both = matches(Graph().parse(tmp_path / "more.nt", format="nt"))
    assert expected < both
    assert {match for _, match, _ in both - expected} == {"relatedMatch"}
    assert len({(one, code) for one, _, code in both}) == len(both)
