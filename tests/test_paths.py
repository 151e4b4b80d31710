"""Paths that a person could take: few steps, between similar roles, within fields and levels."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolegraph import terms
from rolegraph.analysis import paths, weights
from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.facade import Rolegraph
from rolegraph.web import create_app

PREFIXES = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in terms.prefixes().items())
CODES = {"start": "15-1001.00", "end": "17-1001.00"}


def opened(between: dict[str, int], zones: tuple[int, int] = (3, 4)) -> Rolegraph:
    """A graph in which occupations, by code and job zone, lie between two that share nothing with each other."""
    codes = {CODES["start"]: zones[0], **between, CODES["end"]: zones[1]}
    described = "".join(f'prep:onet-{zone} a rg:PreparationLevel ; skos:notation "{zone}" .\n' for zone in range(1, 6))
    facts = ""
    for place, (code, zone) in enumerate(codes.items()):
        iri = f"<{terms.prefixes()['onet']}{code}>"
        described += f'{iri} a rg:Role ; skos:prefLabel "Occupation {code}"@en .\n'
        facts += f"{iri} rg:preparation prep:onet-{zone} ; rg:essentialSkill skill:s{place}, skill:s{place + 1}, skill:s{place + 2} .\n"
    described += "".join(f'skill:s{place} a rg:Skill ; skos:prefLabel "skill {place}"@en .\n' for place in range(len(codes) + 2))
    facts += f'<{terms.BASE}source/made-up> a rg:Source ; skos:prefLabel "Made up"@en .\n'
    engine = EmbeddedEngine()
    prefixes = PREFIXES + "@prefix prep: <https://w3id.org/rolegraph/preparation/> .\n"
    engine.write({f"{terms.BASE}source/made-up": (prefixes + described + facts).encode()})
    return Rolegraph(engine)


def routes(graph: Rolegraph) -> list[list[str]]:
    answer = graph.analysis.paths(graph.role("onet:" + CODES["start"]), graph.role("onet:" + CODES["end"]))
    assert answer.direct
    return [[step.target.iri.rpartition("/")[2] for step in route.steps] for route in answer.routes]


@pytest.mark.parametrize(
    ("code", "zone", "zones", "leads"),
    [
        ("15-1002.00", 3, (3, 4), True),
        ("17-1002.00", 4, (3, 4), True),
        ("29-1002.00", 4, (3, 4), False),  # in neither field
        ("15-1002.00", 2, (3, 4), False),  # below both
        ("15-1002.00", 5, (3, 4), False),  # above both
        ("15-1002.00", 3, (4, 2), True),
        ("15-1002.00", 5, (4, 2), False),
    ],
)
def test_a_path_stays_in_the_fields_and_between_the_levels_of_its_ends(code: str, zone: int, zones: tuple[int, int], leads: bool) -> None:
    steps = routes(opened({code: zone}, zones))
    assert ([code, CODES["end"]] in steps) == leads


@given(st.lists(st.integers(3, 5), min_size=1, max_size=4), st.permutations([3, 5]))
@settings(deadline=None, max_examples=20)
def test_levels_rise_or_fall_all_the_way(middle: list[int], ends: list[int]) -> None:
    zones = {f"15-{1002 + place}.00": zone for place, zone in enumerate(middle)}
    for route in routes(opened(zones, (ends[0], ends[1]))):
        levels = [ends[0], *({**zones, CODES["end"]: ends[1]}[code] for code in route)]
        assert levels == sorted(levels, reverse=ends[0] > ends[1])


@pytest.mark.parametrize("between", [weights.MOST_STEPS, 2 * weights.MOST_STEPS])
def test_a_path_has_few_steps(between: int) -> None:
    """Each occupation shares items with the next two alone, so a long chain needs many steps."""
    found = routes(opened({f"15-{1002 + place}.00": 3 for place in range(between)}))
    assert bool(found) == (between == weights.MOST_STEPS)
    assert all(len(route) <= weights.MOST_STEPS for route in found)


def test_without_a_path_the_answer_has_the_direct_step_and_says_why() -> None:
    query = {"from": "onet:" + CODES["start"], "to": "onet:" + CODES["end"]}
    far = opened({f"15-{1002 + place}.00": 3 for place in range(9)})
    client = create_app(far).test_client()
    document = client.get("/paths.json", query_string=query).get_json()
    assert (document["routes"], document["noPath"]) == ([], paths.NO_PATH)
    assert document["direct"]["essentials"] == {"covered": 0, "near": 0, "of": 3}
    page = client.get("/paths", query_string=query, headers={"Accept": "text/html"}).text
    assert "no sensible path" in page
    assert "The direct step" in page
    rows = list(csv.DictReader(io.StringIO(client.get("/paths.csv", query_string=query).text)))
    assert [row["route"] for row in rows] == ["0"] * 3
