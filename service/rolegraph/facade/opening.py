"""Opens what a graph is kept in: a store in a folder, one in memory, or one behind an endpoint."""

import shutil
import tempfile
import weakref
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
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.search import Search
from rolegraph.search.copying import Copied
from rolegraph.shipped import loading
from rolegraph.tokens import Tokens

BUILT = "analysis.npz"  # what the analyses read, beside a store
JOBS = 2  # validations, or other work than queries, at a time


@dataclass(frozen=True)
class Opened:
    """An engine, and what lies beside its store; ``folder`` is where what is built of the graph is kept."""

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


def stored(store: Path, limits: Limits | None, settings: Settings | None, *, shipped: bool) -> Opened:
    """Open the store in a folder; see :meth:`Rolegraph.open <rolegraph.facade.Rolegraph.open>`."""
    engine = RevisionStore(store, settings)
    if shipped:
        loading.load(engine, store)
    limited = limits and _limited(engine, limits)
    return Opened(limited or engine, Tokens(store / tokens.FILE), Search(engine, store / "search"), store)


def published(store: Path) -> Opened:
    """Open the newest revision of the store in a folder for reading. Others may have it open, and nothing is written there.

    What is built of the graph begins as a copy of what lies beside the store, in a temporary folder.

    :raises StoreUnusable: for a folder that holds no store, or one that cannot be read
    """
    engine = Published(store)
    own = Path(tempfile.mkdtemp(prefix="rolegraph-"))
    weakref.finalize(engine, shutil.rmtree, own, ignore_errors=True)
    (own / BUILT).symlink_to((store / BUILT).absolute())  # what replaces it replaces the link
    return Opened(engine, search=Copied(engine, store / "search"), folder=own)


def remote(endpoint: Endpoint, store: Path | None, limits: Limits | None, *, shipped: bool) -> Opened:
    """Open the store behind an endpoint; see :meth:`Rolegraph.remote <rolegraph.facade.Rolegraph.remote>`."""
    jobs = Pool(replace(limits, workers=JOBS, share=0), network=True, eager=False) if limits else None
    engine = RemoteEngine(endpoint, terms.prefixes(), jobs)
    if endpoint.update_url:
        engine.settle()
        if shipped:
            loading.load(engine, engine.manifest)
    return Opened(engine, Tokens(store / tokens.FILE) if store else None)


def _limited(engine: RevisionStore, limits: Limits) -> PooledEngine:
    pool = Pool(limits, network=bool(engine.settings.reach.allowed))
    return PooledEngine(engine, pool, jobs=Pool(replace(limits, workers=JOBS, share=0), eager=False))
