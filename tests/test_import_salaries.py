"""Salaries: each trap of the real table in a small one, the real table whole, and what is shipped of it."""

import csv
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, Graph, Namespace, URIRef

from rolegraph import resources, terms
from rolegraph.cli import main
from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.errors import BadParameter, NotConforming, UnreadableInput
from rolegraph.facade import Rolegraph
from rolegraph.importers import salaries
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import ImportReport
from rolegraph.importers.salaries import LEVELS, percentile
from rolegraph.shipped import turtle_layout
from rolegraph.validation.shapes import Shapes

RG, SCHEMA = Namespace(terms.RG), Namespace("https://schema.org/")
ROLE = terms.KINDS["role"].namespace
HEADER = (
    "work_year,experience_level,employment_type,job_title,salary,salary_currency,salary_in_usd,employee_residence,remote_ratio,"
    "company_location,company_size\n"
)
FIGURES = ("percentile10", "percentile25", "median", "percentile75", "percentile90")
SNAPSHOT = "salaries-2025-01-19"
SHIPPED = resources.folder("data") / "sources" / f"{SNAPSHOT}.ttl"


def row(title: str, pay: str = "100000", level: str = "SE", year: str = "2024", *, employment: str = "FT", country: str = "US") -> str:
    return f"{year},{level},{employment},{title},9000000,JPY,{pay},{country},0,{country},M\n"


def taken(graph: Rolegraph, folder: Path, rows: str, *, name: str = SNAPSHOT, version: str | None = None) -> tuple[Graph, ImportReport]:
    path, out, report = folder / f"{name}.csv", folder / "out.nt", ImportReport()
    path.write_text(HEADER + rows, encoding="utf-8", newline="")
    graph.import_source(salaries.read, Download([path]), report, out, version=version)
    return Graph().parse(out, format="nt"), report


def node(name: str) -> URIRef:
    return URIRef(f"{terms.BASE}source/salaries-2025-01-19#{name}")


def figures(graph: Graph, name: str) -> list[int]:
    return [int(str(graph.value(node(name), SCHEMA[figure]))) for figure in FIGURES]


def count(graph: Graph, name: str) -> int:
    return int(str(graph.value(node(name), RG.observations) or 0))


def remarks(report: ImportReport) -> Counter[tuple[str, str]]:
    return Counter((remark.action, remark.rule) for remark in report.remarks)


# ---------------------------------------------------------------- percentiles


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=80), st.sampled_from([10, 25, 50, 75, 90]))
def test_a_percentile_is_interpolated_linearly_between_the_two_nearest(pays: list[int], percent: int) -> None:
    ordered = sorted(pays)
    at = Fraction((len(ordered) - 1) * percent, 100)
    below, above = ordered[int(at)], ordered[min(int(at) + 1, len(ordered) - 1)]
    exact = below + (at - int(at)) * (above - below)
    assert percentile(ordered, percent) == int(exact + Fraction(1, 2))
    if len(ordered) > 1:
        assert abs(percentile(ordered, percent) - statistics.quantiles(ordered, n=100, method="inclusive")[percent - 1]) <= 0.500001


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=80))
def test_percentiles_rise_and_lie_among_the_salaries(pays: list[int]) -> None:
    ordered = sorted(pays)
    found = [percentile(ordered, percent) for percent in (0, 10, 25, 50, 75, 90, 100)]
    assert found == sorted(found)
    assert (found[0], found[-1]) == (ordered[0], ordered[-1])


# ---------------------------------------------------------------- traps


def test_equal_rows_are_several_people(graph: Rolegraph, tmp_path: Path) -> None:
    found, _ = taken(graph, tmp_path, row("AI Programmer", "50000") * 3 + row("AI Programmer", "90000"))
    assert count(found, "ai-programmer") == 4
    assert figures(found, "ai-programmer") == [50000, 50000, 50000, 60000, 78000]


def test_only_the_salary_in_dollars_counts_and_na_is_namibia(graph: Rolegraph, tmp_path: Path) -> None:
    found, report = taken(graph, tmp_path, row("AI Architect", "120000", country="NA"))
    assert (count(found, "ai-architect"), figures(found, "ai-architect")[2]) == (1, 120000)
    assert str(found.value(node("ai-architect"), SCHEMA.currency)) == "USD"
    assert report.remarks == []


def test_levels_are_those_of_the_vocabulary_and_small_groups_are_there(graph: Rolegraph, tmp_path: Path) -> None:
    found, _ = taken(graph, tmp_path, "".join(row("AI Architect", str(100000 + place), level) for place, level in enumerate(LEVELS)))
    for level in ("entry", "mid", "senior", "executive"):
        assert found.value(node(f"ai-architect-{level}"), RG.level) == URIRef(terms.KINDS["level"].namespace + level)
        assert count(found, f"ai-architect-{level}") == 1
    assert found.value(node("ai-architect"), RG.level) is None
    known = {member.slug for member in graph.catalogue.members("level")}
    assert set(LEVELS.values()) <= known


def test_years_are_pooled_and_the_newest_full_one_stands_alone(graph: Rolegraph, tmp_path: Path) -> None:
    rows = row("AI Architect", "100000", year="2022") + row("AI Architect", "200000") + row("AI Architect", "900000", year="2025")
    found, _ = taken(graph, tmp_path, rows)
    years = [str(found.value(node("ai-architect"), RG[name])) for name in ("periodStart", "periodEnd")]
    assert (years, count(found, "ai-architect")) == (["2022", "2025"], 3)
    assert found.value(node("ai-architect"), RG.year) is None
    assert str(found.value(node("ai-architect-2024"), RG.year)) == "2024"
    assert figures(found, "ai-architect-2024") == [200000] * 5
    assert count(found, "ai-architect-2025") == 0


def test_other_employment_counts_and_is_noted(graph: Rolegraph, tmp_path: Path) -> None:
    found, report = taken(graph, tmp_path, row("AI Architect") + row("AI Architect", employment="PT") + row("Baker", employment="FL"))
    assert count(found, "ai-architect") == 2
    assert remarks(report) == {("noted", "not full-time"): 1, ("skipped", "no role of that name"): 1}


def test_a_title_is_a_role_by_its_own_name_before_another_name(graph: Rolegraph, tmp_path: Path) -> None:
    rows = row(" ai  programmer ", "1000") + row("AI Developer", "2000") * 5 + row("ML engineer", "3000") + row("Baker") * 7
    found, report = taken(graph, tmp_path, rows)
    assert (count(found, "ai-programmer"), figures(found, "ai-programmer")[2]) == (1, 1000)
    assert (count(found, "machine-learning-engineer"), figures(found, "machine-learning-engineer")[2]) == (1, 3000)
    assert {(remark.rule, remark.line) for remark in report.remarks} == {("another name of a role", 3), ("no role of that name", 9)}
    assert "'Baker', 7 records" in report.remarks[1].detail


def test_roles_of_other_sources_are_named_where_only_one_has_the_name(tmp_path: Path) -> None:
    engine = EmbeddedEngine()
    other = "http://data.europa.eu/esco/occupation/{}"
    labels = {"a": "data scientist", "b": "data engineer", "c": "data engineer", "d": "C++ engineer", "e": "C engineer", "f": "architect"}
    skos = "http://www.w3.org/2004/02/skos/core#"
    text = "".join(f'<{other.format(name)}> a <{terms.RG}Role> ; <{skos}prefLabel> "{label}"@en .\n' for name, label in labels.items())
    engine.write({terms.BASE + "source/esco": text.encode()})
    rows = row("Data Scientist") + row("Data Engineer") + row("C Engineer") + row("C++ Engineer") + row("Architect")
    found, report = taken(Rolegraph(engine), tmp_path, rows)
    paid = {(str(role), str(salary).partition("#")[2]) for role, salary in found.subject_objects(RG.salary)}
    assert {role for role, _ in paid} == {other.format("a"), other.format("d")}
    assert (other.format("a"), "data-scientist-senior") in paid
    assert remarks(report) == {("skipped", "no role of that name"): 2, ("skipped", "name taken"): 1}
    assert [remark.detail.partition(", is ")[2][:8] for remark in report.remarks] == ["the name", "a single", ""]


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        (row("AI Architect", "100000", "XX"), "unknown level"),
        (row("AI Architect", employment="NO"), "unknown employment"),
        (row("AI Architect", year="24"), "year unreadable"),
        (row("", "100000"), "no job title"),
        *((row("AI Architect", pay), "salary unreadable") for pay in ("", "0", "-5", "1e5", "100k", "²", "99999999999", "10000001")),
    ],
)
def test_a_row_that_cannot_be_read_is_left_out_with_its_line(graph: Rolegraph, tmp_path: Path, bad: str, rule: str) -> None:
    found, report = taken(graph, tmp_path, row("AI Architect") + bad)
    assert count(found, "ai-architect") == 1
    assert [(remark.action, remark.rule, remark.line) for remark in report.remarks] == [("skipped", rule, 3)]


def test_the_day_of_the_snapshot_is_in_the_name_or_given(graph: Rolegraph, tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="does not contain the day"):
        taken(graph, tmp_path, row("AI Architect"), name="salaries")
    with pytest.raises(BadParameter, match="not a date"):
        taken(graph, tmp_path, row("AI Architect"), name="salaries", version="2025.1")
    found, _ = taken(graph, tmp_path, row("AI Architect"), name="salaries", version="2025-01-19")
    assert count(found, "ai-architect") == 1


def test_a_table_of_something_else_is_refused(graph: Rolegraph, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UnreadableInput, match="no table of salaries") as caught:
        graph.import_source(salaries.read, Download([tmp_path]), ImportReport(), tmp_path / "out.nt")
    assert "salary_in_usd" in caught.value.members["expected"]


def test_what_is_written_conforms_to_the_shapes(graph: Rolegraph, tmp_path: Path) -> None:
    found, _ = taken(graph, tmp_path, "".join(row("AI Architect", str(pay), year=year) for pay in (1, 10**7) for year in ("2020", "2024")))
    known = Graph()
    for name in ("level", "role"):
        known.parse(resources.folder("data") / "vocabularies" / f"{name}.ttl")
    assert len(list(found.subjects(RDF.type, SCHEMA.MonetaryAmountDistribution))) == 3
    assert Shapes().check(found, known).findings == ()


def test_a_store_takes_it_in_and_keeps_what_it_had_where_it_cannot(store_copy: Path, tmp_path: Path) -> None:
    graph = Rolegraph.open(store_copy)
    path = tmp_path / "salaries-2025-01-19.csv"
    path.write_text(HEADER + row("AI Architect", "123456"), encoding="utf-8")
    graph.import_source(salaries.read, Download([path]), ImportReport(), replace=True)
    [architect] = [found for found in graph.salaries([ROLE + "ai-architect"]) if "level" not in found]
    assert (architect["median"].value, architect["observations"].value) == ("123456", "1")
    before = graph.engine.revision
    path.write_bytes((HEADER + row("AI Architect")).encode() + b"2024,SE,FT,\xff\n")
    with pytest.raises(UnreadableInput, match="cannot be read"):
        graph.import_source(salaries.read, Download([path]), ImportReport())
    graph.engine.write({terms.KINDS["role"].scheme: None})
    path.write_text(HEADER + row("Baker"), encoding="utf-8")
    with pytest.raises(UnreadableInput, match="none of which is usable; the first: no role of that name: 'Baker'"):
        graph.import_source(salaries.read, Download([path]), ImportReport(), replace=True)
    assert before is not None
    assert graph.engine.revision == before + 1
    graph.close()


def test_pay_of_a_role_that_nothing_describes_is_refused(store_copy: Path, tmp_path: Path) -> None:
    graph = Rolegraph.open(store_copy)
    path = tmp_path / "salaries-2025-01-19.csv"
    path.write_text(HEADER + row("DL engineer"), encoding="utf-8")
    role, skos = ROLE + "deep-learning-engineer", "http://www.w3.org/2004/02/skos/core#"
    graph.engine.write({terms.KINDS["role"].scheme: f'<{role}> <{skos}altLabel> "DL engineer"@en .'.encode()})
    with pytest.raises(NotConforming, match="nothing was imported"):
        graph.import_source(salaries.read, Download([path]), ImportReport(), replace=True)
    graph.close()


# ---------------------------------------------------------------- the real table


@pytest.fixture(scope="module")
def real(demand: Callable[[str, str], Path]) -> Path:
    return demand("ROLEGRAPH_TEST_DATA", "salaries/salaries-2025-01-19.csv") / "salaries"


def test_what_is_shipped_is_what_the_importer_makes(graph: Rolegraph, real: Path, tmp_path: Path) -> None:
    report = ImportReport()
    graph.import_source(salaries.read, Download([real]), report, tmp_path / "out.nt")
    assert turtle_layout.canonical_turtle(Graph().parse(tmp_path / "out.nt", format="nt")) == SHIPPED.read_text(encoding="utf-8")
    assert report.read == {"salaries-2025-01-19.csv": 74301}
    assert (report.written["roles"], report.written["distributions"]) == (6, 28)


def test_every_figure_is_that_of_the_rows(real: Path) -> None:
    by_group: dict[tuple[str, str], list[int]] = defaultdict(list)
    with next(real.glob("*.csv")).open(encoding="utf-8", newline="") as lines:
        for one in csv.DictReader(lines):
            name, pay = terms.slugify(one["job_title"]), int(one["salary_in_usd"])
            by_group[name, ""].append(pay)
            by_group[name, LEVELS[one["experience_level"]]].append(pay)
            if one["work_year"] == "2024":
                by_group[name, "2024"].append(pay)
    shipped = Graph().parse(SHIPPED)
    small = {"ai-programmer": 9, "deep-learning-engineer": 12, "computer-vision-engineer": 88, "ai-architect": 153}
    assert {name: count(shipped, name) for name in small} == small
    nodes = [str(one).partition("#")[2] for one in shipped.subjects(RDF.type, SCHEMA.MonetaryAmountDistribution)]
    for name in nodes:
        head, _, tail = name.rpartition("-")
        pays = by_group[(head, tail) if tail in {*LEVELS.values(), "2024"} else (name, "")]
        assert count(shipped, name) == len(pays)
        cuts = statistics.quantiles(pays, n=100, method="inclusive") if len(pays) > 1 else pays * 99
        assert figures(shipped, name) == pytest.approx([cuts[at - 1] for at in (10, 25, 50, 75, 90)], abs=0.501)
    roles = {name for name in by_group if name[0] in {member.rpartition("/")[2] for member in map(str, shipped.subjects(RG.salary))}}
    assert {f"{name}-{group}".rstrip("-") for name, group in roles if group} <= set(nodes)


def test_the_command_tells_what_it_left_out_on_a_narrow_terminal_too(tmp_path: Path) -> None:
    path, out = tmp_path / "salaries-2025-01-19.csv", tmp_path / "out.ttl"
    path.write_text(HEADER + row("AI Architect") + row("Baker"), encoding="utf-8")
    done = CliRunner(env={"COLUMNS": "80"}).invoke(main, ["import", "salaries", str(path), "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert re.search(r"skipped +no role of that name +1 +salaries", done.output)
    assert "aijobs.net" in done.output
    assert len(Graph().parse(out, format="turtle")) > 20
