"""What is written as JSON, and which things have a rare property."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolegraph import terms
from rolegraph.facade import Rolegraph
from rolegraph.output import to_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES, st.booleans())
def test_json_reads_back_as_it_was_in_its_order(value: object, indent: bool) -> None:
    text = to_json(value, indent=indent)
    assert text.endswith("\n")
    assert json.dumps(json.loads(text)) == json.dumps(value)
    assert indent or text.count("\n") == 1


@pytest.mark.parametrize("value", [2**80, "\ud800", {1: "a"}])
def test_json_holds_what_the_fast_writer_refuses(value: object) -> None:
    assert json.dumps(json.loads(to_json([value]))) == json.dumps([value])


@given(st.sampled_from(["", "a", "Skill/ä b"]), st.sampled_from(sorted(terms.prefixes().values())), st.booleans())
def test_the_longest_namespace_makes_the_curie(name: str, namespace: str, cut: bool) -> None:
    iri = (namespace[:-1] if cut else namespace) + name
    matching = [(len(space), prefix) for prefix, space in terms.prefixes().items() if iri.startswith(space)]
    assert terms.shorten(iri) == (f"{max(matching)[1]}:{iri[max(matching)[0]:]}" if matching else iri)


@pytest.mark.parametrize("name", ["salary", "outlook"])
def test_things_with_a_rare_property_are_those_that_some_graph_states(graph: Rolegraph, name: str) -> None:
    roles = graph.catalogue.lists.things("role")
    rows = graph.engine.rows(f"SELECT DISTINCT ?role {{ GRAPH ?graph {{ ?role <{terms.RG}{name}> ?value }} }}")
    assert set(graph.catalogue.rare.among(roles, f"{terms.RG}{name}")) == {row["role"].value for row in rows} & set(roles)
