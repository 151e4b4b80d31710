"""What an index of labels needs to know of a graph: labels, kinds and uses of its things, read graph by graph."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rolegraph import equivalence, terms
from rolegraph.queries.internal import Binding, query
from rolegraph.values import Row

Select = Callable[[str], list[Row]]

PROPERTIES = ("preferred", "alternative", "hidden", "code", "former code")
"""How a label stands to its thing, by its number in an index; the title of a source or an advertisement is a preferred one.

A former code is the code of a concept that an imported table of codes matches to the thing: an occupation of an earlier O*NET-SOC.
"""

FORMER = PROPERTIES.index("former code")

_KINDS = {type_: kind.name for kind in terms.KINDS.values() for type_ in kind.types}
_BETWEEN = "\x1f"  # the unit separator parts labels and languages in the queries; of ASCII, since Virtuoso loses other characters


def read(select: Select, graph: str) -> dict[str, str]:
    """Return what a graph says of each thing by IRI, as JSON in a form that is always the same: labels, kinds, number of uses.

    Labels are concatenated in the store: looking up the IRI of the thing for each of them takes as long as reading them.
    """
    entries: dict[str, dict[str, Any]] = defaultdict(dict)
    facets: dict[str, Binding] = {"graph": graph, "property": [facet.property for facet in terms.facets()]}
    types = query("graph-types").bind({"graph": graph, "type": list(_KINDS)})
    deprecated = query("index-deprecated").bind({"graph": graph})
    texts = (*_labels(graph), deprecated, types, query("index-uses").bind(facets), query("index-users").bind(facets))
    if equivalence.named_like_import(graph):
        texts = (*texts, query("index-former-codes").bind({"graph": graph}))
    answers = _ahead(select, texts)
    for number in range(FORMER):
        for row in next(answers):
            pieces = row["labels"].value.split(_BETWEEN)
            labels = [[number, language, text] for language, text in zip(pieces[::2], pieces[1::2], strict=False) if text.strip()]
            entries[row["thing"].value].setdefault("labels", []).extend(sorted(labels))
    for row in next(answers):
        entries[row["thing"].value]["deprecated"] = True
    for row in next(answers):
        kinds = entries[row["thing"].value].setdefault("kinds", [])
        kinds.extend({_KINDS[row["type"].value]} - set(kinds))
    for row in next(answers):
        if row["thing"].kind == "iri":
            entries[row["thing"].value]["uses"] = int(row["uses"].value)
    for row in next(answers):
        entries[row["role"].value].setdefault("uses", 0)
    _add_former_codes(next(answers, []), entries)
    for entry in entries.values():
        entry.get("kinds", []).sort()
    return {iri: json.dumps(entry, ensure_ascii=False, sort_keys=True) for iri, entry in entries.items() if terms.is_iri(iri)}


def _add_former_codes(rows: list[Row], entries: dict[str, dict[str, Any]]) -> None:
    """Add to each thing the codes of the concepts that are matched to it; a thing of some kind is no code of another."""
    for row in sorted(rows, key=lambda row: row["code"].value):
        if not entries.get(row["replaced"].value, {}).get("kinds"):
            entries[row["thing"].value].setdefault("former", []).append(row["code"].value)


def _ahead(select: Select, texts: Sequence[str]) -> Iterator[list[Row]]:
    """Yield the answer of each query; the next one is asked meanwhile, since the engine works outside of Python's lock."""
    with ThreadPoolExecutor(1, "labels") as pool:
        coming = pool.submit(select, texts[0])
        for text in texts[1:]:
            answer, coming = coming.result(), pool.submit(select, text)
            yield answer
        yield coming.result()


def _labels(graph: str) -> Iterator[str]:
    """Yield the query for the labels of each of the :data:`PROPERTIES`."""
    yield query("index-names").bind({"graph": graph})
    for name in ("altLabel", "hiddenLabel", "notation"):
        yield query("index-labels").bind({"graph": graph, "property": terms.prefixes()["skos"] + name})
