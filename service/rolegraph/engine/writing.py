"""Changes of a store of Oxigraph. The one who writes holds the store alone; a change that fails midway is taken back by them."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyoxigraph as ox

from rolegraph.engine import Changes, WriteMode, algebra, documents, update_targets
from rolegraph.engine.documents import Triple
from rolegraph.engine.federation import FederationPolicy
from rolegraph.engine.query_limits import refuse_deep
from rolegraph.engine.reading import of, query_errors, tolerant
from rolegraph.engine.write_log import ChangedGraphs
from rolegraph.errors import BadParameter, Refused, UnreadableInput
from rolegraph.formats import Format
from rolegraph.terms import BASE
from rolegraph.values import Dataset

LARGE = 50_000  # quads from which loading in bulk is worth its start
PIECE = 24 * 1024 * 1024  # bytes of N-Triples that are loaded at once; the engine takes some ten times that for a while

_DEFAULT = ox.DefaultGraph()
_JOIN_UNION = "INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } FILTER NOT EXISTS { ?s ?p ?o } }"
_LEAVE_UNION = "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } }"

Graph = ox.NamedNode | ox.DefaultGraph
Change = tuple[Graph, set[Triple] | None]


class TakenBack(UnreadableInput):
    """What a change brought into the store may not stay there; the one who writes takes it back."""


def read(changes: Changes, format_: Format, *, union: bool, mode: WriteMode) -> list[Change]:
    """Return what each graph is to hold, None where it is to be gone.

    :raises Refused: for the default graph where it is the union
    :raises UnreadableInput: for a document that does not parse
    """
    if union and None in changes:
        detail = "the default graph is the union of all named graphs and follows them by itself: nothing is written to it"
        raise Refused(detail, expected="the IRI of a graph; or a service that was started with --default-graph own")
    found: list[Change] = []
    for name, document in changes.items():
        graph = _DEFAULT if name is None else _named(name)
        alone = mode == "replace"
        found.append((graph, None if document is None else documents.read(document, format_, name, skolemise=union, alone=alone)))
    return found


def replace(store: ox.Store, changes: Iterable[Change], *, union: bool, mode: WriteMode = "replace") -> ChangedGraphs:
    """Make graphs hold just some triples, and what of theirs is kept, and the union with them. Return which graphs changed."""
    changed = set()
    joined: set[Triple] = set()
    left: set[Triple] = set()
    for graph, triples in changes:
        new = triples or set()
        old = set(of(store, graph))
        added, removed = new - old, old - new - documents.kept(old, new, mode)
        _remove(store, graph, removed)
        _add(store, graph, added)
        if isinstance(graph, ox.NamedNode) and store.contains_named_graph(graph) != (triples is not None):
            (store.remove_graph if triples is None else store.add_graph)(graph)
            changed.add(graph.value)
        if added or removed:
            changed.add(_name(graph))
        joined, left = joined | added, left | removed
    if union:
        mend(store, joined, left)
    return frozenset(changed)


def load(store: ox.Store, files: Mapping[str, Iterable[Path]], format_: Format, *, union: bool, old: Path) -> ChangedGraphs:
    """Make graphs hold just what is in files, and the union with them, without holding them in memory. Return which graphs.

    :param old: a folder for what the graphs held before, while that is needed
    :raises BadParameter: for a file that is not there
    :raises UnreadableInput: for a file that does not parse
    """
    graphs = {_named(name): tuple(paths) for name, paths in files.items()}
    for path in (path for paths in graphs.values() for path in paths):
        if not path.is_file():
            raise BadParameter("files", f"there is no file {path}", expected="files that can be read")
    for number, (graph, paths) in enumerate(graphs.items()):
        store.add_graph(graph)
        held = _held(store, graph, old / str(number))
        if all(documents.surely_without_blank_nodes(path, format_) for path in paths):
            _load_lines(store, graph, paths, held, union=union)
        else:
            _load_any(store, graph, paths, held, format_, union=union)
    return frozenset(files)


def _held(store: ox.Store, graph: ox.NamedNode, file: Path) -> Path | None:
    """Write what a graph holds to a file of N-Triples; None where it holds nothing."""
    if next(of(store, graph), None) is None:
        return None
    store.dump(file, ox.RdfFormat.N_TRIPLES, from_graph=graph)
    return file


def _load_lines(store: ox.Store, graph: ox.NamedNode, paths: Sequence[Path], held: Path | None, *, union: bool) -> None:
    """Load N-Triples without blank nodes: of a graph that held something, only what is new, after what is gone."""
    if held is None:
        for path in paths:
            _load_pieces(store, graph, path, union=union)
        return
    removed, added = held.with_suffix(".removed"), held.with_suffix(".added")
    documents.difference(held, paths, removed, added)
    _withdraw(store, graph, removed, union=union)
    try:
        _load_pieces(store, graph, added, union=union)
    except UnreadableInput:
        for path in paths:  # tells where in which of the files that were sent
            with documents.syntax_errors(f"the ntriples in {path}"):
                deque(documents.plain(path), maxlen=0)
        raise


def _load_pieces(store: ox.Store, graph: ox.NamedNode, path: Path, *, union: bool) -> None:
    """Load N-Triples into the graph and the union, piece by piece, since the engine sorts in memory what it is given at once."""

    def load(into: Graph, piece: bytes, before: int) -> None:
        if into == graph:
            documents.check_lines(piece)
        with documents.syntax_errors(f"the ntriples in {path}", before):
            # what is wrong is told where the graph is loaded, and need not be looked for twice
            store.bulk_load(piece, ox.RdfFormat.N_TRIPLES, to_graph=into, lenient=into != graph)

    into = (graph, _DEFAULT) if union else (graph,)
    with ThreadPoolExecutor(len(into)) as threads:
        for before, piece in documents.pieces(path, PIECE):
            for done in [threads.submit(load, each, piece, before) for each in into]:
                done.result()


def _load_any(store: ox.Store, graph: ox.NamedNode, paths: Sequence[Path], held: Path | None, format_: Format, *, union: bool) -> None:
    """Load files in any format, where the graph is emptied before, and the union loses afterwards what is not there again."""
    if held is not None:
        if union:
            _remove(store, graph, documents.plain(held))
        else:
            store.clear_graph(graph)
    for number, path in enumerate(paths):
        _load(store, graph, path, number, format_, union=union)
    if held is not None and union:
        _remove(store, _DEFAULT, (triple for triple in documents.plain(held) if not _stated(store, triple)))


def _withdraw(store: ox.Store, graph: ox.NamedNode, removed: Path, *, union: bool) -> None:
    """Remove the triples in a file from a graph, and from the union those that no other graph states."""
    _remove(store, graph, documents.plain(removed))
    if union:
        _remove(store, _DEFAULT, (triple for triple in documents.plain(removed) if not _stated(store, triple)))


def _load(store: ox.Store, graph: ox.NamedNode, path: Path, number: int, format_: Format, *, union: bool) -> None:
    kind = documents.RDF[format_.name]
    if not union:
        with documents.syntax_errors(f"the {format_.name} in {path}"):
            store.bulk_load(path=path, format=kind, base_iri=graph.value, to_graph=graph)
        return
    stream = documents.Stream(path, format_, graph.value, number)
    store.bulk_extend(ox.Quad(*triple, graph) for triple in stream)
    if stream.blank:
        # half as fast, but a second reading of the file may name them otherwise
        store.bulk_extend(ox.Quad(*triple, _DEFAULT) for triple in of(store, graph))
    else:
        store.bulk_load(path=path, format=kind, base_iri=graph.value, to_graph=_DEFAULT)


def mend(store: ox.Store, joined: set[Triple], left: set[Triple]) -> None:
    """Bring the union in line after triples joined or left named graphs: one leaves it with the last graph that states it."""
    _remove(store, _DEFAULT, {triple for triple in left if not _stated(store, triple)})
    _add(store, _DEFAULT, joined)


def update(store: ox.Store, text: str, dataset: Dataset | None, reach: FederationPolicy, *, union: bool) -> ChangedGraphs:
    """Run a SPARQL update, and bring the union in line. Return which graphs changed, as far as that is known.

    :raises UnreadableInput: for one that does not parse
    :raises Refused: for one that writes to a union, or reaches too far
    :raises TakenBack: for one that added what some format cannot express
    """
    refuse_deep(text, data=True)
    text = reach.admit(text)
    if dataset:
        text = update_targets.asked_of(text, dataset)
    if not union:
        _run(store, text)
        _check_all(store, text)
        return None
    try:
        named = update_targets.written(text)
    except algebra.Unreadable as error:
        _run(ox.Store(), text)  # where it does not parse either, this tells where and why
        raise Refused("the update could not be read closely enough to tell which graphs it writes; write it in plain SPARQL 1.1") from error
    if named is None:
        _run(store, text)
        _check_all(store, text)
        store.update(_JOIN_UNION)  # what fails from here on is no error of what was sent
        store.update(_LEAVE_UNION)
        return None
    graphs = [ox.NamedNode(name) for name in named]
    known = set(store.named_graphs())
    before = {graph: set(of(store, graph)) for graph in graphs}
    _run(store, text)
    after = {graph: set(of(store, graph)) for graph in graphs}
    joined = set().union(*(after[graph] - before[graph] for graph in graphs))
    _check(joined)
    left = set().union(*(before[graph] - after[graph] for graph in graphs))
    mend(store, joined, left)
    changed = {graph for graph in graphs if before[graph] != after[graph]} | (known ^ set(store.named_graphs()))
    return frozenset(_name(graph) for graph in changed)


def _check(added: Iterable[Triple]) -> None:
    """Look over what an update added.

    :raises TakenBack: for what some format cannot express
    """
    try:
        deque(documents.checked(added), maxlen=0)
    except UnreadableInput as error:
        raise TakenBack(f"the update would store what cannot be given in every format: {error.detail}", **error.members) from error


def _check_all(store: ox.Store, text: str) -> None:
    """Look over a store for what some format cannot express, where nobody can tell what an update added.

    That is only needed where the update itself may hold such a character: no function of SPARQL makes one of others.
    """
    if documents.suspect(text):
        _check((quad.subject, quad.predicate, quad.object) for quad in store)


def _run(store: ox.Store, text: str) -> None:
    with query_errors(text, what="update"):
        tolerant(lambda functions: store.update(text, base_iri=BASE, custom_functions=functions))


def _remove(store: ox.Store, graph: Graph, triples: Iterable[Triple]) -> None:
    for triple in triples:  # quicker than any update or remove_graph
        store.remove(ox.Quad(*triple, graph))


def _add(store: ox.Store, graph: Graph, triples: set[Triple]) -> None:
    load = store.bulk_extend if len(triples) >= LARGE else store.extend
    load(ox.Quad(*triple, graph) for triple in triples)


def _stated(store: ox.Store, triple: Triple) -> bool:
    """Tell whether a named graph states a triple."""
    return any(isinstance(quad.graph_name, ox.NamedNode) for quad in store.quads_for_pattern(*triple, None))


def _name(graph: Graph | ox.BlankNode) -> str:
    return "" if isinstance(graph, ox.DefaultGraph) else graph.value


def _named(iri: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        raise BadParameter("graph", f"{iri!r} is no IRI", expected="the absolute IRI of a graph") from error
