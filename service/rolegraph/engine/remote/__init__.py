"""The engine over a SPARQL 1.1 endpoint: the union as a set on any server, answers as from the embedded engine."""

import re
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rolegraph.engine import TURTLE, Changes, Choose, Gone, Job, Keep, R, documents, waiting
from rolegraph.engine.pool import Pool
from rolegraph.engine.reach import Reach
from rolegraph.engine.remote import answers, forms
from rolegraph.engine.remote.endpoint import Endpoint
from rolegraph.engine.remote.forms import LOOKUP
from rolegraph.engine.remote.keeping import NOTHING, OWN, UNION, Keeping
from rolegraph.engine.remote.wire import Connection, Parameters
from rolegraph.engine.revisions import Revision
from rolegraph.engine.worker import Request
from rolegraph.engine.written import Wrote
from rolegraph.errors import BadParameter, NotFound, Refused, UnreadableInput
from rolegraph.formats import Format
from rolegraph.terms import BASE
from rolegraph.things import Answer, Dataset, Row

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
        self._keeping = Keeping(self._wire, stores=endpoint.graph_store_url is not None)
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
    def manifest(self) -> Keeping:
        """Where the digests of the shipped graphs are kept: on the endpoint, so that each program that writes there knows them."""
        return self._keeping

    def written(self, since: int) -> Wrote:
        return None

    def revisions(self) -> Sequence[Revision]:
        return ()

    def at(self, revision: int) -> "RemoteEngine":
        raise NotFound(f"revision {revision} is not kept: a remote endpoint keeps none", expected="the graph as it is now")

    def query(self, text: str, choose: Choose, dataset: Dataset | None = None, gone: Gone = waiting) -> Answer:
        form = forms.read(text)
        if dataset and form.dataset:
            detail = "the request names graphs, and so does the query by FROM; endpoints differ in which they heed"
            raise BadParameter("default-graph-uri", detail, expected="one of the two")
        parameters = () if form.dataset else self._named(dataset)
        reply = self._wire.ask(text if form.base else f"BASE <{BASE}> {text}", form, parameters, gone)
        format_ = choose(form.holds)
        if form.holds == "table":
            return answers.table(reply, form, format_)
        answer, count = answers.graph(reply, format_, self._prefixes)
        self._wire.uncut(count, form)
        return answer

    def rows(self, text: str) -> list[Row]:
        Reach().check_query(text)
        if not _LOOKUP.match(text):
            raise UnreadableInput("rows are the answer of a SELECT query, and this is another form")
        return answers.rows(self._wire.ask(text, LOOKUP, self._named(None)))

    def write(self, changes: Changes, format_: Format = TURTLE, *, keep: Keep = "none") -> None:
        if self._endpoint.update_url is None:
            raise Refused("this endpoint is only read: where its updates go (update_url) was not said")
        wanted = {}
        for graph, body in changes.items():
            if graph is None or graph in OWN:
                raise Refused("the default graph is the union of the named graphs: write one of these")
            wanted[graph] = documents.read(body, format_, graph, skolemise=True, alone=keep == "none")
        with self._writing:
            try:
                self._keeping.replace(wanted, keep=keep)
            finally:
                self._writes += 1

    def update(self, text: str, dataset: Dataset | None = None) -> None:
        raise Refused(
            "updates are not sent on to a remote endpoint, where the union of the graphs would not follow them; "
            "write whole graphs instead (the graph store protocol, or entries)",
        )

    def graphs(self) -> Iterable[str]:
        return sorted(self._graphs()[1])

    def dump(self, format_: Format, graph: str | None = None) -> Answer:
        graphs = self.graphs() if graph is None else [graph]
        found = ((name, triple) for name in graphs for triple in self._keeping.pages(name))
        return answers.laid_out(found, format_, self._prefixes)

    def work(self, job: Job[R], gone: Gone = waiting) -> R:
        if self._jobs is None:
            return job.run(self)
        result: R = self._jobs.ask(Request(Address(self._endpoint, self._prefixes), job), gone)
        return result

    def close(self) -> None:
        """End the processes that run jobs; each request has had a connection of its own."""
        if self._jobs:
            self._jobs.close()

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
