"""Characters that imports must not take in, and those that they must keep."""

import csv
import io
import unicodedata
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import Graph

import crosswalk_tables as crosswalks
from esco_tables import ROLE, SOURCE, held, tables
from import_cases import take
from rolegraph import terms
from rolegraph.errors import UnreadableInput
from rolegraph.facade import Rolegraph
from rolegraph.formats import holding, named
from rolegraph.importers.cleaning import Cleaner
from rolegraph.importers.reports import ImportReport
from rolegraph.importers.triples import Triples

# ---------------------------------------------------------------- characters


def test_control_characters_are_removed_and_told_and_every_format_can_be_read(empty_store: Rolegraph, tmp_path: Path) -> None:
    content = tables()
    content["occupations_en.csv"][0] |= {"preferredLabel": "pi\0lot\x1f", "altLabels": "ship\x0bpilot\nharbour\x85 pilot\x9b"}
    content["occupations_en.csv"][0] |= {"description": "Brings\x07 ships in.\n\nAnd\ufffe out.", "code": "0110.1\x01"}
    content["skills_en.csv"][0]["scopeNote"] = "Ropes\u2028and\ufdd0 knots."
    report = take(empty_store, tmp_path / "esco", content)
    mended = [(remark.file, remark.line, remark.detail) for remark in report.remarks if remark.rule == "control characters"]
    assert {file for file, _, _ in mended} == {"occupations_en.csv", "skills_en.csv"}
    assert {line for _, line, _ in mended} == {2}
    assert any("U+0000, U+001F in 'pi\\x00lot\\x1f'" in detail for _, _, detail in mended)
    names = {"pilot@en", "shippilot@en", "harbour pilot@en"}
    query = f"SELECT ?label {{ <{ROLE}> <{terms.PREF_LABEL}>|<{terms.prefixes()['skos']}altLabel> ?label }}"
    answer = empty_store.query(query, lambda _: named("xml", holding("table")))
    found = ET.fromstring(answer.body).iterfind(".//{*}literal")
    assert {f"{literal.text}@en" for literal in found} == names
    graph = Graph().parse(data=empty_store.engine.dump(named("rdfxml", holding("graph")), SOURCE).body, format="xml")
    assert len(graph) == len(held(empty_store, SOURCE))


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_no_control_character_is_left_in_a_label_or_a_text(text: str) -> None:
    report = ImportReport()
    clean = Cleaner(report, "x.csv")
    for found in (clean.label(text, 1), clean.prose(text, 1)):
        assert not [one for one in found if one != "\n" and unicodedata.category(one) in ("Cc", "Cs")]
        assert not [one for one in found if ord(one) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(one) <= 0xFDEF]
        output = io.StringIO()
        csv.writer(output).writerows(remark.row() for remark in report.remarks)
        output.getvalue().encode()
    if any(unicodedata.category(one) in ("Cc", "Cs") and one not in "\t\r\n" for one in text):
        assert "control characters" in {remark.rule for remark in report.remarks}


def test_a_text_that_no_cleaner_saw_is_not_written(tmp_path: Path) -> None:
    triples = Triples(tmp_path / "graph.nt")
    for bad in ("a\0b", "a\ud800b", "a\uffffb", "a\x9bb"):
        with pytest.raises(UnreadableInput, match=r"has U\+[0-9A-F]{4} in its skos:notation"):
            triples.text(ROLE, "skos:notation", bad)
    triples.text(ROLE, "skos:notation", "a\tb\r\nc")
    triples.close()
    assert len(Graph().parse(tmp_path / "graph.nt")) == 1


def test_titles_and_changes_of_a_crosswalk_are_cleaned(tmp_path: Path) -> None:
    changes = crosswalks.CHANGES.replace("Riggers\n", "Rig\x07gers\n")
    rows = crosswalks.row("potter", "51-2000.00", crosswalks.POTTER, titles="['po\\ud800tter', 'a\\x00', '\\x07']")
    graph, report = crosswalks.nesta(tmp_path, rows, changes=changes)
    assert {str(title) for title in graph.objects(None, crosswalks.RG.sharedLabel)} == {"potter", "a"}
    assert ("fixed", "control characters") in crosswalks.remarks(report)


@pytest.mark.parametrize("text", ["â€œpilotâ€\x9d", "pilotâ€™s", "prÃ©posÃ©", "Â«pilotÂ»", "pilot\u00e2\u0080\u0093in"])
def test_text_in_the_wrong_code_is_kept_and_noted(text: str) -> None:
    report = ImportReport()
    assert Cleaner(report, "x.csv").label(text, 7)
    assert ("noted", "mojibake", 7) in {(remark.action, remark.rule, remark.line) for remark in report.remarks}


@pytest.mark.parametrize("text", ["préposé", "“pilot”", "pilot’s – in", "Ãos", "Âge", "château", "naïve â la", "São", "€ 5"])
def test_text_with_accents_and_quotes_is_not_noted(text: str) -> None:
    report = ImportReport()
    Cleaner(report, "x.csv").label(text, 7)
    assert report.remarks == []
