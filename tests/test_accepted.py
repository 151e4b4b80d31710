"""Entries as other systems write them: accepted by every way in, and shown for what they are by the pages and the queries."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from rolegraph import formats, terms
from rolegraph.cli import main
from rolegraph.engine.pool import Limits
from rolegraph.facade import Rolegraph
from rolegraph.web import create_app

pytestmark = pytest.mark.service

TURTLE, NTRIPLES = (formats.named(name, formats.holding("graph")) for name in ("turtle", "ntriples"))
SOURCE = "our-hr"
PREFIXES = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in terms.prefixes().items()) + "PREFIX hr: <https://hr.example/id/>\n"
DESCRIBED = f'source:{SOURCE} a rg:Source ; dct:title "Roles of our company"@en .\n'
CONTEXT = "https://w3id.org/rolegraph/context.jsonld"
BROWSER = {"Accept": "text/html"}

ROLE = 'hr:role a skos:Concept, rg:Role ; skos:prefLabel "Dough engineer"@en ; skos:definition "Makes bread rise."@en'
POSTING = 'hr:job a schema:JobPosting ; schema:title "Dough engineer" ; schema:hiringOrganization "Bakery"'
PAID = f'{POSTING} ; schema:baseSalary hr:pay . hr:pay a schema:MonetaryAmount ; schema:currency "EUR"'
BAND = 'hr:band a schema:MonetaryAmountDistribution ; schema:name "band 9" ; schema:currency "EUR" ; schema:duration "P1Y"^^xsd:duration'
ESCO_SKILL = "esco-skill:47a49cd6-097d-457a-9f7b-c290c14930d5"

CASES = {
    "types of employment of schema.org": (
        f"""{POSTING} ;
        schema:employmentType "FULL_TIME", "PART_TIME", "CONTRACTOR", "TEMPORARY", "INTERN", "VOLUNTEER", "PER_DIEM", "OTHER" ;
        schema:jobLocationType "TELECOMMUTE" ; schema:datePosted "2026-11-01"^^xsd:date ; schema:validThrough "2026-12-01"^^xsd:date .""",
        {},
    ),
    "organisation and place that are things": (
        """hr:job a schema:JobPosting ; schema:title "Dough engineer" ; schema:hiringOrganization hr:bakery ; schema:jobLocation hr:ghent .
        hr:bakery a schema:Organization ; schema:name "Bakery" . hr:ghent a schema:Place ; schema:address "Ghent, BE" .""",
        {},
    ),
    "amount with a range of its own": (
        f"{PAID} ; schema:minValue 41000 ; schema:maxValue 52000 .",
        {},
    ),
    "amount with a value": (
        f'{PAID} ; schema:value 21.5 ; schema:unitText "HOUR" .',
        {},
    ),
    "salary that is a number": (f'{POSTING} ; schema:baseSalary 20000000 ; schema:salaryCurrency "JPY" .', {}),
    "pay band": (
        f"{ROLE} ; rg:salary hr:band . {BAND} ; schema:percentile10 57000 ; schema:percentile90 82000 .",
        {"rg:observations": "shown as a pay band"},
    ),
    "skill of ESCO": (f"{ROLE} ; rg:essentialSkill {ESCO_SKILL} .", {"": "rolegraph import esco"}),
    "skill of O*NET": (f"{ROLE} ; rg:optionalSkill onet-element:2.A.1.b .", {"": "rolegraph import onet"}),
    "group of ISCO": (f"{ROLE} ; skos:broader isco:C7512 .", {"": "rolegraph import esco"}),
    "occupation of ESCO": (
        f"{POSTING} ; schema:relevantOccupation esco-occupation:d3edb8f8-3a06-47a0-8fb9-9b212c006aa2 .",
        {"": "rolegraph import esco"},
    ),
    "occupation of O*NET": (f"{POSTING} ; schema:relevantOccupation onet:51-3011.00 .", {"": "rolegraph import onet"}),
    "only in German": ('hr:role a skos:Concept, rg:Role ; skos:prefLabel "Bäckerin"@de ; skos:definition "Bäckt."@de .', {}),
}
UNITS = [("HOUR", "an hour"), ("DAY", "a day"), ("WEEK", "a week"), ("MONTH", "a month"), ("YEAR", "a year")]


@pytest.fixture(scope="module")
def service(shipped_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rolegraph]:
    graph = Rolegraph.open(Path(shutil.copytree(shipped_store, tmp_path_factory.mktemp("accepted") / "store")), Limits(workers=1))
    yield graph
    graph.close()


@pytest.fixture(scope="module")
def writer(service: Rolegraph) -> FlaskClient:
    assert service.tokens
    client = create_app(service).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {service.tokens.create(f'write:{SOURCE}').text}"
    return client


def put(writer: FlaskClient, entry: str, content_type: str = "text/turtle") -> dict[str, object]:
    answer = writer.put(f"/sources/{SOURCE}", data=entry, content_type=content_type)
    assert answer.status_code in (200, 201), answer.text
    report: dict[str, object] = answer.get_json()
    return report


def page(writer: FlaskClient, name: str) -> str:
    answer = writer.get("/thing", query_string={"iri": f"https://hr.example/id/{name}"}, headers=BROWSER)
    assert answer.status_code == 200, answer.text
    return " ".join(answer.text.split())


@pytest.mark.parametrize("case", CASES)
def test_an_entry_is_accepted_with_the_same_findings_by_every_way_in(
    case: str, writer: FlaskClient, shipped_store: Path, tmp_path: Path
) -> None:
    entry, remarks = PREFIXES + DESCRIBED + CASES[case][0], CASES[case][1]
    file = tmp_path / "entry.ttl"
    file.write_text(entry, encoding="utf-8")
    checked = writer.post("/validate", data=entry, content_type="text/turtle").get_json()
    cli = CliRunner().invoke(main, ["validate", str(file), "--format", "json", "--store", str(shipped_store)])
    assert cli.exit_code == 0, cli.output
    assert checked["conforms"]
    assert checked["counts"] == {"Violation": 0, "Warning": len(remarks), "Info": 0}
    paths = [finding["short"].get("path", "") for finding in checked["findings"]]
    assert paths == list(remarks)
    assert all(remarks[path] in finding["message"] for path, finding in zip(paths, checked["findings"], strict=True))
    assert put(writer, entry)["findings"] == checked["findings"] == json.loads(cli.output)["findings"]


@pytest.mark.parametrize(("unit", "words"), UNITS)
def test_the_pay_of_a_posting_is_shown_with_its_time(unit: str, words: str, writer: FlaskClient) -> None:
    posting = f'{PREFIXES}{DESCRIBED}{PAID} ; schema:value hr:range . hr:range a schema:QuantitativeValue ; schema:unitText "{unit}"'
    for figures, amount in (("value", ""), ("minValue", "from "), ("maxValue", "up to ")):
        put(writer, f"{posting} ; schema:{figures} 38.50 .")
        assert f"EUR {amount}38.5 {words}" in writer.get("/posting", headers=BROWSER).text


@pytest.mark.parametrize(
    ("case", "shown"),
    [
        ("amount with a range of its own", "EUR 41,000 to 52,000"),
        ("amount with a value", "EUR 21.5 an hour"),
        ("salary that is a number", "JPY 20,000,000"),
        ("organisation and place that are things", "<td>Bakery</td><td>Ghent, BE</td>"),
    ],
)
def test_the_list_of_postings_shows_what_the_posting_says(case: str, shown: str, writer: FlaskClient) -> None:
    put(writer, PREFIXES + DESCRIBED + CASES[case][0])
    assert shown in writer.get("/posting", headers=BROWSER).text


def test_a_posting_with_several_types_of_employment_is_listed_once_with_its_level(writer: FlaskClient) -> None:
    put(writer, PREFIXES + DESCRIBED + f'{POSTING} ; rg:level level:mid ; schema:employmentType "FULL_TIME", "PART_TIME" .')
    listed = writer.get("/posting", headers=BROWSER).text
    assert listed.count("Dough engineer") == 1
    assert "<td>Mid level</td>" in listed


def test_the_page_of_a_posting_names_its_organisation_and_place(writer: FlaskClient) -> None:
    entry = CASES["organisation and place that are things"][0].replace("hr:job", "posting:job")
    put(writer, PREFIXES + DESCRIBED + entry)
    shown = writer.get("/posting/job", headers=BROWSER).text
    assert ">Bakery</a>" in shown
    assert ">Ghent, BE</a>" in shown


def test_a_pay_band_is_shown_as_one_and_is_no_statistics(writer: FlaskClient) -> None:
    put(writer, PREFIXES + DESCRIBED + CASES["pay band"][0])
    assert "EUR a year: pay band 57,000 to 82,000, number of salaries not stated" in page(writer, "role")
    [row] = writer.get("/queries/salaries.json", query_string={"role": "https://hr.example/id/role"}).get_json()["results"]["bindings"]
    assert row["percentile90"]["value"] == "82000"
    assert "observations" not in row
    [pay] = [part for part in page(writer, "role").split("<script") if "MonetaryAmount" in part]
    assert '"MonetaryAmountDistribution"' not in pay
    assert "pay band, all levels, number of salaries not stated" in pay


def test_a_skill_that_is_not_imported_is_kept_and_shown_by_its_iri(writer: FlaskClient) -> None:
    put(writer, PREFIXES + DESCRIBED + CASES["skill of ESCO"][0])
    assert "47a49cd6-097d-457a-9f7b-c290c14930d5" in page(writer, "role")
    rows = writer.get("/queries/role-facts.csv", query_string={"role": "https://hr.example/id/role"})
    assert rows.status_code == 200
    assert writer.get("/compare.json", query_string={"role": ["https://hr.example/id/role", "ai-architect"]}).status_code == 200


@pytest.mark.parametrize(
    "thing",
    [
        "esco-skill:kneading",
        "esco-skill:S1.2",
        "onet-element:kneading",
        "<https://skills.example/kneading>",
        "skill:kneading",
        "isco:C7512",
    ],
)
def test_anything_else_that_is_not_described_is_refused_with_both_ways_out(thing: str, writer: FlaskClient) -> None:
    report = writer.post("/validate", data=f"{PREFIXES}{ROLE} ; rg:essentialSkill {thing} .", content_type="text/turtle").get_json()
    [message] = [finding["message"] for finding in report["findings"] if finding["severity"] == "Violation"]
    assert "describe it in this entry" in message
    assert "rolegraph import esco" in message


def test_where_the_vocabulary_is_imported_an_identifier_that_it_does_not_have_is_refused(store_copy: Path) -> None:
    graph = Rolegraph.open(store_copy)
    entry = f"{PREFIXES}{ROLE} ; rg:essentialSkill {ESCO_SKILL} .".encode()
    accepted = graph.validate(entry, TURTLE).conforms
    graph.engine.write({f"{terms.BASE}source/esco-1.2.0": b"<urn:a> <urn:b> <urn:c> .\n"}, NTRIPLES)
    refused = graph.validate(entry, TURTLE)
    graph.close()
    assert accepted
    assert [finding.path for finding in refused.findings] == [f"{terms.RG}essentialSkill"]


@pytest.mark.parametrize(
    ("salary", "shown"),
    [
        ({"type": "MonetaryAmount", "currency": "EUR", "value": 52000}, "EUR 52,000"),
        (
            {"type": "MonetaryAmount", "currency": "EUR", "minValue": 41000, "maxValue": 52000, "unitText": "YEAR"},
            "EUR 41,000 to 52,000 a year",
        ),
        (
            {"type": "MonetaryAmount", "currency": "EUR", "value": {"type": "QuantitativeValue", "value": 38.5, "unitText": "HOUR"}},
            "EUR 38.5 an hour",
        ),
        (52000, "EUR 52,000"),
    ],
    ids=["value", "range of its own", "hourly", "number"],
)
def test_the_same_in_json(salary: object, shown: str, writer: FlaskClient) -> None:
    posting: dict[str, object] = {
        "id": "https://hr.example/id/job",
        "type": "JobPosting",
        "title": "Dough engineer",
        "hiringOrganization": "Bakery",
    }
    posting |= {"employmentType": "FULL_TIME", "baseSalary": salary, "salaryCurrency": "EUR"}
    source = {"id": f"source:{SOURCE}", "type": "Source", "title": {"en": "Roles of our company"}}
    report = put(writer, json.dumps({"@context": CONTEXT, "@graph": [posting, source]}), "application/ld+json")
    assert report["findings"] == []
    assert shown in writer.get("/posting", headers=BROWSER).text
