"""The canned queries: what each answers on the shipped data, in any SPARQL tool, and the laws that their answers obey."""

import csv
import io
import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rdflib import Dataset

from rolegraph import formats, terms
from rolegraph.catalogue import Catalogue, mentions
from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.errors import BadParameter, NotFound
from rolegraph.facade import Rolegraph
from rolegraph.queries import CannedQuery, QueryCatalogue
from rolegraph.values import Row

EXPECTED = Path(__file__).parent / "expected"
QUERIES = list(QueryCatalogue())
TABLES = [query for query in QUERIES if query.holds == "table"]
PREFIXES = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in terms.prefixes().items())

by_name = pytest.mark.parametrize("query", TABLES, ids=lambda query: query.name)


def as_csv(rows: list[Row], text: str) -> str:
    """Lay rows out as the files in ``expected/`` are: IRIs as CURIEs, columns in the order of the SELECT clause."""
    names = sorted({name for row in rows for name in row}, key=lambda name: text.index("?" + name))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([terms.shorten(row[name].value) if name in row else "" for name in names] for row in rows)
    return out.getvalue()


@by_name
def test_the_answer_on_the_shipped_data_is_the_saved_one(graph: Rolegraph, query: CannedQuery) -> None:
    """Set ROLEGRAPH_SAVE_EXPECTED=1 to save new answers, and review what changed."""
    found = as_csv(graph.engine.rows(query.body), query.body)
    path = EXPECTED / f"{query.name}.csv"
    if os.environ.get("ROLEGRAPH_SAVE_EXPECTED"):
        path.write_text(found, encoding="utf-8")
    assert found.count("\n") > 1, "an example that answers nothing shows nothing"
    assert found == path.read_text(encoding="utf-8")


def test_every_saved_answer_belongs_to_a_query_and_every_number_is_used_once() -> None:
    assert {path.stem for path in EXPECTED.glob("*.csv")} == {query.name for query in TABLES}
    assert [query.number for query in QUERIES] == [f"CQ-{number:02}" for number in range(1, len(QUERIES) + 1)]


@pytest.fixture(scope="module")
def two_sources(graph: Rolegraph) -> tuple[Rolegraph, Dataset]:
    """The shipped graph with two articles and the salaries, and the same in rdflib: few named graphs, so that it answers within seconds."""
    smaller, dataset = Rolegraph(EmbeddedEngine()), Dataset()
    for name in graph.engine.graphs():
        turtle = graph.export(formats.named("turtle", formats.FORMATS), name).body
        if "/source/" not in name or any(part in name for part in ("ai-architect", "machine-learning-engineer-vs", "salaries")):
            smaller.engine.write({name: turtle})
            dataset.default_graph.parse(data=turtle, format="turtle")
            if "/source/" in name:
                dataset.graph(name).parse(data=turtle, format="turtle")
    return smaller, dataset


@by_name
def test_the_file_runs_unchanged_in_another_sparql_tool(two_sources: tuple[Rolegraph, Dataset], query: CannedQuery) -> None:
    smaller, dataset = two_sources
    theirs: Any = dataset.query(query.text)
    names = [str(name) for name in theirs.vars]
    ours = [tuple(row[name].value if name in row else "" for name in names) for row in smaller.engine.rows(query.body)]
    assert sorted(ours) == sorted(tuple("" if term is None else str(term).removesuffix(".0") for term in row) for row in theirs)


def test_the_graph_of_a_comparison_holds_its_facts_and_their_statements(graph: Rolegraph) -> None:
    roles = ["ai-architect", "ai-programmer"]
    turtle = graph.comparison_graph(roles, formats.named("ntriples", formats.FORMATS)).body.decode()
    for claim in (claim for section in graph.compare(roles).sections for item in section.items for claim in item.claims):
        assert f"<{claim.role}> <{terms.RG}{claim.facet}> " in turtle
    assert turtle.count(f"<{terms.RG}fingerprint>") > 60


# ---------------------------------------------------------------- laws, against brute force on random graphs

PROPERTIES = {"essentialSkill": "skills", "optionalSkill": "skills", "tool": "tools", "responsibility": "responsibilities"}
ROLES = "abcd"
fact = st.tuples(st.sampled_from("xyz"), st.sampled_from(ROLES), st.sampled_from(sorted(PROPERTIES)), st.sampled_from("pqrs"))
facts = st.sets(fact, max_size=40)
Facts = set[tuple[str, str, str, str]]


def store(found: Facts) -> Rolegraph:
    """A graph in which source x, y or z states that a role has an item by a property."""
    engine = EmbeddedEngine()
    labels = "".join(f'skill:{item} a rg:Skill ; skos:prefLabel "{item}"@en .\n' for item in "pqrs")
    labels += "".join(f'role:{role} a rg:Role ; skos:prefLabel "{role}"@en .\n' for role in ROLES)
    engine.write({terms.BASE + "skill": (PREFIXES + labels).encode()})
    for source in "xyz":
        own = "".join(f"role:{role} rg:{name} skill:{item} .\n" for origin, role, name, item in found if origin == source)
        engine.write({f"{terms.BASE}source/{source}": (PREFIXES + own).encode()})
    return Rolegraph(engine)


def items(rows: list[Row]) -> set[tuple[str, str]]:
    return {(terms.slug_of(row["section"].value), terms.slug_of(row["item"].value)) for row in rows}


def had(found: Facts, role: str) -> set[tuple[str, str]]:
    return {(PROPERTIES[name], item) for _, other, name, item in found if other == role}


@settings(max_examples=40, deadline=None)
@given(facts, st.lists(st.sampled_from(ROLES), min_size=2, max_size=4, unique=True))
def test_set_algebra_of_roles(found: Facts, roles: list[str]) -> None:
    graph = store(found)
    first, *others = roles
    shared = set.intersection(*(had(found, role) for role in roles))
    assert items(graph.rows("shared-by-all", {"role": roles})) == shared
    own = had(found, first) - set().union(*(had(found, role) for role in others))
    assert items(graph.rows("only-in-one", {"role": [first], "other": others})) == own
    for row in graph.rows("shared-by-all", {"role": roles}):
        section, item, role = (terms.slug_of(row[name].value) for name in ("section", "item", "role"))
        said = {source for source, holder, name, thing in found if (holder, PROPERTIES[name], thing) == (role, section, item)}
        assert int(row["sources"].value) == len(said)


@settings(max_examples=40, deadline=None)
@given(facts, st.lists(st.sampled_from(ROLES), min_size=2, max_size=4, unique=True))
def test_a_comparison_says_what_every_source_says_and_nothing_else(found: Facts, roles: list[str]) -> None:
    compared = store(found).compare(roles)
    said = {
        (terms.slug_of(source), terms.slug_of(claim.role), claim.facet, terms.slug_of(item.iri))
        for section in compared.sections
        for item in section.items
        for claim in item.claims
        for source in claim.sources
    }
    assert said == {fact for fact in found if fact[1] in roles}
    for section in compared.sections:
        for item in section.items:
            holders = {role for role in roles if (section.name, terms.slug_of(item.iri)) in had(found, role)}
            assert {terms.slug_of(iri) for iri in item.roles} == holders
            assert compared.spread(item) == ("all" if len(holders) == len(roles) else "some" if len(holders) > 1 else "one")


learnt = st.tuples(
    st.sampled_from("xyz"), st.sampled_from("ab"), st.sampled_from(["essentialSkill", "optionalSkill", "tool"]), st.sampled_from("pqrs")
)
asked = st.tuples(
    st.sampled_from("xyz"), st.sampled_from("ab"), st.sampled_from(["requiredDegree", "degree", "preferredDegree"]), st.sampled_from("678")
)
members = st.lists(st.sampled_from("pqrs"), min_size=2, max_size=3, unique=True)


@settings(max_examples=60, deadline=None)
@given(st.sets(learnt, max_size=14), st.sets(asked, max_size=6), st.sets(st.sampled_from(["pq", "qr"])), members, st.integers(1, 2))
def test_what_is_missing_is_asked_for_and_not_had(found: Facts, degrees: Facts, narrower: set[str], group: list[str], least: int) -> None:
    """Source x asks role b for at least so many tools of a group; "pq" says that p is narrower than q."""
    found = {*found, *(("x", "b", "tool", item) for item in group)}
    graph = store(found)
    levels = "".join(f"degree:d{level} a rg:Degree ; esco:hasEQFLevel eqf:{level} .\n" for level in "678")
    broader = "".join(f"skill:{pair[0]} skos:broader skill:{pair[1]} .\n" for pair in narrower)
    graph.engine.write({terms.BASE + "degree": (PREFIXES + levels + broader).encode()})
    parts = ", ".join(f"skill:{item}" for item in group)
    for source in "xyz":
        lines = "".join(f"role:{role} rg:{name} skill:{item} .\n" for origin, role, name, item in found if origin == source)
        lines += "".join(f"role:{role} rg:{name} degree:d{level} .\n" for origin, role, name, level in degrees if origin == source)
        if source == "x":
            lines += f"<urn:g> a rg:RequirementGroup ; rg:role role:b ; rdf:predicate rg:tool ; rg:member {parts} ; rg:atLeast {least} .\n"
        graph.engine.write({f"{terms.BASE}source/{source}": (PREFIXES + lines).encode()})

    has = {item for _, role, _, item in found if role == "a"}
    for _ in "pqrs":
        has |= {pair[1] for pair in narrower if pair[0] in has}
    is_met = len(has & set(group)) >= least
    lacking = {
        item
        for source, role, name, item in found
        if role == "b" and item not in has
        if not ((source, name) == ("x", "tool") and item in group and is_met)
    }
    for wanted in ("requiredDegree", "degree"):
        if owned := {level for _, role, name, level in degrees if (role, name) == ("a", wanted)}:
            break
    lacking |= {f"d{level}" for _, role, _, level in degrees if role == "b" and level > min(owned, default="")}
    rows = graph.rows("items-missing", {"from": ["a"], "to": ["b"]})
    assert sorted(terms.slug_of(row["item"].value) for row in rows) == sorted(lacking)


LANGUAGES = ["en", "en-gb", "de", "de-at", "de-ch", "fr"]


def suits(label: tuple[str, str], asked: str) -> tuple[bool, ...]:
    language = label[0]
    return language == asked, language == asked.partition("-")[0], language.startswith("en")


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.sampled_from(LANGUAGES), st.sampled_from(["one", "two", "three"])), st.sampled_from([*LANGUAGES, "de-AT", "it"]))
def test_a_thing_stands_once_with_the_label_that_suits_best(labels: dict[str, str], language: str) -> None:
    engine = EmbeddedEngine()
    texts = "".join(f'tool:t skos:prefLabel "{text}"@{tag} .\n' for tag, text in labels.items())
    engine.write({terms.BASE + "role": (PREFIXES + "role:a a rg:Role ; rg:tool tool:t . tool:t a rg:Tool .\n" + texts).encode()})
    [row] = Rolegraph(engine).rows("roles-by-tool", {"tool": ["tool:t"], "language": [language]})
    if not labels:
        assert "label" not in row
        return
    best = max(suits(label, language.lower()) for label in labels.items())
    assert row["label"].value in {text for tag, text in labels.items() if suits((tag, text), language.lower()) == best}


def test_every_label_is_asked_for_in_the_same_way_and_in_a_language() -> None:
    for query in TABLES:
        if "skos:prefLabel" in query.body:
            assert [parameter for parameter in query.parameters if parameter.name == "language" and parameter.default], query.name
        assert "FILTER(LANGMATCHES" not in query.body.replace(" ", "").replace("FILTER(LANGMATCHES(LANG(?translation),?missing))", ""), (
            query.name
        )


def test_the_number_of_rows_is_bounded_where_that_is_asked_for(graph: Rolegraph) -> None:
    assert len(graph.rows("most-wanted", {"most": ["3"]})) == 3


@pytest.mark.parametrize(
    ("code", "found"), [("2512", "ai-programmer"), ("15-1221.00", "computer-vision-engineer"), ("ai-programmer", "isco/C2512")]
)
def test_a_code_of_another_system_leads_to_ours_and_back(graph: Rolegraph, code: str, found: str) -> None:
    assert any(row["match"].value.endswith(found) for row in graph.rows("by-code", {"code": [code]}))


@pytest.mark.parametrize(("name", "new"), [("gap", "items-missing"), ("agreement", "said-by-several")])
def test_a_query_that_was_replaced_names_the_new_one(graph: Rolegraph, name: str, new: str) -> None:
    with pytest.raises(NotFound, match=f"{new}.*analysis at /{name}"):
        graph.rows(name)
unlabelled = st.tuples(st.sampled_from("xyz"), st.sampled_from(ROLES), st.sampled_from(["essentialSkill", "tool"]), st.just("t"))
TAGS = ("@en", "@en-GB", "@de", "")
level = st.tuples(st.sampled_from("xyz"), st.sampled_from(ROLES), st.sampled_from("pqrst"), st.sampled_from("lmn"))
label = st.tuples(st.sampled_from("pqrstlmn"), st.sampled_from(["A", "B"]), st.sampled_from(TAGS))
Statements = set[tuple[str, str, str, str]]


def with_levels(found: Facts, levels: Statements, labels: set[tuple[str, str, str]]) -> Rolegraph:
    """The graph of :func:`store`, in which statements of sources name a level of proficiency, and things have more labels or none."""
    graph = store(found)
    more = "".join(f'skill:{thing} skos:prefLabel "{text}"{language} .\n' for thing, text, language in labels)
    more += "skill:l a rg:ProficiencyLevel . skill:m a rg:ProficiencyLevel .\n"
    graph.engine.write({terms.BASE + "level": (PREFIXES + more).encode()})
    for source in "xyz":
        own = "".join(f"role:{role} rg:{name} skill:{item} .\n" for origin, role, name, item in found if origin == source)
        own += "".join(
            f"source:{source}-{number} rg:role role:{role} ; rg:section section:skills ; rg:supports source:{source}-{number}-1 .\n"
            f"source:{source}-{number}-1 rdf:subject role:{role} ; rdf:object skill:{item} ; rdf:predicate rg:essentialSkill ; "
            f"rg:proficiency skill:{name} .\n"
            for number, (origin, role, item, name) in enumerate(sorted(levels))
            if origin == source
        )
        graph.engine.write({f"{terms.BASE}source/{source}": (PREFIXES + own).encode()})
    return graph


@settings(max_examples=60, deadline=None)
@given(
    st.sets(fact | unlabelled, max_size=40),
    st.sets(level, max_size=12),
    st.sets(label, max_size=12),
    st.lists(st.sampled_from(ROLES), min_size=2, max_size=4, unique=True),
)
@example({("x", "a", "essentialSkill", "t")}, {("x", "a", "t", "l")}, {("l", "A", "@en")}, ["a", "b"])
@example({("x", "a", "essentialSkill", "p")}, {("x", "a", "p", "l")}, {("l", "A", "@en"), ("l", "B", "@en-GB")}, ["a", "b"])
def test_a_comparison_says_what_the_canned_queries_say(
    found: Facts, levels: Statements, labels: set[tuple[str, str, str]], roles: list[str]
) -> None:
    graph = with_levels(found, levels, labels)
    compared = graph.compare(roles)
    claims = [(section.name, item, claim) for section in compared.sections for item in section.items for claim in item.claims]
    said = {
        (claim.role, section, facet.property, item.iri, source)
        for section, item, claim in claims
        for facet in terms.facets()
        for source in claim.sources
        if facet.name == claim.facet
    }
    names = ("role", "section", "facet", "item", "source")
    rows = [tuple(row[name].value for name in names) for row in graph.rows("compare", {"role": roles})]
    assert {(role, terms.slug_of(section), *rest) for role, section, *rest in rows} == said
    proficiencies: dict[tuple[str, str, str], set[tuple[str, str]]] = {}
    for row in graph.rows("proficiency", {"role": roles}):
        key = (row["role"].value, terms.slug_of(row["section"].value), row["item"].value)
        if "proficiencyLabel" in row:
            proficiencies.setdefault(key, set()).add((row["proficiencyLabel"].value, row["source"].value))
    for section, item, claim in claims:
        expected = {pair for pair in proficiencies.get((claim.role, section, item.iri), ()) if pair[1] in claim.sources}
        assert set(claim.proficiency) == expected


@settings(max_examples=40, deadline=None)
@given(facts)
def test_the_number_of_sources_of_a_thing_is_that_of_the_graphs_that_name_it(found: Facts) -> None:
    graph = store(found)
    described = {source: f"{PREFIXES}source:{source} a rg:Source .\n".encode() for source in "xyz"}
    graph.engine.write({f"{terms.BASE}source/{source}": document for source, document in described.items()}, mode="append")
    expected = {item: len({source for source, *_, other in found if other == item}) for item in "pqrs"}
    for largest in (0, mentions.MOST_TRIPLES):
        with patch.object(mentions, "MOST_TRIPLES", largest):
            members = Catalogue(graph.engine).members("skill")
        assert {member.label: member.sources for member in members} == expected


# ---------------------------------------------------------------- parameters


@pytest.mark.parametrize("text", ["deep-learning-engineer", "role:deep-learning-engineer", terms.BASE + "role/deep-learning-engineer"])
def test_a_thing_is_named_by_slug_curie_or_iri(graph: Rolegraph, text: str) -> None:
    assert graph.rows("tips", {"role": [text]}) == graph.rows("tips", {"role": ["deep-learning-engineer"]})


@pytest.mark.parametrize(
    ("name", "parameters", "parameter", "words"),
    [
        ("tips", {"language": ["de"]}, "role", "role is missing"),
        ("tips", {"role": ["ai-architect", "ai-programmer"]}, "role", "2 roles, which is too many"),
        ("tips", {"rule": ["ai-architect"]}, "rule", "no parameter"),
        ("tips", {"role": ["deep-lerning-engineer"]}, "role", "there is no role"),
        ("tips", {"role": ["tool:python"]}, "role", "there is no role"),
        ("tips", {"role": ["> } DROP ALL #"]}, "role", "there is no role"),
        ("tips", {"role": ["https://w3id.org/rolegraph/role/x> <y"]}, "role", "there is no role"),
        ("compare", {"role": ["ai-architect"]}, "role", "1 role, which is too few"),
        ("compare", {"role": ["a,b,c,d,e,f,g,h,i"]}, "role", "9 roles, which is too many"),
        ("mappings", {"scheme": ["roles"]}, "scheme", "concept scheme"),
    ],
)
def test_a_wrong_parameter_is_named_with_what_is_expected(
    graph: Rolegraph, name: str, parameters: dict[str, list[str]], parameter: str, words: str
) -> None:
    with pytest.raises(BadParameter, match=words) as caught:
        graph.rows(name, parameters)
    assert caught.value.members["parameter"] == parameter
    assert caught.value.members["expected"]


def test_a_slip_of_the_pen_is_answered_with_what_was_meant(graph: Rolegraph) -> None:
    with pytest.raises(BadParameter) as caught:
        graph.rows("tips", {"role": ["deep-lerning-engineer"]})
    assert caught.value.members["suggestions"][0] == "role:deep-learning-engineer"


def test_an_unknown_query_is_answered_with_the_known_ones(graph: Rolegraph) -> None:
    with pytest.raises(NotFound, match="nonsense") as caught:
        graph.rows("nonsense")
    assert "compare" in caught.value.members["expected"]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.text("[]:/?#@%.0aé", max_size=14))
@example("a##")
@example("@@")
def test_whatever_counts_as_an_iri_can_stand_in_a_query(text: str) -> None:
    for iri in (text, "http://" + text, "urn:" + text, "http://example.org/" + text):
        if terms.is_iri(iri):
            Catalogue(EmbeddedEngine()).known([iri])


def test_a_comparison_is_remembered_until_something_is_written() -> None:
    graph = store({("x", "a", "tool", "p"), ("x", "b", "tool", "q")})
    before = graph.compare(["a", "b"])
    assert graph.compare(["a", "b"]) is before
    graph.engine.write({terms.BASE + "source/x": None})
    assert all(section.items == () for section in graph.compare(["a", "b"]).sections)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ai-architect,role:ai-programmer", ["ai-architect", "role:ai-programmer"]),
        ("ai-architect, https://example.org/a", ["ai-architect", "https://example.org/a"]),
        ("Education Administrators, All Other", ["Education Administrators, All Other"]),
        (" AI Architect ", ["AI Architect"]),
    ],
)
def test_commas_part_identifiers_but_belong_to_names(graph: Rolegraph, text: str, found: list[str]) -> None:
    parameter = graph.queries.get("compare").parameters[0]
    assert graph.parted(text, parameter) == found
