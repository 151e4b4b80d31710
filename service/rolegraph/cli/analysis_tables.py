"""What the analyses found, as tables for people."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from rolegraph import equivalence
from rolegraph.cli import tables

if TYPE_CHECKING:
    from rolegraph.analysis import Matches
    from rolegraph.analysis.agreement import Agreement, SupportedItem
    from rolegraph.analysis.distinguish import Distinction
    from rolegraph.analysis.gap import Gap
    from rolegraph.analysis.openings import Openings
    from rolegraph.analysis.paths import Paths
    from rolegraph.analysis.similarity import Similarity
    from rolegraph.values import Named

SHOWN = 12  # labels in a cell
MARKS = {"covered": "●", "nearly covered": "◐", "missing": "○", "not comparable": "?"}


def similarity(found: "Similarity") -> None:
    """Print similar roles, each with the items that add most."""
    table = Table("Likeness", "Role", "Because of", box=None, header_style="bold")
    for one in found.similar:
        parts = [f"{part.item.label} {part.value:.3f}" for part in one.contributions]
        rest = [f"{one.unlisted} more {one.rest:.3f}"] if one.unlisted else []
        if one.apart:
            _hindered(found.role.label, one.role.label, equivalence.APART)
        else:
            table.add_row(f"{one.score:.3f}", escape(one.role.label), escape(", ".join([*parts, *rest])))
    if found.hindrance and found.scope:
        _hindered(found.role.label, f"the roles of {found.scope.label}", found.hindrance)
    if table.rows:
        tables.terminal().print(table)
    elif not found.hindrance and not found.similar:
        tables.terminal().print("no other role shares anything with this one")


def gap(found: "Gap") -> None:
    """Print the needs of a role by status."""
    console = tables.terminal()
    covered, count = found.essential
    if found.share is None:
        _hindered(found.origin.label if found.origin else "The profile", found.target.label, found.hindrance)
        console.print(f"[bold]{escape(found.target.label)}[/bold]: {len(found.needs)} items are needed, {count} of them essential")
    else:
        there = f"{found.share:.0%} is there by weight; {covered} of {count} essential items"
        console.print(f"[bold]{escape(found.target.label)}[/bold]: {there}")
    table = Table("", "Item", "Needed as", "Weight", "Counts", "How", box=None, header_style="bold")
    for need in sorted(found.needs, key=lambda need: list(MARKS).index(need.status)):
        how = f"{need.relation}: {need.via.label}" if need.via and need.relation != "same" else ""
        how += f", below {need.through.label}" if need.through else ""
        facets, weight = ", ".join(need.facets), f"{need.weight:.2f}"
        worth = "" if need.worth is None else f"{need.worth:.0%}"
        table.add_row(MARKS[need.status], escape(need.item.label), facets, weight, worth, escape(how))
    console.print(table)
    shown = [f"{mark} {status}" for status, mark in MARKS.items() if (status == "not comparable") == bool(found.hindrance)]
    console.print("  ".join(shown), style="dim")


def fit(found: "Matches") -> None:
    """Print what was found of a profile, and the roles that it fits; of a single role all its needs."""
    console, read = tables.terminal(), found.resolved
    console.print(f"found: {escape(', '.join(item.label for _, item in read.found)) or 'nothing'}")
    for text, item in (*read.found, *read.unused):
        if text in read.guessed:
            console.print(escape(f"taken as: {text} as {item.label}"), style="yellow")
    for text, candidates in read.ambiguous:
        console.print(escape(f"not clear: {text} may be {' or '.join(one.as_dict()['curie'] for one in candidates)}"), style="yellow")
    if read.unused:
        console.print(escape(f"no role asks for: {', '.join(item.label for _, item in read.unused)}"), style="yellow")
    if read.unknown:
        console.print(escape(f"not known: {', '.join(read.unknown)}"), style="yellow")
    if len(found.gaps) == 1:
        gap(found.gaps[0])
        return
    table = Table("Fit", "There", "Role", "Missing", box=None, header_style="bold")
    for one in found.gaps:
        missing = _some([need.item for need in one.of("missing")], 5)
        table.add_row(f"{one.fit or 0:.2f}", f"{one.share or 0:.0%}", escape(one.target.label), missing)
    console.print(table)


def paths(found: "Paths") -> None:
    """Print routes, a row for each step."""
    if found.hindrance:
        _hindered(found.origin.label, found.target.label, found.hindrance)
    if not found.routes:
        return
    table = Table("Route", "Cost", "To", "There", "To learn", box=None, header_style="bold")
    for number, route in enumerate(found.routes, 1):
        table.add_row(str(number), f"{route.cost:.1f}", "", "", "", style="bold")
        for step in route.steps:
            learnt = _some([item for item, _, _ in step.learnt])
            table.add_row("", f"{step.cost:.1f}", escape(step.target.label), f"{step.share:.0%}", learnt)
    tables.terminal().print(table)


def openings(found: "Openings") -> None:
    """Print what to learn, and the roles that it opens."""
    console = tables.terminal()
    if found.hindrance:
        _hindered(found.origin.label, f"the roles of {', '.join(source.label for source in found.sources)}", found.hindrance)
        return
    console.print(f"open already: {_some(found.open) or 'none'}")
    table = Table("Learn", "Opens", "Roles", box=None, header_style="bold")
    for one in found.openings:
        opened = _some(one.roles) or "none by itself, but nearer to some"
        table.add_row(escape(one.item.label), str(len(one.roles) or "–"), opened)
    console.print(table)


def distinction(found: "Distinction") -> None:
    """Print the items that tell roles apart, and which role has which."""
    console = tables.terminal()
    for one, other in found.apart:
        _hindered(one.label, other.label, equivalence.APART)
    if len(found.apart) == math.comb(len(found.roles), 2):
        return
    table = Table("", *(escape(role.label) for role in found.roles), box=None, header_style="bold")
    for test in found.tests:
        table.add_row(escape(test.item.label), *("✓" if role in test.roles else "–" for role in found.roles))
    console.print(table)
    for one, other in found.same:
        console.print(escape(f"nothing tells {one.label} and {other.label} apart"), style="yellow")
    console.print("no fewer items are enough" if found.smallest else "fewer items may be enough", style="dim")


def agreement(found: "Agreement") -> None:
    """Print what several sources share and where they contradict each other; of the rest, how much each says alone."""
    console = tables.terminal()
    numbers = {source.iri: number for number, source in enumerate(found.sources, 1)}
    for role, kind in found.matches:
        console.print(f"taken for the same role: {escape(role.label)} ({kind} match)")
    for one, other in found.apart:
        _hindered(one.label, other.label, equivalence.APART)
    if len(found.sources) < 2:
        console.print("only one source says anything of it" if found.sources else "no source says anything of it", style="yellow")
    for kind in dict.fromkeys(one.kind for one in found.contradictions):
        console.print(_said(f"Contradiction: {kind}", found.contradicting(kind), numbers))
    if found.comparable or found.shared:
        console.print(_said(f"Shared by several sources: {len(found.shared)}", found.shared, numbers))
    for source in found.sources:
        alone = sum(one.sources == (source,) for one in found.alone)
        console.print(f"\\[{numbers[source.iri]}] {escape(source.label)}: {alone} items that no other source names", style="dim")


def _hindered(one: str, other: str, reason: str) -> None:
    tables.terminal().print(escape(f"{one} and {other} cannot be compared item by item: {reason}"), style="yellow")


def _said(title: str, said: Iterable["SupportedItem"], numbers: dict[str, int]) -> Table:
    table = Table("Section", title, "Who says what", box=None, header_style="bold")
    for one in said:
        claims = [f"{claim.facet}\\[{numbers[claim.source.iri]}]" for claim in one.claims]
        table.add_row(one.section, escape(one.item.label), " ".join(claims))
    return table


def _some(things: Sequence["Named"], most: int = SHOWN) -> str:
    text = ", ".join(one.label for one in things[:most])
    return escape(text + (f" and {len(things) - most} more" if len(things) > most else ""))
