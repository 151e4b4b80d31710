"""Requirement groups and outlooks of other populations: what comparisons and roles say of them in each format."""

import csv
import io
from typing import Any
from unittest.mock import patch

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from rolegraph import terms
from rolegraph.catalogue import groups as reading
from rolegraph.cli import main
from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.facade import Rolegraph
from rolegraph.values import Named, RequirementGroup
from rolegraph.web import create_app

PREFIXES = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in terms.prefixes().items())
COMPARED = "role=ai-architect&role=deep-learning-engineer"
SOURCE = f"{terms.BASE}source/ai-architect-vs-deep-learning-engineer"
LANGUAGES = f"{SOURCE}#deep-learning-engineer-skills-1-group-1"
CLOUDS = f"{SOURCE}#ai-architect-tools-2-group-1"
FIELDS = f"{SOURCE}#ai-architect-education-1-group-2"


@pytest.fixture(scope="module")
def client(graph: Rolegraph) -> FlaskClient:
    return create_app(graph).test_client()


def claim_of(compared: Any, section: str, item: str, role: str) -> Any:
    items = next(each["items"] for each in compared["sections"] if each["name"] == section)
    claims = next(each["claims"] for each in items if each["curie"] == item)
    return next(claim for claim in claims if claim["role"].endswith(role))


def test_a_comparison_says_which_items_are_alternatives_examples_or_in_an_open_list(client: FlaskClient) -> None:
    compared = client.get(f"/compare.json?{COMPARED}").get_json()
    by_iri = {group["id"]: group for group in compared["groups"]}
    labels = {iri: [member["label"] for member in group["members"]] for iri, group in by_iri.items()}
    assert (by_iri[LANGUAGES]["kind"], by_iri[LANGUAGES]["atLeast"], labels[LANGUAGES]) == ("alternatives", 1, ["Java", "Python", "R"])
    assert (by_iri[FIELDS]["kind"], by_iri[FIELDS]["open"]) == ("open", True)
    examples = [group for group in by_iri.values() if group["kind"] == "examples"]
    assert {group["exampleOf"]["curie"] for group in examples} >= {"tool:collaboration-tool", "tool:deep-learning-framework"}
    assert LANGUAGES in claim_of(compared, "skills", "tool:python", "deep-learning-engineer")["groups"]
    assert claim_of(compared, "tools", "tool:aws", "ai-architect")["groups"] == [CLOUDS]
    outright = claim_of(compared, "tools", "tool:aws", "deep-learning-engineer")
    assert "groups" not in outright


def test_the_table_of_a_comparison_has_its_groups_in_words(client: FlaskClient) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get(f"/compare.csv?{COMPARED}").text)))
    texts = {(terms.slug_of(row["item"]), terms.slug_of(row["role"]), row["facet"]): row["groups"] for row in rows}
    assert texts["aws", "ai-architect", "tool"] == "one of AWS, Google Cloud, Microsoft Azure"
    assert texts["aws", "deep-learning-engineer", "tool"] == ""
    assert texts["jira", "ai-architect", "tool"] == "one of Confluence, Jira, Trello or similar, examples of Collaboration tool"


def test_the_terminal_and_the_pages_show_what_may_take_the_place_of_an_item(client: FlaskClient, shipped_store: Any) -> None:
    answer = CliRunner().invoke(
        main, ["compare", "ai-architect", "deep-learning-engineer", "--store", str(shipped_store)], env={"COLUMNS": "200"}
    )
    assert "optional [1][3][4]; or Java, R [1]; example of Programming language [3][4]" in answer.output
    shown = client.get(f"/compare?{COMPARED}", headers={"Accept": "text/html"}).text
    anchor = "/source/ai-architect-vs-deep-learning-engineer#deep-learning-engineer-skills-1-group-1"
    assert f'<a href="{anchor}">or Java, R</a> [1]; <a href="' in shown
    role = client.get("/role/deep-learning-engineer", headers={"Accept": "text/html"}).text
    assert f'<a href="{anchor}">or Java, R</a> [1]; <a href="' in role
    assert 'id="deep-learning-engineer-skills-1-group-1"' in client.get(anchor, headers={"Accept": "text/html"}).text


def test_a_role_lists_its_groups_and_its_links_name_them(client: FlaskClient) -> None:
    role = client.get("/role/ai-architect.json").get_json()
    assert {group["id"] for group in role["groups"]} >= {CLOUDS, FIELDS}
    by_label = {(link["property"], link["label"]): link.get("groups") for link in role["links"] if "label" in link}
    assert by_label["rg:tool", "AWS"] == [CLOUDS]
    assert by_label["rg:tool", "Collaboration tool"] is None
    assert "groups" not in client.get("/tool/aws.json").get_json()


def test_a_comparison_as_a_graph_has_its_groups(client: FlaskClient) -> None:
    ntriples = client.get(f"/compare.nt?{COMPARED}").text
    assert f"<{SOURCE}#ai-architect-tools-2> <{terms.RG}supports> <{CLOUDS}> ." in ntriples
    assert f"<{CLOUDS}> <{terms.RG}member> <{terms.BASE}tool/aws> ." in ntriples


def test_the_outlook_of_another_population_is_shown_as_such_and_not_as_one_of_the_role(client: FlaskClient) -> None:
    role = client.get("/role/ai-programmer.json").get_json()
    others = {outlook["about"][0]["curie"]: outlook for outlook in role["otherOutlooks"]}
    scientists = others["onet:15-1221.00"]
    assert (scientists["value"], scientists["unit"]["curie"], scientists["periodEnd"]) == (15, "unit:percent", 2029)
    assert scientists["authority"]["label"] == "US Bureau of Labor Statistics"
    assert "skill:artificial-intelligence" in others
    linked = {link["id"] for link in role["links"] if link["property"] == "rg:outlook"}
    assert linked.isdisjoint(outlook["id"] for outlook in role["otherOutlooks"])
    shown = client.get("/role/ai-programmer", headers={"Accept": "text/html"}).text
    own, _, other = shown.partition("Of other populations")
    assert "15 %" in other
    assert "15 %" not in own
    assert ">onet:15-1221.00</a>:" in other
    assert "otherOutlooks" not in client.get("/skill/artificial-intelligence.json").get_json()


def test_a_figure_that_a_source_gives_for_another_role_beside_this_one_names_that_role(client: FlaskClient) -> None:
    role = client.get("/role/machine-learning-software-engineer.json").get_json()
    [outlook] = [each for each in role["otherOutlooks"] if each["about"][0]["curie"] == "role:deep-learning-engineer"]
    assert (outlook["direction"]["curie"], outlook["comparedWith"]["curie"]) == (
        "direction:higher",
        "role:machine-learning-software-engineer",
    )


def test_what_roles_have_in_groups_is_read_once_for_each_role_of_a_revision() -> None:
    graph = Rolegraph.open()
    roles = [f"{terms.BASE}role/{slug}" for slug in ("ai-architect", "ai-programmer", "machine-learning-engineer")]
    with patch.object(type(graph.engine), "rows", autospec=True, side_effect=type(graph.engine).rows) as rows:
        for pair in (roles[:2], roles[1:], roles[::2], roles):
            graph.compare(pair)
    asked = [str(call.args[1]) for call in rows.call_args_list if "?members" in call.args[1]]
    assert len(asked) == 2
    assert all(sum(role in text for text in asked) == 1 for role in roles)


def test_a_role_without_groups_is_not_asked_for_them() -> None:
    graph = Rolegraph.open()
    graph.store(f"{terms.BASE}source/x", f"{PREFIXES} role:x a rg:Role ; rg:tool tool:java . role:y a rg:Role .".encode())
    with patch.object(type(graph.engine), "rows", autospec=True, side_effect=type(graph.engine).rows) as rows:
        assert graph.compare(["x", "y"]).groups == ()
        assert graph.catalogue.thing(f"{terms.BASE}role/x").groups == ()
    assert [call for call in rows.call_args_list if "?members" in call.args[1]] == []


# ---------------------------------------------------------------- laws, against brute force on random graphs

GROUP = st.tuples(
    st.sampled_from("xy"),
    st.sampled_from("ab"),
    st.sampled_from(["essentialSkill", "optionalSkill"]),
    st.frozensets(st.sampled_from("pqr"), min_size=1),
    st.integers(1, 3),
    st.booleans(),
    st.sampled_from(["", "s"]),
)
FACT = st.tuples(st.sampled_from("xy"), st.sampled_from("ab"), st.sampled_from(["essentialSkill", "optionalSkill"]), st.sampled_from("pqr"))


@settings(max_examples=60, deadline=None)
@given(st.sets(FACT), st.lists(GROUP, max_size=4), st.booleans())
def test_a_claim_has_the_groups_of_its_sources_that_contain_its_item(
    facts: set[tuple[str, str, str, str]], groups: list[Any], matched: bool
) -> None:
    """Where p and q are matched, they are one item with two names."""
    engine = EmbeddedEngine()
    described = "".join(f'skill:{item} a rg:Skill ; skos:prefLabel "{item}"@en .\n' for item in "pqrs")
    described += "".join(f'role:{role} a rg:Role ; skos:prefLabel "{role}"@en .\n' for role in "ab")
    engine.write({terms.BASE + "skill": (PREFIXES + described + ("skill:p skos:exactMatch skill:q .\n" if matched else "")).encode()})
    for source in "xy":
        lines = "".join(f"role:{role} rg:{facet} skill:{item} .\n" for origin, role, facet, item in facts if origin == source)
        for number, (origin, role, facet, members, least, is_open, example) in enumerate(groups):
            if origin == source:
                lines += f"<urn:g{number}> a rg:RequirementGroup ; rg:role role:{role} ; rdf:predicate rg:{facet} ; rg:atLeast {least} ; "
                lines += f"rg:member {', '.join(f'skill:{item}' for item in members)} ; rg:open {str(is_open).lower()} "
                lines += f"; rg:exampleOf skill:{example} .\n" if example else ".\n"
        engine.write({f"{terms.BASE}source/{source}": (PREFIXES + lines).encode()})
    compared = Rolegraph(engine).compare(["a", "b"])
    assert [(int(group.iri[5:]), group.open, group.at_least) for group in sorted(compared.groups, key=lambda group: group.iri)] == [
        (number, group[5], group[4]) for number, group in enumerate(groups)
    ]
    for claim in (claim for section in compared.sections for item in section.items for claim in item.claims):
        role, names, sources = terms.slug_of(claim.role), set(map(terms.slug_of, claim.names)), set(map(terms.slug_of, claim.sources))
        assert {int(group.iri[5:]) for group in claim.groups} == {
            number
            for number, (source, grouped, facet, members, *_) in enumerate(groups)
            for item in members & names
            if (source, grouped, facet, item) in facts and (grouped, facet) == (role, claim.facet) and source in sources
        }


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ((1, False, ""), "or B, C"),
        ((1, True, ""), "or B, C or similar"),
        ((1, True, "D"), "example of D"),
        ((1, False, "D"), "or B, C, examples of D"),
        ((2, False, ""), "2 of A, B, C"),
        ((2, True, "D"), "2 of A, B, C or similar, examples of D"),
    ],
)
def test_a_group_is_told_beside_its_member_as_its_source_means_it(kind: tuple[int, bool, str], text: str) -> None:
    least, is_open, example = kind
    members = tuple(Named(f"urn:{label}", label) for label in "ABC")
    group = RequirementGroup("urn:g", "urn:r", "tool", "urn:s", members, least, is_open, Named("urn:d", example) if example else None)
    [note] = reading.notes([group, group], ["urn:A"], ["urn:s"])
    assert (note.text, note.sources) == (text, ())
    [note] = reading.notes([group], ["urn:A"], ["urn:s", "urn:t"])
    assert note.sources == ("urn:s",)


def test_a_group_of_many_names_some() -> None:
    members = tuple(Named(f"urn:{number}", str(number)) for number in range(12))
    group = RequirementGroup("urn:g", "urn:r", "tool", "urn:s", members, 1, open=False)
    assert reading.notes([group], ["urn:0"], ["urn:s"])[0].text == "or 1, 2, 3, 4, 5, 6 others"
    alone = RequirementGroup("urn:g", "urn:r", "tool", "urn:s", members[:1], 1, open=True)
    assert reading.notes([alone], ["urn:0"], ["urn:s"])[0].text == "or similar"


def test_groups_that_were_written_without_checks_do_no_harm() -> None:
    graph = Rolegraph(EmbeddedEngine())
    lines = """role:a a rg:Role ; rg:tool tool:t . role:b a rg:Role ; rg:tool tool:t .
    rg:x rg:role role:a , role:b ; rg:member tool:t , "text" ; rdf:predicate rg:tool , rg:skill .
    rg:x rg:atLeast 1 , "many" , 2 , -1 ; rg:open true , "perhaps" ; rg:exampleOf tool:u , "text" , tool:v .
    [] rg:role role:a ; rg:member tool:t ; rdf:predicate rg:tool ; rg:atLeast 1 ; rg:open true .
    """
    graph.store(f"{terms.BASE}source/x", (PREFIXES + lines).encode())
    answer = create_app(graph).test_client().get("/compare.json?role=a&role=b")
    assert answer.status_code == 200
    assert {group["members"][0]["curie"] for group in answer.get_json()["groups"]} == {"tool:t"}
    for path in ("/role/a", "/role/a.json", "/compare?role=a&role=b"):
        assert create_app(graph).test_client().get(path).status_code == 200
