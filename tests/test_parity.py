"""The same on every engine: the embedded one, and servers that differ in what the standard leaves open, and in what it does not."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from rdflib import Graph

from endpoints import SERVERS
from parity_cases import (
    DIFFERENT,
    EX,
    INTERNAL,
    QUERIES,
    REMOTE,
    Peer,
    Peers,
    choose,
    ordered,
    union,
    words,
)
from rolegraph import formats, terms
from rolegraph.engine.remote import RemoteEngine
from rolegraph.engine.remote.lookups import Lookups
from rolegraph.engine.remote.names import OWN, UNION
from rolegraph.errors import BadParameter, Refused, StoreUnusable, TimeLimitReached, UnreadableInput
from rolegraph.facade import Rolegraph
from rolegraph.queries import CannedQuery, internal
from rolegraph.values import Dataset
from rolegraph.web.resources.validation import INVALID, VALID

pytestmark = pytest.mark.service


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_canned_queries_answer_the_same(graph: Rolegraph, remote: Peer, query: CannedQuery, request: pytest.FixtureRequest) -> None:
    if (request.node.callspec.params["remote"], query.name) in DIFFERENT:
        return  # the next test
    if query.holds == "table":
        assert ordered(remote.graph.engine.rows(query.body)) == ordered(graph.engine.rows(query.body))
    else:
        ours, theirs = (engine.query(query.body, choose).body for engine in (graph.engine, remote.graph.engine))
        assert sorted(theirs.splitlines()) == sorted(ours.splitlines())


@pytest.mark.parametrize(("server", "name"), DIFFERENT)
def test_what_a_server_cannot_answer_is_told_and_still_so(graph: Rolegraph, tmp_path: Path, server: str, name: str) -> None:
    """On a server of its own, which the query may keep busy. Take it off the list once it answers the same."""
    assert f"`{name}`" in REMOTE.read_text("utf-8")
    query = next(query for query in QUERIES if query.name == name)
    with SERVERS[server](tmp_path) as endpoint:
        remote = Rolegraph.remote(endpoint)
        try:
            answer = ordered(remote.engine.rows(query.body))
        except (StoreUnusable, TimeLimitReached):
            return
        assert answer != ordered(graph.engine.rows(query.body))


@pytest.mark.parametrize("query", INTERNAL, ids=lambda query: query.name)
def test_the_queries_of_the_service_itself_answer_the_same(graph: Rolegraph, remote: Peer, query: internal.InternalQuery) -> None:
    if "SELECT" in query.text and "CONSTRUCT" not in query.text:
        for text in {query.text, query.text.replace("#? ", "")}:
            assert words(remote.graph.engine.rows(text)) == words(graph.engine.rows(text))
    else:
        ours, theirs = (engine.query(query.text, choose).body for engine in (graph.engine, remote.graph.engine))
        theirs = theirs.replace(b'"P1Y0M0DT0H0M0S"', b'"P1Y"')  # Virtuoso writes out what is nothing of a duration
        assert sorted(theirs.splitlines()) == sorted(ours.splitlines())


def test_all_triples_of_all_graphs_are_the_same(graph: Rolegraph, remote: Peer) -> None:
    everything = "SELECT ?g ?s ?p ?o { GRAPH ?g { ?s ?p ?o } }"
    assert ordered(remote.graph.engine.rows(everything)) == ordered(graph.engine.rows(everything))
    assert list(remote.graph.engine.graphs()) == list(graph.engine.graphs())
    dump = remote.graph.engine.dump(formats.named("nquads", formats.FORMATS))
    assert dump.body.count(b"\n") == len(graph.engine.rows(everything))
    name = terms.BASE + "tool"
    turtle = remote.graph.engine.dump(formats.named("turtle", formats.FORMATS), name).body
    assert b"@prefix skos:" in turtle
    assert b"@prefix esco:" not in turtle
    text = f"SELECT ?s ?p ?o {{ GRAPH <{name}> {{ ?s ?p ?o }} }}"
    assert len(Graph().parse(turtle, format="turtle")) == len(graph.engine.rows(text))


def test_comparisons_are_the_same(graph: Rolegraph, remote: Peer) -> None:
    roles = [terms.slug_of(member.iri) for member in graph.catalogue.members("role")]
    for first, second in zip(roles, [*roles[1:], roles[0]], strict=True):
        assert remote.graph.compare([first, second]).as_dict() == graph.compare([first, second]).as_dict()


@pytest.mark.parametrize("kind", terms.KINDS)
def test_things_and_lists_of_each_kind_are_the_same(graph: Rolegraph, remote: Peer, kind: str) -> None:
    members = graph.catalogue.members(kind)
    assert remote.graph.catalogue.members(kind) == members
    for member in members[:2]:
        assert remote.graph.catalogue.thing(member.iri).as_dict() == graph.catalogue.thing(member.iri).as_dict()
    assert remote.graph.catalogue.near("deep-lerning", [terms.KINDS[kind]]) == graph.catalogue.near("deep-lerning", [terms.KINDS[kind]])


def test_searches_and_analyses_are_the_same(graph: Rolegraph, remote: Peer) -> None:
    one, other = (f"{terms.BASE}role/{slug}" for slug in ("ai-architect", "deep-learning-engineer"))
    for asked in (
        lambda found: [hit.as_dict() for hit in found.search.find("DL engneer")],
        lambda found: found.analysis.similar(one).as_dict(),
        lambda found: found.analysis.gap(one, other).as_dict(),
        lambda found: found.analysis.agreement(one).as_dict(),
    ):
        assert asked(remote.graph) == asked(graph)


@pytest.mark.parametrize("entry", [VALID, INVALID])
def test_entries_are_judged_the_same(graph: Rolegraph, remote: Peer, entry: str) -> None:
    turtle = formats.named("turtle", formats.FORMATS)
    assert remote.graph.validate(entry.encode(), turtle).as_dict() == graph.validate(entry.encode(), turtle).as_dict()


@pytest.mark.parametrize("format_", formats.holding("table", "graph"), ids=lambda format_: format_.name)
def test_answers_come_in_every_format_alike(graph: Rolegraph, remote: Peer, format_: formats.Format) -> None:
    label = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
    text = f"SELECT ?role ?label {{ ?role a <{terms.RG}Role> ; {label} ?label }} ORDER BY ?role LANG(?label)"
    if format_.holds == "graph":
        text = f"CONSTRUCT {{ ?s ?p ?o }} {{ VALUES ?s {{ <{terms.BASE}tool/pytorch> }} ?s ?p ?o }}"
    ours, theirs = (found.engine.query(text, lambda _: format_) for found in (graph, remote.graph))
    if format_.holds == "table":
        assert theirs == ours
        for ask in ("ASK { ?s ?p ?o }", f"ASK {{ <{EX}s> ?p ?o }}"):
            if format_.name in ("json", "xml"):
                assert remote.graph.engine.query(ask, lambda _: format_) == graph.engine.query(ask, lambda _: format_)
    else:
        names = {"ntriples": "nt", "jsonld": "json-ld", "rdfxml": "xml"}
        parsed = [set(Graph().parse(found.body, format=names.get(format_.name, "turtle"))) for found in (ours, theirs)]
        assert parsed[0] == parsed[1]


def test_what_is_the_endpoints_own_does_not_show(remote: Peer) -> None:
    graphs = {row["g"].value for row in remote.graph.engine.rows("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")}
    assert graphs == set(remote.graph.engine.graphs())
    assert not graphs.intersection(OWN)


def test_a_dataset_of_the_request_or_of_the_query_takes_the_place_of_the_union(remote: Peer) -> None:
    tool, skill = terms.BASE + "tool", terms.BASE + "skill"
    count, graphs = "SELECT (COUNT(*) AS ?n) %s { ?s ?p ?o }", "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    engine = remote.graph.engine

    def ask(text: str, dataset: Dataset | None = None) -> bytes:
        csv = formats.named("csv", formats.holding("table"))
        return engine.query(text, lambda _: csv, dataset).body

    assert ask(count % "", Dataset((tool,))) == ask(count % f"FROM <{tool}>") != ask(count % "")
    assert ask(count % "", Dataset(named=(tool,))).split() == [b"n", b"0"]
    assert ask(graphs, Dataset(named=(skill,))).split() == [b"g", skill.encode()]
    assert ask(graphs, Dataset((tool,))).split() == [b"g"]
    with pytest.raises(BadParameter, match="FROM"):
        ask(count % f"FROM <{tool}>", Dataset((skill,)))


# ---------------------------------------------------------------- limits and rights


def test_a_query_that_takes_too_long_is_ended(remote: Peer) -> None:
    assert remote.endpoint
    engine = RemoteEngine(replace(remote.endpoint, seconds=1))
    started = time.monotonic()
    with pytest.raises(TimeLimitReached) as caught:
        engine.query("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(STRLEN(CONCAT(STR(?c), STR(?f), STR(?a))) > 7000) }", choose)
    assert caught.value.members["limit"] == "1"
    assert time.monotonic() - started < 25  # of the minutes that the query would take


def test_an_answer_is_whole_or_an_error(remote: Peer) -> None:
    """Virtuoso cuts what is longer than its limit of rows: a table with a header that tells it, a graph without a word."""
    pattern = "{ ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } }"
    for text in (f"SELECT * {{ {pattern} }}", "CONSTRUCT { ?s ?p ?o . ?p ?s ?o . ?s a ?p } { ?s ?p ?o FILTER(isIRI(?p)) }"):
        try:
            body = remote.graph.engine.query(text, choose).body  # which is read once
        except StoreUnusable as error:
            assert "cuts its answers after 10000" in error.detail  # noqa: PT017 - the one or the other
        else:
            assert body.count(b"\n") > 10_000 or body.count(b'"s":') > 10_000


@pytest.mark.parametrize(
    "text",
    [
        f"INSERT DATA {{ GRAPH <{EX}evil> {{ <{EX}s> <{EX}p> 1 }} }}",
        f"# SELECT\nPREFIX x: <{EX}> INSERT {{ GRAPH x:evil {{ x:s x:p 1 }} }} WHERE {{}}",
        f"\\u0049NSERT DATA {{ GRAPH <{EX}evil> {{ <{EX}s> <{EX}p> 1 }} }}",
        f"SELECT * {{ ?s ?p ?o }} ; INSERT DATA {{ GRAPH <{EX}evil> {{ <{EX}s> <{EX}p> 1 }} }}",
        f"DEFINE sql:log-enable 2 INSERT DATA {{ GRAPH <{EX}evil> {{ <{EX}s> <{EX}p> 1 }} }}",
        f"CLEAR GRAPH <{UNION}>",
    ],
)
def test_an_update_in_place_of_a_query_is_not_sent_even_where_it_could_write(remote: Peer, text: str) -> None:
    assert remote.endpoint
    endpoint = remote.endpoint  # Virtuoso runs what comes to this address with credentials, whatever it is sent as
    if endpoint.auth == "digest":
        endpoint = replace(endpoint, query_url=endpoint.update_url or "", read_auth=True)
    engine = RemoteEngine(endpoint)
    before = union(engine)
    with pytest.raises(UnreadableInput, match="does not parse"):
        engine.query(text, choose)
    with pytest.raises(UnreadableInput):
        engine.rows(text)
    assert union(engine) == before
    assert not list(Lookups(engine._wire).pages(EX + "evil"))


def test_wrong_credentials_are_told_plainly(servers: Peers) -> None:
    endpoint = servers["virtuoso"].endpoint
    assert endpoint
    engine = RemoteEngine(replace(endpoint, password="wrong"))
    with pytest.raises(StoreUnusable, match="requires credentials") as caught:
        engine.write({EX + "a": f"<{EX}s> <{EX}p> 1 .".encode()})
    assert "completes" not in caught.value.detail
    assert union(engine) == 0
    assert "secret" not in repr(replace(endpoint, password="secret"))


def test_an_endpoint_without_bookkeeping_is_read_as_it_is(remote: Peer) -> None:
    assert remote.endpoint
    graphs = [row["g"] for row in remote.graph.engine.rows("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")]
    engine = RemoteEngine(replace(remote.endpoint, update_url=None, graph_store_url=None))
    assert len(list(engine.graphs())) == len(graphs)
    with pytest.raises(Refused, match="read-only"):
        engine.write({EX + "a": b""})
    engine._remote_graphs.listed = list  # type: ignore[method-assign]
    assert sorted(engine.graphs()) == sorted(value.value for value in graphs)
    assert engine.rows(f"SELECT ?o {{ GRAPH <{terms.BASE}tool> {{ <{terms.BASE}tool/pytorch> a ?o }} }}")
