"""An answer stays valid until a write touches what it depends on: a tag that stays the same never stands for another answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rolegraph.engine import backups, changed_keys
from rolegraph.engine.embedded import Settings
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.engine.shared_store import SharedStore
from rolegraph.facade import Rolegraph
from rolegraph.search import Search
from rolegraph.terms import BASE, prefixes
from rolegraph.web import create_app
from rolegraph.web.middleware.cache import RECALL

HEADING = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in prefixes().items() if prefix != "ex")
HEADING += "PREFIX ex: <https://example.org/>\n"
GRAPHS = [
    *("source:one", "source:esco-two", "source:proposed-one", "ex:graph"),
    *("<https://w3id.org/rolegraph/skill>", "<https://w3id.org/rolegraph/role>"),
]
ROLES = ["role:weaver", "role:miller", "ex:smith"]
SKILLS = ["skill:weaving", "skill:milling", "ex:forging", "ex:casting"]
PARTS = ["source:one\\#1", "source:one\\#2", "ex:part"]
LEVELS = ["proficiency:basic", "ex:level"]
THINGS = [*ROLES, *SKILLS, *PARTS, *LEVELS, "source:one", "source:esco-two", "posting:mill"]
CLASSES = ["rg:Role", "rg:Skill", "rg:Tool", "rg:Source", "rg:Statement", "rg:ProficiencyLevel", "schema:JobPosting"]
TEXTS = ['"Weaver"@en', '"weaver"', '"Weberin"@de', '"Miller"@en-gb', '""']
CORE = """
role:weaver a rg:Role ; skos:prefLabel "Weaver"@en ; rg:essentialSkill skill:weaving , ex:forging .
role:miller a rg:Role ; skos:prefLabel "Miller"@en ; rg:essentialSkill skill:milling .
ex:smith a rg:Role ; rg:essentialSkill ex:forging .
skill:weaving a rg:Skill ; skos:prefLabel "Weaving"@en . ex:forging a rg:Skill .
"""
PATHS = [
    *("/compare.json?role=weaver&role=miller", "/compare?role=weaver&role=miller", "/compare.csv?role=weaver&role=https://example.org/smith"),
    *("/compare.json?role=Weaver&role=https://example.org/smith", "/compare.ttl?role=weaver&role=miller"),
    *("/compare.json?role=weaver&role=miller&near=proposed", "/compare?role=weaver&role=miller&near=proposed"),
    *("/role/weaver.json", "/role/weaver", "/role/miller.ttl", "/skill/weaving.json", "/skill/weaving", "/source/one", "/source/one.json"),
    *("/thing.json?iri=https://example.org/forging", "/thing?iri=https://example.org/smith", "/posting/mill", "/source/esco-two"),
    *("/role.json", "/role", "/skill.json?source=one", "/skill?limit=2&page=2", "/source", "/role.ttl", "/"),
    *("/gap.json?from=weaver&to=miller", "/similar.json?role=weaver", "/search.json?q=weaver", "/health", "/revisions.json"),
    *("/queries/proficiency.json?role=weaver", "/queries/salaries.json?role=weaver", "/queries/outlook?role=weaver&role=miller"),
    *("/queries/job-postings.json", "/queries/compare.json?role=weaver&role=miller", "/queries/outlook.json", "/queries"),
    *("/sparql?query=SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o", "/graphs?graph=source:one&format=ntriples", "/openapi.json"),
]


def triple(draw: st.DrawFn) -> str:
    """A triple of what answers are made of."""

    def one(among: list[str]) -> str:
        return draw(st.sampled_from(among))

    thing, role, part, number = one(THINGS), one(ROLES), one(PARTS), draw(st.integers(1, 3))
    return one(
        [
            f"{thing} a {one(CLASSES)} .",
            f"{thing} {one(['skos:prefLabel', 'skos:definition', 'dct:title', 'rdfs:label', 'schema:title'])} {one(TEXTS)} .",
            f"{role} {one(['rg:essentialSkill', 'rg:tool', 'rg:relatedRole', 'rg:degree'])} {one(SKILLS)} .",
            f"{one([*SKILLS, *ROLES])} {one(['skos:broader', 'skos:exactMatch', 'skos:closeMatch'])} {one([*SKILLS, *ROLES])} .",
            f"{one(['source:one', 'source:esco-two'])} {one(['dcat:version', 'schema:creditText', 'dct:publisher'])} {one(TEXTS)} .",
            f"{one(['source:one', 'source:esco-two'])} a rg:Source ; schema:about {role} .",
            f"{part} rg:role {role} ; rg:supports {one(PARTS)} .",
            f"{part} rdf:subject {role} ; rdf:object {one(SKILLS)} ; rg:proficiency {one(LEVELS)} .",
            f"{part} {one(['rg:section section:skills ', f'rg:position {number}', f'rg:fingerprint {one(TEXTS)}'])} .",
            f"{part} {one(['rg:asserts', 'rg:item', 'rdf:subject', 'rdf:object'])} {one(SKILLS)} .",
            f"{part} {one(['rg:importance', 'rg:mastery', 'rg:confidence', 'rg:observations', 'schema:median', 'rg:value'])} {number}.5 .",
            f"{part} a rg:Mapping ; rdf:subject {one(SKILLS)} ; rdf:object {one(SKILLS)} ; rg:confidence 0.{number} .",
            f"{role} {one(['rg:salary', 'rg:outlook'])} {part} .",
            f"{part} {one(['schema:currency', 'schema:duration', 'rdfs:label', 'rg:unit'])} {one(TEXTS)} .",
            f"{part} rg:measure {one(SKILLS)} ; rdfs:label {one(TEXTS)} .",
            f"{part} rg:role {role} ; rdf:predicate rg:essentialSkill ; rg:member {one(SKILLS)} ; rg:atLeast {number} ; rg:open true .",
            f"{part} {one(['rg:member', 'rg:exampleOf'])} {one(SKILLS)} .",
            f"{part} rdf:predicate rg:outlook ; rdf:subject {one([*ROLES, *SKILLS])} ; rdf:object {one(PARTS)} .",
            f"posting:mill schema:title {one(TEXTS)} ; schema:hiringOrganization {one(TEXTS)} .",
            f"posting:mill {one(['schema:baseSalary', 'rg:level', 'schema:relevantOccupation'])} {one([*PARTS, *LEVELS, *ROLES])} .",
            f"{part} schema:value ex:range . ex:range schema:minValue {number} ; schema:maxValue {number} .",
        ]
    )


@st.composite
def writes(draw: st.DrawFn) -> tuple[str, str, str]:
    """A write as its mode, or ``update``; its graph; and its triples, or its text."""
    graph = draw(st.sampled_from(GRAPHS))
    triples = "\n".join(triple(draw) for _ in range(draw(st.integers(1, 6))))
    mode = draw(st.sampled_from(["replace", "merge", "append", "append", "append", "delete", "insert", "remove", "where", "clear"]))
    thing = draw(st.sampled_from(THINGS))
    updates = {
        "insert": f"INSERT DATA {{ GRAPH {graph} {{ {triples} }} }}",
        "remove": f"DELETE DATA {{ GRAPH {graph} {{ {triples} }} }}",
        "where": f"DELETE {{ GRAPH {graph} {{ {thing} ?p ?o }} }} WHERE {{ GRAPH {graph} {{ {thing} ?p ?o }} }}",
        "clear": f"CLEAR SILENT GRAPH {graph}",
    }
    return (mode, graph, triples) if mode not in updates else ("update", graph, updates[mode])


def iri(name: str) -> str:
    prefix, _, rest = name.partition(":")
    return name.strip("<>") if name.startswith("<") else {**prefixes(), "ex": "https://example.org/"}[prefix] + rest


def apply(graph: Rolegraph, write: tuple[str, str, str]) -> None:
    mode, name, text = write
    if mode == "update":
        graph.update(HEADING + text)
    elif mode == "delete":
        graph.store(iri(name), None)
    else:
        graph.store(iri(name), (HEADING + text).encode(), mode=mode)  # type: ignore[arg-type]


def opened(engine: RevisionStore, folder: Path) -> tuple[Rolegraph, FlaskClient]:
    """A service over an engine that has read nothing yet."""
    graph = Rolegraph(engine, search=Search(engine, folder))
    return graph, create_app(graph).test_client()


class Reader:
    """A client that remembers all answers, with their tags."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], bytes] = {}
        self.kept = 0

    def check(self, path: str, kept: FlaskClient, fresh: FlaskClient) -> None:
        """Check that a service that has answered before answers as a fresh one, and that both make and take the same tags."""
        answer, again = kept.get(path), fresh.get(path)
        assert (answer.status_code, answer.data) == (again.status_code, again.data), path
        if answer.status_code != 200:
            return
        for tag in (answer.headers["ETag"], again.headers["ETag"]):
            self.kept += (path, tag) in self._seen
            assert self._seen.setdefault((path, tag), answer.data) == answer.data, path
            for client in (kept, fresh):
                assert client.get(path, headers={"If-None-Match": tag}).status_code == 304, path
        for (earlier, tag), body in self._seen.items():
            if earlier == path and body != answer.data:
                assert kept.get(path, headers={"If-None-Match": tag}).status_code == 200, path
                assert fresh.get(path, headers={"If-None-Match": tag}).status_code == 200, path


ENTRY = """
source:our-hr a rg:Source ; dct:title "Our roles"@en .
role:prompt-engineer a rg:Role , skos:Concept ; skos:inScheme <https://w3id.org/rolegraph/role> ; skos:prefLabel "Prompt Engineer"@en ;
  skos:definition "Someone who writes and tests instructions for language models."@en ;
  rg:essentialSkill skill:natural-language-processing {} .
"""
STAY = [
    *("/compare.json?role=ai-architect&role=deep-learning-engineer", "/compare.csv?role=ai-architect&role=ai-programmer"),
    *("/compare?role=ai-architect&role=deep-learning-engineer", "/role/ai-architect", "/role/ai-architect.json", "/skill/deep-learning"),
    *("/tool/python.json", "/skill.json?limit=5", "/role.ttl", "/queries/proficiency.json?role=ai-architect"),
    *("/queries/outlook.json?role=ai-architect&role=ai-programmer", "/source/salaries-2025-01-19.json", "/"),
    *("/shapes.ttl", "/ontology.ttl"),
    *("/openapi.json", "/context.jsonld", "/queries.json", "/compare.json?role=AI Architect&role=AI Programmer"),
]
CHANGE = [
    *("/compare.json?role=ai-architect&role=prompt-engineer", "/compare?role=ai-architect&role=prompt-engineer", "/role/prompt-engineer"),
    *("/role/prompt-engineer.json", "/skill/machine-learning", "/skill/machine-learning.json", "/graphs.nq"),
    *("/sparql?query=SELECT * { ?s ?p <https://w3id.org/rolegraph/skill/machine-learning> }", "/sources/our-hr"),
    "/gap.json?from=ai-architect&to=prompt-engineer",
]


def put(graph: Rolegraph, more: str = "") -> None:
    graph.store(BASE + "source/our-hr", (HEADING + ENTRY.format(more)).encode())


@pytest.fixture
def shipped(store_copy: Path) -> Iterator[Rolegraph]:
    graph = Rolegraph.open(store_copy)
    put(graph)
    yield graph
    graph.close()


def test_what_a_write_of_one_role_does_not_touch_is_sent_again_without_a_look_at_the_store(shipped: Rolegraph) -> None:
    app = create_app(shipped)
    client = app.test_client()
    before = {path: client.get(path) for path in (*STAY, *CHANGE)}
    assert {answer.status_code for answer in before.values()} == {200}
    put(shipped, ", skill:machine-learning")
    engine = type(shipped.engine.newest)  # type: ignore[attr-defined]
    with patch.object(engine, "rows", side_effect=AssertionError("looked up again")):
        for path in STAY:
            answer, tag = client.get(path), before[path].headers["ETag"]
            assert (answer.status_code, answer.data, dict(answer.headers)) == (200, before[path].data, dict(before[path].headers)), path
            assert app.extensions[RECALL](answer.request.environ).body == answer.data, path
            assert client.get(path, headers={"If-None-Match": tag}).status_code == 304, path
            assert app.extensions[RECALL]({**answer.request.environ, "HTTP_IF_NONE_MATCH": tag}).status == "304 NOT MODIFIED", path
    for path in CHANGE:
        answer = client.get(path, headers={"If-None-Match": before[path].headers["ETag"]})
        assert answer.status_code == 200, path
        assert answer.data != before[path].data, path


@pytest.mark.parametrize("path", ["/compare.json?role=ai-architect&role=ai-programmer", "/role/ai-architect"])
def test_a_client_may_ask_any_process_also_one_that_has_not_answered_before(shipped: Rolegraph, store_copy: Path, path: str) -> None:
    announced = [shipped.engine.revision]

    def process() -> FlaskClient:
        store = SharedStore(store_copy, Settings(), lambda: announced[0])  # type: ignore[arg-type, return-value]
        return create_app(Rolegraph(store, search=Search(store, store_copy / "search"))).test_client()

    processes = [process(), process()]
    first = processes[0].get(path)
    for number in range(3):
        put(shipped, f', skill:machine-learning ; skos:altLabel "Prompter {number}"@en')
        announced[0] = shipped.engine.revision
        processes.append(process())
        for client in processes:
            assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
        assert {client.get(path).headers["ETag"] for client in processes} == {first.headers["ETag"]}
    assert processes[0].get(path).data == first.data
    shipped.update(HEADING + 'INSERT DATA { GRAPH source:our-hr { role:ai-architect skos:definition "Another one"@en } }')
    announced[0] = shipped.engine.revision
    for client in processes:
        assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_tags_outlast_a_restart_but_not_a_restore(store_copy: Path, tmp_path: Path) -> None:
    graph, path = Rolegraph.open(store_copy), "/role/prompt-engineer.json"
    put(graph)
    client = create_app(graph).test_client()
    backups.back_up(store_copy, tmp_path / "backup.tar.gz")
    seen = client.get(path)
    put(graph, ", skill:machine-learning")
    unchanged = {"If-None-Match": client.get(path).headers["ETag"]}
    graph.close()
    again = Rolegraph.open(store_copy)
    again.store("http://example.org/g", b"<http://a> <http://b> 1 .")
    assert create_app(again).test_client().get(path, headers=unchanged).status_code == 304
    again.close()
    backups.restore(tmp_path / "backup.tar.gz", tmp_path / "restored")
    restored = Rolegraph.open(tmp_path / "restored")
    for number in range(2):
        restored.store("http://example.org/g", b"<http://a> <http://b> %d ." % number)
    answer = create_app(restored).test_client().get(path, headers=unchanged)
    assert (answer.status_code, answer.data) == (200, seen.data)
    restored.close()


def test_a_write_of_much_touches_everything(shipped: Rolegraph) -> None:
    client = create_app(shipped).test_client()
    seen = client.get("/role.json")
    for number, stays in ((changed_keys.MOST_TRIPLES, True), (changed_keys.MOST_TRIPLES * 2 + 1, False)):
        shipped.store("http://example.org/g", "".join(f"<http://a/{each}> <http://b> {each} .\n" for each in range(number)).encode())
        again = client.get("/role.json")
        assert again.data == seen.data
        assert (again.headers["ETag"] == seen.headers["ETag"]) == stays


def test_a_client_with_a_condition_may_name_any_revision_of_the_same_answer(shipped: Rolegraph) -> None:
    client = create_app(shipped).test_client()
    path = "/compare.json?role=ai-architect&role=ai-programmer"
    tag = client.get(path).headers["ETag"]
    form = tag.strip('"').partition("-")[2]
    put(shipped, ", skill:machine-learning")
    newest = shipped.engine.revision
    assert newest is not None
    for name in (tag, f'"{newest}-{form}"', f'W/"{newest - 1}-{form}"'):
        assert client.get(path, headers={"If-None-Match": name}).status_code == 304
    assert client.get(path, headers={"If-Match": f'"{newest}-{form}"'}).status_code == 200
    for name in (f'"{newest + 1}-{form}"', f'"{newest}-{form}x"', f'"-{form}"', f'"x-{form}"', f'"{"9" * 5000}-{form}"', f'"-1-{form}"'):
        assert client.get(path, headers={"If-None-Match": name}).status_code == 200
        assert client.get(path, headers={"If-Match": name}).status_code == 412


WITH_GROUPS = ["/compare.json?role=weaver&role=miller", "/compare?role=weaver&role=miller", "/role/weaver.json", "/role/weaver"]
GROUP = "; rdf:predicate rg:essentialSkill ; rg:atLeast 1 ; rg:open true"
FOUND = """
skill:weaving skos:closeMatch ex:forging . proficiency:basic a rg:ProficiencyLevel ; skos:prefLabel "Basic"@en .
source:one\\#1 rg:role role:weaver ; rg:section section:skills ; rg:supports source:one\\#claim .
source:one\\#claim rdf:subject role:weaver ; rdf:object skill:weaving .
source:one\\#2 rg:role role:weaver ; rg:item skill:weaving . role:weaver rg:salary ex:pay ; rg:outlook ex:outlook .
source:one\\#2 rdf:predicate rg:essentialSkill ; rg:atLeast 1 ; rg:open false ; rg:member skill:weaving .
source:one\\#3 rg:role role:miller ; rg:supports source:one\\#4 . source:one\\#4 rdf:subject ex:trade ; rdf:object ex:market .
source:one\\#claim rdf:predicate rg:outlook . ex:market rg:measure ex:measure ; rdfs:label "Rising"@en .
ex:pay schema:currency "EUR" ; schema:duration "P1Y" ; rg:observations 9 . ex:outlook rg:measure ex:measure ; rdfs:label "Growth"@en .
"""


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/compare.json?role=weaver&role=miller", "source:one\\#claim rg:proficiency proficiency:basic ."),
        ("/compare.json?role=weaver&role=miller", "ex:forging skos:exactMatch skill:weaving ."),
        ("/compare.json?role=weaver&role=miller", 'ex:forging skos:prefLabel "Forging"@en .'),
        ("/compare.json?role=weaver&role=miller", "ex:forging skos:broader ex:casting ."),
        ("/compare.json?role=weaver&role=miller", 'role:miller skos:definition "Someone who mills."@en .'),
        ("/compare.json?role=Weaver&role=miller", 'role:weaver a skos:Concept ; skos:definition "Weaves."@en .'),
        ("/compare?role=weaver&role=miller", "ex:tailor a rg:Role ."),
        ("/role/weaver.json", "source:one\\#2 rg:importance 4.5 ."),
        *[(path, "source:one\\#2 rg:member ex:forging .") for path in WITH_GROUPS],
        *[(path, "source:one\\#2 rg:exampleOf ex:casting .") for path in WITH_GROUPS],
        *[(path, f"source:one\\#3 rg:role role:weaver {GROUP} ; rg:member ex:forging .") for path in WITH_GROUPS],
        *[(path, "source:one\\#claim rdf:subject ex:trade ; rdf:object ex:market .") for path in ("/role/weaver.json", "/role/weaver")],
        ("/role/miller.json", "source:one\\#4 rdf:predicate rg:outlook ."),
        ("/role/weaver", "ex:pay schema:median 50000 ."),
        ("/role/weaver", 'ex:outlook rg:value 5 ; rg:unit "percent" .'),
        ("/skill/weaving.json", "ex:smith rg:essentialSkill skill:weaving ."),
        ("/role.json", 'ex:smith skos:prefLabel "Smith"@en .'),
    ],
)
def test_what_a_new_triple_adds_is_seen_although_nothing_of_it_was_read_before(path: str, more: str) -> None:
    graph = Rolegraph.open(shipped=False)
    client = create_app(graph).test_client()
    graph.store(BASE + "source/one", (HEADING + CORE + FOUND).encode())
    before = client.get(path)
    assert before.status_code == 200
    trusted = "exactMatch" in more  # those of pushed sources join nothing
    graph.store("https://example.org/graph" if trusted else BASE + "source/one", (HEADING + more).encode(), mode="append")
    after = client.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.data != before.data
    assert after.data == create_app(Rolegraph(graph.engine)).test_client().get(path).data


@settings(deadline=None, max_examples=12, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(base=st.lists(writes(), max_size=6), changes=st.lists(writes(), min_size=1, max_size=5))
def test_a_tag_never_stands_for_two_answers(tmp_path_factory: pytest.TempPathFactory, base: list[Any], changes: list[Any]) -> None:
    folder = tmp_path_factory.mktemp("store")
    engine, reader = RevisionStore(folder), Reader()
    try:
        graph, kept = opened(engine, folder / "search")
        graph.store(BASE + "source/core", (HEADING + CORE).encode())
        for write in base:
            apply(graph, write)
        for number, write in enumerate([None, *changes]):
            if write is not None:
                apply(graph, write)
            fresh = opened(engine, folder / f"search-{number}")[1]
            for path in PATHS:
                reader.check(path, kept, fresh)
    finally:
        engine.close()
