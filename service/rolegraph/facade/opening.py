"""Opens a store: in a folder, in memory, or behind an endpoint."""

import shutil
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from rolegraph import terms, tokens
from rolegraph.engine import Engine
from rolegraph.engine.embedded import EmbeddedEngine, Settings
from rolegraph.engine.pool import Limits, Pool
from rolegraph.engine.pooled import PooledEngine
from rolegraph.engine.read_only import Published
from rolegraph.engine.remote import RemoteEngine
from rolegraph.engine.remote.endpoint import Endpoint
from rolegraph.engine.revision_store import Announce, RevisionStore, unannounced
from rolegraph.engine.shared_store import SharedStore
from rolegraph.search import Search
from rolegraph.search.copying import Copied
from rolegraph.shipped import loading
from rolegraph.tokens import Tokens

ARRAYS = "analysis"  # the arrays of the analyses, in the folder of a store
JOBS = 2  # concurrent validations, exports and other jobs that are not queries


@dataclass(frozen=True)
class Opened:
    """An engine with its tokens and search index; ``folder`` is where indexes are stored."""

    engine: Engine
    tokens: Tokens | None = None
    search: Search | None = None
    folder: Path | None = None


def memory(settings: Settings | None, *, shipped: bool) -> Opened:
    """Open a store in memory."""
    engine = EmbeddedEngine(settings)
    if shipped:
        loading.load(engine, None)
    return Opened(engine)


def stored(
    store: Path, limits: Limits | None, settings: Settings | None, *, shipped: bool, announce: Announce = unannounced, eager: bool = True
) -> Opened:
    """Open the store in a folder; see :meth:`Rolegraph.open <rolegraph.facade.Rolegraph.open>`.

    :param announce: see :class:`~rolegraph.engine.revision_store.RevisionStore`
    :param eager: start the workers for queries now
    """
    engine = RevisionStore(store, settings, announce)
    if shipped:
        loading.load(engine, store)
    return _indexed(engine, store, limits, eager=eager)


def shared(store: Path, limits: Limits, settings: Settings, announced: Callable[[], int]) -> Opened:
    """Open the store in a folder for reading, beside the process that writes it.

    :param announced: see :class:`~rolegraph.engine.shared_store.SharedStore`
    """
    return _indexed(SharedStore(store, settings, announced), store, limits)


def _indexed(engine: RevisionStore | SharedStore, store: Path, limits: Limits | None, *, eager: bool = True) -> Opened:
    limited = limits and _limited(engine, limits, eager=eager)
    return Opened(limited or engine, Tokens(store / tokens.FILE), Search(engine, store / "search"), store)


def published(store: Path) -> Opened:
    """Open the newest revision of the store in a folder for reading. Other processes may have it open; nothing is written there.

    Indexes start as copies of those in the store's folder, in a temporary folder.

    :raises StoreUnusable: if the folder holds no store, or one that cannot be read
    """
    engine = Published(store)
    temporary = Path(tempfile.mkdtemp(prefix="rolegraph-"))
    weakref.finalize(engine, shutil.rmtree, temporary, ignore_errors=True)
    (temporary / ARRAYS).symlink_to((store / ARRAYS).absolute())  # nothing is stored where the folder is a link
    return Opened(engine, search=Copied(engine, store / "search"), folder=temporary)


def remote(endpoint: Endpoint, store: Path | None, limits: Limits | None, *, shipped: bool) -> Opened:
    """Open the store behind an endpoint; see :meth:`Rolegraph.remote <rolegraph.facade.Rolegraph.remote>`."""
    jobs = Pool(replace(limits, workers=JOBS, share=0), network=True, eager=False) if limits else None
    engine = RemoteEngine(endpoint, terms.prefixes(), jobs)
    if endpoint.update_url:
        engine.settle()
        if shipped:
            loading.load(engine, engine.manifest)
    return Opened(engine, Tokens(store / tokens.FILE) if store else None)


def _limited(engine: RevisionStore | SharedStore, limits: Limits, *, eager: bool) -> PooledEngine:
    pool = Pool(limits, network=bool(engine.settings.reach.allowed), eager=eager)
    return PooledEngine(engine, pool, jobs=Pool(replace(limits, workers=JOBS, share=0), eager=False))
