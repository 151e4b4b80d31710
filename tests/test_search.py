"""Search: what people type finds what they mean, within the filters, in an index that follows the graph."""

import csv
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from asked import graphs_asked
from rolegraph import terms
from rolegraph.cli import main
from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.errors import BadParameter
from rolegraph.facade import Rolegraph
from rolegraph.search import Finder, Hit, Search, changes, folding
from rolegraph.search.index import NAME

Query = dict[str, str]

with (Path(__file__).parent / "search" / "queries.csv").open(newline="", encoding="utf-8") as file:
    QUERIES = list(csv.DictReader(file))
SKOS = "http://www.w3.org/2004/02/skos/core#"
WORDS = ("data", "deep", "learning", "engineer", "vision", "python", "neural", "networks", "analysis", "test", "de", "ingénieur")


def expected(query: Query) -> set[str]:
    return {terms.expand(one) or one for one in query["expected"].split()}


def place(search: Finder, query: Query, wanted: Iterable[str]) -> int | None:
    hits = search.find(query["query"], [query["kind"]] if query["kind"] else (), limit=5)
    return next((number for number, hit in enumerate(hits) if hit.iri in set(wanted)), None)


def every_label(graph: Rolegraph) -> list[tuple[str, str]]:
    types = " ".join(f"<{kind.types[0]}>" for kind in terms.KINDS.values())
    rows = graph.engine.rows(
        f"SELECT DISTINCT ?thing ?label {{ VALUES ?type {{ {types} }} ?thing a ?type ; <{SKOS}prefLabel>|<{SKOS}altLabel> ?label }}"
    )
    return [(row["thing"].value, row["label"].value) for row in rows]


def test_the_set_of_queries_is_large_and_of_all_kinds() -> None:
    assert len(QUERIES) >= 200
    classes = {"exact", "alt", "prefix", "order", "typo", "abbreviation", "number", "french", "code", "mixed"}
    assert {query["class"] for query in QUERIES} == classes
    assert len({(query["query"], query["kind"]) for query in QUERIES}) == len(QUERIES)


def test_queries_find_what_is_shipped(graph: Rolegraph) -> None:
    known = {iri for iri, _ in every_label(graph)}
    own = [(query, wanted) for query in QUERIES if query["class"] not in ("code", "french") and (wanted := expected(query) & known)]
    assert len(own) > 50
    missed = [query["query"] for query, wanted in own if place(graph.search, query, wanted) is None]
    assert len(missed) <= len(own) * 0.05, missed


def test_every_label_finds_its_thing(graph: Rolegraph) -> None:
    deprecated = graph.catalogue.lists.deprecated()
    for iri, label in every_label(graph):
        found = graph.search.find(label, limit=100)
        hits = [hit for hit in found if hit.match == "exact"]
        assert iri in [hit.iri for hit in hits], label
        valid = [hit for hit in hits if hit.iri not in deprecated]
        assert valid == found[: len(valid)]
        marks = [hit.iri in deprecated for hit in found]
        assert marks == sorted(marks), "deprecated things come last"


@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    cut=st.integers(0, 3),
    kinds=st.lists(st.sampled_from(list(terms.KINDS)), max_size=3),
    language=st.sampled_from([None, "en", "fr", "de"]),
    bounds=st.tuples(st.integers(0, 20), st.integers(1, 30)),
)
@settings(max_examples=150, deadline=None)
def test_hits_are_within_the_filters_and_in_order(
    graph: Rolegraph,
    *,
    words: Sequence[str],
    cut: int,
    kinds: Sequence[str],
    language: str | None,
    bounds: tuple[int, int],
) -> None:
    number, limit = bounds
    graphs = graph.search.refresh().graphs()
    source = sorted(graphs)[number] if number < len(graphs) else None
    text = " ".join(words)[: -cut or None] or words[0]
    hits = graph.search.find(text, kinds, source=source, language=language, limit=limit)
    assert len(hits) <= limit
    assert len({hit.iri for hit in hits}) == len(hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        assert not kinds or hit.kind in kinds
        assert source is None or source in hit.sources
        assert language is None or hit.language in ("", language)


name = st.text(st.sampled_from("abcdeAé /-(+"), min_size=1, max_size=8)
kind = st.sampled_from(["role", "skill", "tool"])
thing = st.tuples(st.sampled_from("abcd"), kind, name, st.lists(name, max_size=2), st.sampled_from(["en", "fr"]))
writes = st.lists(st.tuples(st.sampled_from(["one", "two"]), st.none() | st.lists(thing, max_size=3)), min_size=1, max_size=5)


def document(things: Iterable[tuple[str, str, str, list[str], str]]) -> bytes:
    lines = []
    for slug, one, label, others, language in things:
        iri = f"<{terms.KINDS['role'].namespace}{slug}>"
        lines.append(f'{iri} a <{terms.KINDS[one].types[0]}> ; <{SKOS}prefLabel> "{label}"@{language} .')
        lines += [f'{iri} <{SKOS}altLabel> "{other}"@{language} ; <{terms.RG}tool> <{terms.BASE}tool/{slug}> .' for other in others]
    return "\n".join(lines).encode()


def content(search: Search) -> tuple[list[str], list[str], list[tuple[str, int]]]:
    """What an index holds, whatever numbers it gave to things and graphs."""
    index = search.refresh()
    columns = "iri, property, form, language, text, folded, stems, initials, thing.kind, uses"
    entries = sorted(index.connection.execute(f"SELECT {columns} FROM entry JOIN thing ON thing.id = thing").fetchall())
    things = index.connection.execute("SELECT iri, id FROM thing ORDER BY iri").fetchall()
    return [str(one) for one in entries], [f"{iri} {index.things([number])[number]}" for iri, number in things], sorted(index.words())


@given(st.lists(thing, max_size=5))
@settings(max_examples=30, deadline=None)
def test_an_index_is_the_same_however_many_things_are_inserted_at_a_time(things: list[tuple[str, str, str, list[str], str]]) -> None:
    engine = EmbeddedEngine()
    engine.write({f"{terms.BASE}source/one": document(things)})
    whole, pieces = Search(engine), Search(engine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changes, "BATCH", 1)
        assert content(pieces) == content(whole)
    whole.close()
    pieces.close()


@given(writes)
@settings(max_examples=60, deadline=None)
def test_an_index_that_followed_writes_is_the_one_that_is_built_of_the_result(made: list[tuple[str, list[object] | None]]) -> None:
    engine = EmbeddedEngine()
    following = Search(engine)
    following.refresh()
    for graph, things in made:
        engine.write({f"{terms.BASE}source/{graph}": None if things is None else document(things)})  # type: ignore[arg-type]
        following.refresh()
    fresh = Search(engine)
    assert content(following) == content(fresh)
    for text in ("a", "b", "ab", "é", "abc de"):
        assert found(following, text) == found(fresh, text)
    fresh.close()
    following.close()


def found(search: Search, text: str) -> list[Hit]:
    return search.find(text, limit=100)


def test_what_is_written_is_found_at_once_and_only_that_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Rolegraph.open()
    assert graph.search.find("quantum basket weaver", ["role"]) == []
    asked = graphs_asked(monkeypatch)
    source = f"{terms.BASE}source/ours"
    graph.store(source, document([("weaver", "role", "Quantum Basket Weaver", [], "en")]))
    assert [hit.match for hit in graph.search.find("quantum basket weaver", ["role"])] == ["exact"]
    assert [hit.match for hit in graph.search.find("basket qantum weavers", ["role"])] == ["typo"]
    assert graph.catalogue.near("quantom-basket-weaver", [terms.KINDS["role"]]) == ["role:weaver"]
    graph.update(f'INSERT DATA {{ GRAPH <{source}> {{ <{terms.BASE}role/weaver> <{SKOS}altLabel> "Qubit braider"@en }} }}')
    assert [hit.label for hit in graph.search.find("qubit braider", ["role"])] == ["Quantum Basket Weaver"]
    graph.withdraw(source)
    assert graph.search.find("quantum basket weaver", ["role"]) == []
    assert set(asked) == {source}


def test_an_index_outlasts_a_restart_and_is_built_anew_where_it_is_damaged(store_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def search() -> list[str]:
        graph = Rolegraph.open(store_copy)
        try:
            return [hit.iri for hit in graph.search.find("deep lerning engineer", ["role"])]
        finally:
            graph.close()

    first = search()
    assert first == [f"{terms.BASE}role/deep-learning-engineer"]
    asked = graphs_asked(monkeypatch)
    assert search() == first
    assert asked == []
    path = store_copy / "search" / NAME
    path.write_bytes(b"SQLite format 3\0" + b"nonsense" * 1000)
    assert search() == first
    assert asked
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert search() == first
    path.unlink()
    assert search() == first
    assert [one.name for one in (store_copy / "search").iterdir() if not one.name.startswith(NAME)] == []


def test_an_index_of_another_revision_is_brought_in_line(store_copy: Path) -> None:
    engine = RevisionStore(store_copy)
    engine.write({f"{terms.BASE}source/ours": document([("weaver", "role", "Quantum Basket Weaver", [], "en")])})
    engine.close()
    graph = Rolegraph.open(store_copy)
    assert graph.search.find("quantum basket weaver")[0].match == "exact"
    past = graph.at(graph.engine.revision - 1)  # type: ignore[operator]
    with pytest.raises(BadParameter, match="newest revision"):
        past.search.find("deep learning engineer")
    assert past.catalogue.near("deep-lerning-engineer", [terms.KINDS["role"]]) == ["role:deep-learning-engineer"]
    assert past.catalogue.near("quantum-basket-weavr", [terms.KINDS["role"]]) == []
    graph.close()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Géochimiste", "geochimiste"),
        ("C++", "c++"),
        ("C#, F# & .NET", "c# f# and dotnet"),
        ("Children's Nurse", "children nurse"),
        ("l’œuvre d'art", "l oeuvre d art"),
        ("15-2051.00", "15 2051 00"),
        ("  TCP/IP ", "tcp ip"),
        ("+", ""),
        ("R & D, AT&T", "r&d at and t"),
        ("Straße", "strasse"),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert folding.fold(text) == folded


@pytest.mark.parametrize(
    "alike",
    [
        "engineer engineers",
        "organise organize",
        "colour color colours",
        "centre center centers",
        "catalogue catalog",
        "programme program programs",
        "modelling modeling",
        "licence license",
        "paediatric pediatric",
        "analyse analyze",
        "analysis analyses",
        "salesman salesmen",
        "company companies",
        "database databases",
        "tyre tire",
    ],
)
def test_spellings_of_a_word_have_one_stem(alike: str) -> None:
    assert len(set(map(folding.stem, alike.split()))) == 1


@pytest.mark.parametrize(
    ("label", "language", "forms"),
    [
        ("directeur de casting/directrice de casting", "fr", ["directeur de casting", "directrice de casting"]),
        ("agent/agente de sécurité", "fr", ["agent de sécurité", "agente de sécurité"]),
        ("courtier/courtière", "fr", ["courtier", "courtière"]),
        ("TCP/IP", "en", []),
        ("Python (computer programming)", "en", ["Python"]),
        ("Registered Nurse (RN)", "en", ["Registered Nurse", "RN"]),
    ],
)
def test_other_forms_of_a_label(label: str, language: str, forms: list[str]) -> None:
    assert list(folding.variants(label, language)) == forms


def test_a_folded_text_is_folded_whatever_its_letters() -> None:
    decomposed = [letter for letter in map(chr, range(0x110000)) if unicodedata.normalize("NFKD", letter) != letter]
    for text in (text for letter in decomposed for text in (letter, f"a{letter}'s", f"+{letter}#", letter * 60)):
        folded = folding.fold(text)
        assert folding.fold(folded) == folded
        assert len(folded) <= folding.LONGEST


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_is_answered_or_refused_in_words(graph: Rolegraph, text: str) -> None:
    assert folding.fold(folding.fold(text)) == folding.fold(text)
    try:
        graph.search.find(text)
    except BadParameter as error:
        assert error.members["parameter"] == "q"  # noqa: PT017 - what is refused, and nothing else


@pytest.mark.parametrize(
    ("wrong", "parameter"),
    [
        ("q=", "q"),
        ("", "q"),
        ("q=%3F%3F", "q"),
        (f"q={'a' * 201}", "q"),
        ("q=a&kind=nonsense", "kind"),
        ("q=a&source=nonsense", "source"),
        ("q=a&language=e%20n", "language"),
        ("q=a&limit=0", "limit"),
        ("q=a&limit=101", "limit"),
        ("q=a&limit=two", "limit"),
        ("q=a&colour=red", "colour"),
        ("q=a&revision=0", "revision"),
    ],
)
def test_what_cannot_be_searched_for_is_refused(client: FlaskClient, wrong: str, parameter: str) -> None:
    newest = client.get("/revisions.json").get_json()["newest"]
    answer = client.get(f"/search.json?{wrong}")
    if parameter == "revision" and newest is not None:
        assert answer.status_code in (400, 404)  # an older one, which may not be kept
        return
    assert (answer.status_code, answer.get_json()["parameter"]) == (400, parameter)


def test_hits_over_http(client: FlaskClient) -> None:
    answer = client.get("/search.json?q=DL+engineer&kind=role").get_json()
    assert answer["q"] == "DL engineer"
    assert answer["hits"][0]["curie"] == "role:deep-learning-engineer"
    assert answer["hits"][0]["label"] == "Deep Learning Engineer"
    assert answer["hits"][0]["match"] in ("exact", "abbreviation")
    rows = list(csv.reader(client.get("/search.csv?q=pytorch").text.splitlines()))
    assert rows[0][:4] == ["id", "curie", "kind", "label"]
    assert rows[1][1:4] == ["tool:pytorch", "tool", "PyTorch"]
    page = client.get("/search?q=pytroch", headers={"Accept": "text/html"}).text
    assert 'href="/tool/pytorch"' in page
    assert ">typo<" in page
    assert "<script>" not in page
    source = "ai-architect-vs-deep-learning-engineer"
    hits = client.get(f"/search.json?q=learning&source={source}&limit=50").get_json()["hits"]
    assert hits
    assert all(f"{terms.BASE}source/{source}" in hit["sources"] for hit in hits)


def test_suggestions_over_http(client: FlaskClient) -> None:
    answer = client.get("/suggest?q=deep+le").get_json()
    assert {hit["curie"] for hit in answer["suggestions"]} >= {"skill:deep-learning", "role:deep-learning-engineer"}
    assert all(hit["address"].startswith("/") for hit in answer["suggestions"])
    assert client.get("/suggest?q=deep+le&kind=tool").get_json()["suggestions"][0]["kind"] == "tool"


def test_text_of_a_search_is_shown_as_text(client: FlaskClient) -> None:
    page = client.get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E", headers={"Accept": "text/html"}).text
    assert "<script>alert" not in page


def test_the_command_finds_and_tells_how() -> None:
    run = CliRunner().invoke(main, ["search", "deep", "lerning", "--kind", "skill", "--format", "csv"])
    assert run.exit_code == 0
    first = next(csv.DictReader(run.output.splitlines()))
    assert (first["curie"], first["match"]) == ("skill:deep-learning", "typo")
    assert "Deep learning" in CliRunner().invoke(main, ["search", "deep", "lerning"]).output
    assert CliRunner().invoke(main, ["search", "deep", "--source", "nonsense"]).exit_code == 2
