"""Matching: texts as people write them, with the text rules of search."""

import pytest

from rolegraph.matching import Matcher, MatchResult, fusion, matcher
from rolegraph.matching.concepts import Concept
from rolegraph.matching.exact import ExactMember
from rolegraph.matching.products import by_name
from rolegraph.matching.written import forms, left_off

SQL = Concept("ex:sql", ("SQL",))
JAVA = Concept("ex:java", ("Java",))
DEVELOPMENT = Concept("ex:rd", ("research and development",))
MANAGER = Concept("ex:hr", ("human resources manager",))
NURSE = Concept("ex:nurse", ("nurse practitioner",))
PROJECTS = Concept("ex:projects", ("project management",))
CPP = Concept("ex:cpp", ("C++",))
THESE = (SQL, JAVA, DEVELOPMENT, MANAGER, NURSE, PROJECTS, CPP)


def matched(texts: list[str], monkeypatch: pytest.MonkeyPatch) -> MatchResult:
    monkeypatch.setattr(matcher, "read", lambda *_: list(THESE))
    return Matcher(lambda _: [], list).match(texts, "skill")


@pytest.mark.parametrize(
    ("text", "iri", "reason"),
    [
        ("strong knowledge of project management", "ex:projects", "the label “project management”, without “strong knowledge of”"),
        ("project management skills", "ex:projects", "the label “project management”, without “skills”"),
        ("• Project management – advanced", "ex:projects", "the label “project management”, without “•”, “advanced”"),
        ("nurse practitioner (m/f/d) - Berlin", "ex:nurse", "the label “nurse practitioner”, without “(m/f/d) - Berlin”"),
        ("ability to research and development", "ex:rd", "the label “research and development”, without “ability to”"),
        ("R&D", "ex:rd", "may be short for “research and development”"),
        ("HR Manager", "ex:hr", "may be short for “human resources manager”"),
        ("C++ (5 years)", "ex:cpp", "the label “C++”, without “(5 years)”"),
    ],
)
def test_what_is_around_a_name(text: str, iri: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    match = matched([text], monkeypatch).results[0]
    assert match.decision == "review", "a part of the text says something else, perhaps"
    assert (match.candidates[0].iri, match.candidates[0].reason) == (iri, reason)


@pytest.mark.parametrize("text", ["SQL and Java", "SQL/Java", "Java, SQL", "knowledge of Java, SQL"])
def test_joined_names_are_candidates_and_never_accepted_as_one(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    match = matched([text], monkeypatch).results[0]
    assert match.decision == "review"
    assert {each.iri for each in match.candidates[:2]} == {"ex:sql", "ex:java"}
    assert all(each.reason.endswith("is one of several names in the text") for each in match.candidates[:2])
    assert all(each.confidence < fusion.UNCERTAIN / 2 + 0.01 for each in match.candidates)


def test_a_name_with_a_joining_word_is_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    first = matched(["Research & Development"], monkeypatch).results[0].candidates[0]
    assert (first.iri, first.reason) == ("ex:rd", "the label “research and development”")


def test_what_follows_a_name_without_a_mark_is_not_left_off() -> None:
    exact = ExactMember.of(["agent", "research and development"], "en")
    assert not exact.labels_equal_to("agent and widow")
    assert [equal.left_off for equal in exact.labels_equal_to("agent, Berlin")] == [("Berlin",)]


def test_a_product_may_be_named_without_its_maker(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("Microsoft Excel", "Microsoft Word", "Microsoft Access", "Compiler software", "spreadsheet software")
    tools = [Concept(f"ex:{number}", (name,)) for number, name in enumerate(names)]
    monkeypatch.setattr(matcher, "read", lambda *_: tools)
    answer = Matcher(lambda _: [], list).match(["Excel", "Word (advanced)", "Access and Excel"], "tool")
    excel, word, both = answer.results
    assert (excel.candidates[0].label, excel.candidates[0].reason) == (names[0], "the product “Microsoft Excel” without its maker")
    assert word.candidates[0].label == names[1]
    assert word.candidates[0].reason == "the product “Microsoft Word” without its maker, without “(advanced)”"
    assert {each.label for each in both.candidates[:2]} == {names[0], names[2]}
    assert [result.decision for result in answer.results] == ["review"] * 3
    other = Matcher(lambda _: [], list).match(["Excel"], "skill").results[0]
    assert other.candidates[0].reason.startswith("like"), "names of skills have no maker"


def test_makers_are_read_as_search_reads_them() -> None:
    labels = ["Dassault Systemes CATIA", "Dassault Systemes SOLIDWORKS", "Dassault Systemes ENOVIA", "Adobe Acrobat", "the GNU Compiler"]
    assert dict(by_name(labels)) == {"catia": [0], "solidworks": [1], "enovia": [2]}
    assert not by_name(["", "()"])


def test_pieces_are_named_as_they_were_written() -> None:
    assert left_off("1. Senior Welder (m/f/d)", "Welder") == ("1. Senior", "(m/f/d)")
    assert left_off("Bäcker/in", "Bäcker") == ("in",)
    assert next(forms("Welder")).left_off == ()


def test_blocks_that_are_compared_at_once_keep_the_order_of_the_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{concept.labels[0]} {number}" for number in range(40) for concept in THESE]
    together = matched(texts, monkeypatch).results
    assert [result.text for result in together] == texts
    assert [result.candidates[0].iri for result in together] == [concept.iri for _ in range(40) for concept in THESE]
