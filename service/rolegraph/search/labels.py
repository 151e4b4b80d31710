"""What an index of labels needs to know of a graph: labels, kinds and uses of its things, read graph by graph."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from rolegraph import terms
from rolegraph.queries.internal import Binding, query
from rolegraph.values import Row

Select = Callable[[str], list[Row]]

PROPERTIES = ("preferred", "alternative", "hidden", "code")
"""How a label stands to its thing, by its number in an index; the title of a source or an advertisement is a preferred one."""

_KINDS = {type_: kind.name for kind in terms.KINDS.values() for type_ in kind.types}
_BETWEEN = "\x1f"  # the unit separator parts labels and languages in the queries; of ASCII, since Virtuoso loses other characters


def read(select: Select, graph: str) -> dict[str, str]:
    """Return what a graph says of each thing by IRI, as JSON in a form that is always the same: labels, kinds, number of uses.

    Labels are concatenated in the store: looking up the IRI of the thing for each of them takes as long as reading them.
    """
    entries: dict[str, dict[str, Any]] = defaultdict(dict)
    for number, text in enumerate(_labels(graph)):
        for row in select(text):
            pieces = row["labels"].value.split(_BETWEEN)
            labels = [[number, language, text] for language, text in zip(pieces[::2], pieces[1::2], strict=False) if text.strip()]
            entries[row["thing"].value].setdefault("labels", []).extend(sorted(labels))
    for row in select(query("index-deprecated").bind({"graph": graph})):
        entries[row["thing"].value]["deprecated"] = True
    for row in select(query("graph-types").bind({"graph": graph, "type": list(_KINDS)})):
        kinds = entries[row["thing"].value].setdefault("kinds", [])
        kinds.extend({_KINDS[row["type"].value]} - set(kinds))
    facets: dict[str, Binding] = {"graph": graph, "property": [facet.property for facet in terms.facets()]}
    for row in select(query("index-uses").bind(facets)):
        if row["thing"].kind == "iri":
            entries[row["thing"].value]["uses"] = int(row["uses"].value)
    for row in select(query("index-users").bind(facets)):
        entries[row["role"].value].setdefault("uses", 0)
    for entry in entries.values():
        entry.get("kinds", []).sort()
    return {iri: json.dumps(entry, ensure_ascii=False, sort_keys=True) for iri, entry in entries.items() if terms.is_iri(iri)}


def _labels(graph: str) -> Iterator[str]:
    """Yield the query for the labels of each of the :data:`PROPERTIES`."""
    yield query("index-names").bind({"graph": graph})
    for name in ("altLabel", "hiddenLabel", "notation"):
        yield query("index-labels").bind({"graph": graph, "property": terms.prefixes()["skos"] + name})
