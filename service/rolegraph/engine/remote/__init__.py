"""The engine for a remote SPARQL 1.1 endpoint; its answers are the same as those of the embedded engine, on any server."""

import hashlib
import re
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rolegraph.dependencies import Digests
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

FRESH = 2.0  # seconds for which the list of graphs is cached, since other processes may write to the endpoint
_LOOKUP = re.compile(r"(?:\s|#[^\n]*(?:\n|$)|PREFIX\s+[^\s:]*:\s*<[^>]*>)*SELECT\b", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """Opens an endpoint for a job in another process."""

    endpoint: Endpoint
    prefixes: Mapping[str, str]

    def open(self) -> "RemoteEngine":
        """Return the engine of the endpoint."""
        return RemoteEngine(self.endpoint, self.prefixes)


class RemoteEngine:
    """A SPARQL 1.1 endpoint behind the :class:`~rolegraph.engine.Engine` protocol; safe to share between threads.

    The default graph of a query is a graph of the endpoint that stores the union; the named graphs are those that the bookkeeping
    lists. So the default graph of the server, and graphs that come with it, are never visible. An endpoint that has no bookkeeping
    and no ``update_url`` is read as it is.

    :param prefixes: the prefixes of answers, prefix → namespace IRI
    :param jobs: runs jobs in worker processes; None runs them in this process
    """

    def __init__(self, endpoint: Endpoint, prefixes: Mapping[str, str] | None = None, jobs: Pool | None = None) -> None:
        self._jobs = jobs
        self._prefixes = prefixes or {}
        self._endpoint = endpoint
        self._wire = Connection(endpoint)
        self._remote_graphs = RemoteGraphs(self._wire, stores=endpoint.graph_store_url is not None, seconds=endpoint.write_seconds)
        self._writing = threading.Lock()
        self._writes = 0
        self._cached: tuple[int, float, bool, tuple[str, ...]] | None = None

    @property
    def union(self) -> bool:
        return True

    @property
    def revision(self) -> None:
        return None

    @property
    def manifest(self) -> RemoteGraphs:
        """The store of the digests of the shipped graphs: the endpoint, so that all processes that write there share them."""
        return self._remote_graphs

    def written(self, since: int) -> ChangedGraphs:
        return None

    def unchanged_since(self, digests: Digests, revision: int) -> int:
        """Return that revision: what was written is unknown."""
        return revision

    @property
    def history(self) -> str:
        """Return an empty text: there are no revisions."""
        return ""

    def validator(self, graph: str) -> str:
        """Return a digest of the content of the graph, since other processes may write it without notice."""
        triples = sorted(documents.lines([triple]) for triple in self._remote_graphs.pages(graph))
        return hashlib.sha256("".join(triples).encode()).hexdigest()[:24]

    def revisions(self) -> Sequence[Revision]:
        return ()

    def at(self, revision: int) -> "RemoteEngine":
        raise NotFound(f"revision {revision} is not stored: a remote endpoint has no revisions", expected="the present graph")

    def query(self, text: str, choose: Choose, dataset: Dataset | None = None, is_cancelled: IsCancelled = never_cancelled) -> Answer:
        form = query_forms.read(text)
        if dataset and form.dataset:
            detail = "both the request and the query (FROM) name graphs; endpoints differ in which of them they use"
            raise BadParameter("default-graph-uri", detail, expected="only one of the two")
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
            raise UnreadableInput("only a SELECT query returns rows; this is another query form")
        named = self._named(None)
        try:
            return answers.rows(self._wire.ask(text, LOOKUP, named))
        except StoreUnusable as error:
            part = Part.from_lookup(text) if "limit" in error.members else None
            if part is None:
                raise
            return self._parts(part, named, error)

    def _parts(self, part: Part, named: Parameters, error: StoreUnusable) -> list[Row]:
        """Return the rows of a look-up whose answer was truncated: split it in halves until no answer is truncated."""
        halves = part.halves()
        if halves is None:
            raise error
        rows: list[Row] = []
        for half in halves:
            try:
                rows += answers.rows(self._wire.ask(half.query(), LOOKUP, named))
            except StoreUnusable as truncated:
                if "limit" not in truncated.members:
                    raise
                rows += self._parts(half, named, truncated)
        return rows

    def write(self, changes: Changes, format_: Format = TURTLE, *, mode: WriteMode = "replace", guard: Guard = unguarded) -> Receipt:
        self._require_writable()
        wanted = {}
        for graph, body in changes.items():
            if graph is None or graph in OWN:
                raise Refused("the default graph cannot be written: it is the union of the named graphs", expected="a named graph")
            wanted[graph] = documents.read(body, format_, graph, skolemise=True, alone=mode == "replace")

        def look() -> None:
            self._writes += 1  # drop the cached list of graphs: another process may have written since
            guard()

        with self._writing:
            try:
                self._remote_graphs.replace(wanted, mode=mode, guard=look)
            finally:
                self._writes += 1
        return Receipt(None)

    def settle(self) -> None:
        """Repair the union after interrupted writes; a service that may write calls this first.

        :raises StoreUnusable: if another process keeps writing
        """
        if self._remote_graphs.unfinished():
            with self._writing, self._remote_graphs.writing(GONE + PATIENCE):
                self._writes += 1

    def check(self, *, fix: bool = False) -> list[Fault]:
        """Compare the union with the graphs and return the faults; see :mod:`rolegraph.engine.remote.checks`.

        :param fix: repair the union first
        :raises Refused: for a read-only endpoint
        """
        checks = Checks(Lookups(self._wire), self._remote_graphs, self._endpoint.write_seconds)
        if fix:
            self._require_writable()
            with self._writing:
                checks.fix(GONE + PATIENCE)
                self._writes += 1
        return checks.faults()

    def update(self, text: str, dataset: Dataset | None = None, guard: Guard = unguarded) -> Receipt:
        raise Refused(
            "updates are not forwarded to a remote endpoint, since they would not update the union of the graphs; "
            "write whole graphs instead (the graph store protocol, or entries)",
        )

    def graphs(self) -> Iterable[str]:
        return sorted(self._graphs()[1])

    def dump(self, format_: Format, graph: str | None = None) -> Answer:
        if graph == DEFAULT:
            return self.query("CONSTRUCT WHERE { ?s ?p ?o }", lambda _: format_)
        graphs = self.graphs() if graph is None else [graph]
        triples = ((name, triple) for name in graphs for triple in self._remote_graphs.pages(name))
        return answers.laid_out(triples, format_, self._prefixes)

    def work(self, job: Job[R], is_cancelled: IsCancelled = never_cancelled) -> R:
        if self._jobs is None:
            return job.run(self)
        result: R = self._jobs.ask(Request(Address(self._endpoint, self._prefixes), job), is_cancelled)
        return result

    def close(self) -> None:
        """Stop the workers. There is no connection to close: each request has its own."""
        if self._jobs:
            self._jobs.close()

    def _require_writable(self) -> None:
        if self._endpoint.update_url is None:
            raise Refused("this endpoint is read-only", expected="an endpoint with update_url")

    def _named(self, dataset: Dataset | None) -> Parameters:
        """Return the protocol parameters that name the graphs to query.

        Neither list is ever empty, since some servers then use all their graphs.
        """
        if dataset is None:
            booked, graphs = self._graphs()
            if not booked:
                return ()
            dataset = Dataset((UNION,), graphs)
        default, named = dataset.default or (NOTHING,), dataset.named or (NOTHING,)
        return [*(("default-graph-uri", graph) for graph in default), *(("named-graph-uri", graph) for graph in named)]

    def _graphs(self) -> tuple[bool, tuple[str, ...]]:
        """Return whether the endpoint has bookkeeping, and its visible graphs."""
        writes, cached = self._writes, self._cached
        now = time.monotonic()
        if cached and cached[0] == writes and now - cached[1] < FRESH:
            return cached[2], cached[3]
        listed = tuple(self._remote_graphs.listed())
        booked = bool(listed) or self._endpoint.update_url is not None
        graphs = listed if booked else tuple(self._remote_graphs.discovered())
        self._cached = (writes, now, booked, graphs)  # if a write runs meanwhile, its counter makes this entry out of date
        return booked, graphs
