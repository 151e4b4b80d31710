"""The embedded engine with the queries and jobs of clients in worker processes, which are limited in time and memory."""

import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress

from rolegraph import dependencies
from rolegraph.dependencies import EVERYTHING, Digests
from rolegraph.engine import TURTLE, Changes, Choose, Guard, IsCancelled, Job, R, Receipt, WriteMode, never_cancelled, unguarded, worker
from rolegraph.engine.embedded import Snapshot
from rolegraph.engine.pool import Pool
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.engine.revisions import Revision
from rolegraph.engine.shared_store import SharedStore
from rolegraph.engine.worker import Dump, Preparation, Query, Request, Unoffered
from rolegraph.engine.write_log import ChangedGraphs
from rolegraph.errors import RolegraphError
from rolegraph.formats import Format
from rolegraph.queries import footprint
from rolegraph.values import Answer, Dataset, Row

EXPORTS = 6  # the factor of the time limit for exports, whose time grows with the graph: a client cannot narrow them


class PooledEngine:
    """A revision store whose clients' queries run in workers, on a revision; the service's own look-ups run in this process.

    A worker that passes a limit is killed and replaced. Its client gets the error; other clients are not affected.

    :param pool: runs queries and exports
    :param past: the revision to read; None reads the newest
    :param jobs: runs other jobs, so that queries and jobs do not wait for each other; None uses ``pool``
    """

    def __init__(self, engine: RevisionStore | SharedStore, pool: Pool, past: Snapshot | None = None, jobs: Pool | None = None) -> None:
        self._engine = engine
        self._pool = pool
        self._past = past
        self._jobs = jobs or pool

    @property
    def union(self) -> bool:
        return self._engine.union

    @property
    def revision(self) -> int:
        return self._reader.revision

    def written(self, since: int) -> ChangedGraphs:
        return self._reader.written(since)

    def unchanged_since(self, digests: Digests, revision: int) -> int:
        return self._reader.unchanged_since(digests, revision)

    @property
    def history(self) -> str:
        return self._reader.history

    def validator(self, graph: str) -> str:
        return self._reader.validator(graph)

    def revisions(self) -> Sequence[Revision]:
        return self._engine.revisions()

    def at(self, revision: int) -> "PooledEngine":
        if self._past and revision == self.revision:
            return self
        return PooledEngine(self._engine, self._pool, self._engine.at(revision), self._jobs)

    def query(self, text: str, choose: Choose, dataset: Dataset | None = None, is_cancelled: IsCancelled = never_cancelled) -> Answer:
        footprint.note(text if dataset is None else "")
        offered, refused = _offered(choose)
        names = {holds: format_.name for holds, format_ in offered.items()}
        result = self._run(self._pool, Query(text, names, dataset), is_cancelled)
        if isinstance(result, Unoffered):
            raise refused[result.holds]
        return result

    def rows(self, text: str) -> list[Row]:
        return self._reader.rows(text)

    def write(self, changes: Changes, format_: Format = TURTLE, *, mode: WriteMode = "replace", guard: Guard = unguarded) -> Receipt:
        receipt = (self._past or self._engine).write(changes, format_, mode=mode, guard=guard)
        if self._jobs.idle:
            threading.Thread(target=self._prepare, name="preparing", daemon=True).start()
        return receipt

    def update(self, text: str, dataset: Dataset | None = None, guard: Guard = unguarded) -> Receipt:
        return (self._past or self._engine).update(text, dataset, guard)

    def graphs(self) -> Iterable[str]:
        return self._reader.graphs()

    def dump(self, format_: Format, graph: str | None = None) -> Answer:
        dependencies.note(EVERYTHING)
        return self._run(self._pool, Dump(format_, graph), never_cancelled, EXPORTS)

    def work(self, job: Job[R], is_cancelled: IsCancelled = never_cancelled) -> R:
        dependencies.note(EVERYTHING)
        return self._run(self._jobs, job, is_cancelled)

    def _prepare(self) -> None:
        """Have a worker open the new revision, so that the next validation need not wait for that."""
        with suppress(RolegraphError):
            self._run(self._jobs, Preparation(), never_cancelled)

    def _run(self, pool: Pool, job: Job[R], is_cancelled: IsCancelled, patience: int = 1) -> R:
        snapshot = self._past or self._engine.newest  # the reference keeps its folder until it is leased
        with self._engine.lease(snapshot.revision) as folder:
            result: R = pool.ask(Request(worker.Revision(folder, self._engine.settings), job, patience), is_cancelled)
        return result

    @property
    def _reader(self) -> Snapshot | RevisionStore | SharedStore:
        return self._past or self._engine

    def close(self) -> None:
        self._pool.close()
        self._jobs.close()
        self._engine.close()


def _offered(choose: Choose) -> tuple[dict[str, Format], dict[str, RolegraphError]]:
    """Return the format for each kind of answer, and the error for each kind that the client accepts in no format."""
    offered, refused = {}, {}
    for holds in ("table", "graph"):
        try:
            offered[holds] = choose(holds)
        except RolegraphError as error:
            refused[holds] = error
    return offered, refused
