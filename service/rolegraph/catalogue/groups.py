"""Requirement groups of roles: what sources ask for as alternatives, name as examples, or leave open."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from sys import intern
from typing import NamedTuple

from rolegraph import terms
from rolegraph.catalogue.labels import Ask
from rolegraph.queries.internal import query
from rolegraph.values import Named, RequirementGroup

MOST_DIGITS = 9  # of a number of members
MOST_NAMED = 6  # other members that a note names
_TRUE = ("true", "1")


class StatedGroup(NamedTuple):
    """A requirement group as its source states it: the things are IRIs, ``example_of`` is empty if the members are no examples."""

    iri: str
    role: str
    property: str
    source: str
    members: tuple[str, ...]
    at_least: int
    open: bool
    example_of: str


class Note(NamedTuple):
    """What groups say of one of their members: ``sources`` are those that say so, empty if all do that state the member."""

    text: str
    group: RequirementGroup
    sources: tuple[str, ...]


def of_roles(ask: Ask, roles: Sequence[str]) -> dict[str, tuple[StatedGroup, ...]]:
    """Return the requirement groups of roles, given by IRI; roles without any are left out.

    Where something of a group is stated twice, as only a graph that was written without checks can do, the first in order counts.
    """
    stated: dict[tuple[str, str, str], StatedGroup] = {}
    for row in ask(query("groups-of-roles").bind({"role": roles})):
        least = row["least"].value
        if not (least.isascii() and least.isdecimal() and len(least) < MOST_DIGITS):
            continue
        role, source, property_ = (intern(row[name].value) for name in ("role", "source", "property"))
        example = row["example"].value if "example" in row and row["example"].kind == "iri" else ""
        members = tuple(sorted(set(map(intern, row["members"].value.split()))))
        group = StatedGroup(row["group"].value, role, property_, source, members, int(least), row["open"].value in _TRUE, example)
        key = (role, source, group.iri)
        stated[key] = min(stated.get(key, group), group)
    by_role: dict[str, list[StatedGroup]] = {}
    for group in stated.values():
        by_role.setdefault(group.role, []).append(group)
    return {role: tuple(sorted(groups)) for role, groups in by_role.items()}


def named(groups: Iterable[StatedGroup], labels_of: Callable[[Iterable[str]], Mapping[str, str]]) -> tuple[RequirementGroup, ...]:
    """Return groups with the labels of their things.

    :param labels_of: returns the labels of things by IRI
    """
    groups = list(groups)
    if not groups:
        return ()
    labels = labels_of({iri for group in groups for iri in (*group.members, *filter(None, [group.example_of]))})
    return tuple(
        RequirementGroup(
            iri=group.iri,
            role=group.role,
            facet=group.property.removeprefix(terms.RG),
            source=group.source,
            members=tuple(sorted((Named(iri, labels[iri]) for iri in group.members), key=lambda thing: (thing.label.lower(), thing.iri))),
            at_least=group.at_least,
            open=group.open,
            example_of=Named(group.example_of, labels[group.example_of]) if group.example_of else None,
        )
        for group in groups
    )


def notes(groups: Iterable[RequirementGroup], names: Collection[str], sources: Collection[str]) -> list[Note]:
    """Return what groups say of one of their members, each text once.

    :param names: the IRIs of the member
    :param sources: the sources that state the member; a note names its own where not all of these say the same
    """
    by_text: dict[str, list[RequirementGroup]] = {}
    for group in groups:
        by_text.setdefault(_beside(group, names), []).append(group)
    return [
        Note(text, grouping[0], () if set(sources) <= (own := {group.source for group in grouping}) else tuple(sorted(own)))
        for text, grouping in by_text.items()
    ]


def _beside(group: RequirementGroup, names: Collection[str]) -> str:
    """Return what a group says of one of its members, in words to stand beside its label."""
    if group.at_least > 1:
        return group.text
    if group.example_of and group.open:
        return f"example of {group.example_of.label}"
    others = [member.label for member in group.members if member.iri not in names]
    listed = others if len(others) <= MOST_NAMED else [*others[: MOST_NAMED - 1], f"{len(others) - MOST_NAMED + 1} others"]
    text = " ".join([*(["or", ", ".join(listed)] if listed else []), *(["or similar"] if group.open else [])])
    return f"{text}, examples of {group.example_of.label}" if group.example_of else text
