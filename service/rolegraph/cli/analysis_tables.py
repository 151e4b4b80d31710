"""Prints the results of the analyses as tables."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from rolegraph import equivalence, nearness
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

SHOWN = 12  # most labels in a cell
MARKS = {"covered": "●", "nearly covered": "◐", "missing": "○", "not comparable": "?"}


def similarity(result: "Similarity") -> None:
    """Print similar roles, each with the items that add most to its similarity."""
    table = Table("Similarity", "Role", "Covered", "Because of", box=None, header_style="bold")
    for match in result.similar:
        parts = [f"{part.item.label} {part.value:.3f}" for part in match.contributions]
        if match.unlisted:
            parts.append(f"{match.unlisted} more {match.rest:.3f}")
        if match.apart:
            _hindered(result.role.label, match.role.label, equivalence.APART)
        else:
            table.add_row(f"{match.score:.3f}", escape(match.role.label), match.essentials.text, escape(", ".join(parts)))
    if result.hindrance and result.scope:
        _hindered(result.role.label, f"the roles of {result.scope.label}", result.hindrance)
    if table.rows:
        tables.terminal().print(table)
    elif not result.hindrance and not result.similar:
        tables.terminal().print("no other role shares an item with this one")


def gap(result: "Gap") -> None:
    """Print the requirements of a role, grouped by status."""
    console = tables.terminal()
    if result.share is None:
        _hindered(result.origin.label if result.origin else "The profile", result.target.label, result.hindrance)
        essential = f"{result.essentials.total} of them essential"
        console.print(f"[bold]{escape(result.target.label)}[/bold]: {len(result.needs)} items are needed, {essential}")
    else:
        coverage = "; ".join(filter(None, (result.essentials.text, f"{result.share:.0%} covered by weight")))
        console.print(f"[bold]{escape(result.target.label)}[/bold]: {coverage}")
    table = Table("", "Item", "Needed as", "Weight", "Counts", "How", box=None, header_style="bold")
    for need in sorted(result.needs, key=lambda need: list(MARKS).index(need.status)):
        how = f"{need.relation}: {need.via.label}{_confidence(need.confidence)}" if need.via and need.relation != "same" else ""
        how += f", both under {need.through.label}" if need.through else ""
        facets, weight = ", ".join(need.facets), f"{need.weight:.2f}"
        worth = "" if need.worth is None else f"{need.worth:.0%}"
        table.add_row(MARKS[need.status], escape(need.item.label), facets, weight, worth, escape(how))
    console.print(table)
    shown = [f"{mark} {status}" for status, mark in MARKS.items() if (status == "not comparable") == bool(result.hindrance)]
    console.print("  ".join(shown), style="dim")


def fit(result: "Matches") -> None:
    """Print how a profile was read, and the roles that it fits; for a single role, print all its requirements."""
    console, profile = tables.terminal(), result.resolved
    console.print(f"found: {escape(', '.join(item.label for _, item in profile.found)) or 'nothing'}")
    for text, item in (*profile.found, *profile.unused):
        if text in profile.guessed:
            console.print(escape(f"read as: {text} as {item.label}"), style="yellow")
    for text, candidates in profile.ambiguous:
        curies = " or ".join(candidate.as_dict()["curie"] for candidate in candidates)
        console.print(escape(f"ambiguous: {text} may be {curies}"), style="yellow")
    if profile.unused:
        console.print(escape(f"needed by no role: {', '.join(item.label for _, item in profile.unused)}"), style="yellow")
    if profile.unknown:
        console.print(escape(f"not found: {', '.join(profile.unknown)}"), style="yellow")
    if profile.unread:
        console.print(escape(f"not read: {', '.join(profile.unread)}"), style="yellow")
    if len(result.gaps) == 1:
        gap(result.gaps[0])
        return
    table = Table("Fit", "Covered", "By weight", "Role", "Missing", box=None, header_style="bold")
    for match in result.gaps:
        missing = _some([need.item for need in match.of("missing")], 5)
        table.add_row(f"{match.fit or 0:.2f}", match.essentials.text, f"{match.share or 0:.0%}", escape(match.target.label), missing)
    console.print(table)


def paths(result: "Paths") -> None:
    """Print routes, a row for each step."""
    if result.hindrance:
        _hindered(result.origin.label, result.target.label, result.hindrance)
    if not result.routes:
        if result.direct:
            essentials = f"; {result.direct.essentials.text}" if result.direct.essentials.text else ""
            tables.terminal().print(f"{result.reason}. Directly: {result.direct.share:.0%} covered by weight{essentials}")
        return
    table = Table("Route", "Cost", "To", "Covered", "By weight", "To learn", box=None, header_style="bold")
    for number, route in enumerate(result.routes, 1):
        table.add_row(str(number), f"{route.cost:.1f}", "", "", "", "", style="bold")
        for step in route.steps:
            learnt = _some([item for item, _, _ in step.learnt])
            table.add_row("", f"{step.cost:.1f}", escape(step.target.label), step.essentials.text, f"{step.share:.0%}", learnt)
    tables.terminal().print(table)


def openings(result: "Openings") -> None:
    """Print the items to learn, and the roles that each opens."""
    console = tables.terminal()
    if result.hindrance:
        _hindered(result.origin.label, f"the roles of {', '.join(source.label for source in result.sources)}", result.hindrance)
        return
    console.print(f"already open: {_some(result.open) or 'none'}")
    table = Table("Learn", "Opens", "Roles", box=None, header_style="bold")
    for opening in result.openings:
        roles = _some(opening.roles) or "none by itself, but nearer to some"
        table.add_row(escape(opening.item.label), str(len(opening.roles) or "–"), roles)
    console.print(table)


def distinction(result: "Distinction") -> None:
    """Print the items that tell roles apart, and which role has which item."""
    console = tables.terminal()
    for role, other in result.apart:
        _hindered(role.label, other.label, equivalence.APART)
    if len(result.apart) == math.comb(len(result.roles), 2):
        return
    table = Table("", *(escape(role.label) for role in result.roles), box=None, header_style="bold")
    for test in result.tests:
        table.add_row(escape(test.item.label), *("✓" if role in test.roles else "–" for role in result.roles))
    console.print(table)
    for role, other in result.same:
        console.print(escape(f"no item tells {role.label} and {other.label} apart"), style="yellow")
    console.print("no smaller set of items is enough" if result.smallest else "a smaller set of items may be enough", style="dim")


def agreement(result: "Agreement") -> None:
    """Print the claims that sources share and contradict, and how many items each source names alone."""
    console = tables.terminal()
    numbers = {source.iri: number for number, source in enumerate(result.sources, 1)}
    for role, kind in result.matches:
        console.print(f"treated as the same role: {escape(role.label)} ({kind} match)")
    for role, other in result.apart:
        _hindered(role.label, other.label, equivalence.APART)
    if len(result.sources) < 2:
        console.print("only one source describes this role" if result.sources else "no source describes this role", style="yellow")
    for kind in dict.fromkeys(contradiction.kind for contradiction in result.contradictions):
        console.print(_supported(f"Contradiction: {kind}", result.contradicting(kind), numbers))
    if result.comparable or result.shared:
        console.print(_supported(f"Shared by several sources: {len(result.shared)}", result.shared, numbers))
    for pair in result.near:
        reason = f"{nearness.REASONS[pair.relation]}{_confidence(pair.confidence)}"
        console.print(escape(f"near: {pair.item.item.label} and {pair.near.item.label}, {reason}"))
    for source in result.sources:
        alone = sum(supported.sources == (source,) for supported in result.alone)
        console.print(f"\\[{numbers[source.iri]}] {escape(source.label)}: {alone} items that no other source names", style="dim")


def _hindered(name: str, other: str, reason: str) -> None:
    tables.terminal().print(escape(f"{name} and {other} cannot be compared item by item: {reason}"), style="yellow")


def _supported(title: str, items: Iterable["SupportedItem"], numbers: dict[str, int]) -> Table:
    table = Table("Section", title, "Claims and sources", box=None, header_style="bold")
    for supported in items:
        claims = [f"{claim.facet}\\[{numbers[claim.source.iri]}]" for claim in supported.claims]
        table.add_row(supported.section, escape(supported.item.label), " ".join(claims))
    return table


def _some(members: Sequence["Named"], most: int = SHOWN) -> str:
    text = ", ".join(member.label for member in members[:most])
    return escape(text + (f" and {len(members) - most} more" if len(members) > most else ""))


def _confidence(confidence: float | None) -> str:
    return "" if confidence is None else f" ({confidence:.0%} confidence)"
