"""Crosswalks between ESCO and O*NET: each trap of the real files in a small one."""

from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, SKOS, Graph, URIRef

from crosswalk_tables import (
    BAKER,
    CHANGES,
    ESCO,
    HEADER,
    ISCO,
    OFFICIAL,
    ONET,
    POTTER,
    PREAMBLE,
    RG,
    RIGGER,
    SOURCE,
    UUID,
    files,
    matches,
    nesta,
    official,
    remarks,
    row,
    store,
    taken,
)
from rolegraph import terms
from rolegraph.cli import main
from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.errors import BadParameter, Refused, UnreadableInput
from rolegraph.facade import Rolegraph
from rolegraph.importers import crosswalk
from rolegraph.importers.crosswalk.changes import Change, Changes, heirs
from rolegraph.importers.crosswalk.nesta import predicate
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import ImportReport
from rolegraph.validation.shapes import Shapes

# ---------------------------------------------------------------- Nesta


@pytest.mark.parametrize(
    ("confidence", "fate", "expected"),
    [
        ("2.0", "kept", "closeMatch"),
        ("2.0", "renamed", "closeMatch"),
        ("2.0", "merged", "broadMatch"),
        ("2.0", "split", "relatedMatch"),
        ("1.0", "kept", "relatedMatch"),
        ("1.0", "merged", "relatedMatch"),
        ("0.5", "kept", "relatedMatch"),
        ("0.5", "split", "relatedMatch"),
    ],
)
def test_the_confidence_and_the_fate_of_the_code_decide_on_the_match(confidence: str, fate: str, expected: str) -> None:
    assert predicate(Decimal(confidence), fate) == f"skos:{expected}"  # type: ignore[arg-type]


def test_codes_of_2010_lead_to_those_of_2019(tmp_path: Path) -> None:
    rows = row("baker", "51-1000.00", BAKER) + row("potter", "51-2000.00", POTTER) + row("rigging hand", "51-3000.00", RIGGER)
    graph, report = nesta(tmp_path, rows)
    assert matches(graph) == {
        (BAKER, "closeMatch", "51-1000.00"),
        (POTTER, "closeMatch", "51-2500.00"),
        (RIGGER, "broadMatch", "51-3100.00"),
    }
    assert remarks(report) == {("fixed", "code renamed"): 1, ("fixed", "code merged"): 1}
    assert [remark.line for remark in report.remarks] == [3, 4]


def test_an_ambiguous_code_leads_to_each_candidate_less_surely(tmp_path: Path) -> None:
    graph, report = nesta(tmp_path, row("baker", "51-4000.00", BAKER, "1.0"))
    assert matches(graph) == {(BAKER, "relatedMatch", "51-4100.00"), (BAKER, "relatedMatch", "51-4200.00")}
    assert {str(value) for value in graph.objects(None, RG.confidence)} == {"0.5"}
    [remark] = report.remarks
    assert (remark.action, remark.rule) == ("fixed", "code split")
    assert "51-4100.00 or 51-4200.00" in remark.detail


def test_a_code_that_was_kept_but_gave_a_part_away_stays_and_is_noted(tmp_path: Path) -> None:
    graph, report = nesta(tmp_path, row("baker", "51-5000.00", BAKER))
    assert matches(graph) == {(BAKER, "closeMatch", "51-5000.00")}
    assert remarks(report) == {("noted", "code kept in part"): 1}


def test_a_mapping_holds_the_figures_and_conforms_to_the_shapes(tmp_path: Path) -> None:
    titles = "['master baker', 'bread  maker']"
    graph, _ = nesta(tmp_path, row("baker", "51-1000.00", BAKER, "1.0", titles=titles) + row("potter", "51-2000.00", POTTER))
    mapping = URIRef(f"{SOURCE}#{UUID.format(1)}-51-1000.00")
    assert graph.value(mapping, RDF.subject) == URIRef(BAKER)
    assert graph.value(mapping, RDF.predicate) == SKOS.relatedMatch
    assert graph.value(mapping, RDF.object) == URIRef(ONET + "51-1000.00")
    assert (str(graph.value(mapping, RG.confidence)), str(graph.value(mapping, RG.similarity))) == ("1.0", "0.8107619822025299")
    assert {str(title) for title in graph.objects(mapping, RG.sharedLabel)} == {"master baker", "bread maker"}
    assert len(list(graph.subjects(RDF.type, RG.Mapping))) == 2
    shapes = Shapes()
    assert shapes.check(graph, Graph()).findings == ()


def test_titles_are_a_list_of_python_and_na_is_none(tmp_path: Path) -> None:
    graph, report = nesta(tmp_path, row("baker", "51-1000.00", BAKER) + row("potter", "51-2000.00", POTTER, titles="[''chef'', 1]"))
    assert list(graph.objects(None, RG.sharedLabel)) == []
    assert ("skipped", "titles unreadable") in remarks(report)
    assert len(matches(graph)) == 2


@pytest.mark.parametrize("cell", ["__import__('os')", "[" * 9000, "['a' * 9]", "{'a': 1}", "['']", "[None]", "na na", "['a'"])
def test_a_cell_that_is_no_list_of_titles_is_never_run(tmp_path: Path, cell: str) -> None:
    graph, report = nesta(tmp_path, row("baker", "51-1000.00", BAKER, titles=cell))
    assert list(graph.objects(None, RG.sharedLabel)) == []
    assert remarks(report) == {("skipped", "titles unreadable"): 1}


def test_rows_whose_ends_are_unknown_are_left_out(tmp_path: Path) -> None:
    rows = row("nobody", "51-1000.00", ESCO + UUID.format(9)) + row("group", "51-1000.00", ISCO + "C7512")
    rows += row("baker", "99-9999.00", BAKER) + row("potter", "51-2000.00", POTTER, "n/a")
    rows += row("baker", "> <", BAKER) + row("evil", "51-1000.00", BAKER + "> <x") + row("potter", "51-2000.00", POTTER)
    graph, report = nesta(tmp_path, rows)
    assert matches(graph) == {(POTTER, "closeMatch", "51-2500.00")}
    told = {("skipped", "not in ESCO"): 3, ("skipped", "not a code of O*NET"): 2, ("skipped", "confidence unreadable"): 1}
    assert remarks(report) == told | {("fixed", "code renamed"): 1}


def test_without_the_table_of_changes_old_codes_are_left_out_and_it_is_named(tmp_path: Path) -> None:
    graph, report = nesta(tmp_path, row("baker", "51-1000.00", BAKER) + row("potter", "51-2000.00", POTTER), changes="")
    assert matches(graph) == {(BAKER, "closeMatch", "51-1000.00")}
    [remark] = report.remarks
    assert "table of O*NET-SOC 2010 to 2019" in remark.detail


def test_a_label_that_has_changed_is_noted_and_white_space_is_not(tmp_path: Path) -> None:
    graph, report = nesta(tmp_path, row(" Baker", "51-1000.00", BAKER) + row("rigger", "51-3000.00", RIGGER, "1.0"))
    assert len(matches(graph)) == 2
    assert [remark.detail for remark in report.remarks if remark.action == "noted"] == ["'rigger' is 'rigging hand' now"]


def test_a_pair_counts_once_and_a_similarity_that_is_none_is_left_out(tmp_path: Path) -> None:
    rows = row("baker", "51-1000.00", BAKER, similarity="NaN") + row("baker", "51-1000.00", BAKER, "0.5")
    graph, report = nesta(tmp_path, rows)
    assert matches(graph) == {(BAKER, "closeMatch", "51-1000.00")}
    assert remarks(report) == {("skipped", "similarity unreadable"): 1, ("skipped", "pair repeated"): 1}


# ---------------------------------------------------------------- what has to be there


def test_what_has_to_be_imported_first_is_named(tmp_path: Path) -> None:
    download = files(tmp_path, crosswalk_Nov2020=HEADER + row("baker", "51-1000.00", BAKER))
    with pytest.raises(Refused, match="ESCO") as caught:
        Rolegraph(EmbeddedEngine()).import_source(crosswalk.read, download, ImportReport(), tmp_path / "out.nt")
    assert "rolegraph import esco" in caught.value.members["expected"]
    with pytest.raises(Refused, match=r"O\*NET") as caught:
        taken(store(()), download, tmp_path)
    assert "rolegraph import onet" in caught.value.members["expected"]


def test_the_table_of_changes_says_which_codes_are_current_where_onet_is_not_there(tmp_path: Path) -> None:
    graph, _ = nesta(tmp_path, row("potter", "51-2000.00", POTTER) + row("baker", "51-1000.00", BAKER), codes=())
    assert {code for _, _, code in matches(graph)} == {"51-2500.00", "51-1000.00"}


def test_files_that_hold_no_crosswalk_or_two_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="no crosswalk") as caught:
        taken(store(), files(tmp_path, other="a,b\n1,2\n"), tmp_path)
    assert "concept_uri" in caught.value.members["expected"]
    text = HEADER + row("baker", "51-1000.00", BAKER)
    with pytest.raises(UnreadableInput, match=r"one.csv.*two.csv"):
        taken(store(), files(tmp_path, one=text, two=text), tmp_path)


def test_the_version_is_the_month_in_the_name_or_given(tmp_path: Path) -> None:
    download = files(tmp_path, crosswalk=HEADER + row("baker", "51-1000.00", BAKER))
    with pytest.raises(BadParameter, match="which version"):
        taken(store(), download, tmp_path)
    assert taken(store(), download, tmp_path, version="2021-02")[2].publication.iri.endswith("nesta-2021-02")


@pytest.mark.parametrize("before", ["", "Title\n", PREAMBLE, "\ufeff" + PREAMBLE], ids=["none", "one", "eighteen", "with a mark"])
def test_the_official_layout_is_read_from_esco_to_onet_below_its_preamble(tmp_path: Path, before: str) -> None:
    rows = official("51-1000.00", BAKER, "exactMatch") + official("51-2500.00", POTTER, "broadMatch")
    rows += official("51-3100.00", BAKER, "narrowMatch") + official("51-1000.00", ISCO + "C7512", "exactISCO")
    rows += official("51-1000.00", POTTER, "perhaps") + official("51-1000.00", BAKER, "closeMatch")
    rows += official("51-2000.00", BAKER, "closeMatch") + official("51-1000.00", ESCO + UUID.format(9), "closeMatch")
    inside = tmp_path / "in"
    inside.mkdir()
    graph, report, imported = taken(store(), files(inside, official=before + OFFICIAL + rows), tmp_path, version="1.0")
    assert matches(graph) == {
        (BAKER, "exactMatch", "51-1000.00"),
        (POTTER, "broadMatch", "51-2500.00"),
        (BAKER, "narrowMatch", "51-3100.00"),
        (ISCO + "C7512", "exactMatch", "51-1000.00"),
    }
    assert remarks(report) == {
        ("skipped", "unknown type of match"): 1,
        ("skipped", "pair repeated"): 1,
        ("skipped", "not a code of O*NET"): 1,
        ("skipped", "not in ESCO"): 1,
    }
    assert report.remarks[0].line == before.count("\n") + 1 + 4 * 2 + 1  # each row has two lines
    assert imported.publication.iri.endswith("/crosswalk-esco-onet-1-0")
    assert not list(graph.subjects(RDF.type, RG.Mapping))


def test_the_version_of_the_official_crosswalk_is_the_month_in_its_preamble(tmp_path: Path) -> None:
    before = "\ufeffMapping project name,Bakers,,\nMapping project version,7,,\nMapping project version date,Mar-21,,\n,,,\n"
    download = files(tmp_path, official=before + OFFICIAL + official("51-1000.00", BAKER, "exactMatch"))
    assert taken(store(), download, tmp_path)[2].publication.version == "2021-03"
    _, report, imported = taken(store(), download, tmp_path, version="8")
    assert imported.publication.version == "8"
    assert remarks(report) == {("noted", "version differs from the name"): 1}


def test_the_official_table_without_types_adds_related_matches(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    untyped = "\ufeffESCO/ISCO Code,ESCO/ISCO Title,O*NET-SOC 2019 Code,O*NET-SOC 2019 Title\n"
    untyped += "7512.1,Baker,51-1000.00,x\n7512.1,baker,51-2500.00,x\n7512,Bakers,51-3100.00,x\n7512,Bakers,51-3100.00,x\n"
    untyped += "7512.9,brewer,51-1000.00,x\n7314.1,potter,51-2000.00,x\n"
    typed = OFFICIAL + official("51-1000.00", BAKER, "exactMatch")
    graph, report, _ = taken(store(), files(inside, official=typed, reverse=untyped), tmp_path, version="1.0")
    expected = {(BAKER, "relatedMatch", "51-2500.00"), (ISCO + "C7512", "relatedMatch", "51-3100.00")}
    assert matches(graph) == expected | {(BAKER, "exactMatch", "51-1000.00")}
    assert remarks(report) == {("skipped", "title not in ESCO"): 1, ("skipped", "not a code of O*NET"): 1}
    (inside / "official.csv").unlink()
    graph, *_ = taken(store(), Download([inside]), tmp_path, version="1.0")
    assert matches(graph) == expected | {(BAKER, "relatedMatch", "51-1000.00")}


# ---------------------------------------------------------------- the table of changed codes


NAMES = "O*NET-SOC 2010 Code,O*NET-SOC 2010 Title,O*NET-SOC 2019 Code,O*NET-SOC 2019 Title"
PUBLISHED = CHANGES.replace(";", ",").replace("soc2010_code,soc2010_title,soc2019_code,soc2019_title", NAMES)


@pytest.mark.parametrize(
    "text",
    [CHANGES, CHANGES.replace(";", ","), PUBLISHED],
    ids=["semicolons", "commas", "the publisher's names"],
)
def test_the_table_alone_is_a_source_of_its_own(tmp_path: Path, text: str) -> None:
    graph, report, imported = taken(Rolegraph(EmbeddedEngine()), files(tmp_path, changed=text), tmp_path)
    source = imported.publication.iri
    assert {(one.removeprefix(source + "#"), match, code) for one, match, code in matches(graph)} == {
        ("51-1000.00", "exactMatch", "51-1000.00"),
        ("51-2000.00", "exactMatch", "51-2500.00"),
        ("51-3000.00", "broadMatch", "51-3100.00"),
        ("51-3000.01", "broadMatch", "51-3100.00"),
        ("51-4000.00", "narrowMatch", "51-4100.00"),
        ("51-4000.00", "narrowMatch", "51-4200.00"),
        ("51-5000.00", "narrowMatch", "51-5000.00"),
        ("51-5000.00", "narrowMatch", "51-5100.00"),
        ("51-6000.00", "closeMatch", "51-6100.00"),
    }
    assert report.remarks == []
    assert str(graph.value(URIRef(source + "#51-3000.01"), SKOS.prefLabel)) == "Splicers"
    assert (None, RDF.type, RG.Role) not in graph


codes = st.sampled_from([f"11-100{number}.00" for number in range(6)])


@given(st.sets(st.tuples(codes, codes), max_size=14), st.sets(codes), codes)
def test_what_became_of_a_code_is_what_the_rows_say(pairs: set[tuple[str, str]], current: set[str], code: str) -> None:
    changes = Changes([Change(1, old, old, new, new) for old, new in sorted(pairs)])
    fate, found = heirs(code, current, changes)
    new = {there for old, there in pairs if old == code}
    if code in current:
        assert (fate, found) == ("kept", (code,))
        return
    assert set(found) == new & current
    if not found:
        assert fate == "unknown"
    elif len(new) > 1:
        assert fate == "split"
    else:
        assert fate == ("merged" if len([old for old, there in pairs if there in new]) > 1 else "renamed")


def test_a_file_damaged_midway_changes_nothing(tmp_path: Path) -> None:
    shipped = Rolegraph.open(tmp_path / "store")
    before = (shipped.engine.revision, shipped.engine.graphs())
    (tmp_path / "changed.csv").write_bytes(CHANGES.encode() + b"51-7000.00;\xff\xfe;51-7000.00;x\n")
    with pytest.raises(UnreadableInput, match="cannot be read as a table"):
        shipped.import_source(crosswalk.read, Download([tmp_path / "changed.csv"]), ImportReport())
    assert (shipped.engine.revision, shipped.engine.graphs()) == before
    shipped.close()


def test_the_command_looks_up_in_the_store_also_where_it_stores_nothing(tmp_path: Path) -> None:
    path, folder, out = tmp_path / "crosswalk_Nov2020.csv", str(tmp_path / "store"), str(tmp_path / "out.nt")
    path.write_text(HEADER + row("baker", "51-1000.00", BAKER), encoding="utf-8")
    arguments = ["import", "crosswalk", str(path), "--store", folder, "-o", out]
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code != 0
    assert "rolegraph import esco" in refused.output
    assert not Path(out).exists()
    filled = Rolegraph.open(tmp_path / "store")
    role = f"<{BAKER}> a <{terms.RG}Role> . <{ONET}51-1000.00> a <{terms.RG}Role> ."
    filled.engine.write({terms.BASE + "source/esco": role.encode()})
    revision = filled.engine.revision
    filled.close()
    done = CliRunner().invoke(main, [*arguments, "--report", str(tmp_path / "report.csv")])
    assert done.exit_code == 0, done.output
    assert matches(Graph().parse(tmp_path / "out.nt", format="nt")) == {(BAKER, "closeMatch", "51-1000.00")}
    assert (tmp_path / "report.csv").read_text().startswith("action,rule,file,line,detail")
    after = Rolegraph.open(tmp_path / "store")
    assert after.engine.revision == revision
    after.close()
