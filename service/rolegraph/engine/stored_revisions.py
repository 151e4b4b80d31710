"""Reading a store on disk: its newest revision and the older ones."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from rolegraph.engine import Choose, IsCancelled, Job, R, descriptors, never_cancelled
from rolegraph.engine.embedded import Settings, Snapshot
from rolegraph.engine.past_revisions import PastRevisions
from rolegraph.engine.revisions import Lease, Revision, Revisions
from rolegraph.errors import StoreUnusable
from rolegraph.formats import Format
from rolegraph.values import Answer, Dataset, Row


class StoredRevisions(ABC):
    """The reading part of a store on disk.

    :param folder: the folder of the store
    :param read_only: another process writes it
    """

    def __init__(self, folder: Path, settings: Settings, *, read_only: bool) -> None:
        self.settings = settings
        self._folder = folder
        self._revisions = Revisions(folder / "revisions", settings.retention, read_only=read_only)
        self._past = PastRevisions()

    @property
    @abstractmethod
    def newest(self) -> Snapshot:
        """The newest revision. It stays on disk as long as the object exists."""

    @property
    def union(self) -> bool:
        """Whether the default graph is the union of the named ones."""
        return self.settings.union

    @property
    def revision(self) -> int:
        """The number of the newest revision."""
        return self.newest.revision

    def revisions(self) -> Sequence[Revision]:
        """Return the stored revisions, newest first."""
        return self._revisions.all()

    def at(self, revision: int) -> Snapshot:
        """Return a revision. It stays on disk as long as the object exists.

        :raises NotFound: for a revision that is not stored
        :raises StoreUnusable: for a damaged revision
        """
        newest = self.newest
        return newest if revision == newest.revision else self._past.at(revision, self._open_past)

    def lease(self, revision: int) -> Lease:
        """Protect the folder of a revision from removal; any process may open it as a :class:`Snapshot`.

        :raises NotFound: for a revision that is not stored
        """
        return self._revisions.lease(revision)

    def query(self, text: str, choose: Choose, dataset: Dataset | None = None, is_cancelled: IsCancelled = never_cancelled) -> Answer:
        """Run a query on the newest revision."""
        return self.newest.query(text, choose, dataset, is_cancelled)

    def rows(self, text: str) -> list[Row]:
        """Run a SELECT query on the newest revision and return its rows."""
        return self.newest.rows(text)

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs, sorted."""
        return self.newest.graphs()

    def dump(self, format_: Format, graph: str | None = None) -> Answer:
        """Serialise all named graphs, or one graph, of the newest revision."""
        return self.newest.dump(format_, graph)

    def work(self, job: Job[R], is_cancelled: IsCancelled = never_cancelled) -> R:
        """Run a job on the newest revision, in this process; see :meth:`Engine.work <rolegraph.engine.Engine.work>`."""
        return job.run(self.newest)

    def _snapshot(self, number: int) -> Snapshot:
        lease = self._revisions.lease(number)
        try:
            descriptors.demand(lease.path)
            return Snapshot(lease.path, self.settings, number, lease)
        except BaseException:
            lease.release()
            raise

    def _open_past(self, number: int) -> Snapshot:
        """Check a revision for damage and open it."""
        with self._revisions.lease(number):
            if wrong := self._revisions.wrong(number):
                detail = f"revision {number} is damaged"
                raise StoreUnusable(f"{detail}: {wrong}", public_detail=detail, expected="another revision")
            try:
                return self._snapshot(number)
            except (OSError, RuntimeError) as error:
                detail = f"revision {number} cannot be opened"
                raise StoreUnusable(f"{detail}: {error}", public_detail=detail, expected="another revision") from error
