"""Names, codes and addresses as people write them: in search, as parameters, and in profiles, on a small graph of several sources."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from rolegraph.errors import BadParameter
from rolegraph.facade import Rolegraph
from rolegraph.web import create_app

MACHINE = {"Accept": "application/json"}
PREFIXES = """
@prefix rg: <https://w3id.org/rolegraph/ns#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix tool: <https://w3id.org/rolegraph/tool/> . @prefix onet: <https://www.onetonline.org/link/summary/> .
@prefix esco: <http://data.europa.eu/esco/occupation/> . @prefix skill: <http://data.europa.eu/esco/skill/> .
@prefix isco: <http://data.europa.eu/esco/isco/> . @prefix old: <https://w3id.org/rolegraph/source/onet-soc-2010-to-2019#> .
"""
UUID = "f2b15a0e-e65a-438a-affb-29b9d50b77d1"
ONET = """
onet:15-1252.00 a rg:Role ; skos:prefLabel "Software Developers"@en ; skos:altLabel "Java Developer"@en ; skos:notation "15-1252.00" ;
  rg:tool tool:python, tool:java, tool:javascript, tool:net, tool:html, tool:excel, tool:word, tool:c, tool:cpp .
onet:15-1232.00 a rg:Role ; skos:prefLabel "Computer User Support Specialists"@en ; skos:notation "15-1232.00" ; rg:tool tool:outlook .
onet:15-1299.00 a rg:Role ; skos:prefLabel "Computer Software Specialists"@en ;
  skos:altLabel "Software Tester"@en, "Software Writer"@en, "Software Clerk"@en, "Software Buyer"@en .
onet:29-1141.00 a rg:Role ; skos:prefLabel "Registered Nurses"@en ; skos:altLabel "Nurse"@en .
onet:11-9121.00 a rg:Role ; skos:prefLabel "R&D Managers"@en ; skos:altLabel "Database Developer"@en .
tool:excel a rg:Tool ; skos:prefLabel "Microsoft Excel"@en . tool:word a rg:Tool ; skos:prefLabel "Microsoft Word"@en .
tool:outlook a rg:Tool ; skos:prefLabel "Microsoft Outlook"@en . tool:exceltrans a rg:Tool ; skos:prefLabel "ExcelTrans Translator"@en .
tool:net a rg:Tool ; skos:prefLabel "Microsoft .NET Framework"@en . tool:netiq a rg:Tool ; skos:prefLabel "NetIQ"@en .
tool:html a rg:Tool ; skos:prefLabel "Hypertext markup language HTML"@en .
tool:python a rg:Tool ; skos:prefLabel "Python"@en . tool:java a rg:Tool ; skos:prefLabel "Java"@en .
tool:javascript a rg:Tool ; skos:prefLabel "JavaScript"@en . tool:c a rg:Tool ; skos:prefLabel "C"@en .
tool:cpp a rg:Tool ; skos:prefLabel "C++"@en . tool:plsql a rg:Tool ; skos:prefLabel "Oracle PL/SQL"@en .
tool:oracle a rg:Tool ; skos:prefLabel "Oracle software"@en . tool:sales a rg:Tool ; skos:prefLabel "Sales software"@en .
tool:payroll a rg:Tool ; skos:prefLabel "Oracle Payroll"@en . tool:forms a rg:Tool ; skos:prefLabel "Oracle Forms"@en .
"""
ESCO = f"""
esco:{UUID} a rg:Role ; skos:prefLabel "software developer"@en, "développeur/développeuse de logiciels"@fr ; skos:notation "2512.4" ;
  rg:essentialSkill skill:javascript, skill:java, skill:ifrs, skill:research .
esco:nurse a rg:Role ; skos:prefLabel "nurse responsible for general care"@en, "infirmier"@fr ; skos:notation "2221.1" .
esco:checkout a rg:Role ; skos:prefLabel "checkout supervisor"@en ; skos:altLabel "check out team leader m,f,n)"@en .
esco:coo a rg:Role ; skos:prefLabel "chief operating officer"@en ; skos:altLabel "chief operations officer"@en .
esco:sales a rg:Role ; skos:prefLabel "Verkäufer"@de .
isco:C2512 a rg:Group ; skos:prefLabel "Software developers"@en ; skos:notation "2512" .
isco:C6210 a rg:Group ; skos:prefLabel "Forestry workers"@en ; skos:notation "6210" .
skill:javascript a rg:Skill ; skos:prefLabel "JavaScript"@en . skill:java a rg:Skill ; skos:prefLabel "Java (computer programming)"@en .
skill:ifrs a rg:Skill ; skos:prefLabel "international financial reporting standards"@en .
skill:vfr a rg:Skill ; skos:prefLabel "visual flight rules"@en ; skos:altLabel "IFR"@en .
skill:trees a rg:Skill ; skos:prefLabel "nurse trees"@en .
skill:cmm a rg:Skill ; skos:altLabel "CMM"@en ; skos:prefLabel "measuring machine"@en .
skill:kpi a rg:Skill ; skos:prefLabel "KPI"@en . skill:merge a rg:Skill ; skos:prefLabel "mergers and acquisitions"@en .
skill:research a rg:Skill ; skos:prefLabel "research and development"@en .
skill:group a rg:Group ; skos:prefLabel "using tools"@en ; skos:notation "S1.2.3" .
"""
FORMER = """
old:15-1132.00 skos:notation "15-1132.00" ; skos:relatedMatch onet:15-1252.00, onet:15-1232.00 .
old:15-1131.00 skos:notation "15-1131.00" ; skos:exactMatch onet:15-1252.00 .
old:15-1252.00 skos:notation "15-1252.00" ; skos:exactMatch onet:15-1252.00 .
"""
TARGETS = {"onet": "onet:15-1252.00", "esco": f"esco-occupation:{UUID}"}


@pytest.fixture(scope="module")
def written() -> Iterator[Rolegraph]:
    """A graph of three sources."""
    graph = Rolegraph.open(shipped=False)
    clerks = "".join(f'onet:clerk{number} a rg:Role ; skos:prefLabel "Payroll Clerk {number}"@en .\n' for number in range(30))
    for source, text in {"onet-29-2": ONET + clerks, "esco-1-1-1": ESCO, "onet-soc-2010-to-2019": FORMER}.items():
        graph.store(f"https://w3id.org/rolegraph/source/{source}", (PREFIXES + text).encode())
    yield graph
    graph.close()


@pytest.fixture(scope="module")
def asking(written: Rolegraph) -> FlaskClient:
    """A client over that graph."""
    return create_app(written).test_client(use_cookies=False)


def labels(graph: Rolegraph, text: str, *kinds: str, **more: Any) -> list[str]:
    return [hit.label for hit in graph.search.find(text, kinds, **more)]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Excel", "Microsoft Excel"),
        ("word", "Microsoft Word"),
        ("HTML", "Hypertext markup language HTML"),
        ("Oracle", "Oracle software"),
        (".NET", "Microsoft .NET Framework"),
        ("dot net framework", "Microsoft .NET Framework"),
        ("PL/SQL", "Oracle PL/SQL"),
        ("R & D manager", "R&D Managers"),
        ("R and D manager", "R&D Managers"),
        ("M&A", "mergers and acquisitions"),
        ("KPIs", "KPI"),
        ("kpis", "KPI"),
        ("IFRS", "international financial reporting standards"),
        ("nurs", "Registered Nurses"),
        ("nurse", "Registered Nurses"),
        ("Database Developer (Oracle APEX)", "R&D Managers"),
        ("Chief Operation Officer (COO)", "chief operating officer"),
        ("Senior Java Developer (m/f/d)", "Software Developers"),
        ("Verkäufer/in (m/w/d)", "Verkäufer"),
        ("Verkäufer:in", "Verkäufer"),
        ("data base developer", "R&D Managers"),
        ("soft ware specialist", "Computer Software Specialists"),
        ("2512", "Software developers"),
        ("C2512", "Software developers"),
        ("ISCO-08 2512", "Software developers"),
        ("2512.4", "software developer"),
        ("S1.2.3", "using tools"),
        ("15-1252", "Software Developers"),
        ("SOC 15-1252", "Software Developers"),
        ("15-1131", "Software Developers"),
        (f"https://data.europa.eu/esco/occupation/{UUID}", "software developer"),
        ("http://www.onetonline.org/link/summary/15-1252.00/", "Software Developers"),
        ("onetonline.org/link/details/15-1252.00", "Software Developers"),
    ],
)
def test_what_is_meant_is_found_first(written: Rolegraph, text: str, label: str) -> None:
    assert labels(written, text)[:1] == [label]


def test_a_noun_is_no_name_of_a_product(written: Rolegraph) -> None:
    assert [hit.match for hit in written.search.find("sales", ["tool"])] == ["prefix"]
    assert labels(written, "payroll")[:1] == ["Payroll Clerk 0"], "a word of many labels that is a little used product too"


def test_joined_names_are_found_each(written: Rolegraph) -> None:
    assert {"C", "C++"} <= set(labels(written, "C/C++")[:2])
    assert {"Python", "Java"} <= set(labels(written, "Python & Java")[:2])
    assert [hit.match for hit in written.search.find("Python and Java", ["tool"])] == ["part", "part"]


def test_a_compound_is_not_divided_where_a_part_is_unknown(written: Rolegraph, asking: FlaskClient) -> None:
    assert labels(written, "Quux/Python", "tool") == ["Python"]
    assert [hit.match for hit in written.search.find("Quux/Python", ["tool"])] == ["some"]
    assert [hit.match for hit in written.search.find("Quux and Python", ["tool"])] == ["part"]
    assert profile(asking, "Quux/Python")["profile"]["unknown"] == ["Quux/Python"]


def test_the_letters_of_genders_find_nothing_by_themselves(written: Rolegraph) -> None:
    assert "checkout supervisor" not in labels(written, "Senior Ruby Developer (m/f/n)", source="esco-1-1-1")
    assert labels(written, "Underwater Welder (m/f/n)") == []


@pytest.mark.parametrize("text", ["99-9999.00", "15-1152.00", "62.10", "NACE 62.10", "ISCED 2512", "2512.9", "S1.2.4", "0613", "C9999"])
def test_an_unknown_code_finds_no_neighbour(written: Rolegraph, text: str) -> None:
    assert labels(written, text) == []
    with pytest.raises(BadParameter) as error:
        written.role(text)
    assert not error.value.members.get("suggestions")


def test_former_codes_lead_to_those_of_today_and_the_answer_says_so(written: Rolegraph, asking: FlaskClient) -> None:
    for text in ("15-1132.00", "15-1132", "onet:15-1132.00"):
        hits = written.search.find(text)
        assert {(hit.label, hit.property) for hit in hits} == {
            ("Software Developers", "former code"),
            ("Computer User Support Specialists", "former code"),
        }
    assert {hit.sources for hit in written.search.find("15-1132.00")} == {("https://w3id.org/rolegraph/source/onet-29-2",)}
    assert [hit.property for hit in written.search.find("15-1252.00")] == ["code"]
    page = asking.get("/search?q=15-1131.00", headers={"Accept": "text/html"}).text
    assert ("former code" in page, "former code label" in page) == (True, False)
    for path in ("/compare?role=15-1131.00&role=15-1232.00", "/gap?from=15-1131.00&to=15-1232.00", "/similar?role=15-1131.00"):
        problem = asking.get(path, headers=MACHINE).get_json()
        assert problem["status"] == 400
        assert "former code" in problem["detail"]
        assert problem["suggestions"] == ["onet:15-1252.00"]
    assert asking.get("/thing?iri=onet:15-1132.00", headers=MACHINE).get_json()["suggestions"] == ["onet:15-1232.00", "onet:15-1252.00"]


def test_former_codes_come_and_go_with_an_imported_table() -> None:
    graph, source = Rolegraph.open(shipped=False), "https://w3id.org/rolegraph/source/"
    graph.store(f"{source}onet-29-2", (PREFIXES + ONET).encode())
    graph.store(f"{source}acme", (PREFIXES + FORMER).encode())
    assert labels(graph, "15-1131.00") == [], "a client's source changes no codes"
    graph.store(f"{source}onet-soc-2010-to-2019", (PREFIXES + FORMER).encode())
    assert labels(graph, "15-1131.00") == ["Software Developers"]
    graph.withdraw(f"{source}onet-soc-2010-to-2019")
    assert labels(graph, "15-1131.00") == []
    graph.close()


def test_a_code_without_its_end_is_the_role(written: Rolegraph) -> None:
    iri = "https://www.onetonline.org/link/summary/15-1252.00"
    assert [written.role(text) for text in ("15-1252", "15-1252.00", "onet:15-1252", "SOC 15-1252")] == [iri] * 4


@pytest.mark.parametrize("text", [f"https://data.europa.eu/esco/occupation/{UUID}", f"http://data.europa.eu/esco/occupation/{UUID}/"])
def test_another_address_of_a_thing_is_suggested(asking: FlaskClient, text: str) -> None:
    for path, status in ((f"/thing?iri={text}", 404), (f"/gap?from={text}&to=15-1252", 400)):
        problem = asking.get(path, headers=MACHINE).get_json()
        assert (problem["status"], problem["suggestions"]) == (status, [f"esco-occupation:{UUID}"])
    assert "suggestions" not in asking.get("/thing?iri=https://example.org/java", headers=MACHINE).get_json()


@pytest.mark.parametrize("language", ["en-GB", "EN-gb", "fr-CA", "zh-Hans", "zh-Hans-CN"])
def test_a_language_with_a_region_finds_what_is_wider_too(written: Rolegraph, language: str) -> None:
    text = {"en": "nurse", "fr": "infirmier", "zh": "nurse"}[language[:2].lower()]
    assert bool(labels(written, text, "role", language=language)) == (not language.startswith("zh"))


def profile(asking: FlaskClient, text: str, target: str = "onet") -> dict[str, Any]:
    answer = asking.post(f"/gap?to={TARGETS[target]}", data=text.encode(), content_type="text/plain", headers=MACHINE).get_json()
    assert answer["profile"]["unread"] == []
    return answer  # type: ignore[no-any-return]


def found(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(item["text"], item["curie"]) for item in answer["profile"]["found"]]


@pytest.mark.parametrize(
    ("text", "curies"),
    [
        ("Excel", ["tool:excel"]),
        ("Word (advanced)", ["tool:word"]),
        ("HTML5", ["tool:html"]),
        ("Python 3.11", ["tool:python"]),
        ("Python (primary)", ["tool:python"]),
        ("5 years of Java", ["tool:java"]),
        ("Java - advanced", ["tool:java"]),
        ("Excel: expert", ["tool:excel"]),
        ("1. Python", ["tool:python"]),
        ("Python and Java", ["tool:java", "tool:python"]),
        ("Word & Excel", ["tool:excel", "tool:word"]),
        ("C/C++", ["tool:c", "tool:cpp"]),
        ("https://w3id.org/rolegraph/tool/python/", ["tool:python"]),
        ("http://w3id.org/rolegraph/tool/python", ["tool:python"]),
    ],
)
def test_a_profile_as_people_write_it(asking: FlaskClient, text: str, curies: list[str]) -> None:
    answer = profile(asking, text)
    assert sorted(curie for _, curie in found(answer)) == curies
    guessed = {item["guessed"] for item in answer["profile"]["found"]}
    assert guessed == {text not in ("1. Python",)}, "what was left out or divided is said"
    assert answer["profile"]["unknown"] == []


def test_a_name_of_two_sources_is_what_the_target_needs_and_near_to_the_other(asking: FlaskClient) -> None:
    assert found(profile(asking, "JavaScript\nJava")) == [("JavaScript", "tool:javascript"), ("Java", "tool:java")]
    assert found(profile(asking, "JavaScript\nJava", "esco")) == [("JavaScript", "esco-skill:javascript"), ("Java", "esco-skill:java")]
    answer = asking.post("/gap?count=5", data=b"JavaScript", content_type="text/plain", headers=MACHINE).get_json()
    needs = {role["to"]["curie"]: next(need for need in role["needs"] if need["label"] == "JavaScript") for role in answer["roles"]}
    assert {role: (need["status"], need["relation"]) for role, need in needs.items()} == {
        TARGETS["esco"]: ("covered", "same"),
        TARGETS["onet"]: ("nearly covered", "same name"),
    }
    page = asking.post("/gap", data={"profile": "JavaScript"}, headers={"Accept": "text/html"}).text
    assert "of the same name" in page


def test_a_short_form_is_never_something_else_for_certain(asking: FlaskClient) -> None:
    answer = profile(asking, "IFRS\nCMMS\nresearch and development", "esco")
    assert found(answer) == [("IFRS", "esco-skill:ifrs"), ("research and development", "esco-skill:research")]
    assert [item["guessed"] for item in answer["profile"]["found"]] == [True, False]
    assert answer["profile"]["unknown"] == ["CMMS"]


def test_every_text_of_a_profile_is_accounted_for(asking: FlaskClient) -> None:
    told = profile(asking, "Python and basket weaving\nPython\nquux (advanced)\nCMM or IFR")["profile"]
    assert told["unknown"] == ["basket weaving", "quux (advanced)", "CMM or IFR"]
    assert {item["text"] for item in told["found"]} == {"Python and basket weaving", "Python"}
