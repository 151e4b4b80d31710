"""Tables for the terminal."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rolegraph import equivalence, terms
from rolegraph.catalogue import groups
from rolegraph.comparison.model import Claim, Comparison
from rolegraph.importers import Imported
from rolegraph.queries import CannedQuery
from rolegraph.search import Hit
from rolegraph.tokens import Token

WIDEST = 10_000  # characters
MARKS = {"all": "●", "some": "◐", "near": "≈", "one": "○"}
SEVERAL_FACETS = ("skills", "education")  # sections in which a claim says by which of its facets it is made


def list_queries(queries: Iterable[CannedQuery]) -> None:
    """Print the canned queries with their questions and parameters."""
    table = Table("Name", "No.", "Question", "Parameters", box=None, header_style="bold")
    for query in queries:
        table.add_row(query.name, query.number, query.question, " ".join(parameter.name for parameter in query.parameters))
    terminal().print(table)


def show_rows(names: Sequence[str], bindings: Sequence[dict[str, dict[str, str]]]) -> None:
    """Print the bindings of SPARQL results in JSON, IRIs as CURIEs."""
    table = Table(box=None, header_style="bold")
    for name in names:
        has_iris = any(row[name]["type"] == "uri" for row in bindings if name in row)
        table.add_column(name, no_wrap=has_iris)  # a wrapped identifier cannot be copied
    for row in bindings:
        table.add_row(*(escape(terms.shorten(row[name]["value"])) if name in row else "" for name in names))
    console = show(table)
    console.print(f"{len(bindings)} rows", style="dim")


def show_comparison(compared: Comparison) -> None:
    """Print a comparison, one table per section: which role has an item, with the numbers of its sources."""
    console = terminal()
    numbers = {source.iri: number for number, source in enumerate(compared.sources, 1)}
    for section in compared.sections:
        table = Table("", section.label, *(role.label for role in compared.roles), box=None, header_style="bold", title_justify="left")
        for item in section.items:
            cells = ["\n".join(_claim_text(claim, numbers) for claim in item.of(role.iri)) for role in compared.roles]
            near = (f"  ≈ {near.item.label}, {near.text}" for near in item.near)
            label = escape("\n".join((item.label, *near)))
            table.add_row(MARKS["near" if compared.closeness(item) == "near" else compared.spread(item)], label, *cells)
        console.print(table)
        for role in compared.roles:
            if not compared.stated(section, role.iri):
                console.print(f"  {role.label}: no source states its {section.label.lower()}", style="italic")
        console.print()
    for match in compared.matches:
        labels = {role.iri: role.label for role in compared.roles}
        stated = ", ".join(source.label for source in match.sources)
        console.print(f"{labels[match.role]} {match.text} {labels[match.other]} ({stated})", style="italic")
    for left, right in compared.apart:
        labels = {role.iri: role.label for role in compared.roles}
        console.print(f"{labels[left]} and {labels[right]} cannot be compared item by item: {equivalence.APART}", style="italic")
    console.print("● all of the roles  ◐ some  ≈ one, and another has a near item  ○ one", style="dim")
    for source in compared.sources:
        console.print(f"\\[{numbers[source.iri]}] {source.label}", style="dim")


def show_hits(hits: Sequence[Hit]) -> None:
    """Print the hits of a search, one row each."""
    table = Table(box=None, header_style="bold", show_header=bool(hits))
    for header in ("Thing", "Kind", "Label", "Match", "Matched"):
        table.add_column(header, no_wrap=header == "Thing")
    for hit in hits:
        matched = "" if hit.matched == hit.label else f"{hit.matched} (former code)" if hit.property == "former code" else hit.matched
        table.add_row(escape(terms.shorten(hit.iri)), hit.kind, escape(hit.label), hit.match, escape(matched))
    console = show(table)
    console.print(f"{len(hits)} hit{'' if len(hits) == 1 else 's'}" if hits else "nothing found", style="dim")


def show_tokens(tokens: Iterable[Token]) -> None:
    """Print tokens, one row each."""
    table = Table(box=None, header_style="bold")
    for header in ("Id", "State", "Scope", "Name", "Created", "Expires"):
        table.add_column(header, no_wrap=header in ("Id", "State"), overflow="fold")
    for token in tokens:
        times = (f"{time:%Y-%m-%d %H:%M}" if time else "never" for time in (token.created, token.expires))
        table.add_row(token.id, token.state, escape(token.scope), escape(token.name), *times)
    terminal().print(table)


def show_import(imported: Imported, where: str, remarks: Path | None) -> None:
    """Print what an import read, wrote, left out and repaired."""
    console, report, publication = terminal(), imported.report, imported.publication
    for title, counter in (("read from", report.read), ("written as", report.written)):
        table = Table(title, "number", box=None, header_style="bold")
        for name, number in counter.items():
            table.add_row(escape(name), f"{number:,}")
        console.print(table)
    if report.removed:
        table = Table("removed from the stored graph", "number", "of", box=None, header_style="bold")
        for name, (removed, stored) in report.removed.items():
            table.add_row(escape(name), f"{removed:,}", f"{stored:,}")
        console.print(table)
    table = Table("", "rule", "rows", box=None, header_style="bold", expand=True)
    table.add_column("first row", no_wrap=True, overflow="ellipsis", ratio=1)  # the width that the other columns leave
    for action, rule, number, first in report.summary():
        table.add_row(action, escape(rule), f"{number:,}", escape(f"{first.file}:{first.line}: {first.detail}"))
    console.print(table)
    where_listed = f"all of them are in {remarks}" if remarks else "--report FILE lists all of them"
    console.print(f"{len(report.remarks):,} remarks; {where_listed}", style="dim")
    console.print(f"{publication.title} is {where}: {terms.shorten(publication.iri)}", highlight=False)
    console.print(escape(publication.credit), style="dim")


def show(table: Table) -> Console:
    """Print a table and return the console. Columns that must not wrap may make it wider than the terminal."""
    console = terminal()
    console.width = max(console.width, console.measure(table, options=console.options.update(max_width=WIDEST)).minimum)
    console.print(table)
    return console


class _Console(Console):
    """A console that raises BrokenPipeError when its output is closed; rich would end the process."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def terminal() -> Console:
    """Return a console for standard output."""
    return _Console(emoji=False)  # else rich turns ":1234:" into an emoji


def _claim_text(claim: Claim, numbers: Mapping[str, int]) -> str:
    claimed = f"{_heading(claim.facet)} {_marks(claim.sources, numbers)}".strip()
    return escape("; ".join([claimed, *(_note_text(note, numbers) for note in groups.notes(claim.groups, claim.names, claim.sources))]))


def _note_text(note: groups.Note, numbers: Mapping[str, int]) -> str:
    return f"{note.text} {_marks(note.sources, numbers)}".strip()


def _marks(sources: Iterable[str], numbers: Mapping[str, int]) -> str:
    return "".join(f"[{numbers[source]}]" for source in sources)


def _heading(name: str) -> str:
    """Return the heading of a facet in lower case where its section has several facets, else an empty text."""
    return next((facet.label.lower() for facet in terms.facets() if facet.name == name and facet.section in SEVERAL_FACETS), "")
