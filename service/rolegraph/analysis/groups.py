"""Requirement groups: items of which a role needs only some, by the number of its row."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from rolegraph.analysis.facts import Facts
from rolegraph.analysis.items import Items
from rolegraph.catalogue import Rows
from rolegraph.queries.internal import query


class RequirementGroup(NamedTuple):
    """Items (numbers) of which ``at_least`` are enough; ``example_of`` is what they are examples of, None for nothing."""

    items: tuple[int, ...]
    at_least: int
    example_of: int | None

    def covered(self, held: Collection[int]) -> dict[int, int]:
        """Return the items that some held ones make unnecessary, each with a held one; empty if too few are held."""
        had = sorted({item for item in self.items if item in held})
        if len(had) < self.at_least:
            return {}
        wanted = (*self.items, *(() if self.example_of is None else (self.example_of,)))
        return {item: had[0] for item in wanted if item not in held}


RequirementGroups = Mapping[int, tuple[RequirementGroup, ...]]


def read(engine: Rows, facts: Facts, items: Items) -> RequirementGroups:
    """Return the requirement groups of each role by its row.

    What is not known as a role or an item is left out, and so is a group that is left with too few members.
    """
    rows = {int(place): row for row, place in enumerate(facts.roles)}
    groups: dict[int, tuple[RequirementGroup, ...]] = {}
    for row in engine.rows(query("requirement-groups").bind()):
        role = rows.get(facts.places.get(row["role"].value, -1))
        least = row["least"].value
        members = {_item(iri, facts, items) for iri in row["words"].value.split()} if "words" in row else set()
        known = tuple(sorted(item for item in members if item is not None))
        if role is None or not least.isdecimal() or not 0 < int(least) <= len(known):
            continue
        example = _item(row["example"].value, facts, items) if "example" in row else None
        groups[role] = (*groups.get(role, ()), RequirementGroup(known, int(least), example))
    return groups


def _item(iri: str, facts: Facts, items: Items) -> int | None:
    place = facts.places.get(iri)
    return None if place is None else int(items.item_of[place])
