"""Engines: where the graph is kept and queried. The embedded one is Oxigraph on disk."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from rolegraph.engine.revisions import Revision
from rolegraph.engine.write_log import ChangedGraphs
from rolegraph.formats import Format, holding, named
from rolegraph.values import Answer, Dataset, Row

Choose = Callable[[str], Format]
"""Chooses the format of an answer, given what it holds: ``table`` or ``graph``."""

IsCancelled = Callable[[], bool]
"""Tells whether whoever asked has gone away, so that nobody waits for the answer any more."""

BOM = "\ufeff"
"""What some editors put before a text in UTF-8; it is no part of the text."""

Document = bytes | tuple[bytes, ...] | None
"""What a graph is to hold: the triples of a document, or of several ones; None for a graph that is to be gone."""

Changes = Mapping[str | None, Document]
"""Documents by the IRI of their graph, None for the default graph."""

WriteMode = Literal["replace", "merge", "append"]
"""What stays of a graph that a document is written to: none of it, what it holds of other subjects than the document, or all."""

Check = Callable[[Callable[[str], list[Row]]], None]
"""Looks at a store through its SELECT queries, and raises what is wrong with it."""

DEFAULT = ""
"""In place of the IRI of a graph: the default graph."""

Guard = Callable[[], None]
"""Looks at the store before a change, when no other write can come between, and raises what keeps the change out."""

TURTLE = named("turtle", holding("graph"))

R = TypeVar("R")
Result = TypeVar("Result", covariant=True)


def never_cancelled() -> bool:
    """Say that whoever asked is still there: the plainest :data:`IsCancelled`."""
    return False


def unchecked(rows: Callable[[str], list[Row]]) -> None:
    """Find nothing wrong: the plainest :data:`Check`."""


def unguarded() -> None:
    """Let every change in: the plainest :data:`Guard`."""


@dataclass(frozen=True)
class Receipt:
    """What a write made: the number of its revision, None where there are none, and the validators of the graphs that it was about.

    What holds when the write is acknowledged may be changed by another one a moment later.
    """

    revision: int | None
    validators: Mapping[str, str] = field(default_factory=dict)


class Engine(Protocol):
    """A store of named graphs. Its default graph is their union as a set, or, where the operator wants it so, a graph of its own."""

    @property
    def union(self) -> bool:
        """Whether the default graph is the union of the named ones."""

    @property
    def revision(self) -> int | None:
        """The number of the newest revision: it grows with every write, so what was read at one number stays as it was read.

        None where others may write unseen.
        """

    def written(self, since: int) -> ChangedGraphs:
        """Return the IRIs of the graphs that were written after a revision, None where that is not known."""

    def validator(self, graph: str) -> str:
        """Return what tells the present content of a graph, by its IRI, from what it held before: another one after each change.

        An empty IRI is the default graph. It holds letters and digits only, and says nothing of whether there is such a graph.
        """

    def revisions(self) -> Sequence[Revision]:
        """Return the revisions that can be read, newest first."""

    def at(self, revision: int) -> "Engine":
        """Return an engine that reads a revision.

        :raises NotFound: for one that is not kept
        """

    def query(self, text: str, choose: Choose, dataset: Dataset | None = None, is_cancelled: IsCancelled = never_cancelled) -> Answer:
        """Answer a SPARQL query, serialised in the format that ``choose`` names once the kind of answer is known.

        :param dataset: the graphs to ask, in place of those that the query names itself (SPARQL 1.1 Protocol, 2.1.4)
        :raises UnreadableInput: for a query that does not parse, with line and column
        :raises Refused: for one that would call an endpoint that is not allowed
        :raises ClientGone: where ``is_cancelled`` said so before there was an answer
        """

    def rows(self, text: str) -> list[Row]:
        """Answer a SELECT query as rows; an unbound variable is absent from its row."""

    def write(self, changes: Changes, format_: Format = TURTLE, *, mode: WriteMode = "replace", guard: Guard = unguarded) -> Receipt:
        """Make each graph hold just the triples of its document, or none and be gone, in one atomic write.

        :param changes: see :data:`Changes`; a union takes no default graph
        :param format_: the graph format of the documents
        :param mode: what of the graphs stays, see :data:`WriteMode`
        :param guard: see :data:`Guard`; what it raises ends the write before anything is changed
        :raises UnreadableInput: for a document that does not parse; then nothing is changed
        :raises Refused: for the default graph where it is a union, and for writing a past revision
        """

    def update(self, text: str, dataset: Dataset | None = None, guard: Guard = unguarded) -> Receipt:
        """Run a SPARQL update as one atomic write.

        :param dataset: the graphs that its WHERE clauses are asked of (SPARQL 1.1 Protocol, 2.2.3)
        :param guard: see :data:`Guard`
        :raises UnreadableInput: for an update that does not parse, with line and column
        :raises BadParameter: for a dataset beside USING or WITH
        :raises Refused: for one that writes to a union, or loads from or calls an endpoint that is not allowed
        """

    def graphs(self) -> Iterable[str]:
        """Return the IRIs of the named graphs, sorted."""

    def dump(self, format_: Format, graph: str | None = None) -> Answer:
        """Serialise all named graphs (a dataset format), or one graph (a graph format), :data:`DEFAULT` for the default graph."""

    def work(self, job: "Job[R]", is_cancelled: IsCancelled = never_cancelled) -> R:
        """Run a job on the newest revision and return its result; where there are limits, in a process that can be killed.

        :raises TimeLimitReached: for a job that passes the limit of time
        :raises MemoryLimitReached: for one that passes the limit of memory
        :raises ClientGone: where ``is_cancelled`` said so before there was a result
        """

    def close(self) -> None:
        """Release the store."""


class Job(Protocol[Result]):
    """Work that reads a store and may be killed at any moment.

    It travels to another process and its result back, so both can be pickled. ``name`` is what errors call it, such as "the query".
    ``private`` is set where nothing of what it holds may reach a log.
    """

    @property
    def name(self) -> str:
        """What errors call it."""

    @property
    def private(self) -> bool:
        """Whether nothing of what it holds may reach a log."""

    def run(self, engine: Engine) -> Result:
        """Do the work on an engine that reads one revision."""
