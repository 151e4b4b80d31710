"""Confirmed rows: what of a file is kept, and what it changes."""

import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rolegraph.cli import main
from rolegraph.facade import Rolegraph, confirmed_rows
from rolegraph.facade.ntriples import NTRIPLES

ROLE = "https://w3id.org/rolegraph/role/"
TITLE = "Wizard of neural nets"


@pytest.fixture
def store(store_copy: Path) -> Path:
    return store_copy


def learn(store: Path, file: Path, *more: str | Path) -> Result:
    return CliRunner().invoke(main, ["match", "--kind", "role", "--store", str(store), "--learn", str(file), *map(str, more)])


def test_confirmed_rows_are_kept_with_where_they_come_from_and_used_from_then_on(store: Path, tmp_path: Path) -> None:
    titles, confirmed = tmp_path / "titles.txt", tmp_path / "confirmed.csv"
    titles.write_text(f"{TITLE}\n")
    confirmed.write_text(f"text;id\n{TITLE};role:deep-learning-engineer\nHead of robots;ai-architect\n=A1 wizard;{ROLE}ai-programmer\n")
    done = learn(store, confirmed, titles)
    assert done.exit_code == 0, done.output
    assert "3 rows are kept: source:confirmed-matches" in done.stderr
    [row] = csv.DictReader(io.StringIO(done.stdout))
    assert row["id"] == f"{ROLE}deep-learning-engineer"
    assert "ManualMappingCuration" in CliRunner().invoke(
        main, ["match", str(titles), "--kind", "role", "--store", str(store), "-f", "sssom"]
    ).stdout
    graph = Rolegraph.open(store)
    [match] = graph.match([TITLE.upper()], "role").results
    assert match.candidates[0].iri == f"{ROLE}deep-learning-engineer"
    assert graph.match([TITLE], "role").fitted_on.confirmed == 3
    assert graph.match(["Python"], "skill").fitted_on.confirmed == 0
    thing = graph.catalogue.thing(confirmed_rows.SOURCE)
    assert (thing.label, thing.kind.name) == ("Confirmed matches", "source")
    why = graph.select(
        "SELECT ?why { GRAPH ?g { ?m a <https://w3id.org/rolegraph/ns#Mapping> ; <https://w3id.org/rolegraph/ns#justification> ?why } }"
    )
    assert any("confirmed.csv" in row["why"].value for row in why)
    report = graph.validate(b"".join(graph.export(NTRIPLES, confirmed_rows.SOURCE).pieces()), NTRIPLES)
    assert report.counts["Violation"] == 0, report.text()
    graph.close()


def test_a_later_file_corrects_an_earlier_one_and_the_source_can_be_withdrawn(store: Path, tmp_path: Path) -> None:
    confirmed = tmp_path / "confirmed.csv"
    for slug in ("deep-learning-engineer", "ai-architect"):
        confirmed.write_text(f"text,id\n{TITLE},{slug}\n")
        assert learn(store, confirmed).exit_code == 0
    graph = Rolegraph.open(store)
    assert [candidate.iri for candidate in graph.match([TITLE], "role", limit=1).results[0].candidates] == [f"{ROLE}ai-architect"]
    graph.withdraw(confirmed_rows.SOURCE)
    assert graph.match([TITLE], "role").fitted_on.confirmed == 0
    graph.close()


def test_rows_that_cannot_be_kept_are_named_by_their_lines(store: Path, tmp_path: Path) -> None:
    confirmed = tmp_path / "confirmed.csv"
    confirmed.write_text(
        f"row,text,decision,id\n1,{TITLE},accept,ai-architect\n2,{TITLE},accept,ai-programmer\n3,a,accept,skill:python\n"
        "4,,accept,ai-architect\n\n5,b,review,ai-architect\n6,c,accept,\n7,d,accept,not an id\n"
    )
    done = learn(store, confirmed)
    assert done.exit_code == 0, done.output
    assert [line.split(":")[1] for line in done.stderr.splitlines()[:-1]] == ["3", "4", "5", "9"]
    assert "something else on line 2" in done.stderr
    assert "1 rows are kept, 4 refused, 2 not confirmed" in done.stderr


def test_a_file_without_a_row_to_keep_changes_nothing(store: Path, tmp_path: Path) -> None:
    confirmed = tmp_path / "confirmed.csv"
    for content in ("text,id\n", "text\na\n", "text,id\na,nonsense\n", "text,name\na,b\n"):
        confirmed.write_text(content)
        assert learn(store, confirmed).exit_code == 2, content
    graph = Rolegraph.open(store)
    assert confirmed_rows.SOURCE not in graph.engine.graphs()
    graph.close()
