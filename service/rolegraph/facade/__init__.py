"""The façade: everything that the command line and the web do goes through one object."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rolegraph import catalogue, queries, terms
from rolegraph.catalogue import missing
from rolegraph.comparison.model import Comparison
from rolegraph.engine import BOM, TURTLE, Choose, Document, Guard, IsCancelled, Receipt, WriteMode, never_cancelled, unguarded
from rolegraph.engine.embedded import Settings
from rolegraph.engine.pool import Limits
from rolegraph.engine.remote.endpoint import Endpoint
from rolegraph.errors import BadParameter
from rolegraph.facade import entries, imports, opening
from rolegraph.facade.entries import Check, Condition, Entered, always
from rolegraph.facade.opening import Opened
from rolegraph.facade.pinning import Pinning
from rolegraph.formats import Format
from rolegraph.importers import Imported, Importer
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import ImportReport
from rolegraph.linked_data import concise_description, export, jsonld, service_description
from rolegraph.queries import Parameter
from rolegraph.shipped import audit
from rolegraph.shipped.audit import Problem
from rolegraph.validation import context
from rolegraph.validation.findings import Report
from rolegraph.values import Answer, Dataset, Row, Thing

if TYPE_CHECKING:
    from rolegraph.analysis.profiles import Profile

MOST_ROLES = 20  # that are told apart at once


class Rolegraph(Pinning):
    """The knowledge graph of job roles over one engine."""

    @classmethod
    def open(
        cls,
        store: Path | None = None,
        limits: Limits | None = None,
        settings: Settings | None = None,
        *,
        shipped: bool = True,
    ) -> "Rolegraph":
        """Open the store in a folder, or one in memory.

        :param limits: what a query of a client may take, for a store in a folder that others than its owner may ask
        :param shipped: load what the package ships, where that is new
        :raises StoreUnusable: for a folder that is in use or cannot be written
        """
        if store is None:
            return cls._of(opening.memory(settings, shipped=shipped))
        return cls._of(opening.stored(store, limits, settings, shipped=shipped))

    @classmethod
    def remote(cls, endpoint: Endpoint, store: Path | None = None, limits: Limits | None = None, *, shipped: bool = True) -> "Rolegraph":
        """Open the store behind a SPARQL endpoint.

        :param store: the folder that the tokens are in
        :param limits: what a job of a client may take here, such as a validation; the endpoint has its own for queries
        :param shipped: load what the package ships, where that is new and the endpoint may be written
        :raises StoreUnusable: for an endpoint that cannot be reached, or does not accept the credentials
        """
        return cls._of(opening.remote(endpoint, store, limits, shipped=shipped))

    @classmethod
    def _of(cls, opened: Opened) -> "Rolegraph":
        return cls(opened.engine, tokens=opened.tokens, search=opened.search, folder=opened.folder)

    def query(self, text: str, choose: Choose, dataset: Dataset | None = None, is_cancelled: IsCancelled = never_cancelled) -> Answer:
        """Answer a SPARQL query; see :meth:`Engine.query <rolegraph.engine.Engine.query>`."""
        return self.engine.query(text.removeprefix(BOM), choose, dataset, is_cancelled)

    def update(self, text: str, dataset: Dataset | None = None, guard: Guard = unguarded) -> Receipt:
        """Run a SPARQL update; see :meth:`Engine.update <rolegraph.engine.Engine.update>`."""
        return self.engine.update(text.removeprefix(BOM), dataset, guard)

    def store(
        self, graph: str | None, document: Document, format_: Format = TURTLE, *, mode: WriteMode = "replace", guard: Guard = unguarded
    ) -> Receipt:
        """Make a graph hold the triples of a document or of several ones, and what of its own is kept, or none and be gone.

        :param graph: its IRI; None is the default graph
        :param guard: see :data:`~rolegraph.engine.Guard`
        :raises UnreadableInput: for a document that does not parse
        """
        return self.engine.write({graph: document}, format_, mode=mode, guard=guard)

    def write_entry(
        self,
        source: str,
        body: bytes,
        format_: Format,
        mode: WriteMode = "replace",
        *,
        condition: Condition = always,
        is_cancelled: IsCancelled = never_cancelled,
    ) -> Entered:
        """Write an entry to the graph of a source if it meets the shapes; the report that is returned may still hold advice.

        :param source: the IRI of the source, which the entry, or what is kept of the graph, has to describe
        :param mode: ``none`` replaces what the source states, ``others`` only what it states of the things in the entry
        :param condition: looks at the validator of the graph, and raises where the write is not wanted
        :raises UnreadableInput: for an entry that does not parse
        :raises NotConforming: for one that breaks the shapes; then nothing is written
        """
        return entries.write(self.engine, Check(body, format_, source, mode), condition, is_cancelled)

    def profile(self, body: bytes, format_: Format) -> "Profile":
        """Read what somebody can do, or what a posting asks for; see :func:`rolegraph.analysis.profiles.read`."""
        from rolegraph.facade.profile_job import Reading

        return self.engine.work(Reading(body, format_))

    def withdraw(self, source: str, condition: Condition = always) -> Receipt:
        """Remove the graph of a source.

        :raises NotFound: for one that is not there
        """
        return entries.withdraw(self.engine, source, condition)

    def import_source(
        self, importer: Importer, download: Download, report: ImportReport, output: Path | None = None, **wanted: Any
    ) -> Imported:
        """Import what a publisher offers for download as the graph of one source, in place of what that graph held.

        :param report: is told what was read, left out and mended
        :param output: a file for the N-Triples of the graph; then nothing is stored
        :param wanted: ``version`` and ``languages``, see :class:`~rolegraph.importers.Task`; ``replace``, to take away what was there
        :raises UnreadableInput: for files that are not what the importer reads
        :raises NotConforming: for a graph that breaks a rule for imports; then nothing is stored
        :raises Refused: without ``replace``, where a language or more than a hundredth of a kind would go; then nothing is stored
        """
        return imports.import_source(self.engine, importer, download, report, output, **wanted)

    def run(
        self, name: str, parameters: Mapping[str, Sequence[str]], choose: Choose, is_cancelled: IsCancelled = never_cancelled
    ) -> Answer:
        """Answer a canned query with a caller's parameters.

        :raises NotFound: for an unknown query
        :raises BadParameter: for a parameter that is missing, unknown or of the wrong kind
        """
        return self.engine.query(self.bound(name, parameters), choose, is_cancelled=is_cancelled)

    def rows(self, name: str, parameters: Mapping[str, Sequence[str]] | None = None) -> list[Row]:
        """Answer a canned query as rows; see :meth:`run`."""
        return self.engine.rows(self.bound(name, parameters or {}))

    def select(self, text: str) -> list[Row]:
        """Answer a SELECT query of SPARQL, in this process and without a limit of time: for programs, not for strangers.

        :return: a row for each solution: values by the name of their variable, without those that are unbound
        :raises UnreadableInput: for text that is no such query
        """
        return self.engine.rows(text)

    def bound(self, name: str, parameters: Mapping[str, Sequence[str]]) -> str:
        """Return the text of a canned query with a caller's parameters in it; see :meth:`run`."""
        return self.queries.get(name).bind(self.named(name, parameters))

    def named(self, name: str, parameters: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Return the IRIs that a caller's parameters of a canned query name; see :meth:`run`."""
        query = self.queries.get(name)
        by_name = {parameter.name: parameter for parameter in query.parameters}
        given = query.given(parameters, self.parted)
        return {key: [self.resolve(text, by_name[key]) for text in texts] for key, texts in given.items()}

    def resolve(self, text: str, parameter: Parameter) -> str:
        """Return the IRI of the thing that a value of a parameter names by slug, CURIE, IRI or label.

        :raises BadParameter: where there is no such thing, or more than one
        """
        if parameter.kinds == ("scheme",):
            return catalogue.scheme(parameter.name, text, parameter.expected)
        kinds = [terms.KINDS[name] for name in parameter.kinds]
        return self.catalogue.resolve(parameter.name, text, kinds, parameter.expected)

    def role(self, text: str, name: str = "role") -> str:
        """Return the IRI of the role that a slug, a CURIE, an IRI or a label names.

        :param name: of the parameter, for the error
        :raises BadParameter: where there is no such role
        """
        return self.resolve(text, Parameter(name, "the role", ("role",), ("ai-architect",)))

    def roles(self, texts: Sequence[str]) -> list[str]:
        """Return the IRIs of two or more roles that are to be told apart; one text may name several.

        :raises BadParameter: for an unknown role, or too few or too many
        """
        parameter = Parameter("role", "the roles", ("role",), ("ai-architect",), 2, MOST_ROLES)
        return [self.resolve(text, parameter) for text in parameter.given(texts, self.parted)]

    def parted(self, text: str, parameter: Parameter) -> list[str]:
        """Return the names that a text holds, with commas between them; a label may have commas of its own."""
        found = queries.pieces(text)
        if len(found) < 2 or all(map(queries.plain, found)):
            return found
        kinds = [terms.KINDS[name] for name in parameter.kinds if name in terms.KINDS]
        if self.catalogue.meant(text.strip(), kinds):
            return [text.strip()]
        likely = len(found) <= parameter.most and any(self.catalogue.meant(piece, kinds) for piece in found)
        return found if likely else [text.strip()]

    def compare(self, roles: Sequence[str]) -> Comparison:
        """Compare two to eight roles, each a slug, a CURIE, an IRI or a label, over every facet.

        :raises BadParameter: for an unknown role, or too few or too many
        """
        query = self.queries.get("compare")
        given = query.given({"role": roles}, self.parted)["role"]
        iris = list(dict.fromkeys(self.resolve(text, query.parameters[0]) for text in given))
        if len(iris) < query.parameters[0].least:
            detail = f"all of {', '.join(given)} name the same role"
            raise BadParameter("role", detail, expected=query.parameters[0].expected)
        return self.comparer.compare(iris)

    def graph(self, iri: str, format_: Format) -> Answer:
        """Return the triples about a thing, and the labels of what it links to, in a graph format; of a source, its parts too if few.

        :raises NotFound: where no graph says anything of it
        """
        thing = self.catalogue.thing(iri)
        parts = concise_description.parts(self.engine.rows, iri) if thing.kind.name == "source" else ()
        return self._graph(concise_description.query(iri, [source.iri for source in thing.sources if source.credit], parts), format_)

    def comparison_graph(self, roles: Sequence[str], format_: Format) -> Answer:
        """Return the facts of a comparison, with the statements that support them, in a graph format."""
        return self._graph(self.bound("compare-graph", {"role": roles}), format_)

    def describe(self, endpoint: str, format_: Format) -> Answer:
        """Return the description of the SPARQL service at an address, in a graph format."""
        return Answer(format_, service_description.of(endpoint, self.engine.graphs(), format_, union=self.engine.union))

    def occupation(self, role: str | Thing) -> dict[str, Any]:
        """Return a role, by its IRI or as it was looked up, as a schema.org ``Occupation`` in JSON-LD."""
        found = self.catalogue.thing(role) if isinstance(role, str) else role
        return jsonld.occupation(found, self.salaries([found.iri]))

    def salaries(self, roles: Sequence[str]) -> list[Row]:
        """Return the rows of the query ``salaries`` for any number of roles, given by IRI."""
        return self.engine.rows(self.queries.get("salaries").bind({"role": roles})) if roles else []

    def validate(
        self,
        body: bytes,
        format_: Format,
        source: str | None = None,
        mode: WriteMode = "replace",
        is_cancelled: IsCancelled = never_cancelled,
    ) -> Report:
        """Check an entry against the shapes, with what the graph knows of the things that it points to. Stores nothing.

        :param source: the IRI of the source that the entry is to be written to, as :meth:`enter` does; None for an entry of no source
        :raises UnreadableInput: for an entry that does not parse
        """
        return self.engine.work(Check(body, format_, source, mode), is_cancelled).report

    def export(self, format_: Format, graph: str | None = None) -> Answer:
        """Serialise all named graphs, or one of them, or the default graph (:data:`~rolegraph.engine.DEFAULT`).

        :raises NotFound: for a graph that is not there
        """
        if graph and graph not in self.engine.graphs():
            raise missing.graph(graph, self.engine.graphs())
        return export.export(self.engine, format_, graph)

    def check(self, *, fix: bool = False) -> list[Problem]:
        """Audit what the package ships: layout, shapes (each file as an entry), rules of hygiene.

        :param fix: rewrite files that are not laid out canonically
        """
        found: list[Problem] = []
        for path in audit.data_files():
            found += audit.untidy(path, fix=fix)
            entry = audit.read(path)
            report = self.shapes.check(entry, context.context_of(self.engine.rows, entry).context)
            found += [Problem(finding.shape, finding.focus, finding.message) for finding in report.findings]
        for rule in audit.rules():
            found += audit.problems(rule, self.engine.rows(rule.text))
        return found

    def _graph(self, text: str, format_: Format) -> Answer:
        """Answer a CONSTRUCT query; JSON-LD is compacted with this project's own context."""
        if format_ == export.JSONLD:
            return self.engine.work(export.Construction(text))
        return self.engine.query(text, lambda _: format_)
