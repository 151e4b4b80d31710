"""Graphs written out: every format says the same, and a large graph takes no memory of the service and delays nobody."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest

from processes import family, memory_of, query_workers
from rolegraph import jsonld_context, terms
from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.facade import Rolegraph
from rolegraph.formats import holding, named
from rolegraph.linked_data import export
from rolegraph.tokens import Tokens
from rolegraph.web import create_app

EX = "http://example.org/"
XSD, RDF, SKOS = (terms.prefixes()[name] for name in ("xsd", "rdf", "skos"))
JSONLD, NTRIPLES = (named(name, holding("graph")) for name in ("jsonld", "ntriples"))
NQUADS, TRIG = (named(name, holding("dataset")) for name in ("nquads", "trig"))
PARSED = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdfxml": ox.RdfFormat.RDF_XML,
}


def triples(count: int) -> bytes:
    return "".join(f"<{EX}{number}> <{EX}p> 'number {number}'@en, {number} .\n" for number in range(count // 2)).encode()


def parsed(body: bytes, format_: str) -> set[str]:
    if format_ == "jsonld":
        body = json.dumps(jsonld_context.included(json.loads(body))).encode()
    return {str(quad.triple) for quad in ox.parse(body, PARSED[format_])}


@pytest.mark.parametrize("format_", holding("graph"), ids=lambda format_: format_.name)
@pytest.mark.parametrize("count", [30, 21_000])  # the latter is past the number up to which triples are sorted
def test_a_graph_is_the_same_in_every_format(format_: Any, count: int) -> None:
    graph = Rolegraph(EmbeddedEngine())
    graph.store(EX + "g", triples(count))
    assert parsed(graph.export(format_, EX + "g").body, format_.name) == parsed(triples(count), "turtle")


@pytest.mark.parametrize("count", [30, 21_000])
def test_the_union_and_all_graphs_are_taken_along_in_every_format(count: int) -> None:
    graph = Rolegraph(EmbeddedEngine())
    graph.engine.write({EX + "g": triples(count), EX + "h": triples(10) + f"<{EX}s> <{EX}p> 'only here' .".encode()})
    client = create_app(graph).test_client()
    union = parsed(triples(count), "turtle") | {f'<{EX}s> <{EX}p> "only here"'}
    for format_ in holding("graph"):
        assert parsed(client.get(f"/graphs.{format_.extension}?default").data, format_.name) == union
        assert parsed(client.get("/graphs?default", headers={"Accept": format_.media}).data, format_.name) == union
    stated = {(str(quad.graph_name), str(quad.triple)) for quad in ox.parse(graph.export(NQUADS).body, ox.RdfFormat.N_QUADS)}
    assert len(stated) == count + 11
    for format_, parser in ((NQUADS, ox.RdfFormat.N_QUADS), (TRIG, ox.RdfFormat.TRIG)):
        for answer in (
            client.get(f"/graphs.{format_.extension}"),
            client.get(f"/graphs?format={format_.name}"),
            client.get("/graphs", headers={"Accept": format_.media}),
        ):
            assert (answer.status_code, answer.mimetype) == (200, format_.media)
            assert {(str(quad.graph_name), str(quad.triple)) for quad in ox.parse(answer.data, parser)} == stated
    for address in ("/graphs", "/graphs.ttl"):  # one graph, and it is not said which
        assert client.get(address).status_code == 400
    assert client.get("/graphs.nq?default").status_code == 404


def test_a_graph_that_is_too_large_to_be_compacted_comes_in_full_iris(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Rolegraph(EmbeddedEngine())
    graph.store(EX + "g", triples(40))
    text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{EX}g> {{ ?s ?p ?o }} }}"
    small = [graph.export(JSONLD, EX + "g").body, graph.engine.work(export.Construction(text)).body]
    monkeypatch.setattr(export, "COMPACTED", min(len(body) for body in small) // 10)
    large = [graph.export(JSONLD, EX + "g").body, graph.engine.work(export.Construction(text)).body]
    assert all(b'"@context"' in body for body in small)
    assert not any(b'"@context"' in body for body in large)
    assert all(parsed(body, "jsonld") == parsed(triples(40), "turtle") for body in [*small, *large])


def test_no_value_is_lost_in_json_ld() -> None:
    values = ['""', "0", "false", '"1E400"^^xsd:double', '"NaN"^^xsd:double', "9" * 30, "0.10", '"x"', '"x"@en', '"x"@en-gb', "rdf:nil"]
    text = "".join(f"<{EX}{number}> ex:p {one}, {other} .\n" for number, one in enumerate(values) for other in values)
    document = f"PREFIX ex: <{EX}> PREFIX xsd: <{XSD}> PREFIX rdf: <{RDF}> PREFIX skos: <{SKOS}>\n{text}"
    document += f"<{EX}s> a ex:C, 'a literal' ; skos:prefLabel '', 'x', 'x'@en, 'y'@en-GB ; rdf:first 'a' ."
    graph = Rolegraph(EmbeddedEngine())
    graph.store(EX + "g", document.encode())
    assert parsed(graph.export(JSONLD, EX + "g").body, "jsonld") == parsed(graph.export(NTRIPLES, EX + "g").body, "ntriples")


def test_a_large_graph_is_written_out_by_a_worker(serve: Callable[..., Any], tmp_path: Path) -> None:
    service = serve(tmp_path, "--empty")
    headers = {"Authorization": f"Bearer {Tokens(tmp_path / 'tokens.sqlite').create('admin').text}", "Content-Type": "text/turtle"}
    count = 60_000
    written = httpx.put(f"{service.address}/graphs", params={"graph": EX + "g"}, content=triples(count), headers=headers, timeout=60)
    assert written.status_code == 201
    serving = set(family(service.process.pid)) - set(query_workers(service.process.pid))
    before = memory_of(serving)
    for format_ in holding("graph"):
        for name in ("graph", "default"):
            answer = httpx.get(f"{service.address}/graphs", params={name: EX + "g", "format": format_.name}, timeout=60)
            assert answer.status_code == 200
            assert len(parsed(answer.content, format_.name)) == count
    assert httpx.get(f"{service.address}/graphs.nq", timeout=60).text.count("\n") == count
    assert memory_of(serving) - before < 60 * 1024  # KiB; in place JSON-LD alone took 100 MiB
    assert service.stop()[0] == 0
