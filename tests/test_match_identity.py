"""Matching: a text that is an address or a code means its concept by identity, and nothing by likeness."""

from pathlib import Path

import pytest

from rolegraph.facade import Rolegraph
from rolegraph.terms import BASE, shorten

ROLE = f"{BASE}role/ai-architect"


@pytest.mark.parametrize("text", [ROLE, f"<{ROLE}>", ROLE.replace("https:", "http:"), f"{ROLE}/", "role:ai-architect"])
def test_an_address_is_its_concept(graph: Rolegraph, text: str) -> None:
    match = graph.match([text], "role").results[0]
    assert match.decision == "accept"
    assert [shorten(each.iri) for each in match.candidates] == ["role:ai-architect"]
    assert "address" in match.candidates[0].reason


@pytest.mark.parametrize("text", ["15-1132.00", "ISCO 2512", "2512", "https://example.org/ai-architect", "99-9999.99"])
def test_what_identifies_nothing_is_not_guessed(graph: Rolegraph, text: str) -> None:
    match = graph.match([text], "role").results[0]
    assert (match.decision, match.candidates) == ("none", ())
    assert match.remark == "no concept of this kind and source has this address or code"


def test_a_code_is_followed_after_a_write(tmp_path: Path) -> None:
    graph = Rolegraph.open(tmp_path / "store")
    try:
        assert graph.match(["15-2051.01"], "role").results[0].candidates == ()
        code = '<http://www.w3.org/2004/02/skos/core#notation> "15-2051.01"'
        graph.update(f"INSERT DATA {{ GRAPH <{BASE}role> {{ <{ROLE}> {code} }} }}")
        match = graph.match(["code 15-2051.01"], "role").results[0]
        assert match.decision == "accept"
        assert [(each.iri, each.reason) for each in match.candidates] == [(ROLE, "its code 15-2051.01")]
        assert graph.match(["15-2051.02"], "role").results[0].candidates == (), "a neighbour is something else"
        assert graph.match(["15-2051.01"], "skill").results[0].candidates == (), "a code of another kind"
    finally:
        graph.close()
