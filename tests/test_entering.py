"""Entries that are written: what is stored is what the check accepts of the graph as it then is; and who may say what."""

import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from rolegraph import formats, terms
from rolegraph.engine import Changes, Engine, Guard, unguarded
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.errors import NotConforming, UnreadableInput
from rolegraph.facade import Rolegraph, entries
from rolegraph.facade.entries import Check, Checked
from rolegraph.validation.entries import FORMATS

TURTLE = formats.named("turtle", FORMATS)
PREFIXES = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in terms.prefixes().items())
SOURCE = terms.KINDS["source"].namespace
HR, OTHER = SOURCE + "our-hr", SOURCE + "other-hr"


def described(name: str) -> str:
    return f'source:{name} a rg:Source ; dct:title "Roles of {name}"@en .\n'


def named(thing: str, type_: str, label: str) -> str:
    scheme = f"<{terms.BASE}{thing.partition(':')[0]}>"
    return f'{thing} a {type_}, skos:Concept ; skos:inScheme {scheme} ; skos:prefLabel "{label}"@en ; skos:definition "An example."@en .\n'


ROLE = named("role:baker", "rg:Role", "Baker") + "role:baker rg:essentialSkill skill:kneading .\n"
SKILL = named("skill:kneading", "rg:Skill", "Kneading")


def entry(text: str) -> bytes:
    return (PREFIXES + text).encode()


@pytest.fixture
def graph(store_copy: Path) -> Iterator[Rolegraph]:
    found = Rolegraph.open(store_copy)
    yield found
    found.close()


def put(graph: Rolegraph, text: str, source: str = HR) -> None:
    graph.write_entry(source, entry(text), TURTLE)


def refused(graph: Rolegraph, text: str, source: str = HR) -> list[str]:
    """Return the messages of the findings that keep an entry out, which are those of the validation as well."""
    with pytest.raises(NotConforming) as caught:
        put(graph, text, source)
    report = graph.validate(entry(text), TURTLE, source)
    assert caught.value.members["report"] == report.as_dict()
    return [finding.message for finding in report.findings if finding.severity == "Violation"]


def test_what_a_source_replaces_does_not_count(graph: Rolegraph) -> None:
    assert refused(graph, ROLE + described("our-hr"))
    put(graph, ROLE + SKILL + described("our-hr"))
    assert refused(graph, ROLE + described("our-hr"))
    assert b"kneading" in graph.export(TURTLE, HR).body
    graph.write_entry(HR, entry(ROLE), TURTLE, "merge")  # the skill stays
    put(graph, SKILL + described("other-hr"), OTHER)
    put(graph, ROLE + described("our-hr"))


def test_the_replaced_description_of_a_thing_is_no_second_name(graph: Rolegraph) -> None:
    put(graph, SKILL + described("our-hr"))
    put(graph, SKILL.replace("Kneading", "Kneading of dough") + described("our-hr"))
    graph.write_entry(HR, entry(SKILL), TURTLE, "merge")
    assert b"of dough" not in graph.export(TURTLE, HR).body


@pytest.mark.parametrize(
    "statement",
    [
        'tool:python skos:prefLabel "COBOL"@en',
        'tool:python skos:altLabel "COBOL"@en',
        'tool:python skos:hiddenLabel "COBOL"@en',
        "tool:python a rg:Skill",
        'tool:python skos:definition "A dead language."@en',
        "tool:python skos:broader tool:aws",
        "tool:aws skos:narrower tool:python",
        "role:baker skos:narrower tool:python",
        "tool:python skos:inScheme <https://w3id.org/rolegraph/skill>",
        "<https://w3id.org/rolegraph/tool> skos:hasTopConcept tool:python",
        "tool:python owl:deprecated true",
        "tool:python dct:isReplacedBy tool:aws",
        "tool:python dct:license <https://example.org/licence>",
        'source:salaries-2025-01-19 dct:title "Pwned"@en',
        'source:salaries-2025-01-19 schema:creditText "Pwned"@en',
        'source:not-there-yet a rg:Source ; dct:title "Pwned"@en',
        'rg:Role rdfs:label "Pwned"@en',
        "tool:python skos:definition _:b",
    ],
)
def test_a_source_describes_only_what_no_other_describes(graph: Rolegraph, statement: str) -> None:
    own = SKILL + ROLE + described("our-hr")
    put(graph, own)
    before = graph.engine.revision
    messages = refused(graph, f"{own}{statement} .")
    assert [message for message in messages if "described by others" in message and "Leave this" in message]
    assert graph.engine.revision == before


@pytest.mark.parametrize(
    "statement",
    [
        "role:ai-architect rg:tool tool:python",
        'tool:python skos:prefLabel "Python"@en',
        "tool:python a rg:Tool ; skos:inScheme <https://w3id.org/rolegraph/tool>",
        "skill:kneading skos:related skill:natural-language-processing",
        "skill:kneading skos:exactMatch esco-skill:7f4ac8ab-5fbd-4a6d-b9e8-ae0d6d46a3b4",
    ],
)
def test_facts_about_any_thing_and_repetitions_are_welcome(graph: Rolegraph, statement: str) -> None:
    put(graph, f"{SKILL}{described('our-hr')}{statement} .")


def test_a_source_does_not_pass_for_an_import(graph: Rolegraph) -> None:
    stated = f'{SKILL}{described("%s")}source:%s dcat:version "1" ; schema:creditText "Ours"@en .'
    assert refused(graph, stated.replace("%s", "esco-ours"), f"{terms.BASE}source/esco-ours")
    put(graph, stated.replace("%s", "our-hr"))


def test_an_admin_writes_whatever_there_is_to_say(graph: Rolegraph) -> None:
    graph.store("urn:admin", entry('tool:python skos:prefLabel "COBOL"@en .'))


def test_names_that_others_give_make_nobody_fail(graph: Rolegraph) -> None:
    names = 'role:ai-architect skos:prefLabel "Pwned"@en . tool:python skos:altLabel "Pwned"@en .'
    graph.store(OTHER, entry(names + described("other-hr")))
    put(graph, "role:ai-architect rg:tool tool:python .\n" + described("our-hr"))


def test_nobody_takes_the_name_of_a_source_that_is_to_come(graph: Rolegraph) -> None:
    assert refused(graph, described("other-hr") + described("our-hr"))
    graph.store("urn:admin", entry('source:our-hr a rg:Source ; dct:title "Taken"@en .'))
    put(graph, SKILL + described("our-hr"))


def test_two_that_need_each_other_at_the_same_time_are_both_looked_at_again(graph: Rolegraph, monkeypatch: pytest.MonkeyPatch) -> None:
    """One source holds the skill that another one's new role needs, and withdraws it at the moment in which that role was checked."""
    put(graph, SKILL + described("other-hr"), OTHER)
    run, moments = Check.run, list[None]()

    def meanwhile(check: Check, engine: Engine) -> Checked:
        checked = run(check, engine)
        if not moments:
            moments.append(None)
            graph.withdraw(OTHER)
        return checked

    monkeypatch.setattr(Check, "run", meanwhile)
    with pytest.raises(NotConforming):
        put(graph, ROLE + described("our-hr"))
    assert HR not in graph.engine.graphs()


def test_a_store_that_never_rests_makes_others_wait_instead(graph: Rolegraph, monkeypatch: pytest.MonkeyPatch) -> None:
    run, checks = Check.run, list[None]()

    def meanwhile(check: Check, engine: Engine) -> Checked:
        checks.append(None)
        if len(checks) <= entries.TRIES:
            graph.store("urn:busy", f"<urn:s> <urn:p> {len(checks)} .".encode())
        return run(check, engine)

    monkeypatch.setattr(Check, "run", meanwhile)
    put(graph, SKILL + described("our-hr"))
    assert len(checks) == entries.TRIES + 2  # the last check but one is beside others again, and the last one keeps them waiting


def test_threads_never_write_what_needs_something_that_has_gone(graph: Rolegraph, monkeypatch: pytest.MonkeyPatch) -> None:
    """One source defines what another one needs, while both come and go."""
    needed = named("skill:one", "rg:Skill", "One") + described("our-hr")
    needing = named("role:two", "rg:Role", "Two") + "role:two rg:essentialSkill skill:one .\n" + described("other-hr")
    barrier, written = threading.Barrier(2), list[bool]()
    write = RevisionStore.write

    def watched(engine: RevisionStore, changes: Changes, *arguments: object, guard: Guard = unguarded, **others: object) -> object:
        def last() -> None:
            guard()
            if OTHER in changes:
                written.append(HR in engine.graphs())

        return write(engine, changes, *arguments, guard=last, **others)  # type: ignore[arg-type]

    def come_and_go() -> None:
        for _ in range(8):
            barrier.wait()
            put(graph, needed)
            graph.withdraw(HR)

    def need() -> None:
        for _ in range(8):
            barrier.wait()
            with suppress(NotConforming):
                put(graph, needing, OTHER)

    monkeypatch.setattr(RevisionStore, "write", watched)
    threads = [threading.Thread(target=target) for target in (come_and_go, need)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(written)


CORPUS = {
    "fine": SKILL + described("our-hr"),
    "unknown skill": ROLE + described("our-hr"),
    "foreign name": 'tool:python skos:prefLabel "COBOL"@en .' + described("our-hr"),
    "second name": SKILL + 'skill:kneading skos:prefLabel "Dough"@en .' + described("our-hr"),
    "turned name": SKILL.replace("Kneading", "Kn\u202eeading") + described("our-hr"),
    "no IRI": "<http://x/a b> a rg:Role .",
    "escaped no IRI": "<http://x/a\\u003Eb> a rg:Role .",
    "surrogate": 'skill:kneading skos:prefLabel "\\ud800"@en .',
    "NUL": SKILL.replace("Kneading", "Kn\\u0000eading"),
    "exponent": 'skill:kneading rg:value "1e10000000"^^xsd:decimal .',
    "property": "skill:kneading <http://e.example/1> 1 .",
    "broken": "skill:kneading a",
    "empty": "",
}


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS.keys())
def test_the_validation_and_the_write_agree(graph: Rolegraph, text: str) -> None:
    try:
        conforms: bool | None = graph.validate(entry(text), TURTLE, HR).conforms
    except UnreadableInput:
        conforms = None
    try:
        put(graph, text)
        written: bool | None = True
    except UnreadableInput:
        written = None
    except NotConforming:
        written = False
    assert written == conforms
    assert (HR in graph.engine.graphs()) == bool(written)


NO_FIGURES = ["'NaN'^^xsd:decimal", "'NaN'^^xsd:double", "'INF'^^xsd:float", "'x'^^xsd:integer", "'P1Y'^^xsd:duration", "true"]


@pytest.mark.parametrize("value", NO_FIGURES)
def test_a_figure_that_is_none_gives_a_report(graph: Rolegraph, value: str) -> None:
    salary = "a schema:MonetaryAmountDistribution ; schema:name 'base' ; schema:currency 'EUR' ; schema:duration 'P1Y'^^xsd:duration"
    text = f"<urn:pay> {salary} ; rg:observations 9 ; schema:percentile10 {value} ; schema:median {value} ; schema:percentile90 5 ."
    assert not graph.validate(entry(text), TURTLE).conforms


@pytest.mark.service
def test_what_an_entry_holds_does_not_reach_the_log(tmp_path: Path) -> None:
    file = tmp_path / "entry.ttl"
    file.write_bytes(entry("<urn:x> a rg:Role ; rg:a 'SECRET'^^xsd:boolean ; rg:b 'SECRET'^^xsd:integer ; rg:c 'SECRET'^^xsd:date ."))
    ran = subprocess.run([sys.executable, "-m", "rolegraph", "validate", str(file)], capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr
    assert "SECRET" not in ran.stderr


def test_a_check_and_its_result_can_travel_to_another_process(graph: Rolegraph) -> None:
    check = Check(entry(SKILL), TURTLE, HR)
    assert pickle.loads(pickle.dumps(check)) == check
    assert pickle.loads(pickle.dumps(graph.engine.work(check))).report.conforms
