"""Names in an entry where identifiers are expected: they are kept as texts, and the things that they may mean are suggested."""

from collections.abc import Callable, Iterator, Sequence

from rolegraph import terms
from rolegraph.queries.internal import query
from rolegraph.validation.findings import ENTRY, Finding
from rolegraph.validation.jsonld_reader import NAME, TextName, kinds
from rolegraph.values import Row

Ask = Callable[[str], list[Row]]
MOST_SUGGESTED = 3


def findings(ask: Ask, names: Sequence[TextName]) -> Iterator[Finding]:
    """Yield a finding for each name, with the things of our vocabularies that have it as a label.

    :param ask: answers a SELECT query
    """
    labelled: dict[str, dict[str, set[str]]] = {}
    for name in names:
        things: set[str] = set()
        for kind in kinds(name.property):
            if kind not in labelled:
                labelled[kind] = _by_label(ask, terms.KINDS[kind].scheme)
            things |= labelled[kind].get(name.text.strip().casefold(), set())
        yield Finding("Info", _message(name, sorted(things)), name.subject, name.text_property, name.text, NAME, ENTRY)


def _by_label(ask: Ask, graph: str) -> dict[str, set[str]]:
    things: dict[str, set[str]] = {}
    for row in ask(query("labels-in-vocabulary").bind({"graph": graph})):
        things.setdefault(row["label"].value.casefold(), set()).add(row["thing"].value)
    return things


def _message(name: TextName, things: Sequence[str]) -> str:
    property_ = terms.shorten(name.text_property)
    kept = f'"{name.text[:100]}" is a name, not an identifier, so it is kept as a text ({property_}) and links to nothing'
    curies = " or ".join(f'"{terms.shorten(iri)}"' for iri in things[:MOST_SUGGESTED])
    if curies:
        return f"{kept}: did you mean {curies}? Write that to link it."
    return f'{kept}: write an identifier to link it, such as "tool:python"; the search of the service finds the identifier of a name.'
