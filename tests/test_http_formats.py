"""By which names a format can be asked for, lists as tables, and which paths know of languages."""

import csv
import io
from urllib.parse import quote, urlencode

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from rolegraph.cli import main
from rolegraph.facade import Rolegraph
from rolegraph.web import create_app

NAMES = {
    "text/html": ("html", "HTML", "text/html", "application/xhtml+xml"),
    "application/json": ("json", "JSON", "application/json"),
    "text/csv": ("csv", "CSV", "text/csv", "text/csv; charset=utf-8", "Text/CSV"),
    "text/turtle": ("turtle", "ttl", "TTL", "text/turtle", "Text/Turtle", "application/x-turtle"),
    "application/n-triples": ("nt", "ntriples", "N-Triples", "application/n-triples"),
    "application/ld+json": ("jsonld", "json-ld", "JSON-LD", "application/ld+json", "application/ld json"),
    "application/rdf+xml": ("rdf", "rdfxml", "RDF/XML", "rdf-xml", "application/rdf+xml", "application/rdf xml"),
}
GRAPH = ("text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml")
DATASET = {
    "application/n-quads": ("nq", "nquads", "N-Quads", "application/n-quads"),
    "application/trig": ("trig", "TriG", "application/trig"),
}
TABLE = {
    "application/sparql-results+json": (
        "json",
        "srj",
        "application/json",
        "application/sparql-results+json",
        "application/sparql-results json",
    ),
    "application/sparql-results+xml": ("xml", "srx", "XML", "application/xml", "text/xml", "application/sparql-results+xml"),
    "text/csv": NAMES["text/csv"],
    "text/tab-separated-values": ("tsv", "TSV", "text/tab-separated-values"),
}
THING = {media: NAMES[media] for media in ("text/html", "application/json", *GRAPH)}
ONLY_GRAPHS = {media: NAMES[media] for media in GRAPH}
ROLES = "role=ai-architect&role=deep-learning-engineer"
ROUTES = {
    "/role": NAMES,
    "/role/ai-architect": THING,
    f"/compare?{ROLES}": NAMES,
    "/search?q=python": {media: NAMES[media] for media in ("text/html", "application/json", "text/csv")},
    "/similar?role=ai-architect": {media: NAMES[media] for media in ("text/html", "application/json", "text/csv")},
    "/ns": {media: NAMES[media] for media in ("text/html", *GRAPH)},
    "/graphs?graph=https://w3id.org/rolegraph/role": ONLY_GRAPHS,
    "/graphs": DATASET,
    f"/sparql?query={quote('SELECT * { ?s ?p ?o } LIMIT 1')}": TABLE,
    f"/sparql?query={quote('CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1')}": ONLY_GRAPHS,
    f"/queries/compare?{ROLES}": TABLE,
}


@pytest.mark.parametrize("route", ROUTES)
def test_a_format_is_known_by_name_extension_and_media_type(client: FlaskClient, route: str) -> None:
    for media, names in ROUTES[route].items():
        for name in names:
            answer = client.get(f"{route}{'&' if '?' in route else '?'}{urlencode({'format': name})}")
            assert (answer.status_code, answer.mimetype) == (200, media), f"{route} {name} {answer.text[:200]}"


def test_a_plus_sign_that_was_not_escaped_is_read_as_one(client: FlaskClient) -> None:
    assert client.get("/role/ai-architect?format=application/ld+json").mimetype == "application/ld+json"


@pytest.mark.parametrize(
    ("path", "media"),
    [
        ("/queries/coverage.xml", "application/sparql-results+xml"),
        ("/queries/coverage.srx", "application/sparql-results+xml"),
        ("/role/ai-architect.turtle", "text/turtle"),
        ("/role/ai-architect.ntriples", "application/n-triples"),
        ("/role/ai-architect.html", "text/html"),
    ],
)
def test_a_suffix_is_an_extension_or_a_name(client: FlaskClient, path: str, media: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, media)
    missing = client.get("/role/ai-architect.xml").get_json()
    assert (missing["status"], missing["detail"]) == (404, "/role/ai-architect is not available as .xml")


def test_the_case_of_a_suffix_does_not_matter(client: FlaskClient) -> None:
    assert client.get("/role/ai-architect.TTL").mimetype == "text/turtle"


@pytest.mark.parametrize("name", ["text/plain", "pdf", "application/pdf", "ttl2", "text", "json2", "", " "])
def test_another_name_is_refused_with_those_on_offer(client: FlaskClient, name: str) -> None:
    answer = client.get("/role/ai-architect", query_string={"format": name}, headers={"Accept": "application/json"})
    assert answer.status_code == (400 if name else 200)
    if name:
        assert "turtle" in answer.get_json()["expected"]


@pytest.mark.parametrize("name", ["html", "HTML", "text/html"])
def test_whoever_asks_for_a_page_reads_errors_on_one(client: FlaskClient, name: str) -> None:
    answer = client.get("/role/nobody", query_string={"format": name}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


@pytest.mark.parametrize(
    ("name", "begins"), [("N-Triples", "<https"), ("text/turtle", "PREFIX"), ("application/ld+json", "{"), ("TTL", "PREFIX")]
)
def test_the_commands_know_the_same_names(name: str, begins: str) -> None:
    run = CliRunner().invoke(main, ["compare", "ai-architect", "deep-learning-engineer", "--format", name])
    assert run.exit_code == 0
    assert run.output.lower().startswith((begins.lower(), f"@{begins.lower()}"))
    assert CliRunner().invoke(main, ["compare", "ai-architect", "deep-learning-engineer", "--format", "pdf"]).exit_code == 2


def test_a_list_is_given_as_a_table_page_by_page(client: FlaskClient, graph: Rolegraph) -> None:
    rows, address = [], "/skill.csv?limit=40"
    while address:
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype) == (200, "text/csv")
        head, *more = csv.reader(io.StringIO(answer.text))
        assert head == ["id", "curie", "label", "definition", "sources"]
        rows += more
        links = [link for link in answer.headers.getlist("Link") if 'rel="next"' in link]
        address = links[0].partition(">")[0].removeprefix("<") if links else ""
    members = graph.catalogue.members("skill")
    assert [row[:3] for row in rows] == [[one.iri, f"skill:{one.slug}", one.label] for one in members]
    assert [(row[3], row[4]) for row in rows] == [(one.definition, str(one.sources)) for one in members]


def test_a_list_of_one_source_is_given_as_a_table(client: FlaskClient) -> None:
    one = client.get("/role.csv?source=ai-programmer-vs-deep-learning-engineer")
    told = client.get("/role.json?source=ai-programmer-vs-deep-learning-engineer").get_json()
    assert [row["id"] for row in csv.DictReader(io.StringIO(one.text))] == [member["id"] for member in told["members"]]
    assert client.get("/source.csv").status_code == 200
    assert client.get("/role", headers={"Accept": "text/csv"}).mimetype == "text/csv"


def test_no_cell_of_a_list_is_a_formula() -> None:
    own = Rolegraph.open(shipped=False)
    skos = "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX rg: <https://w3id.org/rolegraph/ns#>"
    own.update(f'{skos} INSERT DATA {{ GRAPH <x:g> {{ <x:a> a rg:Tool ; skos:prefLabel "=1+1"@en ; skos:definition "@x"@en }} }}')
    [row] = csv.DictReader(io.StringIO(create_app(own).test_client().get("/tool.csv").text))
    assert (row["label"], row["definition"]) == ("'=1+1", "'@x")
    own.close()


def test_the_description_of_the_service_knows_lists_as_tables(client: FlaskClient) -> None:
    found = client.get("/openapi.json").get_json()["paths"]["/{kind}"]["get"]
    assert "text/csv" in found["responses"]["200"]["content"]


PATHS = {
    "/compare": ROLES,
    "/similar": "role=ai-architect",
    "/agreement": "role=ai-architect",
    "/distinguish": ROLES,
    "/openings": "from=ai-architect",
    "/gap": "from=ai-architect&to=deep-learning-engineer",
    "/paths": "from=ai-architect&to=deep-learning-engineer",
    "/suggest": "q=py",
    "/thing": "iri=https://example.org/x",
    "/queries/{name}": ROLES,
    "/graphs": "default",
}
WITHOUT = (
    "/",
    "/match",
    "/sources",
    "/search",
    "/sparql",
    "/validate",
)  # pages, one that leads on, and those that do know it, or pass over everything


def test_a_language_is_refused_where_it_changes_nothing(client: FlaskClient) -> None:
    described = client.get("/openapi.json").get_json()["paths"]
    canned = {path for path in described if path.startswith("/queries/")}  # most of which give labels in a language
    paths = {path for path, item in described.items() if "get" in item} - canned - {*WITHOUT}
    assert len(paths) > 20
    for path in sorted(paths):
        slug = "not-found" if "problem" in path else "ai-architect"
        named = {"kind": "role", "slug": slug, "name": "compare", "path": "x", "version": "0.1.0"}
        if path == "/sources/{slug}":
            named["slug"] = "ai-programmer-vs-deep-learning-engineer"
        address = f"{path.format(**named)}?{PATHS.get(path, '')}&language=fr"
        answer = client.get(address, headers={"Accept": "application/json, text/turtle"})
        assert answer.status_code == 400, f"{path} {answer.text[:300]}"
        assert answer.get_json()["parameter"] == "language", path


def test_a_language_is_heeded_by_the_search_and_refused_with_a_report(client: FlaskClient) -> None:
    assert client.get("/search.json?q=python&language=fr").status_code == 200
    answer = client.post("/validate?language=fr", data="", content_type="text/turtle", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.get_json()["parameter"]) == (400, "language")
