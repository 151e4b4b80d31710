"""The engine over a SPARQL 1.1 endpoint: the union as a set on any server, answers as from the embedded engine."""

import hashlib
import re
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rolegraph.engine import (
    DEFAULT,
    TURTLE,
    Changes,
    Choose,
    Guard,
    IsCancelled,
    Job,
    R,
    Receipt,
    WriteMode,
    documents,
    never_cancelled,
    unguarded,
)
from rolegraph.engine.federation import FederationPolicy
from rolegraph.engine.pool import Pool
from rolegraph.engine.remote import answers, query_forms
from rolegraph.engine.remote.checks import Checks, Fault
from rolegraph.engine.remote.endpoint import Endpoint
from rolegraph.engine.remote.graphs import RemoteGraphs
from rolegraph.engine.remote.http import Connection, Parameters
from rolegraph.engine.remote.leases import GONE, PATIENCE
from rolegraph.engine.remote.lookups import Lookups
from rolegraph.engine.remote.names import NOTHING, OWN, UNION
from rolegraph.engine.remote.query_forms import LOOKUP
from rolegraph.engine.remote.splitting import Part
from rolegraph.engine.revisions import Revision
from rolegraph.engine.worker import Request
from rolegraph.engine.write_log import ChangedGraphs
from rolegraph.errors import BadParameter, NotFound, Refused, StoreUnusable, UnreadableInput
from rolegraph.formats import Format
from rolegraph.terms import BASE
from rolegraph.values import Answer, Dataset, Row

FRESH = 2.0  # seconds for which the list of graphs is taken as read: others may write to the endpoint too
_LOOKUP = re.compile(r"(?:\s|#[^\n]*(?:\n|$)|PREFIX\s+[^\s:]*:\s*<[^>]*>)*SELECT\b", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """An endpoint to open for a job, in another process."""

    endpoint: Endpoint
    prefixes: Mapping[str, str]

    def open(self) -> "RemoteEngine":
        """Open it."""
        return RemoteEngine(self.endpoint, self.prefixes)


class RemoteEngine:
    """A SPARQL 1.1 endpoint behind the :class:`~rolegraph.engine.Engine` protocol; safe to share between threads.

    The default graph of a query is a graph of the endpoint in which the union is kept, and the named graphs are those that
    the bookkeeping lists. So what servers call a default graph, and graphs of their own, never show. An endpoint that has no
    bookkeeping, and is not written by us, is read as it is.
    """

    def __init__(self, endpoint: Endpoint, prefixes: Mapping[str, str] | None = None, jobs: Pool | None = None) -> None:
        self._jobs = jobs
        self._prefixes = prefixes or {}
        self._endpoint = endpoint
        self._wire = Connection(endpoint)
        self._keeping = RemoteGraphs(self._wire, stores=endpoint.graph_store_url is not None, seconds=endpoint.write_seconds)
        self._writing = threading.Lock()
        self._writes = 0
        self._read: tuple[int, float, bool, tuple[str, ...]] | None = None

    @property
    def union(self) -> bool:
        return True

    @property
    def revision(self) -> None:
        return None

    @property
    def manifest(self) -> RemoteGraphs:
        """Where the digests of the shipped graphs are kept: on the endpoint, so that each program that writes there knows them."""
        return self._keeping

    def written(self, since: int) -> ChangedGraphs:
        return None

    def validator(self, graph: str) -> str:
        """Return a digest of what the graph holds: others may write it unseen."""
        triples = sorted(documents.lines([triple]) for triple in self._keeping.pages(graph))
        return hashlib.sha256("".join(triples).encode()).hexdigest()[:24]

    def revisions(self) -> Sequence[Revision]:
        return ()

    def at(self, revision: int) -> "RemoteEngine":
        raise NotFound(f"revision {revision} is not kept: a remote endpoint keeps none", expected="the graph as it is now")

    def query(self, text: str, choose: Choose, dataset: Dataset | None = None, is_cancelled: IsCancelled = never_cancelled) -> Answer:
        form = query_forms.read(text)
        if dataset and form.dataset:
            detail = "the request names graphs, and so does the query by FROM; endpoints differ in which they heed"
            raise BadParameter("default-graph-uri", detail, expected="one of the two")
        parameters = () if form.dataset else self._named(dataset)
        reply = self._wire.ask(text if form.base else f"BASE <{BASE}> {text}", form, parameters, is_cancelled)
        format_ = choose(form.holds)
        if form.holds == "table":
            return answers.table(reply, form, format_)
        answer, count = answers.graph(reply, format_, self._prefixes)
        self._wire.uncut(count, form)
        return answer

    def rows(self, text: str) -> list[Row]:
        FederationPolicy().check_query(text)
        if not _LOOKUP.match(text):
            raise UnreadableInput("rows are the answer of a SELECT query, and this is another form")
        named = self._named(None)
        try:
            return answers.rows(self._wire.ask(text, LOOKUP, named))
        except StoreUnusable as error:
            part = Part.of(text) if "limit" in error.members else None
            if part is None:
                raise
            return self._parts(part, named, error)

    def _parts(self, part: Part, named: Parameters, error: StoreUnusable) -> list[Row]:
        """Return the rows of a look-up whose answer was cut, asked for by halves until none is."""
        halves = part.halves()
        if halves is None:
            raise error
        found: list[Row] = []
        for half in halves:
            try:
                found += answers.rows(self._wire.ask(half.query(), LOOKUP, named))
            except StoreUnusable as cut:
                if "limit" not in cut.members:
                    raise
                found += self._parts(half, named, cut)
        return found

    def write(self, changes: Changes, format_: Format = TURTLE, *, mode: WriteMode = "replace", guard: Guard = unguarded) -> Receipt:
        self._writable()
        wanted = {}
        for graph, body in changes.items():
            if graph is None or graph in OWN:
                raise Refused("the default graph is the union of the named graphs: write one of these")
            wanted[graph] = documents.read(body, format_, graph, skolemise=True, alone=mode == "replace")

        def look() -> None:
            self._writes += 1  # what was listed before somebody else wrote does not count
            guard()

        with self._writing:
            try:
                self._keeping.replace(wanted, mode=mode, guard=look)
            finally:
                self._writes += 1
        return Receipt(None)

    def settle(self) -> None:
        """Make the union agree with graphs whose writing broke off, as the first thing that a service does that may write.

        :raises StoreUnusable: where another one writes all the while
        """
        if self._keeping.unfinished():
            with self._writing, self._keeping.writing(GONE + PATIENCE):
                self._writes += 1

    def check(self, *, fix: bool = False) -> list[Fault]:
        """Compare the union with the graphs, and return what is wrong; see :mod:`rolegraph.engine.remote.checks`.

        :param fix: make them agree first
        :raises Refused: for an endpoint that is only read
        """
        checks = Checks(Lookups(self._wire), self._keeping, self._endpoint.write_seconds)
        if fix:
            self._writable()
            with self._writing:
                checks.fix(GONE + PATIENCE)
                self._writes += 1
        return checks.faults()

    def update(self, text: str, dataset: Dataset | None = None, guard: Guard = unguarded) -> Receipt:
        raise Refused(
            "updates are not sent on to a remote endpoint, where the union of the graphs would not follow them; "
            "write whole graphs instead (the graph store protocol, or entries)",
        )

    def graphs(self) -> Iterable[str]:
        return sorted(self._graphs()[1])

    def dump(self, format_: Format, graph: str | None = None) -> Answer:
        if graph == DEFAULT:
            return self.query("CONSTRUCT WHERE { ?s ?p ?o }", lambda _: format_)
        graphs = self.graphs() if graph is None else [graph]
        found = ((name, triple) for name in graphs for triple in self._keeping.pages(name))
        return answers.laid_out(found, format_, self._prefixes)

    def work(self, job: Job[R], is_cancelled: IsCancelled = never_cancelled) -> R:
        if self._jobs is None:
            return job.run(self)
        result: R = self._jobs.ask(Request(Address(self._endpoint, self._prefixes), job), is_cancelled)
        return result

    def close(self) -> None:
        """End the processes that run jobs; each request has had a connection of its own."""
        if self._jobs:
            self._jobs.close()

    def _writable(self) -> None:
        if self._endpoint.update_url is None:
            raise Refused("this endpoint is only read: where its updates go (update_url) was not said")

    def _named(self, dataset: Dataset | None) -> Parameters:
        """Return the parameters that name the graphs to ask.

        Neither list is ever left empty: some servers then take all that they have.
        """
        if dataset is None:
            kept, graphs = self._graphs()
            if not kept:
                return ()
            dataset = Dataset((UNION,), graphs)
        default, named = dataset.default or (NOTHING,), dataset.named or (NOTHING,)
        return [*(("default-graph-uri", graph) for graph in default), *(("named-graph-uri", graph) for graph in named)]

    def _graphs(self) -> tuple[bool, tuple[str, ...]]:
        """Return the graphs that there are for whoever asks, and whether the bookkeeping says so."""
        writes, read = self._writes, self._read
        now = time.monotonic()
        if read and read[0] == writes and now - read[1] < FRESH:
            return read[2], read[3]
        listed = tuple(self._keeping.listed())
        kept = bool(listed) or self._endpoint.update_url is not None
        graphs = listed if kept else tuple(self._keeping.found())
        self._read = (writes, now, kept, graphs)  # read while something is written, it holds for the time before that
        return kept, graphs
