"""The interface of engines, which store and query the graph. The embedded engine is Oxigraph on disk."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from rolegraph.dependencies import Digests
from rolegraph.engine.revisions import Revision
from rolegraph.engine.write_log import ChangedGraphs
from rolegraph.formats import Format, holding, named
from rolegraph.values import Answer, Dataset, Row

Choose = Callable[[str], Format]
"""Returns the format of an answer for its kind, ``table`` or ``graph``."""

IsCancelled = Callable[[], bool]
"""Returns True once the client has closed the connection, so that the answer is no longer needed."""

BOM = "\ufeff"
"""The byte order mark, which some editors write before UTF-8 text; it is not part of the text."""

Document = bytes | tuple[bytes, ...] | None
"""The new content of a graph: the triples of one or several documents; None deletes the graph."""

Changes = Mapping[str | None, Document]
"""Documents by the IRI of their graph, None for the default graph."""

WriteMode = Literal["replace", "merge", "append"]
"""What a write keeps of the old content of a graph: nothing, the triples of subjects that the document does not describe, or everything."""

Check = Callable[[Callable[[str], list[Row]]], None]
"""Validates a store through its SELECT queries; raises an error if it is not valid."""

DEFAULT = ""
"""Stands for the default graph where the IRI of a graph is expected."""

Guard = Callable[[], None]
"""Checks a precondition under the write lock, before the change; raises an error to abort the write."""

TURTLE = named("turtle", holding("graph"))

R = TypeVar("R")
Result = TypeVar("Result", covariant=True)


def never_cancelled() -> bool:
    """Return False: the default :data:`IsCancelled`."""
    return False


def unchecked(rows: Callable[[str], list[Row]]) -> None:
    """Accept every store: the default :data:`Check`."""


def unguarded() -> None:
    """Accept every change: the default :data:`Guard`."""


@dataclass(frozen=True)
class Receipt:
    """The result of a write: its revision number (None if the engine has no revisions), and the validators of the graphs it wrote.

    Another write may change these graphs again at any moment.
    """

    revision: int | None
    validators: Mapping[str, str] = field(default_factory=dict)


class Engine(Protocol):
    """A store of named graphs. Its default graph is their union as a set, or a separate graph if it is so configured."""

    @property
    def union(self) -> bool:
        """Whether the default graph is the union of the named ones."""

    @property
    def revision(self) -> int | None:
        """The number of the newest revision. It grows with every write; the content of a numbered revision never changes.

        None if other processes may write to the store without notice.
        """

    def written(self, since: int) -> ChangedGraphs:
        """Return the IRIs of the graphs that were written after revision ``since``, None if unknown."""

    def unchanged_since(self, digests: Digests, revision: int) -> int:
        """Return the oldest revision from which to ``revision`` no write is known to have touched what an answer depends on.

        :param digests: see :mod:`rolegraph.dependencies`
        :param revision: the newest revision, or an older one
        """

    @property
    def history(self) -> str:
        """A text that is another one for each history of revisions: after a restore, a number may be that of another revision."""

    def validator(self, graph: str) -> str:
        """Return a text that identifies the current content of a graph; it changes with every change of the graph.

        It consists of letters and digits. A graph that does not exist has a validator, too.

        :param graph: the IRI of the graph; an empty text is the default graph
        """

    def revisions(self) -> Sequence[Revision]:
        """Return the stored revisions, newest first."""

    def at(self, revision: int) -> "Engine":
        """Return an engine that reads a revision.

        :raises NotFound: for a revision that is not stored
        """

    def query(self, text: str, choose: Choose, dataset: Dataset | None = None, is_cancelled: IsCancelled = never_cancelled) -> Answer:
        """Run a SPARQL query and return the serialised answer.

        :param choose: returns the format for the kind of the answer
        :param dataset: the graphs to query; replaces FROM and FROM NAMED of the query (SPARQL 1.1 Protocol, 2.1.4)
        :raises UnreadableInput: for a query that does not parse, with line and column
        :raises Refused: for a query that calls an endpoint that is not allowed
        :raises ClientGone: if ``is_cancelled`` returned True before the answer was ready
        """

    def rows(self, text: str) -> list[Row]:
        """Run a SELECT query and return its rows; an unbound variable is absent from its row."""

    def write(self, changes: Changes, format_: Format = TURTLE, *, mode: WriteMode = "replace", guard: Guard = unguarded) -> Receipt:
        """Write documents to their graphs, and delete graphs, in one atomic write.

        :param changes: the documents by graph, see :data:`Changes`; the default graph is not accepted if it is the union
        :param format_: the graph format of the documents
        :param mode: what is kept of the old content, see :data:`WriteMode`
        :param guard: see :data:`Guard`; its error aborts the write
        :raises UnreadableInput: for a document that does not parse; then nothing is changed
        :raises Refused: for the default graph if it is the union, and for a past revision
        """

    def update(self, text: str, dataset: Dataset | None = None, guard: Guard = unguarded) -> Receipt:
        """Run a SPARQL update as one atomic write.

        :param dataset: the graphs that its WHERE clauses query (SPARQL 1.1 Protocol, 2.2.3)
        :param guard: see :data:`Guard`; its error aborts the write
        :raises UnreadableInput: for an update that does not parse, with line and column
        :raises BadParameter: for a dataset together with USING or WITH
        :raises Refused: for an update that writes to the union, or that loads from or calls an endpoint that is not allowed
        """

    def graphs(self) -> Iterable[str]:
        """Return the IRIs of the named graphs, sorted."""

    def dump(self, format_: Format, graph: str | None = None) -> Answer:
        """Serialise all named graphs in a dataset format, or one graph in a graph format; :data:`DEFAULT` is the default graph."""

    def work(self, job: "Job[R]", is_cancelled: IsCancelled = never_cancelled) -> R:
        """Run a job on the newest revision and return its result. An engine with limits runs it in a worker process.

        :raises TimeLimitReached: for a job that passes the time limit
        :raises MemoryLimitReached: for a job that passes the memory limit
        :raises ClientGone: if ``is_cancelled`` returned True before the result was ready
        """

    def close(self) -> None:
        """Release the store."""


class Job(Protocol[Result]):
    """Work that reads a store and may be killed at any moment.

    It may run in another process: the job and its result must be picklable.
    """

    @property
    def name(self) -> str:
        """The name in error messages, such as "the query"."""

    @property
    def private(self) -> bool:
        """Whether its content must not be logged."""

    def run(self, engine: Engine) -> Result:
        """Run on an engine that reads one revision."""
