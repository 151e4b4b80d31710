"""What an index of labels needs to know of a graph: labels, kinds and uses of its things, read graph by graph."""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from rolegraph import terms
from rolegraph.values import Row

Select = Callable[[str], list[Row]]

PROPERTIES = ("preferred", "alternative", "hidden", "code")
"""How a label stands to its thing, by its number in an index; the title of a source or an advertisement is a preferred one."""

_SKOS, _SCHEMA = (terms.prefixes()[prefix] for prefix in ("skos", "schema"))
_LABELS = (
    f"<{_SKOS}prefLabel>|<{terms.prefixes()['dct']}title>|<{_SCHEMA}title>|<{terms.prefixes()['rdfs']}label>",
    f"<{_SKOS}altLabel>",
    f"<{_SKOS}hiddenLabel>",
    f"<{_SKOS}notation>",
)
_KINDS = {kind.type: kind.name for kind in terms.KINDS.values()}
_BETWEEN = "\x1f"  # the unit separator parts labels and their languages; of ASCII, since Virtuoso loses other characters in queries


def read(select: Select, graph: str) -> dict[str, str]:
    """Return what a graph says of each thing by IRI, as JSON in a form that is always the same: labels, kinds, number of uses.

    Labels are concatenated in the store: looking up the IRI of the thing for each of them takes as long as reading them.
    """
    said: dict[str, dict[str, Any]] = defaultdict(dict)
    for number, path in enumerate(_LABELS):
        for row in select(_labels(graph, path)):
            pieces = row["labels"].value.split(_BETWEEN)
            labels = [[number, language, text] for language, text in zip(pieces[::2], pieces[1::2], strict=False) if text.strip()]
            said[row["thing"].value].setdefault("labels", []).extend(sorted(labels))
    types = " ".join(f"<{type_}>" for type_ in _KINDS)
    for row in select(f"SELECT ?thing ?type {{ VALUES ?type {{ {types} }} GRAPH <{graph}> {{ ?thing a ?type }} }}"):
        said[row["thing"].value].setdefault("kinds", []).append(_KINDS[row["type"].value])
    facets = " ".join(f"<{facet.property}>" for facet in terms.facets())
    used = f"{{ VALUES ?property {{ {facets} }} GRAPH <{graph}> {{ ?role ?property ?thing }} }}"
    for row in select(f"SELECT ?thing (COUNT(*) AS ?uses) {used} GROUP BY ?thing"):
        if row["thing"].kind == "iri":
            said[row["thing"].value]["uses"] = int(row["uses"].value)
    for row in select(f"SELECT DISTINCT ?role {used}"):
        said[row["role"].value].setdefault("uses", 0)
    for found in said.values():
        found.get("kinds", []).sort()
    return {iri: json.dumps(found, ensure_ascii=False, sort_keys=True) for iri, found in said.items() if terms.is_iri(iri)}


def _labels(graph: str, path: str) -> str:
    each = f'COALESCE(CONCAT(LANG(?label), "{_BETWEEN}", STR(?label)), "{_BETWEEN}")'  # what is no literal has no language
    return (
        f'SELECT ?thing (GROUP_CONCAT({each}; SEPARATOR="{_BETWEEN}") AS ?labels) {{ '
        f"GRAPH <{graph}> {{ ?thing {path} ?label }} }} GROUP BY ?thing"
    )
