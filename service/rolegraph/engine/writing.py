"""Changes of an Oxigraph store. The caller has exclusive access to the store, and rolls back a change that fails midway."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pyoxigraph as ox

from rolegraph.engine import Changes, WriteMode, documents
from rolegraph.engine.changed_keys import Graph, touched
from rolegraph.engine.documents import Triple
from rolegraph.engine.federation import FederationPolicy
from rolegraph.engine.oxigraph_errors import query_errors
from rolegraph.engine.query_limits import Unreadable, refuse_deep
from rolegraph.engine.reading import of, tolerant
from rolegraph.engine.write_log import Write
from rolegraph.errors import BadParameter, Refused, UnreadableInput
from rolegraph.formats import Format
from rolegraph.terms import BASE
from rolegraph.values import Dataset

LARGE = 50_000  # quads from which a bulk load is faster in spite of its start-up time
PIECE = 24 * 1024 * 1024  # bytes of N-Triples per bulk load; Oxigraph needs about ten times that in memory

_DEFAULT = ox.DefaultGraph()
_JOIN_UNION = "INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } FILTER NOT EXISTS { ?s ?p ?o } }"
_LEAVE_UNION = "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } }"

Change = tuple[Graph, set[Triple] | None]


class TakenBack(UnreadableInput):
    """The change added triples that must not be stored; the caller rolls it back."""


def read(changes: Changes, format_: Format, *, union: bool, mode: WriteMode) -> list[Change]:
    """Parse documents and return the new triples of each graph, None for a graph to delete.

    :param union: whether the default graph is the union of the named ones
    :raises Refused: for the default graph if it is the union
    :raises UnreadableInput: for a document that does not parse
    """
    if union and None in changes:
        detail = "the default graph cannot be written: it is the union of all named graphs"
        raise Refused(detail, expected="the IRI of a graph; or a service that was started with --default-graph own")
    parsed: list[Change] = []
    for name, document in changes.items():
        graph = _DEFAULT if name is None else _named(name)
        alone = mode == "replace"
        parsed.append((graph, None if document is None else documents.read(document, format_, name, skolemise=union, alone=alone)))
    return parsed


def replace(store: ox.Store, changes: Iterable[Change], *, union: bool, mode: WriteMode = "replace") -> Write:
    """Replace the triples of graphs, except those that ``mode`` keeps, and update the union. Return what changed."""
    changed: dict[Graph, set[Triple]] = {}
    there: set[Graph] = set()  # graphs that were created or deleted
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
            there.add(graph)
        if added or removed:
            changed[graph] = added | removed
        joined, left = joined | added, left | removed
    if union:
        update_union(store, joined, left)
    return Write(frozenset(map(_name, (*changed, *there))), touched(store, changed, there))


def load(store: ox.Store, files: Mapping[str, Iterable[Path]], format_: Format, *, union: bool, old: Path) -> Write:
    """Replace graphs by the content of files and update the union, without reading them into memory. Return what changed.

    :param old: a temporary folder for the old content of the graphs
    :raises BadParameter: for a file that does not exist
    :raises UnreadableInput: for a file that does not parse
    """
    graphs = {_named(name): tuple(paths) for name, paths in files.items()}
    for path in (path for paths in graphs.values() for path in paths):
        if not path.is_file():
            raise BadParameter("files", f"there is no file {path}", expected="files that can be read")
    for number, (graph, paths) in enumerate(graphs.items()):
        store.add_graph(graph)
        old_content = _dump_old(store, graph, old / str(number))
        if all(documents.surely_without_blank_nodes(path, format_) for path in paths):
            _load_lines(store, graph, paths, old_content, union=union)
        else:
            _load_any(store, graph, paths, old_content, format_, union=union)
    return Write(frozenset(files))


def _dump_old(store: ox.Store, graph: ox.NamedNode, file: Path) -> Path | None:
    """Write the triples of a graph to an N-Triples file; return None if it has none."""
    if next(of(store, graph), None) is None:
        return None
    store.dump(file, ox.RdfFormat.N_TRIPLES, from_graph=graph)
    return file


def _load_lines(store: ox.Store, graph: ox.NamedNode, paths: Sequence[Path], old: Path | None, *, union: bool) -> None:
    """Load N-Triples without blank nodes; if the graph has old content, only the difference is removed and added."""
    if old is None:
        for path in paths:
            _load_pieces(store, graph, path, union=union)
        return
    removed, added = old.with_suffix(".removed"), old.with_suffix(".added")
    documents.difference(old, paths, removed, added)
    _remove_everywhere(store, graph, removed, union=union)
    try:
        _load_pieces(store, graph, added, union=union)
    except UnreadableInput:
        for path in paths:  # to report the file and the line, which the file of the difference does not have
            with documents.syntax_errors(f"the ntriples in {path}"):
                deque(documents.plain(path), maxlen=0)
        raise


def _load_pieces(store: ox.Store, graph: ox.NamedNode, path: Path, *, union: bool) -> None:
    """Load N-Triples into the graph and the union in pieces, since a bulk load sorts its input in memory."""

    def load(into: Graph, piece: bytes, before: int) -> None:
        if into == graph:
            documents.check_lines(piece)
        with documents.syntax_errors(f"the ntriples in {path}", before):
            # lenient for the union: errors are reported where the graph is loaded, and need not be checked twice
            store.bulk_load(piece, ox.RdfFormat.N_TRIPLES, to_graph=into, lenient=into != graph)

    into = (graph, _DEFAULT) if union else (graph,)
    with ThreadPoolExecutor(len(into)) as threads:
        for before, piece in documents.pieces(path, PIECE):
            for done in [threads.submit(load, each, piece, before) for each in into]:
                done.result()


def _load_any(store: ox.Store, graph: ox.NamedNode, paths: Sequence[Path], old: Path | None, format_: Format, *, union: bool) -> None:
    """Load files in any format: empty the graph first, and afterwards remove from the union the old triples that were not loaded again."""
    if old is not None:
        if union:
            _remove(store, graph, documents.plain(old))
        else:
            store.clear_graph(graph)
    for number, path in enumerate(paths):
        _load(store, graph, path, number, format_, union=union)
    if old is not None and union:
        _remove(store, _DEFAULT, (triple for triple in documents.plain(old) if not _stated(store, triple)))


def _remove_everywhere(store: ox.Store, graph: ox.NamedNode, removed: Path, *, union: bool) -> None:
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
        # half as fast, but parsing the file again might give the blank nodes other names
        store.bulk_extend(ox.Quad(*triple, _DEFAULT) for triple in of(store, graph))
    else:
        store.bulk_load(path=path, format=kind, base_iri=graph.value, to_graph=_DEFAULT)


def update_union(store: ox.Store, joined: set[Triple], left: set[Triple]) -> None:
    """Update the union after triples joined or left named graphs: a triple leaves it with the last graph that states it."""
    _remove(store, _DEFAULT, {triple for triple in left if not _stated(store, triple)})
    _add(store, _DEFAULT, joined)


def update(store: ox.Store, text: str, dataset: Dataset | None, reach: FederationPolicy, *, union: bool) -> Write:
    """Run a SPARQL update and update the union. Return what changed.

    :raises UnreadableInput: for an update that does not parse
    :raises Refused: for an update that writes to the union, or calls an endpoint that is not allowed
    :raises TakenBack: for an update that added triples that some format cannot express
    """
    from rolegraph.engine import update_targets

    refuse_deep(text, data=True)
    text = reach.admit(text)
    if dataset:
        text = update_targets.asked_of(text, dataset)
    if not union:
        _run(store, text)
        _check_all(store, text)
        return Write(None)
    try:
        named = update_targets.written(text)
    except Unreadable as error:
        _run(ox.Store(), text)  # if it does not parse here either, this reports where and why
        raise Refused("the graphs that the update writes could not be determined; write it in plain SPARQL 1.1") from error
    if named is None:
        _run(store, text)
        _check_all(store, text)
        store.update(_JOIN_UNION)  # an error from here on is not an error of the input
        store.update(_LEAVE_UNION)
        return Write(None)
    graphs = _graphs_named(named, text)
    graphs_before = set(store.named_graphs())
    before = {graph: set(of(store, graph)) for graph in graphs}
    _run(store, text)
    after = {graph: set(of(store, graph)) for graph in graphs}
    joined = set().union(*(after[graph] - before[graph] for graph in graphs))
    _check(joined)
    left = set().union(*(before[graph] - after[graph] for graph in graphs))
    update_union(store, joined, left)
    there = cast("set[Graph]", graphs_before ^ set(store.named_graphs()))
    changed: dict[Graph, set[Triple]] = {graph: before[graph] ^ after[graph] for graph in graphs if before[graph] != after[graph]}
    return Write(frozenset(map(_name, (*changed, *there))), touched(store, changed, there))


def _check(added: Iterable[Triple]) -> None:
    """Check the triples that an update added.

    :raises TakenBack: for a triple that some format cannot express
    """
    try:
        deque(documents.checked(added), maxlen=0)
    except UnreadableInput as error:
        raise TakenBack(f"the update would store a literal that some formats cannot express: {error.detail}", **error.members) from error


def _check_all(store: ox.Store, text: str) -> None:
    """Check all triples of a store, after an update whose additions are unknown.

    This is only needed if the text of the update may contain such a character: no SPARQL function creates one from others.
    """
    if documents.suspect(text):
        _check((quad.subject, quad.predicate, quad.object) for quad in store)


def _run(store: ox.Store, text: str) -> None:
    with query_errors(text, what="update"):
        tolerant(lambda functions: store.update(text, base_iri=BASE, custom_functions=functions))


def _remove(store: ox.Store, graph: Graph, triples: Iterable[Triple]) -> None:
    for triple in triples:  # faster than an update or remove_graph
        store.remove(ox.Quad(*triple, graph))


def _add(store: ox.Store, graph: Graph, triples: set[Triple]) -> None:
    load = store.bulk_extend if len(triples) >= LARGE else store.extend
    load(ox.Quad(*triple, graph) for triple in triples)


def _stated(store: ox.Store, triple: Triple) -> bool:
    """Return whether a named graph states a triple."""
    return any(isinstance(quad.graph_name, ox.NamedNode) for quad in store.quads_for_pattern(*triple, None))


def _name(graph: Graph | ox.BlankNode) -> str:
    return "" if isinstance(graph, ox.DefaultGraph) else graph.value


def _graphs_named(names: Iterable[str], update: str) -> list[ox.NamedNode]:
    """Return the graphs that an update names. rdflib, which finds the names, accepts some that are no IRIs.

    :raises UnreadableInput: for a name that is not an IRI
    """
    try:
        return [ox.NamedNode(name) for name in names]
    except ValueError as error:
        _run(ox.Store(), update)  # this reports where
        raise UnreadableInput("the update does not parse: the IRI of a graph is malformed") from error


def _named(iri: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        raise BadParameter("graph", f"{iri!r} is not an IRI", expected="the absolute IRI of a graph") from error
