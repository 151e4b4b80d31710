"""Blank nodes that cannot be told apart: nothing is lost, the same document gives the same graph, and no document stops the service."""

import subprocess
import sys

import pytest

from rolegraph.engine import documents
from rolegraph.engine.documents import Triple
from rolegraph.formats import holding, named

NTRIPLES, TURTLE = (named(name, holding("graph")) for name in ("ntriples", "turtle"))

COUNT = """
import sys
from rolegraph.engine import documents
from rolegraph.formats import holding, named
print(len(documents.read(sys.stdin.buffer.read(), named("ntriples", holding("graph")), "urn:g", skolemise=True)))
"""


def complete(size: int) -> str:
    return "".join(f"_:a{one} <urn:p> _:a{other} .\n" for one in range(size) for other in range(size) if one != other)


def chain(size: int) -> str:
    return "".join(f"_:a{number} <urn:p> _:a{number + 1} .\n" for number in range(size))


def stored(text: str, graph: str = "urn:g", *, alone: bool = True) -> set[Triple]:
    return documents.read(text.encode(), NTRIPLES, graph, skolemise=True, alone=alone)


@pytest.mark.service
@pytest.mark.parametrize(
    "text",
    [
        *(complete(size) for size in (3, 9, 30)),
        *(chain(size) for size in (50, 5000)),
        "".join(f"_:a{one} <urn:p> _:b{other} .\n_:b{other} <urn:p> _:a{one} .\n" for one in range(6) for other in range(6)),
        "".join(f"_:a{number} <urn:p> _:a{(number + step) % 40} .\n" for number in range(40) for step in (1, 7)),
        "".join(f'_:a{number} <urn:p> "x" .\n' for number in range(5000)),
        "".join(f"_:c <urn:p> _:a{number} .\n" for number in range(5000)),
    ],
    ids=["K3", "K9", "K30", "chain", "long chain", "bipartite", "circulant", "alike", "star"],
)
def test_every_document_is_named_in_bounded_time_and_whole(text: str) -> None:
    """A process of its own ends what takes too long: such a call cannot be interrupted."""
    found = subprocess.run([sys.executable, "-c", COUNT], input=text.encode(), capture_output=True, timeout=60, check=True)
    assert int(found.stdout) == len(set(text.splitlines()))


@pytest.mark.parametrize("text", [complete(3), complete(9), chain(500)], ids=["K3", "K9", "chain"])
def test_the_same_document_gives_the_same_triples_and_another_one_others(text: str) -> None:
    assert stored(text) == stored(text)
    assert not stored(text) & stored(text, "urn:other")
    assert not stored(text, alone=False) & stored(text + "<urn:s> <urn:p> <urn:o> .", alone=False) - {*stored("<urn:s> <urn:p> <urn:o> .")}


def test_the_order_and_the_labels_of_an_ordinary_document_do_not_matter() -> None:
    text = "".join(f'_:a{number} <urn:p> "{number % 50}" .\n_:a{number} <urn:q> _:b{number} .\n' for number in range(300))
    text += "".join(f'_:b{number} <urn:p> "{number}" .\n' for number in range(300))
    other = "".join(sorted(text.replace("_:a", "_:x").splitlines(keepends=True), reverse=True))
    assert stored(text) == stored(other)


def test_a_list_of_the_same_value_many_times_is_kept_whole() -> None:
    text = f"<urn:s> <urn:p> ( {'1 ' * 300}) ."
    assert len(documents.read(text.encode(), TURTLE, "urn:g", skolemise=True)) == 601
