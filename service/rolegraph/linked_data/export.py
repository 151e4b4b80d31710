"""Jobs that serialise graphs as JSON-LD in the project's own words, which the engine does not do."""

from dataclasses import dataclass

from rolegraph.engine import Engine
from rolegraph.formats import Format, holding, named
from rolegraph.linked_data import jsonld
from rolegraph.values import Answer

COMPACTED = 1024 * 1024  # bytes of JSON-LD in full IRIs, some 8,000 triples; compaction takes seconds for each of them
JSONLD = named("jsonld", holding("graph"))


def export(engine: Engine, format_: Format, graph: str | None) -> Answer:
    """Serialise all named graphs, or one graph; one of more than :data:`COMPACTED` bytes of JSON-LD stays in full IRIs."""
    found = engine.dump(format_, graph)
    return engine.work(Compaction(found.body)) if format_ == JSONLD and found.size <= COMPACTED else found


@dataclass(frozen=True)
class Compaction:
    """The job of putting a graph in JSON-LD into the project's own words."""

    expanded: bytes
    name: str = "the export"
    private: bool = False

    def run(self, engine: Engine) -> Answer:
        """Compact."""
        del engine
        return Answer(JSONLD, jsonld.compact(self.expanded))


@dataclass(frozen=True)
class Construction:
    """The job of serialising the answer of a CONSTRUCT query; see :func:`export`."""

    text: str
    name: str = "the query"
    private: bool = False

    def run(self, engine: Engine) -> Answer:
        """Ask, and serialise."""
        expanded = engine.query(self.text, lambda _: JSONLD)
        return expanded if expanded.size > COMPACTED else Answer(JSONLD, jsonld.compact(expanded.body))
