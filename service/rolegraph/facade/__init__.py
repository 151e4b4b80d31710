"""The façade: one object through which the command line and the web service use everything else."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rolegraph import catalogue, dependencies, nearness, queries, terms
from rolegraph.catalogue import missing
from rolegraph.comparison.model import Comparison
from rolegraph.dependencies import EVERYTHING
from rolegraph.engine import BOM, TURTLE, Choose, Document, Guard, IsCancelled, Receipt, WriteMode, never_cancelled, unguarded
from rolegraph.engine.embedded import Settings
from rolegraph.engine.pool import Limits
from rolegraph.engine.remote.endpoint import Endpoint
from rolegraph.errors import BadParameter
from rolegraph.facade import entries, imports, opening
from rolegraph.facade.alignment import Aligning
from rolegraph.facade.analyses import Analysing
from rolegraph.facade.entries import Check, Condition, Entered, always
from rolegraph.facade.opening import Opened
from rolegraph.formats import Format
from rolegraph.importers import Imported, Importer
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import ImportReport
from rolegraph.linked_data import concise_description, export, jsonld, service_description
from rolegraph.queries.parameters import Parameter
from rolegraph.shipped import audit
from rolegraph.shipped.audit import Problem
from rolegraph.validation import context
from rolegraph.validation.findings import ValidationReport
from rolegraph.values import Answer, Dataset, Row, Thing

if TYPE_CHECKING:
    from rolegraph.analysis.profiles import Profile

MOST_ROLES = 20  # that are distinguished at once


class Rolegraph(Aligning, Analysing):
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

        :param limits: time, memory and workers for queries, for a store in a folder that serves clients
        :param shipped: load the shipped data if it is new or has changed
        :raises StoreUnusable: if the folder is in use or cannot be written
        """
        if store is None:
            return cls.from_opened(opening.memory(settings, shipped=shipped))
        return cls.from_opened(opening.stored(store, limits, settings, shipped=shipped))

    @classmethod
    def remote(cls, endpoint: Endpoint, store: Path | None = None, limits: Limits | None = None, *, shipped: bool = True) -> "Rolegraph":
        """Open the store behind a SPARQL endpoint.

        :param store: the folder with the tokens
        :param limits: time and memory for jobs that run here, such as validations; the endpoint has its own limits for queries
        :param shipped: load the shipped data if it is new or has changed and the endpoint can be written
        :raises StoreUnusable: if the endpoint cannot be reached, or does not accept the credentials
        """
        return cls.from_opened(opening.remote(endpoint, store, limits, shipped=shipped))

    @classmethod
    def from_opened(cls, opened: Opened) -> "Rolegraph":
        """Return the graph of an engine, with what was opened beside it."""
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
        """Write the triples of one or more documents to a graph, or delete the graph.

        :param graph: the IRI of the graph; None is the default graph
        :param document: the documents; None deletes the graph
        :param mode: which triples of the old graph stay, see :data:`~rolegraph.engine.WriteMode`
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
        """Write an entry to the graph of a source if it conforms to the shapes; the returned report may still hold warnings and notes.

        :param source: the IRI of the source; the entry, or the part of the graph that stays, has to describe it
        :param mode: ``replace`` replaces the graph, ``merge`` only the triples about the subjects of the entry, ``append`` none
        :param condition: receives the validator of the graph, and raises to refuse the write
        :raises UnreadableInput: if the entry does not parse
        :raises NotConforming: if the entry violates the shapes; then nothing is written
        """
        return entries.write(self.engine, Check(body, format_, source, mode), condition, is_cancelled)

    def profile(self, body: bytes, format_: Format) -> "Profile":
        """Parse a profile of a person or a job advertisement; see :func:`rolegraph.analysis.profiles.read`."""
        from rolegraph.facade.profile_job import Reading

        return self.engine.work(Reading(body, format_))

    def withdraw(self, source: str, condition: Condition = always) -> Receipt:
        """Remove the graph of a source.

        :raises NotFound: if there is no such graph
        """
        return entries.withdraw(self.engine, source, condition)

    def import_source(
        self, importer: Importer, download: Download, report: ImportReport, output: Path | None = None, **wanted: Any
    ) -> Imported:
        """Import the download of a publisher as the graph of one source, replacing that graph.

        :param report: collects the rows that were read, skipped, fixed and noted
        :param output: a file for the graph as N-Triples; then nothing is stored
        :param wanted: ``version`` and ``languages``, see :class:`~rolegraph.importers.Task`; ``replace`` allows losses
        :raises UnreadableInput: if the importer cannot read the files
        :raises NotConforming: if the graph violates a rule for imports; then nothing is stored
        :raises Refused: without ``replace``, if a language or more than 1 % of a kind would be removed; then nothing is stored
        """
        return imports.import_source(self.engine, importer, download, report, output, **wanted)

    def run(
        self, name: str, parameters: Mapping[str, Sequence[str]], choose: Choose, is_cancelled: IsCancelled = never_cancelled
    ) -> Answer:
        """Answer a canned query.

        :raises NotFound: if there is no such query
        :raises BadParameter: if a parameter is missing, unknown or invalid
        """
        return self.engine.query(self.bound(name, parameters), choose, is_cancelled=is_cancelled)

    def rows(self, name: str, parameters: Mapping[str, Sequence[str]] | None = None) -> list[Row]:
        """Answer a canned query as rows; see :meth:`run`."""
        return self.engine.rows(self.bound(name, parameters or {}))

    def select(self, text: str) -> list[Row]:
        """Answer a SPARQL SELECT query in this process without a time limit: not for untrusted queries.

        :return: a row for each solution: values by variable name, without unbound variables
        :raises UnreadableInput: if the text is not a SELECT query
        """
        return self.engine.rows(text)

    def bound(self, name: str, parameters: Mapping[str, Sequence[str]]) -> str:
        """Return the text of a canned query with its parameters filled in; see :meth:`run`."""
        return self.queries.get(name).bind(self.named(name, parameters))

    def named(self, name: str, parameters: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Return the IRIs of the parameters of a canned query, by parameter; see :meth:`run`."""
        query = self.queries.get(name)
        by_name = {parameter.name: parameter for parameter in query.parameters}
        values = query.given(parameters, self.parted)
        return {key: [self.resolve(text, by_name[key]) for text in texts] for key, texts in values.items()}

    def resolve(self, text: str, parameter: Parameter) -> str:
        """Return the IRI of the thing that the value of a parameter names by slug, CURIE, IRI or label; a literal as it is.

        :raises BadParameter: if there is no such thing, or several
        """
        if parameter.kinds == ("scheme",):
            return catalogue.scheme(parameter.name, text, parameter.expected)
        if parameter.literal:
            return parameter.checked(text)
        kinds = [terms.KINDS[name] for name in parameter.kinds]
        return self.catalogue.resolve(parameter.name, text, kinds, parameter.expected)

    def role(self, text: str, name: str = "role") -> str:
        """Return the IRI of the role that a slug, a CURIE, an IRI or a label names.

        :param name: the name of the parameter, for the error
        :raises BadParameter: if there is no such role
        """
        return self.resolve(text, Parameter(name, "the role", ("role",), ("ai-architect",)))

    def roles(self, texts: Sequence[str]) -> list[str]:
        """Return the IRIs of two or more roles to distinguish; one text may name several.

        :raises BadParameter: if a role is unknown, or there are too few or too many
        """
        parameter = Parameter("role", "the roles", ("role",), ("ai-architect",), 2, MOST_ROLES)
        return [self.resolve(text, parameter) for text in parameter.given(texts, self.parted)]

    def parted(self, text: str, parameter: Parameter) -> list[str]:
        """Split a text at commas into names; a label may contain commas itself."""
        names = queries.pieces(text)
        if len(names) < 2 or all(map(queries.plain, names)):
            return names
        kinds = [terms.KINDS[name] for name in parameter.kinds if name in terms.KINDS]
        if self.catalogue.meant(text.strip(), kinds):
            return [text.strip()]
        is_list = len(names) <= parameter.most and any(self.catalogue.meant(name, kinds) for name in names)
        return names if is_list else [text.strip()]

    def compare(self, roles: Sequence[str], near: str = nearness.REVIEWED) -> Comparison:
        """Compare two to eight roles, each a slug, a CURIE, an IRI or a label, over every facet; ``near`` is one of ``nearness.MODES``.

        :raises BadParameter: if a role is unknown, or there are too few or too many
        """
        query = self.queries.get("compare")
        parameter, names = query.parameters[0], query.given({"role": roles}, self.parted)["role"]
        iris = list(dict.fromkeys(self.resolve(name, parameter) for name in names))
        if len(iris) < parameter.least:
            raise BadParameter("role", f"{', '.join(names)} all name the same role", expected=parameter.expected)
        return self.comparer.compare(iris, near)

    def graph(self, iri: str, format_: Format) -> Answer:
        """Return the triples about a thing and the labels of linked things, in a graph format; for a source with few parts, also these.

        :raises NotFound: if no graph describes the thing
        """
        thing = self.catalogue.thing(iri)
        parts = concise_description.parts(self.engine.rows, iri) if thing.kind.name == "source" else ()
        return self._graph(concise_description.query(iri, [source.iri for source in thing.sources if source.credit], parts), format_)

    def comparison_graph(self, roles: Sequence[str], format_: Format) -> Answer:
        """Return the facts of a comparison, with the statements that support them, in a graph format."""
        return self._graph(self.bound("compare-graph", {"role": roles}), format_)

    def describe(self, endpoint: str, format_: Format) -> Answer:
        """Return the SPARQL service description of an endpoint, in a graph format."""
        return Answer(format_, service_description.of(endpoint, self.engine.graphs(), format_, union=self.engine.union))

    def occupation(self, role: str | Thing) -> dict[str, Any]:
        """Return a role, given by its IRI or as a ``Thing``, as a schema.org ``Occupation`` in JSON-LD."""
        thing = self.catalogue.thing(role) if isinstance(role, str) else role
        return jsonld.occupation(thing, self.salaries([thing.iri]))

    def salaries(self, roles: Sequence[str]) -> list[Row]:
        """Return the rows of the query ``salaries`` for any number of roles, given by IRI."""
        paid = self.catalogue.rare.among(roles, f"{terms.RG}salary")
        return self.engine.rows(self.queries.get("salaries").bind({"role": paid})) if paid else []

    def validate(
        self,
        body: bytes,
        format_: Format,
        source: str | None = None,
        mode: WriteMode = "replace",
        is_cancelled: IsCancelled = never_cancelled,
    ) -> ValidationReport:
        """Check an entry against the shapes, with the graph's triples about the things that it links to. Nothing is stored.

        :param source: the IRI of the source that the entry is for, see :meth:`write_entry`; None for an entry without a source
        :raises UnreadableInput: if the entry does not parse
        """
        return self.engine.work(Check(body, format_, source, mode), is_cancelled).report

    def export(self, format_: Format, graph: str | None = None) -> Answer:
        """Serialise all named graphs, or one of them, or the default graph (:data:`~rolegraph.engine.DEFAULT`).

        :raises NotFound: if there is no such graph
        """
        if graph and not self.holds(graph):
            raise missing.graph(graph, self.engine.graphs())
        with dependencies.noted((dependencies.inside(graph),) if graph else EVERYTHING):
            return export.export(self.engine, format_, graph)

    def check(self, *, fix: bool = False) -> list[Problem]:
        """Audit the shipped data: layout, shapes (each file as an entry), and the rules in ``ontology/checks``.

        :param fix: rewrite files whose layout is not canonical
        """
        problems: list[Problem] = []
        for path in audit.data_files():
            problems += audit.untidy(path, fix=fix)
            entry = audit.read(path)
            report = self.shapes.check(entry, context.context_of(self.engine.rows, entry).context)
            problems += [Problem(finding.shape, finding.focus, finding.message) for finding in report.findings]
        for rule in audit.rules():
            problems += audit.problems(rule, self.engine.rows(rule.text))
        return problems

    def _graph(self, text: str, format_: Format) -> Answer:
        """Answer a CONSTRUCT query; JSON-LD is compacted with the project's context."""
        if format_ == export.JSONLD:
            return self.engine.work(export.Construction(text))
        return self.engine.query(text, lambda _: format_)
