"""Jobs that serialise graphs as JSON-LD in the project's own words, which the engine does not do."""

from dataclasses import dataclass

from rolegraph import jsonld
from rolegraph.engine import Engine
from rolegraph.formats import holding, named
from rolegraph.things import Answer

COMPACTED = 1024 * 1024  # bytes of JSON-LD in full IRIs, some 8,000 triples; compaction takes seconds for each of them
JSONLD = named("jsonld", holding("graph"))


@dataclass(frozen=True)
class Graph:
    """The job of serialising a named graph; one of more than :data:`COMPACTED` bytes stays in full IRIs."""

    iri: str
    name: str = "the export"
    private: bool = False

    def run(self, engine: Engine) -> Answer:
        """Serialise."""
        return _compacted(engine.dump(JSONLD, self.iri))


@dataclass(frozen=True)
class Construction:
    """The job of serialising the answer of a CONSTRUCT query; see :class:`Graph`."""

    text: str
    name: str = "the query"
    private: bool = False

    def run(self, engine: Engine) -> Answer:
        """Ask, and serialise."""
        return _compacted(engine.query(self.text, lambda _: JSONLD))


def _compacted(expanded: Answer) -> Answer:
    return expanded if expanded.size > COMPACTED else Answer(JSONLD, jsonld.compact(expanded.body))
