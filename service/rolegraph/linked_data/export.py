"""Jobs that compact JSON-LD with the project's context; the engine writes expanded JSON-LD only."""

from dataclasses import dataclass

from rolegraph.engine import Engine
from rolegraph.formats import Format, holding, named
from rolegraph.linked_data import jsonld
from rolegraph.values import Answer

COMPACTED = 1024 * 1024  # bytes of expanded JSON-LD, about 8,000 triples; compacting a mebibyte takes seconds
JSONLD = named("jsonld", holding("graph"))


def export(engine: Engine, format_: Format, graph: str | None) -> Answer:
    """Serialise all named graphs, or one graph. More than :data:`COMPACTED` bytes of JSON-LD are not compacted."""
    answer = engine.dump(format_, graph)
    return engine.work(Compaction(answer.body)) if format_ == JSONLD and answer.size <= COMPACTED else answer


@dataclass(frozen=True)
class Compaction:
    """The job of compacting expanded JSON-LD with the project's context."""

    expanded: bytes
    name: str = "the export"
    private: bool = False

    def run(self, engine: Engine) -> Answer:
        """Compact the document."""
        del engine
        return Answer(JSONLD, jsonld.compact(self.expanded))


@dataclass(frozen=True)
class Construction:
    """The job of serialising the answer of a CONSTRUCT query; see :func:`export`."""

    text: str
    name: str = "the query"
    private: bool = False

    def run(self, engine: Engine) -> Answer:
        """Run the query and compact the answer."""
        expanded = engine.query(self.text, lambda _: JSONLD)
        return expanded if expanded.size > COMPACTED else Answer(JSONLD, jsonld.compact(expanded.body))
