"""What the model says of itself: classes and properties of the ontology, and the rules of the shapes in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rolegraph import resources, terms
from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.engine.remote import RemoteEngine
from rolegraph.errors import NotFound
from rolegraph.facade import Rolegraph
from rolegraph.queries.internal import query
from rolegraph.shipped import loading
from rolegraph.values import Row

ONTOLOGY = terms.BASE + "ns"
SHAPES = terms.BASE + "shapes"
WHOLE = f"""# What an entry has to meet, as shapes of SHACL.
<{SHAPES}> a <http://www.w3.org/2002/07/owl#Ontology> ;
    <http://purl.org/dc/terms/title> "Rolegraph shapes"@en ;
    <http://www.w3.org/2000/01/rdf-schema#seeAlso> <{ONTOLOGY}> .
"""


@dataclass(frozen=True)
class Term:
    """A class or a property of the ontology; ``above`` are the IRIs of those that it is a special case of."""

    iri: str
    label: str
    definition: str
    example: str
    source: str
    above: tuple[str, ...]
    rules: tuple["Rule", ...] = ()


@dataclass(frozen=True)
class Rule:
    """One constraint of a shape: ``path`` is the CURIE of the property that it is about, or empty."""

    iri: str
    name: str
    path: str
    message: str
    severity: str


@dataclass(frozen=True)
class Shape:
    """A shape with its constraints; ``targets`` are the IRIs of the classes that it is for."""

    iri: str
    targets: tuple[str, ...]
    rules: tuple[Rule, ...]


def ontology(graph: Rolegraph, shapes: Sequence[Shape]) -> dict[str, object]:
    """Return what the page of the ontology shows: its header, its classes with their rules, its properties.

    :raises NotFound: where the graph does not hold it
    """
    engine = modelled(graph).engine
    rows = engine.rows(query("ontology-terms").bind())
    rules: dict[str, tuple[Rule, ...]] = {}
    for shape in shapes:
        for target in shape.targets:
            rules[target] = (*rules.get(target, ()), *shape.rules)
    by_term: dict[str, list[Row]] = {}
    for row in rows:
        by_term.setdefault(row["term"].value, []).append(row)
    described = {iri: _term(iri, term_rows, rules.get(iri, ())) for iri, term_rows in by_term.items()}
    classes = [described[iri] for iri, term_rows in by_term.items() if term_rows[0]["type"].value.endswith("#Class")]
    properties = [described[iri] for iri, term_rows in by_term.items() if not term_rows[0]["type"].value.endswith("#Class")]
    header = engine.rows(query("ontology-header").bind())
    if not header:
        raise NotFound("this revision holds no ontology", expected="a later one of /revisions")
    return {"header": {name: value.value for name, value in header[0].items()}, "classes": classes, "properties": properties}


def versions(graph: Rolegraph) -> list[str]:
    """Return the IRIs of the versions of the ontology that a graph holds."""
    return [row["version"].value for row in graph.engine.rows(query("ontology-versions").bind())]


def earlier_versions() -> dict[str, Path]:
    """Return the files of the earlier versions of the ontology, by IRI."""
    return {f"{ONTOLOGY}/{path.stem}": path for path in resources.files("ontology", "versions/*.ttl")}


def modelled(graph: Rolegraph) -> Rolegraph:
    """Return where the ontology is read: in the graph itself, or, where that is far away, in the package, which it was loaded from."""
    return _shipped() if isinstance(graph.engine, RemoteEngine) else graph


@cache
def _shipped() -> Rolegraph:
    """Return the ontology as the package ships it, alone."""
    engine = EmbeddedEngine()
    engine.write({ONTOLOGY: next(item.read() for item in loading.shipped() if item.graph == ONTOLOGY)})
    return Rolegraph(engine)


@cache
def rules() -> tuple[Shape, ...]:
    """Return the shapes with their constraints, by IRI."""
    engine = EmbeddedEngine()
    engine.write({SHAPES: shapes_as_written()})
    by_shape: dict[str, list[Row]] = {}
    for row in engine.rows(query("shape-rules").bind()):
        by_shape.setdefault(row["shape"].value, []).append(row)
    return tuple(_shape(iri, by_shape[iri]) for iri in sorted(by_shape))


@cache
def shapes_as_written() -> bytes:
    """Return the Turtle of the shapes: what they are as a whole, then one file after the other."""
    return b"\n".join([WHOLE.encode(), *(path.read_bytes() for path in resources.files("ontology", "shapes/*.ttl"))])


def _term(iri: str, rows: Sequence[Row], constraints: tuple[Rule, ...]) -> Term:
    first = rows[0]
    text = {name: first[name].value if name in first else "" for name in ("label", "definition", "example", "source")}
    above = tuple(dict.fromkeys(row["above"].value for row in rows if "above" in row))
    return Term(iri, text["label"], text["definition"], text["example"], text["source"], above, constraints)


def _shape(iri: str, rows: Sequence[Row]) -> Shape:
    targets = tuple(sorted({row["target"].value for row in rows if "target" in row}))
    ordered = sorted(rows, key=lambda row: (float(row["order"].value) if "order" in row else -1.0, row["rule"].value))
    constraints = {row["rule"].value: _rule(row) for row in ordered}
    return Shape(iri, targets, tuple(constraints.values()))


def _rule(row: Row) -> Rule:
    path = terms.shorten(row["path"].value) if "path" in row else ""
    severity = row["severity"].value.rpartition("#")[2] if "severity" in row else "Violation"
    name = row["name"].value if "name" in row else ""
    return Rule(row["rule"].value, name, "" if "genid" in path else path, row["message"].value, severity)
